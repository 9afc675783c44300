"""Awards that follow each other: how one joins a chain, and what became of those in it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, Max, OuterRef

from issuer.models import Batch, StatusChange
from registrar.models import Award, Correction
from registrar.models.awards import OVER, AwardQuerySet

_DECIDED = {Batch.State.DECLINED: "declined"}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done: what, to which award, when, by whom (by name), and why."""

    act: str
    award: Award
    at: datetime
    by: str
    reason: str = ""


class Followers:
    """Awards that are to follow others, each behind the last of a chain, declined or not.

    What there is already is read once for all of them: under the lock of their templates, so that
    nobody else follows the same.
    """

    def __init__(self, former: Collection[Award]) -> None:
        found = Award.objects.filter(pk__in=[award.pk for award in former])
        self._ends = dict(found.with_end().order_by().values_list("pk", "end"))
        same = Award.objects.filter(
            template__in={award.template_id for award in former},
            learner__in={award.learner_id for award in former},
        )
        made = same.order_by().values_list("template", "learner", "occasion")
        newest = made.annotate(Max("generation"))
        self._generations = {tuple(key): generation for *key, generation in newest}

    def of(self, former: Award, **said: Any) -> Award:
        """The award that follows, not stored: for the same occasion, if nothing else is said."""
        place = {
            "template_id": former.template_id,
            "learner_id": former.learner_id,
            "occasion": former.occasion,
            "offering_id": former.offering_id,
        } | said
        key = (former.template_id, former.learner_id, place["occasion"])
        return Award(
            generation=self._generations.get(key, 0) + 1,
            replaces_id=self._ends[former.pk],
            **place,
        )


def corrected(batch: Batch) -> AwardQuerySet:
    """What stands in the place of awards of this batch since they were corrected."""
    batches: set[Any] = set()
    newest: set[Any] = {batch.pk}
    while newest:
        made = Correction.objects.filter(awards__batch__in=newest).exclude(batch=None)
        newest = set(made.values_list("batch", flat=True)) - batches
        batches |= newest
    same = Award.objects.filter(
        batch=batch,
        learner=OuterRef("learner"),
        template=OuterRef("template"),
        occasion=OuterRef("occasion"),
    )
    return Award.objects.filter(Exists(same), batch__in=batches)


def corrected_in_force(batch: Batch) -> AwardQuerySet:
    """Of these who has a credential, or is about to have one."""
    in_force = corrected(batch).with_state().exclude(state__in=OVER)
    return Award.objects.filter(pk__in=in_force.values("pk"))


def of(award: Award) -> list[Step]:
    """All that was done for the same learner and occasion, or renewed it, the oldest first."""
    made = Award.objects.filter(
        template=award.template_id, learner=award.learner_id, occasion__in=_occasions(award)
    )
    each_with_batch = made.select_related("batch__decided_by", "decided_by")
    steps = [step for each in each_with_batch.order_by("pk") for step in _steps(each)]
    return sorted(steps, key=lambda step: step.at)


def _occasions(award: Award) -> set[str]:
    """Those of the whole chain."""
    others = Award.objects.before(award.pk).union(Award.objects.after(award.pk))
    return {award.occasion, *others.values_list("occasion", flat=True)}


def _steps(award: Award) -> Iterator[Step]:
    act = "awarded" if award.generation == 1 else "awarded again"
    if award.renewal:
        act = "renewed"
    batch = award.batch
    yield Step(act, award, award.decided_at, batch.client or _name(award.decided_by))
    if batch.decided_at is not None:
        decided = _DECIDED.get(Batch.State(batch.state), "approved")
        by = _name(batch.decided_by)
        yield Step(decided, award, batch.decided_at, by, batch.decision_reason)
    changes = StatusChange.objects.filter(
        verifiable_credential__credential=award.credential_id
    ).select_related("by")
    told: set[tuple[str, str]] = set()
    for change in changes:
        # Each secured form of the credential has a change of its own.
        if (change.act, change.reason) not in told:
            told.add((change.act, change.reason))
            by = change.client or _name(change.by)
            yield Step(change.act, award, change.at, by, change.reason)


def _name(person: User | None) -> str:
    return "" if person is None else person.get_full_name() or person.get_username()
