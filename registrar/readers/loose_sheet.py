"""Reads any sheet (CSV, XLSX, JSON lines): its header and all rows, damaged ones too."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from statistics import median
from typing import Any, Final

from registrar.readers import encodings, headers
from registrar.readers.headers import Knows
from skills.readers import packed, workbook
from skills.readers.errors import Unreadable
from skills.readers.problems import Problems
from skills.readers.records import Problem

MAX_BYTES: Final = 64 << 20
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 500
# Each one reads again at most the csv module's longest cell, so this bounds the work as well.
MAX_BROKEN_ROWS: Final = 5_000

# What may stand between cells, and how it is told; by so many lines it is found out.
_SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars (|)"}
_LOOKED_AT: Final = 20
# With a quote or the end of a line between cells, no reader takes it.
_SIGN = r'([^"\r\n])'
_SAID_FIRST = re.compile(f'(?:sep={_SIGN}|"sep={_SIGN}")[;,\t]*(?:\r\n|\r|\n|$)', re.I)
# No database keeps these; they are damage wherever they stand.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_OTHER_FILES = (
    b"%pdf",
    b"\x89png",
    b"\xff\xd8\xff",
    b"gif8",
    b"{\\rtf",
    b"<!doc",
    b"<html",
    b"<table",
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
    `read_as` says in words what was found out about it that people may want to know.
    """

    header: tuple[str, ...]
    rows: tuple[LooseRow, ...]
    encoding: str = ""
    header_row: int = 1
    counts_from_1904: bool = False
    told: tuple[Problem, ...] = ()
    read_as: tuple[str, ...] = ()

    @property
    def is_workbook(self) -> bool:
        """Whether days may stand in it as numbers."""
        return not self.encoding


def read(data: bytes, *, encoding: str = "", knows: Knows = headers.nothing) -> LooseSheet:
    """Read a sheet. Raises Unreadable for what is none, is empty, or is far too large.

    Titles may stand above the header: it is told from them by the names that somebody `knows`.
    """
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
        sheet = _sheet(rows, knows, counts_from_1904=book.counts_from_1904)
        return replace(sheet, told=(*sheet.told, *told.listed()))
    if packed.is_zip(data) or data[:8].lower().startswith(_OTHER_FILES):
        raise Unreadable(
            "not_a_sheet",
            "The file is neither CSV nor an Excel workbook.",
            "Save the sheet as “CSV UTF-8” or as “Excel workbook (.xlsx)”.",
        )
    text, found = encodings.decoded(data, encoding)
    if text.lstrip().startswith("{"):
        return _of_objects(text)
    separator, text, said = _separator(text)
    sheet = _sheet(_separated(text, separator), knows, encoding=found)
    return replace(sheet, read_as=(said, *sheet.read_as)) if said else sheet


def _separator(text: str) -> tuple[str, str, str]:
    """The sign between cells, the text without a line that says which it is, and that in words.

    What is separated by commas needs no words. Spreadsheets show no row for such a line.
    """
    if said := _SAID_FIRST.match(text):
        sign = said[1] or said[2]
        name = _SEPARATORS.get(sign, sign)
        return sign, text[said.end() :], f"Cells are separated by {name}, as the first line says"
    lines = [line for line in text[: 1 << 16].splitlines() if line.strip()][:_LOOKED_AT]
    best = max(_SEPARATORS, key=lambda sign: _separates(lines, sign), default=",")
    if best == "," or not any(best in line for line in lines):
        return ",", text, ""
    return best, text, f"Cells are separated by {_SEPARATORS[best]}"


def _separates(lines: Sequence[str], sign: str) -> tuple[int, float]:
    """In how many lines it stands, and how often in most of them."""
    counts = [line.count(sign) for line in lines]
    return sum(map(bool, counts)), median(counts) if counts else 0


def _sheet(
    rows: Iterable[LooseRow],
    knows: Knows,
    *,
    encoding: str = "",
    counts_from_1904: bool = False,
) -> LooseSheet:
    rows = iter(rows)
    first = list(_first_rows(rows))
    if not first:
        raise Unreadable("empty_file", "The file is empty.", "Give one with a header row.")
    place = headers.find([row.cells for row in first], knows)
    named = first[place.last]
    header = _header(replace(named, cells=place.cells))
    found = list(_rows(chain(first[place.last + 1 :], rows)))
    if not found:
        raise Unreadable(
            "no_rows", "The file has a header and no rows.", "Give one with a row per learner."
        )
    told, read_as = _told_of_header(first, place)
    return LooseSheet(header, tuple(found), encoding, named.number, counts_from_1904, told, read_as)


