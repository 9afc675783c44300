"""A stage: a college in a database of its own, workers, and the beat that rings for them."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from tests.bench.college import College
from tests.bench.faults import judge, servers
from tests.bench.faults.crew import KINDS, SIGNER, WORKER, Hand, Nurseries, use_database
from tests.faults.points import Fault

if TYPE_CHECKING:
    from issuer.models import Batch

CHUNK_SIZE = 100
LEASE_SECONDS = 1
BEAT_SECONDS = 0.4
# How many credentials a batch has, more or less, and how few may be left before the next.
BATCH = 1000
FEWEST_LEFT = 2 * CHUNK_SIZE
# The settings of every process on every stage.
SETTINGS = {
    "CHUNK_SIZE": str(CHUNK_SIZE),
    "LEASE_SECONDS": str(LEASE_SECONDS),
    # Each worker begins with trials of the shape; that they find faults is shown elsewhere.
    "SHAPE_TRIALS": "1",
    "CONN_MAX_AGE": "60",
}
_PROGRESS = """
    select coalesce(sum(last - first + 1) filter (where state <> 'approved'), 0),
           coalesce(sum(last - first + 1) filter (where state in ('signed', 'failed')), 0),
           coalesce(sum(last - first + 1) filter (where state in ('approved', 'requested')), 0)
      from issuer_chunk
"""
_UNPUBLISHED = """
    select count(*) from issuer_statuschange s
      join issuer_verifiablecredential v on v.id = s.verifiable_credential_id
     where s.id > coalesce((
         select max(p.last_change_id) from issuer_statuslistpublication p
          where p.status_list_id = v.status_list_id
     ), 0)
