"""Programmes and their courses as a sheet: one row for each course of a programme."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BufferedReader
from typing import Final

from registrar.readers.errors import Unreadable
from registrar.readers.problems import Problems
from registrar.readers.records import Problem
from registrar.readers.sheet import Sheet

COLUMNS: Final = ("programme", "title", "unit", "course")
REQUIRED: Final = ("programme", "course")
MAX_ROWS: Final = 20_000
_FILE: Final = "Programmes"
_LONGEST: Final = {"programme": 100, "title": 300, "unit": 300, "course": 400}


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """A course of a programme; title and unit of the programme may be blank."""

    row: int
    programme: str
    title: str
    unit: str
    course: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The sound rows and all that is wrong; `damaged` are the programmes with a wrong row.

    A row of which not even the programme can be read counts for all of them, so `is_whole` tells
    whether there is none.
    """

    rows: Sequence[ProgrammeRow]
    problems: Sequence[Problem]
    damaged: frozenset[str]
    is_whole: bool


def read(stream: BufferedReader) -> Reading:
    """Read the sheet. Columns may stand in any order, and others are passed over."""
    problems = Problems()
    try:
        return _read(stream, problems)
    except Unreadable as error:
        problems.fatal(_FILE, error)
        return Reading((), problems.listed(), frozenset(), is_whole=False)


def _read(stream: BufferedReader, problems: Problems) -> Reading:
    sheet = Sheet(stream, report=problems.of(_FILE), max_rows=MAX_ROWS, any_separator=True)
    places = _places(sheet.header)
    rows: list[ProgrammeRow] = []
    damaged: set[str] = set()
    for number, cells in sheet.rows():
        said = {name: cells[place].strip() for name, place in places.items()}
        row = ProgrammeRow(number, **{name: said.get(name, "") for name in COLUMNS})
        if _is_sound(row, problems):
            rows.append(row)
        else:
            damaged.add(row.programme)
    is_whole = not sheet.damaged_rows and "" not in damaged
    return Reading(rows, problems.listed(), frozenset(damaged), is_whole)


def _places(header: Sequence[str]) -> dict[str, int]:
    lowered = [cell.strip().lower() for cell in header]
    names = ["programme" if name == "program" else name for name in lowered]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise Unreadable(
            "missing_column",
            f"There is no column {' and none '.join(missing)}.",
            f"Name the columns in the first row: {', '.join(COLUMNS)}.",
        )
    return {name: names.index(name) for name in COLUMNS if name in names}


def _is_sound(row: ProgrammeRow, problems: Problems) -> bool:
    report = problems.of(_FILE)
    is_sound = True
    for name in REQUIRED:
        if not getattr(row, name):
            is_sound = False
            report(
                row.row,
                column=name,
                code="blank",
                reason=f"The {name} is missing.",
                fix=f"Write the code of the {name}, or remove the row.",
            )
    for name, longest in _LONGEST.items():
        if len(getattr(row, name)) > longest:
            is_sound = False
            report(
                row.row,
                column=name,
                value=getattr(row, name),
                code="too_long",
                reason=f"The {name} has more than {longest} characters.",
                fix="Shorten it.",
            )
    return is_sound
