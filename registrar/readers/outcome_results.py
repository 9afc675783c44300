"""Results for single outcomes as a sheet: Canvas's outcome results, or any with named columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from skills.readers import separated
from skills.readers.errors import Unreadable
from skills.readers.mapping import guess
from skills.readers.problems import Problems
from skills.readers.records import Problem
from skills.readers.table import Row, Table, folded

Format = Literal["canvas", "sheet"]

_NUMBER = re.compile(r"-?[0-9]{1,6}([.,][0-9]{1,9})?", re.ASCII)
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ].*)?", re.ASCII)
_YES: Final = frozenset({"1", "true", "yes", "y", "met", "mastered"})
_NO: Final = frozenset({"0", "false", "no", "n", "not met", "not mastered"})
_LONGEST: Final = 255
_LONGEST_LEVEL: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultColumns:
    """For each thing that a row can say the header of its column, or '' for none.

    `learner` and `outcome` there must be, and one of `level`, `points` and `met`. `section` and
    `course` say in which offering it was; `work` names what was assessed.
    """

    learner: str = ""
    outcome: str = ""
    outcome_title: str = ""
    level: str = ""
    points: str = ""
    possible: str = ""
    met: str = ""
    section: str = ""
    course: str = ""
    work: str = ""
    work_id: str = ""
    part_id: str = ""
    attempt: str = ""
    dated: str = ""
    assessment: str = ""
    assessor: str = ""

    def as_dict(self) -> dict[str, str]:
        """The columns that are named, by field, as they can be kept as JSON."""
        return {name: column for name in FIELDS if (column := getattr(self, name))}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "ResultColumns":
        """What was kept; what is not a field of ours is passed over."""
        return cls(**{name: str(kept[name]) for name in FIELDS if kept.get(name)})


FIELDS: Final = tuple(each.name for each in fields(ResultColumns))
ANY_OF: Final = ("level", "points", "met")

# The report "Outcome results"; "Student competency" has "assignment" where this has "assessment".
CANVAS: Final = ResultColumns(
    learner="student sis id",
    outcome="learning outcome name",
    outcome_title="learning outcome friendly name",
    level="learning outcome rating",
    points="outcome score",
    possible="learning outcome points possible",
    met="learning outcome mastered",
    section="section sis id",
    course="course sis id",
    work="assessment title",
    work_id="assessment id",
    part_id="assessment question id",
    attempt="attempt",
    dated="submission date",
    assessment="assessment type",
)
_COMPETENCY: Final = {"work": "assignment title", "work_id": "assignment id"}
_CANVAS_ONLY: Final = ("student sis id", "learning outcome name", "learning outcome mastered")

_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "learner": ("learner", "student", "student id", "learner number", "student number", "email"),
    "outcome": ("outcome", "learning outcome", "outcome code", "objective", "competency"),
    "outcome_title": ("outcome title", "outcome name", "outcome statement"),
    "level": ("level", "rating", "rubric level", "result", "grade", "achievement"),
    "points": ("points", "score", "outcome score"),
    "possible": ("points possible", "possible", "out of", "maximum", "max points"),
    "met": ("met", "mastered", "passed", "achieved"),
    "section": ("section", "class", "section id", "offering"),
    "course": ("course", "course code", "course id"),
    "work": ("assignment", "assessment", "work", "activity", "assessment title"),
    "work_id": ("assignment id", "assessment id"),
    "attempt": ("attempt",),
    "dated": ("date", "submission date", "assessed on", "marked on"),
    "assessment": ("kind of assessment", "assessment kind", "assessment type"),
    "assessor": ("assessor", "assessor role", "assessed by"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeResult:
    """One row: how a learner did in an outcome. Blank is '' or None."""

    row: int
    learner: str
    outcome: str
    outcome_title: str = ""
    level: str = ""
    points: Decimal | None = None
    possible: Decimal | None = None
    met: bool | None = None
    section: str = ""
    course: str = ""
    work: str = ""
    work_id: str = ""
    part_id: str = ""
    attempt: int = 0
    dated: date | None = None
    assessment: str = ""
    assessor: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The sound rows and all that is wrong. `header` and `samples` are for whoever maps columns.

    `columns` are those that were read, or None where nobody has said what the columns hold.
    """

    file: str = ""
    format: Format = "sheet"
    header: tuple[str, ...] = ()
    samples: tuple[tuple[str, ...], ...] = ()
    columns: ResultColumns | None = None
    rows: Sequence[OutcomeResult] = ()
    problems: Sequence[Problem] = ()


