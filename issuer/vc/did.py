"""did:web and did:key: write and read DID documents."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from issuer.vc import timestamps
from issuer.vc.errors import (
    InvalidVerificationMethod,
    InvalidVerificationMethodUrl,
    MalformedDid,
    UnauthorisedVerificationMethod,
    VcError,
    WrongIdentifierDocument,
)
from issuer.vc.keys import PublicKey

CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
ASSERTION = "assertionMethod"

_DID = re.compile(r"did:[a-z0-9]+:(?:[A-Za-z0-9._:-]|%[0-9A-Fa-f]{2})+")
_HOST = re.compile(r"(?=.{1,253}(?::\d+)?$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::(\d{1,5}))?", re.I)
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, kw_only=True)
class VerificationMethod:
    """A public key under which an identifier may sign, and until when.

    `expires` retires a key: it stays listed, and what it signed before goes on
    verifying. `revoked` is for a compromised key: nothing it signed counts.
    """

    public_multibase: str
    expires: datetime | None = None
    revoked: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RetrievedMethod:
    """A verification method as found in somebody's document; the key is None if no Multikey."""

    id: str
    public_multibase: str | None
    expires: datetime | None
    revoked: datetime | None


# Writing


def method_id(did: str, public_multibase: str) -> str:
    """Return the id of a key's verification method: its fragment is the Multikey itself.

    So named, a verifier that knows the DID can check offline.
    """
    return f"{did}#{public_multibase}"


def did_document(did: str, verification_methods: Iterable[VerificationMethod]) -> dict[str, Any]:
    """Return the DID document with these keys, in their order.

    A compromised key stays as a method with its `revoked` and is not listed
    for making assertions, so nothing it signed verifies any more.
    """
    methods = list(verification_methods)
    return {
        "@context": list(CONTEXTS),
        "id": did,
        "verificationMethod": [_method(did, method) for method in methods],
        ASSERTION: [
            method_id(did, method.public_multibase) for method in methods if method.revoked is None
        ],
    }


def _method(did: str, method: VerificationMethod) -> dict[str, Any]:
    written: dict[str, Any] = {
        "id": method_id(did, method.public_multibase),
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": method.public_multibase,
    }
    if method.expires is not None:
        written["expires"] = timestamps.write(method.expires)
    if method.revoked is not None:
        written["revoked"] = timestamps.write(method.revoked)
    return written


# Resolving


def is_did(text: object) -> bool:
    """Tell whether the text is a DID, without path, query or fragment."""
    return isinstance(text, str) and _DID.fullmatch(text) is not None


def did_web_url(did: str, insecure_localhost: bool = False) -> str:
    """Return the address of a did:web's document.

    A port is written %3A in the DID; without a path the document lies under
    /.well-known. Plain http is only for localhost, and only when asked for.
    Raises MalformedDid, also for IP addresses, which did:web does not allow.
    """
    if not is_did(did) or not did.startswith("did:web:"):
        raise MalformedDid(f"{did!r} is not a did:web.")
    first, *segments = did.removeprefix("did:web:").split(":")
    host = unquote(first)
    matched = _HOST.fullmatch(host)
    if not matched or ".." in host or _is_address(host.partition(":")[0]):
        raise MalformedDid(f"{did!r} does not begin with a host name.")
    if matched[1] and not 0 < int(matched[1]) < 65536:
        raise MalformedDid(f"{did!r} names no possible port.")
    if not all(_is_segment(segment) for segment in segments):
        raise MalformedDid(f"{did!r} has a part that cannot be part of a path.")
    plain = insecure_localhost and host.partition(":")[0].lower() == "localhost"
    path = "/".join(segments) if segments else ".well-known"
    return f"{'http' if plain else 'https'}://{host}/{path}/did.json"


