"""What became of an award: decided, approved, withdrawn, awarded again, step by step."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from issuer.models import Batch, StatusChange
from registrar.models import Award

_DECIDED = {Batch.State.DECLINED: "declined"}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done: what, to which award, when, by whom, and why."""

    act: str
    award: Award
    at: datetime
    by: User | None
    reason: str = ""


def of(award: Award) -> list[Step]:
    """All that was done for the same learner and occasion, or renewed it, the oldest first."""
    made = Award.objects.filter(
        template=award.template_id, learner=award.learner_id, occasion__in=_occasions(award)
    )
    each_with_batch = made.select_related("batch__decided_by", "decided_by")
    steps = [step for each in each_with_batch.order_by("pk") for step in _steps(each)]
    return sorted(steps, key=lambda step: step.at)


def _occasions(award: Award) -> set[str]:
    """Those of what it renews or replaces, and of what renews or replaces it."""
    occasions, former, later = {award.occasion}, award.replaces, award
    while former is not None:
        occasions.add(former.occasion)
        former = former.replaces
    while (found := Award.objects.filter(replaces=later).first()) is not None:
        occasions.add(found.occasion)
        later = found
    return occasions


def _steps(award: Award) -> Iterator[Step]:
    act = "awarded" if award.generation == 1 else "awarded again"
    if award.renewal:
        act = "renewed"
    yield Step(act, award, award.decided_at, award.decided_by)
    batch = award.batch
    if batch.decided_at is not None:
        decided = _DECIDED.get(Batch.State(batch.state), "approved")
        yield Step(decided, award, batch.decided_at, batch.decided_by, batch.decision_reason)
    changes = StatusChange.objects.filter(
        verifiable_credential__credential=award.credential_id
    ).select_related("by")
    told: set[tuple[str, str]] = set()
    for change in changes:
        # Each secured form of the credential has a change of its own.
        if (change.act, change.reason) not in told:
            told.add((change.act, change.reason))
            yield Step(change.act, award, change.at, change.by, change.reason)
