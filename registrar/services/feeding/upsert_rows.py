"""The rows that a system sends, as they are being judged; and what their references lead to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final
from unicodedata import normalize
from urllib.parse import unquote

from django.db import models

from registrar.models import (
    Learner,
    LearningOpportunity,
    LineItem,
    Offering,
    OrganizationUnit,
    Term,
)
from registrar.readers.cells import BadCell
from registrar.readers.row_members import ELSEWHERE, MEMBERS, Member
from registrar.readers.rows import Flaw, Given
from registrar.services.learners import same_people

CREATED: Final = "created"
UPDATED: Final = "updated"
UNCHANGED: Final = "unchanged"
ERROR: Final = "error"
DUPLICATE: Final = "duplicate"
EMPTIED: Final = "emptied"
BROUGHT_BACK: Final = "brought_back"
LEARNER_RETIRED: Final = "learner_retired"
STATUSES: Final = (CREATED, UPDATED, UNCHANGED, ERROR)

_NOTHING: Final = ("", None)

_TARGETS: Final[Mapping[str, type[models.Model]]] = {
    "organisations": OrganizationUnit,
    "terms": Term,
    "opportunities": LearningOpportunity,
    "offerings": Offering,
    "learners": Learner,
    "line-items": LineItem,
}


@dataclass(slots=True)
class Row:
    """One row: what it says, all that is wrong with it, and in the end what became of it."""

    index: int
    key: str
    said: dict[str, Any]
    flaws: list[Flaw] = field(default_factory=list)
    notes: list[Flaw] = field(default_factory=list)
    done: str = ""
    # Which row before says the same.
    first: int | None = None
    # Members of which it says nothing, so that they are false.
    unsaid: set[str] = field(default_factory=set)

    @property
    def status(self) -> str:
        """What became of it."""
        return ERROR if self.flaws else self.done

    def refuse(self, member: str, code: str, reason: str, remedy: str) -> None:
        """Take note of something that is wrong with it."""
        self.flaws.append(Flaw(member, code, reason, remedy))

    def note(self, member: str, code: str, reason: str, remedy: str) -> None:
        """Take note of something that its sender should know, and that does not hold it up."""
        self.notes.append(Flaw(member, code, reason, remedy))


_Known = tuple[str, bool]


class Doubles:
    """The rows with one key among all that were sent: some say the same, others differ.

    Nobody knows which of two that differ is right, so that all of that key are refused.
    """

    def __init__(self, kind: str, given: Iterable[Given]) -> None:
        self._key = MEMBERS[kind][0]
        self._is_result = kind == "results"
        self._first: dict[_Known, tuple[int, int]] = {}
        self._other: dict[_Known, int] = {}
        for each in given:
            if known := self._known(each):
                first = self._first.setdefault(known, (each.index, _says(each)))
                if first[1] != _says(each):
                    self._other.setdefault(known, each.index)

    def mark(self, row: Row, given: Given) -> None:
        """Say of a row which one before says the same, or refuse it for one that differs."""
        if (known := self._known(given)) is None:
            return
        first, says = self._first[known]
        if (other := self._other.get(known)) is not None:
            row.refuse(
                self._key.name,
                DUPLICATE,
                f"Row {other if says == _says(given) else first} has the same {self._key.name} and "
                "says something else; none of them is taken.",
                "Send the one that is right.",
            )
        elif first != row.index:
            row.first = first

    def _known(self, given: Given) -> _Known | None:
        """What a row is known by: of results also whether it speaks of one outcome alone."""
        try:
            key = self._key.read(given.members.get(self._key.name), is_text=True)
        except BadCell:
            return None
        return key, self._is_result and bool(given.members.get("outcome"))


def _says(given: Given) -> int:
    """Stands for what a row says; what is neither text nor number is an error of it anyway."""
    said = given.members.items()
    plain = [(name, value) for name, value in said if not isinstance(value, dict | list)]
    return hash(normalize("NFC", repr(sorted(plain))))


def read(
    kind: str, given: Iterable[Given], *, is_text: bool, doubles: Doubles | None = None
) -> list[Row]:
    """Read the members of rows of a kind. `doubles` are of all rows, where these are not all."""
    members = {member.name: member for member in MEMBERS[kind]}
    given = list(given)
    doubles = doubles or Doubles(kind, given)
    rows = [_row(members, each, MEMBERS[kind][0].name, is_text=is_text) for each in given]
    for row, each in zip(rows, given, strict=True):
        doubles.mark(row, each)
    return rows


def _row(members: Mapping[str, Member], given: Given, key_name: str, *, is_text: bool) -> Row:
    row = Row(given.index, "", {})
    if given.flaw is not None:
        row.flaws.append(given.flaw)
        return row
    for name, value in given.members.items():
        if name not in members:
            row.refuse(
                name[:64],
                "unknown_field",
                "There is no such member.",
                f"Use {', '.join(members)}.",
            )
            continue
        try:
            row.said[name] = members[name].read(value, is_text=is_text)
        except BadCell as bad:
            row.refuse(name, bad.code, bad.reason.replace("{column}", name), bad.fix)
    row.key = row.said.get(key_name, "")
    if key_name not in given.members:
        _miss(row, key_name)
    for name, member in members.items():
        if member.resets and name not in row.said:
            row.said[name] = member.kind.blank
            row.unsaid.add(name)
    return row


def complete(kind: str, row: Row) -> None:
    """Fill in what a new row leaves out; refuse it where that is needed."""
    for member in MEMBERS[kind]:
        if member.name not in row.said:
            if member.needed:
                if not any(flaw.member == member.name for flaw in row.flaws):
                    _miss(row, member.name)
            row.said[member.name] = member.kind.blank


def _miss(row: Row, name: str) -> None:
    row.refuse(name, "required", f"{name} is missing, but is required.", "Give it.")


def cut(model: type[models.Model], name: str, value: Any) -> Any:
    """A value as the field keeps it; decimals are cut, never rounded up."""
    model_field = model._meta.get_field(name)
    if isinstance(model_field, models.DecimalField) and isinstance(value, Decimal):
        return value.quantize(Decimal(1).scaleb(-model_field.decimal_places), rounding=ROUND_FLOOR)
    return value


def fits(model: type[models.Model], name: str, value: Any) -> bool:
    """Whether the field has room for the value."""
    model_field = model._meta.get_field(name)
    if isinstance(model_field, models.CharField) and isinstance(value, str):
        return len(value) <= (model_field.max_length or 0)
    if isinstance(model_field, models.DecimalField) and isinstance(value, Decimal):
        return bool(abs(value) < 10 ** (model_field.max_digits - model_field.decimal_places))
    return True


def tell_emptied(row: Row, name: str, before: Any, after: Any) -> None:
    """Note that a member held something that this row takes away, as an empty cell does."""
    if before not in _NOTHING and after in _NOTHING:
        row.note(
            name,
            EMPTIED,
            f"{name} held something, and is emptied.",
            "Nothing, if that is meant. Else send it again; to leave it alone, leave out the "
            "member or the column.",
        )


def tell_brought_back(row: Row, name: str) -> None:
    """Note that it stands again what was retired or withdrawn, where the row does not say so."""
    if name in row.unsaid:
        row.note(
            name,
            BROUGHT_BACK,
            f"{name} was true and is left out, which counts as false: it stands again.",
            f"Nothing, if that is meant. Else send {name} as true again.",
        )


def note_retired_learners(whose: Iterable[tuple[Row, int]]) -> None:
    """Note of each row that its learner, by our key, is retired, where that is so."""
    whose = list(whose)
    named = Learner.objects.filter(pk__in={pk for _, pk in whose})
    gone = set(named.exclude(retired_at=None).values_list("pk", flat=True))
    for row, pk in whose:
        if pk in gone:
            row.note(
                "learner",
                LEARNER_RETIRED,
                "The learner is retired, and no rule judges who is.",
                "Nothing, if that is meant. Else send the learner again, with retired as false.",
            )


def refuse_size(row: Row, name: str) -> None:
    """Take note that a value is too long or too large."""
    row.refuse(name, "too_long", f"{name} is longer or larger than can be kept.", "Shorten it.")


def lead(kind: str, rows: Sequence[Row], *, source: str) -> dict[str, dict[str, int]]:
    """By member: the keys of ours to which the references of these rows lead."""
    found: dict[str, dict[str, int]] = {}
    for member in MEMBERS[kind]:
        if member.leads_to:
            named = {row.said[member.name] for row in rows if row.said.get(member.name)}
            found[member.name] = _find(_TARGETS[member.leads_to], named, source)
    return found


def refuse_orphan(row: Row, name: str, *, hint: str = "") -> None:
    """Take note that a reference leads to nothing; `hint` ends what is to be done."""
    row.refuse(
        name,
        "unknown_reference",
        f"{name} leads to nothing that came from this source.",
        f"Send what it leads to first, or name it sis:<source>:<sourcedId>.{hint}",
    )


def _find(model: type[models.Model], named: Iterable[str], source: str) -> dict[str, int]:
    by_source: dict[str, dict[str, str]] = defaultdict(dict)
    for name in named:
        by_source[source][name] = name
        if name.startswith(ELSEWHERE):
            other, _, sourced_id = name.removeprefix(ELSEWHERE).partition(":")
            by_source[unquote(other)][sourced_id] = name
    found: dict[str, int] = {}
    for origin, ids in by_source.items():
        if "\0" in origin:
            continue
        held = model._default_manager.filter(source=origin, sourced_id__in=list(ids))
        for sourced_id, pk in held.values_list("sourced_id", "pk"):
            found[ids[sourced_id]] = pk
        if model is Learner:
            same = same_people.joined(origin, among=list(ids))
            found.update({ids[sourced_id]: pk for sourced_id, pk in same.items()})
    return found
