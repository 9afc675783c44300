"""Compares a roster with what is held: what would be new, changed, retired. Writes nothing."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from registrar.models import Enrolment, LineItem, Offering
from registrar.models.spans import holds_after
from registrar.readers.problems import Problems
from registrar.readers.records import Bundle, Mode, Problem
from registrar.services import same_people
from registrar.services.roster_tables import (
    BY_SOURCED_ID,
    CLASSES,
    ENROLLMENTS,
    LINE_ITEM_OBJECTIVES,
    LINE_ITEMS,
    RESULT_OBJECTIVES,
    ROLES,
    SESSIONS,
    TABLES,
    USERS,
    Column,
    Row,
    Rows,
    Table,
    mode_name,
    offerings_named,
)
from registrar.services.same_people import Match

# So many sourced ids are asked for in one query.
_QUERY = 10_000

Values = tuple[Any, ...]
Link = tuple[str, int]
Tally = Mapping[tuple[str, Any], int]


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


@dataclass(slots=True)
class Links:
    """What changes between rows of two tables: pairs of a sourced id and a key of ours."""

    new: list[Link] = field(default_factory=list)
    retired: list[Link] = field(default_factory=list)


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
    """What a roster would change. Plans with the same fingerprint change the same."""

    source: str
    changes: Mapping[str, Changes]
    teachers: Links
    outcomes: Links
    counts: Mapping[str, Counts]
    problems: tuple[Problem, ...]
    is_fatal: bool
    fingerprint: str
    modes: Mapping[str, Mode] = field(default_factory=dict)
    matches: tuple[Match, ...] = ()

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


def living(file: str, *, source: str) -> int:
    """How many rows of the file's table came from the source and are not gone."""
    table = TABLES[file]
    rows = table.rows().filter(source=source)
    if table.gone == "retired_at":
        rows = rows.filter(retired_at=None)
    return rows.count()