def _first_rows(rows: Iterator[LooseRow]) -> Iterator[LooseRow]:
    """Rows with something in them among which the header may stand; and blank ones between."""
    filled = 0
    for row in rows:
        is_filled = any(cell.strip() for cell in row.cells)
        if filled or is_filled:
            yield row
        filled += is_filled
        if filled == headers.LOOKED_AT:
            return


def _told_of_header(
    first: Sequence[LooseRow], place: headers.Place
) -> tuple[tuple[Problem, ...], tuple[str, ...]]:
    """What stands above the header is left out, which somebody should know."""
    read_as, told = [], Problems("")
    if place.first < place.last:
        numbers = f"{first[place.first].number} and {first[place.last].number}"
        read_as.append(f"The names of columns stand in lines {numbers}")
    elif any(any(row.cells) for row in first[: place.first]):
        read_as.append(f"The names of columns stand in line {first[place.last].number}")
    for row in first[: place.first]:
        if text := " ".join(cell.strip() for cell in row.cells if cell.strip()):
            told.add(
                "",
                value=text,
                code="above_header",
                reason="This row stands above the names of the columns and is left out.",
                fix="Nothing, if it is a title.",
                severity="warning",
                row=row.number,
            )
    return told.listed(), tuple(read_as)


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
        said, flaw = _object(line)
        header |= dict.fromkeys(said)
        found.append((number, said, flaw))
        if len(found) > MAX_ROWS:
            raise Unreadable(
                "too_many_rows", f"There are more than {MAX_ROWS:,} rows.", "Give it in parts."
            )
    names = _header(LooseRow(0, list(header) or [""]))
    rows = (LooseRow(n, [_said(said.get(name)) for name in header], f) for n, said, f in found)
    return LooseSheet(names, tuple(rows), encodings.UTF8, header_row=0)


class _Repeated(ValueError):
    """An object names a member twice."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Repeated
    return found


def _object(line: str) -> tuple[dict[str, Any], str]:
    """The object of a line, and what is wrong with it; none where it is none."""
    try:
        said = json.loads(line, object_pairs_hook=_members)
    except _Repeated:
        return {}, "duplicate_key"
    except (ValueError, RecursionError):
        return {}, "bad_json"
    if not isinstance(said, dict):
        return {}, "bad_json"
    return said, "" if _are_cells(said.values()) else "no_cell"


def _are_cells(values: Iterable[Any]) -> bool:
    """Whether each is a text, a number or nothing, as a cell is."""
    return not any(isinstance(value, bool | list | dict) for value in values)


def _said(value: Any) -> str:
    if isinstance(value, str):
        return kept(value)
    return "" if value is None else json.dumps(value)


def _separated(text: str, separator: str) -> Iterator[LooseRow]:
    """The rows of a text; one with broken quotes costs only its own line."""
    lines = list(io.StringIO(text, newline=""))
    begins, number, broken = 0, 0, 0
    widths: Counter[int] = Counter()
    while begins < len(lines):
        reader = csv.reader(_from(lines, begins), delimiter=separator, strict=True)
        taken, flaw = begins, ""
        try:
            for cells in reader:
                ends = taken + reader.line_num
                if ends - begins > 1 and _swallows(len(cells), widths):
                    flaw = "unclosed_quote"
                    break
                widths[len(cells)] += 1
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


def _swallows(width: int, widths: Counter[int]) -> bool:
    """Whether a row over several lines has not as many cells as others, so that it takes them in.

    Before two rows are alike, the header may be wider than the titles above it.
    """
    if not widths or width in widths:
        return False
    are_alike = any(count > 1 for count in widths.values())
    return are_alike or width < max(widths)


def _from(lines: list[str], begins: int) -> Iterator[str]:
    return (lines[at] for at in range(begins, len(lines)))


def _flaw(error: str, *, spans_lines: bool) -> str:
    if "field larger" in error and not spans_lines:
        return "field_too_long"
    return "unclosed_quote" if spans_lines or "end of data" in error else "stray_quote"
