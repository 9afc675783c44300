"""Keep programmes: what would change by a sheet of their courses, and that it does."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from io import BufferedReader, BytesIO, StringIO
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from issuer.errors import ReasonMissing, WrongState
from issuer.services import ledger
from registrar.errors import PlanOutdated
from registrar.models import (
    LearningOpportunity,
    OrganizationUnit,
    Programme,
    ProgrammeCourse,
    Term,
)
from registrar.models.catalog import named
from registrar.models.programmes import DAY
from registrar.readers import programmes_csv
from registrar.readers.problems import Problems
from registrar.readers.programmes_csv import ProgrammeRow, Reading
from registrar.readers.records import Problem
from registrar.services.college import people, roles, sources

# Whoever brings in the roster keeps the catalogue, too.
PERMISSION: Final = "registrar.import_roster"
FILE: Final = "Programmes"

_Report = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of one programme; `programme` is None for a new one."""

    code: str
    title: str
    unit: OrganizationUnit
    programme: Programme | None
    added: tuple[LearningOpportunity, ...] = ()
    ended: tuple[ProgrammeCourse, ...] = ()
    kept: int = 0

    @property
    def is_renamed(self) -> bool:
        """Whether it gets another title or unit."""
        held = self.programme
        return held is not None and (held.title, held.unit_id) != (self.title, self.unit.pk)

    @property
    def changes_anything(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.programme is None or self.added or self.ended or self.is_renamed)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sheet would change from a term on, and all that is wrong with it."""

    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()
    since: date | None = None

    @property
    def changes_anything(self) -> bool:
        """Whether there is something to save."""
        return bool(self.changes)

    @property
    def fingerprint(self) -> str:
        """Stands for exactly this plan, so that what was seen can be told from what is now."""
        said = [
            (
                change.programme and change.programme.pk,
                (change.code, change.title, change.unit.pk),
                [each.pk for each in change.added],
                [each.pk for each in change.ended],
            )
            for change in self.changes
        ]
        return sha256(repr((self.since, said)).encode()).hexdigest()


def plan(file: bytes, *, since: Term | None, by: User) -> Plan:
    """Compare: what would change if the programmes of the sheet had its courses and no others.

    Programmes that are not named stay as they are. A wrong row is left out, and nothing ends for
    a programme that has one: the wrong row may have meant what is missing.
    """
    reading = programmes_csv.read(BufferedReader(BytesIO(file)))
    return _Comparison(reading, since, roles.reach(by, PERMISSION)).plan()


@transaction.atomic
def apply(file: bytes, *, since: Term | None, fingerprint: str, by: User) -> Plan:
    """Make the changes of the plan of that fingerprint, from the first day of the term on.

    Without a term what is new has always belonged. Raises PlanOutdated if this is no longer what
    would change.
    """
    roles.demand(by, PERMISSION)
    # Two writers of the same new programme would both insert it.
    sources.hold(people.OWN)
    planned = plan(file, since=since, by=by)
    if planned.fingerprint != fingerprint:
        raise PlanOutdated("This is not what you looked at. Look again at what will change.")
    for change in planned.changes:
        _write(change, since, by)
    return planned


@transaction.atomic
def retire(programme: Programme, *, by: User, reason: str) -> Programme:
    """Retire a programme: it is offered no longer. What it covered can still be looked at.

    Raises ReasonMissing, and WrongState for one that is retired.
    """
    roles.demand(by, PERMISSION, unit=programme.unit)
    if not reason.strip():
        raise ReasonMissing
    if not Programme.objects.filter(pk=programme.pk, retired_at=None).update(retired_at=Now()):
        raise WrongState
    programme.refresh_from_db()
    ledger.append("programme.retired", programme, by=by, reason=reason)
    return programme


def courses(programme: Programme, *, on: date) -> QuerySet[LearningOpportunity]:
    """The courses and activities that belonged to the programme on that day, by their codes."""
    places = ProgrammeCourse.objects.on(on).filter(programme=programme)
    return LearningOpportunity.objects.filter(pk__in=places.values("opportunity")).order_by("code")


def as_sheet(programme: Programme, *, on: date) -> str:
    """The programme as a sheet, to be changed and read again."""
    unit = programme.unit.code or programme.unit.name
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(programmes_csv.COLUMNS)
    for code in courses(programme, on=on).values_list("code", flat=True):
        writer.writerow((programme.code, programme.title, unit, code))
    return text.getvalue()


@dataclass
class _Group:
    """The rows of one programme: its title and unit as first said, its courses by their names."""

    first: ProgrammeRow
    title: str = ""
    unit: str = ""
    courses: dict[str, ProgrammeRow] = field(default_factory=dict)


class _Comparison:
    """A sheet beside what is held; every problem is kept on the way."""

    def __init__(
        self, reading: Reading, since: Term | None, units: QuerySet[OrganizationUnit]
    ) -> None:
        self._since = since.starts_on if since else None
        self._reading = reading
        self._problems = Problems()
        self._damaged = set(reading.damaged)
        self._groups = self._grouped(reading.rows)
        self._courses = _courses_by_name(
            {name for g in self._groups.values() for name in g.courses}
        )
        self._units = _units_by_name(OrganizationUnit.objects.all())
        self._reach = set(units.values_list("pk", flat=True))
        held = Programme.objects.filter(source=people.OWN, code__in=self._groups)
        self._held = {each.code: each for each in held.select_related("unit")}

    def plan(self) -> Plan:
        """The changes, and all that is wrong."""
        found = [self._change(code, group) for code, group in self._groups.items()]
        changes = [change for change in found if change is not None]
        problems = (*self._reading.problems, *self._problems.listed())
        return Plan(
            changes=tuple(change for change in changes if change.changes_anything),
            unchanged=sum(not change.changes_anything for change in changes),
            problems=tuple(sorted(problems, key=lambda problem: problem.row or 0)),
            since=self._since,
        )

    def _report(
        self, row: ProgrammeRow, column: str, told: _Report, *, is_warning: bool = False
    ) -> None:
        code, reason, fix = told
        self._problems.add(
            FILE,
            row=row.row,
            column=column,
            value=getattr(row, column),
            code=code,
            reason=reason,
            fix=fix,
            severity="warning" if is_warning else "error",
        )

    def _grouped(self, rows: Iterable[ProgrammeRow]) -> dict[str, _Group]:
        groups: dict[str, _Group] = {}
        for row in rows:
            group = groups.setdefault(row.programme, _Group(row))
            for name in ("title", "unit"):
                self._keep(group, row, name)
            if (earlier := group.courses.setdefault(row.course, row)) is not row:
                told = "named_twice", f"The same course is in row {earlier.row}.", "Remove a row."
                self._report(row, "course", told, is_warning=True)
        return groups

    def _keep(self, group: _Group, row: ProgrammeRow, name: str) -> None:
        said, held = getattr(row, name), getattr(group, name)
        if said and not held:
            setattr(group, name, said)
        elif said and said != held:
            reason = f"A row above gives another {name}: {held}."
            self._report(row, name, ("differs", reason, "Write the same, or leave it blank."))
            self._damaged.add(row.programme)

    def _change(self, code: str, group: _Group) -> Change | None:
        held = self._held.get(code)
        unit = self._unit(group, held)
        wanted = self._wanted(code, group)
        if held is not None and held.retired_at is not None:
            told = "retired", "This programme is retired.", "Choose another code."
            self._report(group.first, "programme", told)
            return None
        if held is None and not group.title:
            told = "blank", "A new programme needs a title.", "Write it in its first row."
            self._report(group.first, "title", told)
            return None
        if unit is None:
            return None
        title = group.title or (held.title if held else "")
        change = Change(code, title, unit, held, added=tuple(wanted))
        return change if held is None else self._against(change, held, wanted, group)

    def _against(
        self,
        change: Change,
        held: Programme,
        wanted: list[LearningOpportunity],
        group: _Group,
    ) -> Change | None:
        open_places = {
            place.opportunity_id: place
            for place in held.courses.filter(holds_until=None).select_related("opportunity")
        }
        added = tuple(each for each in wanted if each.pk not in open_places)
        kept = {each.pk for each in wanted} & open_places.keys()
        ended = tuple(place for key, place in open_places.items() if key not in kept)
        if change.code in self._damaged or not self._reading.is_whole:
            ended = ()
        if (added or ended) and (told := self._bad_time(held, ended)):
            self._report(group.first, "programme", told)
            return None
        return Change(
            change.code, change.title, change.unit, held, added=added, ended=ended, kept=len(kept)
        )

    def _bad_time(self, held: Programme, ended: tuple[ProgrammeCourse, ...]) -> _Report | None:
        """Why the change cannot be made from that term on, if so."""
        if self._since is None:
            if not ended:
                return None
            codes = ", ".join(place.opportunity.code for place in ended)
            reason = f"{codes} would leave the programme, and no term is given."
            return "no_term", reason, "Choose the term from which this holds."
        later = held.courses.filter(Q(holds_from__gt=self._since) | Q(holds_until__gte=self._since))
        if later.exists():
            return (
                "later_change",
                "The programme was changed for a later term, so this one is settled.",
                "Choose a later term.",
            )
        return None

    def _unit(self, group: _Group, held: Programme | None) -> OrganizationUnit | None:
        if not group.unit and held is not None:
            unit: OrganizationUnit | None = held.unit
        else:
            unit = self._units.get(group.unit.lower())
        if unit is None:
            told = (
                ("unknown_unit", "No unit has this code or name.", "Write it as in Units.")
                if group.unit
                else ("blank", "A new programme needs a unit.", "Write it in its first row.")
            )
            self._report(group.first, "unit", told)
            return None
        concerned = {unit.pk} | ({held.unit_id} if held else set())
        if not concerned <= self._reach:
            told = "not_allowed", "Your roles do not allow this in this unit.", "Ask its registrar."
            self._report(group.first, "unit", told)
            return None
        return unit

    def _wanted(self, code: str, group: _Group) -> list[LearningOpportunity]:
        """The courses that are meant, each once; a name that means none is reported."""
        found: dict[int, LearningOpportunity] = {}
        for name, row in group.courses.items():
            candidates = self._courses.get(name, [])
            if told := _doubt(candidates):
                self._report(row, "course", told)
                self._damaged.add(code)
            else:
                found[candidates[0].pk] = candidates[0]
        return list(found.values())


def _doubt(candidates: list[LearningOpportunity]) -> _Report | None:
    """Code, reason and remedy, if a name does not mean one course or activity."""
    if not candidates:
        return (
            "unknown_course",
            "No course or activity has this code.",
            "Write it as in the catalogue, or read a roster first.",
        )
    living = [each for each in candidates if each.retired_at is None]
    if not living:
        return "retired_course", "This course is retired.", "Remove the row."
    if len(candidates) > 1:
        return (
            "several_courses",
            f"{len(candidates)} courses have this code.",
            f"Write the key of the one you mean, such as {living[0].key}.",
        )
    return None


def _courses_by_name(names: set[str]) -> Mapping[str, list[LearningOpportunity]]:
    found: dict[str, list[LearningOpportunity]] = {}
    for each in LearningOpportunity.objects.filter(code__in=names).order_by("pk"):
        found.setdefault(each.code, []).append(each)
    # What has a colon may be a key; of other names there is nothing more to look for.
    for key in (name for name in names - found.keys() if ":" in name):
        found[key] = list(LearningOpportunity.objects.filter(named(key)))
    return found


def _units_by_name(units: Iterable[OrganizationUnit]) -> dict[str, OrganizationUnit]:
    """By code, and by name where no unit has that as its code."""
    by_name = {unit.name.lower(): unit for unit in units}
    return by_name | {unit.code.lower(): unit for unit in units if unit.code}


def _write(change: Change, since: Term | None, by: User) -> None:
    begins = since.starts_on if since else None
    programme, _ = Programme.objects.update_or_create(
        source=people.OWN,
        sourced_id=change.programme.sourced_id if change.programme else change.code,
        defaults={"code": change.code, "title": change.title, "unit": change.unit},
    )
    if begins is not None:
        for place in change.ended:
            place.holds_until = begins - DAY
    ProgrammeCourse.objects.bulk_update(change.ended, ["holds_until"])
    ProgrammeCourse.objects.bulk_create(
        ProgrammeCourse(programme=programme, opportunity=each, holds_from=begins)
        for each in change.added
    )
    details = {
        "since": since.title if since else "",
        "new": [each.code for each in change.added],
        "ended": [place.opportunity.code for place in change.ended],
    }
    act = "programme.changed" if change.programme else "programme.added"
    ledger.append(act, programme, by=by, details=details)
