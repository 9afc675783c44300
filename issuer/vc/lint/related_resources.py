"""Data Model 2.0, "Integrity of Related Resources": the digests of what the credential rests on."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from issuer.vc import contexts, multibase, walk
from issuer.vc.errors import Finding, VcError

_SECTION = "Verifiable Credentials Data Model 2.0, Integrity of Related Resources"
_SRI = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})")
_LENGTHS = {"sha256": 32, "sha384": 48, "sha512": 64}
# Multihash: the code of the function and the length of the digest come first.
_MULTIHASHES = {b"\x12\x20": "sha256", b"\x20\x30": "sha384", b"\x13\x40": "sha512"}

Digest = tuple[str, bytes]


def related_resources(document: dict[str, Any]) -> Iterator[Finding]:
    """Each resource is named once, by a URL, with a digest; digests of known contexts are right."""
    seen: set[object] = set()
    for pointer, resource in walk.each(document, "relatedResource"):
        if not isinstance(resource, dict):
            message = "A related resource must be an object with an id and a digest."
            yield Finding("wrong_kind", pointer, message, _SECTION)
            continue
        yield from _resource(resource, pointer)
        own = resource.get("id")
        if isinstance(own, str) and own in seen:
            message = "Another related resource has this id."
            yield Finding("twice", f"{pointer}/id", message, _SECTION)
        seen.add(own if isinstance(own, str) else None)


def _resource(resource: dict[str, Any], pointer: str) -> Iterator[Finding]:
    if "id" not in resource:
        yield Finding("missing", f"{pointer}/id", "State the resource's URL.", _SECTION)
    if not {"digestSRI", "digestMultibase"} & resource.keys():
        message = "State digestSRI or digestMultibase."
        yield Finding("missing", pointer, message, _SECTION)
    for name, read in (("digestSRI", _read_sri), ("digestMultibase", _read_multibase)):
        for where, text in walk.each(resource, name, pointer):
            digests = read(text)
            if not digests:
                message = f"{text!r} is not a SHA-2 digest in this form."
                yield Finding("wrong_value", where, message, _SECTION)
            elif not all(_is_possible(resource.get("id"), digest) for digest in digests):
                message = "The resource as it is known here has another digest."
                yield Finding("wrong_digest", where, message, _SECTION)


def _is_possible(url: object, digest: Digest) -> bool:
    """Tell whether the digest is one of the resource, or the resource is not known here."""
    known = contexts.digests(url) if isinstance(url, str) else frozenset()
    return not known or digest in known


def _read_sri(text: object) -> list[Digest]:
    """Read integrity metadata: one digest or several, separated by blanks; none if it is not.

    The data model's own examples, and tests made after them, put an M before
    the base64, as multibase would.
    """
    found = [_read_one_sri(part) for part in text.split()] if isinstance(text, str) else []
    return [] if None in found else [digest for digest in found if digest]


def _read_one_sri(text: str) -> Digest | None:
    match = _SRI.fullmatch(text)
    if match is None:
        return None
    name, body = match.groups()
    for digest in (_from_base64(body), _from_base64(body.removeprefix("M"))):
        if len(digest) == _LENGTHS[name]:
            return name, digest
    return None


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _read_multibase(text: object) -> list[Digest]:
    """Read a digest in multibase, as a multihash or, as in the public tests, bare."""
    if not isinstance(text, str):
        return []
    try:
        decoded = (
            multibase.decode_base58btc(text)
            if text[:1] == "z"
            else multibase.decode_base64url(text)
        )
    except VcError:
        return []
    name = _MULTIHASHES.get(decoded[:2])
    if name and len(decoded) == 2 + _LENGTHS[name]:
        return [(name, decoded[2:])]
    bare = {length: name for name, length in _LENGTHS.items()}.get(len(decoded))
    return [(bare, decoded)] if bare else []
