"""Scenes: a fault at the very point where it hurts, which chance alone finds rarely.

The engine must come through each. So each is played twice: as it is, and with the mutant that it
is there to find.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.bench.faults.crew import KINDS, SIGNER, WORKER, Hand
from tests.bench.faults.judge import Verdict
from tests.bench.faults.mutants import MUTANTS, Mutant
from tests.bench.faults.stage import CHUNK_SIZE, Stage, Theatre
from tests.faults.points import Act, Fault, Moment

COUNT = 2 * CHUNK_SIZE
# In a scene, what has not ended by now never will; of a mutant, where it takes so many times as
# long as without it, and so many seconds.
PATIENCE = 60
TIMES, FEWEST_SECONDS = 3, 10
SAMPLE = 8

FINISH = "issuer.services.batches:finish"
RELEASE = "issuer.services.credentials:release"
LEDGER = "issuer.services.ledger:append"
ACKNOWLEDGE = "kombu.transport.redis:QoS.ack"
ALLOCATE = "issuer.services.status:allocate_each"
FIT = "issuer.services.wordings:fit"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What befalls whom; `happens` begins once the crew is hired and before they are rung for."""

    kind: str = SIGNER
    fault: Fault | None = None
    count: int = COUNT
    # What each process does first.
    first: str = ""
    has_journal: bool = True
    happens: Callable[[Stage, Scene], None] | None = None


def play(
    theatre: Theatre, name: str, mutant: Mutant | None = None, *, patience: float = PATIENCE
) -> Verdict:
    """Play a scene on a stage of its own, and judge what is left."""
    scene = SCENES[name]
    sql = mutant.sql if mutant else ""
    with theatre.stage(sql=sql, journal=scene.has_journal) as stage:
        stage.patience = patience
        for kind in KINDS:
            first = stage.first.setdefault(kind, [])
            if scene.first:
                first.append([scene.first])
            if mutant:
                first.append(["tests.bench.faults.mutants:seed", mutant.name])
        if mutant and mutant.worker_signs:
            secret = str(theatre.college.folder / "secret")
            stage.first[WORKER].append(["tests.bench.faults.crew:hold_secret", secret])
        begin = time.monotonic()
        (scene.happens or _struck)(stage, scene)
        taken = time.monotonic() - begin
        verdict = stage.verdict(sample=SAMPLE)
        verdict.seconds = taken
        return verdict


def catches(theatre: Theatre, name: str, control: Verdict) -> tuple[bool, Verdict]:
    """Whether the judge refuses a mutant for what it breaks, and finds nothing without it."""
    mutant = MUTANTS[name]
    patience = max(FEWEST_SECONDS, TIMES * control.seconds)
    verdict = play(theatre, mutant.scene, mutant, patience=patience)
    return mutant.breaks in verdict.broken and not control.broken, verdict


# What happens


def _struck(stage: Stage, scene: Scene) -> None:
    """The fault strikes; a service manager starts anew what has ended."""
    _begin(stage, scene)
    _see_through(stage)


def _hung(stage: Stage, scene: Scene) -> None:
    """A process hangs beyond its lease, others finish, it comes back, and there is more to do."""
    _begin(stage, scene)
    hand = stage.crew[scene.kind]
    if not stage.until(lambda: hand.has_stopped, seconds=stage.patience):
        return
    zombie = stage.let_go(scene.kind)
    stage.hire(scene.kind)
    _see_through(stage)
    wake(stage, zombie)
    stage.play(scene.count)
    _see_through(stage)


def _raced(stage: Stage, scene: Scene) -> None:
    """Two workers freeze at once, slowly enough to meet."""
    stage.hire(SIGNER)
    for _ in range(2):
        stage.hire(WORKER, fault=scene.fault)
        stage.let_go(WORKER)
    stage.hire(WORKER)
    stage.play(5 * scene.count)
    _see_through(stage)


def _forgotten(stage: Stage, scene: Scene) -> None:
    """The broker is flushed when all is frozen and nobody has begun to sign."""
    from django.conf import settings

    queue, rings = settings.QUEUE_SIGNING, scene.count // CHUNK_SIZE
    stage.hire(WORKER)
    stage.play(scene.count)
    stage.until(lambda: _frozen(stage) == scene.count, seconds=stage.patience)
    # The worker rings after it has committed.
    stage.until(lambda: stage.broker.holds(queue) >= rings, seconds=stage.patience)
    stage.broker.flush()
    stage.hire(SIGNER)
    _see_through(stage)


