"""How it stands with each feed: how old, how long what came waits, how often it failed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import Count, Max, Q

from registrar.models import NightStep, RosterImport
from registrar.models.nights import NightStepQuerySet
from registrar.services.feeding import night_steps

Name = NightStep.Name
State = NightStep.State
TAKING_IN: Final = (Name.FETCH, Name.PLAN, Name.APPLY)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with one feed; times are in seconds.

    `age` is the time since all that it had was taken: something was applied, or there was nothing
    new and nothing was missed; None before that. `lag` is how long what was fetched last took to
    be applied, or has waited for that until now; None where it is not to be applied. `failures`
    counts the nights since that moment at which it failed, was missed or held up.
    """

    feed: str
    age: float | None
    lag: float | None
    failures: int


def now(at: datetime) -> list[Standing]:
    """How it stands with each feed that a night looks at."""
    names = [feed.name for feed in night_steps.feeds_now()]
    taken_at = _taken_at(names)
    failures = _failures(names, taken_at)
    lags = {name: _lag(name, at) for name in names}
    return [
        Standing(
            feed=name,
            age=_seconds(taken_at[name], at) if name in taken_at else None,
            lag=lags[name],
            failures=failures.get(name, 0),
        )
        for name in names
    ]


def _steps(names: Iterable[str]) -> NightStepQuerySet:
    return NightStep.objects.filter(name__in=TAKING_IN, about__in=names).order_by()


def _taken_at(names: Iterable[str]) -> dict[str, datetime]:
    steps = _steps(names)
    held = steps.waiting().filter(roster__state=RosterImport.State.PLANNED)
    waits = set(held.values_list("about", flat=True))
    nothing_new = Q(name=Name.FETCH, state=State.DONE, path="")
    found = steps.values_list("about").annotate(
        applied=Max("roster__applied_at"), nothing_new=Max("ended_at", filter=nothing_new)
    )
    taken = {}
    for name, applied, looked in found:
        moments = [applied, None if name in waits else looked]
        if known := [moment for moment in moments if moment]:
            taken[name] = max(known)
    return taken


def _failures(names: Iterable[str], since: dict[str, datetime]) -> dict[str, int]:
    later = [
        Q(about=name, ended_at__gt=since[name]) if name in since else Q(about=name)
        for name in names
    ]
    if not later:
        return {}
    steps = _steps(names).exclude(state=State.DONE).filter(reduce(or_, later))
    return dict(steps.values_list("about").annotate(Count("run", distinct=True)))


def _lag(name: str, at: datetime) -> float | None:
    steps = _steps([name])
    fetched = steps.filter(name=Name.FETCH).exclude(path="").order_by("pk").last()
    if fetched is None:
        return None
    planned = steps.filter(name=Name.PLAN, run=fetched.run_id).values_list(
        "roster__state", "roster__applied_at"
    )
    state, applied_at = planned.first() or (RosterImport.State.PLANNED, None)
    if state == RosterImport.State.PLANNED:
        return _seconds(fetched.began_at, at)
    return _seconds(fetched.began_at, applied_at) if applied_at else None


def _seconds(since: datetime, until: datetime) -> float:
    # Clocks of machines differ.
    return max(0.0, (until - since).total_seconds())
