"""Workers and signers that are killed and replaced, on whichever database they are told."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.faults import servers
from tests.faults.points import Fault

ROOT = Path(__file__).resolve().parents[3]
WORKER, SIGNER = "worker", "signer"
KINDS = (WORKER, SIGNER)
# What they need to know at once.
TAUGHT = ("tests.bench.faults.journal", "tests.bench.faults.mutants")


@dataclass
class Hand:
    """One worker or signer: a process with its pool."""

    kind: str
    pid: int
    log: Path
    nursery: Nursery
    has_ended: bool = False

    @property
    def witness(self) -> Path:
        """Where a fault that lies in wait for it leaves word that it has struck."""
        return self.log.with_suffix(".witness")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and its pool."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the worker alone, as a service manager does."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def pool(self) -> list[int]:
        """The processes of its pool."""
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
            return [int(pid) for pid in children.split()]
        return []

    @property
    def is_alive(self) -> bool:
        """Whether it is still there."""
        if not self.has_ended:
            self.has_ended = self.nursery.ask({"ended": self.pid}) is not None
        return not self.has_ended

    @property
    def has_stopped(self) -> bool:
        """Whether it hangs (SIGSTOP); the witness is written a moment before."""
        with contextlib.suppress(OSError):
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        return False

    def end(self) -> None:
        """Kill it and its pool."""
        self.signal(signal.SIGKILL)
        while self.is_alive:
            time.sleep(0.01)

    def has_said(self, words: str) -> bool:
        """Whether its log holds these words."""
        return words in self.log.read_text(errors="replace")


class Nursery:
    """A process that has imported everything, and of which workers of one kind are forked."""

    def __init__(self, kind: str, folder: Path, env: dict[str, str]) -> None:
        self.kind = kind
        self.folder = folder
        self.started = 0
        with (folder / f"nursery-{kind}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery", *TAUGHT],
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                preexec_fn=servers.die_with_us(),
            )

    def start(self, queue: str, first: list[list[str]], fault: Fault | None) -> Hand:
        """Fork a worker."""
        self.started += 1
        log = self.folder / f"{self.kind}-{id(self)}-{self.started}.log"
        hand = Hand(self.kind, 0, log, self)
        order: dict[str, Any] = {
            "start": queue,
            "log": str(log),
            "witness": str(hand.witness),
            "first": first,
        }
        if fault:
            order["fault"] = asdict(fault)
        hand.pid = self.ask(order)
        return hand

    def ask(self, order: dict[str, Any]) -> Any:
        """Give an order and read the answer."""
        assert self.process.stdin and self.process.stdout
        print(json.dumps(order), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End it; the kernel ends what it has forked."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


class Nurseries:
    """A nursery of each kind, and others whose clock can be stepped, made when first asked for."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = env
        self.clock = folder / "clock"
        self._made: dict[tuple[str, bool], Nursery] = {}

    def of(self, kind: str, *, with_clock: bool = False) -> Nursery:
        """The nursery of this kind."""
        key = kind, with_clock
        if key not in self._made:
            env = dict(self.env)
            if kind == WORKER:
                env.pop("KEYSTORE_SECRET_FILE")
            if with_clock:
                env |= self._clock()
            self._made[key] = Nursery(kind, self.folder, env)
        return self._made[key]

    def _clock(self) -> dict[str, str]:
        self.set_clock(0)
        return {
            "LD_PRELOAD": str(servers.faketime_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # as on a machine whose clock is set
        }

    def set_clock(self, seconds: int) -> None:
        """Step the clock of those who have one of their own."""
        new = self.clock.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self.clock)

    def close(self) -> None:
        """End all."""
        for nursery in self._made.values():
            nursery.close()


@contextlib.contextmanager
def nurseries(folder: Path) -> Iterator[Nurseries]:
    """Nurseries with the environment of this process; nobody is left afterwards."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    made = Nurseries(folder, env)
    try:
        yield made
    finally:
        made.close()


def use_database(address: str) -> None:
    """Let this process use another database than its environment names."""
    import environ
    from django.db import connections

    connections.close_all()
    settings = connections["default"].settings_dict
    given = environ.Env.db_url_config(address, engine=settings["ENGINE"])
    settings["NAME"] = given["NAME"]
    settings["OPTIONS"] = {**settings["OPTIONS"], **given["OPTIONS"]}


def hold_secret(path: str) -> None:
    """Let this process open keys."""
    from django.conf import settings

    settings.KEYSTORE_SECRET_FILE = path


def sleep_by_select() -> None:
    """Sleep where libfaketime looks on: it takes Python's own sleep for a mistake."""

    def sleep(seconds: float) -> None:
        select.select([], [], [], seconds)

    time.sleep = sleep