def _unanswered(stage: Stage, scene: Scene) -> None:
    """The broker is killed when a message is about to be acknowledged, and there is more to do."""
    _begin(stage, scene)
    hand = stage.crew[scene.kind]
    if stage.until(lambda: hand.has_stopped, seconds=stage.patience):
        stage.broker.kill()
        hand.signal(signal.SIGCONT)
        told = "Couldn't ack"
        stage.until(lambda: hand.has_said(told), seconds=stage.patience, rings=False)
        stage.broker.start()
    stage.play(scene.count)
    _see_through(stage)


def _poisoned(stage: Stage, scene: Scene) -> None:
    """Whoever looks at this row dies."""
    from registrar.models import Award

    assert scene.fault
    batch = stage.play(scene.count)
    poison = str(Award.objects.get(batch=batch, position=0).credential_id)
    deadly = replace(scene.fault, about=poison)
    stage.hire(SIGNER)
    stage.hire(scene.kind, fault=deadly)

    def is_done() -> bool:
        if not stage.crew[scene.kind].is_alive:
            stage.hire(scene.kind, fault=deadly)
        return stage.is_done()

    stage.until(is_done, seconds=stage.patience)


def _begin(stage: Stage, scene: Scene) -> None:
    for kind in KINDS:
        stage.hire(kind, fault=armed(stage, scene.fault) if kind == scene.kind else None)
    stage.play(scene.count)


def armed(stage: Stage, fault: Fault | None) -> Fault | None:
    """The fault, told where the database lies if it is to crash."""
    return fault and replace(fault, database=str(stage.database.data))


def wake(stage: Stage, zombie: Hand) -> None:
    """Let a process go on that has hung, and give it time to do what it was about to do."""
    before = time.monotonic()
    zombie.signal(signal.SIGCONT)
    stage.until(
        lambda: zombie.has_said("went to another worker") or time.monotonic() > before + 1,
        seconds=3,
        rings=False,
    )


def _see_through(stage: Stage) -> None:
    """Keep all at work until every batch has ended, or it takes too long."""

    def is_done() -> bool:
        stage.see_that_all_work()
        return stage.is_done()

    stage.until(is_done, seconds=stage.patience)


def _frozen(stage: Stage) -> int:
    progress = stage.progress()
    return progress.frozen if progress else 0


SCENES = {
    "a signer hangs beyond its lease": Scene(
        fault=Fault(target=FINISH, moment=Moment.BEFORE, act=Act.STOP), happens=_hung
    ),
    "a worker hangs beyond its lease": Scene(
        kind=WORKER,
        fault=Fault(target=FINISH, moment=Moment.BEFORE, act=Act.STOP),
        happens=_hung,
    ),
    "killed with everything signed": Scene(fault=Fault(target=FINISH, moment=Moment.BEFORE)),
    "killed before the intent is committed": Scene(
        kind=WORKER, fault=Fault(target=LEDGER, moment=Moment.AFTER)
    ),
    "killed before the release": Scene(fault=Fault(target=RELEASE, moment=Moment.BEFORE)),
    # The edition of the status list is entered first.
    "killed before the ledger is told": Scene(
        fault=Fault(target=LEDGER, moment=Moment.BEFORE, hit=2)
    ),
    "two workers at once": Scene(
        kind=WORKER,
        fault=Fault(target=ALLOCATE, moment=Moment.BEFORE, hit=0, slow=0.05),
        happens=_raced,
    ),
    "the database crashes after signing": Scene(
        fault=Fault(target=FINISH, moment=Moment.BEFORE, act=Act.CRASH)
    ),
    "a pool child dies": Scene(
        fault=Fault(target=FINISH, moment=Moment.BEFORE, act=Act.KILL_CHILD), count=CHUNK_SIZE
    ),
    "the broker forgets everything": Scene(happens=_forgotten),
    "the broker dies as it is answered": Scene(
        fault=Fault(target=ACKNOWLEDGE, moment=Moment.BEFORE, act=Act.STOP),
        happens=_unanswered,
    ),
    "a row on which workers die": Scene(
        kind=WORKER,
        fault=Fault(target=FIT, moment=Moment.BEFORE),
        count=1,
        happens=_poisoned,
    ),
    "the key signs wrongly": Scene(
        first="tests.bench.faults.journal:spoil", has_journal=False, count=20
    ),
}
