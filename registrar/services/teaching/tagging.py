"""Tag learning outcomes with skills for a term: propose, change, end; review what others did."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from issuer.errors import ReasonMissing, Refusal, SamePerson, WrongState
from issuer.services import ledger
from registrar.errors import NotAllowed, Unconfirmed
from registrar.models import (
    LearningOutcome,
    LineItem,
    Mapping,
    OrganizationUnit,
    SkillChoice,
    SkillTag,
    TagEvidence,
    TaggingPolicy,
    Term,
)
from registrar.services.college import roles, terms
from registrar.services.teaching import mappings, policies
from registrar.services.teaching.mappings import PROPOSE, REVIEW
from skills.models import Skill
from skills.services import suggestions
from skills.services.suggestions import Suggestion

PROPOSE_FOR_COLLEAGUE = "registrar.propose_for_colleague"

State = SkillTag.State
_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of work that bears a tag out; its title is the line item's where none is given."""

    title: str = ""
    line_item: LineItem | None = None
    rubric_row: str = ""
    share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What became of several that were reviewed at once: the others were refused, and why."""

    done: list[Any]
    refused: list[tuple[Any, Refusal]]


# Faculty


@transaction.atomic
def propose(
    outcome: LearningOutcome,
    skill: Skill,
    *,
    emphasis: str,
    by: User,
    term: Term | None = None,
    level: str = "",
    for_person: User | None = None,
    evidence: Iterable[Piece] = (),
) -> SkillTag:
    """Propose that the outcome teaches, practises or assesses the skill from the term on.

    The term is the current or next one unless said otherwise, and a later one where that is
    settled. A tag that is proposed or holds already is returned as it is; one that was rejected
    may be proposed again. An advocate proposes `for_person`, who teaches it and confirms.
    Raises WrongState for a retired outcome, for a skill that is retired or a mere heading, and
    while the term's mapping is being reviewed; TermSettled, TooManyTags, ShareTooSmall.
    """
    opportunity = outcome.opportunity
    roles.demand(by, PROPOSE, unit=opportunity.unit)
    if not Skill.objects.current().filter(pk=skill.pk).exists():
        raise WrongState("This skill is retired or a mere heading. Choose another.")
    _refuse_strangers(outcome, for_person, by=by)
    mappings.hold(opportunity)
    outcome.refresh_from_db(fields=["retired_at"])
    if outcome.retired_at is not None:
        raise WrongState("This outcome is retired, so no skill can be proposed for it.")
    if (there_is := standing(outcome, skill)) is not None:
        return there_is
    policies.check_count(outcome, skill)
    term = terms.for_tags(opportunity, term)
    tag = SkillTag.objects.create(
        outcome=outcome,
        skill=skill,
        emphasis=emphasis,
        level=level,
        mapping=mappings.to_change(opportunity, term, by=by),
        holds_from=terms.begins(term),
        proposed_by=by,
        for_person=for_person,
    )
    _bear_out(tag, evidence)
    _enter("proposed", tag, by=by, emphasis=emphasis)
    return tag


def suggest(outcome: LearningOutcome) -> list[Suggestion]:
    """Skills that the outcome's words suggest, but those tagged to it or turned down already."""
    tagged = SkillTag.objects.filter(_stands(), outcome=outcome)
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
    term: Term | None = None,
    level: str = "",
    for_person: User | None = None,
    evidence: Iterable[Piece] = (),
    suggestion: Suggestion | None = None,
    place: int | None = None,
) -> SkillTag:
    """Propose a skill, and keep whether it had been suggested or was found by hand.

    Raises what `propose` raises.
    """
    is_new = standing(outcome, skill) is None
    tag = propose(
        outcome,
        skill,
        emphasis=emphasis,
        by=by,
        term=term,
        level=level,
        for_person=for_person,
        evidence=evidence,
    )
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
    roles.demand(by, PROPOSE, unit=outcome.opportunity.unit)
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
    """The tag by which this skill is proposed, or holds without an end, for the outcome, if any."""
    tags = SkillTag.objects.filter(_stands(), outcome=outcome, skill=skill)
    return tags.order_by("-state").first()  # of both a proposal, which is what is talked about


