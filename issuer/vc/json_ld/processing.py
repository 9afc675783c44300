"""Processed contexts: pyld processes them, and those of the pinned contexts are remembered."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from typing import Any, NamedTuple

from pyld import jsonld
from pyld.context_resolver import ContextResolver

from issuer.vc import contexts
from issuer.vc.errors import DataLoss

ABSOLUTE_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]*")
# pyld would take its own base for an undefined type or a relative address and sign that.
NOWHERE = "https://undefined.invalid/"
_KEYWORDS = {"id": "@id", "type": "@type"}
_SIMPLE_CONTAINERS = frozenset({"@set", "@list", "@graph"})
# What makes a term mean more than an address, a coercion and a container.
_BEYOND_PLAIN = frozenset({"@language", "@direction", "@nest", "@index", "@prefix"})
_CONTEXT_WIDE = frozenset({"@language", "@direction", "@base"})


class Meaning(NamedTuple):
    """What a term stands for in a processed context, where that is told in a few words.

    `coercion` is `@id`, `@vocab`, a datatype, or None. `scope` is the context
    that holds for its values, or for objects of this type.
    """

    iri: str
    coercion: str | None
    is_list: bool
    is_graph: bool
    scope: Any


class Words(NamedTuple):
    """The terms of a processed context: those with a plain meaning, all names, and the prefixes."""

    meanings: Mapping[str, Meaning]
    names: frozenset[str]
    prefixes: frozenset[str]


class Processor(jsonld.JsonLdProcessor):  # type: ignore[misc]
    """pyld's processor that remembers what the pinned contexts process to.

    pyld applies every type-scoped context to a fresh copy of the active one, so
    its own memory misses for each typed node: three quarters of its time. What
    is remembered here was made from pinned contexts only. A document's own
    context is processed anew each time, and so is all that stands on it.
    """

    def __init__(self) -> None:
        self._dropped: list[str | None] = []
        self._options = new_options()
        super().__init__(self._dropped.append)

    def expand_all(self, document: dict[str, Any]) -> list[Any]:
        """Return the document as pyld expands it; raises DataLoss for a term without meaning."""
        expanded: list[Any] = self.expand(document, self._options)
        if self._dropped:
            raise DataLoss(f"The term {self._dropped[0]!r} is not defined by the contexts.")
        return expanded

    def under(
        self,
        active_ctx: Any,
        local_ctx: Any,
        *,
        override_protected: bool = False,
        propagate: bool = True,
    ) -> Any:
        """Return the active context with a local one on top."""
        return self._process_context(
            active_ctx, local_ctx, self._options, override_protected, propagate
        )

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
            return super(Processor, self)._process_context(
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
        local_key = PROCESSED.key_of(local_ctx)
        if local_key is None or not PROCESSED.is_pinned(active_ctx):
            return process()
        key = (id(active_ctx), local_key, override_protected, propagate, validate_scoped)
        found = PROCESSED.get(key)
        if found is None:
            found = PROCESSED.put(key, active_ctx, local_ctx, process())
        return found


class ProcessedContexts:
    """Active contexts made from pinned contexts alone, by the identity of what they were made of.

    Identities are safe as keys because whatever they identify is kept alive
    next to the result. When full it is emptied: a badge needs some twenty of them.
    """

    ROOM = 1024

    def __init__(self) -> None:
        self._results: dict[tuple[Any, ...], tuple[Any, Any, Any]] = {}
        self._pinned: dict[int, Any] = {}
        self._scoped: dict[int, Any] = {}
        self._words: dict[int, tuple[Any, Words]] = {}

    def __len__(self) -> int:
        return len(self._results)

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
        return active_ctx is INITIAL or self._pinned.get(id(active_ctx)) is active_ctx

    def words(self, active_ctx: Any) -> Words | None:
        """Return the terms of an active context that is remembered here, of others None."""
        found = self._words.get(id(active_ctx))
        if found is not None and found[0] is active_ctx:
            return found[1]
        if not self.is_pinned(active_ctx):
            return None
        words = _words(active_ctx)
        self._words[id(active_ctx)] = (active_ctx, words)
        return words

    def get(self, key: tuple[Any, ...]) -> Any:
        """Return what was remembered under a key, or None."""
        found = self._results.get(key)
        return found[0] if found else None

    def put(self, key: tuple[Any, ...], active_ctx: Any, local_ctx: Any, result: Any) -> Any:
        """Remember a result, and that its own scoped contexts are those of pinned ones."""
        if len(self._results) >= self.ROOM:
            self.__init__()  # type: ignore[misc]
        for definition in result["mappings"].values():
            scoped = definition.get("@context") if definition else None
            if scoped is not None:
                self._scoped[id(scoped)] = scoped
        self._pinned[id(result)] = result
        self._results[key] = (result, active_ctx, local_ctx)
        return result


PROCESSED = ProcessedContexts()
INITIAL = jsonld.JsonLdProcessor()._get_initial_context({"processingMode": "json-ld-1.1"})
_RESOLVED: dict[str, Any] = {}


def _words(active_ctx: Any) -> Words:
    mappings = active_ctx["mappings"]
    meanings: dict[str, Meaning] = {}
    if not any(active_ctx.get(name) is not None for name in _CONTEXT_WIDE):
        for term, definition in mappings.items():
            meaning = _meaning(term, definition) if definition else None
            if meaning is not None:
                meanings[term] = meaning
    prefixes = frozenset(term for term, found in mappings.items() if found and found["_prefix"])
    return Words(meanings, frozenset(mappings), prefixes)


def _meaning(term: str, definition: dict[str, Any]) -> Meaning | None:
    """What a term stands for, or None where only pyld shall say so."""
    iri, coercion = definition.get("@id"), definition.get("@type")
    if definition.get("reverse") or any(name in definition for name in _BEYOND_PLAIN):
        return None
    if not isinstance(iri, str) or (
        _KEYWORDS.get(term) != iri if iri[:1] == "@" else not ABSOLUTE_IRI.fullmatch(iri)
    ):
        return None
    if coercion is not None and coercion not in {"@id", "@vocab"} and coercion[:1] == "@":
        return None
    containers = set(definition.get("@container", ()))
    if not containers <= _SIMPLE_CONTAINERS or {"@list", "@graph"} <= containers:
        return None
    return Meaning(
        iri, coercion, "@list" in containers, "@graph" in containers, definition.get("@context")
    )


def new_options() -> dict[str, Any]:
    """Return what pyld is to keep to, with the pinned contexts at hand and no way to others."""
    # A document's own contexts are resolved into the first map, which is thrown away.
    cache = ChainMap({}, _resolved())
    return {
        "base": NOWHERE,
        "processingMode": "json-ld-1.1",
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
