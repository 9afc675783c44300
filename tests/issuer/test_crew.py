"""Processes that work side by side, and ask."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from issuer.services import crew

Ask = Callable[[Any], Any]


def made(
    things: Any, workshop: Callable[[Ask], Callable[[Any], Any]], jobs: int = 2
) -> Iterator[Any]:
    return crew.in_order(
        things, workshop=workshop, answer=lambda name: f"{name}!", lost=lambda: "lost", jobs=jobs
    )


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_what_is_made_comes_in_the_order_of_the_things(jobs: int) -> None:
    def workshop(ask: Ask) -> Callable[[int], int]:
        def do(number: int) -> int:
            time.sleep(0.02 if number == 3 else 0)
            return -number

        return do

    assert list(made(range(500), workshop, jobs)) == [-number for number in range(500)]
    assert list(made([], workshop, jobs)) == []


def test_they_run_in_other_processes_and_are_gone_afterwards() -> None:
    found = set(made(range(50), lambda ask: lambda thing: (time.sleep(0.005), os.getpid())[1]))
    assert os.getpid() not in found
    assert len(found) == 2
    for process in found:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_they_may_ask_and_are_answered_here() -> None:
    here = os.getpid()
    assert list(made("abc", lambda ask: lambda name: (ask(name), os.getpid() == here))) == [
        ("a!", False),
        ("b!", False),
        ("c!", False),
    ]


def test_large_things_and_large_results_do_not_block_each_other() -> None:
    things = [bytes([number]) * 300_000 for number in range(40)]
    assert list(made(things, lambda ask: lambda thing: thing + b"x")) == [
        thing + b"x" for thing in things
    ]


def test_few_things_are_taken_ahead_of_one_that_takes_long() -> None:
    taken = []

    def things() -> Iterator[int]:
        for number in range(2000):
            taken.append(number)
            yield number

    def workshop(ask: Ask) -> Callable[[int], int]:
        return lambda number: (time.sleep(0.5 if number == 0 else 0), number)[1]

    found = made(things(), workshop)
    assert next(found) == 0
    assert len(taken) <= 2 * crew.AHEAD + 2 * crew.IN_HAND
    assert list(found) == list(range(1, 2000))


def test_what_ends_a_process_is_lost_alone() -> None:
    def workshop(ask: Ask) -> Callable[[int], int]:
        def do(number: int) -> int:
            if number in (7, 8, 30):
                os.kill(os.getpid(), signal.SIGKILL)
            return number

        return do

    expected = ["lost" if number in (7, 8, 30) else number for number in range(60)]
    assert list(made(range(60), workshop)) == expected


def test_what_was_done_and_not_told_of_is_done_again_and_none_of_it_is_lost() -> None:
    def workshop(ask: Ask) -> Callable[[int], int]:
        def do(number: int) -> int:
            if number % 100 == 99:
                os.kill(os.getpid(), signal.SIGKILL)
            return number

        return do

    expected = ["lost" if number % 100 == 99 else number for number in range(1000)]
    assert list(made(range(1000), workshop)) == expected


def test_who_stops_listening_leaves_no_process_behind() -> None:
    found = made(range(10_000), lambda ask: lambda thing: os.getpid())
    process = next(found)
    found.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
