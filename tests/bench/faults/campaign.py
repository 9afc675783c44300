"""The campaign: faults by chance, one after the other, while batches are issued."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.bench.faults.crew import KINDS
from tests.bench.faults.judge import Verdict
from tests.bench.faults.kinds import CLOCK, KINDS_OF_FAULT, LATEST, PATIENCE, Kind
from tests.bench.faults.stage import Stage

# Judged stuck is what has not ended so many seconds after the last fault was put right.
STUCK_SECONDS = 60
# Once in so many faults some credentials are revoked.
REVOKE_EVERY = 5


@dataclass
class Toll:
    """What faults of one kind have done."""

    asked: int
    hits: int = 0
    # Seconds from each to the next thing done by those that it struck.
    resumed: list[float] = field(default_factory=list)
    # Why none was possible.
    not_run: str = ""

    @property
    def median(self) -> float:
        """The median of the seconds to resume."""
        return round(statistics.median(self.resumed), 2) if self.resumed else 0.0

    @property
    def worst(self) -> float:
        """The longest of them."""
        return round(max(self.resumed), 2) if self.resumed else 0.0


def spread(kills: int) -> dict[str, int]:
    """How many faults of each kind make up so many: each kind at least one."""
    whole = sum(kind.share for kind in KINDS_OF_FAULT.values())
    counts = {name: max(1, kills * kind.share // whole) for name, kind in KINDS_OF_FAULT.items()}
    first = next(iter(counts))
    counts[first] = max(1, counts[first] + kills - sum(counts.values()))
    return counts


def fight(stage: Stage, tolls: dict[str, Toll], dice: random.Random) -> None:
    """Let all these faults strike in any order, then wait for the end of every batch."""
    order = [name for name, toll in tolls.items() for _ in range(toll.asked) if not toll.not_run]
    dice.shuffle(order)
    # Those with clocks of their own work together.
    order.sort(key=lambda name: KINDS_OF_FAULT[name].needs == CLOCK)
    stage.see_that_all_work()
    for number, name in enumerate(order, 1):
        kind = KINDS_OF_FAULT[name]
        if kind.needs == CLOCK and not stage.with_clock:
            _change_clocks(stage)
        _strike(stage, kind, tolls[name], dice)
        if number % REVOKE_EVERY == 0:
            stage.revoke_some(2)
        print(f"{number}/{len(order)} {name}: {tolls[name].resumed[-1]:.1f} s", file=sys.stderr)
    end(stage)


def end(stage: Stage) -> None:
    """Wait for the end of every batch, and for the status lists."""

    def is_done() -> bool:
        stage.see_that_all_work()
        return stage.is_done()

    stage.until(is_done, seconds=STUCK_SECONDS)
    stage.publish()
    stage.until(stage.is_published, seconds=STUCK_SECONDS)


def _strike(stage: Stage, kind: Kind, toll: Toll, dice: random.Random) -> None:
    stage.give_work()
    if not kind.is_directed:
        moment = time.monotonic() + dice.uniform(0.005, LATEST)
        stage.until(lambda: time.monotonic() > moment, seconds=LATEST)
        stage.give_work()
    before = stage.progress()
    stage.struck_at = time.monotonic()
    struck = kind.strike(stage)
    if kind.is_directed:
        before = stage.progress()
    stage.see_that_all_work()
    if not stage.until(lambda: stage.has_done_more(struck, before), seconds=PATIENCE):
        print(f"nothing was done by a {struck} for {PATIENCE} seconds", file=sys.stderr)
    toll.hits += 1
    toll.resumed.append(time.monotonic() - stage.struck_at)


def _change_clocks(stage: Stage) -> None:
    """Put those in the place of the crew whose clocks can be stepped."""
    stage.with_clock = True
    for kind in KINDS:
        stage.crew[kind].end()
        stage.hire(kind)


def total(tolls: dict[str, Toll]) -> int:
    """How many faults have struck."""
    return sum(toll.hits for toll in tolls.values())


def added(verdicts: list[Verdict]) -> Counter[str]:
    """How often each invariant is broken on all stages."""
    counts: Counter[str] = Counter()
    for verdict in verdicts:
        counts.update({name: len(found) for name, found in verdict.findings.items()})
    return counts
