"""Write competencies of our own: draft, edit, publish, revise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from skills.errors import NoDraft, NotCurrent, NotOurOwn, NotPublished, NotReady
from skills.models import Association, Competency, Component, Edition, Framework, Skill
from skills.services import frameworks, identities

_WORDING: Final = ("code", "label", "statement", "context")


@dataclass(frozen=True, slots=True)
class Part:
    """A skill that a competency is made of, and as what: knowledge, skill or behaviour."""

    skill: Skill
    role: str


@transaction.atomic
def draft(
    framework: Framework,
    *,
    by: User,
    statement: str,
    label: str = "",
    code: str = "",
    context: str = "",
    parts: Sequence[Part] = (),
) -> Competency:
    """Begin a competency in a framework of our own. Nobody can choose it before it is published.

    Raises NotOurOwn, and NotCurrent for a part that may no longer be chosen.
    """
    if not framework.is_own:
        raise NotOurOwn
    made = Competency.objects.create(
        framework=framework,
        author=by,
        statement=statement,
        label=label,
        code=code,
        context=context,
    )
    _put_together(made, parts)
    return made


@transaction.atomic
def edit(
    competency: Competency,
    *,
    statement: str | None = None,
    label: str | None = None,
    code: str | None = None,
    context: str | None = None,
    parts: Sequence[Part] | None = None,
) -> Competency:
    """Change what is given of a draft, its wording or its parts.

    Raises NoDraft, and NotCurrent for a part that may no longer be chosen.
    """
    given = {"statement": statement, "label": label, "code": code, "context": context}
    said = {name: text for name, text in given.items() if text is not None}
    _hold_draft(competency)
    if said:
        Competency.objects.filter(pk=competency.pk).update(**said)
    if parts is not None:
        competency.components.all().delete()
        _put_together(competency, parts)
    competency.refresh_from_db()
    return competency


@transaction.atomic
def revise(competency: Competency, *, by: User) -> Competency:
    """Begin a draft that is to take the place of a published wording, with the same parts.

    Where there is one already it is returned. Raises NotPublished for a draft, and for a wording
    whose place another one has taken.
    """
    frameworks.hold(competency.framework)
    published = Competency.objects.filter(pk=competency.pk, state=Competency.State.PUBLISHED)
    if not published.exists():
        raise NotPublished
    begun = Competency.objects.filter(skill=competency.skill, state=Competency.State.DRAFT).first()
    if begun is not None:
        return begun
    wording = {name: getattr(competency, name) for name in _WORDING}
    made = Competency.objects.create(
        framework=competency.framework, skill=competency.skill, author=by, **wording
    )
    parts = competency.components.select_related("skill")
    Component.objects.bulk_create(
        Component(competency=made, skill=part.skill, role=part.role, position=part.position)
        for part in parts
    )
    return made


def discard(competency: Competency) -> None:
    """Remove a draft. Raises NoDraft for one that is published."""
    found, _ = Competency.objects.filter(pk=competency.pk, state=Competency.State.DRAFT).delete()
    if not found:
        raise NoDraft


def gaps(competency: Competency) -> list[str]:
    """What a draft still lacks before it can be published, each as one says it."""
    parts = list(competency.components.select_related("skill"))
    found = []
    if not parts:
        found.append("components: the knowledge, skills and behaviours that it combines")
    if not competency.context.strip():
        found.append("a context: where, with whom and under which conditions it is shown")
    if not competency.statement.strip():
        found.append("a statement")
    if competency.skill_id and _is_part_of(competency.skill_id, [part.skill_id for part in parts]):
        found.append("other components than itself, or what it is part of")
    found += [
        f"a current skill in the place of {part.skill.name}, which is retired"
        for part in parts
        if part.skill.retired_at is not None
    ]
    return found


@transaction.atomic
def publish(competency: Competency, *, by: User, at: datetime | None = None) -> Competency:
    """Make a draft a skill of its framework, or the new wording of the skill that it revises.

    It is a new edition of the framework. Each component is linked to it as a part; what was
    published before is superseded, and its wording kept.

    Raises NotReady with what is missing, and NoDraft if it is published already.
    """
    frameworks.hold(competency.framework)
    _hold_draft(competency)
    if missing := gaps(competency):
        raise NotReady(f"It cannot be published without {', and without '.join(missing)}.")
    at = at or timezone.now()
    edition = frameworks.begin_edition(competency.framework, at=at)
    skill = _write_skill(competency, at)
    Competency.objects.filter(skill=skill, state=Competency.State.PUBLISHED).update(
        state=Competency.State.SUPERSEDED, superseded_at=at
    )
    Competency.objects.filter(pk=competency.pk).update(
        state=Competency.State.PUBLISHED, skill=skill, published_by=by, published_at=at
    )
    _link_parts(competency, skill, edition, at)
    competency.refresh_from_db()
    return competency


def _hold_draft(competency: Competency) -> None:
    """Let nobody else edit or publish this draft before we commit, and see it as it is now."""
    drafts = Competency.objects.filter(pk=competency.pk, state=Competency.State.DRAFT)
    if not drafts.select_for_update().exists():
        raise NoDraft
    competency.refresh_from_db()


def _is_part_of(skill: int, wholes: Iterable[int]) -> bool:
    """Whether the skill is one of these, or what competencies among them are made of."""
    seen: set[int] = set()
    ahead = set(wholes)
    while ahead and skill not in ahead:
        seen |= ahead
        inner = Component.objects.filter(
            competency__skill__in=ahead, competency__state=Competency.State.PUBLISHED
        )
        ahead = set(inner.values_list("skill", flat=True)) - seen
    return bool(ahead)


def _put_together(competency: Competency, parts: Iterable[Part]) -> None:
    parts = list({part.skill.pk: part for part in parts}.values())
    current = Skill.objects.current().filter(pk__in=[part.skill.pk for part in parts])
    if current.count() < len(parts):
        raise NotCurrent
    Component.objects.bulk_create(
        Component(competency=competency, skill=part.skill, role=part.role, position=number)
        for number, part in enumerate(parts, 1)
    )


def _write_skill(competency: Competency, at: datetime) -> Skill:
    said: dict[str, Any] = {
        "code": competency.code,
        "label": competency.label,
        "statement": competency.statement,
        "kind": Skill.Kind.COMPETENCY,
        "notes": competency.context,
        "changed_on_source": at,
        "worded_at": at,
        "retired_at": None,
    }
    if competency.skill is not None:
        Skill.objects.filter(pk=competency.skill.pk).update(**said)
        return competency.skill
    uuid = uuid4()
    return Skill.objects.create(
        framework=competency.framework,
        uuid=uuid,
        identifier=str(uuid),
        uri=identities.address(uuid),
        kind_at_source="Competency",
        language=competency.framework.language,
        **said,
    )


def _link_parts(competency: Competency, skill: Skill, edition: Edition, at: datetime) -> None:
    """Say of each component that it is part of the competency, and of former ones no more."""
    links = Association.objects.filter(
        framework=competency.framework, kind="isPartOf", destination=skill, retired_at=None
    )
    parts = [each.skill for each in competency.components.select_related("skill")]
    links.exclude(origin__in=parts).update(retired_at=at)
    known = set(links.values_list("origin", flat=True))
    Association.objects.bulk_create(
        Association(
            framework=competency.framework,
            edition=edition,
            identifier=str(uuid5(NAMESPACE_URL, f"{part.uri} isPartOf {skill.uri} {at}")),
            kind="isPartOf",
            origin=part,
            origin_uri=part.uri,
            origin_title=part.name,
            destination=skill,
            destination_uri=skill.uri,
            destination_title=skill.name,
            sequence=number,
            changed_on_source=at,
            began_at=at,
        )
        for number, part in enumerate(parts, 1)
        if part.pk not in known
    )