def _stands() -> Q:
    return Q(state=State.PROPOSED) | Q(state=State.ACCEPTED, holds_until=None)


@transaction.atomic
def change(
    tag: SkillTag,
    *,
    by: User,
    term: Term | None = None,
    emphasis: str | None = None,
    level: str | None = None,
    evidence: Iterable[Piece] | None = None,
) -> SkillTag:
    """Say otherwise how a skill is taught and what bears it out; what is not said stays.

    A proposal is edited, and whoever does that is its proposer from now on. Of an accepted tag
    a new proposal is made for the term, which takes its place once it is accepted; until then
    the tag holds. Returns the proposal. Raises WrongState for any other tag, and as `propose`;
    TooManyTags also where it was to end and another has taken its place.
    """
    opportunity = tag.outcome.opportunity
    roles.demand(by, PROPOSE, unit=opportunity.unit)
    mappings.hold(opportunity)
    tag = _standing_still(tag)
    pieces = _pieces(tag) if evidence is None else list(evidence)
    said = {
        "emphasis": tag.emphasis if emphasis is None else emphasis,
        "level": tag.level if level is None else level,
    }
    if tag.state == State.PROPOSED:
        return _edit(tag, said, pieces, by=by)
    policies.check_count(tag.outcome, tag.skill)
    term = terms.for_tags(opportunity, term)
    mapping = mappings.to_change(opportunity, term, by=by)
    SkillTag.objects.filter(pk=tag.pk).update(ending=None, ending_asked_by=None)
    proposal = SkillTag.objects.create(
        outcome=tag.outcome,
        skill=tag.skill,
        mapping=mapping,
        holds_from=terms.begins(term),
        proposed_by=by,
        **said,
    )
    _bear_out(proposal, pieces)
    _enter("change_proposed", proposal, by=by, emphasis=proposal.emphasis, of=tag.pk)
    return proposal


def _standing_still(tag: SkillTag) -> SkillTag:
    """The tag as it stands now, or the proposal that is to take its place."""
    there_is = standing(tag.outcome, tag.skill)
    tag.refresh_from_db()
    if there_is is None or tag.state not in (State.PROPOSED, State.ACCEPTED) or tag.holds_until:
        raise WrongState
    return there_is


def _edit(tag: SkillTag, said: dict[str, str], pieces: list[Piece], *, by: User) -> SkillTag:
    _touch(tag)
    for name, value in said.items():
        setattr(tag, name, value)
    tag.proposed_by, tag.confirmed_at = by, None
    if tag.for_person_id == by.pk:
        tag.for_person = None
    tag.save(update_fields=[*said, "proposed_by", "confirmed_at", "for_person"])
    tag.evidence.all().delete()
    _bear_out(tag, pieces)
    _enter("changed", tag, by=by, emphasis=tag.emphasis)
    return tag


@transaction.atomic
def withdraw(tag: SkillTag, *, by: User) -> SkillTag:
    """Take a proposal back. Raises WrongState once it has been reviewed or submitted."""
    roles.demand(by, PROPOSE, unit=_unit(tag))
    mappings.hold(tag.outcome.opportunity)
    _touch(tag)
    _move(tag, state=State.WITHDRAWN)
    _enter("withdrawn", tag, by=by)
    return tag


@transaction.atomic
def end(tag: SkillTag, *, by: User, term: Term | None = None) -> SkillTag:
    """Ask for an accepted tag to end with the day before the term; it holds until then for ever.

    It ends once the mapping of the term is accepted. Raises WrongState for a tag that is not
    accepted, that has ended, or that somebody proposes to change; TermSettled.
    """
    opportunity = tag.outcome.opportunity
    roles.demand(by, PROPOSE, unit=opportunity.unit)
    mappings.hold(opportunity)
    if SkillTag.objects.proposed().filter(outcome=tag.outcome, skill=tag.skill).exists():
        raise WrongState("A change of it is proposed. Withdraw that first.")
    mapping = mappings.to_change(opportunity, terms.for_tags(opportunity, term), by=by)
    if mapping is None:
        raise WrongState("There are no terms yet, so nothing can end with one.")
    asked = SkillTag.objects.filter(pk=tag.pk, state=State.ACCEPTED, holds_until=None)
    if not asked.update(ending=mapping, ending_asked_by=by):
        raise WrongState
    tag.refresh_from_db()
    _enter("ending_asked", tag, by=by, term=mapping.term_id)
    return tag


