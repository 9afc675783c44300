"""Evaluate who has earned a credential and why, and decide to award it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import dateformat

from issuer.errors import NotIssued, SamePerson, WrongState
from issuer.models import Batch
from issuer.services import batches, clock, ledger
from registrar import rules
from registrar.models import (
    Award,
    AwardFileRow,
    Correction,
    CredentialTemplate,
    Learner,
    Offering,
    OrganizationUnit,
    Revision,
)
from registrar.models.awards import OVER
from registrar.services.awarding import (
    award_file_authors,
    award_mails,
    award_results,
    successions,
)
from registrar.services.college import roles
from registrar.services.deciding import eligibility
from registrar.services.deciding.eligibility import Candidate

_RIGHTS_TO_HALT = ("issuer.approve_batch", "issuer.prepare_batch")

# What may be awarded once: the learner, and the occasion.
Key = tuple[int, str]


@dataclass(frozen=True)
class Evaluation:
    """Who is to be awarded by a revision, who was already, and who has not earned it.

    Of a rule about one course, activity or outcome somebody may be awarded several times: once
    for each class in which the rule was met. Among the `already` are those `waiting`: a batch that
    nobody has decided on awards them. `lapsed` are former awards of which the rule is no longer
    met, mostly because a result was corrected; it is for a person to withdraw them.
    """

    revision: Revision
    at: datetime
    awards: tuple[Candidate, ...]
    already: tuple[Candidate, ...]
    not_met: tuple[Candidate, ...]
    lapsed: tuple[Award, ...] = ()
    waiting: tuple[Candidate, ...] = ()

    @cached_property
    def granted(self) -> tuple[Candidate, ...]:
        """Those of `already` whose award was approved."""
        waiting = set(map(id, self.waiting))
        return tuple(each for each in self.already if id(each) not in waiting)

    @cached_property
    def by_learner(self) -> Mapping[int, list[Candidate]]:
        """All candidates, to tell somebody why or why not."""
        found: dict[int, list[Candidate]] = {}
        for candidate in (*self.awards, *self.already, *self.not_met):
            found.setdefault(candidate.learner_id, []).append(candidate)
        return found

    @property
    def learners(self) -> int:
        """How many people were looked at."""
        return len(self.by_learner)


def evaluate(
    revision: Revision, *, at: datetime, offerings: Collection[Offering] | None = None
) -> Evaluation:
    """Find out who has earned the credential, all learners at once, and write nothing.

    The number of queries depends on the rule alone. A rule about a single course, activity or
    outcome must be met in one offering of it; with `offerings` only those are looked at. A
    revision without a rule awards nobody.
    """
    if revision.rule is None:
        return Evaluation(revision, at, (), (), ())
    judged = eligibility.judge(
        rules.parse(revision.rule),
        offerings=offerings,
        results=award_results.of(revision, offerings),
    )
    if revision.pilot_unit_id:
        judged = eligibility.within(judged, roles.below([revision.pilot_unit_id]))
    is_taken = _taken(revision.template_id)
    awards: list[Candidate] = []
    already: list[Candidate] = []
    for candidate in judged.met:
        (already if is_taken(candidate) else awards).append(candidate)
    lapsed = _lapsed(revision, already, offerings)
    waiting = tuple(filter(_waits(revision.template_id), already))
    return Evaluation(revision, at, tuple(awards), tuple(already), judged.not_met, lapsed, waiting)


@transaction.atomic
def prepare(
    evaluation: Evaluation, *, by: User, name: str = "", tells_learners: bool | None = None
) -> Batch | None:
    """Award everyone who has earned it, as a batch for a second person to approve.

    Whoever was awarded since the evaluation is left out; if nobody is left there is no batch.
    Learners are told by mail as `tells_learners` has it, without it as the revision says. Raises
    WrongState unless the revision is the approved one.
    """
    begin(evaluation.revision, by=by)
    batch = _award(evaluation, by=by, name=name)
    says = evaluation.revision.tells_learners if tells_learners is None else tells_learners
    if batch is not None and says:
        award_mails.announce(batch)
    return batch


@transaction.atomic
def prepare_automatically(evaluation: Evaluation) -> Batch | None:
    """Award everyone who has earned it, as a batch that is approved already.

    Its author and its approver stand for it: that it awards by itself, and whether learners are
    told by mail, was approved with the revision. Raises WrongState unless the revision is the
    approved one and awards by itself.
    """
    hold(evaluation.revision)
    revision = Revision.objects.select_related("author", "approved_by").get(
        pk=evaluation.revision.pk
    )
    if revision.awarding != Revision.Awarding.AUTOMATIC or revision.approved_by is None:
        raise WrongState("This revision does not award by itself.")
    batch = _award(evaluation, by=revision.author, client=revision.client)
    if batch is None:
        return None
    if revision.tells_learners:
        award_mails.announce(batch)
    reason = f"It awards by itself, as approved with revision {revision.number}."
    return batches.approve(batch, by=revision.approved_by, reason=reason)


def _award(evaluation: Evaluation, *, by: User, client: str = "", name: str = "") -> Batch | None:
    revision = evaluation.revision
    numbers = _generations(revision.template_id)
    is_taken = _taken(revision.template_id)
    candidates = [each for each in evaluation.awards if not is_taken(each)]
    if not candidates:
        return None
    day = clock.day_of(evaluation.at)
    # Drawn ahead, so that the batch is opened last: its ledger entry makes all others wait.
    batch_id = uuid4()
    Award.objects.bulk_create(
        Award(
            revision=revision,
            template_id=revision.template_id,
            learner_id=candidate.learner_id,
            occasion=candidate.occasion,
            offering_id=candidate.offering_id,
            generation=numbers.get((candidate.learner_id, candidate.occasion), 0) + 1,
            awarded_on=day,
            results=list(candidate.results),
            reasons=candidate.reasons,
            decided_by=by,
            batch_id=batch_id,
            position=position,
        )
        for position, candidate in enumerate(candidates)
    )
    title = (name or f"{revision.name}, {dateformat.format(day, settings.DATE_FORMAT)}")[:200]
    batch = batches.open(title, count=len(candidates), by=by, client=client, id=batch_id)
    details = {"batch": str(batch.pk), "count": batch.count}
    ledger.append("award.decided", revision, by=by, details=details)
    return batch


def hold(revision: Revision) -> None:
    """Let nobody else award by this template until the commit; WrongState unless it is approved.

    To be called in a transaction.
    """
    # Locked, because two who prepare at the same moment would award the same people twice.
    # What leads to the template may be written all the same.
    CredentialTemplate.objects.select_for_update(no_key=True).get(pk=revision.template_id)
    if not Revision.objects.filter(pk=revision.pk, state=Revision.State.APPROVED).exists():
        raise WrongState("This revision is not approved (any longer), so nothing is awarded by it.")


def begin(revision: Revision, *, by: User) -> None:
    """Let nobody else award by this template until the commit, with the right to prepare batches.

    Raises what `hold` raises.
    """
    template = CredentialTemplate.objects.select_related("unit").get(pk=revision.template_id)
    roles.demand(by, "issuer.prepare_batch", unit=template.unit)
    hold(revision)


def taken(template_id: Any) -> set[Key]:
    """Who was awarded by a template, and on which occasion; what was declined does not count."""
    made = Award.objects.filter(template=template_id).not_declined()
    return set(made.values_list("learner", "occasion"))


def _taken(template_id: Any) -> Callable[[Candidate], bool]:
    """Whether somebody was awarded on that occasion, or holds one that tells of no occasion."""
    occasions = taken(template_id)
    untold = Award.objects.filter(template=template_id, occasion="").with_state()
    holders = set(untold.exclude(state__in=OVER).values_list("learner", flat=True))
    return lambda each: (each.learner_id, each.occasion) in occasions or each.learner_id in holders


def _waits(template_id: Any) -> Callable[[Candidate], bool]:
    """Whether a batch that waits for approval awards somebody, who holds none that was approved."""
    prepared = Award.objects.filter(template=template_id, batch__state=Batch.State.PREPARED)
    waiting = set(prepared.values_list("learner", "occasion"))
    theirs = Award.objects.filter(template=template_id, learner__in=prepared.values("learner"))
    approved = theirs.with_state().exclude(state__in=[*OVER, Batch.State.PREPARED])
    granted = set(approved.values_list("learner", "occasion"))

    def waits(each: Candidate) -> bool:
        named = {(each.learner_id, each.occasion), (each.learner_id, "")}
        return bool(named & waiting) and not named & granted

    return waits


def to_decide(person: User) -> QuerySet[Batch]:
    """The batches that wait for somebody like this person: `approve` would let them."""
    reach = roles.reach(person, "issuer.approve_batch")
    elsewhere = Award.objects.filter(batch=OuterRef("pk")).exclude(template__unit__in=reach)
    prepared = Batch.objects.filter(state=Batch.State.PREPARED).exclude(prepared_by=person)
    theirs = award_file_authors.worked_on(person, among=prepared)
    return prepared.exclude(Exists(elsewhere)).exclude(pk__in=theirs)


def reaches(person: User, batch: Batch) -> bool:
    """Whether their role lets them approve credentials of all whose are in the batch."""
    return all(person.has_perm("issuer.approve_batch", unit) for unit in units_of(batch))


def units_of(batch: Batch) -> list[OrganizationUnit]:
    """Whose credentials are in the batch."""
    return list(OrganizationUnit.objects.filter(templates__awards__batch=batch).distinct())


def approve(
    batch: Batch, *, by: User, reason: str = "", begins_at: datetime | None = None
) -> Batch:
    """Approve a batch of awards that a colleague prepared, for the workers to issue.

    They begin at once or at `begins_at`. Each credential in force that it replaces is superseded
    when the new one is signed. Raises WrongState if a rule by which somebody is awarded is no
    longer met, mostly because a result was corrected since; SamePerson also for whoever had a hand
    in the file of which it was prepared; and what `issuer.services.batches.approve` raises.

    Enters in the ledger that SamePerson was raised: not to be called in a transaction that ends
    with it.
    """
    try:
        return _approve(batch, by=by, reason=reason, begins_at=begins_at)
    except SamePerson as refused:
        ledger.append("batch.approval_refused", batch, by=by, reason=str(refused))
        raise


@transaction.atomic
def _approve(batch: Batch, *, by: User, reason: str, begins_at: datetime | None) -> Batch:
    _demand_to_decide(batch, by=by)
    _refuse_hand(by, batch)
    if batch.state == Batch.State.PREPARED and (fallen := _no_longer_hold(batch)):
        raise WrongState(
            f"{fallen} of the awards no longer hold: decline the batch and prepare it again."
        )
    approved = batches.approve(batch, by=by, reason=reason, begins_at=begins_at)
    successions.decide_for(batch, by=by)
    return approved


@transaction.atomic
def decline(batch: Batch, *, by: User, reason: str) -> Batch:
    """Refuse a batch of awards that a colleague prepared: nobody in it counts as awarded.

    Whoever could not approve it does not decline it either, which raises SamePerson.
    """
    _demand_to_decide(batch, by=by)
    _refuse_hand(by, batch)
    return batches.decline(batch, by=by, reason=reason)


@transaction.atomic
def withdraw_batch(batch: Batch, *, by: User, reason: str) -> Batch:
    """Take back a batch that one prepared oneself and nobody decided on: nobody is awarded."""
    for unit in units_of(batch):
        roles.demand(by, "issuer.prepare_batch", unit=unit)
    return batches.withdraw(batch, by=by, reason=reason)


@transaction.atomic
def pause(batch: Batch, *, by: User, reason: str = "") -> Batch:
    """Let a batch rest that is being issued, with the right to prepare or to approve such."""
    _demand_to_halt(batch, by=by)
    return batches.pause(batch, by=by, reason=reason)


@transaction.atomic
def resume(batch: Batch, *, by: User, reason: str = "") -> Batch:
    """Let the workers go on with it, with the same right."""
    _demand_to_halt(batch, by=by)
    return batches.resume(batch, by=by, reason=reason)


@transaction.atomic
def reschedule(batch: Batch, *, begins_at: datetime, by: User, reason: str = "") -> Batch:
    """Let it begin at another moment, with the same right; raises WrongState once it has begun."""
    _demand_to_halt(batch, by=by)
    return batches.reschedule(batch, begins_at=begins_at, by=by, reason=reason)


@transaction.atomic
def cancel(batch: Batch, *, by: User, reason: str) -> int:
    """Give up what of the batch is not frozen yet, with the same right; it may be awarded again.

    Raises what `issuer.services.batches.cancel` raises.
    """
    _demand_to_halt(batch, by=by)
    return batches.cancel(batch, by=by, reason=reason)


def may_halt(user: User, batch: Batch) -> bool:
    """Whether `pause`, `resume`, `reschedule` and `cancel` would let this person do so."""
    units = units_of(batch)
    return bool(units) and any(
        all(user.has_perm(right, unit) for unit in units) for right in _RIGHTS_TO_HALT
    )


def _generations(template_id: Any) -> dict[Key, int]:
    """How often each was awarded by a template on each occasion, declined or not."""
    made = Award.objects.filter(template=template_id).order_by()
    newest = made.values_list("learner", "occasion").annotate(Max("generation"))
    return {(learner, occasion): generation for learner, occasion, generation in newest}


def _lapsed(
    revision: Revision, already: Iterable[Candidate], offerings: Collection[Offering] | None
) -> tuple[Award, ...]:
    # Were learners and rows of files joined, PostgreSQL would expect few awards to be left of so
    # many conditions, and go through all learners for each of many.
    gone = Learner.objects.exclude(retired_at=None)
    of_template = Award.objects.filter(template=revision.template_id).exclude(learner__in=gone)
    made = _by_rule(of_template.standing())
    if offerings is not None:
        made = made.filter(offering__in=offerings)
    held = {(candidate.learner_id, candidate.occasion) for candidate in already}
    return tuple(award for award in made if (award.learner_id, award.occasion) not in held)


def _by_rule(made: QuerySet[Award]) -> QuerySet[Award]:
    """Without those whom a file names, those renewed by hand, and what corrects a name in such."""
    is_in_a_file = Exists(AwardFileRow.objects.filter(award=OuterRef("pk")))
    by_hand = is_in_a_file | Q(renewal=Award.Renewal.HAND)
    says_the_same = Correction.objects.filter(batch=OuterRef("batch"), as_of_today=False)
    of_such = Award.objects.filter(by_hand).before(OuterRef("pk"))
    return made.exclude(by_hand).exclude(Exists(says_the_same), Exists(of_such))


def _demand_to_decide(batch: Batch, *, by: User) -> None:
    for unit in units_of(batch):
        roles.demand(by, "issuer.approve_batch", unit=unit)


def _refuse_hand(person: User, batch: Batch) -> None:
    if award_file_authors.worked_on(person, among=[batch]):
        raise SamePerson("Whoever had a hand in its rows does not decide on it. Ask somebody else.")


def _demand_to_halt(batch: Batch, *, by: User) -> None:
    if may_halt(by, batch):
        return
    for unit in units_of(batch):
        roles.demand(by, _RIGHTS_TO_HALT[0], unit=unit)
    raise NotIssued("No award stands behind this batch, so it can't be halted here.")


def _no_longer_hold(batch: Batch) -> int:
    """How many awards of a waiting batch have a rule that is not met today."""
    fallen = 0
    for revision in Revision.objects.filter(awards__batch=batch, rule__isnull=False).distinct():
        made = _by_rule(Award.objects.filter(batch=batch, revision=revision))
        made = made.select_related("offering")
        decided = {(each.learner_id, each.occasion): each.offering for each in made}
        known = {offering.pk: offering for offering in decided.values() if offering}
        offerings = None if None in decided.values() else list(known.values())
        evaluation = evaluate(revision, at=datetime.now(UTC), offerings=offerings)
        held = {(each.learner_id, each.occasion) for each in evaluation.already}
        fallen += len(decided.keys() - held)
    return fallen
