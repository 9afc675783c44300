"""A night with many changed results, a source that dies, wrong rows and killed workers.

On a database of its own. A OneRoster server on this machine first has everybody fail; then
everybody's result is changed, and the night that pulls, plans, applies, awards and issues that is
timed, from its beginning to its end. Meanwhile a second server dies half-way, one row in a hundred
is wrong, and the worker is killed while it applies and while it issues.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING, Any

from tests.bench import college
from tests.bench.rows import Row, exactly
from tests.registrar.sis_server import CLIENT, SECRET, SisServer, serving

if TYPE_CHECKING:
    from registrar.models import NightRun

COUNT = 50_000
BOUND = 3600.0
# One row in so many is wrong: less than what a brake holds up.
WRONG = 100
# Seconds between looks; the clock of the service rings once a minute.
LOOK = 0.5
FIRST, SECOND = date(2026, 6, 8), date(2026, 6, 9)
EARLY, LATE = "2026-06-08T09:30:00.000Z", "2099-01-01T00:00:00.000Z"


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Yield how long the night took, and whether everything was counted exactly, and once."""
    with ExitStack() as stack:
        alive, dying = (stack.enter_context(serving()) for _ in range(2))
        os.environ["FEED_ORIGINS"] = f"{alive.origin},{dying.origin}"
        os.environ["NIGHT_HOUR"] = ""  # the nights are begun here
        os.environ["UPLOAD_DIR"] = stack.enter_context(tempfile.TemporaryDirectory())
        home = stack.enter_context(college.opened())
        wrong = count // WRONG
        alive.collections = everybody_fails(count + wrong)
        alive.most_rows = dying.most_rows = 5000
        _connect(home, alive)
        home.employ()
        whole = _night(home, FIRST)
        passing = change(alive, wrong)
        dying.collections = everybody_fails(count)
        dying.dies_after = 7
        _connect(home, dying)
        killed = _Killer(home)
        begin = time.perf_counter()
        night = _night(home, SECOND, meanwhile=killed)
        seconds = time.perf_counter() - begin
        yield Row(
            name="all come for the first time",
            value=_seconds(whole),
            unit="seconds",
            reference="bound",
            reference_value=BOUND,
            is_good=_count(whole, "apply", "new") > 3 * count,
        )
        yield Row(
            name=f"a night of {count:,} changed results",
            value=round(seconds, 1),
            unit="seconds",
            reference="bound",
            reference_value=BOUND,
            is_good=seconds < BOUND,
        )
        yield exactly("killed workers", killed.times, 2)
        yield exactly("changed results", _count(night, "apply", "changed"), count)
        yield exactly("wrong rows, refused one by one", _count(night, "apply", "errors"), wrong)
        yield exactly("awarded", _count(night, "award", "new"), passing)
        yield exactly("issued", _count(night, "issue", "issued"), passing)
        yield exactly("credentials", *_credentials(passing))
        failed = night.steps.filter(state="failed")
        yield exactly("steps that failed: the source that died", failed.count(), 1)
        again = _night(home, SECOND)
        moved = sum(_count(again, *what) for what in (("apply", "changed"), ("award", "new")))
        yield exactly("changed or awarded by one more night", moved, 0)


def everybody_fails(count: int) -> dict[str, list[Any]]:
    """A course with so many learners, as the server has it."""
    said = {"status": "active", "dateLastModified": EARLY}

    def refer(key: str) -> dict[str, str]:
        return {"sourcedId": key}

    def things(*each: dict[str, Any]) -> list[Any]:
        return [said | thing for thing in each]

    org, term, class_ = refer("college"), refer("26S"), refer("st-101-26S")
    role = {"roleType": "primary", "role": "student", "org": org}
    people = range(count)
    return {
        "orgs": things({**org, "name": "Small College", "type": "school"}),
        "academicSessions": things(
            {
                **term,
                "title": "Spring 2026",
                "type": "term",
                "startDate": "2026-01-12",
                "endDate": "2026-05-15",
                "schoolYear": "2026",
            }
        ),
        "courses": things(
            {"sourcedId": "st-101", "title": "Statistics", "courseCode": "ST 101", "org": org}
        ),
        "classes": things(
            {
                **class_,
                "title": "ST 101",
                "classType": "scheduled",
                "course": refer("st-101"),
                "school": org,
                "terms": [term],
            }
        ),
        "users": things(
            *(
                {
                    "sourcedId": f"stu-{n}",
                    "enabledUser": "true",
                    "username": f"stu-{n}",
                    "givenName": f"Zoë {n}",
                    "familyName": "Østergård-Byron",
                    "identifier": f"{n:08}",
                    "roles": [role],
                }
                for n in people
            )
        ),
        "enrollments": things(
            *(
                {
                    "sourcedId": f"e-{n}",
                    "role": "student",
                    "user": refer(f"stu-{n}"),
                    "class": class_,
                    "school": org,
                }
                for n in people
            )
        ),
        "categories": things({"sourcedId": "c", "title": "Module result"}),
        "lineItems": things(
            {
                "sourcedId": "final",
                "title": "Final result",
                "assignDate": "2026-01-12",
                "dueDate": "2026-05-15",
                "class": class_,
                "category": refer("c"),
                "academicSession": term,
                "school": org,
            }
        ),
        "results": things(
            *(
                {
                    "sourcedId": f"r-{n}",
                    "lineItem": refer("final"),
                    "student": refer(f"stu-{n}"),
                    "scoreStatus": "fully graded",
                    "scoreDate": "2026-05-15",
                    "textScore": "Fail",
                }
                for n in people
            )
        ),
    }


