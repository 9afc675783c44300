"""Remind learners of credentials that end soon; when, the college settles."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Min
from django.utils import dateformat

from issuer.errors import WrongState
from issuer.models import Mail, Release
from issuer.services import clock
from registrar.models import Award, Reminder, ReminderPolicy
from registrar.services import learner_mails, renewals, settling

MOST_STAGES: Final = 6
LONGEST: Final = 730


def current() -> ReminderPolicy:
    """The policy that holds."""
    return settling.current(ReminderPolicy)


def settle(*, stages: Iterable[int], tells_learners: bool, by: User, reason: str) -> ReminderPolicy:
    """Set for the whole college when learners are reminded, if they are.

    Raises WrongState for stages that make no sense, and what `settling.settle` raises.
    """
    in_order = sorted(set(stages), reverse=True)
    return settling.settle(
        ReminderPolicy,
        by=by,
        reason=reason,
        check=_check,
        stages=in_order,
        tells_learners=tells_learners,
    )


@dataclass(frozen=True, slots=True)
class Reminded:
    """How many credentials end soon, how many mails were written, and of whom none could be."""

    expiring: int
    mails: int
    no_address: int


@transaction.atomic
def remind(*, at: datetime | None = None) -> Reminded:
    """Write to each learner whose credential has come to its next stage; to call it again is safe.

    Of several stages that have passed only the last is told. Who has it renewed already, or holds
    a newer one, is not reminded.
    """
    now = at or clock.now()
    policy = current()
    # Locked, because two who remind at the same moment would write to the same people twice.
    ending = list(
        renewals.expiring(days=max(policy.stages), at=now)
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    if not policy.tells_learners:
        return Reminded(len(ending), 0, 0)
    told = _told(ending)
    due = [
        (award, stage)
        for award in ending
        if (stage := _stage(award.ends_at, now, policy)) < told.get(award.pk, LONGEST + 1)
    ]
    pages = Release.objects.in_bulk([award.credential_id for award, _ in due])
    sender = learner_mails.sender()
    made = [
        Reminder(
            award=award,
            days=stage,
            mail=_write(award, pages.get(award.credential_id), sender, now),
        )
        for award, stage in due
    ]
    Reminder.objects.bulk_create(made)
    mails = sum(each.mail_id is not None for each in made)
    return Reminded(len(ending), mails, len(made) - mails)


def _check(policy: ReminderPolicy) -> None:
    stages = policy.stages
    if not 1 <= len(stages) <= MOST_STAGES or not all(1 <= each <= LONGEST for each in stages):
        raise WrongState(
            f"Write one to {MOST_STAGES} numbers of days, each between 1 and {LONGEST}."
        )


def _told(awards: Iterable[Award]) -> dict[int, int]:
    """By award the last stage that its learner was told of."""
    reminders = Reminder.objects.filter(award__in=awards).order_by()
    return dict(reminders.values_list("award").annotate(Min("days")))


def _stage(ends_at: datetime, now: datetime, policy: ReminderPolicy) -> int:
    left = ends_at - now
    return min(days for days in policy.stages if left.total_seconds() <= days * 86_400)


def _write(award: Any, page: Release | None, sender: dict[str, str], now: datetime) -> Mail | None:
    ends_on = clock.day_of(award.ends_at)
    text = learner_mails.text(
        award,
        "reminder",
        day=dateformat.format(ends_on, settings.DATE_FORMAT),
        days=(ends_on - clock.day_of(now)).days,
        renewal=award.revision.renewal,
        page=page.url if page else "",
        **sender,
    )
    return learner_mails.write(award, why="credential.reminder", subject="Ends soon", text=text)