"""
_OPEN = "select count(*) from issuer_batch where state = 'approved'"


@dataclass(frozen=True)
class Progress:
    """How many credentials are frozen, are signed, and are still to be signed."""

    frozen: int
    signed: int
    left: int

    def of(self, kind: str) -> int:
        """What workers of this kind have done."""
        return self.frozen if kind == WORKER else self.signed


@dataclass
class Stage:
    """One database and who works on it. Only one stage is played on at a time."""

    college: College
    database: servers.Database
    broker: servers.Broker
    nurseries: Nurseries
    name: str
    dice: random.Random
    # What each process does before it begins, besides finding the database.
    first: dict[str, list[list[str]]] = field(default_factory=dict)
    crew: dict[str, Hand] = field(default_factory=dict)
    others: list[Hand] = field(default_factory=list)
    # Whether those who are hired have clocks that can be stepped.
    with_clock: bool = False
    # How many seconds a scene may wait for anything.
    patience: float = 60.0
    # When a fault struck, how far they were, and in how many seconds they went on.
    struck_at: float = 0.0
    before: Progress | None = None
    resumed_in: float | None = None

    def __post_init__(self) -> None:
        self._line: psycopg.Connection[Any] | None = None
        self._rung = 0.0

    @property
    def address(self) -> str:
        """The URL of its database."""
        return self.database.address(self.name)

    @property
    def journal(self) -> Path:
        """What its signers note of what they sign."""
        return self.nurseries.folder / f"{self.name}.journal"

    # Who works

    def hire(self, kind: str, *, fault: Fault | None = None) -> Hand:
        """Start a worker or signer in the place of the one before."""
        from django.conf import settings

        queues = {WORKER: settings.CELERY_TASK_DEFAULT_QUEUE, SIGNER: settings.QUEUE_SIGNING}
        first = [["tests.bench.faults.crew:use_database", self.address], *self.first.get(kind, [])]
        if self.with_clock:
            first.insert(0, ["tests.bench.faults.crew:sleep_by_select"])
        nursery = self.nurseries.of(kind, with_clock=self.with_clock)
        self.crew[kind] = nursery.start(queues[kind], first, fault)
        return self.crew[kind]

    def let_go(self, kind: str) -> Hand:
        """Leave whoever does this work alone; it is ended with the stage."""
        hand = self.crew.pop(kind)
        self.others.append(hand)
        return hand

    def see_that_all_work(self) -> None:
        """Replace whoever has died, the database included."""
        if not self.database.is_alive:
            self.revive_database()
        for kind in KINDS:
            if kind not in self.crew or not self.crew[kind].is_alive:
                self.hire(kind)

    def dismiss(self) -> None:
        """Kill all who work here."""
        for hand in (*self.crew.values(), *self.others):
            hand.end()
        self.crew, self.others = {}, []

    # What they work on

    def play(self, count: int) -> Batch:
        """Approve a batch of so many awards and ring for it."""
        from issuer.services import batches

        batch = self.college.prepared(count)
        batches.approve(batch, by=self.college.dev)
        self._send("registrar.freeze", [str(batch.pk)])
        return batch

    def give_work(self) -> None:
        """Play another batch if little is left to do."""
        from django.db import InterfaceError, OperationalError

        progress = self.progress()
        if progress and progress.left < FEWEST_LEFT:
            try:
                self.play(self.dice.randint(BATCH // 2, BATCH * 3 // 2))
            except (OperationalError, InterfaceError):
                self.hang_up()  # struck just now; what was approved is found by the sweep

    def mark(self) -> None:
        """A fault strikes at this moment."""
        self.struck_at, self.before, self.resumed_in = time.monotonic(), self.progress(), None

    def resumes(self, kind: str, *, seconds: float) -> bool:
        """Wait until those of a kind have done something since the fault struck."""
        if self.until(lambda: self._has_done_more(kind), seconds=seconds):
            self.resumed_in = time.monotonic() - self.struck_at
        return self.resumed_in is not None

    def _has_done_more(self, kind: str) -> bool:
        self.see_that_all_work()
        now = self.progress()
        if now is None:
            return False
        # Where the database itself was struck, nobody could tell.
        self.before = self.before or now
        if now.of(kind) > self.before.of(kind):
            return True
        if not now.left:
            self.give_work()
        return False

    def revoke_some(self, count: int) -> None:
        """Revoke credentials by chance."""
        from issuer.models import Credential
        from issuer.services import status

        signed = Credential.objects.filter(release__isnull=False).order_by("release__address")
        for credential in signed[:count]:
            status.revoke(credential, reason="Awarded by mistake.", by=self.college.clara)

    def progress(self) -> Progress | None:
        """How far they are; None while the database does not answer."""
        row = self._ask(_PROGRESS)
        return row and Progress(*map(int, row))

    def is_done(self) -> bool:
        """Whether every batch is issued."""
        row = self._ask(_OPEN)
        return row is not None and row[0] == 0

    def is_published(self) -> bool:
        """Whether every change of a status is in the newest edition of its list."""
        row = self._ask(_UNPUBLISHED)
        return row is not None and row[0] == 0

    # The beat

    def ring(self) -> None:
        """Do what the beat does, if it is time."""
        if time.monotonic() - self._rung > BEAT_SECONDS:
            self._rung = time.monotonic()
            self._send("registrar.sweep")
            self._send("issuer.sweep")

    def publish(self) -> None:
        """Ring for the publication of status lists."""
        self._send("issuer.publish")

    def _send(self, task: str, arguments: list[Any] | None = None) -> None:
        """A broker that is away hears nothing: the next sweep comes."""
        from kombu.exceptions import OperationalError

        from config.celery import app

        with contextlib.suppress(OperationalError, OSError), app.connection_for_write() as line:
            app.send_task(task, arguments or [], connection=line, retry=False)

    def until(self, is_so: Callable[[], bool], *, seconds: float, rings: bool = True) -> bool:
        """Keep the beat until something is so; False when it takes longer."""
        end = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > end:
                return False
            if rings:
                self.ring()
            time.sleep(0.01)
        return True

    # The database

    def _ask(self, query: str) -> tuple[Any, ...] | None:
        try:
            if self._line is None:
                self._line = psycopg.connect(self.address, autocommit=True, connect_timeout=2)
            return self._line.execute(query).fetchone()
        except psycopg.Error:
            self.hang_up()
            return None

    def hang_up(self) -> None:
        """Forget connections, as after a crash."""
        from django.db import connections

        if self._line is not None:
            self._line.close()
            self._line = None
        connections.close_all()

    def revive_database(self) -> None:
        """Start the database again."""
        self.hang_up()
        self.database.revive()

    def verdict(self, *, sample: int) -> judge.Verdict:
        """What is wrong."""
        return judge.judge(self.address, journal=self.journal, sample=sample, dice=self.dice)


@dataclass
class Theatre:
    """Where stages are made: servers, nurseries, and a college to copy."""

    college: College
    database: servers.Database
    broker: servers.Broker
    nurseries: Nurseries
    dice: random.Random
    made: int = 0

    @contextlib.contextmanager
    def small_stage(self) -> Iterator[Stage]:
        """A stage with a database on a small disk."""
        folder = self.college.folder / "small"
        with servers.small_disk(folder):
            database = servers.Database(folder)
            try:
                database.start()
                with psycopg.connect(database.address(), autocommit=True) as line:
                    line.execute('create database "college"')
                use_database(database.address("college"))
                college = found(self.college.folder)
                other = replace(self, college=college, database=database)
                with other.stage() as stage:
                    yield stage
            finally:
                database.stop()

    @contextlib.contextmanager
    def stage(self, *, sql: str = "", journal: bool = True) -> Iterator[Stage]:
        """A copy of the college with nobody at work yet; all is gone afterwards."""
        self.made += 1
        name = f"stage_{self.made}"
        self._leave()
        with self._server() as server:
            server.execute(f'create database "{name}" template "college"')
        stage = Stage(self.college, self.database, self.broker, self.nurseries, name, self.dice)
        if journal:
            note = ["tests.bench.faults.journal:keep", str(stage.journal)]
            stage.first = {kind: [note] for kind in KINDS}
        use_database(stage.address)
        if sql:
            with psycopg.connect(stage.address, autocommit=True) as line:
                line.execute(sql)
        try:
            yield stage
        finally:
            stage.dismiss()
            self.broker.flush()
            stage.hang_up()
            self._leave()
            if self.database.is_alive:
                with self._server() as server:
                    server.execute(f'drop database "{name}" with (force)')

    def _leave(self) -> None:
        use_database(self.database.address("postgres"))

    def _server(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.database.address("postgres"), autocommit=True)


@contextlib.contextmanager
def opened(dice: random.Random) -> Iterator[Theatre]:
    """Servers, a college and nurseries; nothing of them is left afterwards."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(servers.folder())
        database, broker = stack.enter_context(servers.running(folder / "servers"))
        with psycopg.connect(database.address("postgres"), autocommit=True) as line:
            line.execute('create database "college"')
        os.environ.update(
            SETTINGS,
            DATABASE_URL=database.address("college"),
            BROKER_URL=broker.address,
            REDIS_URL=broker.address,
        )
        if dump := os.environ.get("MIGRATED"):
            database.read("college", Path(dump))
        _make_secret(folder)
        nurseries = _nurseries(stack, folder)
        for kind in KINDS:
            nurseries.of(kind)
        import django

        django.setup()
        college = found(folder)
        yield Theatre(college, database, broker, nurseries, dice)


def _nurseries(stack: contextlib.ExitStack, folder: Path) -> Nurseries:
    from tests.bench.faults import crew

    logs = folder / "logs"
    logs.mkdir()
    made = stack.enter_context(crew.nurseries(logs))
    if keep := os.environ.get("KEEP_LOGS"):
        stack.callback(lambda: shutil.copytree(logs, keep, dirs_exist_ok=True))
    return made


def _make_secret(folder: Path) -> None:
    secret = folder / "secret"
    secret.write_text(secrets.token_hex(32))
    secret.chmod(0o400)
    os.environ.update(KEYSTORE_DIR=str(folder / "keys"), KEYSTORE_SECRET_FILE=str(secret))


def found(folder: Path) -> College:
    """A college in the database that is in use."""
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    college = College(folder=folder)
    college.set_up()
    connections.close_all()
    return college
