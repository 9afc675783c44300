"""How a list is asked for (1EdTech): limit, offset, sort, orderBy, filter, fields."""

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from skills.public.case.failures import Failure
from skills.readers import moments

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1_000

Row = Mapping[str, Any]
_Test = Callable[[Row], bool]

_PREDICATE: Final = re.compile(r"\s*([A-Za-z][\w.]*)\s*(!=|>=|<=|=|>|<|~)\s*'((?:[^']|'')*)'\s*")
_LOGIC: Final = re.compile(r"(AND|OR)\b")
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "~": operator.contains,
}


@dataclass(frozen=True, slots=True)
class Page:
    """The rows that were asked for, of how many, and the page's neighbours (RFC 8288)."""

    rows: list[dict[str, Any]]
    total: int
    links: str


def page(
    rows: Sequence[Row], asked: Mapping[str, str], *, known: Collection[str], address: str
) -> Page:
    """Choose, order and cut rows as they were asked for. `known` are the fields they may have.

    A sort by an unknown field is passed over; a selection with one gives all fields. Raises
    Failure for a filter that is not understood, and for limits that are none.
    """
    limit, offset = _number(asked, "limit", DEFAULT_LIMIT), _number(asked, "offset", 0)
    limit = min(limit, MAX_LIMIT)
    is_wanted = _test(asked.get("filter", ""), known)
    found = [row for row in rows if is_wanted(row)]
    if (field := asked.get("sort", "")) in known:
        is_down = asked.get("orderBy", "asc").lower() == "desc"
        found.sort(key=lambda row: _folded(row.get(field)), reverse=is_down)
    cut = found[offset : offset + limit]
    return Page(
        rows=[_selected(row, asked.get("fields", ""), known) for row in cut],
        total=len(found),
        links=", ".join(_links(asked, address, limit, offset, len(found))),
    )


def _number(asked: Mapping[str, str], name: str, otherwise: int) -> int:
    text = asked.get(name, "")
    if not text:
        return otherwise
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Failure(400, "invalid_selection_field", f"{name} is not a whole number from 0 on.")
    return int(text)


def _test(text: str, known: Collection[str]) -> _Test:
    """What a row must be like: one predicate, or two with AND or OR between them."""
    if not text.strip():
        return lambda row: True
    first, rest = _predicate(text, known)
    if not rest:
        return first
    logic = _LOGIC.match(rest)
    if logic is None:
        raise _not_understood()
    second, rest = _predicate(rest[logic.end() :], known)
    if rest:
        raise _not_understood()
    if logic[1] == "AND":
        return lambda row: first(row) and second(row)
    return lambda row: first(row) or second(row)


def _predicate(text: str, known: Collection[str]) -> tuple[_Test, str]:
    found = _PREDICATE.match(text)
    if found is None:
        raise _not_understood()
    path, sign, value = found[1].split("."), found[2], found[3].replace("''", "'")
    if path[0] not in known:
        raise Failure(400, "invalid_filter_field", f"There is no field {found[1]} to filter by.")
    compare = _COMPARISONS[sign]

    def holds(row: Row) -> bool:
        values = list(_values(row, path))
        if sign == "!=":
            return all(compare(*_alike(each, value)) for each in values)
        return any(compare(*_alike(each, value)) for each in values)

    return holds, text[found.end() :]


def _values(value: Any, path: Sequence[str]) -> Iterator[str]:
    """The texts that lie there; of a list, those of each member."""
    if isinstance(value, list):
        for one in value:
            yield from _values(one, path)
    elif path:
        if isinstance(value, Mapping) and path[0] in value:
            yield from _values(value[path[0]], path[1:])
    elif isinstance(value, str):
        yield value


def _alike(one: str, other: str) -> tuple[Any, Any]:
    """Both as moments where both are some, else without regard to case."""
    if one[:4].isdecimal() and other[:4].isdecimal():
        moments_ = moments.parsed(one), moments.parsed(other)
        if None not in moments_:
            return moments_
    return one.casefold(), other.casefold()


def _folded(value: Any) -> str:
    return value.casefold() if isinstance(value, str) else "" if value is None else str(value)


def _selected(row: Row, fields: str, known: Collection[str]) -> dict[str, Any]:
    names = {name.strip() for name in fields.split(",") if name.strip()}
    if not names or not names <= set(known):
        return dict(row)
    return {name: value for name, value in row.items() if name in names}


def _links(
    asked: Mapping[str, str], address: str, limit: int, offset: int, total: int
) -> Iterator[str]:
    last = max(0, (total - 1) // limit * limit) if limit else 0
    neighbours = {
        "first": 0,
        "prev": max(0, offset - limit) if offset else None,
        "next": offset + limit if limit and offset + limit < total else None,
        "last": last,
    }
    for relation, begins in neighbours.items():
        if begins is not None:
            query = urlencode({**asked, "limit": limit, "offset": begins})
            yield f'<{address}?{query}>; rel="{relation}"'


def _not_understood() -> Failure:
    return Failure(
        400,
        "invalid_filter_field",
        "The filter is not understood. Write it like title~'care' AND adoptionStatus='Adopted'.",
    )