def suggest(header: Sequence[str]) -> ResultColumns:
    """Guess which column holds what. A person has to look at it before it is used."""
    return ResultColumns(**guess(header, _WORDS))


def read(data: bytes, *, file: str = "", columns: ResultColumns | None = None) -> Reading:
    """Read a sheet; Canvas's is known by its columns, of others `columns` says what they hold.

    Never raises for what the bytes hold.
    """
    problems = Problems(file)
    try:
        table = separated.read(data, problems, file=file)
        return _reading(table, problems, columns)
    except Unreadable as error:
        problems.fatal(error)
        return Reading(file, problems=problems.listed())


def _reading(table: Table, problems: Problems, given: ResultColumns | None) -> Reading:
    is_canvas = table.has(*_CANVAS_ONLY)
    columns = given or (_of_canvas(table) if is_canvas else None)
    samples = tuple(tuple(row.cells[: table.width]) for row in table.rows[:3])
    rows: list[OutcomeResult] = []
    if columns is not None:
        _check(table, columns)
        for row in table.rows:
            found = _result(row, columns)
            if row.good:
                rows.append(found)
    return Reading(
        table.file,
        "canvas" if is_canvas and given is None else "sheet",
        table.header,
        samples,
        columns,
        rows,
        problems.listed(),
    )


def _of_canvas(table: Table) -> ResultColumns:
    held = CANVAS.as_dict()
    if not table.has("assessment title"):
        held |= _COMPETENCY
    return ResultColumns.from_dict({n: c for n, c in held.items() if table.has(c)})


def _check(table: Table, columns: ResultColumns) -> None:
    said = columns.as_dict()
    if missing := [name for name in ("learner", "outcome") if name not in said]:
        raise Unreadable(
            "no_mapping",
            f"No column is said to hold the {' and the '.join(missing)}.",
            "Say which one does.",
        )
    if not any(name in said for name in ANY_OF):
        raise Unreadable(
            "no_mapping",
            "No column is said to hold a level, points, or whether it is met.",
            "Say which one does.",
        )
    twice = {folded(column) for column in said.values()}
    if len(twice) < len(said):
        raise Unreadable("no_mapping", "One column is said to hold two things.", "Choose one.")
    table.require(*said.values())


def _result(row: Row, columns: ResultColumns) -> OutcomeResult:
    def text(name: str, *, required: bool = False, limit: int = _LONGEST) -> str:
        column = getattr(columns, name)
        return row.text(column, required=required, limit=limit) if column else ""

    found = OutcomeResult(
        row=row.number,
        learner=text("learner", required=True),
        outcome=text("outcome", required=True, limit=1_000),
        outcome_title=text("outcome_title", limit=1_000),
        level=text("level", limit=_LONGEST_LEVEL),
        points=_number(row, columns.points),
        possible=_number(row, columns.possible),
        met=_met(row, columns.met),
        section=text("section"),
        course=text("course"),
        work=text("work", limit=1_000),
        work_id=text("work_id"),
        part_id=text("part_id"),
        attempt=int(_number(row, columns.attempt) or 0),
        dated=_date(row, columns.dated),
        assessment=text("assessment").lower(),
        assessor=text("assessor").lower(),
    )
    if row.good and not found.level and found.points is None and found.met is None:
        column = next(getattr(columns, name) for name in ANY_OF if getattr(columns, name))
        row.refuse(column, "no_result", "The row says no result.", "Write one, or remove the row.")
    return found


def _number(row: Row, column: str) -> Decimal | None:
    said = row.raw(column) if column else ""
    if not said:
        return None
    if not _NUMBER.fullmatch(said):
        row.refuse(column, "bad_number", f"{column} is no number.", "Write digits, such as 3.5.")
        return None
    return Decimal(said.replace(",", "."))


def _met(row: Row, column: str) -> bool | None:
    said = row.raw(column).lower() if column else ""
    if said in _YES:
        return True
    if said and said not in _NO:
        row.refuse(column, "unknown_word", f"{column} is neither yes nor no.", "Write 1 or 0.")
    return False if said in _NO else None


def _date(row: Row, column: str) -> date | None:
    said = row.raw(column) if column else ""
    if not said:
        return None
    try:
        if match := _DAY.fullmatch(said):
            return date.fromisoformat(match[1])
    except ValueError:
        pass
    row.refuse(
        column, "bad_date", f"{column} is no date.", "Write it as year-month-day: 2026-05-15."
    )
    return None
