"""What stands beside a skill in other frameworks: linked with it, or with what is the same."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import F, Q

from skills.models import Association, Skill

EXACT: Final = "exactMatchOf"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another framework's skill, or what lies outside, and how it is linked with ours.

    `leads_away` where ours is the origin. `through` is the skill that stands for one of the two,
    being the same as it; None where they are linked directly. `link` is the saying itself: by its
    framework, or by who proposed and who reviewed it.
    """

    kind: str
    leads_away: bool
    link: Association
    skill: Skill | None
    uri: str
    title: str
    through: Skill | None = None


def of(skills: Iterable[Skill]) -> dict[int, list[Neighbour]]:
    """For each skill its neighbours in other frameworks, by the skill's key.

    Direct ones come first. Then one step over an exact match, on either side: what is linked
    with a skill that is the same as this one, and what is the same as a skill that this one is
    linked with. Nothing that is retired is a step, and each neighbour is told of once.
    """
    starts = {skill.pk: skill for skill in skills}
    near = _direct(starts)
    steps = {one.skill.pk for each in near.values() for one in each if one.skill}
    far = _direct(steps)
    return {pk: list(_told(skill, near[pk], far)) for pk, skill in starts.items()}


def _told(
    skill: Skill, near: list[Neighbour], far: dict[int, list[Neighbour]]
) -> Iterator[Neighbour]:
    seen: set[tuple[str, bool, str]] = set()
    for one in [*near, *_next(near, far)]:
        is_own = one.skill is not None and one.skill.framework_id == skill.framework_id
        key = (one.kind, one.leads_away or one.kind in _EITHER_WAY, one.uri)
        if not is_own and key not in seen:
            seen.add(key)
            yield one


_EITHER_WAY: Final = frozenset({EXACT, "isRelatedTo", "isPeerOf"})


def _next(near: list[Neighbour], far: dict[int, list[Neighbour]]) -> Iterator[Neighbour]:
    for step in near:
        if step.skill is None or step.skill.retired_at is not None:
            continue
        for one in far.get(step.skill.pk, ()):
            if step.kind == EXACT:
                said = one
            elif one.kind == EXACT:
                said = step
            else:
                continue
            yield Neighbour(
                said.kind,
                said.leads_away,
                said.link,
                one.skill,
                one.uri,
                one.title,
                through=step.skill,
            )


def _direct(starts: Iterable[int]) -> dict[int, list[Neighbour]]:
    """What these are linked with beyond their own frameworks."""
    keys = set(starts)
    found: defaultdict[int, list[Neighbour]] = defaultdict(list)
    if not keys:
        return found
    # What a framework says of its own skills, and of itself, is its inside.
    inside = Q(origin__framework=F("destination__framework"))
    of_itself = Q(destination=None, destination_uri=F("framework__uri"))
    links = (
        Association.objects.current()
        .filter(Q(origin__in=keys) | Q(destination__in=keys))
        .exclude(Q(origin__isnull=False, destination__isnull=False) & inside)
        .exclude(Q(framework__isnull=False) & of_itself)
        .select_related(
            "origin__framework", "destination__framework", "framework", "proposed_by", "reviewed_by"
        )
        .order_by("kind", "pk")
    )
    for link in links:
        if link.origin_id in keys:
            found[link.origin_id].append(_seen(link, leads_away=True))
        if link.destination_id in keys:
            found[link.destination_id].append(_seen(link, leads_away=False))
    return found


def _seen(link: Association, *, leads_away: bool) -> Neighbour:
    skill = link.destination if leads_away else link.origin
    uri = link.destination_uri if leads_away else link.origin_uri
    title = link.destination_title if leads_away else link.origin_title
    return Neighbour(link.kind, leads_away, link, skill, uri, skill.name if skill else title or uri)
