"""Strict JSON-LD expansion and RDFC-1.0 canonical form."""

from __future__ import annotations

import functools
import re
from collections import ChainMap, Counter
from collections.abc import Iterator
from typing import Any

from pyld import jsonld
from pyld.context_resolver import ContextResolver
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    serialize,
)

from issuer.vc import contexts, tangles
from issuer.vc.errors import DataLoss, MalformedDocument, NotCompacted, OutOfBounds, VcError

SHA_256 = "sha256"
SHA_384 = "sha384"

# Room for the record of a learner with fifty courses.
MAX_CHARACTERS = 384 * 1024
MAX_DEPTH = 32
# pyld compares each value of a property with all before it, also across objects of one id.
# Measured with pyld: 6,000 values of one property 14 s, 500 values (125,000 comparisons) 0.3 s.
MAX_VALUES_OF_ONE = 500
MAX_VALUES = 7_500
MAX_COMPARISONS = MAX_VALUES_OF_ONE**2 // 2
# pyld would take its own base for an undefined type or a relative address and sign that.
_NOWHERE = "https://undefined.invalid/"
_ALGORITHMS = {
    SHA_256: CanonicalizationAlgorithm.RDFC_1_0_SHA_256,
    SHA_384: CanonicalizationAlgorithm.RDFC_1_0_SHA_384,
}
_ABSOLUTE_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]*")
_CARRIED = frozenset({"@id", "@type", "@value", "@language", "@direction", "@list", "@graph"})
_OF_TEXT = frozenset({"@value", "@language", "@direction"})
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
# What pyld lets escape on contexts of strangers, beside its own error.
_PYLD_ERRORS = (
    jsonld.JsonLdError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
)


def check_bounds(document: object) -> None:
    """Refuse what is too large or nested too deeply to be worth expanding.

    Raises OutOfBounds, and MalformedDocument for what is no JSON object or
    holds anything but JSON values. Blank nodes are bounded by `canonize`.
    """
    if not isinstance(document, dict):
        raise MalformedDocument("The document is not a JSON object.")
    _measure(document, 0, MAX_CHARACTERS)
    _count(document, MAX_VALUES)


def expand(document: dict[str, Any]) -> list[Any]:
    """Return the document in JSON-LD expanded form, or refuse it when anything would be lost.

    Lost are undefined terms and types, relative addresses, nulls, blank node
    labels and index keys: a signature would not cover them. The direction of
    a text is kept (as JSON-LD 1.1 says of "i18n-datatype"), which few others do.
    A property must stand under the term its contexts define: spelt out as an
    address, hidden behind a keyword or under the name of a class it would be
    signed, but not be seen by whoever looks for the term. A type must be the
    word that the pinned contexts have for it.

    Raises DataLoss, NotCompacted, UnknownContext, OutOfBounds, MalformedDocument.
    VC Data Integrity 1.0 asks for an error when data is dropped.
    """
    check_bounds(document)
    _refuse_hidden(document, "")
    processor = _Processor()
    with _Reporting(processor):
        expanded: list[Any] = processor.expand(document, _options())
    return expanded


def canonize(document: dict[str, Any], *, digest: str = SHA_256) -> bytes:
    """Return the canonical N-Quads of a document that `expand` accepts (RDFC-1.0).

    The digest is the one by which blank nodes are told apart; P-384 goes with SHA-384.

    Raises what `expand` raises, and OutOfBounds for more blank nodes that are
    alike than can be labelled in a few milliseconds.
    """
    check_bounds(document)
    _refuse_hidden(document, "")
    processor = _Processor()
    with _Reporting(processor):
        dataset = processor.to_rdf(document, _options())
    return _canonical_text(dataset, _ALGORITHMS[digest])


# What is refused before expansion


