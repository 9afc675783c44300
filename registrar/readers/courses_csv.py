"""Courses and their outcomes as a sheet: one row for each outcome, or one for a course alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from io import BufferedReader
from typing import Any, Final

from registrar.readers.catalogue import Entry, Reading
from registrar.readers.errors import Unreadable
from registrar.readers.problems import Problems
from registrar.readers.sheet import Sheet

MAX_ROWS: Final = 100_000
_FILE: Final = "Courses"
# What is said of a course, once or again in every row.
_OF_THE_COURSE: Final = ("title", "unit", "description", "credit", "credits", "hours")
COLUMNS: Final = ("course", *_OF_THE_COURSE, "outcome", "statement", "sourcedId")
_CREDIT: Final = {"credit": "credit", "non-credit": "non-credit", "noncredit": "non-credit"}
_NUMBERS: Final = ("credits", "hours")
_LONGEST_STATEMENT: Final = 10_000


@dataclass
class _Course:
    row: int
    code: str
    sourced_id: str = ""
    said: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    is_sound: bool = True


def read(stream: BufferedReader) -> Reading:
    """Read the sheet. A course with a wrong row is left out as a whole, the others go on."""
    problems = Problems()
    try:
        entries = list(_read(stream, problems))
    except Unreadable as error:
        problems.fatal(_FILE, error)
        return Reading(problems=problems.listed())
    return Reading(entries, problems.listed())


def _read(stream: BufferedReader, problems: Problems) -> Iterable[Entry]:
    sheet = Sheet(stream, report=problems.of(_FILE), max_rows=MAX_ROWS, any_separator=True)
    places = _places(sheet.header)
    courses: dict[str, _Course] = {}
    for row, cells in sheet.rows():
        said = {name: cells[place].strip() for name, place in places.items()}
        code = said.get("course", "")
        if not code:
            _report(problems, row, "course", "blank", "The course has no code.", "Write its code.")
            continue
        course = courses.setdefault(said.get("sourcedId") or code, _Course(row, code))
        course.sourced_id = said.get("sourcedId", "")
        _take(course, row, said, problems)
    for course in courses.values():
        facts = _facts(course, problems)
        if course.is_sound:
            unit = course.said.get("unit")
            yield Entry(
                "course",
                _FILE,
                course.row,
                course.sourced_id,
                said={"code": course.code} | facts,
                refers={"unit": unit} if unit else {},
                outcomes=course.outcomes,
            )


def _places(header: Sequence[str]) -> dict[str, int]:
    names = [cell.strip().lower() for cell in header]
    if "course" not in names:
        raise Unreadable(
            "missing_column",
            "There is no column course.",
            f"Name the columns in the first row: {', '.join(COLUMNS)}.",
        )
    return {name: names.index(name.lower()) for name in COLUMNS if name.lower() in names}


def _take(course: _Course, row: int, said: dict[str, str], problems: Problems) -> None:
    def wrong(column: str, code: str, reason: str, fix: str) -> None:
        course.is_sound = False
        _report(problems, row, column, code, reason, fix, said.get(column, ""))

    if said["course"] != course.code:
        wrong("course", "differs", "Another row has this sourcedId.", "Write another sourcedId.")
    for name in _OF_THE_COURSE:
        value = said.get(name, "")
        if value and course.said.setdefault(name, value) != value:
            wrong(name, "differs", "A row above says otherwise.", "Write the same, or nothing.")
    outcome, statement = said.get("outcome", ""), said.get("statement", "")
    if bool(outcome) != bool(statement):
        missing = "statement" if outcome else "outcome"
        wrong(missing, "blank", f"The {missing} is missing.", "Write code and statement.")
    elif len(statement) > _LONGEST_STATEMENT:
        most = f"A statement has {_LONGEST_STATEMENT:,} characters at most."
        wrong("statement", "too_long", most, "Shorten it.")
    elif outcome and course.outcomes.setdefault(outcome, statement) != statement:
        wrong("statement", "differs", "A row above words it otherwise.", "Remove one of them.")


def _facts(course: _Course, problems: Problems) -> dict[str, Any]:
    """What is said of the course, each in its own kind; what cannot be is reported."""
    facts: dict[str, Any] = {
        name: course.said[name] for name in ("title", "description") if name in course.said
    }
    if credit := course.said.get("credit", "").lower():
        facts["credit"] = _CREDIT.get(credit)
    for name in _NUMBERS:
        if text := course.said.get(name, ""):
            facts[name] = _number(text)
    for name in [name for name, value in facts.items() if value is None]:
        course.is_sound = False
        reason = "This is no number." if name in _NUMBERS else "Nobody knows this kind."
        fix = "Write a number." if name in _NUMBERS else "Write credit or non-credit."
        _report(problems, course.row, name, "unknown", reason, fix, course.said[name])
    return facts


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None


def _report(
    problems: Problems, row: int, column: str, code: str, reason: str, fix: str, value: str = ""
) -> None:
    problems.add(_FILE, row=row, column=column, value=value, code=code, reason=reason, fix=fix)
