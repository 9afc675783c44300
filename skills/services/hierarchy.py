"""Where a skill stands in its framework: what is above it, below it, beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from skills.models import Association, Framework, Skill

# More than this nobody reads on a page.
MOST: Final = 200
_DEEPEST: Final = 20
_SKILLS_SHOWN: Final = 300
_LINKS_SHOWN: Final = 1_000
_CHILD: Final = "isChildOf"


class Link(NamedTuple):
    """Another skill of the framework, and how it is linked; `leads_away` to it, or from it."""

    kind: str
    leads_away: bool
    skill: Skill | None


def above(skill: Skill) -> list[Skill]:
    """What the skill stands under in its framework, from the top down; of several the first."""
    found: list[Skill] = []
    seen = {skill.pk}
    here: Skill | None = skill
    while here is not None and len(found) < _DEEPEST:
        links = Association.objects.current().filter(
            kind=_CHILD, origin=here, destination__framework=skill.framework
        )
        link = links.order_by("pk").select_related("destination").first()
        here = link.destination if link and link.destination_id not in seen else None
        if here is not None:
            seen.add(here.pk)
            found.append(here)
    return found[::-1]


def below(skill: Skill) -> QuerySet[Skill]:
    """What stands right under the skill in its framework, in the framework's order."""
    links = Association.objects.current().filter(
        kind=_CHILD, destination=skill, origin__framework=skill.framework
    )
    children = Skill.objects.filter(
        outgoing__in=links, framework=skill.framework, retired_at=None
    ).annotate(place=F("outgoing__sequence"))
    return children.order_by(F("place").asc(nulls_last=True), "code", "pk").distinct()


def beside(skill: Skill) -> list[Link]:
    """How the skill is linked with others of its framework but for the hierarchy, at most `MOST`.

    What replaced it is not among them; `frameworks.successors` follows that to its end.
    """
    links = (
        Association.objects.current()
        .filter(
            Q(origin=skill, destination__framework=skill.framework)
            | Q(destination=skill, origin__framework=skill.framework)
        )
        .exclude(kind=_CHILD)
        .exclude(kind="replacedBy", origin=skill)
        .select_related("origin__framework", "destination__framework")
        .order_by("kind", "sequence", "pk")[:MOST]
    )
    return [
        Link(link.kind, True, link.destination)
        if link.origin_id == skill.pk
        else Link(link.kind, False, link.origin)
        for link in links
    ]


def tops(framework: Framework) -> QuerySet[Skill]:
    """What stands at the top of a framework: what has something below it first, then by code."""
    skills = Skill.objects.filter(framework=framework, retired_at=None)
    links = Association.objects.current().filter(kind=_CHILD, origin__framework=framework)
    lower = links.filter(destination__framework=framework, destination__retired_at=None)
    leads = Exists(lower.filter(destination=OuterRef("pk")))
    found = skills.exclude(pk__in=lower.values("origin"))
    return found.order_by(leads.desc(), "code", "label", "pk")


@dataclass(frozen=True, slots=True)
class Node:
    """A skill in a tree, and what stands under it."""

    skill: Skill
    children: list["Node"]


def tree(framework: Framework) -> list[Node]:
    """A small framework as a whole.

    A skill with several parents stands under each of them, and what is below it under the first:
    there are more ways through a few hundred links than anybody has time for.
    """
    skills = {each.pk: each for each in framework.skills.filter(retired_at=None).order_by("pk")}
    links = (
        Association.objects.current()
        .filter(kind=_CHILD, origin__in=skills)
        .order_by(F("sequence").asc(nulls_last=True), "pk")
        .values_list("origin", "destination")
    )
    under: dict[int | None, list[int]] = {}
    for origin, destination in dict.fromkeys(links):
        under.setdefault(destination if destination in skills else None, []).append(origin)
    lower = {key for parent, keys in under.items() if parent is not None for key in keys}
    first = [key for key in dict.fromkeys((*under.get(None, ()), *skills)) if key not in lower]
    return list(_nodes(first, skills, under, ()))


def is_small(framework: Framework) -> bool:
    """Whether its tree is short enough to be shown as a whole."""
    skills = framework.skills.filter(retired_at=None)
    links = Association.objects.current().filter(kind=_CHILD, origin__in=skills)
    return skills.count() <= _SKILLS_SHOWN and links.count() <= _LINKS_SHOWN


def _nodes(
    keys: Sequence[int],
    skills: Mapping[int, Skill],
    under: dict[int | None, list[int]],
    path: tuple[int, ...],
) -> Iterator[Node]:
    if len(path) > _DEEPEST:
        return
    for key in keys:
        if key not in path:
            inner = _nodes(under.pop(key, ()), skills, under, (*path, key))
            yield Node(skills[key], list(inner))
