"""Values anywhere that are lost, misread, or not signed alike by everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from issuer.vc import kinds, walk
from issuer.vc.errors import Finding

_SECTION = "Verifiable Credentials Data Model 2.0"
_SERIALIZATION = "Open Badges 3.0, Serialization"

# Canonical N-Quads escape these and implementations differ in it; some are no characters at all.
# TAB, LF and CR are fine.
BAD_CHARACTER = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)


def stated(document: dict[str, Any]) -> Iterator[Finding]:
    """Nothing is null or empty, every character is one, every number is written alike by all.

    Open Badges 3.0, "Serialization"; RDF Dataset Canonicalization 1.0, "Canonical
    N-Quads"; JSON-LD 1.1 API, "Data Round Tripping".
    """
    for pointer, value in walk.members(document):
        if value is None:
            yield Finding("null", pointer, "Leave out what is not stated.", _SERIALIZATION)
        elif isinstance(value, list) and any(isinstance(item, list) for item in value):
            message = "A list in a list comes apart when it is signed, and readers overlook it."
            yield Finding("list_in_list", pointer, message, "JSON-LD 1.1, Sets")
        elif value == [] or value == {}:
            yield Finding("empty", pointer, "Leave out what is empty.", _SERIALIZATION)
        elif isinstance(value, str):
            if BAD_CHARACTER.search(value):
                message = "The text holds a control or no character."
                yield Finding("bad_character", pointer, message, _SECTION)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            message = kinds.number_problem(value) or ""
            if message:
                section = "JSON-LD 1.1 API, Data Round Tripping"
                yield Finding("wrong_value", pointer, message, section)


def one_node_each(document: dict[str, Any]) -> Iterator[Finding]:
    """Two objects of one id are alike.

    RDF knows one node where JSON has two objects: what one of them states could
    be moved to the other under an intact signature.
    """
    seen: dict[str, dict[str, Any]] = {}
    for pointer, value in walk.objects(document):
        if not isinstance(value.get("id"), str):
            continue
        if seen.setdefault(value["id"], value) != value:
            message = "Another object has this id and differs."
            yield Finding("same_id", f"{pointer}/id", message, _SECTION)


def no_second_self(document: dict[str, Any]) -> Iterator[Finding]:
    """No object inside the credential bears its id and states something about it.

    An expiry or a status could be moved there under an intact signature, out
    of every reader's sight.
    """
    own = document.get("id")
    for pointer, value in walk.objects(document):
        if pointer and isinstance(own, str) and value.get("id") == own and len(value) > 1:
            message = "What is said about the credential must stand in the credential itself."
            yield Finding("same_id", f"{pointer}/id", message, _SECTION)
