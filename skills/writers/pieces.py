"""Writes JSON piece by piece, so that a long list is never in memory as a whole."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

# How many members of a list make up a piece.
_TOGETHER: Final = 200


def written(value: Any) -> str:
    """The value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def without_blanks(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that say anything; zero and false do."""
    return {
        name: value
        for name, value in members.items()
        if value is not None and value != "" and value != [] and value != {}
    }


def object_with_lists(
    members: Mapping[str, Any], lists: Iterable[tuple[str, Iterable[Any]]]
) -> Iterator[str]:
    """An object with these members, and then these lists, each gone through once."""
    opening = written(members)[:-1]
    separator = "," if members else ""
    yield opening
    for name, values in lists:
        yield f"{separator}{written(name)}:["
        yield from _joined(values)
        yield "]"
        separator = ","
    yield "}\n"


def moment(at: datetime | None) -> str:
    """A moment in UTC as ISO 8601 says it; the beginning of the calendar where none is known."""
    known = at or datetime.min.replace(tzinfo=UTC)
    return known.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _joined(values: Iterable[Any]) -> Iterator[str]:
    waiting: list[str] = []
    separator = ""
    for value in values:
        waiting.append(written(value))
        if len(waiting) == _TOGETHER:
            yield separator + ",".join(waiting)
            separator, waiting = ",", []
    if waiting:
        yield separator + ",".join(waiting)
