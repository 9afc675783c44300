"""The night: fetch, compare, apply, award, issue what was approved for it; tell who must act.

Each step is taken once and written in the transaction of what it did: a night that was broken
off goes on where it stopped, and nothing is done twice. What one feed or template refuses does
not stop the others.
"""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone

from issuer.errors import Refusal
from issuer.models import Batch, Release
from issuer.services import batches, clock, events, ledger, outbox
from registrar.models import Feed, NightRun, NightStep
from registrar.services.awarding import reminders
from registrar.services.college import event_types, expiries, roles
from registrar.services.feeding import night_steps, pulls
from registrar.services.feeding.night_steps import Took

log = logging.getLogger(__name__)

Name = NightStep.Name
State = NightStep.State
BEGIN: Final = "registrar.begin_nightrun"
# Where the API lists nights.
NIGHTS: Final = "/api/v1/nights"
# A batch that is not issued by then waits for something that a person has to put right.
LONGEST: Final = timedelta(hours=6)
# What is written to for longer than that after the night began is left to the next one.
SETTLES: Final = timedelta(minutes=30)
# Seconds after which a process takes no further step, so that each has all of its task's time.
LONG: Final = 100


class _Busy(Exception):
    """Another process takes a step of this night at this moment."""


class _Enough(Exception):
    """Steps have been taken for long; the others are taken with the next ring."""


def due(*, at: datetime | None = None) -> date | None:
    """The date whose night should run now and has not begun; from NIGHT_HOUR on, local time."""
    local = timezone.localtime(at or clock.now())
    if settings.NIGHT_HOUR is None or local.hour < settings.NIGHT_HOUR:
        return None
    today = local.date()
    return None if NightRun.objects.filter(date__gte=today).exists() else today


@transaction.atomic
def begin(day: date, *, by: User | None = None) -> NightRun:
    """Begin a night of a date; one that runs goes on. Without `by` it is the clock or a command.

    A second one of the same date finds what has come since.
    """
    if by is not None:
        roles.demand_for_all(by, BEGIN)
    if run := unfinished():
        return run
    last = NightRun.objects.filter(date=day).first()
    number = last.number + 1 if last else 1
    try:
        with transaction.atomic():
            run = NightRun.objects.create(date=day, number=number, asked_by=by)
    except IntegrityError:  # somebody else has begun one at this moment
        if run := unfinished():
            return run
        raise
    ledger.append("night.began", run, by=by or "system")
    return run


def unfinished() -> NightRun | None:
    """The night that is not done."""
    return NightRun.objects.filter(state=NightRun.State.RUNNING).first()


def carry_on(run: NightRun) -> NightRun:
    """Take the steps that are left, as far as they can be taken now; the run is done or goes on.

    Several processes may call it at once: each step is taken by one of them. It goes on later
    while batches are being issued; ring for `being_issued` after it.
    """
    try:
        _Night(run).carry_on()
    except _Busy:
        log.info("night %s: somebody else is at it", run.date)
    except _Enough:
        log.info("night %s: it goes on with the next ring", run.date)
    run.refresh_from_db()
    return run


def being_issued(run: NightRun) -> QuerySet[Batch]:
    """The batches of the night that are not issued yet."""
    of_run = run.steps.filter(batch__isnull=False).values("batch")
    return Batch.objects.filter(pk__in=of_run, state=Batch.State.APPROVED)


def needs_somebody(steps: Iterable[NightStep]) -> list[NightStep]:
    """The steps at which somebody has to act."""
    return [step for step in steps if step.state != State.DONE]


