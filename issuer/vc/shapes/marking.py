"""A document's sentinels, exchanged for marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import permutations
from typing import Any

from issuer.vc.errors import ShapeFault
from issuer.vc.shapes.holes import Hole, Kind, Value, problem
from issuer.vc.shapes.templates import Marks

# What is shorter may well stand in what somebody has written.
MIN_SENTINEL = 12
MAX_HOLES = 1000


def marked(
    document: dict[str, Any], holes: Sequence[Hole], marks: Marks
) -> tuple[dict[str, Any], list[str]]:
    """Return the document with marks for sentinels, and where each hole stands first.

    Raises ShapeFault for a document that bears a proof, for sentinels that
    somebody may have written or that can't be told apart, and for those that
    don't occur, or occur where their kind can't stand.
    """
    if "proof" in document:
        raise ShapeFault("The document bears a proof.")
    _require_distinct(holes)
    exchange = _Exchange(holes, marks)
    with_marks = exchange.of(document, "")
    for hole in holes:
        if hole.name not in exchange.found:
            raise ShapeFault(f"{hole.name}: The sentinel does not occur in the document.")
    return with_marks, [exchange.found[hole.name] for hole in holes]


def _require_distinct(holes: Sequence[Hole]) -> None:
    if len(holes) > MAX_HOLES or len({hole.name for hole in holes}) < len(holes):
        raise ShapeFault("There are too many holes, or two of one name.")
    for hole in holes:
        if message := problem(hole.kind, hole.sentinel):
            raise ShapeFault(f"{hole.name}: The sentinel can't stand in such a hole: {message}")
        if len(str(hole.sentinel)) < MIN_SENTINEL:
            raise ShapeFault(f"{hole.name}: The sentinel has less than {MIN_SENTINEL} characters.")
    for one, other in permutations(holes, 2):
        if str(one.sentinel) in str(other.sentinel):
            raise ShapeFault(f"{one.name}: The sentinel stands in that of {other.name}.")


class _Exchange:
    """Exchanges sentinels for marks, and notes where each was found first."""

    def __init__(self, holes: Sequence[Hole], marks: Marks) -> None:
        self.found: dict[str, str] = {}
        self._whole = {
            _key(hole.sentinel): (hole, marks.mark(number))
            for number, hole in enumerate(holes)
            if hole.kind is not Kind.TOKEN
        }
        self._tokens = {
            str(hole.sentinel): (hole, marks.mark(number))
            for number, hole in enumerate(holes)
            if hole.kind is Kind.TOKEN
        }
        sentinels = [hole.sentinel for hole in holes if isinstance(hole.sentinel, str)]
        self._any = re.compile("|".join(map(re.escape, sentinels)) or "(?!)")

    def of(self, value: Any, pointer: str) -> Any:
        """Return the value with marks."""
        if isinstance(value, dict):
            return {
                name: member
                if name == "@context"
                else self.of(member, f"{pointer}/{self._constant(name, pointer)}")
                for name, member in value.items()
            }
        if isinstance(value, list):
            return [self.of(item, f"{pointer}/{place}") for place, item in enumerate(value)]
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return value
        if _key(value) in self._whole:
            return self._mark(self._whole[_key(value)], pointer)
        return self._inside(value, pointer) if isinstance(value, str) else value

    def _inside(self, text: str, pointer: str) -> str:
        def exchange(found: re.Match[str]) -> str:
            if found[0] not in self._tokens:
                raise ShapeFault(f"{pointer}: Only a token may stand inside a longer text.")
            return self._mark(self._tokens[found[0]], pointer)

        return self._any.sub(exchange, text)

    def _mark(self, hole: tuple[Hole, str], pointer: str) -> str:
        self.found.setdefault(hole[0].name, pointer)
        return hole[1]

    def _constant(self, name: str, pointer: str) -> str:
        if self._any.search(name):
            raise ShapeFault(f"{pointer}: A sentinel stands in the name of a member.")
        return name.replace("~", "~0").replace("/", "~1")


def _key(value: Value) -> tuple[type, Value]:
    """A key by which 1, 1.0 and True are three things."""
    return type(value), value
