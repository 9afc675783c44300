"""Competencies of our own at the registrar's desk: who may, and that the ledger has it."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction

from issuer.services import ledger
from registrar.services.college import roles
from skills.models import Competency, Framework
from skills.services import competencies
from skills.services.competencies import Part

DRAFT = "skills.draft_competency"
PUBLISH = "skills.publish_competency"


@transaction.atomic
def draft(
    framework: Framework, *, by: User, parts: Sequence[Part] = (), **wording: str
) -> Competency:
    """Begin a competency as skills.services.competencies.draft does."""
    roles.demand(by, DRAFT)
    made = competencies.draft(framework, by=by, parts=parts, **wording)
    ledger.append("competency.drafted", made, by=by)
    return made


@transaction.atomic
def edit(
    competency: Competency, *, by: User, parts: Sequence[Part] | None = None, **wording: str
) -> Competency:
    """Change a draft. Raises NoDraft once it is published, and NotCurrent."""
    roles.demand(by, DRAFT)
    changed = competencies.edit(competency, parts=parts, **wording)
    ledger.append("competency.edited", changed, by=by)
    return changed


@transaction.atomic
def revise(competency: Competency, *, by: User) -> Competency:
    """Begin the next wording, or go on with the one that is begun. Raises NotPublished."""
    roles.demand(by, DRAFT)
    begun = set(Competency.objects.filter(skill=competency.skill_id, state="draft"))
    made = competencies.revise(competency, by=by)
    if made not in begun:
        ledger.append("competency.revised", made, by=by, details={"from": competency.pk})
    return made


@transaction.atomic
def discard(competency: Competency, *, by: User) -> None:
    """Remove a draft. Raises NoDraft once it is published."""
    roles.demand(by, DRAFT)
    # Named beforehand: what is removed has no key any more.
    subject = ledger.name_of(competency)
    competencies.discard(competency)
    ledger.append("competency.discarded", subject, by=by)


@transaction.atomic
def publish(competency: Competency, *, by: User) -> Competency:
    """Publish a draft. Raises NotReady, which names what is missing, and NoDraft."""
    roles.demand(by, PUBLISH)
    published = competencies.publish(competency, by=by)
    ledger.append("competency.published", published, by=by, details={"skill": published.skill_id})
    return published
