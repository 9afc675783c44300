"""A shape: a document with holes, compiled once and filled in for each learner."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from issuer.vc import canonical, jcs
from issuer.vc.data_integrity import statements
from issuer.vc.errors import NotExpressible, ShapeFault, VcError
from issuer.vc.json_text import write_json
from issuer.vc.shapes.canonical_form import CanonicalForm
from issuer.vc.shapes.holes import Hole, Kind, Value, Writer
from issuer.vc.shapes.marking import marked
from issuer.vc.shapes.seal import Seal
from issuer.vc.shapes.templates import Marks, fill

# Of all values together: what is longer is rare enough for the full way.
_MAX_BYTES = 64 * 1024
# What has no more bytes of JSON is not too large for `canonical`, though it takes a number, which
# may have one digit, for eight characters.
_MAX_JSON = canonical.MAX_CHARACTERS - 7 * canonical.MAX_VALUES
# The inside of a text in JSON: a quotation mark ends it unless a backslash stands before.
_text_at = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*').match


class Shape:
    """A document that went the full way once, and is filled in for each learner.

    What it gives is what the full pipeline gives, byte for byte: `trials.check`
    finds out. A shape never changes, so it may be kept and shared.
    """

    def __init__(self, document: dict[str, Any], holes: Sequence[Hole]) -> None:
        self.document = deepcopy(document)
        self.holes = tuple(holes)
        self.names = tuple(hole.name for hole in holes)
        self._context = self.document.get("@context")
        marks = Marks()
        with_marks, pointers = marked(document, self.holes, marks)
        text = _json_text(with_marks, self.holes, marks)
        # One more place, before the last brace, for the proof.
        self._json = marks.template(text[:-1] + marks.mark(len(holes)).encode() + b"}")
        self._parts = marks.split(text)
        self._places = marks.numbers(text)
        most = max(Counter(self._places).values(), default=1)
        # How many bytes the values may have, whichever they are, and the document not be too large.
        room = min(_MAX_BYTES, (_MAX_JSON - len(text)) // most)
        self._longest = len(text) + most * room
        self._writer = Writer(self.holes, pointers, max_bytes=room)
        try:
            stated = statements.read(canonical.canonize(with_marks))
        except VcError as error:
            raise NotExpressible(f"Not with any value: {error}") from error
        kinds = [hole.kind for hole in self.holes]
        self._statements = CanonicalForm(stated, kinds, marks)

    @classmethod
    def compile(cls, document: dict[str, Any], holes: Sequence[Hole]) -> Shape:
        """Return the shape of an unsigned document in which sentinels stand for values.

        Raises NotExpressible when such documents must go the full way, and
        ShapeFault for holes that are not declared as they stand in the document.
        """
        return cls(document, holes)

    def write(self, values: Sequence[Value]) -> bytes:
        """Return the unsigned document as JSON, as it is stored and served.

        Raises what `secure` raises of the values.
        """
        return fill(self._json, [*self._writer.write(values)[1], b""])

    def canonical(self, values: Sequence[Value], *, digest: str = canonical.SHA_256) -> bytes:
        """Return the document's canonical N-Quads (RDFC-1.0).

        Raises what `secure` raises of the values.
        """
        return self._statements.fill(self._writer.write(values)[0], digest=digest)

    def secure(self, values: Sequence[Value], seal: Seal) -> bytes:
        """Return the signed document as JSON: what `proofs.add_proof` makes, written out.

        Raises LintFailed with all values that must not be signed, each by the
        name of its hole; NotExpressible when with these values the document must
        go the full way; OutOfBounds as `canonical.canonize` does; ShapeFault for
        another number of values, and for a seal made for other contexts. All
        before the key is used.
        """
        if seal.context != self._context:
            raise ShapeFault("The seal was made for documents of other contexts.")
        in_rdf, in_json = self._writer.write(values)
        if seal.covers_json:
            covered = jcs.canonize(json.loads(fill(self._json, [*in_json, b""])))
        else:
            covered = self._statements.fill(in_rdf, digest=seal.digest)
        return fill(self._json, [*in_json, seal.member(covered)])

    def values_of(self, unsigned: bytes) -> tuple[Value, ...] | None:
        """Return the values with which this shape makes the unsigned document; None if none do.

        That the document is of this shape is not assumed from what stands in its
        places: `write` must make it again of the values found there, byte for byte.
        What is longer than any is not looked at, nor anything behind the first difference.
        """
        if len(unsigned) > self._longest:
            return None
        try:
            values = self._read(unsigned)
            return values if self.write(values) == unsigned else None
        except (VcError, ValueError):
            return None

    def _read(self, unsigned: bytes) -> tuple[Value, ...]:
        found: dict[int, bytes] = {}
        begin = len(self._parts[0])
        for number, part in zip(self._places, self._parts[1:], strict=True):
            if self.holes[number].kind is Kind.TEXT:
                end = _text_at(unsigned, begin).end()  # type: ignore[union-attr]  # empty, at least
            else:
                end = unsigned.index(part, begin)
            if not unsigned.startswith(part, end):
                raise ValueError("Something else stands behind the value.")
            found.setdefault(number, unsigned[begin:end])
            begin = end + len(part)
        return tuple(_value(hole, found[number]) for number, hole in enumerate(self.holes))


def _json_text(with_marks: dict[str, Any], holes: Sequence[Hole], marks: Marks) -> bytes:
    text = write_json(with_marks)
    for number, hole in enumerate(holes):
        if hole.kind is Kind.NUMBER:
            text = text.replace(f'"{marks.mark(number)}"', marks.mark(number))
    return text.encode()


def _value(hole: Hole, written: bytes) -> Value:
    if hole.kind is not Kind.NUMBER:
        if b"\\" not in written:
            return written.decode()
        text: str = json.loads(f'"{written.decode()}"')
        return text
    return int(written) if written.removeprefix(b"-").isdigit() else float(written)
