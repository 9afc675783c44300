"""Compares a catalogue with what is held: what would be new, changed, retired. Writes nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from django.db import models
from django.db.models import Q, QuerySet

from issuer.errors import Refusal
from registrar.models import (
    LearningOpportunity,
    LearningOutcome,
    Offering,
    OrganizationUnit,
    Programme,
    ProgrammeCourse,
    Term,
)
from registrar.models.spans import holds_after
from registrar.readers.catalogue import Entry, Kind, Reading
from registrar.readers.problems import Problems
from registrar.readers.records import Problem
from registrar.services.college import terms
from registrar.services.teaching import catalog

# Units and terms lie in one another, but no deeper than this.
_DEEPEST: Final = 20

# What a row of another table is known by: the system that it came from, and its id there.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Which rows entries of a kind become, and the kinds that they refer to, by field."""

    model: type[models.Model]
    refers: Mapping[str, Kind] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    can_retire: bool = False


# In the order in which references lead backwards.
TABLES: Final[Mapping[Kind, Table]] = {
    "unit": Table(OrganizationUnit, {"parent": "unit"}),
    "term": Table(Term, {"parent": "term"}),
    "programme": Table(Programme, {"unit": "unit"}, ("unit",), can_retire=True),
    "course": Table(LearningOpportunity, {"unit": "unit"}, ("title", "unit"), can_retire=True),
    "offering": Table(Offering, {"opportunity": "course", "term": "term"}, ("opportunity", "term")),
}


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one row: `values` are those that it gets, references by their keys.

    `joins` are programmes that a course belongs to from the term on; `outcomes` those of it that
    are new or worded otherwise.
    """

    kind: Kind
    sourced_id: str
    name: str
    pk: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    is_retired: bool = False
    joins: tuple[str, ...] = ()
    outcomes: Mapping[str, str] = field(default_factory=dict)

    @property
    def what(self) -> str:
        """The change in a word."""
        if self.is_retired:
            return "retired"
        return "changed" if self.pk else "new"

    @property
    def fields(self) -> list[str]:
        """What is said otherwise than before, in words."""
        names = [name.replace("_", " ") for name in self.values] if self.pk else []
        return [name if name != "retired at" else "taught again" for name in names]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a catalogue would change from a term on, and all that is wrong with it."""

    source: str
    changes: tuple[Change, ...] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    is_fatal: bool = False
    since: Term | None = None

    @property
    def changes_anything(self) -> bool:
        """Whether there is something to save."""
        return bool(self.changes)

    @property
    def fingerprint(self) -> str:
        """Stands for exactly this plan, so that what was seen can be told from what is now."""
        said = repr((self.source, self.since and self.since.pk, self.changes))
        return sha256(said.encode()).hexdigest()


def compare(reading: Reading, *, source: str, since: Term | None) -> Plan:
    """Plan what the catalogue changes among what came from the source before.

    What it does not name stays as it is, and so do facts that it does not say. Only what it says to
    be gone is retired, and only courses and programmes.
    """
    if reading.is_fatal:
        return Plan(source, problems=tuple(reading.problems), is_fatal=True, since=since)
    return _Comparison(reading, source, since).plan()


