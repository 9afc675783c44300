"""A college in a database of its own, with as many approved awards as asked for, and workers."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from issuer.models import Batch

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "bench"
GRADES = ("Pass", "Merit", "Distinction")
LAST_DAY = date(2026, 5, 15)


@contextlib.contextmanager
def opened() -> "Iterator[College]":
    """The same, set up."""
    with empty() as college:
        college.set_up()
        yield college


@contextlib.contextmanager
def empty() -> "Iterator[College]":
    """A new database, migrated, and a keystore; both are gone afterwards, and the workers."""
    with tempfile.TemporaryDirectory() as folder, _database() as url:
        secret = Path(folder, "secret")
        secret.write_text(secrets.token_hex(32))
        secret.chmod(0o400)
        keystore = {
            "KEYSTORE_DIR": str(Path(folder, "keys")),
            "KEYSTORE_SECRET_FILE": str(secret),
        }
        os.environ.update(keystore, DATABASE_URL=url)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        college = College(folder=Path(folder))
        try:
            yield college
        finally:
            college.dismiss()
            _disconnect()


@contextlib.contextmanager
def _database() -> Iterator[str]:
    import psycopg

    url = os.environ["DATABASE_URL"]
    name = f"bench_{os.getpid()}"
    server = _of(url, "postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    try:
        yield _of(url, name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)')


def _of(url: str, name: str) -> str:
    """The address of another database on the same server."""
    server, separator, options = url.partition("?")
    return f"{server.rpartition('/')[0]}/{name}{separator}{options}"


def _disconnect() -> None:
    from django.db import connections

    connections.close_all()


@dataclass
class College:
    """One department, one course whose template says as much as the reference document."""

    folder: Path
    learners: int = 0

    def __post_init__(self) -> None:
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def set_up(self) -> None:
        """Staff, course, template, key."""
        from django.conf import settings

        from issuer.services import institutions, keys
        from registrar.models import LearningOpportunity, LineItem, Offering, Term
        from registrar.services.college import people
        from registrar.services.drafting import templates
        from skills.models import Framework, Skill

        root = people.add_administrator("root", password=secrets.token_hex(8))
        institutions.set_up(by=root, name="Small College", url="https://college.example")
        keys.activate(keys.create(did=settings.ISSUER_DID, by=root), by=root)
        top = people.add_unit("Small College", sourced_id=people.INSTITUTION, by=root)
        self.clara, self.dev = (
            people.add_person(name, given_name=name, family_name="Example", by=root)
            for name in ("clara", "dev")
        )
        people.give_role(self.clara, "registrar", top, by=root)
        people.give_role(self.dev, "approver", top, by=root)
        term = Term.objects.create(
            source=SOURCE,
            sourced_id="26S",
            title="Spring 2026",
            starts_on=date(2026, 1, 12),
            ends_on=LAST_DAY,
        )
        course = LearningOpportunity.objects.create(
            kind="course",
            source=SOURCE,
            sourced_id="st-101",
            code="ST 101",
            title="Statistics",
            unit=top,
        )
        self.offering = Offering.objects.create(
            source=SOURCE, sourced_id="st-101-26S", opportunity=course, title="ST 101", term=term
        )
        LineItem.objects.create(
            source=SOURCE,
            sourced_id="final",
            offering=self.offering,
            category="Module result",
            title="Final result",
        )
        framework = Framework.objects.create(
            identifier=uuid4(),
            uri=f"https://college.example/{uuid4()}",
            title="Skills",
            is_own=True,
        )
        skills = [
            Skill.objects.create(
                framework=framework,
                identifier=uuid4(),
                uri=f"https://college.example/skills/{number}",
                label=label,
                statement=f"The graduate is good at {label.lower()}.",
                kind=Skill.Kind.SKILL,
            )
            for number, label in enumerate(
                ("Describing data", "Drawing samples", "Testing hypotheses", "Reporting doubt")
            )
        ]
        described: dict[str, Any] = {
            "result_type": "LetterGrade",
            "allowed_value": ["Fail", *GRADES],
            "required_value": "Pass",
            "source": {"course": "ST 101", "category": "Module result"},
        }
        draft = templates.draft(
            "statistics",
            unit=top,
            by=self.clara,
            name="Introduction to Statistics",
            description=(
                "Describes data with means, medians and spread, draws samples, tests hypotheses "
                "and says how far the answer can be trusted. Four weeks, two hours a day."
            ),
            criteria="**Pass** the examination and hand in a project of one's own.",
            human_code="ST 101",
            credits=Decimal(5),
            assessment="mixed",
            includes_name=True,
            result_descriptions=[
                {"name": "Module result", **described},
                {"name": "Project", **described},
            ],
            rule={
                "final_result": {
                    "course": "ST 101",
                    "category": "Module result",
                    "one_of": list(GRADES),
                }
            },
            skills=skills,
        )
        submitted = templates.submit(draft, by=self.clara)
        self.revision = templates.approve(submitted, by=self.dev)

    def prepared(self, count: int) -> "Batch":
        """A batch of awards to learners nobody has met before, which waits for its approval."""
        from django.db import transaction

        with transaction.atomic():
            return self._prepared(count)

    def _prepared(self, count: int) -> "Batch":
        from issuer.services import batches
        from registrar.models import Award

        now, learners = datetime.now(UTC), self._enrolled(count)
        batch_id = uuid4()
        described = [each["id"] for each in self.revision.result_descriptions]
        Award.objects.bulk_create(
            (
                Award(
                    revision=self.revision,
                    template_id=self.revision.template_id,
                    learner_id=pk,
                    occasion="offering:bench",
                    offering=self.offering,
                    awarded_on=LAST_DAY,
                    results=[
                        {"description": each, "value": GRADES[(pk + at) % len(GRADES)]}
                        for at, each in enumerate(described)
                    ],
                    reasons=["The final result is a passing one."],
                    decided_by=self.clara,
                    decided_at=now,
                    batch_id=batch_id,
                    position=position,
                )
                for position, pk in enumerate(learners)
            ),
            batch_size=5000,
        )
        return batches.open(f"{count} awards", count=count, by=self.clara, id=batch_id)

    def graded(self, count: int) -> None:
        """So many more learners, each with a result in the course."""
        from django.db import transaction

        from issuer.services import copying
        from registrar.models import LineItem, Result

        names = "source sourced_id line_item_id learner_id status text dated withdrawn recorded_at"
        blank = "level", "assessor", "assessment"
        item = LineItem.objects.get(source=SOURCE, sourced_id="final")
        words, now = ("Fail", *GRADES), datetime.now(UTC)
        with transaction.atomic():
            rows = (
                (
                    SOURCE,
                    f"result-{pk}",
                    item.pk,
                    pk,
                    "fully graded",
                    words[pk % len(words)],
                    LAST_DAY,
                    False,
                    now,
                    *("" for _ in blank),
                )
                for pk in self._enrolled(count)
            )
            copying.insert(Result, [*names.split(), *blank], rows)

    def _enrolled(self, count: int) -> list[int]:
        """The keys of so many learners nobody has met before."""
        from issuer.services import copying
        from registrar.models import Enrolment, Learner

        first = self.learners
        self.learners += count
        numbers = range(first, first + count)
        copying.insert(
            Learner,
            ("source", "sourced_id", "number", "given_name", "family_name", "email"),
            (
                (
                    SOURCE,
                    f"stu-{n}",
                    f"{n:08}",
                    f"Zoë {n}",
                    "Østergård-Byron",
                    f"stu-{n}@college.example",
                )
                for n in numbers
            ),
        )
        pks = Learner.objects.filter(source=SOURCE).order_by("-pk").values_list("pk", flat=True)
        learners = sorted(pks[:count])
        copying.insert(
            Enrolment,
            ("source", "sourced_id", "offering_id", "learner_id", "begins_on", "ends_on"),
            (
                (
                    SOURCE,
                    f"enrolment-{pk}",
                    self.offering.pk,
                    pk,
                    date(2026, 1, 12),
                    LAST_DAY,
                )
                for pk in learners
            ),
        )
        return learners

    def employ(self) -> None:
        """Start a worker and a signer; the first batch waits until both are there."""
        from django.conf import settings

        self._queues = {
            "worker": settings.CELERY_TASK_DEFAULT_QUEUE,
            "signer": settings.QUEUE_SIGNING,
        }
        for kind in self._queues:
            self._hire(kind)

    def replace(self, kind: str) -> None:
        """Kill a worker or a signer at once, with its children, and start another."""
        os.killpg(self.processes[kind].pid, signal.SIGKILL)
        self.processes[kind].wait()
        self._hire(kind)

    def _hire(self, kind: str) -> None:
        argv = ["-m", "celery", "-A", "config", "worker", "-Q", self._queues[kind]]
        argv += ["-n", f"{kind}-{os.getpid()}@%h", "--concurrency", "1", "-l", "WARNING"]
        self.start(kind, [*argv, "--without-gossip", "--without-mingle"])

    def start(self, kind: str, arguments: list[str]) -> None:
        """Start a process of this kind: Python with these arguments."""
        # What they leave in the temporary folder when they are killed goes with ours.
        env = {
            **os.environ,
            "TMPDIR": str(self.folder),
            "METRICS_DIR": str(self.folder / "metrics"),
        }
        if kind != "signer":
            env.pop("KEYSTORE_SECRET_FILE")
        with (self.folder / f"{kind}.log").open("ab") as log:
            self.processes[kind] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def issue(self, batch: "Batch") -> float:
        """Approve a batch, ring, and wait until all is issued: seconds from approval to that."""
        begin = time.perf_counter()
        self.begin(batch)
        self.wait(batch)
        return time.perf_counter() - begin

    def begin(self, batch: "Batch") -> None:
        """Approve a batch, and ring."""
        from issuer.services import batches
        from registrar.tasks import freeze

        batches.approve(batch, by=self.dev)
        freeze.delay(str(batch.pk))

    def wait(self, batch: "Batch") -> None:
        """Wait until all of a batch is issued; raises RuntimeError if anything fails."""
        from issuer.models import Batch
        from issuer.services import batches

        waiting = Batch.objects.filter(pk=batch.pk).exclude(state=Batch.State.ISSUED)
        while waiting.exists():
            for kind, process in self.processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"the {kind} has ended:\n{self.log(kind)}")
            time.sleep(0.02)
        done = batches.progress(batch)
        if done.failed:
            raise RuntimeError(f"{done.failed} failed: {done.errors[0]}")

    def log(self, kind: str) -> str:
        """The end of what a process has printed."""
        return (self.folder / f"{kind}.log").read_text(errors="replace")[-3000:]

    def peak_memory(self) -> dict[str, int]:
        """The most that each process of ours has held in memory, in bytes, with its name."""
        found = {}
        for kind, process in self.processes.items():
            for pid in (process.pid, *_children(process.pid)):
                role = kind if pid == process.pid else f"{kind} child"
                found[role] = max(found.get(role, 0), peak_of(pid))
        return found

    def end(self, kind: str) -> None:
        """End the process of this kind, with its children."""
        process = self.processes.pop(kind)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def dismiss(self) -> None:
        """End the workers."""
        for kind in [*self.processes]:
            self.end(kind)


def peak_of(pid: int) -> int:
    """The most that a process has held in memory, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]