def change(server: SisServer, wrong: int) -> int:
    """Change everybody's result, so many of them for nonsense; how many pass now."""
    passing = 0
    words = (*college.GRADES, "Resit")
    for number, result in enumerate(server.collections["results"]):
        result |= {"textScore": words[number % len(words)], "dateLastModified": LATE}
        if number < wrong:
            result["scoreStatus"] = "nonsense"
        else:
            passing += result["textScore"] in college.GRADES
    return passing


def _connect(home: college.College, server: SisServer) -> None:
    from registrar.models import Feed
    from registrar.services.drafting import templates
    from registrar.services.feeding import feeds

    dies = bool(server.dies_after)
    feeds.add(
        "Dying" if dies else "Banner",
        kind=Feed.Kind.ONEROSTER,
        address=f"{server.origin}/ims/oneroster",
        token_address=f"{server.origin}/token",
        account=CLIENT,
        secret=SECRET,
        source="dying" if dies else college.SOURCE,
        by=home.clara,
    )
    if not dies:
        second = templates.revise(home.revision.template, by=home.clara)
        templates.edit(second, by=home.clara, awarding="automatic")
        templates.approve(templates.submit(second, by=home.clara), by=home.dev)


class _Killer:
    """Kills the worker once while it applies, and once while it issues, and starts another."""

    def __init__(self, home: college.College) -> None:
        self._home = home
        self._left = ["apply", "issue"]
        self.times = 0

    def __call__(self, run: NightRun) -> None:
        from registrar.services.feeding import nights

        done = set(run.steps.filter(about__in=("Banner", "")).values_list("name", flat=True))
        is_time = {
            "apply": "plan" in done and "apply" not in done,
            "issue": nights.being_issued(run).exists(),
        }
        if self._left and is_time[self._left[0]]:
            self._left.pop(0)
            self.times += 1
            self._home.replace("worker")


def _night(
    home: college.College, day: date, *, meanwhile: Callable[[NightRun], None] | None = None
) -> NightRun:
    """A night by workers, rung for as the clock does; raises RuntimeError when it has no end."""
    from registrar import tasks
    from registrar.services.feeding import nights

    run = nights.begin(day)
    end = time.monotonic() + BOUND
    rung = 0.0
    while run.state == run.State.RUNNING:
        if time.monotonic() > end:
            raise RuntimeError(f"no end of the night:\n{home.log('worker')}")
        if time.monotonic() - rung > 10 * LOOK:
            tasks.night.delay()
            rung = time.monotonic()
        time.sleep(LOOK)
        if meanwhile is not None:
            meanwhile(run)
        run.refresh_from_db()
    return run


def _seconds(run: NightRun) -> float:
    assert run.ended_at is not None
    return round((run.ended_at - run.began_at).total_seconds(), 1)


def _count(run: NightRun, step: str, name: str) -> int:
    found = run.steps.filter(name=step).exclude(about="Dying")
    return sum(each.counts.get(name, 0) for each in found)


def _credentials(passing: int) -> tuple[int, int]:
    """How many credentials there are, and to how many learners."""
    from issuer.models import SecuredDocument
    from registrar.models import Award

    learners = Award.objects.values("learner").distinct().count()
    if learners != passing:
        raise RuntimeError(f"{learners} learners have an award, not {passing}")
    return SecuredDocument.objects.count(), Award.objects.count()
