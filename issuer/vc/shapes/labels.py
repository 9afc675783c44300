"""The canonical labels of blank nodes (RDFC-1.0), of which values decide."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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


class Labels:
    """In which order the blank nodes of a shape are labelled, for one digest.

    A node's first hash is over the statements about it, with "_:a" for itself
    and "_:z" for every other node, so no hash depends on how others are named.
    """

    def __init__(
        self, stated: Sequence[Statement], nodes: Sequence[bytes], marks: Marks, digest: str
    ) -> None:
        self._digest = getattr(hashlib, digest)
        self._count = len(nodes)
        self._known: dict[bytes, int] = {}
        self._open: list[tuple[bytes, Any, int]] = []
        for number, node in enumerate(nodes):
            text, take = _first_look(stated, nodes, node, marks)
            if take:
                self._open.append((text, take, number))
            else:
                self._known[self._digest(text).digest()] = number

    def order(self, values: Sequence[bytes]) -> list[int] | None:
        """Return the nodes in the order of their labels; None when some have one hash in common."""
        found = self._known.copy()
        digest = self._digest
        for text, take, number in self._open:
            found[digest(text % take(values)).digest()] = number
        if len(found) < self._count:
            return None
        return [found[hash_] for hash_ in sorted(found)]


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
