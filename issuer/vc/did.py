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
from issuer.vc.contexts import DID_V1, MULTIKEY_V1
from issuer.vc.errors import (
    InvalidVerificationMethod,
    InvalidVerificationMethodUrl,
    MalformedDid,
    UnauthorisedVerificationMethod,
    UnsupportedKey,
    VcError,
    WrongIdentifierDocument,
)
from issuer.vc.keys import PublicKey

_JWK_V1 = "https://w3id.org/security/jwk/v1"
MULTIKEY = "Multikey"
JSON_WEB_KEY = "JsonWebKey"
# A method of each kind needs the context that defines it.
_CONTEXTS = {MULTIKEY: MULTIKEY_V1, JSON_WEB_KEY: _JWK_V1}
# The member that holds the key. Of the first two the others are older names.
_MULTIBASE, _JWK = "publicKeyMultibase", "publicKeyJwk"
_KEY_MEMBERS = {
    MULTIKEY: _MULTIBASE,
    JSON_WEB_KEY: _JWK,
    "Ed25519VerificationKey2020": _MULTIBASE,
    "JsonWebKey2020": _JWK,
}

ASSERTION = "assertionMethod"
AUTHENTICATION = "authentication"

_DID = re.compile(r"did:[a-z0-9]+:(?:[A-Za-z0-9._:-]|%[0-9A-Fa-f]{2})+")
_HOST = re.compile(r"(?=.{1,253}(?::\d+)?$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::(\d{1,5}))?", re.I)
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, kw_only=True)
class VerificationMethod:
    """A public key under which an identifier may sign, in which form, and until when.

    One method states the key once, as Multikey or as JsonWebKey: a key that is
    wanted in both forms has two methods. `expires` retires a key: it stays
    listed, and what it signed before goes on verifying. `revoked` is for a
    compromised key: nothing it signed counts.
    """

    key: PublicKey
    form: str = MULTIKEY
    expires: datetime | None = None
    revoked: datetime | None = None

    @property
    def fragment(self) -> str:
        """What names the method in its document: the Multikey, or the JWK's thumbprint."""
        return self.key.multikey if self.form == MULTIKEY else self.key.thumbprint


@dataclass(frozen=True, kw_only=True)
class RetrievedMethod:
    """A verification method as found in somebody's document; its key is not looked at yet."""

    id: str
    stated_key: Any
    expires: datetime | None
    revoked: datetime | None

    def public_key(self) -> PublicKey:
        """Read the key, a Multikey or a JWK.

        Raises UnsupportedKey for a method or a key of another kind, and what
        `keys.PublicKey` raises for a key that is not sound.
        """
        if self.stated_key is None:
            raise UnsupportedKey(f"The method {self.id} is of a kind that is not understood here.")
        if isinstance(self.stated_key, str):
            return PublicKey.from_multikey(self.stated_key)
        return PublicKey.from_jwk(self.stated_key)


# Writing


def method_id(did: str, fragment: str) -> str:
    """Return the id of a verification method; of a Multikey the fragment is the key itself.

    So named, a verifier that knows the DID can check offline.
    """
    return f"{did}#{fragment}"


def did_document(
    did: str,
    verification_methods: Iterable[VerificationMethod],
    *,
    relationships: Iterable[str] = (ASSERTION,),
) -> dict[str, Any]:
    """Return the DID document with these keys, in their order (Controlled Identifiers 1.0).

    Each of the relationships lists all keys that may be used, by their absolute
    ids. A compromised key stays as a method with its `revoked` and is not listed,
    so nothing it signed verifies any more.
    """
    methods = list(verification_methods)
    listed = [method_id(did, method.fragment) for method in methods if method.revoked is None]
    forms = {method.form for method in methods}
    return {
        "@context": [DID_V1, *(url for form, url in _CONTEXTS.items() if form in forms)],
        "id": did,
        "verificationMethod": [_method(did, method) for method in methods],
        **{relationship: list(listed) for relationship in relationships},
    }