def _measure(value: object, depth: int, room: int) -> int:
    if depth > MAX_DEPTH:
        raise OutOfBounds(f"The document is nested more than {MAX_DEPTH} deep.")
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                raise MalformedDocument("A member's name is not text.")
            room = _measure(member, depth + 1, room - len(key) - 4)
    elif isinstance(value, list):
        for item in value:
            room = _measure(item, depth + 1, room - 1)
    elif isinstance(value, str):
        room -= len(value) + 2
    elif isinstance(value, int | float | None):
        room -= 8
    else:
        raise MalformedDocument(f"{type(value).__name__} is not a kind of JSON value.")
    if room < 0:
        raise OutOfBounds(f"The document has more than {MAX_CHARACTERS} characters.")
    return room


def _count(value: object, room: int) -> int:
    if isinstance(value, list) and len(value) > MAX_VALUES_OF_ONE:
        raise OutOfBounds(f"A list in the document has more than {MAX_VALUES_OF_ONE} values.")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        room = _count(each, room - 1)
    if room < 0:
        raise OutOfBounds(f"The document has more than {MAX_VALUES} values in all.")
    return room


def _refuse_hidden(value: object, pointer: str) -> None:
    if value is None:
        raise DataLoss(f"{pointer}: null states nothing and would not be signed.")
    if isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_hidden(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for key, member in value.items():
            if key == "@context":
                continue
            _require_term(key, value, pointer)
            if key == "type":
                _refuse_disguised_types(member, f"{pointer}/{key}")
            _refuse_hidden(member, f"{pointer}/{key}")


def _require_term(key: str, value: dict[str, Any], pointer: str) -> None:
    if key[:1] == "@" and not ("@value" in value and key in _OF_TEXT):
        raise NotCompacted(f"{pointer}/{key}: JSON-LD keywords are not accepted here.")
    if ":" in key:
        raise NotCompacted(f"{pointer}/{key}: a property must be a term, not an address.")
    if key[:1].isupper():
        # Open Badges has one IRI for Criteria and criteria, and readers know but one.
        raise NotCompacted(f"{pointer}/{key}: the name of a class is no property.")


def _refuse_disguised_types(types: object, pointer: str) -> None:
    for name in types if isinstance(types, list) else [types]:
        if not isinstance(name, str):
            continue
        if not _is_class(name) if name in _terms() else _spelt_out(name) in _class_iris():
            raise NotCompacted(f"{pointer}: {name} is another word for a class of the contexts.")


def _is_class(term: str) -> bool:
    return not term[:1].islower()


def _spelt_out(name: str) -> str:
    prefix, colon, rest = name.partition(":")
    if colon and prefix in _terms():
        return _terms()[prefix] + rest
    return _terms().get(name, name)


@functools.cache
def _class_iris() -> frozenset[str]:
    return frozenset(_spelt_out(term) for term in _terms() if _is_class(term))


@functools.cache
def _terms() -> dict[str, str]:
    """What each term of a pinned context, also of one inside another, stands for."""
    found: dict[str, str] = {}

    def collect(context: Any) -> None:
        for part in context if isinstance(context, list) else [context]:
            for term, definition in part.items() if isinstance(part, dict) else ():
                inner = definition if isinstance(definition, dict) else {"@id": definition}
                if term[:1] != "@" and isinstance(inner.get("@id"), str):
                    found.setdefault(term, inner["@id"])
                collect(inner.get("@context"))

    for url in sorted(contexts.PINNED):
        collect(contexts.load(url)["@context"])
    return {term: found.get(iri, iri) for term, iri in found.items()}


# Expansion by pyld, with processed contexts remembered


class _Processor(jsonld.JsonLdProcessor):  # type: ignore[misc]
    """pyld's processor that remembers what the pinned contexts process to.

    pyld applies every type-scoped context to a fresh copy of the active one, so
    its own memory misses for each typed node: three quarters of its time. What
    is remembered here was made from pinned contexts only. A document's own
    context is processed anew each time, and so is all that stands on it.
    """

    def __init__(self) -> None:
        self.dropped: list[str | None] = []
        super().__init__(self.dropped.append)

    def expand(self, input_: Any, options: dict[str, Any]) -> Any:
        expanded = super().expand(input_, options)
        if self.dropped:
            raise DataLoss(f"The term {self.dropped[0]!r} is not defined by the contexts.")
        if not expanded:
            raise DataLoss("Nothing in the document is defined by its contexts.")
        _refuse_unsigned(expanded)
        _bound_comparisons(expanded)
        return expanded

    def _process_context(
        self,
        active_ctx: Any,
        local_ctx: Any,
        options: dict[str, Any],
        override_protected: bool = False,
        propagate: bool = True,
        validate_scoped: bool = True,
        cycles: set[str] | None = None,
    ) -> Any:
        def process() -> Any:
            return super(_Processor, self)._process_context(
                active_ctx,
                local_ctx,
                options,
                override_protected,
                propagate,
                validate_scoped,
                cycles,
            )

        if cycles is not None or active_ctx.get("@base") is not None:
            return process()
        local_key = _PROCESSED.key_of(local_ctx)
        if local_key is None or not _PROCESSED.is_pinned(active_ctx):
            return process()
        key = (id(active_ctx), local_key, override_protected, propagate, validate_scoped)
        found = _PROCESSED.get(key)
        if found is None:
            found = _PROCESSED.put(key, active_ctx, local_ctx, process())
        return found


class _ProcessedContexts:
    """Active contexts made from pinned contexts alone, by the identity of what they were made of.

    Identities are safe as keys because whatever they identify is kept alive
    next to the result. When full it is emptied: a badge needs some twenty of them.
    """

    _ROOM = 1024

    def __init__(self) -> None:
        self._results: dict[tuple[Any, ...], tuple[Any, Any, Any]] = {}
        self._pinned: dict[int, Any] = {}
        self._scoped: dict[int, Any] = {}

    def key_of(self, local_ctx: Any) -> tuple[str, ...] | int | None:
        """Return what stands for a local context, or None for one a document brought along."""
        if isinstance(local_ctx, str):
            local_ctx = [local_ctx]
        if isinstance(local_ctx, list):
            if all(isinstance(url, str) and url in contexts.PINNED for url in local_ctx):
                return tuple(local_ctx) or None
            return None
        return id(local_ctx) if self._scoped.get(id(local_ctx)) is local_ctx else None

    def is_pinned(self, active_ctx: Any) -> bool:
        """Tell whether the active context is the initial one or one remembered here."""
        return active_ctx is _INITIAL or self._pinned.get(id(active_ctx)) is active_ctx

    def get(self, key: tuple[Any, ...]) -> Any:
        found = self._results.get(key)
        return found[0] if found else None

    def put(self, key: tuple[Any, ...], active_ctx: Any, local_ctx: Any, result: Any) -> Any:
        if len(self._results) >= self._ROOM:
            self.__init__()  # type: ignore[misc]
        for definition in result["mappings"].values():
            scoped = definition.get("@context") if definition else None
            if scoped is not None:
                self._scoped[id(scoped)] = scoped
        self._pinned[id(result)] = result
        self._results[key] = (result, active_ctx, local_ctx)
        return result


_PROCESSED = _ProcessedContexts()
_INITIAL = jsonld.JsonLdProcessor()._get_initial_context({"processingMode": "json-ld-1.1"})
_RESOLVED: dict[str, Any] = {}


def _options() -> dict[str, Any]:
    # A document's own contexts are resolved into the first map, which is thrown away.
    cache = ChainMap({}, _resolved())
    return {
        "base": _NOWHERE,
        "processingMode": "json-ld-1.1",
        "rdfDirection": "i18n-datatype",
        "documentLoader": contexts.document_loader,
        "contextResolver": ContextResolver(cache, contexts.document_loader),
    }


def _resolved() -> dict[str, Any]:
    if not _RESOLVED:
        filled: dict[str, Any] = {}
        resolver = ContextResolver(filled, contexts.document_loader)
        for url in sorted(contexts.PINNED):
            resolver.resolve({}, url, "")
        _RESOLVED.update(filled)
    return _RESOLVED


class _Reporting:
    """Turns what pyld raises into our errors."""

    def __init__(self, processor: _Processor) -> None:
        self._processor = processor

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, VcError) or not isinstance(error, _PYLD_ERRORS):
            return
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, VcError):
                raise cause from None
            cause = cause.__cause__
        raise MalformedDocument(f"The document is not JSON-LD: {_summary(error)}") from error


