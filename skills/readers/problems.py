"""Gathers what is wrong with a file, without letting a very wrong file fill the memory."""

import re
from collections import Counter
from typing import Final

from skills.readers.errors import Unreadable
from skills.readers.records import Problem, Severity

KEPT: Final = 10_000
EXCERPT: Final = 64

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with a sign in place of every character that cannot be seen."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def excerpt(value: object) -> str:
    """The value as it may be shown: at most 64 characters, none of them unprintable."""
    text = "" if value is None or isinstance(value, list | dict) else str(value)
    shown = text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"
    return printable(shown)


class Problems:
    """Keeps the first 10,000 errors and warnings of a file, and counts them all."""

    def __init__(self, file: str, *, keep: int = KEPT) -> None:
        self._file = file
        self._keep = keep
        self._kept: list[Problem] = []
        self._counts: Counter[Severity] = Counter()

    def add(
        self,
        pointer: str,
        *,
        code: str,
        reason: str,
        fix: str,
        value: object = None,
        severity: Severity = "error",
        row: int | None = None,
        file: str = "",
    ) -> None:
        """Note a problem at a place in the document, or in another file that belongs to it."""
        self._counts[severity] += 1
        if self._counts[severity] <= self._keep:
            self._kept.append(
                Problem(
                    file or self._file,
                    row,
                    printable(pointer[:255]),
                    excerpt(value),
                    code,
                    reason,
                    fix,
                    severity,
                )
            )

    def fatal(self, error: Unreadable) -> None:
        """Note what kept the file from being read."""
        self.add(
            error.pointer,
            code=error.code,
            reason=error.reason,
            fix=error.fix,
            severity="fatal",
            row=error.row,
        )

    def listed(self) -> tuple[Problem, ...]:
        """The problems kept, and where there are more of them one that says how many more."""
        more = [
            Problem(
                file=self._file,
                row=None,
                column="",
                value="",
                code="more_problems",
                reason=f"There are {count - self._keep:,} more {severity}s in this file.",
                fix="Mend those that are listed first, then read the file again.",
                severity=severity,
            )
            for severity, count in self._counts.items()
            if count > self._keep
        ]
        return (*self._kept, *more)
