"""What results ask of the registrar since they last looked: to award, to award again, to withdraw.

A rule that was changed since asks nothing of those who were awarded before: each award is judged
by the rule of its own revision.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from issuer.errors import ReasonMissing
from issuer.models import Batch, Credential
from issuer.services import clock
from registrar import rules
from registrar.models import Award, QueueCount, Revision
from registrar.services.awarding import awards, awards_again, renewals, withdrawals
from registrar.services.awarding.awards import Evaluation
from registrar.services.college import roles
from registrar.services.deciding import eligibility
from registrar.services.deciding.eligibility import Candidate

PERMISSION: Final = "registrar.evaluate_award"
# Results come by night mostly, and to count all queues may take minutes.
COUNTED_FOR: Final = timedelta(hours=1)
_IN_FORCE: Final = (Credential.State.VALID, Credential.State.SUSPENDED)
_LOST: Final = (Credential.State.REVOKED, Credential.State.EXPIRED, Credential.State.FAILED)


@dataclass(frozen=True, slots=True)
class Concern:
    """An award that is to be decided on, and what is known of its learner today."""

    award: Award
    candidate: Candidate


@dataclass(frozen=True)
class Queue:
    """Who has earned it and was never awarded, who earns it again, who no longer does."""

    evaluation: Evaluation
    again: tuple[Concern, ...]
    lapsed: tuple[Concern, ...]

    @property
    def new(self) -> tuple[Candidate, ...]:
        """Those who were never awarded."""
        return self.evaluation.awards

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be decided."""
        return not (self.new or self.again or self.lapsed)


def revisions(user: User, *, is_everything: bool = False) -> QuerySet[Revision]:
    """The approved revisions with a rule in this person's reach: those awarded by a queue, or all.

    What is awarded by itself is among them, as withdrawals are always for a person to decide.
    """
    found = _with_a_rule() if is_everything else _queued()
    within_reach = found.filter(template__unit__in=roles.reach(user, PERMISSION))
    return within_reach.select_related("template__unit").order_by("name", "pk")


def counts(user: User) -> QuerySet[QueueCount]:
    """How much waits in the queues in this person's reach, as last counted; empty ones left out."""
    return QueueCount.objects.filter(revision__in=revisions(user), waiting__gt=0)


def count_one() -> QueueCount | None:
    """Count the queue that was counted longest ago; None if that is not long ago for any."""
    old = Q(queue_count__counted_at=None) | Q(queue_count__counted_at__lt=clock.now() - COUNTED_FOR)
    oldest_first = F("queue_count__counted_at").asc(nulls_first=True)
    revision = _queued().filter(old).order_by(oldest_first, "pk").first()
    if revision is None:
        return None
    now = clock.now()
    waiting = _waiting(revision)
    former = QueueCount.objects.filter(revision=revision).first()
    since = (former and former.since) or now
    return QueueCount.objects.update_or_create(
        revision=revision,
        defaults={
            "waiting": waiting,
            "since": since if waiting else None,
            "counted_at": now,
        },
    )[0]


def look(revision: Revision) -> Queue:
    """Find out what there is to decide, and write nothing."""
    evaluation = awards.evaluate(revision, at=timezone.now())
    return Queue(
        evaluation=evaluation,
        again=tuple(_again(evaluation)),
        lapsed=tuple(_lapsed(evaluation)),
    )


@transaction.atomic
def award(revision: Revision, learners: Collection[int] | None, *, by: User) -> Batch | None:
    """Award these learners, or everyone who is new, as a batch for a second person to approve.

    Who has not earned it any longer, or was awarded meanwhile, is left out. Raises what
    `awards.prepare` raises.
    """
    evaluation = awards.evaluate(revision, at=timezone.now())
    chosen = tuple(
        each for each in evaluation.awards if learners is None or each.learner_id in learners
    )
    _have_counted(revision)
    return awards.prepare(replace(evaluation, awards=chosen), by=by)