class _Comparison:
    """One bundle being compared with the database."""

    def __init__(self, bundle: Bundle, source: str) -> None:
        self._bundle = bundle
        self._source = source
        self._rows = Rows(bundle, source)
        self._offerings = offerings_named(bundle)
        self._problems = Problems()
        self._left_out = Counter[str]()
        self._changes: dict[str, Changes] = {}
        # People of this source who are learners of another one, by their id here.
        self._matches = same_people.match(source, bundle.users)
        self._joined = same_people.joined(source)
        self._joined |= {each.sourced_id: each.learner for each in self._matches if not each.doubt}
        self._ids_here = {pk: sourced_id for sourced_id, pk in self._joined.items()}

    def plan(self) -> Plan:
        for orphan in self._rows.orphans:
            self._report_orphan(*orphan)
        ids = self._ids_by_file()
        for table in TABLES.values():
            self._compare_table(table, ids[table.file])
        teachers, outcomes = self._teachers(), self._outcomes()
        self._report_unknown_outcomes()
        self._report_kept_days()
        self._report_cut_scores()
        self._report_doubts()
        counts = self._counts(teachers, outcomes)
        return Plan(
            source=self._source,
            changes=self._changes,
            teachers=teachers,
            outcomes=outcomes,
            counts=_with_problems(counts, [self._bundle.problem_counts, self._problems.counts]),
            problems=(*self._bundle.problems, *self._problems.listed()),
            is_fatal=False,
            fingerprint=_fingerprint(self._changes, self._matches, teachers, outcomes),
            matches=tuple(self._matches),
            modes={f"{name}.csv": mode for name, mode in self._bundle.modes.items()},
        )

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
                self._left_out[table.file] += 1
            elif before is None:
                changes.new[sourced_id] = values
            elif before.gone or before.values != values:
                changes.changed[sourced_id] = values
        there = rows.keys() | self._rows.passed_over if table.file == RESULT_OBJECTIVES else rows
        absent = sorted(key for key in listed if key not in there and not held[key].gone)
        changes.retired.extend(self._retirable(table.file, absent))

    def _held(self, table: Table, ids: Collection[str]) -> tuple[dict[str, Held], list[str]]:
        """The rows of ours that matter, and the ids of those that the file lists in full."""
        ours = table.rows().filter(source=self._source).order_by()
        columns = ["sourced_id", "pk", *(column.path for column in table.columns)]
        if table.gone:
            columns.append(table.gone)

        learner = next((i for i, c in enumerate(table.columns) if c.refers_to == USERS), None)
        if learner is not None:
            columns.append("learner_id")

        def read(which: Q) -> Iterator[tuple[str, Held]]:
            for sourced_id, pk, *values in ours.filter(which).values_list(*columns):
                if learner is not None:
                    values[learner] = self._ids_here.get(values.pop(), values[learner])
                gone = bool(values.pop()) if table.gone else False
                yield sourced_id, Held(pk, tuple(values), gone)

        scope = self._scope(table)
        held = {} if scope is None else dict(read(scope))
        listed = list(held)
        others = [key for key in ids if key not in held]
        for start in range(0, len(others), _QUERY):
            held.update(read(Q(sourced_id__in=others[start : start + _QUERY])))
        if table.file == USERS:
            held.update({key: Held(pk, (), False) for key, pk in self._joined.items()})
            listed = [key for key in listed if key not in self._joined]
        return held, listed

    def _scope(self, table: Table) -> Q | None:
        """Which rows of ours the bundle lists in full, if it does."""
        if not self._is_bulk(table.file):
            return None
        if table.file == USERS:
            return self._learners_here() if self._is_bulk(ENROLLMENTS) else None
        return self._here(table.offering) if table.offering else None

    def _learners_here(self) -> Q:
        """Learners who learn in the offerings named, and in no other of this source."""
        enrolled = Enrolment.objects.filter(
            learner=OuterRef("pk"), source=self._source, retired_at=None
        )
        here = self._here("offering")
        return Q(Exists(enrolled.filter(here)), ~Exists(enrolled.exclude(here)))

    def _here(self, path: str) -> Q:
        """What belongs to the offerings that the bundle names."""
        keys = {
            f"{path}__source": self._source,
            f"{path}{BY_SOURCED_ID}__in": self._offerings,
        }
        return Q(**keys)

    def _is_bulk(self, file: str) -> bool:
        return self._bundle.modes.get(mode_name(file)) == "bulk"

    def _retirable(self, file: str, absent: list[Any]) -> list[Any]:
        """What is absent, unless it may only be absent because its row was refused."""
        involved = {file, ROLES, ENROLLMENTS} if file == USERS else {file}
        refused = any(self._bundle.refused.get(name) or self._left_out[name] for name in involved)
        if not absent or not refused:
            return absent
        self._problems.add(
            file,
            code="nothing_retired",
            reason=f"{len(absent):,} that we hold are absent here. As rows were refused, they may "
            "be among those, and none is retired.",
            fix="Mend the refused rows, then read the files again.",
            severity="warning",
        )
        return []

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
                self._report_size(table, column, row)
            elif column.refers_to and not self._leads_somewhere(table, column, value):
                self._report_orphan(
                    table.file, row.number, column.name, value, blank=column.optional
                )
                values[index] = None
                good = good and column.optional
        return tuple(values) if good else None

    def _leads_somewhere(self, table: Table, column: Column, sourced_id: str) -> bool:
        target = self._changes[column.refers_to]
        if sourced_id in target.held or sourced_id in target.new:
            return True
        # A parent may stand further down in the same file.
        row = self._rows.by_file[table.file].get(sourced_id)
        return column.refers_to == table.file and row is not None and not row.deleted

    # Links

    def _teachers(self) -> Links:
        """Which of our staff teach which offering; people without an account are passed over."""
        teaching = [record for record in self._bundle.enrollments if record.role == "teacher"]
        staff = _accounts(self._bundle) if teaching else {}
        known = self._changes[CLASSES]
        wanted: set[Link] = set()
        taken_back: set[Link] = set()
        for record in teaching:
            account = staff.get(record.user_id)
            if account and (record.class_id in known.held or record.class_id in known.new):
                (taken_back if record.deleted else wanted).add((record.class_id, account))
        through = Offering.teachers.through._default_manager.filter(self._here("offering"))
        held = set(through.values_list("offering" + BY_SOURCED_ID, "user_id"))
        return self._links(ENROLLMENTS, held, wanted, taken_back)

    def _outcomes(self) -> Links:
        """Which of our outcomes a line item measures."""
        known = self._changes[LINE_ITEMS]
        wanted: set[Link] = set()
        taken_back: set[Link] = set()
        for record in self._bundle.line_item_objectives:
            item = record.line_item_id
            outcome = self._rows.outcome(LINE_ITEM_OBJECTIVES, record.objective_id, record.row)
            if item not in known.held and item not in known.new:
                self._left_out[LINE_ITEM_OBJECTIVES] += 1
                self._report_orphan(LINE_ITEM_OBJECTIVES, record.row, "lineItemSourcedId", item)
            elif outcome is not None:
                (taken_back if record.deleted else wanted).add((item, outcome))
        through = LineItem.outcomes.through._default_manager.filter(
            Q(lineitem__sourced_id__in={item for item, _ in wanted | taken_back})
            | self._here("lineitem__offering"),
            holds_after(timezone.localdate(), prefix="learningoutcome__"),
            lineitem__source=self._source,
        )
        held = set(through.values_list("lineitem" + BY_SOURCED_ID, "learningoutcome_id"))
        return self._links(LINE_ITEM_OBJECTIVES, held, wanted, taken_back)

    def _links(self, file: str, held: set[Link], wanted: set[Link], taken_back: set[Link]) -> Links:
        absent = sorted(held - wanted - taken_back) if self._is_bulk(file) else []
        retired = [*self._retirable(file, absent), *sorted(held & taken_back - wanted)]
        return Links(new=sorted(wanted - held), retired=retired)

    # Counts and problems

    def _counts(self, teachers: Links, outcomes: Links) -> dict[str, Counts]:
        bundle = self._bundle
        links = {ENROLLMENTS: teachers, LINE_ITEM_OBJECTIVES: outcomes}
        counts: dict[str, Counts] = {}
        for name in bundle.modes:
            file = f"{name}.csv"
            changes, link = self._changes.get(file, Changes()), links.get(file, Links())
            rows = self._rows.by_file.get(file, {})
            new = len(changes.new) + len(link.new)
            retired = len(changes.retired) + len(link.retired)
            retired_by_a_row = sum(key in rows for key in changes.retired)
            good = bundle.rows.get(file, 0) - bundle.refused.get(file, 0) - self._left_out[file]
            unchanged = good - new - len(changes.changed) - retired_by_a_row
            counts[file] = Counts(new, len(changes.changed), retired, max(unchanged, 0))
        return counts

    def _report_size(self, table: Table, column: Column, row: Row) -> None:
        value = row.values[table.columns.index(column)]
        is_text = isinstance(value, str)
        self._problems.add(
            table.file,
            row=row.number,
            column=column.name,
            value=str(value),
            code="too_long" if is_text else "too_large",
            reason=f"{column.name} is {'longer' if is_text else 'larger'} than can be kept.",
            fix="Shorten it." if is_text else "Check the number.",
        )

    def _report_orphan(
        self, file: str, number: int, column: str, value: str, *, blank: bool = False
    ) -> None:
        self._problems.add(
            file,
            row=number,
            column=column,
            value=value,
            code="unknown_reference",
            reason=f"{column} leads to nothing in these files, nor to anything that came before."
            + (" It counts as blank." if blank else ""),
            fix="Correct it, or deliver what it leads to as well.",
            severity="warning" if blank else "error",
        )

    def _report_unknown_outcomes(self) -> None:
        for (file, objective), numbers in self._rows.unknown_outcomes.items():
            self._problems.add(
                file,
                row=numbers[0],
                column="learningObjectiveId",
                value=objective,
                code="unknown_outcome",
                reason="No course or activity here has a learning outcome of this code. Rows that "
                f"name it: {len(numbers):,}; nothing is kept of them.",
                fix="Add the outcome to its course, then read the files again.",
                severity="warning",
            )

    def _report_kept_days(self) -> None:
        for row, said, kept in self._rows.kept_days:
            self._problems.add(
                SESSIONS,
                row=row,
                column="startDate",
                value=said.isoformat(),
                code="first_day_stays",
                reason=f"Outcomes or skills hold from {kept.isoformat()} on, as of this term; its "
                "first day stays.",
                fix="Nothing needs to be done; what is new for the term counts from that day.",
                severity="warning",
            )

    def _report_doubts(self) -> None:
        for found in self._matches:
            if found.doubt:
                self._problems.add(
                    USERS,
                    row=found.row,
                    column="identifier",
                    value=found.number,
                    code="maybe_the_same",
                    reason=f"Somebody in another system has this number, but {found.doubt}.",
                    fix="Say at the desk, under “Same people”, whether they are one person.",
                    severity="warning",
                )

    def _report_cut_scores(self) -> None:
        for file, count in self._rows.too_precise():
            self._problems.add(
                file,
                column="score",
                code="score_cut",
                reason=f"{count:,} scores have more than three decimals; three are kept, and "
                "nothing is rounded up.",
                fix="Nothing need be done.",
                severity="warning",
            )


def _accounts(bundle: Bundle) -> dict[str, int]:
    """The accounts of the users of a bundle, found by user name, else by e-mail address."""
    by_name: dict[str, list[int]] = defaultdict(list)
    by_email: dict[str, list[int]] = defaultdict(list)
    people = User.objects.filter(is_active=True)
    for pk, username, email in people.values_list("pk", "username", "email"):
        by_name[username.casefold()].append(pk)
        if email:
            by_email[email.casefold()].append(pk)
    accounts: dict[str, int] = {}
    for record in bundle.users:
        named = by_name.get(record.username.casefold(), [])
        written_to = by_email.get(record.email.casefold(), [])
        # Whoever shares a name or an address with somebody else is not recognised by it.
        found = named if len(named) == 1 else written_to
        if len(found) == 1:
            accounts[record.sourced_id] = found[0]
    return accounts


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
