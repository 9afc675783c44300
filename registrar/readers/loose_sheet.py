"""Reads any sheet (CSV, XLSX, JSON lines): its header and all rows, damaged ones too."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from registrar.readers import encodings
from skills.readers import packed, separated, workbook
from skills.readers.errors import Unreadable
from skills.readers.problems import Problems
from skills.readers.records import Problem

MAX_BYTES: Final = 64 << 20
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 200
# Each one reads again at most the csv module's longest cell, so this bounds the work as well.
MAX_BROKEN_ROWS: Final = 5_000

_FIRST: Final = 1 << 12
# No database keeps these; they are damage wherever they stand.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_OTHER_FILES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"{\\rtf",
    b"<!DOC",
    b"<html",
    b"<?xml",
)

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class LooseRow:
    """A row as it stands in the file; `flaw` names what is wrong with its quotes, if anything."""

    number: int
    cells: Cells
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class LooseSheet:
    """A sheet: `header_row` is the number of its header, `rows` stand below it.

    `encoding` is blank for a workbook. In one that `counts_from_1904` a day is a smaller number;
    what was `told` of it, such as sheets that are not read, is known to whoever reads the file.
    """

    header: tuple[str, ...]
    rows: tuple[LooseRow, ...]
    encoding: str = ""
    header_row: int = 1
    counts_from_1904: bool = False
    told: tuple[Problem, ...] = ()

    @property
    def is_workbook(self) -> bool:
        """Whether days may stand in it as numbers."""
        return not self.encoding


def read(data: bytes, *, encoding: str = "") -> LooseSheet:
    """Read a sheet. Raises Unreadable for what is none, is empty, or is far too large."""
    if len(data) > MAX_BYTES:
        raise Unreadable(
            "too_large", f"The file is larger than {MAX_BYTES >> 20} MiB.", "Give it in parts."
        )
    if packed.is_gzip(data):
        data = packed.gunzipped(data)
    if workbook.is_it(data):
        told = Problems("")
        book = workbook.cells(data, told)
        rows = (LooseRow(number, cells) for number, cells in book.rows)
        sheet = _sheet(rows, counts_from_1904=book.counts_from_1904)
        return replace(sheet, told=told.listed())
    if packed.is_zip(data) or data.startswith(_OTHER_FILES):
        raise Unreadable(
            "not_a_sheet",
            "The file is neither CSV nor an Excel workbook.",
            "Save the sheet as “CSV UTF-8” or as “Excel workbook (.xlsx)”.",
        )
    text, found = encodings.decoded(data, encoding)
    if text.lstrip().startswith("{"):
        return _of_objects(text)
    separator = separated.separator_of(text[:_FIRST])
    return _sheet(_separated(text, separator), encoding=found)


def _sheet(
    rows: Iterable[LooseRow], *, encoding: str = "", counts_from_1904: bool = False
) -> LooseSheet:
    below = (row for row in rows if any(cell.strip() for cell in row.cells))
    if (first := next(below, None)) is None:
        raise Unreadable("empty_file", "The file is empty.", "Give one with a header row.")
    header = _header(first)
    found = list(_rows(iter(rows)))
    if not found:
        raise Unreadable(
            "no_rows", "The file has a header and no rows.", "Give one with a row per learner."
        )
    return LooseSheet(header, tuple(found), encoding, first.number, counts_from_1904)


def _header(row: LooseRow) -> tuple[str, ...]:
    if row.flaw:
        raise Unreadable(
            "bad_header",
            "The quotes in the header row are not closed.",
            "Check the first row.",
            row=row.number,
        )
    names = [kept(cell).strip() for cell in row.cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise Unreadable(
            "too_many_columns",
            f"The header has more than {MAX_COLUMNS} columns.",
            "Check that the file is the one you mean.",
        )
    return tuple(names)


def _rows(rows: Iterator[LooseRow]) -> Iterator[LooseRow]:
    """The rows with anything in them, and blank ones where others follow; empty lines are none."""
    blank: list[LooseRow] = []
    count = 0
    for row in rows:
        cells = [kept(cell) for cell in row.cells]
        if not cells:
            continue
        found = LooseRow(row.number, cells, row.flaw)
        if not any(cells):
            blank.append(found)
            continue
        count += len(blank) + 1
        if count > MAX_ROWS:
            raise Unreadable(
                "too_many_rows", f"The file has more than {MAX_ROWS:,} rows.", "Give it in parts."
            )
        yield from blank
        blank.clear()
        yield found


def kept(cell: str) -> str:
    """The cell without what no database keeps."""
    return cell if cell.isascii() and "\x00" not in cell else _UNKEEPABLE.sub("\ufffd", cell)


def _of_objects(text: str) -> LooseSheet:
    """A sheet of JSON objects, one a line; rows count as lines do. Never is a day a number."""
    found: list[tuple[int, dict[str, Any], str]] = []
    header: dict[str, None] = {}
    # Not splitlines: a text in JSON may hold the other signs that end a line there.
    for number, line in enumerate(re.split("\r\n|\r|\n", text), start=1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, dict):
            header |= dict.fromkeys(said)
            found.append((number, said, ""))
        else:
            found.append((number, {}, "bad_json"))
        if len(found) > MAX_ROWS:
            raise Unreadable(
                "too_many_rows", f"There are more than {MAX_ROWS:,} rows.", "Give it in parts."
            )
    names = _header(LooseRow(0, list(header) or [""]))
    rows = (LooseRow(n, [_said(said.get(name)) for name in header], f) for n, said, f in found)
    return LooseSheet(names, tuple(rows), encodings.UTF8, header_row=0)


def _said(value: Any) -> str:
    if isinstance(value, str):
        return kept(value)
    return "" if value is None else json.dumps(value)


def _separated(text: str, separator: str) -> Iterator[LooseRow]:
    """The rows of a text; one with broken quotes costs only its own line."""
    lines = list(io.StringIO(text, newline=""))
    begins, number, width, broken = 0, 0, 0, 0
    while begins < len(lines):
        reader = csv.reader(_from(lines, begins), delimiter=separator, strict=True)
        taken, flaw = begins, ""
        try:
            for cells in reader:
                ends = taken + reader.line_num
                width = width or len(cells)
                if ends - begins > 1 and len(cells) != width:
                    flaw = "unclosed_quote"
                    break
                number, begins = number + 1, ends
                yield LooseRow(number, cells)
        except csv.Error as error:
            flaw = _flaw(str(error), spans_lines=reader.line_num + taken - begins > 1)
        if flaw:
            number, broken = number + 1, broken + 1
            if broken > MAX_BROKEN_ROWS:
                raise Unreadable(
                    "too_many_broken_rows",
                    f"More than {MAX_BROKEN_ROWS:,} rows have broken quotes.",
                    "Export the file again with every cell that holds a separator or a quote in "
                    "quotes.",
                )
            yield LooseRow(number, lines[begins].rstrip("\r\n").split(separator), flaw)
            begins += 1


def _from(lines: list[str], begins: int) -> Iterator[str]:
    return (lines[at] for at in range(begins, len(lines)))


def _flaw(error: str, *, spans_lines: bool) -> str:
    if "field larger" in error and not spans_lines:
        return "field_too_long"
    return "unclosed_quote" if spans_lines or "end of data" in error else "stray_quote"
