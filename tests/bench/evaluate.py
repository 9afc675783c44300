"""A rule over many learners, each with a result, beside two plainer ways.

On a database of its own, into which enrolments and results went by COPY; nothing is written.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

from tests.bench import college, side_by_side
from tests.bench.rows import Row

COUNT = 100_000
RUNS = 5
# What a query for each learner takes is told from fewer.
PLAIN_COUNT = 1000
BOUND = 300e6


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Yield how many learners a second are decided on, and the most memory that it takes."""
    with college.opened() as home:
        home.graded(count)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
            peak = fresh.submit(_peak_memory, home.revision.pk, count).result()
        ways = {
            "evaluate": lambda: _evaluate(home.revision, count),
            "floor: one query, one look at each row": lambda: _read_alone(count),
            "a query for each learner": _ask_for_each,
        }
        ours, *others = side_by_side.medians(ways, runs=RUNS).items()
        for reference, value in others:
            yield Row(
                name="evaluate",
                value=round(ours[1], 1),
                unit="learners/second",
                reference=reference,
                reference_value=round(value, 1),
                runs=RUNS,
            )
        yield Row(
            name="peak memory",
            value=round(peak / 1e6, 1),
            unit="MB",
            reference="bound",
            reference_value=BOUND / 1e6,
            is_good=peak < BOUND,
        )


def _evaluate(revision: Any, count: int) -> float:
    """The product's own way: who has earned it, in which class, with which results, and why not."""
    from registrar.services import awards

    begin = time.perf_counter()
    found = awards.evaluate(revision, at=datetime.now(UTC))
    took = time.perf_counter() - begin
    if found.learners != count or not 0 < len(found.awards) < count:
        raise AssertionError(f"{len(found.awards)} of {found.learners} learners")
    return count / took


def _read_alone(count: int) -> float:
    """Whether the word is one of those, and nothing that the desk would show."""
    begin = time.perf_counter()
    earned = [learner for learner, text in _results() if text in college.GRADES]
    took = time.perf_counter() - begin
    if not 0 < len(earned) < count:
        raise AssertionError(f"{len(earned)} learners")
    return count / took


def _ask_for_each() -> float:
    from registrar.models import Learner

    learners = Learner.objects.values_list("pk", flat=True).order_by("pk")[:PLAIN_COUNT]
    begin = time.perf_counter()
    done = 0
    for pk in learners:
        any(text in college.GRADES for _, text in _results().filter(learner=pk))
        done += 1
    return done / (time.perf_counter() - begin)


def _results() -> Any:
    from registrar.models import Result

    final = Result.objects.current().filter(line_item__category="Module result")
    return final.values_list("learner", "text")


def _peak_memory(revision: int, count: int) -> int:
    """The most that a process holds in memory that does nothing else, in bytes."""
    import django

    django.setup()
    from registrar.models import Revision

    _evaluate(Revision.objects.get(pk=revision), count)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
