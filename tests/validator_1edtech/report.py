"""What probes find, and the worst of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum


class Outcome(IntEnum):
    """How a probe ended, from the best to the worst."""

    VALID = 0
    NOT_RUN = 1
    WARNING = 2
    ERROR = 3
    FATAL = 4
    EXCEPTION = 5


Fault = tuple[Outcome, str]


def warning(message: str) -> Fault:
    return Outcome.WARNING, message


def error(message: str) -> Fault:
    return Outcome.ERROR, message


def fatal(message: str) -> Fault:
    return Outcome.FATAL, message


def not_run(message: str) -> Fault:
    return Outcome.NOT_RUN, message


@dataclass(frozen=True)
class Item:
    """One thing that a probe says."""

    probe: str
    outcome: Outcome
    message: str = ""

    def __str__(self) -> str:
        return f"{self.probe}: {self.outcome.name} {self.message}".rstrip()


class Abort(Exception):
    """After a fatal finding or an exception no further probe is run."""


@dataclass
class Report:
    """All items in the order in which they were found."""

    items: list[Item] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """The worst of all."""
        return max((item.outcome for item in self.items), default=Outcome.VALID)

    def of(self, probe: str) -> Outcome:
        """The worst that this probe has said, also about what is embedded; it must have run."""
        found = [item.outcome for item in self.items if item.probe.rpartition("/")[2] == probe]
        if not found:
            raise LookupError(f"{probe} was not run:\n{self}")
        return max(found)

    @property
    def faults(self) -> list[Item]:
        """All that is not VALID."""
        return [item for item in self.items if item.outcome is not Outcome.VALID]

    def __str__(self) -> str:
        return "\n".join(map(str, self.items))

    def probe(self, name: str, faults: Iterable[Fault]) -> None:
        """Run a probe, which is VALID when it finds no fault. Raises Abort as the tool aborts.

        What a probe trips over is an item too, as it is there.
        """
        found = list(_caught(faults))
        self.items.extend(Item(name, outcome, message) for outcome, message in found)
        if not found:
            self.items.append(Item(name, Outcome.VALID))
        if any(outcome >= Outcome.FATAL for outcome, _ in found):
            raise Abort

    def include(self, prefix: str, report: "Report") -> None:
        """Take over what was said about something embedded."""
        self.items.extend(
            Item(f"{prefix}/{item.probe}", item.outcome, item.message) for item in report.items
        )


def _caught(faults: Iterable[Fault]) -> Iterator[Fault]:
    try:
        yield from faults
    except Exception as exception:  # noqa: BLE001 - whatever it is
        yield Outcome.EXCEPTION, f"{type(exception).__name__}: {exception}"
