"""Canonical N-Quads (RDFC-1.0) as statements: read, relabelled, blank nodes paired."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

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
    Nodes are told apart by what is said of them and of those they are tied to
    (colour refinement). Where that leaves a choice, any choice is right as long
    as it keeps neighbours together: blank nodes make trees, as JSON without
    labels does. Raises MalformedDocument when the two do not say the same.
    """
    colours = _Colours()
    left, right = _Side(ours, colours), _Side(theirs, colours)
    names = _matched(left, right)
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
        self.ties: defaultdict[bytes, list[Statement]] = defaultdict(list)
        for statement in statements:
            labels = blank_nodes([statement])
            for label in labels if len(labels) > 1 else ():
                self.ties[label].append(statement)
        self._look(self.nodes, statements)
        self._refine()

    def neighbours(self, label: bytes) -> Iterator[tuple[object, bytes]]:
        """Yield the nodes tied to this one, each with the kind of the tie."""
        for statement in self.ties[label]:
            seen = self._as_seen_from(label, statement)
            for place, term in enumerate(statement):
                if term in self.nodes and term != label:
                    yield (seen, place), term

    def _refine(self) -> None:
        """Tell nodes apart by those they are tied to, until that tells no more apart."""
        classes = 0
        while classes < len(counted := Counter(self.nodes.values())):
            classes = len(counted)
            # What is known to be like no other needs no second look.
            alike = [label for label, colour in self.nodes.items() if counted[colour] > 1]
            self._look(alike, {tie for label in alike for tie in self.ties[label]})

    def _look(self, labels: Iterable[bytes], statements: Iterable[Statement]) -> None:
        seen: defaultdict[bytes, list[int]] = defaultdict(list)
        for statement in statements:
            for label in blank_nodes([statement]):
                seen[label].append(self.colours(self._as_seen_from(label, statement)))
        looks = {label: (self.nodes[label], tuple(sorted(seen[label]))) for label in labels}
        self.nodes |= {label: self.colours(look) for label, look in looks.items()}

    def _as_seen_from(self, label: bytes, statement: Statement) -> tuple[object, ...]:
        return tuple(
            "itself" if term == label else self.nodes.get(term, term) for term in statement
        )


def _matched(left: _Side, right: _Side) -> dict[bytes, bytes]:
    names: dict[bytes, bytes] = {}
    taken: set[bytes] = set()
    alike = _grouped((colour, label) for label, colour in right.nodes.items())

    def match(pairs: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        matched = list(pairs)
        names.update(matched)
        taken.update(names[label] for label, _ in matched)
        return matched

    for label, colour in left.nodes.items():
        if label in names:
            continue
        free = [other for other in alike[colour] if other not in taken]
        todo = match(zip([label], free, strict=False))
        while todo:
            ours, theirs = todo.pop()
            beside = _grouped(right.neighbours(theirs))
            for kind, nodes in _grouped(left.neighbours(ours)).items():
                new = [node for node in nodes if node not in names]
                free = [node for node in beside[kind] if node not in taken]
                todo += match(zip(new, free, strict=False))
    return names


def _grouped(pairs: Iterable[tuple[object, bytes]]) -> defaultdict[object, list[bytes]]:
    groups: defaultdict[object, list[bytes]] = defaultdict(list)
    for kind, label in pairs:
        groups[kind].append(label)
    return groups
