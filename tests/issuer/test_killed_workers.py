"""kill -9 at named points of a batch, small or of a real roster, loses and doubles nothing.

Real Celery workers, a real broker and a real PostgreSQL. The test is the beat: it rings the
sweeps, and finds out what the processes left in the database.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connection

from config.celery import app
from issuer.models import (
    Batch,
    Chunk,
    Credential,
    LedgerEntry,
    Release,
    SecuredDocument,
    VerifiableCredential,
)
from issuer.services import batches, institutions, keys, ledger, verification
from issuer.vc.verification.verify import Verdict
from registrar import tasks
from registrar.models import Award, LearningOpportunity
from registrar.services.awarding import completions
from registrar.services.awarding.completions import Passing
from registrar.services.college import people
from registrar.services.feeding import rosters
from tests.faults import judge
from tests.faults.points import Act, Fault, Moment
from tests.issuer import badges

pytestmark = [pytest.mark.worker, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
CHUNK_SIZE = 20
COUNT = 8 * CHUNK_SIZE
# Of the real roster, in as many chunks.
REAL_COUNT, REAL_CHUNK_SIZE = 1072, 134
LEASE_SECONDS = 1
PATIENCE = 80

PEOPLE = ("clara", "dev")
WORKER, SIGNER = "worker", "signer"
SIGN = "issuer.services.signing:_Work._through_shape"
ACKNOWLEDGE = "celery.worker.request:Request.acknowledge"

# Name, whose process it is, the call at which it dies. Counts differ so that every chunk is met.
POINTS = {
    "claiming to freeze, before the commit": (
        WORKER,
        Fault(target="issuer.services.batches:_lease", moment=Moment.BEFORE_COMMIT, hit=2),
    ),
    "claiming to freeze, after the commit": (
        WORKER,
        Fault(target="issuer.services.batches:_lease", moment=Moment.AFTER_COMMIT, hit=3),
    ),
    "composing": (
        WORKER,
        Fault(target="tests.issuer.badges:values", moment=Moment.BEFORE, hit=75),
    ),
    "linting": (
        WORKER,
        Fault(target="issuer.services.wordings:fit", moment=Moment.AFTER, hit=105),
    ),
    "credentials inserted, no status entries yet": (
        WORKER,
        Fault(target="issuer.services.status:allocate", moment=Moment.BEFORE, hit=4),
    ),
    "requesting, before the commit": (
        WORKER,
        Fault(target="issuer.services.status:allocate", moment=Moment.BEFORE_COMMIT, hit=5),
    ),
    "requesting, after the commit": (
        WORKER,
        Fault(target="issuer.services.status:allocate", moment=Moment.AFTER_COMMIT, hit=6),
    ),
    "frozen, the signer not rung": (
        WORKER,
        Fault(target="celery.app.task:Task.apply_async", moment=Moment.BEFORE, hit=7),
    ),
    "frozen, the message not acknowledged": (
        WORKER,
        Fault(target=ACKNOWLEDGE, moment=Moment.BEFORE),
    ),
    "claiming to sign, before the commit": (
        SIGNER,
        Fault(target="issuer.services.batches:_lease", moment=Moment.BEFORE_COMMIT, hit=2),
    ),
    "claiming to sign, after the commit": (
        SIGNER,
        Fault(target="issuer.services.batches:_lease", moment=Moment.AFTER_COMMIT, hit=3),
    ),
    "status list signed, not published": (
        SIGNER,
        Fault(
            target="issuer.models.status:StatusListPublication.save",
            moment=Moment.BEFORE,
        ),
    ),
    "signing the first": (
        SIGNER,
        Fault(target=SIGN, moment=Moment.BEFORE, slow=0.001),
    ),
    "signing one in the middle": (
        SIGNER,
        Fault(target=SIGN, moment=Moment.AFTER, hit=COUNT // 2, slow=0.001),
    ),
    "signing the last": (
        SIGNER,
        Fault(target=SIGN, moment=Moment.AFTER, hit=COUNT, slow=0.001),
    ),
    "verifying what was signed": (
        SIGNER,
        Fault(
            target="issuer.services.keyring:Keyring.check",
            moment=Moment.BEFORE,
            # The status list, the first and the last of each chunk.
            hit=6,
            slow=0.001,
        ),
    ),
    "documents inserted, not released": (
        SIGNER,
        Fault(target="issuer.services.signing:_store", moment=Moment.AFTER, hit=4),
    ),
    "storing, before the commit": (
        SIGNER,
        Fault(
            target="issuer.services.credentials:release",
            moment=Moment.BEFORE_COMMIT,
            hit=5,
        ),
    ),
    "storing, after the commit": (
        SIGNER,
        Fault(
            target="issuer.services.credentials:release",
            moment=Moment.AFTER_COMMIT,
            hit=6,
        ),
    ),
    "closing the batch, before the commit": (
        SIGNER,
        Fault(target="issuer.services.batches:progress", moment=Moment.BEFORE_COMMIT),
    ),
}

# On the way with the registrar's own task: first its worker, then the signer, three times each.
REAL_FAULTS = {
    WORKER: [
        Fault(
            target="registrar.services.awarding.composition:compose_possible",
            moment=Moment.AFTER,
            hit=2,
        ),
        Fault(target="issuer.services.status:allocate", moment=Moment.BEFORE_COMMIT),
        Fault(target="issuer.services.status:allocate", moment=Moment.AFTER_COMMIT),
    ],
    SIGNER: [
        Fault(target=SIGN, moment=Moment.AFTER, hit=100),
        Fault(target="issuer.services.credentials:release", moment=Moment.BEFORE_COMMIT),
        Fault(target="issuer.services.credentials:release", moment=Moment.AFTER_COMMIT),
    ],
}


class Nursery:
    """Where workers of one kind come from: a process that forks them, and the one at work."""

    def __init__(self, kind: str, env: dict[str, str], folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.queue = {
            WORKER: django_settings.CELERY_TASK_DEFAULT_QUEUE,
            SIGNER: django_settings.QUEUE_SIGNING,
        }[kind]
        self.started = 0
        self.pid: int | None = None
        self.ended_by: int | None = None
        self.is_healthy = False
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def healthy(self) -> None:
        """See that a worker without a fault is at work."""
        if not self.is_healthy or self.has_ended():
            self.start()
            self.is_healthy = True

    def start(self, fault: Fault | None = None) -> Path:
        """Put a worker to work in place of the one before; answer where it leaves its witness."""
        self.dismiss()
        self.started += 1
        log = self.folder / f"{self.kind}-{self.started}.log"
        witness = log.with_suffix(".witness")
        order: dict[str, Any] = {
            "start": self.queue,
            "log": str(log),
            "witness": str(witness),
        }
        if fault:
            order["fault"] = asdict(fault)
        self.pid = self.ask(order)
        return witness

    def dismiss(self) -> None:
        """Kill -9 whoever is at work: they all can take that at any time."""
        if self.pid:
            os.killpg(self.pid, signal.SIGKILL)
            until(self.has_ended)
        self.is_healthy = False

    def let_go(self) -> int:
        """Leave whoever is at work alone from now on; answer with the process id."""
        assert self.pid
        pid, self.pid = self.pid, None
        return pid

    def has_ended(self) -> bool:
        """Whether the worker is dead; `ended_by` tells the signal that ended it."""
        if self.pid:
            self.ended_by = self.ask({"ended": self.pid})
            self.pid = None if self.ended_by else self.pid
        return self.pid is None

    def ask(self, order: dict[str, Any]) -> Any:
        """Give the nursery an order and read its answer."""
        assert self.process.stdin and self.process.stdout
        print(json.dumps(order), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """Leave nothing behind."""
        self.dismiss()
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


Crew = dict[str, Nursery]


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The secret of a keystore that lies beside it."""
    path = tmp_path_factory.mktemp("killed") / "keystore_secret"
    path.write_text("correct horse battery staple, forty bytes")
    path.chmod(0o400)
    return path