@transaction.atomic
def keep(tag: SkillTag, *, by: User) -> SkillTag:
    """Keep a tag after all that was asked to end. One that was not is left alone.

    Raises TooManyTags where another has taken its place.
    """
    roles.demand(by, PROPOSE, unit=_unit(tag))
    mappings.hold(tag.outcome.opportunity)
    tag.refresh_from_db()
    if tag.ending is not None and tag.holds_until is None:
        policies.check_count(tag.outcome, tag.skill)
        mappings.touch(tag.ending)
        SkillTag.objects.filter(pk=tag.pk).update(ending=None, ending_asked_by=None)
        tag.refresh_from_db()
        _enter("kept", tag, by=by)
    return tag


@transaction.atomic
def confirm(tag: SkillTag, *, by: User) -> SkillTag:
    """Stand by what an advocate proposed for oneself. Again it changes nothing.

    Raises NotAllowed for anybody else, and WrongState once it has been reviewed.
    """
    roles.demand(by, PROPOSE, unit=_unit(tag))
    if tag.for_person_id != by.pk:
        raise NotAllowed("It was not proposed for you.")
    mappings.hold(tag.outcome.opportunity)
    tag.refresh_from_db()
    if tag.confirmed_at is None:
        _move(tag, confirmed_at=Now())
        _enter("confirmed", tag, by=by)
    return tag


def _refuse_strangers(outcome: LearningOutcome, person: User | None, *, by: User) -> None:
    if person is None:
        return
    opportunity = outcome.opportunity
    roles.demand(by, PROPOSE_FOR_COLLEAGUE, unit=opportunity.unit)
    roles.demand(person, PROPOSE, unit=opportunity.unit)
    if person.pk == by.pk:
        raise WrongState("This is your own proposal. Propose it for yourself.")
    if not opportunity.offerings.filter(teachers=person).exists():
        raise WrongState("Your colleague does not teach this. Choose somebody who does.")


def _bear_out(tag: SkillTag, evidence: Iterable[Piece]) -> None:
    """Keep the pieces of work; raises ShareTooSmall, and WrongState for work of another course."""
    pieces = list(evidence)
    policies.check_shares(tag.skill, (piece.share for piece in pieces))
    for piece in pieces:
        item = piece.line_item
        if item and item.offering.opportunity_id != tag.outcome.opportunity_id:
            raise WrongState(f"“{item.title}” is work of something else. Choose work of its own.")
        if not (piece.title or item):
            raise WrongState("A piece of work has no title. Name it.")
    TagEvidence.objects.bulk_create(
        TagEvidence(
            tag=tag,
            title=piece.title or (piece.line_item.title if piece.line_item else ""),
            line_item=piece.line_item,
            rubric_row=piece.rubric_row,
            share=piece.share,
        )
        for piece in pieces
    )


def _pieces(tag: SkillTag) -> list[Piece]:
    return [
        Piece(
            title=each.title,
            line_item=each.line_item,
            rubric_row=each.rubric_row,
            share=each.share,
        )
        for each in tag.evidence.select_related("line_item__offering")
    ]


# Review


@transaction.atomic
def accept(tag: SkillTag, *, by: User, comment: str = "") -> SkillTag:
    """Accept a proposed skill: the outcome counts for it from its term on.

    A tag of the same skill that held till then ends with the day before. Raises SamePerson for
    whoever proposed it or is to confirm it, Unconfirmed, ShareTooSmall, TermSettled, and
    WrongState if it has been reviewed already.
    """
    roles.demand(by, REVIEW, unit=_unit(tag))
    mappings.hold(tag.outcome.opportunity)
    return accept_held(tag, by=by, comment=comment)


