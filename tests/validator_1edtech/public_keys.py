"""Where the key of a proof comes from, by the rules of the validator."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Fetch = Callable[[str], Any]
Key = Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CURVES: dict[bytes, ec.EllipticCurve] = {b"\x80\x24": ec.SECP256R1(), b"\x81\x24": ec.SECP384R1()}


class NoKey(Exception):
    """The key cannot be had by the validator's rules."""


@dataclass(frozen=True)
class Found:
    """A key, and who is known to control it."""

    key: Key
    controller: str | None


def from_multikey(text: str) -> Key:
    """Read a Multikey of Ed25519, P-256 or P-384; raises ValueError."""
    data = _decode_base58(text)
    if data.startswith(b"\xed\x01"):
        return Ed25519PublicKey.from_public_bytes(data[2:])
    if data[:2] not in _CURVES:
        raise ValueError("another kind of key")
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[data[:2]], data[2:])


def from_jwk(jwk: dict[str, Any]) -> Key:
    """Read a JWK of RSA or P-256; raises KeyError or ValueError."""
    if jwk["kty"] == "RSA":
        return rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
    if (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise ValueError("another kind of key")
    point = ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), ec.SECP256R1())
    return point.public_key()


def of_method(method: str, fetch: Fetch) -> Found:
    """Find the key of an embedded proof; raises NoKey."""
    before, _, fragment = method.partition("#")
    try:
        return Found(from_multikey(fragment), before)
    except ValueError:
        pass
    scheme = method.partition(":")[0] if ":" in method else ""
    if not scheme:
        raise NoKey(f"{method!r} has no scheme")
    if method.startswith("did:key:"):
        return Found(_multikey(before.removeprefix("did:key:")), None)
    if method.startswith("did:jwk:"):
        jwk = json.loads(_base64url(before.removeprefix("did:jwk:")))
        return Found(from_jwk(jwk), None)
    if method.startswith("did:web:"):
        found = method_of_did(before, method, fetch)
        return Found(_multikey(found["publicKeyMultibase"]), found["controller"])
    if scheme in ("http", "https"):
        found = _fetched(method, fetch)
        if "controller" not in found or "publicKeyMultibase" not in found:
            raise NoKey(f"{method} is not the document of one key")
        return Found(_multikey(found["publicKeyMultibase"]), found["controller"])
    raise NoKey(f"{method} would need another resolver")


def of_kid(kid: str, fetch: Fetch) -> Key:
    """Find the key of a JWS: the JWK at an address, or the publicKeyJwk of a method."""
    if kid.startswith(("https:", "http:")):
        found = _fetched(kid, fetch)
        if "keys" in found:
            raise NoKey(f"{kid} is a set of keys and not one key")
        return from_jwk(found)
    if kid.startswith("did:web:"):
        method = method_of_did(kid.partition("#")[0], kid, fetch)
        if "publicKeyJwk" not in method:
            raise NoKey(f"{kid} has no publicKeyJwk")
        return from_jwk(method["publicKeyJwk"])
    if kid.startswith("did:jwk:"):
        return from_jwk(json.loads(_base64url(kid.partition("#")[0].removeprefix("did:jwk:"))))
    raise NoKey(f"{kid!r} is not followed")


def address_of(did: str) -> str:
    """Return where the document of a did:web is; a port is decoded only where a path follows."""
    host, *path = did.removeprefix("did:web:").split(":")
    if not path:
        return f"https://{host}/.well-known/did.json"
    return f"https://{host.replace('%3A', ':')}/{'/'.join(path)}/did.json"


def method_of_did(did: str, method: str, fetch: Fetch) -> dict[str, Any]:
    """Return the method, which must be listed by its whole name for assertions."""
    document = _fetched(address_of(did), fetch)
    listed = document.get("assertionMethod")
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise NoKey("assertionMethod is not an array of texts")
    if method not in listed:
        raise NoKey(f"{method} is not listed for assertions")
    for each in document["verificationMethod"]:
        if each["id"] == method:
            found: dict[str, Any] = each
            return found
    raise NoKey(f"{method} is not in the document")


def _fetched(url: str, fetch: Fetch) -> dict[str, Any]:
    try:
        found = fetch(url)
    except Exception as reason:  # noqa: BLE001 - unreachable for whatever reason
        raise NoKey(f"{url} does not answer: {reason}") from None
    if not isinstance(found, dict):
        raise NoKey(f"{url} is not a JSON object")
    return found


def _multikey(text: str) -> Key:
    try:
        return from_multikey(text)
    except ValueError as reason:
        raise NoKey(f"{text} is no Multikey of a known kind: {reason}") from None


def _decode_base58(text: str) -> bytes:
    if not text.startswith("z"):
        raise ValueError("not base58btc")
    number = 0
    for character in text[1:]:
        number = number * 58 + _BASE58.index(character)
    zeros = len(text[1:]) - len(text[1:].lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def decode_multibase(text: str) -> bytes:
    """Read base58btc or base64url; raises ValueError."""
    return _base64url(text[1:]) if text.startswith("u") else _decode_base58(text)


def _base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_base64url(text))
