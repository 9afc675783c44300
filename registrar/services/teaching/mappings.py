"""Open the mapping of a course or activity in a term, hold it for a change, and talk about it."""

from django.contrib.auth.models import User
from django.db import transaction

from issuer.errors import ReasonMissing, WrongState
from issuer.services import clock, ledger
from registrar.errors import NotAllowed
from registrar.models import Comment, LearningOpportunity, Mapping, SkillTag, Term
from registrar.services.college import roles

PROPOSE = "registrar.propose_skilltag"
REVIEW = "registrar.review_skilltag"

State = Mapping.State
_CHANGEABLE = (State.OPEN, State.RETURNED)


@transaction.atomic
def open(opportunity: LearningOpportunity, term: Term, *, by: User) -> Mapping:
    """Begin to map a course or activity for a term, as its owner. Again it returns the mapping."""
    roles.demand(by, PROPOSE, unit=opportunity.unit)
    mapping, is_new = Mapping.objects.get_or_create(
        opportunity=opportunity, term=term, defaults={"owner": by}
    )
    if is_new:
        ledger.append("mapping.opened", mapping, by=by)
    return mapping


def hold(opportunity: LearningOpportunity) -> None:
    """Wait until nobody else changes what it claims, and hold it to the commit.

    To be called in a transaction, before anything is read that the change rests on.
    """
    LearningOpportunity.objects.select_for_update(no_key=True).get(pk=opportunity.pk)


def to_change(opportunity: LearningOpportunity, term: Term | None, *, by: User) -> Mapping | None:
    """The mapping of the term, opened if need be, for a change: no confirmation speaks of it now.

    None without a term. Raises WrongState while it is with a reviewer.
    """
    if term is None:
        return None
    mapping = open(opportunity, term, by=by)
    touch(mapping)
    return mapping


def touch(mapping: Mapping) -> None:
    """Note that the mapping is changed. Raises WrongState unless it can be."""
    changed = Mapping.objects.filter(pk=mapping.pk, state__in=_CHANGEABLE)
    if not changed.update(changed_at=clock.now()):
        raise WrongState(
            f"The mapping of {mapping.opportunity.code} for {mapping.term} has been submitted. "
            "Ask for it to be sent back first."
        )


@transaction.atomic
def hand_over(mapping: Mapping, to: User, *, by: User) -> Mapping:
    """Make somebody else its owner, who may propose there, too. Raises NotAllowed."""
    unit = mapping.opportunity.unit
    roles.demand(by, PROPOSE, unit=unit)
    roles.demand(to, PROPOSE, unit=unit)
    moved = Mapping.objects.filter(pk=mapping.pk).exclude(state=State.ACCEPTED).update(owner=to)
    if not moved:
        raise WrongState
    mapping.refresh_from_db()
    ledger.append("mapping.handed_over", mapping, by=by, details={"to": to.pk})
    return mapping


@transaction.atomic
def comment(about: Mapping | SkillTag, text: str, *, by: User) -> Comment:
    """Write to whoever proposes or reviews there. Raises ReasonMissing for nothing to say."""
    opportunity = about.opportunity if isinstance(about, Mapping) else about.outcome.opportunity
    if not any(by.has_perm(each, opportunity.unit) for each in (PROPOSE, REVIEW)):
        raise NotAllowed
    if not text.strip():
        raise ReasonMissing("Write something first.")
    comment = Comment.objects.create(
        mapping=about.mapping if isinstance(about, SkillTag) else about,
        tag=about if isinstance(about, SkillTag) else None,
        text=text.strip(),
        by=by,
    )
    what = "mapping" if isinstance(about, Mapping) else "skilltag"
    ledger.append(f"{what}.commented", about, by=by)
    return comment
