"""Add and change rows of the catalogue, learners, enrolments and line items."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Model, QuerySet

from registrar.models import Activity, LearningOpportunity
from registrar.readers.row_members import CHECKS, MEMBERS
from registrar.services.awarding import corrections, learner_mails
from registrar.services.college import people, sources
from registrar.services.feeding import upsert_people, upsert_rows, upsert_units
from registrar.services.feeding.roster_tables import (
    CLASSES,
    COURSES,
    ENROLLMENTS,
    LINE_ITEMS,
    ORGS,
    SESSIONS,
    TABLES,
    USERS,
)
from registrar.services.feeding.upsert_rows import CREATED, UNCHANGED, UPDATED, Row

_BATCH: Final = 2_000
_PERSON: Final = ("given_name", "family_name", "email")
_OPPORTUNITIES: Final = ("courses", "activities")


@dataclass(frozen=True, slots=True)
class _Table:
    """Where rows of a kind are kept; a member that is not named has a field of its own name."""

    rows: Callable[[], QuerySet[Any]]
    gone: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    always: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> type[Model]:
        return self.rows().model

    def attribute(self, member: str) -> str:
        return self.names.get(member, member)


def _of(file: str, *, always: Mapping[str, Any] | None = None, **names: str) -> _Table:
    return _Table(TABLES[file].rows, TABLES[file].gone, names, always or {})


_KIND = LearningOpportunity.Kind
_TABLES: Final[Mapping[str, _Table]] = {
    "organisations": _of(ORGS, parent="parent_id"),
    "terms": _of(SESSIONS, parent="parent_id"),
    "courses": _of(COURSES, always={"kind": _KIND.COURSE}, organisation="unit_id"),
    "activities": _Table(
        lambda: Activity.objects.all(),
        "retired_at",
        {"organisation": "unit_id"},
        {"kind": _KIND.ACTIVITY},
    ),
    "offerings": _of(CLASSES, course="opportunity_id", term="term_id"),
    "learners": _of(USERS),
    "enrolments": _of(ENROLLMENTS, offering="offering_id", learner="learner_id"),
    "line-items": _of(LINE_ITEMS, offering="offering_id"),
}
KINDS: Final = frozenset(_TABLES)


def apply(kind: str, rows: Sequence[Row], *, source: str, at: datetime) -> None:
    """Write the good rows, and tell each what became of it. For who holds the source."""
    if kind == "learners":
        rows = upsert_people.set_apart(rows, source=source)
    _Writing(kind, rows, source, at).write()


class _Writing:
    """Rows of one kind beside those that are held."""

    def __init__(self, kind: str, rows: Sequence[Row], source: str, at: datetime) -> None:
        self._kind = kind
        self._table = _TABLES[kind]
        self._rows = [row for row in rows if row.key]
        self._source = source
        self._at = at
        self._own_references = {member.name for member in MEMBERS[kind] if member.leads_to == kind}
        if self._own_references:
            sources.hold_tree(kind)
        self._held = self._by_id(row.key for row in self._rows)
        self._institution = people.institution() if kind == "organisations" else None
        self._placed: set[str] = set()
        # By key the members that the rows of what is new have told themselves.
        self._told: dict[str, set[str]] = {}

    def write(self) -> None:
        taken_over: set[str] = set()
        self._complete()
        self._resolve()
        if self._kind in _OPPORTUNITIES:
            self._refuse_taken()
        good = [row for row in self._rows if not row.flaws]
        if self._kind == "learners":
            good, over = upsert_people.match(good, source=self._source, said=self._said)
            self._take_over(over)
            taken_over = {row.key for row in over}
            upsert_people.note_shared_numbers(good, source=self._source, said=self._said)
            upsert_people.note_known_numbers(good, source=self._source, said=self._said)
        given = {row.key: self._attributes(row) for row in good}
        for row in good:
            held = self._held.get(row.key)
            row.done = CREATED if held is None else UNCHANGED
            if row.key in taken_over:
                row.done = UPDATED
            elif held is not None and self._differs(held, given[row.key]):
                row.done = UPDATED
                self._tell_changes(row, held, given[row.key])
        changed = {row.key: given[row.key] for row in good if row.done != UNCHANGED}
        if self._kind == "learners":
            self._end_access(changed)
        self._keep(changed)
        if self._kind == "enrolments":
            upsert_rows.note_retired_learners(
                (row, given[row.key]["learner_id"])
                for row in good
                if row.done != UNCHANGED and not row.said["retired"]
            )
        if self._kind == "organisations":
            tops = {key for key, values in given.items() if values["parent_id"] is None}
            upsert_units.tell(good, self._placed, tops, self._source)

    def _by_id(self, ids: Any) -> dict[str, Any]:
        found = self._table.rows().filter(source=self._source, sourced_id__in=list(ids))
        return {each.sourced_id: each for each in found}

    def _complete(self) -> None:
        """What a row leaves out stays as it is held; a new one has nothing in its place."""
        for row in self._rows:
            held = self._held.get(row.key)
            if held is None:
                self._told[row.key] = {*row.said}
                upsert_rows.complete(self._kind, row)
            if self._kind in _OPPORTUNITIES and row.said.get("code") == "":
                row.said["code"] = row.key
            self._measure(row)
            check = CHECKS.get(self._kind)
            if check and not {flaw.member for flaw in row.flaws} & {*check.members}:
                if flaw := check.judge(self._as_it_would_be(row, held)):
                    row.refuse(*flaw)
        if self._kind == "learners":
            self._keep_corrections([row for row in self._rows if not row.flaws])

    def _keep_corrections(self, rows: Sequence[Row]) -> None:
        sticky = corrections.sticky(self._source)
        for row in rows:
            if row.key in sticky:
                said = self._said(row)
                person = {name: said[name] for name in _PERSON}
                row.said.update(corrections.kept(person, sticky[row.key]))

    def _take_over(self, rows: Sequence[Row]) -> None:
        """What these leave out stays as a file of awards, which named the learners, said it."""
        if not rows:
            return
        self._held |= self._by_id(row.key for row in rows)
        for row in rows:
            row.said = {name: row.said[name] for name in self._told[row.key]}
        self._keep_corrections(rows)

    def _said(self, row: Row) -> dict[str, Any]:
        return self._as_it_would_be(row, self._held.get(row.key))

    def _as_it_would_be(self, row: Row, held: Any) -> dict[str, Any]:
        names = [member.name for member in MEMBERS[self._kind] if not member.leads_to]
        return {
            name: row.said[name] if name in row.said else getattr(held, name, None)
            for name in names
        }

    def _measure(self, row: Row) -> None:
        for member in MEMBERS[self._kind]:
            if member.name not in row.said or member.leads_to or member.resets:
                continue
            name = self._table.attribute(member.name)
            value = row.said[member.name] = upsert_rows.cut(
                self._table.model, name, row.said[member.name]
            )
            if not upsert_rows.fits(self._table.model, name, value):
                upsert_rows.refuse_size(row, member.name)

    # References

    def _resolve(self) -> None:
        for name, keys in upsert_rows.lead(self._kind, self._rows, source=self._source).items():
            for row in self._rows:
                if not (named := row.said.get(name)):
                    if name in row.said:
                        row.said[name] = self._by_default(row)
                elif named in keys:
                    row.said[name] = keys[named]
                elif name not in self._own_references:
                    upsert_rows.refuse_orphan(row, name)
        if self._own_references:
            self._refuse_lost_parents()

    def _by_default(self, row: Row) -> int | None:
        """An organisation of which nothing is told is a part of the institution, but for itself."""
        if self._institution is None or self._node(row.key) == self._institution.pk:
            return None
        self._placed.add(row.key)
        return self._institution.pk

    def _refuse_lost_parents(self) -> None:
        """A parent may come with its child: by now it is a key of ours, or a sourcedId here."""
        rows = {row.key: row for row in self._rows}
        above: dict[Any, Any] = dict(self._table.rows().values_list("pk", "parent_id"))
        for row in self._rows:
            if "parent" in row.said:
                above[self._node(row.key)] = self._node(row.said["parent"])
        lost = True
        while lost:
            lost = False
            for row in self._rows:
                parent = row.said.get("parent")
                if row.flaws or not isinstance(parent, str):
                    continue
                if parent not in rows or rows[parent].flaws:
                    hint = upsert_units.hint(self._institution)
                    upsert_rows.refuse_orphan(row, "parent", hint=hint)
                    lost = True
        for row in self._rows:
            if row.said.get("parent") and _leads_in_a_circle(self._node(row.key), above):
                row.refuse(
                    "parent", "circle", "parent leads back to the row itself.", "Correct it."
                )

    def _node(self, key: Any) -> Any:
        held = self._held.get(key) if isinstance(key, str) else None
        return key if held is None else held.pk

    # What the catalogue does not allow

    def _refuse_taken(self) -> None:
        others = LearningOpportunity.objects.exclude(kind=self._table.always["kind"])
        here = others.filter(source=self._source, sourced_id__in=[row.key for row in self._rows])
        taken = set(here.values_list("sourced_id", flat=True))
        codes: set[str] = set()
        if self._kind == "activities":
            # Award rules know activities by their codes.
            said = [row.said["code"] for row in self._rows if row.said.get("code")]
            own = [held.pk for held in self._held.values()]
            named = LearningOpportunity.objects.filter(code__in=said).exclude(pk__in=own)
            codes = set(named.values_list("code", flat=True))
        for row in self._rows:
            if row.key in taken:
                row.refuse(
                    "sourced_id",
                    "key_taken",
                    "This sourcedId is that of something else in the catalogue.",
                    "Send it as what it is, or give it another sourcedId.",
                )
            if row.said.get("code") in codes:
                row.refuse(
                    "code",
                    "code_taken",
                    "Something else in the catalogue has this code.",
                    "Choose another code.",
                )

    # Writing

    def _attributes(self, row: Row) -> dict[str, Any]:
        held = self._held.get(row.key)
        values: dict[str, Any] = {}
        for member in MEMBERS[self._kind]:
            if member.name == "sourced_id":
                continue
            if member.resets:
                before = held and getattr(held, self._table.gone)
                values[self._table.gone] = (before or self._at) if row.said["retired"] else None
            else:
                name = self._table.attribute(member.name)
                values[name] = (
                    row.said[member.name] if member.name in row.said else getattr(held, name)
                )
        return values

    def _differs(self, held: Any, values: Mapping[str, Any]) -> bool:
        return any(getattr(held, name) != value for name, value in values.items())

    def _tell_changes(self, row: Row, held: Any, values: Mapping[str, Any]) -> None:
        for member in MEMBERS[self._kind]:
            name = self._table.attribute(member.name)
            if member.resets:
                if getattr(held, self._table.gone) and not values[self._table.gone]:
                    upsert_rows.tell_brought_back(row, member.name)
            elif name in values:
                upsert_rows.tell_emptied(row, member.name, getattr(held, name), values[name])

    def _end_access(self, changed: Mapping[str, Mapping[str, Any]]) -> None:
        held = {key: row.pk for key, row in self._held.items() if key in changed}
        learner_mails.move({pk: changed[key]["email"] for key, pk in held.items()})

    def _keep(self, changed: Mapping[str, Mapping[str, Any]]) -> None:
        if not changed:
            return
        later = {
            key: values["parent_id"]
            for key, values in changed.items()
            if isinstance(values.get("parent_id"), str)
        }
        model = self._table.model
        rows = [
            model(
                source=self._source,
                sourced_id=key,
                **self._table.always,
                **{
                    name: None if key in later and name == "parent_id" else value
                    for name, value in values.items()
                },
            )
            for key, values in changed.items()
        ]
        model._default_manager.bulk_create(
            rows,
            batch_size=_BATCH,
            update_conflicts=True,
            unique_fields=["source", "sourced_id"],
            update_fields=list(next(iter(changed.values()))),
        )
        if later:
            found = self._by_id({*later, *later.values()})
            for key, parent in later.items():
                found[key].parent_id = found[parent].pk
            model._default_manager.bulk_update(
                [found[key] for key in later], ["parent_id"], batch_size=_BATCH
            )


def _leads_in_a_circle(start: Any, above: Mapping[Any, Any]) -> bool:
    passed = {start}
    node = above.get(start)
    while node is not None:
        if node in passed:
            return True
        passed.add(node)
        node = above.get(node)
    return False
