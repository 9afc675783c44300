"""Reads whom to award from a sheet with any columns, and all that is wrong with it in one pass."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from registrar.readers import (
    award_cells,
    award_columns,
    award_doubles,
    award_sheet_flaws,
    days,
    loose_sheet,
)
from registrar.readers.award_cells import Flaw
from registrar.readers.award_columns import BY_KEY, PERSON, ResultField
from registrar.readers.award_records import (
    DATES,
    EVIDENCE,
    AwardRecord,
    Checked,
    CheckedRow,
    Reading,
)
from registrar.readers.days import Habit, Misread
from registrar.readers.loose_sheet import LooseRow, LooseSheet
from registrar.readers.problems import excerpt
from registrar.readers.records import Problem, Severity
from skills.readers.errors import Unreadable

# Cells of this many rows are looked at to tell what a column holds.
_LOOKED_AT: Final = 200
_YEARS: Final = 100
# A column of learner numbers has digits, if all but so many of its cells have.
_MOSTLY: Final = 0.9
_DIGIT = re.compile("[0-9]")
_NO_EVIDENCE: Final = Flaw(
    "required", "There is no evidence in it.", "Write a link to it, or what it is."
)
_UNKNOWN_KEY: Final = Flaw(
    "unknown_learner",
    "Nobody on record is known by this key.",
    "Check the source and the sourcedId, or write the learner's number, names and address.",
)
# What is needed of people who are not on record.
_NEW: Final = PERSON[1:]
_LETTER = re.compile(r"[^\W\d_]")
_SUMS_UP: Final = Flaw(
    "totals_row", "This row sums up the others and names no learner.", "Remove it."
)
_FLAWS: Final[Mapping[str, Flaw]] = {
    "unclosed_quote": Flaw(
        "unclosed_quote",
        "A quote is opened in this row and never closed.",
        "Close it, or write a quote that belongs to the text twice within quotes.",
    ),
    "stray_quote": Flaw(
        "stray_quote",
        "There is a quote in the middle of a quoted cell.",
        'Write a quote inside a quoted cell twice ("").',
    ),
    "bad_json": Flaw(
        "bad_json", "The line is no JSON object.", "Write one object a line, with all quotes."
    ),
    "duplicate_key": Flaw(
        "duplicate_key", "A member stands twice in one object.", "Leave one of them out."
    ),
    "no_cell": Flaw(
        "type", "A member is neither a text nor a number.", "Send a text, a number or null."
    ),
    "field_too_long": Flaw("too_long", "A cell is longer than 131,072 characters.", "Shorten it."),
}


def opened(data: bytes, results: Sequence[ResultField], *, encoding: str = "") -> LooseSheet:
    """The sheet, its header found by the names of our columns. Raises Unreadable."""

    def knows(names: Sequence[str]) -> int:
        return award_columns.known(names, results)

    sheet = loose_sheet.read(data, encoding=encoding, knows=knows)
    return replace(sheet, told=(*award_sheet_flaws.of_the_encoding(sheet, data), *sheet.told))


def suggest(sheet: LooseSheet, results: Sequence[ResultField]) -> dict[str, str]:
    """By field the name of the column that seems to hold it."""
    cells = [row.cells for row in sheet.rows[:_LOOKED_AT]]
    return award_columns.suggest(sheet.header, cells, results)


def check(
    sheet: LooseSheet,
    reading: Reading,
    *,
    today: date,
    file: str = "",
    only: Collection[int] = (),
    known: Collection[str] = (),
    tell: Callable[[int], None] | None = None,
) -> Checked:
    """Look at every row, or at `only` these. `tell` hears now and then how many were looked at.

    Whose number or key is among the `known` is on record, and needs neither name nor address.
    """
    lacks_columns = any(reading.columns.get(name) not in sheet.header for name in PERSON)
    are_known = bool(known) and lacks_columns and numbers(sheet, reading) <= set(known)
    problems = [
        *award_sheet_flaws.of_the_columns(
            sheet, reading, file, has_known=bool(known), are_known=are_known
        ),
        *award_sheet_flaws.of_the_results(reading, file),
    ]
    problems += [
        Problem(file, each.row, "", each.value, each.code, each.reason, each.fix, each.severity)
        for each in sheet.told
    ]
    if any(problem.severity == "fatal" for problem in problems):
        return Checked([], problems)
    checker = _Checker(sheet, reading, today, file, known)
    rows = []
    for at, row in enumerate(sheet.rows):
        if only and row.number not in only:
            continue
        rows.append(checker.checked(row))
        if tell is not None and at % 500 == 0:
            tell(at)
    award_doubles.find(rows, reading.columns, file)
    for name, habit in checker.habits.items():
        if habit.mostly in ("day first", "month first") and not habit.order:
            problems.append(award_sheet_flaws.both_orders(reading.columns[name], file))
    return Checked(rows, problems, checker.told())


def read(
    data: bytes,
    *,
    results: Sequence[ResultField] = (),
    today: date,
    file: str = "",
    orders: Mapping[str, str] | None = None,
    encoding: str = "",
) -> Checked:
    """Read a file whose columns are told by their names alone. Never raises for what it holds."""
    try:
        sheet = opened(data, results, encoding=encoding)
    except Unreadable as error:
        return Checked([], [unreadable(error, file)])
    reading = Reading(suggest(sheet, results), results, orders or {})
    return check(sheet, reading, today=today, file=file)


def numbers(sheet: LooseSheet, reading: Reading) -> set[str]:
    """Whom the rows name: numbers, and keys of other systems, as they are compared."""
    column = reading.columns.get("number")
    if column not in sheet.header:
        return set()
    at = sheet.header.index(column)
    return {award_cells.who(row.cells[at]) for row in sheet.rows if at < len(row.cells)} - {""}


def unreadable(error: Unreadable, file: str) -> Problem:
    """What kept the file from being read, as a problem of it."""
    return Problem(file, error.row, "", "", error.code, str(error), error.fix, "fatal")


class _Checker:
    """What is known of the whole sheet when a row is looked at."""

    def __init__(
        self,
        sheet: LooseSheet,
        reading: Reading,
        today: date,
        file: str,
        known: Collection[str],
    ) -> None:
        self._sheet, self._reading = sheet, reading
        self._today, self._file = today, file
        self._known = known
        places = {name: at for at, name in reversed(list(enumerate(sheet.header))) if name}
        self._places = {name: places[column] for name, column in reading.read.items()}
        self._result_names = award_columns.result_names(reading.results)
        # What is written in digits, of whatever script.
        numbers = (
            name
            for name, result in zip(self._result_names, reading.results, strict=True)
            if result.is_number
        )
        self._in_digits = {"number", *DATES, *numbers}
        self._usual_width = self._usual()
        self.habits = {name: self._habit(name) for name in DATES if name in self._places}
        self._has_digits, self._has_spaces, self._shape = self._numbers()

    def checked(self, row: LooseRow) -> CheckedRow:
        found = CheckedRow(row.number, row.cells)
        if (flaw := self._flaw_of_row(row)) is not None:
            self._note(found, "", " ".join(cell for cell in row.cells if cell), flaw)
            return found
        for name, at in self._places.items():
            cell = row.cells[at] if at < len(row.cells) else ""
            if (hidden := award_cells.unseen(cell)) is not None:
                self._note(found, name, cell, hidden)
        hidden_in = {problem.column for problem in found.problems}

        def of(name: str) -> str:
            if name not in self._places or self._reading.columns[name] in hidden_in:
                return ""
            at = self._places[name]
            cell = row.cells[at] if at < len(row.cells) else ""
            if name == "number":
                return award_cells.who(cell)
            text = award_cells.composed(cell)
            return award_cells.plain_digits(text) if name in self._in_digits else text

        self._check_required(found, of, hidden_in)
        said = {name: self._day(found, name, of(name)) for name in DATES}
        self._check_days(found, of, said)
        record = AwardRecord(
            row=row.number,
            number=of("number"),
            given_name=of("given_name"),
            family_name=of("family_name"),
            email=of("email"),
            awarded_on=said["awarded_on"],
            valid_until=said["valid_until"],
            occasion=self._text(found, "occasion", of, award_cells.wording, limit=200),
            evidence_link=self._text(found, "evidence_link", of, award_cells.link),
            evidence_text=self._text(found, "evidence_text", of, award_cells.wording),
            results=self._results(found, of),
        )
        if self._reading.evidence == "required" and not any(map(of, EVIDENCE)):
            name = next((name for name in EVIDENCE if name in self._places), "")
            self._note(found, name, "", _NO_EVIDENCE)
        if not found.is_wrong:
            found.record = record
        return found

    def _flaw_of_row(self, row: LooseRow) -> Flaw | None:
        if row.flaw:
            return _FLAWS[row.flaw]
        width, cells = len(self._sheet.header), row.cells
        if not any(cells):
            return Flaw("blank_row", "The row is blank.", "Remove it, or fill it in.")
        if self._sums_up(cells):
            return _SUMS_UP
        if any(cells[width:]):
            return Flaw(
                "too_many_cells",
                f"The row has {len(cells)} cells, the header has {width}.",
                "Put quotes around a cell that holds the separator.",
            )
        if len(cells) < self._usual_width:
            return Flaw(
                "too_few_cells",
                f"The row has {len(cells)} cells, the header has {width}.",
                "Add the cell that is missing.",
            )
        return None

    def _sums_up(self, cells: Sequence[str]) -> bool:
        """Whether it stands for no learner, but for how many there are."""
        first = next((cell for cell in cells if cell.strip()), "")
        if award_columns.word(first) not in award_columns.TOTALS:
            return False
        places = [self._places[name] for name in PERSON if name in self._places]
        there = [at for at in places if at < len(cells) and _LETTER.search(cells[at])]
        return len(there) < 2

    def _check_required(
        self, found: CheckedRow, of: Callable[[str], str], hidden_in: set[str]
    ) -> None:
        checks = {
            "number": award_cells.learner_number,
            "given_name": award_cells.name,
            "family_name": award_cells.name,
            "email": award_cells.email,
        }
        number = of("number")
        is_by_key = number.startswith(BY_KEY)
        is_known = number in self._known
        is_told = is_by_key or is_known
        if is_by_key and not is_known:
            self._note(found, "number", number, _UNKNOWN_KEY)
        elif number and not is_known:
            columns = self._reading.columns
            unsaid = [name for name in _NEW if not of(name) and columns.get(name) not in hidden_in]
            # Of whom nothing is said, or cannot be, that is one thing that is wrong.
            is_told = len(unsaid) == len(_NEW) or any(name not in self._places for name in unsaid)
            if is_told:
                self._note(found, "number", number, _unknown(unsaid))
        for name, wrong in checks.items():
            cell = of(name)
            if name == "number" and is_by_key:
                continue
            if not cell:
                needs_it = name == "number" or not is_told
                has_it = name in self._places
                if needs_it and has_it and self._reading.columns[name] not in hidden_in:
                    self._note(found, name, "", _required(name))
            elif (flaw := self._misplaced(name, cell) or wrong(cell)) is not None:
                self._note(found, name, cell, flaw)
        both = (of("given_name"), of("family_name"))
        if set(both) <= {"-", "."} and "" not in both:
            self._note(found, "family_name", both[1], _required("family_name"))

    def _misplaced(self, name: str, cell: str) -> Flaw | None:
        """A name among numbers that have digits, or a number among names."""
        if name == "number" and self._has_digits and not _DIGIT.search(cell):
            return _mixed_up("no learner number")
        if name == "number" and " " in cell and not self._has_spaces:
            return Flaw("bad_number", "There is a space in it.", f"Write {cell.replace(' ', '')}.")
        if name in ("given_name", "family_name") and self._shape and _shape(cell) == self._shape:
            return _mixed_up("a learner number")
        return None

    def _day(self, found: CheckedRow, name: str, text: str) -> date | None:
        if not text:
            return None
        habit = self.habits[name]
        day = days.understood(text, self._readings(text), habit)
        if not isinstance(day, Misread):
            return day
        self._note(found, name, text, _misread(day, habit))
        return None

    def _check_days(
        self, found: CheckedRow, of: Callable[[str], str], said: Mapping[str, date | None]
    ) -> None:
        awarded, until = said["awarded_on"], said["valid_until"]
        if awarded is not None and awarded > self._today:
            flaw = Flaw("date_in_the_future", "This day is yet to come.", "Write the right day.")
            self._note(found, "awarded_on", of("awarded_on"), flaw)
        elif awarded is not None and awarded.year < self._today.year - _YEARS:
            self._note(found, "awarded_on", of("awarded_on"), _other_century())
        if until is None:
            return
        if until < (awarded or self._today):
            flaw = Flaw(
                "ends_before_it_begins",
                "It ends before it is awarded.",
                "Write a later day, or none if it does not end.",
            )
            self._note(found, "valid_until", of("valid_until"), flaw)
        elif until < self._today:
            flaw = Flaw(
                "over_already",
                "This day has passed, so the credential would not be valid when it is issued.",
                "Write a later day, or none if it does not end.",
            )
            self._note(found, "valid_until", of("valid_until"), flaw)
        elif until.year > self._today.year + _YEARS:
            self._note(found, "valid_until", of("valid_until"), _other_century())

    def _results(self, found: CheckedRow, of: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
        said = []
        for name, result in zip(self._result_names, self._reading.results, strict=True):
            if not (text := of(name)):
                if result.required and name in self._places:
                    unsaid = award_cells.unsaid_result(result)
                    self._note(found, name, "", unsaid, severity="warning")
                continue
            value = award_cells.result(text, result)
            flaw = value if isinstance(value, Flaw) else award_cells.too_low(value, result)
            if flaw is not None:
                self._note(found, name, text, flaw)
            elif not isinstance(value, Flaw):
                said.append((result.id, value))
        return tuple(said)

    def _text(
        self,
        found: CheckedRow,
        name: str,
        of: Callable[[str], str],
        wrong: Callable[[str], Flaw | None],
        *,
        limit: int = award_cells.LONGEST_TEXT,
    ) -> str:
        text = of(name)
        flaw = wrong(text) if text else None
        if flaw is None and len(text) > limit:
            flaw = Flaw("too_long", f"It has {len(text):,} characters.", "Shorten it.")
        if flaw is not None:
            self._note(found, name, text, flaw)
        return text

    def _note(
        self,
        found: CheckedRow,
        name: str,
        value: str,
        flaw: Flaw,
        *,
        severity: Severity = "error",
    ) -> None:
        column = self._reading.columns.get(name, "")
        found.problems.append(
            Problem(
                self._file,
                found.number,
                column,
                excerpt(value),
                flaw.code,
                flaw.reason,
                flaw.fix,
                severity,
            )
        )

    def _cells(self, name: str) -> Iterable[str]:
        at = self._places[name]
        return (row.cells[at] for row in self._sheet.rows if at < len(row.cells) and not row.flaw)

    def _plain_cells(self, name: str) -> Iterable[str]:
        """Those of a column that is written in digits."""
        composed = map(award_cells.composed, self._cells(name))
        return map(award_cells.plain_digits, composed)

    def told(self) -> dict[str, str]:
        """By field how days are written, and in whose digits, if these are not 0 to 9."""
        told = {name: habit.told for name, habit in self.habits.items() if habit.told}
        for name in self._places:
            if name in self._in_digits:
                others = map(award_cells.other_digits, self._cells(name))
                if whose := next(filter(None, others), ""):
                    said = f"{whose} digits read as 0 to 9"
                    told[name] = f"{told[name]}, {said}" if name in told else said
        return told

    def _readings(self, text: str) -> Mapping[days.Order, date]:
        sheet = self._sheet
        return days.readings(text, is_workbook=sheet.is_workbook, since_1904=sheet.counts_from_1904)

    def _habit(self, name: str) -> Habit:
        found = map(self._readings, self._plain_cells(name))
        return days.habit(found, said=self._reading.orders.get(name, ""))

    def _usual(self) -> int:
        """As many cells as most rows have; a workbook leaves out blank ones at the end."""
        if self._sheet.is_workbook or not self._sheet.rows:
            return 0
        (usual, _), *_ = Counter(len(row.cells) for row in self._sheet.rows).most_common(1)
        return min(usual, len(self._sheet.header))

    def _numbers(self) -> tuple[bool, bool, str]:
        """Of learner numbers: whether they have digits, and spaces, and how most of them look."""
        numbers = (cell for cell in self._plain_cells("number") if cell)
        cells = [cell for cell in numbers if not cell.startswith(BY_KEY)]
        if not cells:
            return False, False, ""
        has_digits = sum(map(bool, map(_DIGIT.search, cells))) >= _MOSTLY * len(cells)
        has_spaces = sum(" " in cell for cell in cells) > (1 - _MOSTLY) * len(cells)
        (shape, _), *_ = Counter(map(_shape, cells)).most_common(1)
        return has_digits, has_spaces, shape if "0" in shape and len(cells) > 1 else ""


def _shape(text: str) -> str:
    """How a text looks: each digit as a zero."""
    return _DIGIT.sub("0", text)


def _required(name: str) -> Flaw:
    fix = "Fill it in."
    if name in ("given_name", "family_name"):
        fix = "Fill it in; write a dash (-) for somebody who has one name only."
    if name != "number":
        fix = f"{fix} Or check the number: a learner who is on record needs none."
    return Flaw("required", f"The {award_columns.LABELS[name]} is missing.", fix)


def _unknown(unsaid: Sequence[str]) -> Flaw:
    *others, last = [f"the {award_columns.LABELS[name]}" for name in unsaid]
    named = f"{', '.join(others)} and {last}" if others else last
    return Flaw(
        "unknown_learner",
        "Nobody on record has this number.",
        f"Check it. To add the person, also say {named}.",
    )


def _mixed_up(what: str) -> Flaw:
    return Flaw("mixed_up_columns", f"This is {what}.", "Move each cell to its column.")


def _misread(day: Misread, habit: Habit) -> Flaw:
    meant = " or ".join(each.isoformat() for each in day.candidates)
    if day.code == "bad_date":
        return Flaw("bad_date", "There is no such day.", "Write it as year-month-day: 2026-05-15.")
    if day.code == "ambiguous_date":
        return Flaw(
            "ambiguous_date",
            "It may be day/month or month/day; nothing in the column tells which.",
            f"Write the year first: {meant}.",
        )
    return Flaw(
        "other_date_format",
        f"Most days in this column are written otherwise: {habit.told}.",
        f"Write {meant}.",
    )


def _other_century() -> Flaw:
    return Flaw("date_out_of_range", "This is of another century.", "Write the right day.")