def _summary(error: BaseException) -> str:
    while isinstance(error.__cause__, _PYLD_ERRORS):
        error = error.__cause__
    return str(error).partition("\n")[0]


# What is refused after expansion


def _refuse_unsigned(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _refuse_unsigned(item)
    elif isinstance(value, dict):
        for key, member in value.items():
            _refuse_unsigned_member(key, member)


def _refuse_unsigned_member(key: str, member: Any) -> None:
    if key in {"@id", "@type"}:
        for iri in member if isinstance(member, list) else [member]:
            _require_absolute(iri)
    elif key == "@value":
        return
    elif key[:1] == "@" and key not in _CARRIED:
        raise DataLoss(f"What stands under {key} would not be signed.")
    else:
        if key[:1] != "@":
            _require_absolute(key)
        _refuse_unsigned(member)


def _bound_comparisons(expanded: Any) -> None:
    counted: Counter[tuple[object, str]] = Counter()

    def count(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                count(item)
        elif isinstance(value, dict):
            node = value.get("@id", id(value))
            for name, member in value.items():
                if isinstance(member, list):
                    counted[node, name] += len(member)
                count(member)

    count(expanded)
    if sum(values * (values - 1) // 2 for values in counted.values()) > MAX_COMPARISONS:
        raise OutOfBounds("The document has too many properties with hundreds of values.")


def _require_absolute(iri: Any) -> None:
    if iri == "@json":
        return
    if not isinstance(iri, str) or not _ABSOLUTE_IRI.fullmatch(iri):
        raise DataLoss(f"{iri!r} is not an absolute address.")
    if iri.startswith(_NOWHERE):
        name = iri.removeprefix(_NOWHERE)
        raise DataLoss(f"{name!r} is neither defined nor an absolute address.")


# Canonical form by pyoxigraph


def _canonical_text(dataset: dict[str, Any], algorithm: CanonicalizationAlgorithm) -> bytes:
    try:
        quads = list(_quads(dataset))
        tangles.require_few(quads)
        canonical = Dataset(quads)
        canonical.canonicalize(algorithm)
        lines = serialize(canonical, format=RdfFormat.N_QUADS) or b""
    except ValueError as error:
        raise MalformedDocument(f"The document holds no valid RDF: {error}") from error
    # Canonical order is by code point, which is the order of UTF-8 bytes.
    return b"".join(sorted(lines.splitlines(keepends=True)))


def _quads(dataset: dict[str, Any]) -> Iterator[Quad]:
    for name, triples in dataset.items():
        graph = DefaultGraph() if name == "@default" else _node(name)
        for triple in triples:
            yield Quad(
                _node(triple["subject"]["value"]),
                NamedNode(triple["predicate"]["value"]),
                _object(triple["object"]),
                graph,
            )


def _node(value: str) -> NamedNode | BlankNode:
    return BlankNode(value[2:]) if value.startswith("_:") else NamedNode(value)


def _object(term: dict[str, str]) -> NamedNode | BlankNode | Literal:
    if term["type"] != "literal":
        return _node(term["value"])
    if "language" in term:
        return Literal(term["value"], language=term["language"])
    if term["datatype"] == _XSD_STRING:
        return Literal(term["value"])
    return Literal(term["value"], datatype=NamedNode(term["datatype"]))
