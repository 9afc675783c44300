"""Compares a roster with what is held: what would be new, changed, retired. Writes nothing."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, Q

from registrar.models import Enrolment
from registrar.readers.records import Bundle, Problem
from registrar.readers.roster_rows import in_circles
from registrar.services.feeding import roster_links
from registrar.services.feeding.roster_links import Links
from registrar.services.feeding.roster_report import PlanReport, there
from registrar.services.feeding.roster_scope import Scope
from registrar.services.feeding.roster_tables import (
    ENROLLMENTS,
    LINE_ITEM_OBJECTIVES,
    ROLES,
    TABLES,
    USERS,
    Column,
    Table,
)
from registrar.services.feeding.staged_rows import Row, Rows
from registrar.services.learners import same_people
from registrar.services.learners.same_people import Match

# So many of what is new, changed or retired in a file are named.
EXAMPLES: Final = 5
# So many sourced ids are asked for in one query.
_QUERY = 10_000

Values = tuple[Any, ...]
Tally = Mapping[tuple[str, Any], int]
_T = TypeVar("_T")


class Held(NamedTuple):
    """A row of ours: key, values in the order of the table's columns, whether it is gone."""

    pk: int
    values: Values
    gone: bool


@dataclass(slots=True)
class Changes:
    """What a file changes in its table, by sourced id."""

    new: dict[str, Values] = field(default_factory=dict)
    changed: dict[str, Values] = field(default_factory=dict)
    retired: list[str] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """What becomes of the good rows of a file, and how much is wrong with the others.

    A good row that changes nothing is unchanged, also if nothing of its own is kept of it, as of
    a role. What is retired by being absent from a bulk file comes on top.
    """

    new: int = 0
    changed: int = 0
    retired: int = 0
    unchanged: int = 0
    errors: int = 0
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a roster would change. Plans with the same fingerprint change the same.

    Files are called as they are where the roster comes from. `living` tells how many rows are held
    where a file tells of some of them alone, and retires any. `examples` are the first sourcedIds
    of what is new, changed and retired; of what is changed with the columns that say another.
    """

    source: str
    changes: Mapping[str, Changes]
    teachers: Links
    outcomes: Links
    counts: Mapping[str, Counts]
    problems: tuple[Problem, ...]
    is_fatal: bool
    fingerprint: str
    living: Mapping[str, int] = field(default_factory=dict)
    matches: tuple[Match, ...] = ()
    examples: Mapping[str, dict[str, list[Any]]] = field(default_factory=dict)

    @property
    def problem_count(self) -> int:
        """All problems, also those beyond the number that `problems` lists."""
        return sum(count.errors + count.warnings for count in self.counts.values())

    def counts_as_json(self) -> dict[str, dict[str, int]]:
        """The counts per file, as they are kept and shown."""
        return {file: asdict(count) for file, count in self.counts.items()}


def compare(bundle: Bundle, *, source: str) -> Plan:
    """Plan what the bundle changes among what came from the source before.

    Absence from a bulk file retires only what belongs to the offerings that the bundle names:
    enrolments, line items, results, the teachers and outcomes linked there, and learners who
    learn in no other offering of the source. Courses retire only when a delta says so; units,
    terms and offerings are always kept. Where a row of a file was refused, absences retire
    nothing.
    """
    if bundle.is_fatal:
        return Plan(
            source=source,
            changes={},
            teachers=Links(),
            outcomes=Links(),
            counts=_with_problems({}, [bundle.problem_counts]),
            problems=tuple(bundle.problems),
            is_fatal=True,
            fingerprint="",
        )
    return _Comparison(bundle, source).plan()


class _Comparison:
    """One bundle being compared with the database."""

    def __init__(self, bundle: Bundle, source: str) -> None:
        self._bundle = bundle
        self._source = source
        self._matches = same_people.match(source, bundle.users)
        self._taken_over = same_people.taken_over(self._matches)
        self._rows = Rows(bundle, source, taken_over=self._taken_over)
        self._scope = Scope(bundle, source)
        self._report = PlanReport(bundle)
        self._changes: dict[str, Changes] = {}
        # People of this source who are learners of another one, by their id here.
        self._joined = same_people.joined(source)
        self._joined |= {
            each.sourced_id: each.learner
            for each in self._matches
            if not each.doubt and each.sourced_id not in self._taken_over
        }
        self._ids_here = {pk: sourced_id for sourced_id, pk in self._joined.items()}

    def plan(self) -> Plan:
        for file, number, column, value in self._rows.orphans:
            self._report.left_out[file] += 1
            self._report.orphan(file, number, column, value)
        ids = self._ids_by_file()
        for table in TABLES.values():
            self._compare_table(table, ids[table.file])
        known = {file: changes.held.keys() | changes.new for file, changes in self._changes.items()}
        teachers = roster_links.teachers(self._scope, self._report, known)
        outcomes = roster_links.outcomes(self._scope, self._report, known, self._rows)
        self._report.of_rows(self._rows)
        self._report.doubts(self._matches)
        self._report.shared_numbers(self._rows)
        self._report.known_numbers(self._bundle.users, self._source)
        counts = self._counts({ENROLLMENTS: teachers, LINE_ITEM_OBJECTIVES: outcomes})
        tallies = [self._bundle.problem_counts, self._report.problems.counts]
        return Plan(
            source=self._source,
            changes=self._changes,
            teachers=teachers,
            outcomes=outcomes,
            counts=_with_problems(_named(counts, self._bundle), tallies),
            problems=(*self._bundle.problems, *self._report.problems.listed()),
            is_fatal=False,
            fingerprint=_fingerprint(self._changes, self._matches, teachers, outcomes),
            living=_named(dict(self._living(counts)), self._bundle),
            matches=tuple(self._matches),
            examples=_named(dict(self._examples()), self._bundle),
        )

    def _examples(self) -> Iterator[tuple[str, dict[str, list[Any]]]]:
        for file, changes in self._changes.items():
            found: dict[str, list[Any]] = {
                "new": list(islice(changes.new, EXAMPLES)),
                "changed": [
                    [sourced_id, self._differing(file, changes, sourced_id)]
                    for sourced_id in islice(changes.changed, EXAMPLES)
                ],
                "retired": changes.retired[:EXAMPLES],
            }
            if any(found.values()):
                yield file, {kind: each for kind, each in found.items() if each}

    def _differing(self, file: str, changes: Changes, sourced_id: str) -> list[str]:
        """The columns, as they are called there; none of what was gone and comes back as it was."""
        before, values = changes.held[sourced_id].values, changes.changed[sourced_id]
        return [
            self._bundle.column_names.get((file, column.name), column.name)
            for column, old, new in zip(TABLES[file].columns, before, values, strict=True)
            if old != new
        ]

    # Tables

    def _ids_by_file(self) -> dict[str, set[str]]:
        """The sourced ids that matter: those of each file's own rows, and those referred to."""
        ids: dict[str, set[str]] = defaultdict(set)
        for file, table in TABLES.items():
            rows = self._rows.by_file[file]
            ids[file].update(rows)
            for index, column in enumerate(table.columns):
                if column.refers_to:
                    referred = (row.values[index] for row in rows.values())
                    ids[column.refers_to].update(value for value in referred if value)
        return ids

    def _compare_table(self, table: Table, ids: Collection[str]) -> None:
        rows = self._rows.by_file[table.file]
        held, listed = self._held(table, ids)
        changes = self._changes[table.file] = Changes(held=held)
        limits = [_limit(table, column) for column in table.columns]
        for sourced_id, row in rows.items():
            if table.file == USERS and sourced_id in self._joined:
                continue
            before = held.get(sourced_id)
            if row.deleted:
                if table.gone and before is not None and not before.gone:
                    changes.retired.append(sourced_id)
                continue
            values = self._kept_values(table, limits, row)
            if values is None:
                self._report.left_out[table.file] += 1
            elif before is None:
                changes.new[sourced_id] = values
            elif before.gone or before.values != values:
                changes.changed[sourced_id] = values
        self._leave_out_circles(table, changes, rows)
        is_there = there(self._rows, table.file)
        absent = sorted(key for key in listed if key not in is_there and not held[key].gone)
        involved = {table.file, ROLES, ENROLLMENTS} if table.file == USERS else {table.file}
        changes.retired.extend(self._report.retirable(table.file, absent, involved))

    def _leave_out_circles(self, table: Table, changes: Changes, rows: Mapping[str, Row]) -> None:
        """Leave out the rows whose parents would lead back to themselves, by whatever way.

        What was put under a row of another source stays there, unless the roster tells a parent.
        """
        place = next((i for i, c in enumerate(table.columns) if c.refers_to == table.file), None)
        given = changes.new | changes.changed
        if place is None or not given:
            return
        column = table.columns[place]
        held = table.rows().values_list("pk", "source", "sourced_id", column.attribute)
        names = {
            pk: _own(sourced_id) if source == self._source else f"{pk}"
            for pk, source, sourced_id, _ in held
        }
        parents = {names[pk]: names.get(parent) for pk, *_, parent in held}
        for key, values in given.items():
            put = parents.get(_own(key))
            stays = put is not None and put.isdigit()
            parents[_own(key)] = _own(values[place]) if values[place] else put if stays else None
        circles = in_circles(parents)
        closing = [key for key in given if _own(key) in circles]
        for key in sorted(closing, key=lambda key: rows[key].number):
            changes.new.pop(key, None)
            changes.changed.pop(key, None)
            self._report.circle(table.file, rows[key].number, column.name, given[key][place])
        self._clear_parents(table, changes, rows, place)

    def _clear_parents(
        self, table: Table, changes: Changes, rows: Mapping[str, Row], place: int
    ) -> None:
        """Clear the parents that are new and were left out."""
        for kept in (changes.new, changes.changed):
            for key, values in kept.items():
                parent = values[place]
                if parent and parent not in changes.held and parent not in changes.new:
                    name = table.columns[place].name
                    self._report.orphan(table.file, rows[key].number, name, parent, blank=True)
                    kept[key] = (*values[:place], None, *values[place + 1 :])

    def _held(self, table: Table, ids: Collection[str]) -> tuple[dict[str, Held], list[str]]:
        """The rows of ours that matter, and the ids of those that the file lists in full."""
        ours = table.rows().filter(source=self._source).order_by()
        columns = ["sourced_id", "pk", *(column.path for column in table.columns)]
        if table.gone:
            columns.append(table.gone)

        learner = next((i for i, c in enumerate(table.columns) if c.refers_to == USERS), None)
        if learner is not None:
            columns.append("learner_id")

        own = next((i for i, c in enumerate(table.columns) if c.refers_to == table.file), None)
        if own is not None:
            columns.append(table.columns[own].path.replace("sourced_id", "source"))

        def read(rows: models.QuerySet[Any]) -> Iterator[tuple[str, Held]]:
            for sourced_id, pk, *values in rows.values_list(*columns):
                # Under what another source brought it was put here.
                if own is not None and values.pop() != self._source:
                    values[own] = None
                if learner is not None:
                    values[learner] = self._ids_here.get(values.pop(), values[learner])
                gone = bool(values.pop()) if table.gone else False
                yield sourced_id, Held(pk, tuple(values), gone)

        scope = self._listed(table)
        held = {} if scope is None else dict(read(ours.filter(scope)))
        listed = list(held)
        others = [key for key in ids if key not in held]
        for start in range(0, len(others), _QUERY):
            held.update(read(ours.filter(sourced_id__in=others[start : start + _QUERY])))
        if table.file == USERS:
            ids_here = {learner.pk: key for key, learner in self._taken_over.items()}
            over = table.rows().filter(pk__in=ids_here).order_by()
            held.update({ids_here[each.pk]: each for _, each in read(over)})
            held.update({key: Held(pk, (), False) for key, pk in self._joined.items()})
            listed = [key for key in listed if key not in self._joined]
        return held, listed

    def _listed(self, table: Table) -> Q | None:
        """Which rows of ours the bundle lists in full, if it does."""
        if not self._scope.is_bulk(table.file):
            return None
        if table.file == USERS:
            return self._learners_here() if self._scope.is_bulk(ENROLLMENTS) else None
        return self._scope.here(table.offering) if table.offering else None

    def _learners_here(self) -> Q:
        """Learners who learn in the offerings named, and in no other of this source."""
        enrolled = Enrolment.objects.filter(
            learner=OuterRef("pk"), source=self._source, retired_at=None
        )
        here = self._scope.here("offering")
        return Q(Exists(enrolled.filter(here)), ~Exists(enrolled.exclude(here)))

    # One row

    def _kept_values(self, table: Table, limits: list["_Limit | None"], row: Row) -> Values | None:
        """The row's values, or None (reported) if one leads to nothing or does not fit."""
        values = list(row.values)
        good = True
        for index, (column, limit) in enumerate(zip(table.columns, limits, strict=True)):
            value = values[index]
            if value is None:
                continue
            if limit is not None and not limit(value):
                good = False
                self._report.size(table, column, row)
            elif column.refers_to and not self._leads_somewhere(table, column, value):
                may_be_blank = column.optional or (table.file, column.name) in self._bundle.lenient
                self._report.orphan(table.file, row.number, column.name, value, blank=may_be_blank)
                values[index] = None
                good = good and may_be_blank
        return tuple(values) if good else None

    def _leads_somewhere(self, table: Table, column: Column, sourced_id: str) -> bool:
        target = self._changes[column.refers_to]
        if sourced_id in target.held or sourced_id in target.new:
            return True
        # A parent may stand further down in the same file.
        row = self._rows.by_file[table.file].get(sourced_id)
        return column.refers_to == table.file and row is not None and not row.deleted

    # Counts

    def _counts(self, links: Mapping[str, Links]) -> dict[str, Counts]:
        bundle = self._bundle
        counts: dict[str, Counts] = {}
        for name in bundle.modes:
            file = f"{name}.csv"
            changes, link = self._changes.get(file, Changes()), links.get(file, Links())
            rows = self._rows.by_file.get(file, {})
            new = len(changes.new) + len(link.new)
            retired = len(changes.retired) + len(link.retired)
            retired_by_a_row = sum(key in rows for key in changes.retired)
            left_out = bundle.refused.get(file, 0) + self._report.left_out[file]
            good = bundle.rows.get(file, 0) - left_out
            unchanged = good - new - len(changes.changed) - retired_by_a_row
            counts[file] = Counts(new, len(changes.changed), retired, max(unchanged, 0))
        return counts

    def _living(self, counts: Mapping[str, Counts]) -> Iterator[tuple[str, int]]:
        for file, count in counts.items():
            if count.retired and file in TABLES and not self._scope.is_bulk(file):
                yield file, _living(TABLES[file], source=self._source)


