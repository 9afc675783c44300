"""Rates of several ways to do the same, measured in turns on a machine that others use too."""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

SECONDS = 0.5


def over(things: Iterable[Any], do: Callable[[Any], object]) -> Callable[[], object]:
    """Do it with one thing after the other, round and round."""
    turn = itertools.cycle(things)
    return lambda: do(next(turn))


def rates(ways: Mapping[str, Callable[[], object]], *, runs: int) -> dict[str, float]:
    """Return how often a CPU second each is done: the median of the runs, in each the order drawn.

    A neighbour on the machine takes time but not CPU seconds; what it does to caches and clock
    falls on all ways alike, as they take turns.
    """
    found: dict[str, list[float]] = {name: [] for name in ways}
    for do in ways.values():
        do()
    for _ in range(runs):
        for name in random.sample(sorted(ways), len(ways)):
            found[name].append(rate(ways[name], SECONDS))
    return {name: round(statistics.median(each), 2) for name, each in found.items()}


def medians(ways: Mapping[str, Callable[[], float]], *, runs: int) -> dict[str, float]:
    """Return the median of what each way says of itself, when they take turns."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name in random.sample(sorted(ways), len(ways)):
            found[name].append(ways[name]())
    return {name: statistics.median(each) for name, each in found.items()}


def rate(do: Callable[[], object], seconds: float) -> float:
    """Return how often a CPU second it is done, when it is done for so many."""
    done = 0
    began = time.process_time()
    while (took := time.process_time() - began) < seconds:
        do()
        done += 1
    return done / took
