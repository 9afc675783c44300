"""Reads Canvas's SIS CSV: a folder, a zip of it, or one of its files.

What a file holds is told by its columns, as Canvas tells it. Its rows add to what came before:
what is absent stays, and what is gone says so itself; unless somebody knows that all is there.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Final

from registrar.readers import canvas_bundle, roster_flaws
from registrar.readers.archive import Files, Limits
from registrar.readers.canvas_layout import (
    CHANGED_IDS,
    FILES,
    UNUSED,
    EnrollmentRow,
    File,
    TermRow,
    UserRow,
)
from registrar.readers.cells import BadCell, read_key
from registrar.readers.errors import Unreadable
from registrar.readers.oneroster_header import check_needed
from registrar.readers.problems import Problems
from registrar.readers.records import Bundle, Mode
from registrar.readers.roster_flaws import Flaw
from registrar.readers.roster_keys import joined
from registrar.readers.roster_rows import Cells, Check, FileReading, Gathered, Place, Standing
from registrar.readers.sheet import Report, Sheet

_HEADER_BYTES: Final = 1 << 16
_IDS_CHANGE: Final = Unreadable(
    "changed_ids",
    "It says that ids change, which is not followed: whoever has another id would come in anew.",
    "Leave the file out once the ids here are changed too; people who come twice are joined at "
    "the desk, under “Same people”.",
)

Kinds = Mapping[str, list[str]]


def kinds(files: Files) -> Kinds:
    """The files of each kind by their names; empty where none is of Canvas's."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in _sheets(files):
        with suppress(Unreadable):  # it is told of when all are read
            if kind := _kind(_header(files, name)):
                found[kind].append(name)
    return found


def read_files(
    files: Files, found: Kinds, mode: Mode, problems: Problems, limits: Limits
) -> Bundle:
    """Read the files, of the kinds that were found. Nothing is raised for what is wrong in them."""
    return _Reading(files, found, mode, problems, limits).bundle()


class _Reading:
    """Files being read, kind by kind."""

    def __init__(
        self, files: Files, found: Kinds, mode: Mode, problems: Problems, limits: Limits
    ) -> None:
        self._files = files
        self._found = found
        self._mode = mode
        self._problems = problems
        self._limits = limits
        self._gathered = Gathered()

    def bundle(self) -> Bundle:
        for kind, file in FILES.items():
            if kind in self._found:
                self._read_kind(kind, file)
        self._tell_of_others()
        named = {kind: self._name(kind) for kind in FILES}
        modes = dict.fromkeys(self._found, self._mode)
        return canvas_bundle.made(self._gathered, named, modes, self._problems)

    def _name(self, kind: str) -> str:
        """What a kind's file is called here; where there are several, what Canvas calls it."""
        names = self._found.get(kind, [])
        is_one = len(names) == 1 and names[0].endswith(".csv")
        return names[0] if is_one else FILES[kind].layout.file

    def _read_kind(self, kind: str, file: File) -> None:
        rows = FileReading(
            file.layout,
            self._gathered,
            key_of=_KeyOf(file).key,
            standing_of=_standing,
            check=_CHECKS.get(kind),
        )
        for name in self._found[kind]:
            called = name if name.endswith(".csv") else file.layout.file
            try:
                self._read_file(name, file, rows, self._problems.of(called))
            except Unreadable as error:
                self._problems.fatal(called, error)

    def _read_file(self, name: str, file: File, rows: FileReading, report: Report) -> None:
        with self._files.open(name) as stream:
            sheet = Sheet(stream, report=report, max_rows=self._limits.rows)
            sheet.header = [_folded(column) for column in sheet.header]
            _check_columns(sheet.header, file, report)
            try:
                rows.read(sheet, report)
            finally:
                self._gathered.row_counts[file.layout.file] += sheet.data_rows
                self._gathered.refused_counts[file.layout.file] += sheet.damaged_rows

    def _tell_of_others(self) -> None:
        """Say of each file that is left why nothing is kept of it."""
        read = {name for names in self._found.values() for name in names}
        for name in sorted(set(_sheets(self._files)) - read):
            try:
                self._tell_of(name, _header(self._files, name))
            except Unreadable as error:
                self._problems.fatal(name, error)

    def _tell_of(self, name: str, header: list[str]) -> None:
        warn = partial(self._problems.add, name, severity="warning")
        if not CHANGED_IDS.isdisjoint(header):
            if _has_rows(self._files, name):
                raise _IDS_CHANGE
        elif why := next((why for column, why in UNUSED.items() if column in header), ""):
            warn(
                code="not_used",
                reason=f"Nothing is read of {name[:64]}, because {why}.",
                fix="Nothing need be done; the file may also be left out.",
            )
        else:
            warn(
                code="unknown_file",
                reason=f"{name[:64]} has the columns of no file of Canvas's; it is not read.",
                fix="Correct its header, or leave it out.",
            )


