"""Strict JSON-LD expansion and RDFC-1.0 canonical form."""

from __future__ import annotations

import functools
import json
from collections import Counter
from typing import Any

from pyld import jsonld

from issuer.vc import contexts, json_pointers
from issuer.vc.errors import DataLoss, MalformedDocument, NotCompacted, OutOfBounds, VcError
from issuer.vc.json_ld import dataset, plain
from issuer.vc.json_ld.dataset import SHA_256, SHA_384
from issuer.vc.json_ld.processing import ABSOLUTE_IRI, NOWHERE, Processor

__all__ = ["SHA_256", "SHA_384", "canonize", "check_bounds", "expand"]

# Room for the record of a learner with fifty courses.
MAX_CHARACTERS = 384 * 1024
MAX_DEPTH = 32
# pyld compares each value of a property with all before it, also across objects of one id.
# Measured with pyld: 6,000 values of one property 14 s, 500 values (125,000 comparisons) 0.3 s.
MAX_VALUES_OF_ONE = 500
MAX_VALUES = 7_500
MAX_COMPARISONS = MAX_VALUES_OF_ONE**2 // 2
_CARRIED = frozenset({"@id", "@type", "@value", "@language", "@direction", "@list", "@graph"})
_OF_TEXT = frozenset({"@value", "@language", "@direction"})
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
    _values_in(document)


def expand(document: dict[str, Any]) -> list[Any]:
    """Return the document in JSON-LD expanded form, or refuse it when anything would be lost.

    The form is shared and must not be changed.

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
    text = _text(document)
    found = _EXPANDED.get(text)
    if found is None:
        found = _expanded(document)
        if len(_EXPANDED) >= _MAX_EXPANDED:
            _EXPANDED.clear()
        _EXPANDED[text] = found
    return found


def canonize(document: dict[str, Any], *, digest: str = SHA_256) -> bytes:
    """Return the canonical N-Quads of a document that `expand` accepts (RDFC-1.0).

    The digest is the one by which blank nodes are told apart; P-384 goes with SHA-384.

    Raises what `expand` raises, and OutOfBounds for more blank nodes that are
    alike than can be labelled in a few milliseconds.
    """
    expanded = expand(document)
    with _Reporting():
        try:
            return dataset.canonical_text(expanded, digest)
        except ValueError as error:
            raise MalformedDocument(f"The document holds no valid RDF: {error}") from error


# What is refused before expansion


def _values_in(document: object) -> int:
    """Count the values of a document, level by level; raises what `check_bounds` raises."""
    if not isinstance(document, dict):
        raise MalformedDocument("The document is not a JSON object.")
    characters = values = depth = 0
    level: list[Any] = [document]
    while level:
        if depth > MAX_DEPTH:
            raise OutOfBounds(f"The document is nested more than {MAX_DEPTH} deep.")
        inner: list[Any] = []
        for value in level:
            if isinstance(value, str):
                characters += len(value) + 2
                continue
            characters += _characters(value)
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
        values += len(inner)
        if characters > MAX_CHARACTERS:
            raise OutOfBounds(f"The document has more than {MAX_CHARACTERS} characters.")
        if values > MAX_VALUES:
            raise OutOfBounds(f"The document has more than {MAX_VALUES} values in all.")
        depth += 1
        level = inner
    return values


def _characters(value: object) -> int:
    """What a value that is no text takes in JSON, about, and without the values in it."""
    if isinstance(value, list):
        if len(value) > MAX_VALUES_OF_ONE:
            raise OutOfBounds(f"A list in the document has more than {MAX_VALUES_OF_ONE} values.")
        return len(value)
    if isinstance(value, dict):
        try:
            return len("".join(value)) + 4 * len(value)
        except TypeError:
            raise MalformedDocument("A member's name is not text.") from None
    if value is None or isinstance(value, int | float):
        return 8
    raise MalformedDocument(f"{type(value).__name__} is not a kind of JSON value.")


def _refuse_hidden(value: object, path: list[str | int]) -> None:
    if value is None:
        raise DataLoss(f"{_pointer(path)}: null states nothing and would not be signed.")
    if isinstance(value, list):
        for index, item in enumerate(value):
            if not isinstance(item, str):
                _refuse_hidden(item, [*path, index])
    elif isinstance(value, dict):
        _refuse_hidden_members(value, path)


def _refuse_hidden_members(value: dict[str, Any], path: list[str | int]) -> None:
    for key, member in value.items():
        if key == "@context":
            continue
        if key[:1] == "@" or ":" in key or key[:1].isupper():
            _require_text(key, value, [*path, key])
        if key == "type":
            _refuse_disguised_types(member, [*path, key])
        if not isinstance(member, str):
            _refuse_hidden(member, [*path, key])


def _require_text(key: str, value: dict[str, Any], path: list[str | int]) -> None:
    """Accept a name that is no term only where it belongs to a text with a language."""
    if key[:1] != "@" and ":" in key:
        raise NotCompacted(f"{_pointer(path)}: a property must be a term, not an address.")
    if key[:1] != "@":
        # Open Badges has one IRI for Criteria and criteria, and readers know but one.
        raise NotCompacted(f"{_pointer(path)}: the name of a class is no property.")
    if "@value" not in value or key not in _OF_TEXT:
        raise NotCompacted(f"{_pointer(path)}: JSON-LD keywords are not accepted here.")


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{json_pointers.escape(str(step))}" for step in path)


def _refuse_disguised_types(types: object, path: list[str | int]) -> None:
    for name in types if isinstance(types, list) else [types]:
        if not isinstance(name, str):
            continue
        if not _is_class(name) if name in _terms() else _spelt_out(name) in _class_iris():
            raise NotCompacted(
                f"{_pointer(path)}: {name} is another word for a class of the contexts."
            )


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


# What is expanded


# A document's structure and each of its proofs ask for the same; its status list comes between.
_MAX_EXPANDED = 4
_EXPANDED: dict[str, list[Any]] = {}


def _text(document: dict[str, Any]) -> str:
    try:
        return json.dumps(document)
    except RecursionError:
        raise OutOfBounds(f"The document is nested more than {MAX_DEPTH} deep.") from None
    except (TypeError, ValueError) as error:
        raise MalformedDocument(f"The document is no JSON: {error}.") from None


def _expanded(document: dict[str, Any]) -> list[Any]:
    values = _values_in(document)
    _refuse_hidden(document, [])
    processor = Processor()
    with _Reporting():
        try:
            expanded = plain.expand(document, processor)
        except plain.NotPlain:
            expanded = processor.expand_all(document)
            if not expanded:
                raise DataLoss("Nothing in the document is defined by its contexts.") from None
            _refuse_unsigned(expanded)
    # Expansion adds an object at most around each value.
    if 2 * values > MAX_VALUES_OF_ONE:
        _bound_comparisons(expanded)
    return expanded


class _Reporting:
    """Turns what pyld raises into our errors."""

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
        elif key == "@graph" and any("@value" in each or "@list" in each for each in member):
            raise DataLoss("A value by itself in a graph would not be signed.")
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
    if not isinstance(iri, str) or not ABSOLUTE_IRI.fullmatch(iri):
        raise DataLoss(f"{iri!r} is not an absolute address.")
    if iri.startswith(NOWHERE):
        name = iri.removeprefix(NOWHERE)
        raise DataLoss(f"{name!r} is neither defined nor an absolute address.")
