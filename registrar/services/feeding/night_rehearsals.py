"""Rehearsals: what a night would do now, of which nothing is kept and nobody is told."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from django.db import InterfaceError, OperationalError, transaction

from issuer.errors import Refusal
from issuer.services import clock
from registrar.models import Feed, NightStep, Revision, RosterImport
from registrar.services.awarding import awards, reminders
from registrar.services.college import uploads
from registrar.services.feeding import night_steps, pulls, rosters
from registrar.services.feeding.night_steps import Took
from registrar.services.feeding.roster_plan import Plan

log = logging.getLogger(__name__)

Name = NightStep.Name
State = NightStep.State


def rehearse(*, asks_for_all: bool = True) -> list[NightStep]:
    """The steps that a night would take now, with the roster of each unsaved.

    Servers are asked for all that the night would take, which may take minutes; else only how much
    they have. Rules see what would be applied: it is, in a transaction that is rolled back. Who
    writes rows of the same sources waits until then.
    """
    feeds = night_steps.feeds_now()
    fetched: list[NightStep] = []
    try:
        for feed in feeds:
            fetched.append(_taken(Name.FETCH, feed.name, partial(_fetch, feed, asks_for_all)))
        with transaction.atomic():
            steps = _steps(feeds, fetched)
            transaction.set_rollback(True)
    finally:
        for step in fetched:
            if step.path:
                uploads.discard(step.path)
    return steps


def _steps(feeds: list[Feed], fetched: list[NightStep]) -> list[NightStep]:
    taken: list[NightStep] = []
    for feed, come in zip(feeds, fetched, strict=True):
        taken.append(come)
        if come.path:
            taken += _take_in(feed, Path(come.path))
    for revision in night_steps.automatic():
        taken.append(_tried(Name.AWARD, revision.template.slug, partial(_award, revision)))
    new = sum(step.counts.get("new", 0) for step in taken if step.name == Name.AWARD)
    taken.append(_taken(Name.ISSUE, "", lambda: Took({"to issue": new})))
    taken.append(_taken(Name.PUBLISH, "", lambda: Took({"to release": new})))
    taken.append(_tried(Name.REMIND, "", _remind))
    waits = any(step.state != State.DONE for step in taken)
    mails = len(night_steps.readers()) if waits else 0
    taken.append(_taken(Name.NOTIFY, "", lambda: Took({"mails": mails})))
    return taken


def _fetch(feed: Feed, asks_for_all: bool) -> Took:
    if not feed.is_pulled:
        return night_steps.look_into_folder(feed)
    try:
        if not asks_for_all:
            return Took({name: count or 0 for name, count in pulls.look(feed).items()})
        pull = pulls.rehearse(feed)
    except Refusal as error:
        return night_steps.missing(feed, error)
    return night_steps.pulled(feed, pull) or Took()


def _take_in(feed: Feed, path: Path) -> Iterator[NightStep]:
    found: list[tuple[RosterImport, Plan]] = []

    def plan() -> Took:
        found.append(rosters.look(path, **night_steps.how_to_read(feed)))
        return night_steps.compared(feed, found[0][0])

    def apply() -> Took:
        roster, planned = found[0]
        rosters.try_out(planned)
        return night_steps.applies(roster)

    step = _tried(Name.PLAN, feed.name, plan)
    yield step
    if step.state == State.DONE:
        yield _tried(Name.APPLY, feed.name, apply)


def _award(revision: Revision) -> Took:
    return Took(night_steps.evaluated(awards.evaluate(revision, at=clock.now())))


def _remind() -> Took:
    return Took(night_steps.reminded(reminders.outlook()))


def _tried(name: str, about: str, work: Callable[[], Took]) -> NightStep:
    """The step; where it breaks, what it did is undone, and what was tried before it stays."""
    return _taken(name, about, transaction.atomic(work))


def _taken(name: str, about: str, work: Callable[[], Took]) -> NightStep:
    began_at = clock.now()
    try:
        took = work()
    except (OperationalError, InterfaceError):
        raise  # the database does not answer
    except Refusal as error:
        took = Took(state=State.FAILED, refused=[night_steps.refusal(str(error), "")])
    except Exception:  # as at night, one that breaks does not stop the others
        log.exception("rehearsal: %s %s broke", name, about)
        why = night_steps.refusal(night_steps.UNFORESEEN, night_steps.SEE_THE_LOG)
        took = Took(state=State.FAILED, refused=[why])
    return took.as_step(name, about, began_at)
