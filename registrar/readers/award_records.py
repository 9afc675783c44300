"""What a sheet of awards says: how it is read, whom its rows name, and what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from registrar.readers.award_columns import ResultField
from registrar.readers.records import Problem

EVIDENCE: Final = ("evidence_link", "evidence_text")
DATES: Final[tuple[str, ...]] = ("awarded_on", "valid_until")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a sheet is to be read: which column holds what, and how a column's days are written.

    `columns` names the column of each field, `orders` says by field "day first" or "month first"
    where somebody has decided that. `evidence` is "none" where none is read, "required" where
    each row has to have some.
    """

    columns: Mapping[str, str]
    results: Sequence[ResultField] = ()
    orders: Mapping[str, str] = field(default_factory=dict)
    evidence: str = "optional"

    @property
    def read(self) -> dict[str, str]:
        """The columns that are read."""
        unread = EVIDENCE if self.evidence == "none" else ()
        return {name: column for name, column in self.columns.items() if name not in unread}


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardRecord:
    """One row that is right in itself: whom to award, and what the credential says of them."""

    row: int
    number: str
    given_name: str
    family_name: str
    email: str
    awarded_on: date | None = None
    valid_until: date | None = None
    occasion: str = ""
    evidence_link: str = ""
    evidence_text: str = ""
    results: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class CheckedRow:
    """A row with what is wrong with it; `record` is None where that is an error."""

    number: int
    cells: Sequence[str]
    problems: list[Problem] = field(default_factory=list)
    record: AwardRecord | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether nobody can be awarded by it."""
        return any(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Checked:
    """All rows of a sheet, each right, with warnings, or wrong; and what concerns the whole file.

    `days` tells by field how days are written, in words, and in whose digits numbers are.
    """

    rows: Sequence[CheckedRow]
    problems: Sequence[Problem] = ()
    days: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_fatal(self) -> bool:
        """Whether nothing can be made of the file as it is read."""
        return any(problem.severity == "fatal" for problem in self.problems)
