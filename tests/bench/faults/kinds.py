"""Kinds of fault: each strikes a stage at some moment of a batch, and is put right again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.faults import scenes, servers
from tests.bench.faults.crew import KINDS, SIGNER, WORKER
from tests.bench.faults.stage import Stage
from tests.faults.points import Act, Fault, Moment

# A fault strikes at most so many seconds after work was given out; it lasts about as long.
LATEST = 0.6
CLOCK_STEPS = (3600, -3600, 3 * 86_400, -3 * 86_400)
# How long a disk stays full.
FULL_SECONDS = 1.5
PATIENCE = 60

BEFORE = Moment.BEFORE
# Strikes, puts right, and tells whose work has to go on.
Strike = Callable[[Stage], str]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fault, and its share of a hundred of them."""

    strike: Strike
    share: int
    # Whether it waits for its point, and marks the moment, by itself.
    is_directed: bool = False
    needs: str = ""


def _any_kind(stage: Stage) -> str:
    return stage.dice.choice(KINDS)


def _kill_worker(stage: Stage) -> str:
    kind = _any_kind(stage)
    stage.crew[kind].end()
    stage.hire(kind)
    return kind


def _kill_child(stage: Stage) -> str:
    kind = _any_kind(stage)
    # One that has just been started has none yet.
    stage.until(lambda: bool(stage.crew[kind].pool()), seconds=PATIENCE)
    for pid in stage.crew[kind].pool():
        servers.kill(pid)
    return kind


def _terminate(stage: Stage) -> str:
    kind = _any_kind(stage)
    hand = stage.crew[kind]
    hand.ask_to_stop()
    stage.until(lambda: not hand.is_alive, seconds=PATIENCE)
    stage.hire(kind)
    return kind


def _kill_database(stage: Stage) -> str:
    stage.database.kill()
    stage.revive_database()
    return SIGNER


def _stop_database_at_once(stage: Stage) -> str:
    stage.database.kill(signal.SIGQUIT)
    stage.revive_database()
    return SIGNER


def _kill_broker(stage: Stage) -> str:
    stage.broker.kill()
    stage.broker.start()
    return SIGNER


def _flush(stage: Stage) -> str:
    stage.broker.flush()
    return SIGNER


def _step_clock(stage: Stage) -> str:
    """The crew has clocks of its own by now: see `campaign.fight`."""
    stage.nurseries.set_clock(stage.dice.choice(CLOCK_STEPS))
    return SIGNER


def _fill_disk(stage: Stage) -> str:
    with servers.filled(stage.database.disk):
        end = time.monotonic() + FULL_SECONDS
        stage.until(lambda: time.monotonic() > end, seconds=PATIENCE)
    stage.hang_up()  # it may have started anew by itself
    return SIGNER


def _hang(stage: Stage) -> str:
    """A process hangs between the work and the transaction that stores it; another takes over."""
    kind = _any_kind(stage)
    hit = stage.dice.randint(1, 4)
    _lie_in_wait(stage, kind, Fault(target=scenes.FINISH, moment=BEFORE, hit=hit, act=Act.STOP))
    zombie = stage.let_go(kind)
    stage.hire(kind)
    stage.resumes(kind, seconds=PATIENCE)
    # By now another holds its chunk, or has stored it.
    time.sleep(stage.dice.uniform(0.5, 1.5))
    scenes.wake(stage, zombie)
    stage.others.remove(zombie)
    zombie.end()
    return kind


_CRASH_POINTS = (
    (WORKER, scenes.ALLOCATE, Moment.AFTER_COMMIT),
    (WORKER, scenes.ALLOCATE, Moment.BEFORE_COMMIT),
    (SIGNER, scenes.FINISH, BEFORE),
    (SIGNER, scenes.RELEASE, Moment.BEFORE_COMMIT),
    (SIGNER, scenes.RELEASE, Moment.AFTER_COMMIT),
)


def _crash(stage: Stage) -> str:
    """The database crashes right before or after somebody has committed."""
    kind, target, moment = stage.dice.choice(_CRASH_POINTS)
    fault = Fault(target=target, moment=moment, hit=stage.dice.randint(1, 3), act=Act.CRASH)
    _lie_in_wait(stage, kind, fault)
    stage.revive_database()
    return kind


def _lie_in_wait(stage: Stage, kind: str, fault: Fault) -> None:
    """Put a worker in the place of another that strikes by itself, and wait for that."""
    stage.crew[kind].end()
    hand = stage.hire(kind, fault=scenes.armed(stage, fault))

    def has_struck() -> bool:
        if not hand.witness.exists():
            stage.give_work()
        return hand.witness.exists()

    # Where nobody comes to that point, nothing is done any more, which shows by itself.
    stage.until(has_struck, seconds=PATIENCE)
    stage.mark()


DISK, CLOCK = "a small file system", "libfaketime"
KINDS_OF_FAULT: dict[str, Kind] = {
    "kill -9 of a worker and its pool": Kind(strike=_kill_worker, share=24),
    "kill -9 of a pool child": Kind(strike=_kill_child, share=18),
    "SIGTERM in the middle": Kind(strike=_terminate, share=8),
    "kill -9 of PostgreSQL": Kind(strike=_kill_database, share=8),
    "immediate shutdown of PostgreSQL": Kind(strike=_stop_database_at_once, share=5),
    "kill -9 of the broker": Kind(strike=_kill_broker, share=10),
    "FLUSHALL": Kind(strike=_flush, share=10),
    "a process hangs beyond its lease": Kind(strike=_hang, share=6, is_directed=True),
    "PostgreSQL crashes at a commit": Kind(strike=_crash, share=4, is_directed=True),
    "clock stepped by an hour or 3 days": Kind(strike=_step_clock, share=5, needs=CLOCK),
    "full disk under the database": Kind(strike=_fill_disk, share=2, needs=DISK),
}
