"""Tells strangers which outcomes teach a skill, and which credentials certify it."""

from collections.abc import Iterable
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from registrar.models import Revision, SkillTag
from skills.models import Skill
from skills.services.uses import Use, Uses

# Courses, activities and credentials; more than this nobody reads on a page.
_MOST: Final = 50


def of_skill(skill: Skill) -> list[Uses]:
    """The outcomes that were accepted for it, and the templates in force that attest it."""
    found = (_taught(skill), _certified(skill))
    return [uses for uses in found if uses.shown]


def _taught(skill: Skill) -> Uses:
    """By course or activity; what is retired teaches nobody any more."""
    tags = (
        SkillTag.objects.filter(
            skill=skill,
            state=SkillTag.State.ACCEPTED,
            outcome__retired_at=None,
            outcome__opportunity__retired_at=None,
        )
        .select_related("outcome__opportunity")
        .order_by("outcome__opportunity__code", "outcome__code", "pk")
    )
    lines: dict[str, list[str]] = {}
    for tag in tags:
        said = f"{tag.outcome.statement} ({tag.get_emphasis_display().lower()})"
        lines.setdefault(str(tag.outcome.opportunity), []).append(said)
    return _cut(_("Where it is taught"), [Use(name, tuple(said)) for name, said in lines.items()])


def _certified(skill: Skill) -> Uses:
    revisions = Revision.objects.filter(
        attested__skill=skill, state=Revision.State.APPROVED, achievement__isnull=False
    ).order_by("name", "pk")
    return _cut(
        _("What certifies it"),
        [
            Use(revision.name, (), reverse("achievement", args=[revision.achievement_id]))
            for revision in revisions
        ],
    )


def _cut(title: str, found: Iterable[Use]) -> Uses:
    uses = tuple(found)
    return Uses(title, uses[:_MOST], max(0, len(uses) - _MOST))
