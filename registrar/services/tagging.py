"""Propose skills for learning outcomes; accept or reject what a colleague proposed."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from issuer.errors import ReasonMissing, SamePerson, WrongState
from issuer.services import ledger
from registrar.models import LearningOutcome, OrganizationUnit, SkillChoice, SkillTag
from registrar.services import roles
from skills.models import Skill
from skills.services import suggestions
from skills.services.suggestions import Suggestion

State = SkillTag.State


@transaction.atomic
def propose(outcome: LearningOutcome, skill: Skill, *, emphasis: str, by: User) -> SkillTag:
    """Propose that the outcome teaches, practises or assesses the skill.

    A tag that is proposed or accepted already is returned as it is; one that was rejected may
    be proposed again. Raises WrongState for a retired outcome, and for a skill that is retired
    or a mere heading.
    """
    roles.demand(by, "registrar.propose_skilltag", unit=outcome.opportunity.unit)
    if outcome.retired_at is not None:
        raise WrongState("This outcome is retired, so no skill can be proposed for it.")
    if not Skill.objects.current().filter(pk=skill.pk).exists():
        raise WrongState("This skill is retired or a mere heading. Choose another.")
    # The constraint holds for tags that are not rejected, so that get_or_create finds its equal.
    tag, is_new = SkillTag.objects.exclude(state=State.REJECTED).get_or_create(
        outcome=outcome, skill=skill, defaults={"emphasis": emphasis, "proposed_by": by}
    )
    if is_new:
        ledger.append("skilltag.proposed", tag, by=by, details={"emphasis": tag.emphasis})
    return tag


def suggest(outcome: LearningOutcome) -> list[Suggestion]:
    """Skills that the outcome's words suggest, but those tagged to it or turned down already."""
    tagged = SkillTag.objects.filter(outcome=outcome).exclude(state=State.REJECTED)
    turned_down = SkillChoice.objects.filter(outcome=outcome, verdict=SkillChoice.Verdict.REJECTED)
    known = Skill.objects.filter(
        pk__in=tagged.values("skill").union(turned_down.values("skill")).values("skill")
    )
    return suggestions.suggest(outcome.statement, without=known)


@transaction.atomic
def choose(
    outcome: LearningOutcome,
    skill: Skill,
    *,
    emphasis: str,
    by: User,
    suggestion: Suggestion | None = None,
    place: int | None = None,
) -> SkillTag:
    """Propose a skill, and keep whether it had been suggested or was found by hand.

    Raises what `propose` raises.
    """
    is_new = standing(outcome, skill) is None
    tag = propose(outcome, skill, emphasis=emphasis, by=by)
    if is_new:
        verdict = SkillChoice.Verdict
        _keep(
            outcome, skill, verdict.ACCEPTED if suggestion else verdict.ADDED, by, suggestion, place
        )
    return tag


@transaction.atomic
def turn_down(
    outcome: LearningOutcome, suggestion: Suggestion, *, place: int, by: User
) -> SkillChoice:
    """Keep that a suggestion does not fit the outcome. It is not suggested for it again."""
    roles.demand(by, "registrar.propose_skilltag", unit=outcome.opportunity.unit)
    return _keep(outcome, suggestion.skill, SkillChoice.Verdict.REJECTED, by, suggestion, place)


def _keep(
    outcome: LearningOutcome,
    skill: Skill,
    verdict: str,
    by: User,
    suggestion: Suggestion | None,
    place: int | None,
) -> SkillChoice:
    return SkillChoice.objects.create(
        outcome=outcome,
        skill=skill,
        verdict=verdict,
        method=suggestion.method if suggestion else "",
        reason=suggestion.reason if suggestion else "",
        place=place,
        by=by,
    )


def standing(outcome: LearningOutcome, skill: Skill) -> SkillTag | None:
    """The tag by which this skill is proposed or accepted for the outcome already, if any."""
    tags = SkillTag.objects.filter(outcome=outcome, skill=skill).exclude(state=State.REJECTED)
    return tags.first()


def accept(tag: SkillTag, *, by: User, comment: str = "") -> SkillTag:
    """Accept a proposed skill: the outcome counts for it from now on.

    Raises SamePerson for whoever proposed it, and WrongState if it has been reviewed already.
    """
    return _review(tag, State.ACCEPTED, by=by, comment=comment)


def reject(tag: SkillTag, *, by: User, comment: str) -> SkillTag:
    """Reject a proposed skill and tell its proposer why.

    Raises SamePerson, WrongState as `accept` does, and ReasonMissing without a comment.
    """
    if not comment.strip():
        raise ReasonMissing
    return _review(tag, State.REJECTED, by=by, comment=comment)


@transaction.atomic
def _review(tag: SkillTag, state: str, *, by: User, comment: str) -> SkillTag:
    roles.demand(by, "registrar.review_skilltag", unit=_unit(tag))
    if tag.proposed_by_id == by.pk:
        raise SamePerson("Whoever proposed a skill cannot review it. Ask a second person.")
    moved = SkillTag.objects.filter(pk=tag.pk, state=State.PROPOSED).update(
        state=state, reviewed_by=by, reviewed_at=Now(), comment=comment
    )
    if not moved:
        raise WrongState
    tag.refresh_from_db()
    ledger.append(f"skilltag.{state}", tag, by=by, reason=comment)
    return tag


def _unit(tag: SkillTag) -> OrganizationUnit:
    return tag.outcome.opportunity.unit
