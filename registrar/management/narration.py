"""What long commands tell while they work: JSON lines for `./dev`, plain lines for people."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import OutputWrapper

# Often enough for a bar to move, seldom enough to cost nothing.
SECONDS_BETWEEN = 0.2


@dataclass
class Step:
    """One step: how many things it was about, and how long it took."""

    name: str
    count: int = 0
    seconds: float = 0.0


@dataclass
class Narrator:
    """Tells each step when it is finished, and how far it is if somebody wants to know."""

    out: OutputWrapper
    shows_progress: bool = False
    is_for_people: bool = False
    is_silent: bool = False
    steps: list[Step] = field(default_factory=list)
    _last: float = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time a step; the caller sets its count."""
        step = Step(name)
        began = time.monotonic()
        self.progress(name, 0, 0)
        yield step
        step.seconds = round(time.monotonic() - began, 3)
        self.steps.append(step)
        if self.is_for_people:
            self.out.write(f"{name:<36} {step.count:>8,} {step.seconds:>7.1f} s")
        else:
            self._tell(step=name, count=step.count, seconds=step.seconds, finished=True)

    def progress(self, name: str, done: int, total: int) -> None:
        """Tell how far a step is, if that was asked for and some time has passed."""
        now = time.monotonic()
        if self.shows_progress and (now - self._last >= SECONDS_BETWEEN or done == total):
            self._last = now
            self._tell(step=name, done=done, total=total)

    def note(self, text: str) -> None:
        """Say something that is no step."""
        if self.is_for_people:
            self.out.write(text)
        else:
            self._tell(note=text)

    def address(self, label: str, url: str) -> None:
        """Name an address to look at, as a path or whole."""
        self._tell(address={"label": label, "url": url})

    def sign_in(self, person: dict[str, str]) -> None:
        """Name somebody as whom one may sign in."""
        self._tell(sign_in=person)

    def api_client(self, client: dict[str, str]) -> None:
        """Name the system that may use the API: id, secret, where it gets tokens."""
        self._tell(api_client=client)

    def _tell(self, **event: Any) -> None:
        if self.is_silent:
            return
        self.out.write(json.dumps(event, ensure_ascii=False))
        self.out.flush()