class _Night:
    """One pass through the steps of a night."""

    def __init__(self, run: NightRun) -> None:
        self.run = run
        self._end = time.monotonic() + LONG
        self.steps = list(run.steps.all())

    def carry_on(self) -> None:
        if not all([self._take_in(feed) for feed in night_steps.feeds_now()]):
            return
        for revision in night_steps.automatic():
            self._take(Name.AWARD, revision.template.slug, partial(night_steps.award, revision))
        if not self._take(Name.ISSUE, "", self._issued):
            return
        self._take(Name.PUBLISH, "", self._published)
        self._remind()
        self._take(Name.NOTIFY, "", self._told)
        _end(self.run)

    def _take_in(self, feed: Feed) -> bool:
        """Fetch, read and apply what has come; each only where the one before it was done.

        Whether that is over, one way or the other: False while a server is still being asked.
        """
        if feed.is_pulled and not self._taken(Name.FETCH, feed.name):
            self._pull(feed)
        fetched = self._take(Name.FETCH, feed.name, partial(self._fetch, feed))
        if not fetched or not fetched.path:
            return fetched is not None
        planned = self._take(
            Name.PLAN, feed.name, partial(night_steps.plan, feed, Path(fetched.path))
        )
        if planned and planned.state == State.DONE and planned.roster:
            self._take(Name.APPLY, feed.name, partial(night_steps.apply, planned.roster))
        return True

    def _pull(self, feed: Feed) -> None:
        """Ask the server for a while; what comes is kept whatever becomes of the step."""
        try:
            pulls.carry_on(feed, self.run)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # as for a step
            log.exception("night %s: the pull of %s broke", self.run.date, feed.name)
            for pull in feed.pulls.filter(run=self.run):
                pulls.give_up(pull, f"{night_steps.UNFORESEEN} {night_steps.SEE_THE_LOG}")

    def _fetch(self, feed: Feed) -> Took | None:
        if not feed.is_pulled:
            took = night_steps.look_into_folder(feed)
            may_settle = clock.now() - self.run.began_at < SETTLES
            return None if took.is_unsettled and may_settle else took
        pull = feed.pulls.filter(run=self.run).first()
        return night_steps.pulled(feed, pull) if pull else None

    def _taken(self, name: str, about: str) -> NightStep | None:
        for step in self.steps:
            if (step.name, step.about) == (name, about):
                return step
        return None

    def _take(self, name: str, about: str, work: Callable[[], Took | None]) -> NightStep | None:
        """The step, taken now unless it was taken; None where it cannot be taken yet."""
        if taken := self._taken(name, about):
            return taken
        self._demand_time()
        began_at = clock.now()
        try:
            with transaction.atomic():
                self._claim(name, about)
                took = work()
                return None if took is None else self._keep(name, about, took, began_at)
        except (OperationalError, InterfaceError, _Busy):
            raise  # the step is taken when the database answers again
        except Refusal as error:
            took = Took(state=State.FAILED, refused=[night_steps.refusal(str(error), "")])
        except Exception:  # one step that breaks must not stop the others
            log.exception("night %s: %s %s broke", self.run.date, name, about)
            took = Took(
                state=State.FAILED,
                refused=[night_steps.refusal(night_steps.UNFORESEEN, night_steps.SEE_THE_LOG)],
            )
        with transaction.atomic():
            self._claim(name, about)
            return self._keep(name, about, took, began_at)

    def _demand_time(self) -> None:
        if time.monotonic() > self._end:
            raise _Enough

    def _claim(self, name: str, about: str) -> None:
        """Hold the night to the end of the transaction, unless somebody else does."""
        free = NightRun.objects.select_for_update(skip_locked=True)
        if not free.filter(pk=self.run.pk, state=NightRun.State.RUNNING).exists():
            raise _Busy
        if self.run.steps.filter(name=name, about=about).exists():
            raise _Busy

    def _keep(self, name: str, about: str, took: Took, began_at: datetime) -> NightStep:
        step = took.as_step(name, about, began_at)
        step.run = self.run
        step.save()
        if step.state == State.HELD:
            self._tell_of_a_held_step()
        self.steps.append(step)
        return step

    def _tell_of_a_held_step(self) -> None:
        events.tell(event_types.NIGHT_HELD, lambda: events.thing(self.run.pk, at=NIGHTS))

    def _issued(self) -> Took | None:
        """What became of the batches; None while one is being issued."""
        made = [step.batch for step in self.steps if step.batch]
        is_late = clock.now() - self.run.began_at > LONGEST
        left = being_issued(self.run)
        if left.exists() and not is_late:
            return None
        progress = [batches.progress(batch) for batch in made]
        counts = {
            "issued": sum(each.signed for each in progress),
            "failed": sum(each.failed for each in progress),
        }
        refused = [
            night_steps.refusal(
                f"“{batch.name}” is not issued after {LONGEST}.", "Look at its page."
            )
            for batch in left
        ]
        if counts["failed"]:
            refused.append(
                night_steps.refusal(
                    f"{counts['failed']} credentials failed.", "Look at their batches."
                )
            )
        return Took(counts, refused, State.FAILED if refused else State.DONE)

    def _published(self) -> Took:
        """How many of the credentials can be opened by their learners."""
        made = [step.batch_id for step in self.steps if step.batch_id]
        released = Release.objects.filter(credential__batch__in=made)
        return Took({"released": released.count()})

    def _remind(self) -> None:
        """Tell learners whose credential ends soon, some in a transaction; then count them."""
        why = ""
        if not self._taken(Name.REMIND, ""):
            try:
                while reminders.remind_some():
                    self._demand_time()
            except (OperationalError, InterfaceError, _Enough):
                raise
            except Exception:  # as in `_take`
                log.exception("night %s: reminding broke", self.run.date)
                why = night_steps.UNFORESEEN
        self._take(Name.REMIND, "", partial(self._reminded, why))

    def _reminded(self, why: str) -> Took:
        counts = night_steps.reminded(reminders.reminded_since(self.run.began_at))
        if why:
            return Took(counts, [night_steps.refusal(why, night_steps.SEE_THE_LOG)], State.FAILED)
        return Took(counts)

    def _told(self) -> Took:
        """One mail to each who can act, where somebody must; with what ends soon, to who can."""
        waiting = needs_somebody(self.steps)
        endings = {notice.person: notice for notice in expiries.notices()}
        readers = night_steps.readers() if waiting else []
        for person in readers:
            notice = endings.pop(person, None)
            self._tell(person, waiting, ending=notice.lines if notice else [])
        for notice in endings.values():
            expiries.write(notice)
        if waiting:
            NightRun.objects.filter(pk=self.run.pk).update(notified_at=Now())
        return Took({"mails": len(readers) + len(endings)})

    def _tell(self, person: User, waiting: list[NightStep], *, ending: list[str]) -> None:
        lines = [
            f"{step}: {refused['reason']} {refused['fix']}"
            for step in waiting
            for refused in step.refused
        ]
        address = f"{settings.BASE_URL}{_page(self.run)}"
        words = {"date": self.run.date, "lines": lines[: night_steps.SHOWN], "address": address}
        words |= {"name": person.get_full_name() or person.get_username(), "ending": ending}
        outbox.write(
            to=person.email,
            to_name=person.get_full_name(),
            subject=f"The night of {self.run.date} needs you",
            text=render_to_string("registrar/mail/night.txt", words),
            why="night.needs_somebody",
            about=self.run,
        )


def _end(run: NightRun) -> None:
    running = NightRun.objects.filter(pk=run.pk, state=NightRun.State.RUNNING)
    if running.update(state=NightRun.State.DONE, ended_at=Now()):
        states = list(run.steps.values_list("state", flat=True))
        held, failed = states.count(State.HELD), states.count(State.FAILED)
        told = event_types.Night(str(run.pk), f"{NIGHTS}/{run.pk}", held, failed)
        events.tell(event_types.NIGHT_ENDED, lambda: told)


def _page(run: NightRun) -> str:
    return f"/admin/registrar/nightrun/{run.pk}/change/"