@transaction.atomic
def award_again(
    revision: Revision, chosen: Collection[int] | None, *, by: User, reason: str
) -> Batch | None:
    """Award these once more, or all that are earned again, as one batch.

    Raises what `awards_again.award` raises.
    """
    found = [each.award for each in look(revision).again]
    found = [each for each in found if chosen is None or each.pk in chosen]
    _have_counted(revision)
    return awards_again.award_all(found, by=by, reason=reason) if found else None


@transaction.atomic
def withdraw(revision: Revision, chosen: Collection[int] | None, *, by: User, reason: str) -> int:
    """Withdraw these awards, or all that have lapsed; how many they are.

    What is earned again by now is left alone. Raises what `withdrawals.withdraw` raises.
    """
    if not reason.strip():
        raise ReasonMissing
    found = [each.award for each in look(revision).lapsed]
    found = [each for each in found if chosen is None or each.pk in chosen]
    _have_counted(revision)
    for each in found:
        withdrawals.withdraw(each, by=by, reason=reason)
    return len(found)


def _waiting(revision: Revision) -> int:
    """How many are to be decided on; none where the rule is not understood."""
    try:
        queue = look(revision)
    except rules.InvalidRule:
        return 0
    waiting = len(queue.again) + len(queue.lapsed)
    if revision.awarding == Revision.Awarding.REVIEW:
        waiting += len(queue.new)
    return waiting


def _with_a_rule() -> QuerySet[Revision]:
    return Revision.objects.filter(state=Revision.State.APPROVED, rule__isnull=False)


def _queued() -> QuerySet[Revision]:
    return _with_a_rule().exclude(awarding=Revision.Awarding.HAND)


def _have_counted(revision: Revision) -> None:
    """Somebody decides, so that the number is not right any longer."""
    QueueCount.objects.filter(revision=revision).update(counted_at=None)


def _again(evaluation: Evaluation) -> Iterator[Concern]:
    """Former awards that are in force no longer and whose rule is met."""
    earned = {(each.learner_id, each.occasion): each for each in evaluation.already}
    lost = [
        each
        for each in _standing(evaluation).filter(state__in=_LOST)
        if (each.learner_id, each.occasion) in earned
    ]
    # What has ended is not earned again by what led to it before.
    ended = [each for each in lost if each.state == Credential.State.EXPIRED]
    renewed = renewals.earned_again(ended)
    for each in lost:
        if each not in ended or each.pk in renewed:
            yield Concern(each, earned[each.learner_id, each.occasion])


def _lapsed(evaluation: Evaluation) -> Iterator[Concern]:
    """Awards in force of which the rule that they were made by is no longer met."""
    fallen = {each.pk for each in evaluation.lapsed}
    in_force = _standing(evaluation).filter(pk__in=fallen, state__in=_IN_FORCE)
    by_revision: dict[Revision, list[Award]] = {}
    for each in in_force:
        by_revision.setdefault(each.revision, []).append(each)
    for revision, made in by_revision.items():
        yield from _judged_by_their_own(revision, made)


def _judged_by_their_own(revision: Revision, made: Iterable[Award]) -> Iterator[Concern]:
    if revision.rule is None:
        return
    made = list(made)
    judged = eligibility.judge(
        rules.parse(revision.rule), learners={each.learner_id for each in made}
    )
    held = {(each.learner_id, each.occasion) for each in judged.met}
    known = {each.learner_id: each for each in (*judged.met, *judged.not_met)}
    for each in made:
        if (each.learner_id, each.occasion) not in held:
            now = replace(known[each.learner_id], offering_id=each.offering_id)
            yield Concern(each, now)


def _standing(evaluation: Evaluation) -> "QuerySet[Any]":
    """The awards of the template that count, each with its state."""
    made = Award.objects.filter(template=evaluation.revision.template_id).standing()
    return made.with_state().select_related("revision", "template__unit", "learner", "offering")
