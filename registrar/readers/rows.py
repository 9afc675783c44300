"""Reads the rows that systems send: a list in JSON, a row a line (NDJSON), or a sheet (CSV)."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import BufferedReader
from typing import Any, Final, NamedTuple

from registrar.readers.errors import Unreadable
from registrar.readers.sheet import Sheet

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"

MOST_ROWS: Final = 100_000
_LONGEST_LINE: Final = 1 << 20


class Flaw(NamedTuple):
    """What is wrong with a row, at which of its members, and what to do."""

    member: str
    code: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Given:
    """A row as it was sent, counted from 0 without blank ones; no members where `flaw` says why."""

    index: int
    members: Mapping[str, Any]
    flaw: Flaw | None = None


def pointer(index: int, member: str) -> str:
    """Where a member of a row stands: a JSON Pointer (RFC 6901) into the list of rows."""
    escaped = member.replace("~", "~0").replace("/", "~1")
    return f"/{index}/{escaped}" if member else f"/{index}"


def read(stream: BufferedReader, media_type: str, *, known: frozenset[str]) -> Iterator[Given]:
    """Yield the rows in their order. Raises Unreadable, also midway, for what is no list of rows.

    `known` are the names that the columns of a sheet may have.
    """
    if media_type == CSV:
        return _sheet(stream, known)
    return _lines(stream) if media_type == NDJSON else _list(stream)


class _Repeated(ValueError):
    """An object names a member twice."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Repeated
    "".join(found).encode()  # a name that is told again must be a text, not half a character
    return found


def _no_number(text: str) -> None:
    raise ValueError(text)


def _number(text: str) -> Decimal:
    """The number; NaN, which no member takes, for one with more digits than there can be."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _parsed(text: str) -> Any:
    return json.loads(
        text, parse_float=_number, parse_constant=_no_number, object_pairs_hook=_members
    )


def _told(error: Exception) -> tuple[str, str, str]:
    if isinstance(error, _Repeated):
        return "duplicate_key", "A member stands twice in one object.", "Leave one of them out."
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return "not_utf8", f"Byte {error.start} (line {line}) is not UTF-8.", "Send UTF-8."
    if isinstance(error, UnicodeEncodeError):
        reason = "The name of a member holds half a character (a lone surrogate)."
        return "parse_error", reason, "Let a library write it."
    if isinstance(error, RecursionError):
        return "too_deep", "The JSON is nested too deeply.", "Send a flat object for each row."
    where = f" near character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
    return "parse_error", f"This is no JSON{where}.", "Let a library write it."


def listed(content: bytes) -> list[Any]:
    """The items of a JSON list, whatever they are. Raises Unreadable for what is none."""
    try:
        items = _parsed(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(*_told(error)) from error
    if not isinstance(items, list):
        raise Unreadable("no_list", "The body is no JSON list.", "Send a list of objects.")
    return items


def _list(stream: BufferedReader) -> Iterator[Given]:
    for index, row in enumerate(listed(stream.read())):
        yield _row(index, row)


def _row(index: int, row: Any) -> Given:
    if isinstance(row, dict):
        return Given(index, row)
    return Given(index, {}, Flaw("", "type", "The row is no object.", "Send an object."))


def _lines(stream: BufferedReader) -> Iterator[Given]:
    index = number = ends = 0
    while line := stream.readline(_LONGEST_LINE + 1):
        number, begins, ends = number + 1, ends, ends + len(line)
        if len(line) > _LONGEST_LINE:
            raise Unreadable(
                "line_too_long", f"Row {index} is longer than 1 MiB.", "Send one object a line."
            )
        if not line.strip():
            continue
        try:
            yield _row(index, _parsed(line.decode()))
        except UnicodeDecodeError as error:
            reason = f"Byte {begins + error.start} (line {number}) is not UTF-8."
            yield Given(index, {}, Flaw("", "not_utf8", reason, "Send UTF-8."))
        except (ValueError, RecursionError) as error:
            yield Given(index, {}, Flaw("", *_told(error)))
        index += 1


def _sheet(stream: BufferedReader, known: frozenset[str]) -> Iterator[Given]:
    flaws: dict[int, Flaw] = {}

    def report(row: int | None, *, severity: str = "error", **said: str) -> None:
        if severity == "error" and row is not None:
            flaw = Flaw(said.get("column", ""), said["code"], said["reason"], said["fix"])
            flaws.setdefault(row, flaw)

    sheet = Sheet(
        stream,
        report=report,
        max_rows=MOST_ROWS + 1,
        with_line_breaks={"description", "statement"},
    )
    _check_header(sheet.header, known)
    index = itertools.count()
    for _, cells in sheet.rows():
        yield from _reported(flaws, index)
        yield Given(next(index), dict(zip(sheet.header, cells, strict=True)))
    yield from _reported(flaws, index)


def _reported(flaws: dict[int, Flaw], index: Iterator[int]) -> Iterator[Given]:
    for number in sorted(flaws):
        yield Given(next(index), {}, flaws.pop(number))


def _check_header(header: list[str], known: frozenset[str]) -> None:
    if unknown := sorted(set(header) - known):
        names = ", ".join(name[:64] or "(blank)" for name in unknown[:5])
        raise Unreadable(
            "unknown_field", f"Unknown columns: {names}.", f"Use {', '.join(sorted(known))}."
        )
    if len(set(header)) < len(header):
        raise Unreadable("duplicate_key", "A column stands twice.", "Leave one of them out.")
