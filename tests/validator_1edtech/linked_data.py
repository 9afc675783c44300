"""JSON-LD in strict mode, and canonical statements, by pyld."""

import hashlib
from collections.abc import Iterator
from typing import Any

from pyld import jsonld

from .report import Fault, error
from .shared import document_loader

_NOWHERE = "https://undefined.invalid/"


def dropped(document: dict[str, Any]) -> Iterator[Fault]:
    """JsonLDValidationProbe: every key and every type is mapped to an absolute address."""
    lost: list[Any] = []
    try:
        expanded = jsonld.expand(document, _options(), on_property_dropped=lost.append)
    except jsonld.JsonLdError as fault:
        yield error(f"the document cannot be expanded: {_reason(fault)}")
        return
    for name in lost:
        yield error(f"{name!r} is not defined")
    for name in _undefined(expanded):
        yield error(f"{name!r} is not an absolute address")


def digest(document: dict[str, Any]) -> bytes:
    """Hash the canonical statements of a document."""
    options = {**_options(), "algorithm": "URDNA2015", "format": "application/n-quads"}
    return hashlib.sha256(jsonld.normalize(document, options).encode()).digest()


def _options() -> dict[str, Any]:
    return {"base": _NOWHERE, "documentLoader": document_loader}


def _undefined(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _undefined(item)
    elif isinstance(value, dict):
        for key, member in value.items():
            if key in ("@id", "@type"):
                named = member if isinstance(member, list) else [member]
                yield from (
                    name.removeprefix(_NOWHERE) for name in named if name.startswith(_NOWHERE)
                )
            else:
                yield from _undefined(member)


def _reason(fault: BaseException) -> str:
    while fault.__cause__ is not None:
        fault = fault.__cause__
    return f"{type(fault).__name__} {fault}".partition("\n")[0]
