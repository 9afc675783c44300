"""A table that strangers wrote: its header, and its rows as a spreadsheet counts them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from skills.readers import texts
from skills.readers.errors import Unreadable
from skills.readers.problems import Problems

MAX_ROWS: Final = 250_000
MAX_COLUMNS: Final = 1_000
MAX_CELLS: Final = 5_000_000

# What is left of a letter that was decoded twice; ESCO's own files have one. It hides nothing.
_C1 = re.compile("[\x80-\x9f]")
# Undecodable bytes reach us as lone surrogates (PEP 383).
_BYTE = range(0xDC80, 0xDD00)

Numbered = tuple[int, list[str]]


@lru_cache(maxsize=4_096)
def folded(header: str) -> str:
    """A header as it is compared: letters and digits alone, without regard to case."""
    return "".join(sign for sign in header.casefold() if sign.isalnum()) or header.strip()


class Row:
    """One row. When all of its cells are taken, `good` tells whether it is usable.

    A cell that is refused is given as its blank, so that taking can go on.
    """

    __slots__ = ("_table", "cells", "good", "number")

    def __init__(self, table: "Table", number: int, cells: list[str]) -> None:
        self._table = table
        self.number = number
        self.cells = cells
        self.good = True

    @property
    def file(self) -> str:
        """The name of the file that it stands in."""
        return self._table.file

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        return f"row {self.number}"

    @property
    def beyond(self) -> list[str]:
        """The cells that stand to the right of the last column with a name."""
        return self.cells[self._table.width :]

    def from_column(self, column: str) -> list[str]:
        """The cells from this column to the row's end; all `beyond` where there is no such one."""
        at = self._table.positions[column]
        return [cell.strip() for cell in self.cells[at:]] if at is not None else self.beyond

    def shown(self, column: str) -> str:
        """A column's name as the file spells it."""
        at = self._table.positions[column]
        return column if at is None else self._table.header[at]

    def raw(self, column: str) -> str:
        """Return what is visible of a cell, trimmed; '' where the table has no such column."""
        at = self._table.positions[column]
        if at is None or at >= len(self.cells):
            return ""
        return texts.visible(self.cells[at]).strip()

    def text(self, column: str, *, required: bool = False, limit: int = 255) -> str:
        """Return a text, composed (NFC)."""
        value = self.raw(column)
        if not value:
            if required:
                self.refuse(column, "required", f"{column} is blank.", "Fill it in.")
            return ""
        if len(value) > limit:
            reason = f"{column} has {len(value):,} characters, more than {limit:,}."
            self.refuse(column, "too_long", reason, "Shorten it.")
            return ""
        return texts.composed(value)

    def texts(self, column: str, *separators: str) -> tuple[str, ...]:
        """Return the short texts that a cell lists, each once and in their order."""
        if not (value := self.raw(column)):
            return ()
        parts = [value]
        for separator in separators:
            parts = [piece for part in parts for piece in part.split(separator)]
        found = tuple(dict.fromkeys(texts.composed(part.strip()) for part in parts if part.strip()))
        if any(len(one) > 500 for one in found):
            reason = f"A text in {column} has more than 500 characters."
            self.refuse(column, "too_long", reason, "Shorten it, or separate it from the next.")
            return ()
        return found

    def address(self, column: str, *, required: bool = False, limit: int = 1_000) -> str:
        """Return an https, http or urn address."""
        value = self.text(column, required=required, limit=limit)
        if value and not texts.is_address(value):
            self.refuse(
                column,
                "bad_uri",
                f"{column} is not an https, http or urn address.",
                "Write the whole address, without spaces.",
            )
            return ""
        return value

    def refuse(self, column: str, code: str, reason: str, fix: str) -> None:
        """Report what makes the row unusable."""
        self.good = False
        self._table.report(self, column, code, reason, fix)

    def warn(self, column: str, code: str, reason: str, fix: str) -> None:
        """Report what the row can do without."""
        self._table.report(self, column, code, reason, fix, is_warning=True)