def accept_held(tag: SkillTag, *, by: User, comment: str = "") -> SkillTag:
    """The same for services that have demanded the permission and hold the opportunity."""
    tag.refresh_from_db()
    _refuse_same_person(tag, by)
    if tag.state != State.PROPOSED:
        raise WrongState
    refuse_unready(tag)
    if tag.mapping is not None:
        terms.for_tags(tag.outcome.opportunity, tag.mapping.term)
    _end_former(tag)
    _move(tag, state=State.ACCEPTED, reviewed_by=by, reviewed_at=Now(), comment=comment)
    _enter("accepted", tag, by=by, reason=comment)
    return tag


@transaction.atomic
def reject(tag: SkillTag, *, by: User, comment: str) -> SkillTag:
    """Reject a proposed skill and tell its proposer why.

    Raises SamePerson, WrongState as `accept` does, and ReasonMissing without a comment.
    """
    if not comment.strip():
        raise ReasonMissing
    roles.demand(by, REVIEW, unit=_unit(tag))
    _refuse_same_person(tag, by)
    _move(tag, state=State.REJECTED, reviewed_by=by, reviewed_at=Now(), comment=comment)
    _enter("rejected", tag, by=by, reason=comment)
    return tag


def accept_all(tags: Iterable[SkillTag], *, by: User, comment: str = "") -> Reviewed:
    """Accept each that can be; the others are refused, and each says why."""
    return each_by_itself(tags, lambda tag: accept(tag, by=by, comment=comment))


def each_by_itself(things: Iterable[_Thing], review: Callable[[_Thing], Any]) -> Reviewed:
    """Review one after the other; what is refused does not keep the others."""
    done: list[Any] = []
    refused: list[tuple[Any, Refusal]] = []
    for thing in things:
        try:
            done.append(review(thing))
        except Refusal as refusal:
            refused.append((thing, refusal))
    return Reviewed(done, refused)


def refuse_unready(tag: SkillTag, *, policy: TaggingPolicy | None = None) -> None:
    """Raise Unconfirmed or ShareTooSmall for a proposal that cannot be accepted as it is.

    Whoever asks about many gives the policy.
    """
    if tag.for_person_id is not None and tag.confirmed_at is None:
        raise Unconfirmed(
            f"“{tag.skill.name}” for {tag.outcome.code} was proposed for a colleague, who has "
            "to confirm it first."
        )
    policies.check_evidence(tag, policy=policy)


def end_with(mapping: Mapping) -> Sequence[int]:
    """End the tags that the mapping asks to end, with the day before its term.

    Raises TermSettled where something has been accepted for a later term meanwhile.
    """
    ended = SkillTag.objects.filter(ending=mapping, state=State.ACCEPTED, holds_until=None)
    keys = sorted(ended.values_list("pk", flat=True))
    if keys:
        terms.for_tags(mapping.opportunity, mapping.term)
    ended.update(holds_until=terms.last_day_before(mapping.term))
    return keys


def _end_former(tag: SkillTag) -> None:
    former = SkillTag.objects.filter(
        outcome=tag.outcome, skill=tag.skill, state=State.ACCEPTED, holds_until=None
    )
    term = tag.mapping.term if tag.mapping else None
    former.update(holds_until=terms.last_day_before(term))


def _refuse_same_person(tag: SkillTag, by: User) -> None:
    if by.pk in (tag.proposed_by_id, tag.for_person_id):
        raise SamePerson("Whoever proposed a skill cannot review it. Ask a second person.")


def _move(tag: SkillTag, **values: Any) -> None:
    if not SkillTag.objects.filter(pk=tag.pk, state=State.PROPOSED).update(**values):
        raise WrongState
    tag.refresh_from_db()


def _touch(tag: SkillTag) -> None:
    if tag.mapping is not None:
        mappings.touch(tag.mapping)


def _enter(act: str, tag: SkillTag, *, by: User, reason: str = "", **details: Any) -> None:
    ledger.append(f"skilltag.{act}", tag, by=by, reason=reason, details=details)


def _unit(tag: SkillTag) -> OrganizationUnit:
    return tag.outcome.opportunity.unit
