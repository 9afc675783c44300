"""Do the same with many things in several processes, which may ask this one questions."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any

# So many things are handed to a process at once: they must not wait long beside an idle one.
IN_HAND = 4
# So many may be done ahead of one that takes long, for each process.
AHEAD = 64

# What a process says: a question, or what came of the first of the things it has in hand.
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
    another takes up what it had left.
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
    in_hand: deque[tuple[int, Any]] = field(default_factory=deque)


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
            process = context.Process(
                target=_serve, args=(theirs, ours, self._workshop), daemon=True
            )
            process.start()
            theirs.close()
            self._workers[ours] = _Worker(process, ours)

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
            while len(worker.in_hand) < IN_HAND:
                following = self._left.popleft() if self._left else next(things, None)
                if following is None:
                    break
                if following[0] >= limit:
                    self._left.appendleft(following)
                    break
                worker.in_hand.append(following)
            if worker.in_hand:
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
        else:
            self._made[worker.in_hand.popleft()[0]] = content

    def _replace(self, worker: _Worker) -> None:
        self._made[worker.in_hand.popleft()[0]] = self._lost()
        self._left.extendleft(reversed(worker.in_hand))
        del self._workers[worker.pipe]
        worker.process.join()
        worker.pipe.close()
        self.hire(1)


def _serve(pipe: Connection, parents: Connection, workshop: Callable[[Ask], Do]) -> None:
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
            for thing in pipe.recv():
                pipe.send((_DONE, do(thing)))
    except (EOFError, OSError):
        return