def _method(did: str, method: VerificationMethod) -> dict[str, Any]:
    written: dict[str, Any] = {
        "id": method_id(did, method.fragment),
        "type": method.form,
        "controller": did,
        _KEY_MEMBERS[method.form]: _stated(method),
    }
    if method.expires is not None:
        written["expires"] = timestamps.write(method.expires)
    if method.revoked is not None:
        written["revoked"] = timestamps.write(method.revoked)
    return written


def _stated(method: VerificationMethod) -> str | dict[str, str]:
    if method.form == MULTIKEY:
        return method.key.multikey
    return {**method.key.jwk, "kid": method.key.thumbprint, "alg": method.key.algorithm}


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

    Its one key may make assertions and authenticate (did:key, "Document
    Creation Algorithm"). Raises MalformedDid, MalformedMultibase, MalformedKey,
    UnsupportedKey or WeakKey.
    """
    if not is_did(did) or not did.startswith("did:key:z"):
        raise MalformedDid(f"{did!r} is not a did:key.")
    method = VerificationMethod(key=PublicKey.from_multikey(did.removeprefix("did:key:")))
    return did_document(did, [method], relationships=(ASSERTION, AUTHENTICATION))


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
    """Return the key of a method that may make assertions, as Multikey.

    Raises what `retrieve_method` and `RetrievedMethod.public_key` raise.
    """
    return retrieve_method(did_document, method_id).public_key().multikey


def retrieve_method(
    did_document: dict[str, Any], method_id: str, *, relationship: str = ASSERTION
) -> RetrievedMethod:
    """Find a verification method that the document lists for a relationship.

    Steps of Controlled Identifiers 1.0, "Retrieve Verification Method":
    1. the method's id is an absolute DID with a fragment: InvalidVerificationMethodUrl
    2. the document's id is that DID: WrongIdentifierDocument
    3. one method of the document has that id, and the DID as controller: InvalidVerificationMethod
    4. the relationship lists it, by name or as object: UnauthorisedVerificationMethod
    """
    # 1
    did, hash_sign, fragment = method_id.partition("#") if isinstance(method_id, str) else ("",) * 3
    if not (is_did(did) and hash_sign and fragment):
        raise InvalidVerificationMethodUrl(f"{method_id!r} does not name a method of a DID.")
    # 2
    if not isinstance(did_document, dict) or did_document.get("id") != did:
        raise WrongIdentifierDocument(f"The document is not the one of {did}.")
    # 3
    authorised = _listed(did_document.get(relationship))
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
        raise UnauthorisedVerificationMethod(
            f"{did} does not list {method_id} under {relationship}."
        )
    return _retrieved(found[0])


def retrieve_by_key(
    did_document: dict[str, Any], key: PublicKey, *, relationship: str = ASSERTION
) -> RetrievedMethod:
    """Find a verification method of this key that the document lists for a relationship.

    For what brings its key along instead of naming it. Raises UnauthorisedVerificationMethod
    when none that can be read has the key.
    """
    for listed in _listed(did_document.get(relationship)):
        name = listed.get("id") if isinstance(listed, dict) else listed
        try:
            found = retrieve_method(did_document, str(name), relationship=relationship)
            if found.public_key() == key:
                return found
        except VcError:
            continue
    raise UnauthorisedVerificationMethod(
        f"{did_document.get('id')} lists no method of this key under {relationship}."
    )


def _retrieved(method: dict[str, Any]) -> RetrievedMethod:
    if _MULTIBASE in method and _JWK in method:
        raise InvalidVerificationMethod(f"The method {method['id']} states its key twice.")
    kind = method.get("type")
    member = _KEY_MEMBERS.get(kind) if isinstance(kind, str) else None
    stated_key = method.get(member) if member else None
    if stated_key is not None and isinstance(stated_key, str) != (member == _MULTIBASE):
        raise InvalidVerificationMethod(f"The key of {method['id']} is not in the form it says.")
    return RetrievedMethod(
        id=method["id"],
        stated_key=stated_key,
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