def _named(by_file: Mapping[str, _T], bundle: Bundle) -> dict[str, _T]:
    """By what the files are called where the bundle comes from."""
    return {bundle.file_names.get(file, file): each for file, each in by_file.items()}


def _living(table: Table, *, source: str) -> int:
    """How many rows of the table came from the source and are not gone."""
    rows = table.rows().filter(source=source)
    if table.gone == "retired_at":
        rows = rows.filter(retired_at=None)
    return rows.count()


def _own(sourced_id: str) -> str:
    """How a row of the source itself is told from one of another, which goes by its number."""
    return f"sis:{sourced_id}"


_Limit = Callable[[Any], bool]


def _limit(table: Table, column: Column) -> _Limit | None:
    """Whether a value has room in its field; None where every value has."""
    if column.refers_to:
        return None
    model_field = table.model._meta.get_field(column.path)
    if isinstance(model_field, models.CharField):
        longest = model_field.max_length or 0
        return lambda value: len(value) <= longest
    if isinstance(model_field, models.DecimalField):
        bound = 10 ** (model_field.max_digits - model_field.decimal_places)
        return lambda value: abs(value) < bound
    return None


def _with_problems(counts: Mapping[str, Counts], tallies: Iterable[Tally]) -> dict[str, Counts]:
    """The counts with the errors and warnings of each file added to them."""
    total = dict(counts)
    for tally in tallies:
        for (file, severity), number in tally.items():
            count = total.get(file, Counts())
            if severity == "warning":
                total[file] = replace(count, warnings=count.warnings + number)
            else:
                total[file] = replace(count, errors=count.errors + number)
    return total


def _fingerprint(changes: Mapping[str, Changes], matches: list[Match], *links: Links) -> str:
    """A digest of everything that is planned, and of what it replaces."""
    digest = hashlib.sha256()
    for file, change in changes.items():
        replaced = [change.held[key] for key in (*change.changed, *change.retired)]
        digest.update(repr((file, change.new, change.changed, change.retired, replaced)).encode())
    digest.update(repr(matches).encode())
    for link in links:
        digest.update(repr((link.new, link.retired)).encode())
    return digest.hexdigest()
