"""Which contexts a credential may have, in which order, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from issuer.vc import credential, walk
from issuer.vc.errors import Finding

SECTION = "Verifiable Credentials Data Model 2.0, Contexts"

# They change what every address and term of the document means, or fetch something.
_FAR_REACHING = ("@base", "@import", "@propagate")

ContextsRule = Callable[[dict[str, Any]], Iterator[Finding]]


def exactly(expected: Sequence[str], section: str) -> ContextsRule:
    """The rule that the credential has these contexts and nothing inside it has any."""

    def rule(document: dict[str, Any]) -> Iterator[Finding]:
        if document.get("@context") != list(expected):
            message = f"The contexts must be, in order: {', '.join(expected)}."
            yield Finding("wrong_contexts", "/@context", message, section)
        for pointer, inner in walk.objects(document):
            if pointer and "@context" in inner:
                yield Finding(
                    "inner_context",
                    f"{pointer}/@context",
                    "Only the document has contexts.",
                    SECTION,
                )

    return rule


def beginning(
    document: dict[str, Any], expected: Sequence[str], pointer: str, section: str
) -> Iterator[Finding]:
    """Find whether the contexts of an object do not begin with these, in this order."""
    found = document.get("@context")
    if not isinstance(found, list) or found[: len(expected)] != list(expected):
        message = f"The contexts must begin with, in order: {', '.join(expected)}."
        yield Finding("wrong_contexts", f"{pointer}/@context", message, section)


@dataclass(frozen=True)
class Known:
    """The rule that contexts are a list of known ones, of which the data model's comes first.

    With `inline`, objects are contexts too. Credentials inside the document
    bring theirs along; nothing else inside it may have any.
    """

    addresses: frozenset[str]
    _: KW_ONLY
    first: str
    inline: bool = False

    def __call__(self, document: dict[str, Any]) -> Iterator[Finding]:
        """Find what is wrong with the contexts of the document and of what is embedded."""
        for pointer, inner in walk.objects(document):
            where = f"{pointer}/@context"
            if not pointer or "VerifiableCredential" in walk.types(inner):
                yield from self._of_credential(inner.get("@context"), where)
            elif "@context" in inner:
                message = "Only credentials have contexts."
                yield Finding("inner_context", where, message, SECTION)

    def _of_credential(self, found: object, pointer: str) -> Iterator[Finding]:
        if not isinstance(found, list) or found[:1] != [self.first]:
            message = f"The contexts must be an array that begins with {self.first}."
            yield Finding("wrong_contexts", pointer, message, SECTION)
            return
        for index, item in enumerate(found):
            problem = "This context is listed twice." if item in found[:index] else None
            problem = problem or self._problem(item)
            if problem:
                yield Finding("wrong_contexts", f"{pointer}/{index}", problem, SECTION)

    def _problem(self, item: object) -> str | None:
        if isinstance(item, dict):
            return self._inline_problem(item)
        if not credential.is_uri(item):
            return "A context must be a URL or an object."
        return None if item in self.addresses else f"The context {item} is not known here."

    def _inline_problem(self, item: dict[str, Any]) -> str | None:
        if not self.inline:
            return "A context of one's own could mean anything to others; name a known one."
        far = [name for name in _FAR_REACHING if name in item]
        return f"A context of the document may not have {far[0]}." if far else None
