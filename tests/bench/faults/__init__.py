"""Kills, crashes and hangs while batches are issued: nothing may be lost, doubled, shared or stuck.

By chance: N faults of every kind, at any moment, on servers and workers of this bench's own. By
design: scenes at the points that chance seldom meets, each as it is and with a seeded bug of the
engine, which has to be refused. Judged by SQL, pyld and OpenSSL; `tests/bench/faults/judge.py`.
"""

from __future__ import annotations

import contextlib
import random
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from tests.bench.faults import campaign, scenes, servers, stage
from tests.bench.faults.campaign import Toll
from tests.bench.faults.judge import NAMES, Verdict
from tests.bench.faults.kinds import CLOCK, DISK, KINDS_OF_FAULT
from tests.bench.faults.mutants import MUTANTS
from tests.bench.rows import Row

COUNT = stage.BATCH
KILLS = 200
FLAGS = {"--short": "the form for every change: cheap faults, two mutants"}
NUMBERS = {"--kills": (KILLS, "how many faults strike by chance")}
# Of signatures checked with pyld and OpenSSL at the end.
SAMPLE, SHORT_SAMPLE = 200, 20
SHORT_KINDS = (
    "kill -9 of a worker and its pool",
    "kill -9 of a pool child",
    "SIGTERM in the middle",
    "kill -9 of PostgreSQL",
    "kill -9 of the broker",
    "FLUSHALL",
)
SHORT_MUTANTS = ("stores without a fence", "done before it is stored")


@dataclass(frozen=True, kw_only=True)
class FaultRow(Row):
    """One kind of fault: how often it struck, and in how many seconds work went on."""

    resumed_median_seconds: float = 0.0
    resumed_worst_seconds: float = 0.0


def run(*, count: int, seed: int, kills: int, short: bool) -> Iterator[Row]:
    """Yield a row for each kind of fault, for each invariant and for each mutant."""
    _stop_in_order()
    dice = random.Random(seed)
    stage.BATCH = count
    lacking = _lacking()
    possible = [name for name, kind in KINDS_OF_FAULT.items() if kind.needs not in lacking]
    tolls = campaign.spread(kills, SHORT_KINDS if short else possible)
    with stage.opened(dice) as theatre:
        verdicts = _by_chance(theatre, tolls, dice, sample=SHORT_SAMPLE if short else SAMPLE)
        for name, toll in tolls.items():
            yield _of_kind(name, toll)
        for name in KINDS_OF_FAULT.keys() - {*possible}:
            yield _not_run(name, lacking[KINDS_OF_FAULT[name].needs])
        yield from _invariants(tolls, verdicts, kills)
        yield from _mutants(theatre, SHORT_MUTANTS if short else tuple(MUTANTS))


def _by_chance(
    theatre: stage.Theatre, tolls: dict[str, Toll], dice: random.Random, *, sample: int
) -> list[Verdict]:
    on_small_disk = {n: t for n, t in tolls.items() if KINDS_OF_FAULT[n].needs == DISK}
    others = {n: t for n, t in tolls.items() if n not in on_small_disk}
    verdicts = []
    with theatre.stage() as main:
        campaign.fight(main, others, dice)
        verdicts.append(main.verdict(sample=sample))
    if on_small_disk:
        with theatre.small_stage() as small:
            campaign.fight(small, on_small_disk, dice)
            verdicts.append(small.verdict(sample=sample))
    return verdicts


def _lacking() -> dict[str, str]:
    """What this machine has not got, and the words for it."""
    lacking = {}
    if servers.faketime_library() is None:
        lacking[CLOCK] = f"there is no {CLOCK} on this machine"
    if not servers.can_mount():
        lacking[DISK] = f"{DISK} can't be mounted here"
    return lacking


def _of_kind(name: str, toll: Toll) -> Row:
    return FaultRow(
        name=name,
        value=toll.hits,
        unit="hits",
        reference="hits asked for",
        reference_value=toll.asked,
        resumed_median_seconds=toll.median,
        resumed_worst_seconds=toll.worst,
        runs=toll.hits,
        is_good=toll.hits >= toll.asked and not toll.silent,
    )


def _not_run(name: str, why: str) -> Row:
    return FaultRow(
        name=name, value=0, unit="hits", reference=f"not run: {why}", reference_value=0, runs=0
    )


def _invariants(tolls: dict[str, Toll], verdicts: list[Verdict], kills: int) -> Iterator[Row]:
    hits = campaign.total(tolls)
    yield Row(name="kills", value=hits, unit="faults", reference="asked for", reference_value=kills)
    for what in ("awards", "signatures", "checked"):
        yield Row(
            name=what,
            value=sum(getattr(verdict, what) for verdict in verdicts),
            unit={"awards": "awards", "signatures": "signatures"}.get(what, "bodies"),
            reference="a fault",
            reference_value=hits,
        )
    counts = campaign.added(verdicts)
    counts["stuck"] += sum(toll.silent for toll in tolls.values())
    for verdict in verdicts:
        _tell(verdict)
    for name in NAMES:
        yield Row(
            name=name,
            value=counts[name],
            unit="awards" if name != "stuck" else "batches",
            reference=f"allowed; {campaign.STUCK_SECONDS} s after the last fault",
            reference_value=0,
            runs=hits,
            is_good=not counts[name],
        )


def _mutants(theatre: stage.Theatre, names: tuple[str, ...]) -> Iterator[Row]:
    """Every scene as it is, then each mutant in its own."""
    played = {}
    caught = 0
    for name in names:
        mutant = MUTANTS[name]
        if mutant.scene not in played:
            played[mutant.scene] = scenes.play(theatre, mutant.scene)
            _tell(played[mutant.scene])
        is_caught, verdict = scenes.catches(theatre, name, played[mutant.scene])
        caught += is_caught
        words = f"refused: {mutant.breaks}" if is_caught else "NOT refused"
        yield Row(
            name=f"mutant: {name}",
            value=verdict.count(mutant.breaks),
            unit=mutant.breaks,
            reference=f"{words}; without it, when {mutant.scene}",
            reference_value=played[mutant.scene].count(mutant.breaks),
            is_good=is_caught,
        )
    yield Row(
        name="mutants_caught",
        value=caught,
        unit="mutants",
        reference="seeded",
        reference_value=len(names),
        is_good=caught == len(names),
    )
    yield Row(
        name="mutants_seeded",
        value=len(names),
        unit="mutants",
        reference="all there are",
        reference_value=len(MUTANTS),
    )


def _tell(verdict: Verdict) -> None:
    """Name the first things that are wrong, for whoever looks."""
    for invariant, found in verdict.findings.items():
        for text in found[:5]:
            print(f"{invariant}: {text}", file=sys.stderr)


def _stop_in_order() -> None:
    """End at SIGTERM as at Ctrl-C: whatever was started or mounted is undone."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        for later in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with contextlib.suppress(ValueError):
                signal.signal(later, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, leave)
