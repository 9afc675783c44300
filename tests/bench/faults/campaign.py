"""The campaign: faults by chance, one after the other, while batches are issued."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from tests.bench.faults.crew import KINDS
from tests.bench.faults.judge import Verdict
from tests.bench.faults.kinds import CLOCK, KINDS_OF_FAULT, LATEST, Kind
from tests.bench.faults.stage import Stage

# Judged stuck is what has not ended so many seconds after the last fault was put right.
STUCK_SECONDS = 60
# Once in so many faults some credentials are revoked.
REVOKE_EVERY = 5
# The share of all other faults that befall a crew whose clocks have been stepped.
LATE_SHARE = 0.15


@dataclass
class Toll:
    """What faults of one kind have done."""

    asked: int
    hits: int = 0
    # Seconds from each to the next thing done by those that it struck.
    resumed: list[float] = field(default_factory=list)
    # After how many nobody did anything for STUCK_SECONDS.
    silent: int = 0

    @property
    def median(self) -> float:
        """The median of the seconds to resume."""
        return round(statistics.median(self.resumed), 2) if self.resumed else 0.0

    @property
    def worst(self) -> float:
        """The longest of them."""
        return round(max(self.resumed), 2) if self.resumed else 0.0


def spread(kills: int, names: Collection[str]) -> dict[str, Toll]:
    """How many faults of each of these kinds make up so many: each kind at least one."""
    shares = {name: KINDS_OF_FAULT[name].share for name in names}
    whole = sum(shares.values())
    counts = {name: max(1, kills * share // whole) for name, share in shares.items()}
    first = next(iter(counts))
    counts[first] = max(1, counts[first] + kills - sum(counts.values()))
    return {name: Toll(asked) for name, asked in counts.items()}


def fight(stage: Stage, tolls: dict[str, Toll], dice: random.Random) -> None:
    """Let all these faults strike in any order, then wait for the end of every batch."""
    order = [name for name, toll in tolls.items() for _ in range(toll.asked)]
    dice.shuffle(order)
    # A crew whose clocks can be stepped works last; other faults befall it, too.
    has_clock = any(KINDS_OF_FAULT[name].needs == CLOCK for name in order)
    late = {
        at
        for at, name in enumerate(order)
        if KINDS_OF_FAULT[name].needs == CLOCK or (has_clock and dice.random() < LATE_SHARE)
    }
    order = [name for _, name in sorted(enumerate(order), key=lambda each: each[0] in late)]
    stage.see_that_all_work()
    for number, name in enumerate(order, 1):
        kind = KINDS_OF_FAULT[name]
        if kind.needs == CLOCK and not stage.with_clock:
            _change_clocks(stage)
        _strike(stage, kind, tolls[name], dice)
        if number % REVOKE_EVERY == 0:
            stage.revoke_some(2)
        words = "silence" if stage.resumed_in is None else f"{stage.resumed_in:.1f} s"
        print(f"{number}/{len(order)} {name}: {words}", file=sys.stderr)
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
        stage.mark()
    struck = kind.strike(stage)
    toll.hits += 1
    stage.see_that_all_work()
    if stage.resumed_in is not None or stage.resumes(struck, seconds=STUCK_SECONDS):
        toll.resumed.append(stage.resumed_in or 0.0)
    else:
        toll.silent += 1


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
