"""Reads the first sheet of an Excel workbook (XLSX) into numbered rows.

Standard library alone: the parts are packed XML, and no part may declare a document type,
without which XML can neither grow nor reach out.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple
from xml.parsers import expat

from skills.readers import packed
from skills.readers.errors import Unreadable
from skills.readers.problems import Problems
from skills.readers.table import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Numbered, Table, too_many_cells

MAX_BYTES: Final = 32 << 20
# A text is stored once and may stand in every cell.
MAX_CHARACTERS: Final = 64 << 20

_BOOK: Final = "xl/workbook.xml"
_LINKS: Final = "xl/_rels/workbook.xml.rels"
_STRINGS: Final = "xl/sharedStrings.xml"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"

Attributes = Mapping[str, str]


def is_it(data: bytes) -> bool:
    """Whether it begins as a workbook does, an old or encrypted one too."""
    return data.startswith(_OLD_EXCEL) or (packed.is_zip(data) and b"xl/" in data)


class Book(NamedTuple):
    """The first visible sheet's rows; where it `counts_from_1904`, a day is a smaller number."""

    rows: Iterator[Numbered]
    counts_from_1904: bool


def read(data: bytes, problems: Problems, *, file: str = "") -> Table:
    """Turn the first visible sheet into a table; others that are there are told of.

    Numbers come as they are stored, so that a day is a number. Raises Unreadable when it is no
    workbook that can be read.
    """
    return Table(cells(data, problems, file=file).rows, problems, file=file)


def cells(data: bytes, problems: Problems, *, file: str = "") -> Book:
    """The rows of the first visible sheet as they stand, as `read` finds them."""
    if data.startswith(_OLD_EXCEL):
        raise Unreadable(
            "old_workbook",
            "The workbook is in Excel's old format, or protected by a password.",
            "Save it as “Excel workbook (.xlsx)” without a password, or as “CSV UTF-8”.",
        )
    if len(data) > MAX_BYTES:
        raise Unreadable(
            "too_large", f"The workbook is larger than {MAX_BYTES >> 20} MiB.", "Give it in parts."
        )
    files = packed.unzipped(data)
    path = _first_sheet(files, problems, file)
    strings = _Strings()
    if _STRINGS in files:
        _parse(files[_STRINGS], strings)
    sheet = _Sheet(strings.found)
    _parse(_part(files, path), sheet)
    if sheet.hidden:
        problems.add(
            "",
            code="hidden_rows",
            reason=f"{sheet.hidden:,} rows are hidden in the workbook, and read like the others.",
            fix="Nothing, if it is meant; else delete them there.",
            severity="warning",
            file=file,
        )
    return Book(sheet.numbered(), _counts_from_1904(files))


def _counts_from_1904(files: Mapping[str, bytes]) -> bool:
    properties = _Elements("workbookPr")
    _parse(_part(files, _BOOK), properties)
    return any(each.get("date1904") in ("1", "true") for each in properties.found)


def _first_sheet(files: Mapping[str, bytes], problems: Problems, file: str) -> str:
    book, links = _Elements("sheet"), _Elements("Relationship")
    _parse(_part(files, _BOOK), book)
    _parse(_part(files, _LINKS), links)
    sheets = [each for each in book.found if each.get("state", "visible") == "visible"]
    if not sheets:
        raise _no_workbook()
    if others := [each.get("name", "") for each in sheets[1:]]:
        problems.add(
            "",
            value=", ".join(others),
            code="other_sheets",
            reason=f"Only the first sheet is read; there are {len(others)} more.",
            fix="Nothing, if it is meant; else move the sheet to the front.",
            severity="warning",
            file=file,
        )
    targets = {each.get("Id", ""): each.get("Target", "") for each in links.found}
    target = targets.get(sheets[0].get("id", ""), "")
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


class _Elements:
    """The attributes of all elements of one name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.found: list[Attributes] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if name == self._name:
            self.found.append(attributes)

    def end(self, name: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass


class _Strings:
    """The texts that cells refer to by number; how they are read aloud is left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._is_text = False
        self._aloud = 0

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "si":
            self._parts = []
        self._aloud += name == "rPh"
        self._is_text = name == "t" and not self._aloud

    def end(self, name: str) -> None:
        self._is_text = False
        self._aloud -= name == "rPh"
        if name == "si":
            self.found.append("".join(self._parts))

    def text(self, text: str) -> None:
        if self._is_text:
            self._parts.append(text)


