"""A rule over many learners, each with a result, beside two plainer ways; tried against another.

On a database of its own, into which enrolments and results went by COPY. Evaluation writes
nothing, a simulation what it found.
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
# The most memory that each may take; a simulation holds what two rules have found.
BOUNDS = {"evaluate": 300e6, "simulate": 400e6}
# Seconds in which 100,000 learners are to be evaluated and simulated.
PATIENCE = 60


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Yield how many learners a second are decided on, and the most memory that it takes."""
    with college.opened() as home:
        home.graded(count)
        stricter = _stricter(home)
        revisions = {"evaluate": home.revision.pk, "simulate": stricter.pk}
        peaks = {}
        for name, revision in revisions.items():
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
                peaks[name] = fresh.submit(_peak_memory, name, revision, count).result()
        ways = {
            "evaluate": lambda: _evaluate(home.revision, count),
            "simulate": lambda: _simulate(stricter, count),
            "floor: one query, one look at each row": lambda: _read_alone(count),
            "a query for each learner": _ask_for_each,
        }
        rates = side_by_side.medians(ways, runs=RUNS)
        floor, plain = list(ways)[2:]
        for ours, reference in (("evaluate", floor), ("evaluate", plain), ("simulate", floor)):
            yield Row(
                name=ours,
                value=round(rates[ours], 1),
                unit="learners/second",
                reference=reference,
                reference_value=round(rates[reference], 1),
                runs=RUNS,
            )
        took = count / rates["evaluate"] + count / rates["simulate"]
        yield Row(
            name="evaluate and simulate",
            value=round(took, 2),
            unit="seconds",
            reference="bound",
            reference_value=PATIENCE * count / COUNT,
            runs=RUNS,
            is_good=took < PATIENCE * max(count / COUNT, 1),
        )
        for name, peak in peaks.items():
            yield Row(
                name=f"peak memory, {name}",
                value=round(peak / 1e6, 1),
                unit="MB",
                reference="bound",
                reference_value=BOUNDS[name] / 1e6,
                is_good=peak < BOUNDS[name],
            )
        again = _evaluate_again(home)
        yield Row(
            name="evaluate, when all are awarded",
            value=round(again, 2),
            unit="seconds",
            reference="bound",
            reference_value=PATIENCE * count / COUNT,
            is_good=again < PATIENCE * max(count / COUNT, 1),
        )


def _evaluate(revision: Any, count: int) -> float:
    """The product's own way: who has earned it, in which class, with which results, and why not."""
    from registrar.services.awarding import awards

    begin = time.perf_counter()
    found = awards.evaluate(revision, at=datetime.now(UTC))
    took = time.perf_counter() - begin
    if found.learners != count or not 0 < len(found.awards) < count:
        raise AssertionError(f"{len(found.awards)} of {found.learners} learners")
    return count / took


def _evaluate_again(home: Any) -> float:
    """How long it takes the night after, once the database has counted its rows."""
    from django.db import connection

    from registrar.services.awarding import awards

    awards.prepare(awards.evaluate(home.revision, at=datetime.now(UTC)), by=home.clara)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registrar_award, registrar_learner, registrar_result")
    begin = time.perf_counter()
    found = awards.evaluate(home.revision, at=datetime.now(UTC))
    took = time.perf_counter() - begin
    if found.awards or found.lapsed or not found.already:
        raise AssertionError(f"{len(found.awards)} awards, {len(found.lapsed)} lapsed")
    return took


def _stricter(home: Any) -> Any:
    """A draft of the same template whose rule fewer meet."""
    from registrar.services.drafting import templates

    draft = templates.revise(home.revision.template, by=home.clara)
    wanted = {"course": "ST 101", "category": "Module result", "one_of": ["Distinction"]}
    templates.edit(draft, by=home.clara, rule={"final_result": wanted})
    return draft


def _simulate(draft: Any, count: int) -> float:
    """The product's own way: who would have earned it, and who changes against the other rule."""
    from registrar.services.deciding import simulations

    made = simulations.ask(draft, by=draft.author)
    begin = time.perf_counter()
    found = simulations.run(made)
    took = time.perf_counter() - begin
    if found.learners != count or not 0 < found.met < count or not found.lost:
        raise AssertionError(f"{found.met} of {found.learners} learners, {found.lost} lost")
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


def _peak_memory(name: str, revision: int, count: int) -> int:
    """The most that a process holds in memory that does nothing else, in bytes."""
    import django

    django.setup()
    from registrar.models import Revision

    measure = {"evaluate": _evaluate, "simulate": _simulate}[name]
    measure(Revision.objects.get(pk=revision), count)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
