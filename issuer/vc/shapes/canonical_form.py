"""The canonical statements of a shape, to be filled in: RDFC-1.0 without canonicalising."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

from issuer.vc import canonical
from issuer.vc.data_integrity import statements
from issuer.vc.data_integrity.statements import Statement
from issuer.vc.errors import NotExpressible
from issuer.vc.shapes import labels
from issuer.vc.shapes.holes import Kind
from issuer.vc.shapes.templates import Marks, Template, Texts, fill

# Before a token in an address: a whole scheme and host, or a name's scheme and method.
_FIXED_START = re.compile(
    rb"<(?:https?://[A-Za-z0-9.-]+(?::[0-9]{1,4})?[/?#]|(?:urn|did):[a-z0-9]+:)"
)
# Orders of blank nodes for which their blocks are kept at hand.
_MAX_ORDERS = 1024
# The canonical form of these is not what was written.
_READ = (
    b'"^^<http://www.w3.org/2001/XMLSchema#double>',
    b'"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>',
)


class CanonicalForm:
    """Statements in canonical order, with places for values and for the labels of blank nodes.

    They stand in blocks, one for each subject, since only whole blocks change
    places: addresses come first, in their order; then blank nodes, in the order
    of their labels as text.
    """

    def __init__(self, stated: Sequence[Statement], kinds: Sequence[Kind], marks: Marks) -> None:
        for statement in stated:
            _require_taken_over(statement, kinds, marks)
        nodes = sorted(statements.blank_nodes(stated))
        self._labels = {
            digest: labels.Labels(stated, nodes, marks, digest)
            for digest in (canonical.SHA_256, canonical.SHA_384)
        }
        self._names = [b"_:c14n%d" % rank for rank in range(len(nodes))]
        self._ranks = sorted(range(len(nodes)), key=str)
        places = range(len(kinds), len(kinds) + len(nodes))
        drafts = _Drafts(dict(zip(nodes, places, strict=True)), marks)
        blocks = drafts.blocks(stated)
        self._groups = [itemgetter(*nodes) for nodes in drafts.groups]
        self._of_nodes = [
            self._block(blocks.pop(marks.mark(place).encode(), b""), place, marks)
            for place in places
        ]
        self._order_addresses(blocks, marks)
        # Few nodes change places from learner to learner.
        self._arranged = lru_cache(maxsize=_MAX_ORDERS)(self._arrange)

    def fill(self, values: list[bytes], *, digest: str) -> bytes:
        """Return the canonical statements with these values, each written as in N-Quads.

        Raises NotExpressible when two subjects are one with these values, and
        OutOfBounds as `canonical.canonize` does.
        """
        assemble = partial(self._assemble, values)
        order = self._labels[digest].order(values, assemble)
        if order is not None:
            return assemble(order)
        # Some nodes look alike; what is around them must tell them apart.
        return labels.relabelled(assemble(range(len(self._names))), digest)

    def _assemble(self, values: list[bytes], order: Sequence[int]) -> bytes:
        """All statements, when the nodes have their labels in this order."""
        named, of_nodes = self._arranged(tuple(order))
        filled = values + named
        blocks = self._blocks.fill(filled)
        if self._moving:
            self._place_moving(blocks, filled)
        blocks += [text % take(filled) if take else text for text, take in of_nodes]
        return b"".join(blocks)

    def _arrange(self, order: tuple[int, ...]) -> tuple[list[bytes], list[Template]]:
        """What stands in the places for labels, and the blocks of nodes in their order."""
        names = self._names
        named = names.copy()
        for rank, node in enumerate(order):
            named[node] = names[rank]
        in_groups = [name for take in self._groups for name in sorted(take(named))]
        of_nodes: list[Template] = [
            (ready[rank], None) if ready else (text, take)
            for rank in self._ranks
            for text, take, ready in (self._of_nodes[order[rank]],)
        ]
        return named + in_groups, of_nodes

    def _place_moving(self, blocks: list[bytes], filled: list[bytes]) -> None:
        # A block begins with its subject, and no subject begins with another: each ends with ">".
        for template in self._moving:
            block = fill(template, filled)
            at = bisect_left(blocks, block)
            subject = block[: block.index(b" ") + 1]
            for neighbour in blocks[max(at - 1, 0) : at + 1]:
                if neighbour.startswith(subject):
                    raise NotExpressible("Two objects have one id with these values.")
            blocks.insert(at, block)

    def _block(self, text: bytes, own: int, marks: Marks) -> tuple[bytes, Any, list[bytes]]:
        """What is stated of a node; if it names no other and has no value, ready for each label."""
        template, take = marks.template(text)
        if take is None or any(place != own for place in marks.numbers(text)):
            return template, take, []
        return template, take, [template % take({own: name}) for name in self._names]

    def _order_addresses(self, blocks: dict[bytes, bytes], marks: Marks) -> None:
        """Put subjects in order, but for those whose places depend on values.

        Of two with an order that depends on values only one must move.
        """

        def undecided(subject: bytes) -> int:
            return sum(not marks.is_decided(subject, other) for other in blocks)

        fixed: list[bytes] = []
        self._moving: list[Template] = []
        for subject in sorted(blocks, key=undecided):
            if all(marks.is_decided(subject, other) for other in fixed):
                fixed.append(subject)
            else:
                self._moving.append(marks.template(blocks[subject]))
        fixed.sort()
        texts = [blocks[subject] for subject in fixed]
        if not self._moving:
            texts = [b"".join(texts)]
        self._blocks = Texts([marks.template(text) for text in texts])


class _Drafts:
    """Blocks as text with marks, and the groups of nodes that share a subject and a property."""

    def __init__(self, places: dict[bytes, int], marks: Marks) -> None:
        self.groups: list[list[int]] = []
        self._nodes = list(places)
        self._names = {node: marks.mark(place).encode() for node, place in places.items()}
        self._marks = marks
        self._next = itertools.count(max(places.values(), default=-1) + 1)

    def blocks(self, stated: Sequence[Statement]) -> dict[bytes, bytes]:
        """Return what is stated of each subject; raises NotExpressible."""
        about: defaultdict[bytes, list[Statement]] = defaultdict(list)
        for statement in stated:
            about[self._names.get(statement[0], statement[0])].append(statement)
        return {subject: self._block(about[subject]) for subject in about}

    def _block(self, about: Sequence[Statement]) -> bytes:
        """The properties in their order, and of each texts, addresses, then blank nodes."""
        properties: defaultdict[tuple[bytes, bool], list[Statement]] = defaultdict(list)
        for each in about:
            properties[each[1], statements.is_blank(each[2])].append(each)
        lines: list[bytes] = []
        for (_, is_blank), same in sorted(properties.items()):
            if is_blank:
                lines += self._lines(self._group(same) if len(same) > 1 else same)
            else:
                lines += self._marks.in_order(self._lines(same))
        return b"".join(lines)

    def _lines(self, stated: Sequence[Statement]) -> list[bytes]:
        return [statements.line(statements.relabel(each, self._names)) for each in stated]

    def _group(self, same: Sequence[Statement]) -> list[Statement]:
        """Statements that differ in the node at their end: its places are for sorted labels."""
        self.groups.append([self._nodes.index(each[2]) for each in same])
        return [(*each[:2], self._marks.mark(next(self._next)).encode()) for each in same]


def _require_taken_over(statement: Statement, kinds: Sequence[Kind], marks: Marks) -> None:
    """Raise NotExpressible unless each value is taken over into RDF as it is written."""
    # No mark stands in the name of a property: `marking` sees to that.
    subject, _, object_, *graph = statement
    if graph:
        raise NotExpressible("Something in the document is a graph of its own.")
    for term in (subject, object_):
        found = {kinds[number] for number in marks.numbers(term)}
        if found and not (_is_address(term, found) or _is_text(term, found, marks)):
            raise NotExpressible("JSON-LD would read a value, not only take it over.")


def _is_address(term: bytes, found: set[Kind]) -> bool:
    if not term.startswith(b"<"):
        return False
    return found == {Kind.IRI} or (found == {Kind.TOKEN} and bool(_FIXED_START.match(term)))


def _is_text(term: bytes, found: set[Kind], marks: Marks) -> bool:
    """Tell whether it is a literal whose value, not datatype or language, holds the marks."""
    if not term.startswith(b'"') or term.endswith(_READ):
        return False
    end = term.rindex(b'"')
    if marks.numbers(term[end:]):
        return False
    # What a number's datatype is may depend on the number, unless the contexts say it.
    return Kind.NUMBER not in found or term[end : end + 3] == b'"^^'
