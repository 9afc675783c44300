"""Rows of a CSV file, read as a stream and strictly; what is wrong is said row by row."""

import csv
import re
from collections import deque
from collections.abc import Collection, Iterator
from io import BufferedReader
from typing import Final, NamedTuple, Protocol, Self

from registrar.readers.errors import Unreadable
from registrar.readers.records import Severity

MAX_ROW_BYTES: Final = 1 << 20
MAX_COLUMNS: Final = 1_000
# Each recovery reads again at most one row of MAX_ROW_BYTES, so this bounds the work as well.
MAX_RECOVERIES: Final = 100

_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
# C1 controls, bidirectional overrides and isolates, a byte order mark inside, noncharacters,
# invisible tags: none belongs in a name, all can hide text.
_REFUSED = re.compile(
    "[\x80-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)


class Flaw(NamedTuple):
    """What is wrong with the bytes of a line."""

    code: str
    reason: str
    fix: str


class Report(Protocol):
    """Takes note of a problem in a row (or in the file, when the row is None)."""

    def __call__(
        self,
        row: int | None,
        *,
        code: str,
        reason: str,
        fix: str,
        column: str = "",
        value: str = "",
        severity: Severity = "error",
    ) -> None: ...


class _RowTooLong(csv.Error):
    """A row goes on for more than a megabyte: a quote was not closed."""


class _Lines:
    """The lines of a stream, decoded, remembered until their row has proved whole.

    An iterator that can go on after its end: lines handed back are read again.
    """

    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self._offset = 0
        self._again: deque[tuple[str, Flaw | None]] = deque()
        self.taken: list[tuple[str, Flaw | None]] = []
        self._taken_size = 0
        if stream.peek(4)[:4].startswith(_UTF16_OR_32):
            raise Unreadable(
                "not_utf8",
                "The file is in UTF-16 or UTF-32, not in UTF-8.",
                "Save it again as “CSV UTF-8”.",
            )
        if stream.peek(3)[:3] == b"\xef\xbb\xbf":
            self._offset = len(stream.read(3))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        self.taken.append(line)
        self._taken_size += len(line[0])
        if self._taken_size > MAX_ROW_BYTES:
            raise _RowTooLong
        return line[0]

    def start_row(self) -> None:
        self.taken.clear()
        self._taken_size = 0

    def hand_back_all_but_first(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def flaw(self) -> Flaw | None:
        return next((flaw for _, flaw in self.taken if flaw), None)

    def _read(self) -> tuple[str, Flaw | None]:
        raw = self._stream.readline(MAX_ROW_BYTES + 1)
        if not raw:
            raise StopIteration
        if len(raw) > MAX_ROW_BYTES:
            raise Unreadable(
                "line_too_long",
                f"A line that begins at byte {self._offset} is longer than 1 MiB.",
                "Check that the file is CSV with one row a line.",
            )
        line = self._decoded(raw)
        self._offset += len(raw)
        return line

    def _decoded(self, raw: bytes) -> tuple[str, Flaw | None]:
        control = _CONTROL.search(raw)
        if raw.isascii():
            text, refused = raw.decode("ascii"), None
        else:
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                return raw.decode("utf-8", "replace"), Flaw(
                    "not_utf8",
                    f"Byte {self._offset + error.start} is not UTF-8.",
                    "Save the file as “CSV UTF-8” and check the letters with accents in this row.",
                )
            refused = _REFUSED.search(text)
        if refused is not None:
            number = ord(refused.group())
            where = f"as character {refused.start() + 1} of the line"
        elif control is not None:
            number = control.group()[0]
            where = f"at byte {self._offset + control.start()}"
        else:
            return text, None
        return text, Flaw(
            "control_character",
            f"There is an invisible control character (U+{number:04X}) {where}.",
            "Remove it; exporting the file again from its source usually does.",
        )


class Sheet:
    """A CSV file: its header, then its rows, numbered as a spreadsheet numbers them.

    Rows that are damaged (quotes, bytes, number of cells) are reported and passed over.
    A quote that is never closed costs only its own row: reading goes on with the next line.
    With `any_separator` the cells may be parted by semicolons or tabs as well, as the header is.
    """

    def __init__(
        self,
        stream: BufferedReader,
        *,
        report: Report,
        max_rows: int,
        with_line_breaks: Collection[str] = (),
        any_separator: bool = False,
    ) -> None:
        self._lines = _Lines(stream)
        separator = _separator(stream) if any_separator else ","
        self._reader = csv.reader(self._lines, delimiter=separator, strict=True)
        self._report = report
        self._max_rows = max_rows
        self._with_line_breaks = with_line_breaks
        self._row = 1
        self._recoveries = 0
        self.header = self._header()
        self.data_rows = 0
        self.damaged_rows = 0

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number and the cells of every sound row, as many cells as the header has."""
        width = len(self.header)
        blank_since: int | None = None
        for row, cells in self._parsed():
            if cells is not None and not any(cells):
                blank_since = blank_since or row
                continue
            if blank_since is not None:
                self._report_blank(blank_since, row - 1)
                blank_since = None
            self.data_rows += 1
            if self.data_rows > self._max_rows:
                raise Unreadable(
                    "too_many_rows",
                    f"The file has more than {self._max_rows:,} rows.",
                    "Split it, or ask the operator to raise the limit.",
                )
            if cells is None or self._is_damaged(row, cells, width):
                self.damaged_rows += 1
                continue
            yield row, cells

    def _header(self) -> list[str]:
        try:
            header = next(self._reader)
        except StopIteration:
            raise Unreadable(
                "empty_file",
                "The file is empty.",
                "Export it again; it needs a header row.",
            ) from None
        except csv.Error as error:
            raise Unreadable(
                "bad_header",
                f"The header row cannot be read: {error}.",
                "Check its quotes and line ends; the file must be comma-separated.",
            ) from None
        if flaw := self._lines.flaw():
            raise Unreadable(flaw.code, f"In the header: {flaw.reason}", flaw.fix)
        if len(header) > MAX_COLUMNS:
            raise Unreadable(
                "too_many_columns",
                f"The header has more than {MAX_COLUMNS:,} columns.",
                "Check that the file is the one you mean.",
            )
        if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
            raise Unreadable(
                "delimiter",
                "The cells are separated by semicolons or tabs, not by commas.",
                "Export the file as comma-separated CSV.",
            )
        return header

    def _parsed(self) -> Iterator[tuple[int, list[str] | None]]:
        """Yield each row, or None for one that the CSV grammar refuses (reported)."""
        lines, reader = self._lines, self._reader
        while True:
            lines.start_row()
            self._row += 1
            try:
                yield self._row, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._report_broken(error)
                yield self._row, None

    def _is_damaged(self, row: int, cells: list[str], width: int) -> bool:
        lines = self._lines
        several_lines = len(lines.taken) > 1
        if len(cells) == width and not several_lines:
            flaw = lines.taken[0][1]
            if flaw is None:
                return False
        else:
            flaw = lines.flaw()
        if flaw is not None:
            self._report(row, code=flaw.code, reason=flaw.reason, fix=flaw.fix)
            return True
        if len(cells) != width:
            self._report_width(row, cells, width)
            return True
        return self._has_stray_line_break(row, cells)

    def _has_stray_line_break(self, row: int, cells: list[str]) -> bool:
        for column, cell in zip(self.header, cells, strict=True):
            if "\n" in cell and column not in self._with_line_breaks:
                self._report(
                    row,
                    column=column,
                    value=cell,
                    code="line_break",
                    reason=f"There is a line break inside {column}.",
                    fix="Remove it, or close the quote that was opened before it.",
                )
                self._recover()
                return True
        return False

    def _report_width(self, row: int, cells: list[str], width: int) -> None:
        several_lines = len(self._lines.taken) > 1
        hint = " A quote opened here may not be closed." if several_lines else ""
        few = len(cells) < width
        if few and not self._lines.taken[-1][0].endswith("\n"):
            self._report(
                row,
                value=cells[0] if cells else "",
                code="cut_off",
                reason=f"The file ends within this row, after {len(cells)} of {width} cells.",
                fix="Export or send the file again; add the missing commas if this is all of it.",
            )
            return
        self._report(
            row,
            value=cells[0] if cells else "",
            code="too_few_cells" if few else "too_many_cells",
            reason=f"The row has {len(cells)} cells, the header has {width}.{hint}",
            fix=(
                "Add the missing commas."
                if few
                else "Remove the extra cells, or put quotes around a cell that holds a comma."
            ),
        )
        self._recover()

    def _report_broken(self, error: csv.Error) -> None:
        flaw = self._lines.flaw()
        spans_lines = len(self._lines.taken) > 1
        if flaw is not None:
            self._report(self._row, code=flaw.code, reason=flaw.reason, fix=flaw.fix)
        elif spans_lines or "end of data" in str(error):
            self._report_unclosed()
        elif "field larger" in str(error):
            self._report(
                self._row,
                code="field_too_long",
                reason="A cell is longer than 131,072 characters.",
                fix="Shorten it, and check for a quote that is not closed.",
            )
        else:
            self._report(
                self._row,
                code="stray_quote",
                reason="There is a quote in the middle of a quoted cell.",
                fix='Write a quote inside a quoted cell twice ("").',
            )
        self._recover()

    def _report_unclosed(self) -> None:
        self._report(
            self._row,
            value=self._lines.taken[0][0].rstrip("\r\n"),
            code="unclosed_quote",
            reason="A quote is opened in this row and never closed.",
            fix="Close it, or write a quote that belongs to the text twice within quotes.",
        )

    def _report_blank(self, first: int, last: int) -> None:
        reason = "The row is blank." if first == last else f"Rows {first} to {last} are blank."
        self._report(first, code="blank_row", reason=reason, fix="Remove it.", severity="warning")

    def _recover(self) -> None:
        """Let the reading go on with the second line of a damaged row that swallowed several."""
        if len(self._lines.taken) < 2:
            return
        self._recoveries += 1
        if self._recoveries > MAX_RECOVERIES:
            raise Unreadable(
                "too_many_broken_rows",
                f"More than {MAX_RECOVERIES} rows run into the next one.",
                "Export the file again with every cell that holds a comma, quote or line break "
                "in quotes.",
            )
        self._lines.hand_back_all_but_first()


def _separator(stream: BufferedReader) -> str:
    """What parts the cells of the header; where commas part decimals, sheets have semicolons."""
    header = stream.peek().split(b"\n", 1)[0]
    return next((each for each in (",", ";", "\t") if each.encode() in header), ",")