# Headers


def _sheets(files: Files) -> list[str]:
    return sorted(name for name in files.names if name.lower().endswith(".csv") or _is_alone(files))


def _is_alone(files: Files) -> bool:
    """Whether it is a single file, which may have any name."""
    return len(files.names) == 1


def _header(files: Files, name: str) -> list[str]:
    with files.open(name) as stream:
        line = stream.readline(_HEADER_BYTES).decode("utf-8-sig", "replace")
    try:
        return [_folded(column) for column in next(csv.reader([line]), [])]
    except csv.Error:
        return []


def _has_rows(files: Files, name: str) -> bool:
    with files.open(name) as stream:
        stream.readline(_HEADER_BYTES)
        return bool(stream.read(_HEADER_BYTES).strip())


def _folded(column: str) -> str:
    """The name of a column as Canvas compares it."""
    return column.strip().lower()


def _kind(header: list[str]) -> str:
    return next((kind for kind, file in FILES.items() if file.is_told_by(header)), "")


def _check_columns(header: list[str], file: File, report: Report) -> None:
    wanted = [column.name for column in file.layout.taken if column.need == "required"]
    unknown = [name for name in header if name not in file.layout.header]
    check_needed(header, wanted, unknown, report, example=[file.layout.key, *wanted])


# Rows


class _KeyOf:
    """By what a row is known: of each part of the key the first column that is filled in."""

    def __init__(self, file: File) -> None:
        self._key = file.key

    def key(self, number: int, cells: Cells, place: Place, report: Report) -> str:
        parts = [self._part(names, cells, place) for names in self._key]
        if not parts[0]:
            roster_flaws.report_blank(report, number, " or ".join(reversed(self._key[0])))
            return ""
        try:
            return joined(*map(read_key, parts)) if any(parts[1:]) else read_key(parts[0])
        except BadCell as bad:
            roster_flaws.report_cell(report, number, self._key[0][0], parts[0], bad)
            return ""

    @staticmethod
    def _part(names: Iterable[str], cells: Cells, place: Place) -> str:
        filled = (cells[place[name]] for name in names if name in place)
        return next((cell for cell in filled if cell), "")


def _standing(number: int, cells: Cells, place: Place, report: Report) -> Standing:
    """Whether the row says that it is gone; which words there are is the column's to know."""
    status = cells[place["status"]] if "status" in place else ""
    return Standing(_folded(status) == "deleted")


def _check_user(_: Gathered, row: UserRow) -> tuple[object, list[Flaw]]:
    if row.first_name or row.last_name or row.full_name or row.sortable_name or row.deleted:
        return row, []
    reason = "No name is filled in."
    return row, [Flaw("full_name", "", "required", reason, "Fill in first_name and last_name.")]


def _check_enrollment(_: Gathered, row: EnrollmentRow) -> tuple[object, list[Flaw]]:
    flaws = []
    if not (row.user_id or row.user_integration_id):
        flaws.append(Flaw("user_id", "", "required", "Nobody is named.", "Fill in user_id."))
    if not (row.role or row.role_id):
        flaws.append(Flaw("role", "", "required", "No role is named.", "Fill in role."))
    return row, [*flaws, *roster_flaws.reversed_days(row.starts_on, row.ends_on, "end_date")]


def _check_term(_: Gathered, row: TermRow) -> tuple[object, list[Flaw]]:
    flaws = roster_flaws.reversed_days(row.starts_on, row.ends_on, "end_date")
    if not (row.name or row.override):
        flaws.append(roster_flaws.blank("name"))
    return row, flaws


_CHECKS: Final[Mapping[str, Check]] = {
    "terms": _check_term,
    "users": _check_user,
    "enrollments": _check_enrollment,
}
