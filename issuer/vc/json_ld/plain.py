"""JSON-LD expansion of what is plain: known contexts, known terms, nothing that must be guessed.

Nearly all credentials are. pyld takes every road of JSON-LD into account at
each value, and needs eight times as long for one that takes none of them.
What is not plain is for pyld, which also finds the words for what is wrong.
"""

from __future__ import annotations

from typing import Any

from issuer.vc.json_ld.processing import (
    ABSOLUTE_IRI,
    INITIAL,
    NOWHERE,
    PROCESSED,
    Meaning,
    Processor,
    Words,
)

_NOTHING = Meaning("", None, False, False, None)


class NotPlain(Exception):
    """The document takes a road of JSON-LD that is not known here; pyld shall expand it."""


def expand(document: dict[str, Any], processor: Processor) -> list[Any]:
    """Return what pyld would, for a document that `canonical` has found compacted.

    All its addresses are absolute and all its terms defined by pinned contexts. Raises NotPlain.
    The steps are those of JSON-LD 1.1 API, section 5.1.2, "Expansion Algorithm".
    """
    expanded = _Expansion(processor).node(INITIAL, None, document)
    if len(expanded) < 2:
        raise NotPlain
    return [expanded]


class _Expansion:
    """One expansion; contexts are processed, or remembered, by the processor."""

    def __init__(self, processor: Processor) -> None:
        self._under = processor.under

    def node(self, context: Any, scope: Any, element: dict[str, Any]) -> dict[str, Any]:
        """Expand an object that stands in a context, as value of a term with a scope."""
        before_types = self._before_types(context, scope, element)
        of_types = _words(before_types)
        types = _texts(element.get("type", []))
        context = self._with_types(before_types, of_types, types)
        # 13
        words = _words(context)
        expanded: dict[str, Any] = {}
        for name, value in element.items():
            if name == "@context":
                continue
            meaning = words.meanings.get(name)
            if meaning is None:
                raise NotPlain
            if meaning.iri == "@id":
                expanded["@id"] = _address(value, words)
            elif meaning.iri == "@type":
                expanded["@type"] = [_type(each, of_types) for each in types]
            else:
                expanded.setdefault(meaning.iri, []).extend(
                    self._values(context, name, meaning, value)
                )
        return expanded

    def _before_types(self, context: Any, scope: Any, element: dict[str, Any]) -> Any:
        # 7: what came with a type ends with the object of that type
        previous = context.get("previousContext")
        if previous is not None and not _is_reference(element, _words(context)):
            context = previous
        # 8
        if scope is not None:
            context = self._under(context, scope, override_protected=True)
        # 9
        if "@context" in element:
            context = self._under(context, element["@context"])
        return context

    def _with_types(self, context: Any, words: Words, types: list[str]) -> Any:
        # 11
        for name in sorted(types):
            meaning = words.meanings.get(name)
            if meaning is not None and meaning.scope:
                context = self._under(context, meaning.scope, propagate=False)
        return context

    def _values(self, context: Any, name: str, meaning: Meaning, value: Any) -> list[Any]:
        inner = meaning
        if meaning.scope is not None:
            context = self._under(context, meaning.scope, override_protected=True)
            inner = _meaning_within(name, _words(context))
        words = _words(context)
        expanded = [
            self.node(context, inner.scope, each)
            if isinstance(each, dict)
            else _scalar(each, inner.coercion, words)
            for each in (value if isinstance(value, list) else [value])
        ]
        if meaning.is_list:
            return [{"@list": expanded}]
        if not meaning.is_graph:
            return expanded
        if any("@value" in each for each in expanded):
            raise NotPlain
        return [{"@graph": [each]} for each in expanded]


def _words(context: Any) -> Words:
    found = PROCESSED.words(context)
    if found is None:
        raise NotPlain
    return found


def _meaning_within(name: str, words: Words) -> Meaning:
    """What a term stands for in the context of its own values, which may not know it."""
    found = words.meanings.get(name)
    if found is None and name not in words.names:
        return _NOTHING
    if found is None or found.iri[:1] == "@":
        raise NotPlain
    return found


def _is_reference(element: dict[str, Any], words: Words) -> bool:
    if len(element) != 1:
        return False
    meaning = words.meanings.get(next(iter(element)))
    return meaning is not None and meaning.iri == "@id"


def _scalar(value: Any, coercion: str | None, words: Words) -> dict[str, Any]:
    if isinstance(value, str):
        if coercion == "@id":
            return {"@id": _address(value, words)}
        if coercion == "@vocab":
            return {"@id": _type(value, words)}
    elif not isinstance(value, bool | int | float):
        raise NotPlain
    if coercion is None or coercion[:1] == "@":
        return {"@value": value}
    return {"@type": coercion, "@value": value}


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in values):
        raise NotPlain
    return values


def _type(name: str, words: Words) -> str:
    meaning = words.meanings.get(name)
    if meaning is None:
        if name in words.names:
            raise NotPlain
        return _address(name, words)
    if meaning.iri[:1] == "@":
        raise NotPlain
    return meaning.iri


def _address(value: Any, words: Words) -> str:
    if (
        not isinstance(value, str)
        or not ABSOLUTE_IRI.fullmatch(value)
        or value.partition(":")[0] in words.prefixes
        or value.startswith(NOWHERE)
    ):
        raise NotPlain
    return value
