"""Classes of a specification as frozen dataclasses: checked when made, written and read as JSON.

A field bears the specification's member in snake_case, and its type says what
the member may hold: `str` is text, `Uri` a URI, a vocabulary one of its terms,
a tuple many values. So one statement serves who builds an object, who reads one
back, and `classes.problems`, which judges the JSON of others.
"""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from issuer.vc import canonical, kinds, timestamps
from issuer.vc.errors import ForbiddenValue, MalformedDocument
from issuer.vc.kinds import Kind

Uri = Annotated[str, Kind.URI]
Language = Annotated[str, Kind.LANGUAGE]
Country = Annotated[str, Kind.COUNTRY]
CompactJws = Annotated[str, Kind.COMPACT_JWS]
Number = Annotated[int | float | Decimal, Kind.NUMBER]
# Objects that are taken and given as they are.
Typed = Annotated[dict[str, Any], Kind.TYPED]
SignedCredential = Annotated[dict[str, Any], Kind.SIGNED]
SignedEndorsement = Annotated[dict[str, Any], Kind.ENDORSEMENT]

_PLAIN = {str: Kind.TEXT, datetime: Kind.TIME, date: Kind.DATE, bool: Kind.BOOLEAN}


class Stated:
    """An object that states what a class of the specification has members for.

    `TYPE` is what it bears as `type`: an array, for a few classes one text, or
    None where the class has no type or a field for it. `as_json` leaves out
    what is not stated: None, empty tuples and empty text.
    """

    SPECIFICATION: ClassVar[str] = "Open Badges 3.0"
    TYPE: ClassVar[str | tuple[str, ...] | None]
    # Other words that stand for one of TYPE.
    ALIASES: ClassVar[dict[str, str]] = {}
    # Whether one may be written without an array where many are allowed.
    MAY_STAND_ALONE: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Raise ForbiddenValue for what the specification forbids."""
        for member in members(type(self)):
            self._check(member)
        self._check_together()

    def _check_together(self) -> None:
        """Check what concerns several members; classes that have such rules override it."""

    def as_json(self) -> dict[str, Any]:
        """Return the object as JSON, id and type first, then in the order of the fields."""
        stated = {member.name: getattr(self, member.field) for member in members(type(self))}
        first = {"id": stated.pop("id", None), "type": stated.pop("type", self.TYPE)}
        return {
            name: _as_json(value) for name, value in (first | stated).items() if is_stated(value)
        }

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Return the object that `as_json` wrote.

        Raises MalformedDocument for a member that the class does not have, or
        that has another form; ForbiddenValue as the constructor does; and
        OutOfBounds for what is larger than `canonical.check_bounds` accepts.
        """
        canonical.check_bounds(document)
        return cls._read(document)

    @classmethod
    def _read(cls, document: object) -> Self:
        known = {member.name: member for member in members(cls)}
        if not isinstance(document, dict) or (
            "type" not in known and document.get("type") != _as_json(cls.TYPE)
        ):
            raise MalformedDocument(f"This is no {cls.__name__} object.")
        found: dict[str, Any] = {}
        for name in document.keys() - ({"type"} - known.keys()):
            if name not in known:
                raise MalformedDocument(f"{cls.__name__} has no member {name!r}.")
            found[known[name].field] = _read_member(document[name], known[name])
        for member in known.values():
            if member.required and member.field not in found:
                raise MalformedDocument(f"{cls.__name__} must state {member.name}.")
        return cls(**found)

    def _check(self, member: Member) -> None:
        name, value = type(self).__name__, getattr(self, member.field)
        if not is_stated(value):
            if member.required:
                raise ForbiddenValue(f"{name} must state {member.name}.")
            return
        if member.many and not isinstance(value, tuple):
            raise ForbiddenValue(f"{name}: {member.name}: This must be a tuple.")
        for each in value if member.many else (value,):
            problem = _problem(each, member)
            if problem:
                raise ForbiddenValue(f"{name}: {member.name}: {problem}")


@dataclass(frozen=True)
class Member:
    """One member of a class: its name in JSON, its field, and what it may hold."""

    name: str
    field: str
    kind: Kind | frozenset[str] | type[Stated]
    required: bool
    many: bool


def members(of: type[Stated]) -> tuple[Member, ...]:
    """Return the members of a class, in the order of its fields."""
    described: Any = of
    return _members(described)


@functools.cache
def _members(described: Any) -> tuple[Member, ...]:
    hints = typing.get_type_hints(described, include_extras=True)
    return tuple(_member(field, hints[field.name]) for field in dataclasses.fields(described))


def is_stated(value: object) -> bool:
    """Tell whether the value is one that `as_json` writes."""
    return value is not None and value != "" and value != ()


def _member(field: dataclasses.Field[Any], hint: Any) -> Member:
    many = typing.get_origin(hint) is tuple
    options = () if typing.get_origin(hint) is Annotated else typing.get_args(hint)
    first, *others = field.name.split("_")
    return Member(
        name=first + "".join(word.capitalize() for word in others),
        field=field.name,
        kind=_kind(options[0] if options else hint),
        required=field.default is dataclasses.MISSING if many else type(None) not in options,
        many=many,
    )


def _kind(hint: Any) -> Kind | frozenset[str] | type[Stated]:
    if typing.get_origin(hint) is Annotated:
        kind: Kind | frozenset[str] = hint.__metadata__[0]
        return kind
    return hint if issubclass(hint, Stated) else _PLAIN[hint]


def _problem(value: Any, member: Member) -> str | None:
    if isinstance(member.kind, type):
        if isinstance(value, member.kind):
            return None
        return f"This must be one {member.kind.__name__}."
    if member.required and isinstance(value, str) and not value.strip():
        return "This must not be empty."
    return kinds.problem(_as_json(value), member.kind)


def _as_json(value: Any) -> Any:
    if isinstance(value, Stated):
        return value.as_json()
    if isinstance(value, tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, datetime):
        return timestamps.write(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _as_number(value)
    return value


def _as_number(value: Decimal) -> int | float:
    if not value.is_finite():
        return float("nan")
    return int(value) if value == value.to_integral_value() else float(value)


def _read_member(value: Any, member: Member) -> Any:
    if not member.many:
        return _read_value(value, member)
    if not isinstance(value, list):
        raise MalformedDocument(f"{member.name} is not an array.")
    return tuple(_read_value(item, member) for item in value)


def _read_value(value: Any, member: Member) -> Any:
    if isinstance(member.kind, type):
        return member.kind._read(value)
    read = _READERS.get(member.kind)
    if read is not None:
        return read(value)
    expected = _FORMS.get(member.kind, str)
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        raise MalformedDocument(f"{member.name} has another form than it should.")
    return value


_READERS: dict[Kind | frozenset[str], Callable[[object], object]] = {
    Kind.TIME: timestamps.read,
    Kind.DATE: timestamps.read_date,
}
_FORMS: dict[Kind | frozenset[str], Any] = {
    Kind.NUMBER: (int, float),
    Kind.BOOLEAN: bool,
    Kind.TYPED: dict,
    Kind.SIGNED: dict,
    Kind.ENDORSEMENT: dict,
}
