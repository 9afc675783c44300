"""What readers of catalogues yield, whatever the format: entries, and all that was wrong."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from registrar.readers.records import Problem

Kind = Literal["unit", "term", "programme", "course", "offering"]

# What can hide text, or has no place in it: controls, overrides, lone halves of letters.
UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something of the catalogue, known by its sourcedId; without one a course by its code.

    `said` are its facts by the name of our field; what is not said is not in it. `refers` are the
    sourcedIds (or, from a sheet, the names) of the unit, term, course or parent that it belongs to.
    `programmes` is None where nothing is said of them.
    """

    kind: Kind
    file: str
    row: int
    sourced_id: str
    said: Mapping[str, Any] = field(default_factory=dict)
    refers: Mapping[str, str] = field(default_factory=dict)
    programmes: tuple[str, ...] | None = None
    outcomes: Mapping[str, str] = field(default_factory=dict)
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The sound entries in the order of the file, and all that was wrong with the others."""

    entries: Sequence[Entry] = ()
    problems: Sequence[Problem] = ()

    @property
    def is_fatal(self) -> bool:
        """Whether nothing could be read at all."""
        return any(problem.severity == "fatal" for problem in self.problems)
