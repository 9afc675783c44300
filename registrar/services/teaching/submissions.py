"""Confirm the mapping of a term, carry the former one on, submit it, accept it or send it back."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from issuer.errors import ReasonMissing, SamePerson, WrongState
from issuer.services import clock, ledger
from registrar.errors import NotAllowed
from registrar.models import (
    LearningOpportunity,
    Mapping,
    MappingConfirmation,
    Offering,
    SkillTag,
    Term,
)
from registrar.services.college import roles, terms
from registrar.services.teaching import mappings, policies, tagging
from registrar.services.teaching.mappings import PROPOSE, REVIEW
from registrar.services.teaching.tagging import Reviewed

State = Mapping.State
_WITH_FACULTY = (State.OPEN, State.RETURNED)


@dataclass(frozen=True, slots=True)
class Section:
    """An offering of the term, who teaches it, and which of them confirmed the mapping as it is."""

    offering: Offering
    teachers: Collection[User]
    confirmed_by: Collection[User]

    @property
    def is_missing(self) -> bool:
        """Whether one of its teachers has still to confirm."""
        return bool(self.teachers) and not self.confirmed_by


def sections(opportunity: LearningOpportunity, term: Term) -> list[Section]:
    """The offerings of the term, and who stands by the mapping as it is now."""
    mapping = Mapping.objects.filter(opportunity=opportunity, term=term).first()
    confirmed = _confirmed(mapping) if mapping else set()
    offerings = opportunity.offerings.filter(term=term).prefetch_related("teachers")
    found = [(each, list(each.teachers.all())) for each in offerings.order_by("code", "pk")]
    return [
        Section(offering, teachers, [each for each in teachers if each.pk in confirmed])
        for offering, teachers in found
    ]


@transaction.atomic
def confirm(mapping: Mapping, *, by: User) -> Mapping:
    """Stand by the mapping, in one act: also by what an advocate proposed for oneself.

    With the last confirmation that the policy asks for it is submitted; where nothing in it
    waits for review it is carried, and accepted at once. Confirming again changes nothing before
    the mapping does. Raises NotAllowed for who does not teach it while others do; Unconfirmed,
    ShareTooSmall and WrongState for what could not be reviewed.
    """
    opportunity = mapping.opportunity
    roles.demand(by, PROPOSE, unit=opportunity.unit)
    mappings.hold(opportunity)
    mapping.refresh_from_db()
    if mapping.state not in _WITH_FACULTY:
        raise WrongState("It has been submitted already.")
    _refuse_who_does_not_teach(mapping, by)
    proposed = SkillTag.objects.proposed().filter(mapping=mapping)
    proposed.filter(for_person=by, confirmed_at=None).update(confirmed_at=clock.now())
    policy = policies.current()
    ready = proposed.exclude(for_person__isnull=False, confirmed_at=None)
    for tag in ready.select_related("skill", "outcome__opportunity").prefetch_related("evidence"):
        tagging.refuse_unready(tag, policy=policy)
    is_new = by.pk not in _confirmed(mapping)
    if is_new:
        MappingConfirmation.objects.create(mapping=mapping, by=by, at=clock.now())
    if not missing(mapping):
        return _hand_in(mapping, by=by)
    if is_new:
        ledger.append("mapping.confirmed", mapping, by=by)
    return mapping


@transaction.atomic
def carry(opportunity: LearningOpportunity, term: Term, *, by: User) -> Mapping:
    """Stand by what held before for this term, too: nothing is typed again."""
    mappings.hold(opportunity)
    terms.for_tags(opportunity, term)
    return confirm(mappings.open(opportunity, term, by=by), by=by)


def missing(mapping: Mapping) -> list[str]:
    """Who has still to confirm before it can be submitted, one line each."""
    waiting = SkillTag.objects.proposed().filter(mapping=mapping, confirmed_at=None)
    people = [
        f"{tag.for_person.get_full_name() or tag.for_person} has to confirm “{tag.skill.name}”."
        for tag in waiting.exclude(for_person=None).select_related("for_person", "skill")
        if tag.for_person is not None
    ]
    taught = [each for each in sections(mapping.opportunity, mapping.term) if each.teachers]
    absent = [each for each in taught if each.is_missing]
    if not policies.current().all_sections and len(absent) < len(taught):
        absent = []
    return [*people, *(f"{each.offering} is not confirmed by who teaches it." for each in absent)]


def waits_for_review(mapping: Mapping) -> bool:
    """Whether something in it is new and nobody has reviewed it yet."""
    return (
        SkillTag.objects.proposed().filter(mapping=mapping).exists()
        or SkillTag.objects.filter(ending=mapping, holds_until=None).exists()
    )


def _hand_in(mapping: Mapping, *, by: User) -> Mapping:
    is_carried = not waits_for_review(mapping)
    now = clock.now()
    Mapping.objects.filter(pk=mapping.pk).update(
        state=State.ACCEPTED if is_carried else State.SUBMITTED,
        is_carried=is_carried,
        submitted_by=by,
        submitted_at=now,
        reviewed_by=None,
        reviewed_at=None,
    )
    mapping.refresh_from_db()
    ledger.append("mapping.carried" if is_carried else "mapping.submitted", mapping, by=by)
    return mapping


def _confirmed(mapping: Mapping) -> set[int]:
    """Who stands by it as it is now."""
    found = mapping.confirmations.filter(at__gte=mapping.changed_at)
    return set(found.values_list("by", flat=True))


def _refuse_who_does_not_teach(mapping: Mapping, by: User) -> None:
    taught = mapping.opportunity.offerings.filter(term=mapping.term, teachers__isnull=False)
    if taught.exists() and not taught.filter(teachers=by).exists():
        raise NotAllowed(f"Those who teach it in {mapping.term} confirm it.")


@transaction.atomic
def accept(mapping: Mapping, *, by: User, comment: str = "") -> Mapping:
    """Accept a submitted mapping with all that is proposed in it; its term is settled for good.

    Raises SamePerson for whoever proposed, confirmed or submitted something in it; WrongState
    unless it is submitted; and what `tagging.accept` raises, and then nothing is accepted.
    """
    roles.demand(by, REVIEW, unit=mapping.opportunity.unit)
    mappings.hold(mapping.opportunity)
    _refuse_same_person(mapping, by)
    tags = list(SkillTag.objects.proposed().filter(mapping=mapping))
    for tag in tags:
        tagging.accept_held(tag, by=by, comment=comment)
    ended = list(tagging.end_with(mapping))
    _review(mapping, State.ACCEPTED, by=by)
    details = {"tags": [tag.pk for tag in tags], "ended": ended}
    ledger.append("mapping.accepted", mapping, by=by, reason=comment, details=details)
    return mapping


@transaction.atomic
def send_back(mapping: Mapping, *, by: User, comment: str) -> Mapping:
    """Return a submitted mapping to those who teach it, and tell them why in its thread.

    Raises ReasonMissing without a comment, SamePerson and WrongState as `accept` does.
    """
    if not comment.strip():
        raise ReasonMissing("Say why. Whoever submitted it reads it.")
    roles.demand(by, REVIEW, unit=mapping.opportunity.unit)
    mappings.hold(mapping.opportunity)
    _refuse_same_person(mapping, by)
    _review(mapping, State.RETURNED, by=by)
    mappings.comment(mapping, comment, by=by)
    ledger.append("mapping.returned", mapping, by=by, reason=comment)
    return mapping


def accept_all(found: Iterable[Mapping], *, by: User, comment: str = "") -> Reviewed:
    """Accept each that can be; the others are refused, and each says why."""
    return tagging.each_by_itself(found, lambda each: accept(each, by=by, comment=comment))


def send_all_back(found: Iterable[Mapping], *, by: User, comment: str) -> Reviewed:
    """Return each that can be; the others are refused, and each says why."""
    return tagging.each_by_itself(found, lambda each: send_back(each, by=by, comment=comment))


def _refuse_same_person(mapping: Mapping, by: User) -> None:
    mapping.refresh_from_db()
    if Mapping.objects.filter(pk=mapping.pk).of_author(by).exists():
        raise SamePerson("Whoever proposed or confirmed it cannot review it. Ask a second person.")


def _review(mapping: Mapping, state: str, *, by: User) -> None:
    reviewed = Mapping.objects.filter(pk=mapping.pk, state=State.SUBMITTED)
    if not reviewed.update(state=state, reviewed_by=by, reviewed_at=clock.now()):
        raise WrongState
    mapping.refresh_from_db()
