"""Gathers what is wrong with a file, without letting a very wrong file fill the memory."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from registrar.readers.errors import Unreadable
from registrar.readers.records import Problem, Severity

KEPT: Final = 10_000
EXCERPT: Final = 64

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def excerpt(value: str) -> str:
    """The value as it may be shown: at most 64 characters, none of them unprintable."""
    shown = value if len(value) <= EXCERPT else value[: EXCERPT - 1] + "…"
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", shown)


class Problems:
    """Keeps the first 10,000 errors and warnings of each file, and counts them all."""

    def __init__(self, *, keep: int = KEPT) -> None:
        self._keep = keep
        self._kept: list[Problem] = []
        self.counts: Counter[tuple[str, Severity]] = Counter()

    def add(
        self,
        file: str,
        *,
        code: str,
        reason: str,
        fix: str,
        row: int | None = None,
        column: str = "",
        value: str = "",
        severity: Severity = "error",
    ) -> None:
        self.counts[file, severity] += 1
        if self.counts[file, severity] <= self._keep:
            self._kept.append(
                Problem(file, row, column, excerpt(value), code, reason, fix, severity)
            )

    def of(self, file: str) -> Callable[..., None]:
        """`add` for the rows of one file."""

        def report(row: int | None, **what: Any) -> None:
            self.add(file, row=row, **what)

        return report

    def fatal(self, file: str, error: Unreadable) -> None:
        self.add(file, code=error.code, reason=error.reason, fix=error.fix, severity="fatal")

    def listed(self) -> tuple[Problem, ...]:
        """The problems kept, and for each file with more of them one that says how many more."""
        more = [
            Problem(
                file=file,
                row=None,
                column="",
                value="",
                code="more_problems",
                reason=f"There are {count - self._keep:,} more {severity}s in this file.",
                fix="Mend those that are listed first, then read the file again.",
                severity=severity,
            )
            for (file, severity), count in self.counts.items()
            if count > self._keep
        ]
        return (*self._kept, *more)