@pytest.fixture(scope="module")
def crew(django_db_setup: None, secret: Path) -> Iterator[Crew]:
    """The nurseries of both kinds on the test database; only the signer's knows the secret."""
    address = urlsplit(os.environ["DATABASE_URL"])
    test_database = address._replace(path=f"/{connection.settings_dict['NAME']}")
    env = {
        **os.environ,
        "DATABASE_URL": urlunsplit(test_database),
        "KEYSTORE_DIR": str(secret.parent / "keys"),
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "CHUNK_SIZE": str(REAL_CHUNK_SIZE),
    }
    env.pop("KEYSTORE_SECRET_FILE", None)
    secrets = {WORKER: {}, SIGNER: {"KEYSTORE_SECRET_FILE": str(secret)}}
    crew = {kind: Nursery(kind, {**env, **secrets[kind]}, secret.parent) for kind in secrets}
    yield crew
    for nursery in crew.values():
        nursery.close()


@pytest.fixture(scope="module")
def judges() -> Iterator[ProcessPoolExecutor]:
    """Two processes that check signatures, since there are many."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture
def prepared(transactional_db: None, crew: Crew, secret: Path, settings: Any) -> Any:
    """Makes approved batches; what an institution needs for it is there."""
    app.control.purge()
    settings.KEYSTORE_DIR = str(secret.parent / "keys")
    settings.KEYSTORE_SECRET_FILE = str(secret)
    settings.CHUNK_SIZE = REAL_CHUNK_SIZE
    registrar, approver = (User.objects.create_user(name) for name in PEOPLE)
    institutions.set_up(by=registrar, name="Example College", url="https://college.example")
    keys.activate(keys.create(did=settings.ISSUER_DID, by=registrar), by=registrar)
    badges.publish_achievement()

    def make(count: int, *, chunk_size: int) -> Batch:
        settings.CHUNK_SIZE = chunk_size
        batch = batches.open(f"{count} badges", count=count, by=registrar)
        return batches.approve(batch, by=approver)

    return make


@pytest.mark.parametrize("point", POINTS)
def test_kill_9_loses_and_doubles_nothing(
    point: str, prepared: Any, crew: Crew, judges: ProcessPoolExecutor
) -> None:
    kind, fault = POINTS[point]
    for nursery in crew.values():
        if nursery.kind != kind:
            nursery.healthy()
    witness = crew[kind].start(fault)
    batch = prepared(COUNT, chunk_size=CHUNK_SIZE)
    ring(batch)
    until(crew[kind].has_ended, pacing=sweep)
    assert crew[kind].ended_by == signal.SIGKILL
    assert witness.read_text() == f"{fault.target} {fault.moment} {fault.hit}"
    crew[kind].healthy()
    until(lambda: is_issued(batch), pacing=sweep)
    assert_each_once(batch, judges)


def test_a_real_roster_is_awarded_once_through_six_kills(
    prepared: Any, crew: Crew, judges: ProcessPoolExecutor, shared_data: Path
) -> None:
    batch = awarded(shared_data / "oulad" / "oneroster12-BBB-2013J")
    assert batch.count == REAL_COUNT
    for nursery in crew.values():
        nursery.dismiss()
    for kind, faults in REAL_FAULTS.items():
        for fault in faults:
            crew[kind].start(fault)
            until(crew[kind].has_ended, pacing=real_sweep)
            assert crew[kind].ended_by == signal.SIGKILL
        crew[kind].healthy()
    until(lambda: is_issued(batch), pacing=real_sweep)
    assert_each_once(batch, judges)
    awards = Award.objects.filter(batch=batch).values_list("position", "credential_id")
    credentials = Credential.objects.filter(batch=batch).values_list("position", "id")
    assert set(awards) == set(credentials)
    author, approver = (User.objects.get(username=name) for name in PEOPLE)
    revision = Award.objects.filter(batch=batch)[0].revision
    assert completions.award(revision, author=author, approver=approver) is None


def awarded(roster: Path) -> Batch:
    """Everybody who has completed the one course of a roster, approved."""
    author, approver = (User.objects.get(username=name) for name in PEOPLE)
    root = User.objects.create_superuser("root")
    people.give_role(author, "registrar", None, by=root)
    people.give_role(approver, "approver", None, by=root)
    rosters.apply(rosters.read(roster, by=author), by=author)
    revision = completions.template_for(
        LearningOpportunity.objects.get(),
        Passing(("Pass", "Distinction"), "Module result"),
        author=author,
        approver=approver,
    )
    batch = completions.award(revision, author=author, approver=approver)
    assert batch
    tasks.freeze_soon(batch)
    return batch


def real_sweep() -> None:
    """What the beat does every few seconds."""
    app.send_task("registrar.sweep")
    app.send_task("issuer.sweep")


def test_a_worker_that_hung_beyond_its_lease_stores_nothing(
    prepared: Any, crew: Crew, judges: ProcessPoolExecutor
) -> None:
    crew[WORKER].healthy()
    everything_signed = Fault(
        target="issuer.services.batches:finish", moment=Moment.BEFORE, hit=1, act=Act.STOP
    )
    witness = crew[SIGNER].start(everything_signed)
    batch = prepared(2 * CHUNK_SIZE, chunk_size=CHUNK_SIZE)
    ring(batch)
    until(witness.exists, pacing=sweep)
    zombie = crew[SIGNER].let_go()
    try:
        crew[SIGNER].healthy()
        until(lambda: is_issued(batch), pacing=sweep)
        assert_each_once(batch, judges)
        os.killpg(zombie, signal.SIGCONT)
        log = witness.with_suffix(".log")
        until(lambda: "went to another worker" in log.read_text(), pacing=sweep)
    finally:
        os.killpg(zombie, signal.SIGKILL)
    assert_each_once(batch, judges)


def test_a_row_on_which_workers_die_fails_alone(prepared: Any, crew: Crew) -> None:
    poisoned = 3
    batch = prepared(6, chunk_size=2)
    deadly = Fault(
        target=SIGN,
        moment=Moment.BEFORE,
        about=str(badges.credential_id(batch, poisoned)),
        act=Act.KILL_CHILD,
    )
    crew[WORKER].healthy()
    crew[SIGNER].start(deadly)
    ring(batch)
    until(lambda: is_issued(batch), pacing=sweep)
    progress = batches.progress(batch)
    assert (progress.signed, progress.failed) == (5, 1)
    assert progress.errors == (batches.RowError(poisoned, batches.DIED),)
    signed = SecuredDocument.objects.filter(verifiable_credential__credential__batch=batch)
    positions = signed.values_list("verifiable_credential__credential__position", flat=True)
    assert sorted(positions) == [p for p in range(6) if p != poisoned]


def ring(batch: Batch) -> None:
    """What the desk does when a batch is approved."""
    app.send_task("tests.freeze", [str(batch.pk)])


def sweep() -> None:
    """What the beat does every few seconds."""
    app.send_task("tests.sweep")
    app.send_task("issuer.sweep")


def is_issued(batch: Batch) -> bool:
    """Whether the workers are done with it."""
    return Batch.objects.filter(pk=batch.pk, state=Batch.State.ISSUED).exists()


def until(
    is_so: Callable[[], bool],
    *,
    pacing: Callable[[], None] = lambda: None,
    every: float = 0.5,
) -> None:
    """Wait, and do something every now and then meanwhile."""
    end, paced = time.monotonic() + PATIENCE, time.monotonic()
    while not is_so():
        assert time.monotonic() < end, "it takes too long"
        if time.monotonic() - paced > every:
            pacing()
            paced = time.monotonic()
        time.sleep(0.05)


def assert_each_once(batch: Batch, judges: ProcessPoolExecutor) -> None:
    """Every credential of the batch is there, once, and good."""
    forms = VerifiableCredential.objects.filter(credential__batch=batch)
    secured = SecuredDocument.objects.filter(verifiable_credential__credential__batch=batch)
    bodies = [each.body for each in secured.whole()]
    positions = Credential.objects.filter(batch=batch).values_list("position", flat=True)
    assert sorted(positions) == list(range(batch.count))
    assert len(set(forms.values_list("status_list", "status_index"))) == batch.count
    assert secured.count() == len({json.loads(body)["id"] for body in bodies}) == batch.count
    assert Release.objects.filter(credential__batch=batch).count() == batch.count
    assert_entered_once("credentials.requested", batch)
    assert_entered_once("credentials.signed", batch)
    assert ledger.check().ok
    assert Chunk.objects.filter(batch=batch).exclude(state=Chunk.State.SIGNED).count() == 0
    document = keys.did_document(django_settings.ISSUER_DID)
    assert all(judges.map(judge.is_good, bodies, [document] * len(bodies), chunksize=67))
    assert verification.verify(bodies[0].encode()).verdict is Verdict.VALID
    assert batches.claim(Chunk.State.APPROVED) is batches.claim(Chunk.State.REQUESTED) is None


def assert_entered_once(act: str, batch: Batch) -> None:
    """The ledger vouches for every credential of the batch once."""
    entries = LedgerEntry.objects.filter(act=act, subject=ledger.name_of(batch))
    covered = [p for e in entries for p in range(e.details["first"], e.details["last"] + 1)]
    assert sorted(covered) == list(range(batch.count))
    assert sum(entry.details["count"] for entry in entries) == batch.count
