"""Tells strangers which outcomes teach a skill, and which credentials certify it."""

from collections.abc import Callable, Iterable
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from registrar.models import LearningOpportunity, Revision, SkillTag
from registrar.services.college import terms
from skills.models import Skill
from skills.services.uses import Use, Uses

# Courses, activities and credentials; more than this nobody reads on a page.
_MOST: Final = 50

Address = Callable[[LearningOpportunity | Revision], str]


def _public_address(thing: LearningOpportunity | Revision) -> str:
    if isinstance(thing, Revision):
        return reverse("achievement", args=[thing.achievement_id])
    return ""


def of_skill(skill: Skill, *, address: Address = _public_address) -> list[Uses]:
    """The outcomes that were accepted for it, and the templates in force that attest it.

    `address` says where each course and template has its page; for strangers where none does.
    """
    found = (_taught(skill, address), _certified(skill, address))
    return [uses for uses in found if uses.shown]


def _taught(skill: Skill, address: Address) -> Uses:
    """By course or activity; what is retired teaches nobody any more."""
    tags = (
        SkillTag.objects.as_of(terms.reading_day())
        .filter(skill=skill, outcome__opportunity__retired_at=None)
        .select_related("outcome__opportunity")
        .order_by("outcome__opportunity__code", "outcome__code", "pk")
    )
    lines: dict[LearningOpportunity, list[str]] = {}
    for tag in tags:
        said = f"{tag.outcome.statement} ({tag.get_emphasis_display().lower()})"
        lines.setdefault(tag.outcome.opportunity, []).append(said)
    return _cut(
        _("Where it is taught"),
        [Use(str(course), tuple(said), address(course)) for course, said in lines.items()],
    )


def _certified(skill: Skill, address: Address) -> Uses:
    revisions = Revision.objects.filter(
        attested__skill=skill, state=Revision.State.APPROVED, achievement__isnull=False
    ).order_by("name", "pk")
    return _cut(
        _("What certifies it"),
        [Use(revision.name, (), address(revision)) for revision in revisions],
    )


def _cut(title: str, found: Iterable[Use]) -> Uses:
    uses = tuple(found)
    return Uses(title, uses[:_MOST], max(0, len(uses) - _MOST))
