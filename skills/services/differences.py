"""What a newer edition changes: each item new, changed, retired, come back, or as before."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

Values = dict[str, Any]
Pairs = Mapping[str, tuple[Any, Any]]


class Held(NamedTuple):
    """What is held of one item, and whether it is retired; `stays` if no import changes it."""

    values: Values
    is_retired: bool
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """What a newer edition does to one item: each field's old and new value."""

    identifier: str
    name: str
    change: str
    fields: Pairs

    def as_json(self) -> dict[str, Any]:
        """As it is kept in the import's record."""
        return {
            "identifier": self.identifier,
            "name": self.name,
            "change": self.change,
            "fields": {name: [_plain(each) for each in pair] for name, pair in self.fields.items()},
        }


@dataclass(slots=True)
class Changes:
    """What becomes of the skills, associations or rubrics, by identifier.

    What is `touched` says the same as before, with a newer date or the like; it counts as
    unchanged. Of what is `retired` the values stand there where the file still has it. What is
    `kept` was made here and stays as it is, whatever the file says of it.
    """

    new: dict[str, Values] = field(default_factory=dict)
    changed: dict[str, Values] = field(default_factory=dict)
    touched: dict[str, Values] = field(default_factory=dict)
    retired: dict[str, Values | None] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    unchanged: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many of them are new, changed, retired, and as before."""
        return {
            "new": len(self.new),
            "changed": len(self.changed),
            "retired": len(self.retired),
            "unchanged": self.unchanged,
        }

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.retired)


def compare(
    held: Mapping[str, Held],
    wanted: Mapping[str, Values],
    *,
    quiet: Collection[str],
    retired: Collection[str] = (),
) -> Changes:
    """Tell what the wanted makes of the held.

    A difference in `quiet` fields alone is none. `retired` are those of the wanted that their
    source has retired.
    """
    changes = Changes()
    for identifier, values in wanted.items():
        before = held.get(identifier)
        if before is None:
            changes.new[identifier] = values
        else:
            _compare_one(changes, identifier, before, values, quiet, identifier in retired)
    for identifier, before in held.items():
        if identifier not in wanted and not before.is_retired and not before.stays:
            changes.retired[identifier] = None
            changes.differences.append(Difference(identifier, name(before.values), "retired", {}))
    return changes


def _compare_one(
    changes: Changes,
    identifier: str,
    before: Held,
    values: Values,
    quiet: Collection[str],
    is_retired: bool,
) -> None:
    if before.values == values and before.is_retired == is_retired:
        changes.unchanged += 1
        return
    pairs = differing(before.values, values)
    fields = {field: pair for field, pair in pairs.items() if field not in quiet}
    if before.stays:
        changes.unchanged += 1
        changes.kept += [identifier] if fields or is_retired else []
        return
    if before.is_retired == is_retired and not fields:
        changes.unchanged += 1
        changes.touched[identifier] = values
        return
    if before.is_retired == is_retired:
        change = "changed"
    else:
        change = "retired" if is_retired else "returned"
    group = changes.retired if change == "retired" else changes.changed
    group[identifier] = values
    changes.differences.append(Difference(identifier, name(values), change, fields))


def differing(before: Values, after: Values) -> dict[str, tuple[Any, Any]]:
    """Each field whose value differs, with both values."""
    return {
        field: (before.get(field), value)
        for field, value in after.items()
        if before.get(field) != value
    }


def _plain(value: Any) -> Any:
    """The value as JSON has it; what lies in lists and objects is so already."""
    return value.isoformat() if isinstance(value, date) else value


def name(values: Values) -> str:
    """What a person recognises an item by."""
    if "statement" in values:
        return f"{values['code']} {values['label'] or values['statement']}".strip()
    if "origin_uri" in values:
        ends = (values[f"{end}_title"] or values[f"{end}_uri"] for end in ("origin", "destination"))
        return f" {values['kind']} ".join(ends)
    return values["title"] or values["uri"]


def fingerprint(fields: Pairs, changes: Iterable[Changes]) -> str:
    """The same for plans that change the same."""
    digest = hashlib.sha256(repr(sorted(fields.items())).encode())
    for change in changes:
        what = (change.new, change.changed, change.touched, change.retired, change.differences)
        digest.update(repr(what).encode())
    return digest.hexdigest()
