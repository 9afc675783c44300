"""Reads CSV and tab-separated text into numbered rows, strictly; a broken row costs only itself."""

import csv
import io
from collections.abc import Iterator
from typing import Final, Literal

from skills.readers.errors import Unreadable
from skills.readers.problems import Problems
from skills.readers.table import Numbered, Table

MAX_BYTES: Final = 64 << 20
# Each one reads again at most the csv module's longest cell, so this bounds the work as well.
MAX_BROKEN_ROWS: Final = 100

Separator = Literal[",", ";", "\t"]

_SEPARATORS: Final[tuple[Separator, ...]] = (",", ";", "\t")
_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_FIRST: Final = 1 << 12


def read(
    data: bytes,
    problems: Problems,
    *,
    file: str = "",
    is_open: bool = False,
    is_quoted: bool = True,
) -> Table:
    """Turn bytes into a table; the header tells by what its cells are separated.

    Raises Unreadable when it is no text in UTF-8, too large, or broken all over.
    """
    text = _decoded(data)
    separator = separator_of(text[:_FIRST])
    rows = _rows(text, separator, problems, file) if is_quoted else _plain(text)
    return Table(rows, problems, file=file, is_open=is_open)


def separator_of(beginning: str) -> Separator:
    """The sign between the cells of the first line that has any."""
    line = beginning.lstrip("\r\n").splitlines()[:1]
    return max(_SEPARATORS, key=line[0].count) if line else ","


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise Unreadable(
            "too_large", f"The file is larger than {MAX_BYTES >> 20} MiB.", "Give it in parts."
        )
    beginning = data[:_FIRST]
    if data.startswith(_UTF16_OR_32) or beginning.count(0) * 4 > len(beginning):
        raise Unreadable(
            "not_utf8",
            "The file is in UTF-16 or UTF-32, or it is no text.",
            "Save it again as “CSV UTF-8”.",
        )
    return data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def _plain(text: str) -> Iterator[Numbered]:
    """The rows of a text in which tabs separate and a quote is a quote."""
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        yield number, line.rstrip("\r\n").split("\t")


def _rows(text: str, separator: Separator, problems: Problems, file: str) -> Iterator[Numbered]:
    """The rows of a text with quotes. After a broken row it goes on with the next line."""
    lines = list(io.StringIO(text, newline=""))
    number, begins, broken = 0, 0, 0
    while begins < len(lines):
        taken = begins
        reader = csv.reader(lines[begins:], delimiter=separator, strict=True)
        try:
            for cells in reader:
                number += 1
                begins = taken + reader.line_num
                yield number, cells
        except csv.Error as error:
            if not number:
                raise _bad_header(error) from None
            number, broken = number + 1, broken + 1
            _report(problems, file, number, lines[begins], error)
            if broken > MAX_BROKEN_ROWS:
                raise _broken_all_over() from None
            begins += 1


def _report(problems: Problems, file: str, number: int, line: str, error: csv.Error) -> None:
    if "field larger" in str(error) or "end of data" in str(error):
        reason = "A quote is opened in this row and never closed, or a cell is far too long."
        fix = "Close it, or write a quote that belongs to the text twice within quotes."
    else:
        reason = "There is a quote in the middle of a quoted cell."
        fix = 'Write a quote inside a quoted cell twice ("").'
    problems.add(
        "", value=line.strip(), code="broken_row", reason=reason, fix=fix, row=number, file=file
    )


def _bad_header(error: csv.Error) -> Unreadable:
    return Unreadable(
        "bad_header",
        f"The header row cannot be read: {error}.",
        "Check its quotes and line ends.",
        row=1,
    )


def _broken_all_over() -> Unreadable:
    return Unreadable(
        "too_many_broken_rows",
        f"More than {MAX_BROKEN_ROWS} rows are broken.",
        "Export the file again with every cell that holds a separator or a quote in quotes.",
    )