class _Comparison:
    """One catalogue being compared with the database."""

    def __init__(self, reading: Reading, source: str, since: Term | None) -> None:
        self._reading, self._source, self._since = reading, source, since
        self._problems = Problems()
        self._counts = {kind: Counter[str]() for kind in TABLES}
        self._held = {kind: self._rows(kind) for kind in TABLES}
        self._named = list(self._by_sourced_id(reading.entries))
        self._entries = {kind: self._once(kind) for kind in TABLES}
        units = OrganizationUnit.objects.select_related("parent")
        self._units = _by_name(units)
        self._kept_days = terms.kept_days(source)
        # Who lies in whom, as far as the changes have been looked at.
        self._parents: dict[Kind, dict[Key, Key]] = {
            "unit": _parents(units),
            "term": _parents(Term.objects.select_related("parent")),
        }
        # Those that there will be; whoever refers to an entry that is left out is left out, too.
        self._known: dict[Kind, set[str]] = {kind: set(self._held[kind]) for kind in TABLES}
        self._places = set(
            ProgrammeCourse.objects.filter(
                programme__source=source, opportunity__source=source, holds_until=None
            ).values_list("programme__sourced_id", "opportunity__sourced_id")
        )

    def plan(self) -> Plan:
        """The changes, and all that is wrong."""
        changes: list[Change] = []
        for kind in TABLES:
            for entry in self._in_order(kind):
                change = self._change(entry)
                if change is None:
                    self._counts[kind]["left out"] += 1
                    continue
                self._known[kind].add(entry.sourced_id)
                is_change = _changes_anything(change)
                self._counts[kind][change.what if is_change else "unchanged"] += 1
                changes += [change] if is_change else []
        problems = _as_they_stand([*self._reading.problems, *self._problems.listed()])
        counts: dict[str, dict[str, int]] = {
            kind: dict(+counted) for kind, counted in self._counts.items() if +counted
        }
        return Plan(self._source, tuple(changes), counts, tuple(problems), since=self._since)

    def _by_sourced_id(self, entries: Iterable[Entry]) -> Iterable[Entry]:
        """All entries under their ids; a course that has none is the one of its code.

        Courses of other sources are found like that, too: a sheet of outcomes knows codes alone.
        """
        codes = {entry.said["code"] for entry in entries if not entry.sourced_id}
        courses: dict[str, list[LearningOpportunity]] = {}
        for each in _courses().filter(code__in=codes, retired_at=None).select_related("unit"):
            courses.setdefault(each.code, []).append(each)
        for entry in entries:
            if entry.sourced_id:
                yield entry
                continue
            code = entry.said["code"]
            if len(found := courses.get(code, [])) > 1:
                reason = f"{len(found)} courses have this code."
                fix = "Give a sheet for each source, with the column sourcedId."
                self._report(entry, "course", "several_courses", reason, fix, value=code)
                self._counts["course"]["left out"] += 1
                continue
            if found:
                self._held["course"][code] = found[0]
            yield replace(entry, sourced_id=code)

    def _once(self, kind: Kind) -> dict[str, Entry]:
        """Each entry once; of two that differ neither is taken."""
        found: dict[str, Entry] = {}
        doubtful: set[str] = set()
        for entry in (each for each in self._named if each.kind == kind):
            other = found.setdefault(entry.sourced_id, entry)
            if other is not entry and _said(other) != _said(entry):
                doubtful.add(entry.sourced_id)
                reason = f"Entry {other.row} has the same sourcedId, and says otherwise."
                self._report(entry, "sourcedId", "named_twice", reason, "Remove one of the two.")
        self._counts[kind]["left out"] += len(doubtful)
        return {key: entry for key, entry in found.items() if key not in doubtful}

    def _rows(self, kind: Kind) -> dict[str, Any]:
        table = TABLES[kind]
        rows: QuerySet[Any] = table.model._default_manager.filter(source=self._source)
        return {row.sourced_id: row for row in rows.select_related(*table.refers)}

    def _in_order(self, kind: Kind) -> Iterable[Entry]:
        """Parents before their children; those in a circle, or far too deep, as they stand."""
        left = dict(self._entries[kind])
        for _ in range(_DEEPEST):
            ready = [each for each in left.values() if each.refers.get("parent") not in left]
            for entry in ready:
                yield left.pop(entry.sourced_id)
        yield from left.values()

    def _change(self, entry: Entry) -> Change | None:
        """What becomes of the entry, or None where something is wrong, which is reported."""
        table, held = TABLES[entry.kind], self._held[entry.kind].get(entry.sourced_id)
        name = str(entry.said.get("code") or entry.said.get("title") or entry.sourced_id)
        if entry.is_gone:
            is_there = table.can_retire and held is not None and held.retired_at is None
            pk = held.pk if held is not None else None
            return Change(entry.kind, entry.sourced_id, name, pk, is_retired=is_there)
        if not self._is_sound(entry, held) or (values := self._values(entry)) is None:
            return None
        if held is not None and (refusal := self._refusal_of(entry, held)):
            self._report(entry, "sourcedId", "not_a_course", refusal, "Give it another sourcedId.")
            return None
        outcomes = self._outcomes(entry, held)
        if outcomes is None:
            return None
        if entry.kind == "unit" and held is None and "parent" not in entry.refers and self._units:
            reason = "It lies under no unit, so roles in other units do not reach it."
            fix = "Give its parent: the id, code or name of a unit."
            self._report(entry, "parent", "beside_all", reason, fix, severity="warning")
        if held is not None:
            values = {name: each for name, each in values.items() if each != _value(held, name)}
            if "starts_on" in values and entry.sourced_id in self._kept_days:
                self._keep_first_day(entry, held, values)
            if table.can_retire and held.retired_at is not None:
                values["retired_at"] = None
        return Change(
            entry.kind,
            entry.sourced_id,
            name,
            held.pk if held is not None else None,
            values,
            joins=self._joins(entry),
            outcomes=outcomes,
        )

    def _keep_first_day(self, entry: Entry, held: Term, values: dict[str, Any]) -> None:
        """Leave the first day of a term as it is, and its last one, if that lay before it."""
        said = values.pop("starts_on")
        if values.get("ends_on", held.starts_on) < held.starts_on:
            del values["ends_on"]
        reason = "Outcomes or skills hold from the first day of this term on; it stays."
        fix = "Nothing needs to be done; what is new for the term counts from that day."
        more = {"value": said.isoformat(), "severity": "warning"}
        self._report(entry, "startDate", "first_day_stays", reason, fix, **more)

    def _is_sound(self, entry: Entry, held: Any) -> bool:
        """Whether what a new row needs is said, and every text and number has room."""
        is_sound = True
        for name in TABLES[entry.kind].needed:
            if held is None and not entry.said.get(name) and not entry.refers.get(name):
                is_sound = False
                reason = f"What is new needs a {name}."
                self._report(entry, name, "missing", reason, "Write it.")
        for name, value in entry.said.items():
            if not _has_room(TABLES[entry.kind].model, name, value):
                is_sound = False
                reason = f"The {name} is longer or larger than can be kept."
                self._report(entry, name, "too_long", reason, "Shorten it.", value=str(value))
        if len(entry.sourced_id) > 255:
            is_sound = False
            self._report(entry, "sourcedId", "too_long", "It is too long.", "Shorten it.")
        return is_sound

    def _refusal_of(self, entry: Entry, held: Any) -> str:
        is_other = entry.kind == "course" and held.kind != LearningOpportunity.Kind.COURSE
        return "An activity has this sourcedId." if is_other else ""

    def _values(self, entry: Entry) -> dict[str, Any] | None:
        """What is said, with keys for what is referred to; None where something leads nowhere."""
        values = dict(entry.said)
        for name, target in entry.refers.items():
            kind = TABLES[entry.kind].refers[name]
            key = self._key(kind, target)
            if key is None:
                reason = f"No {kind} has this {'code, name or ' if kind == 'unit' else ''}id."
                fix = "Correct it, or read what it leads to as well."
                self._report(entry, name, "unknown_reference", reason, fix, value=target)
                return None
            if name == "parent" and self._is_circle(entry, key):
                reason, fix = "It would lie in itself.", "Correct the parent, or leave it out."
                self._report(entry, name, "circle", reason, fix, value=target)
                return None
            values[name] = key
        return values

    def _is_circle(self, entry: Entry, parent: Key) -> bool:
        """Whether the parent lies in the entry; where it does not, the entry lies in it now."""
        own, parents = (self._source, entry.sourced_id), self._parents[entry.kind]
        above: Key | None = parent
        seen: set[Key] = set()
        while above is not None and above != own and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == own:
            return True
        parents[own] = parent
        return False

    def _key(self, kind: Kind, target: str) -> Key | None:
        if target in self._known[kind]:
            return (self._source, target)
        unit = self._units.get(target.lower()) if kind == "unit" else None
        return (unit.source, unit.sourced_id) if unit else None

    def _joins(self, entry: Entry) -> tuple[str, ...]:
        """The programmes to which the course belongs and did not; unknown ones are reported."""
        joins = []
        for programme in entry.programmes or ():
            if programme not in self._known["programme"]:
                reason, fix = "No programme has this id; it is passed over.", "Read it as well."
                more = {"value": programme, "severity": "warning"}
                self._report(entry, "parent", "unknown_reference", reason, fix, **more)
            elif (programme, entry.sourced_id) not in self._places:
                joins.append(programme)
        return tuple(joins)

    def _outcomes(self, entry: Entry, held: Any) -> Mapping[str, str] | None:
        """Those that are new or worded otherwise; None where one cannot be, which is reported."""
        if not entry.outcomes:
            return {}
        try:
            if held is not None:
                plan = catalog.plan_outcomes(held, entry.outcomes, term=self._since)
                reworded = {code: new for code, (_, new) in plan.reworded.items()}
                return {**plan.new, **reworded}
        except Refusal as refusal:
            self._report(entry, "outcome", refusal.code, str(refusal), "Choose another.")
            return None
        if taken := sorted(_taken(entry.outcomes, self._since)):
            reason = f"Already an outcome of something else: {', '.join(taken)}."
            self._report(entry, "outcome", "code_taken", reason, "Choose another code.")
            return None
        return entry.outcomes

    def _report(
        self, entry: Entry, column: str, code: str, reason: str, fix: str, **more: Any
    ) -> None:
        self._problems.add(
            entry.file, row=entry.row, column=column, code=code, reason=reason, fix=fix, **more
        )