class _Sheet:
    """The cells of a sheet, by row and column."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._is_hidden = False
        self._hidden: set[int] = set()
        self._cells = 0
        self._characters = 0
        self._rows: dict[int, dict[int, str]] = {}
        self._row = 0
        self._column = 0
        self._type = ""
        self._parts: list[str] = []
        self._is_value = False
        self._aloud = 0

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "row":
            self._start_row(attributes)
        elif name == "c":
            self._start_cell(attributes)
        self._aloud += name == "rPh"
        self._is_value = name in ("v", "t") and not self._aloud

    def end(self, name: str) -> None:
        self._is_value = False
        self._aloud -= name == "rPh"
        if name == "c" and (value := self._value("".join(self._parts))):
            self._cells += 1
            self._characters += len(value)
            if self._cells > MAX_CELLS or self._characters > MAX_CHARACTERS:
                raise too_many_cells()
            self._rows.setdefault(self._row, {})[self._column] = value
            if self._is_hidden:
                self._hidden.add(self._row)

    def text(self, text: str) -> None:
        if self._is_value:
            self._parts.append(text)

    @property
    def hidden(self) -> int:
        """How many rows with something in them are not to be seen, mostly by a filter."""
        return len(self._hidden)

    def numbered(self) -> Iterator[Numbered]:
        """The rows in their order, with blanks for the cells that are not there."""
        for number in sorted(self._rows):
            cells = self._rows[number]
            yield number, [cells.get(at, "") for at in range(max(cells) + 1)]

    def _start_row(self, attributes: Attributes) -> None:
        given = attributes.get("r", "")
        self._is_hidden = attributes.get("hidden") in ("1", "true")
        self._row = int(given) if given.isdecimal() and len(given) < 8 else self._row + 1
        self._column = -1
        if len(self._rows) > MAX_ROWS:
            raise Unreadable(
                "too_many_rows",
                f"The sheet has more than {MAX_ROWS:,} rows.",
                "Give it in parts.",
            )

    def _start_cell(self, attributes: Attributes) -> None:
        self._parts = []
        self._type = attributes.get("t", "n")
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._column = _column(found[1]) if found else self._column + 1
        if self._column > MAX_COLUMNS:
            raise Unreadable(
                "too_many_columns",
                f"The sheet has a cell beyond its {MAX_COLUMNS:,}th column.",
                "Check that the file is the one you mean.",
            )

    def _value(self, text: str) -> str:
        if self._type == "s":
            at = int(text) if text.isdecimal() and len(text) < 10 else len(self._strings)
            if at >= len(self._strings):
                raise _damaged()
            return self._strings[at]
        if self._type == "b":
            return "TRUE" if text == "1" else "FALSE"
        return _number(text) if self._type == "n" else text


def _column(letters: str) -> int:
    """The place of a column from its letters: A is 0, AA is 26."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _number(text: str) -> str:
    """A number as a person writes it: 1.1 is stored as 1.1000000000000001."""
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if abs(number) < 1e15 and number == int(number) else repr(number)


def _parse(data: bytes, into: "_Elements | _Strings | _Sheet") -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = _local(into.start)
    parser.EndElementHandler = lambda name: into.end(name.rpartition(" ")[2])
    parser.CharacterDataHandler = into.text
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        raise _damaged() from None


def _local(start: Callable[[str, Attributes], None]) -> Callable[[str, Attributes], None]:
    """The handler, told the names of elements and attributes without their namespaces."""

    def named(name: str, attributes: Attributes) -> None:
        local = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        start(name.rpartition(" ")[2], local)

    return named


def _refuse_document_type(*_: object) -> None:
    raise _damaged()


def _part(files: Mapping[str, bytes], path: str) -> bytes:
    if path not in files:
        raise _no_workbook()
    return files[path]


def _no_workbook() -> Unreadable:
    return Unreadable(
        "not_a_workbook",
        "The file is packed like an Excel workbook and has no sheet that can be read.",
        "Save it again as “Excel workbook (.xlsx)”, or as “CSV UTF-8”.",
    )


def _damaged() -> Unreadable:
    return Unreadable(
        "damaged", "The workbook is damaged.", "Open it, save it again, or save it as “CSV UTF-8”."
    )
