"""Do the same with many things in several processes, which may ask this one questions."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from ctypes import c_ulong
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawValue
from typing import Any

# At most so many things are handed to a process at once, and as many as it does in so many seconds:
# they must not wait long beside an idle one, and to hand out takes a tenth of the time of a check.
IN_HAND = 32
HANDFUL_SECONDS = 0.02
# It tells what came of them as often as this.
TELL_SECONDS = 0.005
# So many may be done ahead of one that takes long, for each process.
AHEAD = 64

# What a process says: a question, or what came of the first few of the things it has in hand.
_ASKED, _DONE = "asked", "done"

Ask = Callable[[Any], Any]
Do = Callable[[Any], Any]


def cores() -> int:
    """So many processes can work here at the same time."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(
    things: Iterable[Any],
    *,
    workshop: Callable[[Ask], Do],
    answer: Callable[[Any], Any],
    lost: Callable[[], Any],
    jobs: int,
) -> Iterator[Any]:
    """Yield what is made of each thing, in their order; few are held at a time.

    `workshop` is called in each of the processes, with a function that asks this
    process, and returns what is done there with each thing. The processes are
    forked: they see all that was there before, and must leave connections alone.
    Where one ends before it is done with a thing (`lost` tells what came of it),
    another takes up what it had left, and again what it had just done.
    """
    crew = _Crew(workshop, answer, lost)
    try:
        crew.hire(jobs)
        yield from crew.work(enumerate(things))
    finally:
        crew.dismiss()


@dataclass
class _Worker:
    process: multiprocessing.process.BaseProcess
    pipe: Connection
    begun: c_ulong  # of all that was handed to it, also what it has not told of yet
    told: int = 0
    in_hand: deque[tuple[int, Any]] = field(default_factory=deque)
    handful: int = 1
    handed_at: float = 0


class _Crew:
    def __init__(
        self, workshop: Callable[[Ask], Do], answer: Callable[[Any], Any], lost: Callable[[], Any]
    ) -> None:
        self._workshop = workshop
        self._answer = answer
        self._lost = lost
        self._workers: dict[Connection, _Worker] = {}
        self._left: deque[tuple[int, Any]] = deque()
        self._made: dict[int, Any] = {}

    def hire(self, jobs: int) -> None:
        context = multiprocessing.get_context("fork")
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            begun = RawValue(c_ulong)
            process = context.Process(
                target=_serve, args=(theirs, ours, self._workshop, begun), daemon=True
            )
            process.start()
            theirs.close()
            self._workers[ours] = _Worker(process, ours, begun)

    def dismiss(self) -> None:
        for worker in self._workers.values():
            worker.process.terminate()
        for worker in self._workers.values():
            worker.process.join()
            worker.pipe.close()

    def work(self, things: Iterator[tuple[int, Any]]) -> Iterator[Any]:
        room = AHEAD * len(self._workers)
        following = 0
        while True:
            self._hand_out(things, following + room)
            busy = [pipe for pipe, worker in self._workers.items() if worker.in_hand]
            if not busy:
                return
            for pipe in connection.wait(busy):
                self._hear(self._workers[pipe])  # type: ignore[index]  # only pipes were given
            while following in self._made:
                yield self._made.pop(following)
                following += 1

    def _hand_out(self, things: Iterator[tuple[int, Any]], limit: int) -> None:
        # A process is told something only when it listens: both sides talking would wait for ever.
        for worker in self._workers.values():
            if worker.in_hand:
                continue
            while len(worker.in_hand) < worker.handful:
                following = self._left.popleft() if self._left else next(things, None)
                if following is None:
                    break
                if following[0] >= limit:
                    self._left.appendleft(following)
                    break
                worker.in_hand.append(following)
            if worker.in_hand:
                worker.handed_at = time.monotonic()
                self._tell(worker, [thing for _, thing in worker.in_hand])

    def _tell(self, worker: _Worker, message: Any) -> None:
        try:
            worker.pipe.send(message)
        except OSError:
            # It has ended; `_hear` finds out.
            return

    def _hear(self, worker: _Worker) -> None:
        try:
            kind, content = worker.pipe.recv()
        except (EOFError, OSError):
            self._replace(worker)
            return
        if kind == _ASKED:
            self._tell(worker, self._answer(content))
            return
        for made in content:
            self._made[worker.in_hand.popleft()[0]] = made
        worker.told += len(content)
        if not worker.in_hand:
            was_quick = time.monotonic() - worker.handed_at < HANDFUL_SECONDS
            worker.handful = min(2 * worker.handful, IN_HAND) if was_quick else 1

    def _replace(self, worker: _Worker) -> None:
        # What it had done and not told of is done again. Perhaps it had begun nothing yet.
        fatal = max(worker.begun.value - worker.told - 1, 0)
        self._made[worker.in_hand[fatal][0]] = self._lost()
        del worker.in_hand[fatal]
        self._left.extendleft(reversed(worker.in_hand))
        del self._workers[worker.pipe]
        worker.process.join()
        worker.pipe.close()
        self.hire(1)


def _serve(
    pipe: Connection, parents: Connection, workshop: Callable[[Ask], Do], begun: c_ulong
) -> None:
    """What a process does until it is dismissed: it takes the things in the order they come."""
    # Whoever presses Ctrl-C means the command, which dismisses us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parents.close()

    def ask(question: Any) -> Any:
        pipe.send((_ASKED, question))
        return pipe.recv()

    do = workshop(ask)
    try:
        while True:
            made, told_at = [], time.monotonic()
            for thing in pipe.recv():
                begun.value += 1
                made.append(do(thing))
                if time.monotonic() - told_at > TELL_SECONDS:
                    pipe.send((_DONE, made))
                    made, told_at = [], time.monotonic()
            if made:
                pipe.send((_DONE, made))
    except (EOFError, OSError):
        return
