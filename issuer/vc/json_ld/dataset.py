"""The statements of an expanded document, and their canonical form (RDFC-1.0)."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from pyld import jsonld
from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    RdfFormat,
    parse,
    serialize,
)

from issuer.vc import tangles

SHA_256 = "sha256"
SHA_384 = "sha384"

# Subject, predicate, object and graph ("" for the default one), each as its text in N-Quads.
Statement = tuple[str, str, str, str]

_ALGORITHMS = {
    SHA_256: CanonicalizationAlgorithm.RDFC_1_0_SHA_256,
    SHA_384: CanonicalizationAlgorithm.RDFC_1_0_SHA_384,
}
_BLANK = "_:"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TYPE, _FIRST, _REST, _NIL = (f"<{_RDF}{name}>" for name in ("type", "first", "rest", "nil"))
_XSD = "http://www.w3.org/2001/XMLSchema#"
_TO_BE_CONVERTED = frozenset({f"{_XSD}double", "@json"})
_NEEDS_ESCAPE = re.compile(r'[\x00-\x1f"\\\x7f\ufffe\uffff]')
_PYLD = jsonld.JsonLdProcessor()
_PYLD_OPTIONS = {"processingMode": "json-ld-1.1", "rdfDirection": "i18n-datatype"}


def canonical_text(expanded: list[Any], digest: str = SHA_256) -> bytes:
    """Return the canonical N-Quads of an expanded document without blank node labels.

    Raises ValueError for addresses and languages that RDF does not know, and
    OutOfBounds for more blank nodes that are alike than are told apart quickly.
    """
    statements = _Statements()
    for node in expanded:
        statements.add_node(node, "")
    found = list(dict.fromkeys(statements.found))
    names = _names(found, digest)
    if names is None:
        return _by_pyoxigraph(found, digest)
    return "".join(sorted(_line(_renamed(statement, names)) for statement in found)).encode()


class _Statements:
    """Collects what nodes state; the steps of JSON-LD 1.1 API, section 8.1, without a node map.

    A dataset is a set, so what several objects with one id state comes together by itself.
    """

    def __init__(self) -> None:
        self.found: list[Statement] = []
        self._labels = count()
        self._checked: dict[str, str] = {}

    def add_node(self, node: dict[str, Any], graph: str) -> str:
        """Add what a node and all inside it state, and return what the node is called."""
        subject = self._address(node["@id"]) if "@id" in node else self._blank()
        for name, values in node.items():
            if name == "@id":
                continue
            if name == "@graph":
                for inner in values:
                    self.add_node(inner, subject)
            elif name == "@type":
                self.found += [(subject, _TYPE, self._address(iri), graph) for iri in values]
            else:
                predicate = self._address(name)
                for value in values:
                    self.found.append((subject, predicate, self._object(value, graph), graph))
        return subject

    def _object(self, value: dict[str, Any], graph: str) -> str:
        if "@value" in value:
            return self._literal(value)
        if "@list" in value:
            return self._list(value["@list"], graph)
        return self.add_node(value, graph)

    def _list(self, values: list[Any], graph: str) -> str:
        rest = _NIL
        for value in reversed(values):
            cell = self._blank()
            self.found.append((cell, _FIRST, self._object(value, graph), graph))
            self.found.append((cell, _REST, rest, graph))
            rest = cell
        return rest

    def _literal(self, value: dict[str, Any]) -> str:
        text, datatype = value["@value"], value.get("@type")
        if not isinstance(text, str) or datatype in _TO_BE_CONVERTED or len(value) > 2:
            return self._converted(value)
        if "@language" in value or "@direction" in value:
            return self._converted(value)
        quoted = str(Literal(text)) if _NEEDS_ESCAPE.search(text) else f'"{text}"'
        if datatype is None or datatype == f"{_XSD}string":
            return quoted
        return f"{quoted}^^{self._address(datatype)}"

    def _converted(self, value: dict[str, Any]) -> str:
        """A literal that pyld writes: numbers, JSON, text with language or direction."""
        term = _PYLD._object_to_rdf(value, None, [], _PYLD_OPTIONS)
        if "language" in term:
            return str(Literal(term["value"], language=term["language"]))
        return str(Literal(term["value"], datatype=NamedNode(term["datatype"])))

    def _address(self, iri: str) -> str:
        found = self._checked.get(iri)
        if found is None:
            found = self._checked[iri] = str(NamedNode(iri))
        return found

    def _blank(self) -> str:
        return f"{_BLANK}b{next(self._labels)}"


def _line(statement: Statement) -> str:
    subject, predicate, object_, graph = statement
    if graph:
        return f"{subject} {predicate} {object_} {graph} .\n"
    return f"{subject} {predicate} {object_} .\n"


def _renamed(statement: Statement, names: Mapping[str, str]) -> Statement:
    subject, predicate, object_, graph = statement
    get = names.get
    return get(subject, subject), predicate, get(object_, object_), get(graph, graph)


def _names(statements: Iterable[Statement], digest: str) -> dict[str, str] | None:
    """Return the canonical labels, or None when first hashes do not tell all blank nodes apart.

    RDFC-1.0, section 4.4.3, steps 3 and 4, with section 4.6, "Hash First Degree Quads".
    """
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for statement in statements:
        blanks = {term: "_:z" for term in statement if term[:2] == _BLANK}
        for blank in blanks:
            seen[blank].append(_line(_renamed(statement, {**blanks, blank: "_:a"})))
    hashes = {
        hashlib.new(digest, "".join(sorted(lines)).encode()).hexdigest(): blank
        for blank, lines in seen.items()
    }
    if len(hashes) < len(seen):
        return None
    return {hashes[hash_]: f"_:c14n{rank}" for rank, hash_ in enumerate(sorted(hashes))}


def _by_pyoxigraph(statements: Iterable[Statement], digest: str) -> bytes:
    text = "".join(_line(statement) for statement in statements)
    quads = list(parse(text, format=RdfFormat.N_QUADS))
    tangles.require_few(quads)
    canonical = Dataset(quads)
    canonical.canonicalize(_ALGORITHMS[digest])
    lines = serialize(canonical, format=RdfFormat.N_QUADS) or b""
    # Canonical order is by code point, which is the order of UTF-8 bytes.
    return b"".join(sorted(lines.splitlines(keepends=True)))
