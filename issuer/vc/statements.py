"""Canonical N-Quads as statements: read, relabelled, and their blank nodes paired."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from issuer.vc.errors import MalformedDocument

# Subject, predicate, object and perhaps graph, each as its N-Quads text in UTF-8.
Statement = tuple[bytes, ...]

BLANK = b"_:"
# A literal ends with its last quotation mark, datatype or language; nothing else holds spaces.
_LINE = re.compile(rb'(\S+) (\S+) (".*"\S*|\S+)(?: (\S+))? \.')


def read(canonical: bytes) -> list[Statement]:
    """Return the statements of canonical N-Quads, in their order."""
    return [_read_line(line) for line in canonical.split(b"\n") if line]


def line(statement: Statement) -> bytes:
    """Return the statement as a line of canonical N-Quads."""
    return b" ".join(statement) + b" .\n"


def relabel(statement: Statement, names: Mapping[bytes, bytes]) -> Statement:
    """Return the statement with other names in the place of those given (3.4.14 of VC-DI-ECDSA)."""
    return tuple(names.get(term, term) for term in statement)


def blank_nodes(statements: Iterable[Statement]) -> set[bytes]:
    """Return the labels of the blank nodes, each with its leading underscore and colon."""
    return {term for statement in statements for term in statement if is_blank(term)}


def is_blank(term: bytes) -> bool:
    """Tell whether the term is a blank node; no IRI and no literal begins like one."""
    return term.startswith(BLANK)


def pair(ours: Collection[Statement], theirs: Collection[Statement]) -> dict[bytes, bytes]:
    """Return which blank node of theirs is which of ours, when both say the same.

    RDFC-1.0 in Rust does not tell which blank node got which canonical label.
    Nodes are told apart by what is said of them; where that leaves a choice, any
    choice is right as long as blank nodes make trees, which they do in JSON
    without labels (colour refinement). Raises MalformedDocument when the two do
    not say the same.
    """
    colours = _Colours()
    left, right = _Side(ours, colours), _Side(theirs, colours)
    while True:
        left.refine()
        right.refine()
        alike = left.first_alike()
        if alike is None:
            break
        # The one we take of theirs need not be the one that we take of ours: they are alike.
        chosen = colours(("chosen", alike))
        left.choose(alike, chosen)
        right.choose(alike, chosen)
    found = {colour: label for label, colour in right.nodes.items()}
    names = {label: found.get(colour, b"") for label, colour in left.nodes.items()}
    if {relabel(statement, names) for statement in ours} != set(theirs):
        raise MalformedDocument("The two documents do not make the same statements.")
    return names


def _read_line(text: bytes) -> Statement:
    found = _LINE.fullmatch(text)
    if found is None:
        raise MalformedDocument("The statements are not canonical N-Quads.")
    return tuple(term for term in found.groups() if term is not None)


class _Colours(dict[object, int]):
    """One number for each thing, the same on both sides."""

    def __call__(self, thing: object) -> int:
        return self.setdefault(thing, len(self))


class _Side:
    """The blank nodes of one document, each with the number of what is known of it."""

    def __init__(self, statements: Collection[Statement], colours: _Colours) -> None:
        self.colours = colours
        self.nodes = dict.fromkeys(sorted(blank_nodes(statements)), colours("blank"))
        self._look(statements)
        # What is said of one node alone has been seen; only ties between nodes tell more.
        self.ties = [each for each in statements if len(blank_nodes([each])) > 1]

    def refine(self) -> None:
        """Tell nodes apart by those they are tied to, until that tells no more apart."""
        classes = 0
        while classes < len(set(self.nodes.values())):
            classes = len(set(self.nodes.values()))
            self._look(self.ties)

    def first_alike(self) -> int | None:
        """Return the smallest number that several nodes share."""
        seen = sorted(self.nodes.values())
        return next((one for one, other in itertools.pairwise(seen) if one == other), None)

    def choose(self, colour: int, chosen: int) -> None:
        """Give another number to one of the nodes that have this one, if any has."""
        alike = [label for label, own in self.nodes.items() if own == colour]
        for label in alike[:1]:
            self.nodes[label] = chosen

    def _look(self, statements: Collection[Statement]) -> None:
        seen: defaultdict[bytes, list[int]] = defaultdict(list)
        for statement in statements:
            for label in blank_nodes([statement]):
                seen[label].append(self.colours(self._as_seen_from(label, statement)))
        self.nodes = {
            label: self.colours((colour, tuple(sorted(seen[label]))))
            for label, colour in self.nodes.items()
        }

    def _as_seen_from(self, label: bytes, statement: Statement) -> tuple[object, ...]:
        return tuple(
            "itself" if term == label else self.nodes.get(term, term) for term in statement
        )