def _as_they_stand(problems: list[Problem]) -> list[Problem]:
    """By row, in each of the lists that were read."""
    files = list(dict.fromkeys(each.file for each in problems))
    return sorted(problems, key=lambda each: (files.index(each.file), each.row or 0))


def _courses() -> QuerySet[LearningOpportunity]:
    return LearningOpportunity.objects.filter(kind=LearningOpportunity.Kind.COURSE)


def _changes_anything(change: Change) -> bool:
    if change.pk is None:
        # What was gone before it was known needs no row.
        return bool(change.values)
    return bool(change.is_retired or change.values or change.joins or change.outcomes)


def _said(entry: Entry) -> Any:
    return entry.said, entry.refers, entry.programmes, entry.outcomes, entry.is_gone


def _value(row: Any, name: str) -> Any:
    value: Any = getattr(row, name)
    is_row = name in {each for table in TABLES.values() for each in table.refers}
    return (value.source, value.sourced_id) if is_row and value is not None else value


def _has_room(model: type[models.Model], name: str, value: Any) -> bool:
    place = model._meta.get_field(name)
    if isinstance(place, models.DecimalField):
        most = 10 ** (place.max_digits - place.decimal_places)
        return bool(value < most and value == round(value, place.decimal_places))
    longest = getattr(place, "max_length", None)
    return longest is None or len(value) <= longest


def _by_name(units: QuerySet[OrganizationUnit]) -> dict[str, OrganizationUnit]:
    """By code, and by name where no unit has that as its code."""
    by_name = {unit.name.lower(): unit for unit in units}
    return by_name | {unit.code.lower(): unit for unit in units if unit.code}


def _parents(rows: Iterable[Any]) -> dict[Key, Key]:
    return {
        (row.source, row.sourced_id): (row.parent.source, row.parent.sourced_id)
        for row in rows
        if row.parent is not None
    }


def _taken(codes: Iterable[str], since: Term | None) -> Iterable[str]:
    day = terms.begins(since or terms.to_edit())
    living = Q(retired_at=None) if day is None else holds_after(day)
    return LearningOutcome.objects.filter(living, code__in=codes).values_list("code", flat=True)
