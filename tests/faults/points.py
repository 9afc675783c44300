"""Named points of the way of a batch at which a process can be made to die.

A function is wrapped, not replaced: it does what it does, and at its n-th call the process is
killed before it, after it, or before or after the commit that follows it. It happens once: who
comes after the dead finds the witness.
"""

import contextlib
import importlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


class Moment(StrEnum):
    """When, seen from the call."""

    BEFORE = "before"
    AFTER = "after"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"


class Act(StrEnum):
    """What happens then."""

    KILL = "kill"  # kill -9 of the worker and its pool
    KILL_CHILD = "kill_child"  # kill -9 of the pool's process; the worker starts another
    STOP = "stop"  # SIGSTOP: a machine that hangs and comes back
    CRASH = "crash"  # kill -9 of PostgreSQL, before it has written what nobody waits for


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Where a process dies: "module:function" or "module:Class.method", and at which call."""

    target: str
    moment: Moment
    hit: int = 1
    # Only calls whose arguments hold this text count, and then every one does.
    about: str = ""
    act: Act = Act.KILL
    # The folder of the PostgreSQL that is to crash.
    database: str = ""
    # Seconds that each call is made to last, so that the others are in the midst of something.
    slow: float = 0

    def install(self, witness: Path) -> None:
        """Lie in wait. What happened is written to `witness` first."""
        holder, name = _find(self.target)
        original: Callable[..., Any] = getattr(holder, name)
        act = _ACTS[self.act]
        calls = 0
        armed = False

        def strike() -> None:
            nonlocal armed
            armed = False
            if witness.exists() and not self.about:
                return
            with witness.open("w") as file:
                file.write(f"{self.target} {self.moment} {calls}")
                file.flush()
                os.fsync(file.fileno())
            act(self)

        def wrapped(*arguments: Any, **options: Any) -> Any:
            nonlocal calls, armed
            if self.about and self.about not in str(arguments):
                return original(*arguments, **options)
            calls += 1
            moment = self.moment if self.about or calls == self.hit else None
            if moment is Moment.BEFORE:
                strike()
            result = original(*arguments, **options)
            time.sleep(self.slow)
            if moment is Moment.AFTER:
                strike()
            armed = armed or moment in (Moment.BEFORE_COMMIT, Moment.AFTER_COMMIT)
            return result

        commit = BaseDatabaseWrapper.commit

        def watched_commit(connection: BaseDatabaseWrapper) -> None:
            if armed and self.moment is Moment.BEFORE_COMMIT:
                strike()
            commit(connection)
            if armed and self.moment is Moment.AFTER_COMMIT:
                strike()

        setattr(holder, name, wrapped)
        BaseDatabaseWrapper.commit = watched_commit  # type: ignore[method-assign]


def _crash(fault: Fault) -> None:
    postmaster = int(Path(fault.database, "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    # Nobody of them may write on, and the postmaster must not clear up after the others.
    os.kill(postmaster, signal.SIGSTOP)
    for pid in (*map(int, children), postmaster):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


_ACTS: dict[Act, Callable[[Fault], None]] = {
    Act.KILL: lambda _: os.killpg(os.getpgrp(), signal.SIGKILL),
    Act.KILL_CHILD: lambda _: os.kill(os.getpid(), signal.SIGKILL),
    Act.STOP: lambda _: os.killpg(os.getpgrp(), signal.SIGSTOP),
    Act.CRASH: _crash,
}


def find(target: str) -> Any:
    """What "module:name" or "module:Class.name" names."""
    holder, name = _find(target)
    return getattr(holder, name)


def _find(target: str) -> tuple[Any, str]:
    module, _, path = target.partition(":")
    *holders, name = path.split(".")
    found: Any = importlib.import_module(module)
    for holder in holders:
        found = getattr(found, holder)
    return found, name
