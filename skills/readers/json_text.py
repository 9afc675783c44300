"""Reads JSON that strangers wrote: strictly, within bounds, with every fault's place."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from skills.readers import texts
from skills.readers.errors import Unreadable
from skills.readers.problems import Problems

MAX_BYTES: Final = 32 << 20
MAX_DEPTH: Final = 32
# Each costs the memory of a hundred letters. A framework of 100,000 skills has some 800,000.
MAX_VALUES: Final = 2_000_000

_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"\x00", b"{\x00", b"[\x00")


class _Doubled(dict[str, Any]):
    """An object that has a key twice."""

    doubled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A document, and the places (JSON Pointers) in it that must not be believed."""

    document: Any
    spoiled: frozenset[str]


def parse(data: bytes, problems: Problems) -> Text:
    """Turn bytes into JSON values, and tell of all that no good JSON text has.

    Doubled keys and control characters are errors, and their places `spoiled`. Raises
    Unreadable when it is not JSON in UTF-8, too large, or nested too deeply.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(
            "too_large",
            f"The file is larger than {MAX_BYTES >> 20} MiB.",
            "Export the framework in parts.",
        )
    if data.count(b"[") + data.count(b"{") > MAX_VALUES:
        raise Unreadable(
            "too_many",
            f"The file has more than {MAX_VALUES:,} objects and lists.",
            "Export the framework in parts.",
        )
    document = _parsed(_decoded(data))
    return Text(document, frozenset(_spoiled(document, problems)))


def pointer(parent: str, key: str | int) -> str:
    """The JSON Pointer (RFC 6901) of a member of the value at `parent`."""
    return f"{parent}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _decoded(data: bytes) -> str:
    if data.startswith(_OTHER_ENCODINGS):
        raise Unreadable(
            "not_utf8", "The file is not in UTF-8 but UTF-16 or UTF-32.", "Save it as UTF-8."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            "not_utf8",
            f"Byte {error.start} is not UTF-8.",
            "Save the file as UTF-8.",
            row=data.count(b"\n", 0, error.start) + 1,
        ) from None


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float
        )
    except json.JSONDecodeError as error:
        raise Unreadable(
            "not_json",
            f"It is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            "Export the file again, or check it with a JSON editor.",
            row=error.lineno,
        ) from None
    except RecursionError:
        raise _too_deep("") from None
    except ValueError as error:
        # Python refuses integers of more than 4,300 digits this way.
        reason = str(error) if isinstance(error, _BadNumber) else "A number has too many digits."
        raise Unreadable("bad_number", reason, "Write an ordinary number.") from None


class _BadNumber(ValueError):
    """A number that JSON, or we, cannot hold."""


def _constant(name: str) -> Any:
    raise _BadNumber(f"{name} is not a number in JSON.")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _BadNumber("A number is too large.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    counts = Counter(key for key, _ in pairs)
    object_ = _Doubled(members)
    object_.doubled = tuple(key for key, count in counts.items() if count > 1)
    return object_


def _spoiled(document: Any, problems: Problems) -> Iterator[str]:
    stack: list[tuple[str, Any, int]] = [("", document, 1)]
    while stack:
        place, value, depth = stack.pop()
        if isinstance(value, str):
            if found := texts.refused(value):
                _report_control(place, found, problems)
                yield place
        elif isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise _too_deep(place)
            if isinstance(value, _Doubled):
                _report_doubled(place, value, problems)
                yield place
            for at, member in _members(place, value):
                stack.append((at, member, depth + 1))
                if isinstance(value, dict) and (found := texts.refused(at)):
                    _report_control(place, found, problems)
                    yield place


def _members(place: str, value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    members = enumerate(value) if isinstance(value, list) else value.items()
    return ((pointer(place, key), member) for key, member in members)


def _report_control(place: str, found: str, problems: Problems) -> None:
    problems.add(
        place,
        code="control_character",
        reason=f"There is an invisible control character (U+{ord(found):04X}) in a text.",
        fix="Remove it; exporting the file again from its source usually does.",
    )


def _report_doubled(place: str, value: _Doubled, problems: Problems) -> None:
    for key in value.doubled:
        problems.add(
            pointer(place, key),
            code="duplicate_key",
            reason=f"The member {key[:64]} stands twice in one object.",
            fix="Remove one of the two.",
        )


def _too_deep(place: str) -> Unreadable:
    return Unreadable(
        "too_deep",
        f"The file is nested more than {MAX_DEPTH} levels deep.",
        "Export it as a plain CASE package.",
        pointer=place[:255],
    )