class _Positions(dict[str, int | None]):
    """Where the column of a header stands, whatever its case, spaces and punctuation."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__({folded(name): at for at, name in enumerate(names) if name})

    def __missing__(self, header: str) -> int | None:
        self[header] = at = self.get(folded(header))
        return at


class Table:
    """The rows that are sound; those that are damaged are reported and left out."""

    def __init__(
        self,
        numbered: Iterable[Numbered],
        problems: Problems,
        *,
        file: str = "",
        is_open: bool = False,
    ) -> None:
        """Take the rows in, the header first. An open table may go on beyond its header.

        Raises Unreadable where the header cannot be used, or where there are too many rows.
        """
        self.file = file
        self._problems = problems
        self._is_open = is_open
        rows = iter(numbered)
        self.header = _header(rows)
        self.width = len(self.header)
        self.positions = _Positions(self.header)
        self.rows = tuple(self._sound(rows))

    def has(self, *columns: str) -> bool:
        """Whether it has all of these columns."""
        return all(self.positions[column] is not None for column in columns)

    def require(self, *columns: str) -> None:
        """Raise Unreadable, naming all of these columns that it lacks."""
        if missing := [column for column in columns if not self.has(column)]:
            raise Unreadable(
                "missing_column",
                f"The header lacks {', '.join(missing)}.",
                "Add what is missing, or check that the file is the one you mean.",
                row=1,
            )

    def report(
        self,
        row: Row,
        column: str,
        code: str,
        reason: str,
        fix: str,
        *,
        is_warning: bool = False,
    ) -> None:
        """Note what is wrong with a row."""
        self._problems.add(
            row.shown(column) if column else "",
            value=row.raw(column) if column else "",
            code=code,
            reason=reason,
            fix=fix,
            severity="warning" if is_warning else "error",
            row=row.number,
            file=self.file,
        )

    def _sound(self, rows: Iterator[Numbered]) -> Iterator[Row]:
        count, size = 0, 0
        for number, cells in rows:
            size += len(cells)
            if size > MAX_CELLS:
                raise too_many_cells()
            if not any(cells):
                continue
            count += 1
            if count > MAX_ROWS:
                raise Unreadable(
                    "too_many_rows",
                    f"The table has more than {MAX_ROWS:,} rows.",
                    "Give it in parts.",
                )
            row = Row(self, number, cells)
            self._check_characters(row)
            self._check_width(row)
            if row.good:
                yield row

    def _check_width(self, row: Row) -> None:
        if self._is_open or not any(row.beyond):
            return
        row.refuse(
            "",
            "too_many_cells",
            f"The row has {len(row.cells)} cells, the header has {self.width}.",
            "Put quotes around a cell that holds the separator.",
        )

    def _check_characters(self, row: Row) -> None:
        for at, cell in enumerate(row.cells):
            if (found := texts.refused(cell)) is None:
                continue
            column = self.header[at] if at < self.width else ""
            if only_c1 := texts.refused(cleaned := _C1.sub(" ", cell)) is None:
                row.cells[at] = cleaned
            code, reason, fix = _flaw(found)
            self.report(row, column, code, reason, fix, is_warning=only_c1)
            row.good = row.good and only_c1


def too_many_cells() -> Unreadable:
    """What to say of a table with more cells than the memory should hold."""
    return Unreadable(
        "too_many_cells", f"The table has more than {MAX_CELLS:,} cells.", "Give it in parts."
    )


def _header(rows: Iterator[Numbered]) -> tuple[str, ...]:
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            return _checked(number, [cell.strip() for cell in cells])
    raise Unreadable("empty_file", "The file is empty.", "Give one with a header row.")


def _checked(row: int, names: list[str]) -> tuple[str, ...]:
    while not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise Unreadable(
            "too_many_columns",
            f"The header has more than {MAX_COLUMNS:,} columns.",
            "Check that the file is the one you mean.",
        )
    if (found := texts.refused("".join(names))) is not None:
        code, reason, fix = _flaw(found)
        raise Unreadable(code, f"In the header: {reason}", fix, row=row)
    counts = Counter(folded(name) for name in names if name)
    if doubled := [name for name in names if counts[folded(name)] > 1]:
        raise Unreadable(
            "doubled_header",
            f"The header has a column twice: {', '.join(doubled)[:200]}.",
            "Rename or remove one of the two.",
            row=row,
        )
    return tuple(texts.composed(name) for name in names)


def _flaw(sign: str) -> tuple[str, str, str]:
    if ord(sign) in _BYTE:
        return (
            "not_utf8",
            f"There is a byte that is not UTF-8 (0x{ord(sign) - 0xDC00:02X}).",
            "Save the file as “CSV UTF-8”, and check the letters with accents.",
        )
    return (
        "control_character",
        f"There is an invisible control character (U+{ord(sign):04X}).",
        "Remove it; one above U+007F was read as a space.",
    )