def resolve_key(did: str) -> dict[str, Any]:
    """Return the document that a did:key stands for; needs no network.

    Raises MalformedDid, MalformedMultibase, MalformedKey or WeakKey.
    """
    if not is_did(did) or not did.startswith("did:key:z"):
        raise MalformedDid(f"{did!r} is not a did:key.")
    public_multibase = did.removeprefix("did:key:")
    PublicKey.from_multikey(public_multibase)
    return did_document(did, [VerificationMethod(public_multibase=public_multibase)])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Decimal and hexadecimal spellings of IPv4 end in a part that no top-level domain has.
        return re.fullmatch(r"\d+|0[xX][0-9A-Fa-f]+", host.rpartition(".")[2]) is not None
    return True


def _is_segment(segment: str) -> bool:
    plain = unquote(segment)
    return bool(_SEGMENT.fullmatch(segment)) and plain not in {".", ".."} and "/" not in plain


# Reading


def find_method(did_document: dict[str, Any], method_id: str) -> str:
    """Return the Multikey of the verification method, as `retrieve_method` finds it.

    Raises what that raises, and InvalidVerificationMethod for a method that has no Multikey.
    """
    found = retrieve_method(did_document, method_id)
    if found.public_multibase is None:
        raise InvalidVerificationMethod(f"The method {method_id} has no Multikey.")
    return found.public_multibase


def retrieve_method(did_document: dict[str, Any], method_id: str) -> RetrievedMethod:
    """Find a verification method that the document lists for making assertions.

    Steps of Controlled Identifiers 1.0, "Retrieve Verification Method":
    1. the method's id is an absolute DID with a fragment: InvalidVerificationMethodUrl
    2. the document's id is that DID: WrongIdentifierDocument
    3. one method of the document has that id, and the DID as controller: InvalidVerificationMethod
    4. assertionMethod lists it, by name or as object: UnauthorisedVerificationMethod
    """
    # 1
    did, hash_sign, fragment = method_id.partition("#") if isinstance(method_id, str) else ("",) * 3
    if not (is_did(did) and hash_sign and fragment):
        raise InvalidVerificationMethodUrl(f"{method_id!r} does not name a method of a DID.")
    # 2
    if not isinstance(did_document, dict) or did_document.get("id") != did:
        raise WrongIdentifierDocument(f"The document is not the one of {did}.")
    # 3
    authorised = _listed(did_document.get(ASSERTION))
    methods = _listed(did_document.get("verificationMethod"))
    found = [
        method
        for method in (*methods, *authorised)
        if isinstance(method, dict) and method.get("id") == method_id
    ]
    if not found:
        raise InvalidVerificationMethod(f"The document of {did} has no method {method_id}.")
    if any(method != found[0] for method in found) or found[0].get("controller") != did:
        raise InvalidVerificationMethod(f"The method {method_id} is not {did}'s own.")
    # 4
    if not any(listed == method_id or listed == found[0] for listed in authorised):
        raise UnauthorisedVerificationMethod(f"{did} does not let {method_id} make assertions.")
    return _retrieved(found[0])


def _retrieved(method: dict[str, Any]) -> RetrievedMethod:
    is_multikey = method.get("type") == "Multikey"
    public_multibase = method.get("publicKeyMultibase") if is_multikey else None
    if public_multibase is not None and not isinstance(public_multibase, str):
        raise InvalidVerificationMethod(f"The key of {method['id']} is not text.")
    if public_multibase is not None and "publicKeyJwk" in method:
        raise InvalidVerificationMethod(f"The method {method['id']} states its key twice.")
    return RetrievedMethod(
        id=method["id"],
        public_multibase=public_multibase,
        expires=_moment(method, "expires"),
        revoked=_moment(method, "revoked"),
    )


def _moment(method: dict[str, Any], name: str) -> datetime | None:
    if name not in method:
        return None
    try:
        return timestamps.read(method[name])
    except VcError as error:
        raise InvalidVerificationMethod(f"{name} of {method['id']}: {error}") from None


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
