"""Remind learners of credentials that end soon; when, the college settles."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, Exists, Min, OuterRef, QuerySet, When
from django.utils import dateformat

from issuer.errors import WrongState
from issuer.models import Mail, Release
from issuer.services import clock
from registrar.models import Award, Reminder, ReminderPolicy
from registrar.services.awarding import learner_mails, renewals
from registrar.services.college import settling

# So many are written in one transaction.
AT_ONCE: Final = 200
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
    """How many credentials end soon, how many mails are written, and of whom none can be."""

    expiring: int
    mails: int
    no_address: int


@transaction.atomic
def remind_some(*, at: datetime | None = None) -> int:
    """Write to some learners whose credential has come to its next stage; 0 when none is left.

    Of several stages that have passed only the last is told, once. Who has it renewed already, or
    holds a newer one, is not reminded.
    """
    now = at or clock.now()
    # Locked before it is asked who was told, because two who remind at the same moment would write
    # to the same people twice.
    found = list(_due(now).select_for_update(of=("self",)).order_by("pk")[:AT_ONCE])
    told = _told(found)
    due = [award for award in found if award.stage < told.get(award.pk, LONGEST + 1)]
    pages = Release.objects.in_bulk([award.credential_id for award in due])
    sender = learner_mails.sender()
    Reminder.objects.bulk_create(
        Reminder(
            award=award,
            days=award.stage,
            mail=_write(award, pages.get(award.credential_id), sender, now),
        )
        for award in due
    )
    return len(found)


def reminded_since(moment: datetime) -> Reminded:
    """What was done since then."""
    made = Reminder.objects.filter(at__gte=moment)
    mails = made.exclude(mail=None).count()
    return Reminded(_expiring(clock.now()).count(), mails, made.count() - mails)


def outlook() -> Reminded:
    """What would be done now."""
    now = clock.now()
    due = _due(now)
    no_address = due.filter(learner__email="").count()
    return Reminded(_expiring(now).count(), due.count() - no_address, no_address)


def _expiring(now: datetime) -> "QuerySet[Any]":
    return renewals.expiring(days=max(current().stages), at=now)


def _due(now: datetime) -> "QuerySet[Any]":
    """The awards that have come to a stage of which their learner was not told, each with it."""
    policy = current()
    if not policy.tells_learners:
        return Award.objects.none()
    reached = [
        When(ends_at__lte=now + timedelta(days=days), then=days) for days in sorted(policy.stages)
    ]
    told = Reminder.objects.filter(award=OuterRef("pk"), days__lte=OuterRef("stage"))
    return _expiring(now).annotate(stage=Case(*reached)).filter(~Exists(told))


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
