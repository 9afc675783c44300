"""Reads a OneRoster CSV bundle, 1.2 or 1.1: a folder, or a zip of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from registrar.readers import archive, oneroster_checks, oneroster_manifest, roster_flaws
from registrar.readers.archive import Files, Limits
from registrar.readers.cells import BadCell, read_key, read_moment
from registrar.readers.errors import Unreadable
from registrar.readers.oneroster_header import check_header
from registrar.readers.oneroster_layout import COMMON, WITH_LINE_BREAKS
from registrar.readers.oneroster_manifest import MANIFEST, Manifest
from registrar.readers.problems import Problems
from registrar.readers.records import Bundle
from registrar.readers.roster_layout import Layout
from registrar.readers.roster_rows import (
    WITH_PARENTS,
    Cells,
    FileReading,
    Gathered,
    Place,
    Standing,
)
from registrar.readers.sheet import Report, Sheet

# Which records of a bundle come from which file.
_RECORDS: Final[Mapping[str, str]] = {
    "orgs": "orgs",
    "sessions": "academicSessions",
    "courses": "courses",
    "classes": "classes",
    "users": "users",
    "roles": "roles",
    "enrollments": "enrollments",
    "categories": "categories",
    "line_items": "lineItems",
    "results": "results",
    "line_item_objectives": "lineItemLearningObjectiveIds",
    "result_objectives": "resultLearningObjectiveIds",
}


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
            return read_files(files, problems, limits)
    except Unreadable as error:
        problems.fatal(path.name, error)
        return Bundle(problems=problems.listed(), problem_counts=dict(problems.counts))


def read_files(files: Files, problems: Problems, limits: Limits) -> Bundle:
    """Read the files of a bundle, as `read` does. Raises Unreadable where an archive is damaged."""
    try:
        manifest = oneroster_manifest.read(files, problems)
    except Unreadable as error:
        problems.fatal(MANIFEST, error)
        return Bundle(problems=problems.listed(), problem_counts=dict(problems.counts))
    return _Reading(files, manifest, problems, limits).bundle()


class _Reading:
    """One bundle being read, file by file."""

    def __init__(
        self, files: Files, manifest: Manifest, problems: Problems, limits: Limits
    ) -> None:
        self._files = files
        self._manifest = manifest
        self._problems = problems
        self._limits = limits
        self._gathered = Gathered()

    def bundle(self) -> Bundle:
        for name in self._manifest.modes:
            self._read_file(self._manifest.version.layouts[name])
        records: dict[str, Any] = {
            field: self._gathered.records(name) for field, name in _RECORDS.items()
        }
        return Bundle(
            version=self._manifest.version.name,
            source_code=self._manifest.source_code,
            source_name=self._manifest.source_name,
            modes=self._manifest.modes,
            **records,
            problems=self._problems.listed(),
            problem_counts=dict(self._problems.counts),
            rows=dict(self._gathered.row_counts),
            refused=dict(self._gathered.refused_counts),
            file_names=self._manifest.version.file_names,
            column_names=self._manifest.version.column_names,
        )

    def _read_file(self, layout: Layout) -> None:
        called = self._manifest.version.file_names.get(layout.file, layout.file)
        report = self._problems.of(called)
        why_not = self._manifest.version.only_checked.get(layout.name)
        if why_not is not None:
            report = roster_flaws.milder(report)
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
                self._problems.fatal(called, error)
            else:
                report(None, code=error.code, reason=error.reason, fix=error.fix)
        else:
            if self._manifest.modes[layout.name] == "bulk":
                self._gathered.complete.add(layout.name)
        if sheet is not None:
            self._gathered.row_counts[layout.file] = sheet.data_rows
            self._gathered.refused_counts[layout.file] += sheet.damaged_rows
        if why_not is not None and self._gathered.known[layout.name]:
            self._say_not_used(layout, why_not)
        if layout.name in WITH_PARENTS:
            self._gathered.clear_parents(layout, report)
        if layout.name == "enrollments":
            oneroster_checks.note_students(self._gathered)

    def _read_rows(self, layout: Layout, sheet: Sheet, report: Report) -> None:
        rows = FileReading(
            layout,
            self._gathered,
            key_of=_sourced_id,
            standing_of=_Common(
                layout,
                is_delta=self._manifest.modes[layout.name] == "delta",
                gone=self._manifest.version.gone,
            ).standing,
            check=self._manifest.version.checks.get(layout.name),
        )
        rows.read(sheet, report)

    def _say_not_used(self, layout: Layout, why: str) -> None:
        self._problems.add(
            layout.file,
            code="not_used",
            reason=f"Read, not used: {len(self._gathered.known[layout.name]):,} rows, because "
            f"{why}.",
            fix="Nothing need be done; the file may also be left out.",
            severity="warning",
        )


def _sourced_id(number: int, cells: Cells, place: Place, report: Report) -> str:
    """The key of a row; blank when it has none that is good."""
    cell = cells[place["sourcedId"]]
    try:
        sourced_id = read_key(cell)
    except BadCell as bad:
        roster_flaws.report_cell(report, number, "sourcedId", cell, bad)
        return ""
    if not sourced_id:
        roster_flaws.report_blank(report, number, "sourcedId")
    return sourced_id


class _Common:
    """The columns that every file begins with: whether a row is gone, and since when it is so."""

    def __init__(self, layout: Layout, *, is_delta: bool, gone: frozenset[str]) -> None:
        self._layout = layout
        self._is_delta = is_delta
        self._gone = gone
        self._has_said_so = False

    def standing(self, number: int, cells: Cells, place: Place, report: Report) -> Standing | None:
        """What the row says of itself, or None (reported) when it is refused."""
        _, status, changed = (cells[place[name]] for name in COMMON)
        if not status and not changed and not self._is_delta:
            return Standing(False)
        if not self._is_delta:
            self._say_once(number, report)
        is_gone = status in self._gone
        if not is_gone and status != "active" and (status or self._is_delta):
            gone = " or ".join(sorted(self._gone))
            report(
                number,
                column="status",
                value=status,
                code="bad_word" if status else "required",
                reason=f"status is not active, nor {gone}.",
                fix=f"Write active, or {gone}.",
            )
            return None
        if not changed and self._is_delta:
            roster_flaws.report_blank(report, number, "dateLastModified")
            return None
        try:
            changed_at = read_moment(changed) if changed else None
        except BadCell as bad:
            roster_flaws.report_cell(report, number, "dateLastModified", changed, bad)
            return None
        return Standing(is_gone, changed_at)

    def _say_once(self, number: int, report: Report) -> None:
        if self._has_said_so:
            return
        self._has_said_so = True
        report(
            None,
            code="status_in_bulk",
            reason=f"{self._layout.file} is bulk, but has status or dateLastModified from row "
            f"{number} on.",
            fix="Leave both columns blank, or say delta in the manifest.",
            severity="warning",
        )
