"""Reads a OneRoster CSV bundle, 1.2 or 1.1: a folder, or a zip of it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from registrar.readers import archive, oneroster_manifest
from registrar.readers.archive import Files, Limits
from registrar.readers.errors import Unreadable
from registrar.readers.oneroster_header import check_header
from registrar.readers.oneroster_layout import (
    COMMON,
    WITH_LINE_BREAKS,
    BadCell,
    Column,
    Layout,
    objective_key,
    read_key,
    read_moment,
)
from registrar.readers.oneroster_manifest import MANIFEST, Manifest
from registrar.readers.problems import Problems
from registrar.readers.records import (
    Bundle,
    LineItemRecord,
    ResultRecord,
    Severity,
    UserRecord,
)
from registrar.readers.sheet import Report, Sheet


def read(path: Path, *, limits: Limits = Limits()) -> Bundle:  # noqa: B008 (frozen)
    """Read all of a bundle's records, and everything that is wrong with it, in one pass.

    Never raises for what the bundle holds. A row with an error is left out, and so are the
    rows that refer to it; the others stay. After a fatal problem (`Bundle.is_fatal`) the
    bundle must not be applied, though the other files have still been read, so that all
    problems are told at once. In a delta, rows marked tobedeleted are kept as `deleted`.
    """
    problems = Problems()
    try:
        with archive.opened(path, limits) as files:
            return _read_files(files, problems, limits)
    except Unreadable as error:
        problems.fatal(path.name, error)
        return Bundle(problems=problems.listed(), problem_counts=dict(problems.counts))


def _read_files(files: Files, problems: Problems, limits: Limits) -> Bundle:
    try:
        manifest = oneroster_manifest.read(files, problems)
    except Unreadable as error:
        problems.fatal(MANIFEST, error)
        return Bundle(problems=problems.listed(), problem_counts=dict(problems.counts))
    return _Reading(files, manifest, problems, limits).bundle()


class _Flaw(NamedTuple):
    """What is wrong with a cell in the light of others."""

    column: str
    value: str
    code: str
    reason: str
    fix: str


class _Row(NamedTuple):
    """The cells of one row that every file has, besides those of its own."""

    number: int
    sourced_id: str
    deleted: bool
    changed_at: datetime | None


class _Reading:
    """One bundle being read: what is known so far, file by file."""

    def __init__(
        self, files: Files, manifest: Manifest, problems: Problems, limits: Limits
    ) -> None:
        self._files = files
        self._manifest = manifest
        self._problems = problems
        self._limits = limits
        # By file, by sourcedId: the record of a good row, the row number of a refused one.
        self._known: dict[str, dict[str, Any]] = defaultdict(dict)
        self._refused: dict[str, dict[str, int]] = defaultdict(dict)
        self._complete: set[str] = set()
        # Of the file being read: what its rows said, hashed, by sourcedId.
        self._said_by: dict[str, int] = {}
        self._students: defaultdict[str, set[str]] = defaultdict(set)
        self._row_counts: dict[str, int] = {}
        self._refused_counts: Counter[str] = Counter()
        self._said: set[tuple[str, str]] = set()

    def bundle(self) -> Bundle:
        for name in self._manifest.modes:
            self._read_file(self._manifest.version.layouts[name])
        return Bundle(
            version=self._manifest.version.name,
            source_code=self._manifest.source_code,
            source_name=self._manifest.source_name,
            modes=self._manifest.modes,
            orgs=self._records("orgs"),
            sessions=self._records("academicSessions"),
            courses=self._records("courses"),
            classes=self._records("classes"),
            users=self._records("users"),
            roles=self._records("roles"),
            enrollments=self._records("enrollments"),
            categories=self._records("categories"),
            line_items=self._records("lineItems"),
            results=self._records("results"),
            line_item_objectives=self._records("lineItemLearningObjectiveIds"),
            result_objectives=self._records("resultLearningObjectiveIds"),
            problems=self._problems.listed(),
            problem_counts=dict(self._problems.counts),
            rows=self._row_counts,
            refused=dict(self._refused_counts),
        )

    def _records(self, name: str) -> list[Any]:
        return list(self._known[name].values())

    def _read_file(self, layout: Layout) -> None:
        report = self._problems.of(layout.file)
        why_not = self._manifest.version.only_checked.get(layout.name)
        if why_not is not None:
            report = _milder(report)
        sheet: Sheet | None = None
        try:
            with self._files.open(layout.file) as stream:
                sheet = Sheet(
                    stream,
                    report=report,
                    max_rows=self._limits.rows,
                    with_line_breaks=WITH_LINE_BREAKS,
                )
                check_header(sheet.header, layout, report)
                self._read_rows(layout, sheet, report)
        except Unreadable as error:
            if why_not is None:
                self._problems.fatal(layout.file, error)
            else:
                report(None, code=error.code, reason=error.reason, fix=error.fix)
        else:
            if self._manifest.modes[layout.name] == "bulk":
                self._complete.add(layout.name)
        if sheet is not None:
            self._row_counts[layout.file] = sheet.data_rows
            self._refused_counts[layout.file] += sheet.damaged_rows
        if why_not is not None and self._known[layout.name]:
            self._say_not_used(layout, why_not)
        if layout.name in _WITH_PARENTS:
            self._check_parents(layout)
        if layout.name == "enrollments":
            self._note_students()

    def _read_rows(self, layout: Layout, sheet: Sheet, report: Report) -> None:
        place = {name: index for index, name in enumerate(sheet.header)}
        cells_of_column = [
            (place.get(column.name), column, column.kind.parse) for column in layout.taken
        ]
        known = self._known[layout.name]
        check = _CHECKS.get(layout.name)
        self._said_by = {}
        for number, cells in sheet.rows():
            sourced_id = self._sourced_id(number, cells[place["sourcedId"]], report)
            if sourced_id and self._is_repeated(layout, number, sourced_id, cells, report):
                continue
            row = self._common(layout, number, sourced_id, cells, place, report)
            values, good = self._values(cells_of_column, cells, number, report)
            if row is None or not good or sourced_id in self._refused[layout.name]:
                self._refuse(layout, number, sourced_id)
                continue
            record = layout.record(
                row.sourced_id,
                **values,
                row=number,
                deleted=row.deleted,
                changed_at=row.changed_at,
            )
            if check is not None:
                record, flaws = check(self, record)
                if flaws:
                    for flaw in flaws:
                        report(number, **flaw._asdict())
                    self._refuse(layout, number, row.sourced_id)
                    continue
            known[row.sourced_id] = record

    def _refuse(self, layout: Layout, number: int, sourced_id: str) -> None:
        self._refused_counts[layout.file] += 1
        self._refused[layout.name].setdefault(sourced_id, number)

    # The columns that every file begins with

    def _sourced_id(self, number: int, cell: str, report: Report) -> str:
        """The key of a row; blank when it has none that is good."""
        try:
            sourced_id = read_key(cell)
        except BadCell as bad:
            _report_cell(report, number, "sourcedId", cell, bad)
            return ""
        if not sourced_id:
            _report_blank(report, number, "sourcedId")
        return sourced_id

    def _is_repeated(
        self, layout: Layout, number: int, sourced_id: str, cells: list[str], report: Report
    ) -> bool:
        """Whether this very row has been read before.

        One that says something else under the same sourcedId costs both: nobody knows which of
        them is right.
        """
        says = hash(tuple(cells))
        before = self._said_by.setdefault(sourced_id, says)
        record = self._known[layout.name].get(sourced_id)
        first = record.row if record else self._refused[layout.name].get(sourced_id)
        if first is None:
            return False
        if before == says and record:
            report(
                number,
                column="sourcedId",
                value=sourced_id,
                code="duplicate",
                reason=f"Row {first} says the same; it counts once.",
                fix="Remove one of the two rows.",
                severity="warning",
            )
            return True
        if record:
            _report_double(report, first, sourced_id, number)
            del self._known[layout.name][sourced_id]
            self._refuse(layout, first, sourced_id)
        _report_double(report, number, sourced_id, first)
        return False

    def _common(
        self,
        layout: Layout,
        number: int,
        sourced_id: str,
        cells: list[str],
        place: Mapping[str, int],
        report: Report,
    ) -> _Row | None:
        """The three columns that every file begins with, or None when the row is refused."""
        _, status, changed = (cells[place[name]] for name in COMMON)
        if not sourced_id:
            return None
        if not status and not changed and self._manifest.modes[layout.name] == "bulk":
            return _Row(number, sourced_id, False, None)
        return self._changed_row(layout, number, sourced_id, status, changed, report)

    def _changed_row(
        self,
        layout: Layout,
        number: int,
        sourced_id: str,
        status: str,
        changed: str,
        report: Report,
    ) -> _Row | None:
        delta = self._manifest.modes[layout.name] == "delta"
        if not delta:
            self._say_once(
                layout,
                "status_in_bulk",
                f"{layout.file} is bulk, but has status or dateLastModified from row {number} on.",
                "Leave both columns blank, or say delta in the manifest.",
            )
        if status not in ("active", "tobedeleted") and (status or delta):
            report(
                number,
                column="status",
                value=status,
                code="bad_word" if status else "required",
                reason="status is neither active nor tobedeleted.",
                fix="Write active or tobedeleted.",
            )
            return None
        if not changed and delta:
            _report_blank(report, number, "dateLastModified")
            return None
        try:
            changed_at = read_moment(changed) if changed else None
        except BadCell as bad:
            _report_cell(report, number, "dateLastModified", changed, bad)
            return None
        return _Row(number, sourced_id, status == "tobedeleted", changed_at)

    def _values(
        self,
        columns: Iterable[tuple[int | None, Column, Callable[[str], Any]]],
        cells: list[str],
        number: int,
        report: Report,
    ) -> tuple[dict[str, Any], bool]:
        values: dict[str, Any] = {}
        good = True
        for index, column, parse in columns:
            cell = cells[index] if index is not None else ""
            if not cell:
                values[column.field] = column.kind.blank
                if column.need != "optional":
                    severity: Severity = "error" if column.need == "required" else "warning"
                    _report_blank(report, number, column.name, severity=severity)
                    good = good and severity != "error"
                continue
            try:
                value = parse(cell)
                if column.refers_to:
                    value = self._referred(column, value)
                values[column.field] = value
            except BadCell as bad:
                severity = "warning" if column.lenient else "error"
                _report_cell(report, number, column.name, cell, bad, severity=severity)
                values[column.field] = column.kind.blank
                good = good and column.lenient
        return values, good

    # References

    def _referred(self, column: Column, value: Any) -> Any:
        """The same key or keys, sharing the strings of the records they lead to."""
        if isinstance(value, tuple):
            return tuple(self._key_of(column.refers_to, key) for key in value)
        return self._key_of(column.refers_to, value)

    def _key_of(self, target: str, key: str) -> str:
        record = self._known[target].get(key)
        if record is not None:
            return cast(str, record.sourced_id)
        if target not in self._complete:
            return key
        if (row := self._refused[target].get(key)) is not None:
            raise BadCell(
                "refused_reference",
                f"{{column}} leads to row {row} of {target}.csv, which was refused.",
                f"Mend row {row} of {target}.csv first.",
            )
        raise BadCell(
            "unknown_reference",
            f"{{column}} leads to nothing in {target}.csv.",
            f"Correct it, or add the row to {target}.csv.",
        )

    def _check_parents(self, layout: Layout) -> None:
        """Clear the parents that are not there, or that lead in a circle, with a warning.

        Nothing we decide depends on them, so their absence should not cost the row.
        """
        known = self._known[layout.name]
        circles = _in_circles(known)
        is_complete = layout.name in self._complete
        cleared = {}
        for key, record in known.items():
            if key in circles:
                cleared[key] = "leads in a circle"
            elif is_complete and record.parent_id and record.parent_id not in known:
                cleared[key] = "leads to nothing in this file"
        for key, what in cleared.items():
            record = known[key]
            self._problems.add(
                layout.file,
                row=record.row,
                column="parentSourcedId",
                value=record.parent_id,
                code="unknown_reference" if "nothing" in what else "circle",
                reason=f"parentSourcedId {what}; it counts as blank.",
                fix="Correct it, or leave it blank.",
                severity="warning",
            )
            known[key] = replace(record, parent_id="")

    # Checks of one record against others

    def check_result(self, record: ResultRecord) -> tuple[Any, list[_Flaw]]:
        item = self._known["lineItems"].get(record.line_item_id)
        flaws: list[_Flaw] = []
        if item is not None:
            if not record.class_id:
                record = replace(record, class_id=item.class_id)
            elif record.class_id != item.class_id:
                flaws.append(_class_differs(record, item))
            flaws.extend(_out_of_range(record, item))
        if not flaws and not self._is_student(record):
            flaws.append(
                _Flaw(
                    "studentSourcedId",
                    record.student_id,
                    "not_enrolled",
                    f"The student is not enrolled as student in class {record.class_id[:64]}.",
                    "Add the enrolment to enrollments.csv, or correct the student or the class.",
                )
            )
        return record, flaws

    def _note_students(self) -> None:
        for record in self._known["enrollments"].values():
            if record.role == "student":
                self._students[record.class_id].add(record.user_id)

    def _is_student(self, record: ResultRecord) -> bool:
        if "enrollments" not in self._complete or not record.class_id:
            return True
        return record.student_id in self._students.get(record.class_id, ())

    # Saying what is wrong

    def _say_not_used(self, layout: Layout, why: str) -> None:
        self._problems.add(
            layout.file,
            code="not_used",
            reason=f"Read, not used: {len(self._known[layout.name]):,} rows, because {why}.",
            fix="Nothing need be done; the file may also be left out.",
            severity="warning",
        )

    def _say_once(self, layout: Layout, code: str, reason: str, fix: str) -> None:
        if (layout.name, code) not in self._said:
            self._said.add((layout.name, code))
            self._problems.add(layout.file, code=code, reason=reason, fix=fix, severity="warning")


def _check_session(_: _Reading, record: Any) -> tuple[Any, list[_Flaw]]:
    return record, _reversed(record.starts_on, record.ends_on)


def _check_user(_: _Reading, record: UserRecord) -> tuple[Any, list[_Flaw]]:
    if record.given_name or record.family_name:
        return record, []
    reason = "Neither givenName nor familyName is filled in."
    return record, [_Flaw("familyName", "", "required", reason, "Fill in at least one of them.")]


def _check_period(_: _Reading, record: Any) -> tuple[Any, list[_Flaw]]:
    return record, _reversed(record.begins_on, record.ends_on)


def _check_line_item(_: _Reading, record: LineItemRecord) -> tuple[Any, list[_Flaw]]:
    low, high = record.value_min, record.value_max
    if low is not None and high is not None and low > high:
        return record, [
            _Flaw(
                "resultValueMax",
                str(high),
                "reversed_range",
                f"resultValueMax is less than resultValueMin ({low}).",
                "Exchange the two values.",
            )
        ]
    return record, []


def _check_objective(_: _Reading, record: Any) -> tuple[Any, list[_Flaw]]:
    try:
        key = objective_key(record.source, record.objective_id)
    except BadCell as bad:
        column = "learningObjectiveId"
        return record, [_Flaw(column, record.objective_id, bad.code, bad.reason, bad.fix)]
    return record if key == record.objective_id else replace(record, objective_id=key), []


_Check = Callable[[_Reading, Any], tuple[Any, list[_Flaw]]]

_CHECKS: Final[Mapping[str, _Check]] = {
    "academicSessions": _check_session,
    "users": _check_user,
    "roles": _check_period,
    "enrollments": _check_period,
    "lineItems": _check_line_item,
    "results": _Reading.check_result,
    "lineItemLearningObjectiveIds": _check_objective,
    "resultLearningObjectiveIds": _check_objective,
}

_WITH_PARENTS: Final = frozenset({"orgs", "academicSessions"})


def _milder(report: Report) -> Report:
    """What is wrong where nothing is kept refuses nothing."""

    def milder(row: int | None, *, severity: Severity = "error", **said: str) -> None:
        report(row, severity="warning", **said)

    return cast(Report, milder)


def _report_cell(
    report: Report,
    number: int,
    column: str,
    cell: str,
    bad: BadCell,
    *,
    severity: Severity = "error",
) -> None:
    report(
        number,
        column=column,
        value=cell,
        code=bad.code,
        reason=bad.reason.replace("{column}", column),
        fix=bad.fix,
        severity=severity,
    )


def _report_double(report: Report, number: int, sourced_id: str, other: int) -> None:
    report(
        number,
        column="sourcedId",
        value=sourced_id,
        code="duplicate",
        reason=f"Row {other} has the same sourcedId.",
        fix="Keep the one of the two rows that is right.",
    )


def _report_blank(
    report: Report, number: int, column: str, *, severity: Severity = "error"
) -> None:
    report(
        number,
        column=column,
        code="required",
        reason=f"{column} is blank, but is required.",
        fix=f"Fill in {column}.",
        severity=severity,
    )


def _reversed(begins_on: date | None, ends_on: date | None) -> list[_Flaw]:
    if begins_on is None or ends_on is None or begins_on <= ends_on:
        return []
    return [
        _Flaw(
            "endDate",
            ends_on.isoformat(),
            "reversed_dates",
            f"endDate is before the first day, {begins_on.isoformat()}.",
            "Exchange or correct the two days.",
        )
    ]


def _class_differs(record: ResultRecord, item: LineItemRecord) -> _Flaw:
    return _Flaw(
        "classSourcedId",
        record.class_id,
        "class_differs",
        f"The line item belongs to class {item.class_id[:64]}, not to this one.",
        "Name the class of the line item, or leave classSourcedId blank.",
    )


def _out_of_range(record: ResultRecord, item: LineItemRecord) -> Iterator[_Flaw]:
    score, low, high = record.score, item.value_min, item.value_max
    if score is None:
        return
    if (low is not None and score < low) or (high is not None and score > high):
        bounds = f"{'' if low is None else low} to {'' if high is None else high}"
        yield _Flaw(
            "score",
            str(score),
            "out_of_range",
            f"The score is outside the range of its line item, {bounds}.",
            "Correct the score, or the range in lineItems.csv.",
        )


def _in_circles(known: Mapping[str, Any]) -> set[str]:
    """The keys whose chain of parents comes back to themselves."""
    done: set[str] = set()
    circles: set[str] = set()
    for start in known:
        chain: dict[str, int] = {}
        key = start
        while key in known and key not in done and key not in chain:
            chain[key] = len(chain)
            key = known[key].parent_id
        if key in chain:
            circles.update(list(chain)[chain[key] :])
        done.update(chain)
    return circles
