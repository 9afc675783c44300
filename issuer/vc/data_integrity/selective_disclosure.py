"""Which statements of a document belong to which of its parts (VC-DI-ECDSA 1.0, section 3.4)."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from issuer.vc import canonical, json_pointers
from issuer.vc.data_integrity import statements
from issuer.vc.data_integrity.statements import Statement
from issuer.vc.errors import MalformedDocument, NotDivisible

_NAME = "urn:bnid:"
_REST = b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#rest>"


@dataclass(frozen=True)
class Divisible:
    """A document of which parts can be shown, as statements.

    In them every blank node has a name that is the same in the whole document
    and in each of its parts; `canonical_labels` gives for each name the label
    that RDFC-1.0 gives to the blank node in the whole document.
    """

    whole: frozenset[Statement]
    canonical_labels: Mapping[bytes, bytes]
    _document: dict[str, Any]
    _named: dict[str, Any]

    def part(self, pointers: Iterable[str]) -> frozenset[Statement]:
        """Return the statements that the pointers choose, none without pointers.

        Raises PointsNowhere, and NotDivisible for a part of an ordered list,
        whose statements are other than those of the whole list.
        """
        pointers = tuple(pointers)
        # With the names there are ids where the document has none.
        json_pointers.require(self._document, pointers)
        chosen = json_pointers.select(self._named, pointers)
        found = _statements_of(chosen) if chosen else frozenset()
        if not found <= self.whole:
            raise NotDivisible("An ordered list can be shown only as a whole.")
        return found


def divide(document: dict[str, Any]) -> Divisible:
    """Prepare a document without proof for being shown in parts.

    Raises NotDivisible for a document with contexts inside, or with objects
    that cannot be named: JSON literals, and several lists or graphs in one
    place. Raises what `canonical.canonize` raises.
    Sections 3.4.8 and 3.4.16.
    """
    text = canonical.canonize(document)
    inside = [value for name, value in document.items() if name != "@context"]
    if _has_context(inside):
        raise NotDivisible("Only the document itself may state contexts, no object inside it.")
    named = _with_names(document, (f"{_NAME}b{number}" for number in itertools.count()))
    whole = _statements_of(named)
    try:
        labels = statements.pair(whole, statements.read(text))
    except MalformedDocument:
        raise NotDivisible() from None
    return Divisible(whole, labels, document, named)


def _has_context(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_context, value))
    if isinstance(value, dict):
        return "@context" in value or any(map(_has_context, value.values()))
    return False


def _with_names(value: Any, names: Iterator[str]) -> Any:
    """Give every object that has no id one of the names for an id."""
    if isinstance(value, list):
        return [_with_names(item, names) for item in value]
    if not isinstance(value, dict) or "@value" in value:
        return value
    named = {
        name: member if name == "@context" else _with_names(member, names)
        for name, member in value.items()
    }
    return named if "id" in named else {**named, "id": next(names)}


def _statements_of(named: dict[str, Any]) -> frozenset[Statement]:
    """Return the statements of a document with names, which stand for blank nodes again."""
    found = statements.read(canonical.canonize(named))
    cells = _names_of_cells(found)
    if statements.blank_nodes(found) - cells.keys() or len(set(cells.values())) < len(cells):
        raise NotDivisible()
    return frozenset(
        tuple(_as_blank(term) for term in statements.relabel(statement, cells))
        for statement in found
    )


def _as_blank(term: bytes) -> bytes:
    name = term.removeprefix(f"<{_NAME}".encode())
    return term if name == term else statements.BLANK + name.removesuffix(b">")


def _names_of_cells(found: list[Statement]) -> dict[bytes, bytes]:
    """Name the cells of a list, and a graph, by the statement that leads to them."""
    following = {each[0]: each[2] for each in found if each[1] == _REST}
    names = {}
    for subject, predicate, cell, *_ in found:
        stem = hashlib.sha256(subject + predicate).hexdigest().encode()
        position = 0
        while statements.is_blank(cell) and not statements.is_blank(subject):
            names[cell] = b"%bn%s-%d" % (statements.BLANK, stem, position)
            cell, position = following.get(cell, b""), position + 1
    return names
