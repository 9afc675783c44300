"""The canonical labels of blank nodes (RDFC-1.0), of which values decide."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse, serialize

from issuer.vc import canonical, tangles
from issuer.vc.data_integrity import statements
from issuer.vc.data_integrity.statements import Statement
from issuer.vc.shapes.templates import Marks, Template

_ALGORITHMS = {
    canonical.SHA_256: CanonicalizationAlgorithm.RDFC_1_0_SHA_256,
    canonical.SHA_384: CanonicalizationAlgorithm.RDFC_1_0_SHA_384,
}

# Ways to label the neighbours of nodes that are always alike, of which the outcome is kept.
_MAX_WAYS = 1024


class Labels:
    """In which order the blank nodes of a shape are labelled, for one digest.

    A node's first hash is over the statements about it, with "_:a" for itself
    and "_:z" for every other node, so no hash depends on how others are named.
    Nodes with a hash of their own are labelled first, in the order of hashes.

    Some are alike whatever the values are, as are the items of two scales with
    the same grades. They come last, in an order that depends on the labels of
    their neighbours alone: it is found once for each way to label these.
    """

    def __init__(
        self, stated: Sequence[Statement], nodes: Sequence[bytes], marks: Marks, digest: str
    ) -> None:
        self._name_of_digest = digest
        self._digest = getattr(hashlib, digest)
        self._open: list[tuple[bytes, Any, int]] = []
        fixed: defaultdict[bytes, list[int]] = defaultdict(list)
        for number, node in enumerate(nodes):
            text, take = _first_look(stated, nodes, node, marks)
            if take:
                self._open.append((text, take, number))
            else:
                fixed[self._digest(text).digest()].append(number)
        self._known = {hash_: alike[0] for hash_, alike in fixed.items() if len(alike) == 1}
        self._count = len(self._known) + len(self._open)
        alike = {hash_: numbers for hash_, numbers in fixed.items() if len(numbers) > 1}
        self._hashes_of_alike = frozenset(alike)
        self._alike = [number for numbers in alike.values() for number in numbers]
        around = _neighbours({nodes[number] for number in self._alike}, stated)
        self._neighbours = [nodes.index(node) for node in sorted(around)]
        self._last: dict[tuple[int, ...], list[int]] = {}

    def order(
        self, values: Sequence[bytes], assemble: Callable[[Sequence[int]], bytes]
    ) -> list[int] | None:
        """Return the nodes in the order of their labels; None when values make some of them alike.

        `assemble` is asked for all statements with nodes labelled in some order.
        """
        found = self._known.copy()
        digest = self._digest
        for text, take, number in self._open:
            found[digest(text % take(values)).digest()] = number
        if len(found) < self._count or not self._hashes_of_alike.isdisjoint(found):
            return None
        first = [found[hash_] for hash_ in sorted(found)]
        if not self._alike:
            return first
        labels = tuple(map(first.index, self._neighbours))
        last = self._last.get(labels)
        if last is None:
            last = self._in_order(assemble(first + self._alike))
            # Shapes are shared by threads: what is kept here may be gone at any moment.
            if len(self._last) >= _MAX_WAYS:
                self._last.clear()
            self._last[labels] = last
        return first + last

    def _in_order(self, stated: bytes) -> list[int]:
        """The nodes that are always alike, in the order in which the full pipeline labels them."""
        canonical_ = relabelled(stated, self._name_of_digest)
        names = statements.pair(statements.read(stated), statements.read(canonical_))
        return sorted(
            self._alike,
            key=lambda number: _rank(names[_label(self._count + self._alike.index(number))]),
        )


def _neighbours(nodes: set[bytes], stated: Sequence[Statement]) -> set[bytes]:
    """Other blank nodes that share a statement with one of these."""
    joined = (statements.blank_nodes([each]) for each in stated)
    return {node for found in joined if found & nodes for node in found - nodes}


def _label(rank: int) -> bytes:
    return b"_:c14n%d" % rank


def _rank(label: bytes) -> int:
    return int(label.removeprefix(b"_:c14n"))


def relabelled(stated: bytes, digest: str) -> bytes:
    """Return statements, whose blank nodes have any labels, in canonical form.

    For nodes with one hash in common, which is rare: twenty times slower.
    Raises OutOfBounds as `canonical.canonize` does.
    """
    quads = list(parse(stated, RdfFormat.N_QUADS))
    tangles.require_few(quads)
    dataset = Dataset(quads)
    dataset.canonicalize(_ALGORITHMS[digest])
    lines = serialize(dataset, format=RdfFormat.N_QUADS) or b""
    return b"".join(sorted(lines.splitlines(keepends=True)))


def _first_look(
    stated: Sequence[Statement], nodes: Sequence[bytes], node: bytes, marks: Marks
) -> Template:
    """What RDFC-1.0 hashes of a node at first (section 4.6)."""
    names = dict.fromkeys(nodes, b"_:z") | {node: b"_:a"}
    lines = [statements.line(statements.relabel(each, names)) for each in stated if node in each]
    return marks.template(b"".join(marks.in_order(lines)))
