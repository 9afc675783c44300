"""Rows of a roster's files become records: each is taken or refused, its references followed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

from registrar.readers import roster_flaws
from registrar.readers.cells import BadCell
from registrar.readers.records import Severity
from registrar.readers.roster_flaws import Flaw
from registrar.readers.roster_layout import Column, Layout
from registrar.readers.sheet import Report, Sheet

Place = Mapping[str, int]
Cells = list[str]


class Standing(NamedTuple):
    """What a row says of itself: whether it is gone, and since when it is so."""

    deleted: bool
    changed_at: datetime | None = None


KeyOf = Callable[[int, Cells, Place, Report], str]
StandingOf = Callable[[int, Cells, Place, Report], Standing | None]
Check = Callable[["Gathered", Any], tuple[Any, list[Flaw]]]


class Gathered:
    """The records of a roster's files so far, by file and key, and the rows that were refused."""

    def __init__(self) -> None:
        self.known: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self.refused: defaultdict[str, dict[str, int]] = defaultdict(dict)
        # Files that have all there is: what leads to nothing in them leads to nothing at all.
        self.complete: set[str] = set()
        self.students: defaultdict[str, set[str]] = defaultdict(set)
        self.row_counts: Counter[str] = Counter()
        self.refused_counts: Counter[str] = Counter()

    def records(self, name: str) -> list[Any]:
        """The good rows of a file."""
        return list(self.known[name].values())

    def refuse(self, layout: Layout, number: int, key: str) -> None:
        """Count a row as refused; what leads to it is told so."""
        self.refused_counts[layout.file] += 1
        self.refused[layout.name].setdefault(key, number)

    def referred(self, column: Column, value: Any) -> Any:
        """The same key or keys, sharing the strings of the records they lead to."""
        if isinstance(value, tuple):
            return tuple(self._key_of(column.refers_to, key) for key in value)
        return self._key_of(column.refers_to, value)

    def _key_of(self, target: str, key: str) -> str:
        record = self.known[target].get(key)
        if record is not None:
            return cast(str, record.sourced_id)
        if target not in self.complete:
            return key
        if (row := self.refused[target].get(key)) is not None:
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

    def clear_parents(self, layout: Layout, report: Report) -> None:
        """Clear the parents that are not there, or that lead in a circle, with a warning.

        Nothing that is read depends on them, so their absence should not cost the row. A file that
        has not all there is is left alone: only what is held tells where its parents lead.
        """
        if layout.name not in self.complete:
            return
        known = self.known[layout.name]
        column = next(each.name for each in layout.taken if each.field == "parent_id")
        circles = in_circles({key: record.parent_id for key, record in known.items()})
        cleared = {key: "leads in a circle" for key in circles}
        for key, record in known.items():
            if record.parent_id and record.parent_id not in known:
                cleared[key] = "leads to nothing in this file"
        for key in sorted(cleared, key=lambda key: known[key].row):
            record = known[key]
            report(
                record.row,
                column=column,
                value=record.parent_id,
                code="circle" if key in circles else "unknown_reference",
                reason=f"{column} {cleared[key]}; it counts as blank.",
                fix="Correct it, or leave it blank.",
                severity="warning",
            )
            known[key] = replace(record, parent_id="")


class FileReading:
    """Files of one kind being read: each row becomes a record, or is refused and reported."""

    def __init__(
        self,
        layout: Layout,
        gathered: Gathered,
        *,
        key_of: KeyOf,
        standing_of: StandingOf,
        check: Check | None = None,
    ) -> None:
        self._layout = layout
        self._gathered = gathered
        self._key_of = key_of
        self._standing_of = standing_of
        self._check = check
        self._report: Report
        # What the rows said, hashed, by key; and the keys of earlier files.
        self._said_by: dict[str, int] = {}
        self._earlier: frozenset[str] = frozenset()

    def read(self, sheet: Sheet, report: Report) -> None:
        """Read all rows. Raises Unreadable, also midway, where the file is too damaged for that."""
        self._report = report
        self._earlier = frozenset(self._said_by)
        place = {name: index for index, name in enumerate(sheet.header)}
        columns = [(place.get(column.name), column) for column in self._layout.taken]
        for number, cells in sheet.rows():
            key = self._key_of(number, cells, place, report)
            if not (key and self._is_repeated(number, key, cells)):
                self._take(number, key, cells, place, columns)

    def _take(
        self,
        number: int,
        key: str,
        cells: Cells,
        place: Place,
        columns: list[tuple[int | None, Column]],
    ) -> None:
        layout, gathered = self._layout, self._gathered
        standing = self._standing_of(number, cells, place, self._report) if key else None
        values, good = self._values(columns, cells, number)
        if standing is None or not good or key in gathered.refused[layout.name]:
            gathered.refuse(layout, number, key)
            return
        record = layout.record(key, **values, row=number, **standing._asdict())
        if self._check is not None:
            record, flaws = self._check(gathered, record)
            for flaw in flaws:
                self._report(number, **flaw._asdict())
            if flaws:
                gathered.refuse(layout, number, key)
                return
        gathered.known[layout.name][key] = record

    def _is_repeated(self, number: int, key: str, cells: Cells) -> bool:
        """Whether this very row has been read before.

        One that says something else under the same key costs both: nobody knows which of them is
        right.
        """
        layout, gathered = self._layout, self._gathered
        says = hash(tuple(cells))
        before = self._said_by.setdefault(key, says)
        record = gathered.known[layout.name].get(key)
        first = record.row if record else gathered.refused[layout.name].get(key)
        if first is None:
            return False
        if before == says and record:
            roster_flaws.report_repeated(self._report, layout, number, key, first)
            return True
        if record:
            if key not in self._earlier:
                roster_flaws.report_double(self._report, layout, first, key, f"Row {number}")
            del gathered.known[layout.name][key]
            gathered.refuse(layout, first, key)
        where = " of an earlier file" if key in self._earlier else ""
        roster_flaws.report_double(self._report, layout, number, key, f"Row {first}{where}")
        return False

    def _values(
        self, columns: list[tuple[int | None, Column]], cells: Cells, number: int
    ) -> tuple[dict[str, Any], bool]:
        values: dict[str, Any] = {}
        good = True
        for index, column in columns:
            cell = cells[index] if index is not None else ""
            if not cell:
                values[column.field] = column.kind.blank
                if column.need != "optional":
                    severity: Severity = "error" if column.need == "required" else "warning"
                    roster_flaws.report_blank(self._report, number, column.name, severity=severity)
                    good = good and severity != "error"
                continue
            try:
                value = column.kind.parse(cell)
                if column.refers_to:
                    value = self._gathered.referred(column, value)
                values[column.field] = value
            except BadCell as bad:
                severity = "warning" if column.lenient else "error"
                roster_flaws.report_cell(
                    self._report, number, column.name, cell, bad, severity=severity
                )
                values[column.field] = column.kind.blank
                good = good and column.lenient
        return values, good


WITH_PARENTS: Final = frozenset({"orgs", "academicSessions"})


def in_circles(parents: Mapping[str, str | None]) -> set[str]:
    """The keys whose chain of parents comes back to themselves."""
    done: set[str] = set()
    circles: set[str] = set()
    for start in parents:
        chain: dict[str, int] = {}
        key = start
        while key in parents and key not in done and key not in chain:
            chain[key] = len(chain)
            key = parents[key] or ""
        if key in chain:
            circles.update(list(chain)[chain[key] :])
        done.update(chain)
    return circles
