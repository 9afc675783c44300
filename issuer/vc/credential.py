"""VC Data Model 2.0: read issuer, types, proofs and status from a document."""

from __future__ import annotations

import re
from typing import Any

from issuer.vc.errors import MalformedDocument

ENVELOPED_CREDENTIAL = "EnvelopedVerifiableCredential"

# RFC 3986: a scheme and the characters a URI may hold; percent signs only before two hex digits.
_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
)


def is_uri(value: object) -> bool:
    """Tell whether the value is an absolute URI in ASCII."""
    return isinstance(value, str) and _URI.fullmatch(value) is not None


def types(node: object) -> list[str]:
    """Return the types of an object, none for what is no object; raises MalformedDocument."""
    if not isinstance(node, dict) or "type" not in node:
        return []
    return [_text(name, "A type") for name in many(node["type"])]


def issuer_id(document: dict[str, Any]) -> str:
    """Return the identifier of the issuer, given as text or as an object with an id."""
    return _id_of(document, "issuer")


def holder_id(document: dict[str, Any]) -> str | None:
    """Return the identifier of a presentation's holder, None when it names none."""
    return _id_of(document, "holder") if "holder" in document else None


def presented(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the credentials of a presentation, none, one or many; raises MalformedDocument."""
    return _objects(document, "verifiableCredential")


def subject_id(document: dict[str, Any]) -> Any:
    """Return what the one subject states as its id; None without one, or with several subjects."""
    subjects = many(document.get("credentialSubject"))
    return subjects[0].get("id") if len(subjects) == 1 and isinstance(subjects[0], dict) else None


def proofs(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the embedded proofs, one or many; raises MalformedDocument."""
    return _objects(document, "proof")


def statuses(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the status entries, none, one or many; raises MalformedDocument."""
    return _objects(document, "credentialStatus")


def unsecured(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without its proofs."""
    return {name: value for name, value in document.items() if name != "proof"}


def many(value: Any) -> list[Any]:
    """Return a value that JSON-LD may write alone or in an array, as a list."""
    return value if isinstance(value, list) else [value]


def _id_of(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if isinstance(value, dict):
        value = value.get("id")
    if not is_uri(value):
        raise MalformedDocument(f"The document names no {name} by an absolute URI.")
    return str(value)


def _objects(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    if name not in document:
        return []
    values = many(document[name])
    if not all(isinstance(value, dict) for value in values):
        raise MalformedDocument(f"A {name} is not an object.")
    return values


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise MalformedDocument(f"{what} is not text.")
    return value
