"""Compact JWS (RFC 7515): read strictly, signed by a key that stays put, checked by joserfc."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from joserfc import jwk
from joserfc.jwa import JWS_ALGORITHMS

from issuer.vc import json_text, keys, multibase
from issuer.vc.errors import (
    ClaimMismatch,
    ForbiddenValue,
    MalformedMultibase,
    MalformedToken,
    OutOfBounds,
    UnsecuredToken,
    UnsupportedProof,
    WrongSignature,
)
from issuer.vc.json_text import parse_json
from issuer.vc.keys import PublicKey

MAX_HEADER_BYTES = 16 * 1024
# The payload may be as long as other JSON text, a third longer in base64; then header, signature.
MAX_CHARACTERS = json_text.MAX_BYTES * 4 // 3 + 32 * 1024

# RFC 7518, section 3.1, RFC 8037, and RFC 9864, which gives EdDSA a name by its curve.
_KINDS = {
    "RS256": keys.RSA,
    "ES256": keys.P256,
    "ES384": keys.P384,
    "ES512": keys.P521,
    "EdDSA": keys.ED25519,
    "Ed25519": keys.ED25519,
}
_NAMES = {kind: name for name, kind in _KINDS.items() if name != "Ed25519"}
_MODELS = {model.name: model for model in JWS_ALGORITHMS}
# Its own model under that name takes Ed448 too, and warns of the name with every signature.
_MODELS["EdDSA"] = _MODELS["Ed25519"]

# VC-JOSE-COSE and SD-JWT leave the choice; RSA is for Open Badges only.
ALGORITHMS = frozenset(_KINDS) - {"RS256"}

_APPLICATION = "application/"


class KeyHolder(Protocol):
    """Something that holds a private key and signs with it; every `signers.Signer` is one."""

    @property
    def kind(self) -> str:
        """The kind of the key, as `keys` names it."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message, as `keys.PublicKey.check` takes it."""


@dataclass(frozen=True)
class Token:
    """A compact JWS as it was read: who made it is not known yet."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]
    signature: bytes

    @property
    def key_id(self) -> str | None:
        """The name of the key that the header states, `kid`."""
        return self.header.get("kid")

    @property
    def embedded_key(self) -> PublicKey | None:
        """The key that the header itself brings, `jwk`: it says nothing about whose it is."""
        return PublicKey.from_jwk(self.header["jwk"]) if "jwk" in self.header else None

    def media_type(self, name: str) -> str | None:
        """Return `typ` or `cty` in lower case without "application/" (RFC 7515, 4.1.9)."""
        value = self.header.get(name)
        return None if value is None else str(value).lower().removeprefix(_APPLICATION)


def read(text: object) -> Token:
    """Take a compact JWS apart, trusting nothing of it (RFC 7515, section 7.1).

    Raises MalformedToken for anything but three parts of base64url without
    stray bits, for an extension that must be understood (`crit`, `b64`) and
    for members of another type than theirs; UnsecuredToken for `none` and
    for keys that both sides know; OutOfBounds; what `json_text.parse_json` raises
    of header and payload; and what `keys.PublicKey.from_jwk` raises of a `jwk`.
    """
    if not isinstance(text, str):
        raise MalformedToken("A token is a text.")
    if len(text) > MAX_CHARACTERS:
        raise OutOfBounds(f"The token has more than {MAX_CHARACTERS} characters.")
    parts = text.split(".")
    if len(parts) != 3:
        raise MalformedToken("A token has three parts with dots between them.")
    header, payload, signature = (decode(part) for part in parts)
    return Token(text, _read_header(header), parse_json(payload), signature)


def decode(part: str) -> bytes:
    """Read base64url without padding (RFC 7515, section 2).

    Raises MalformedToken, also for stray bits at the end.
    """
    try:
        return multibase.decode_base64url("u" + part)
    except MalformedMultibase:
        raise MalformedToken("A part of the token is not base64url without padding.") from None


def encode(data: bytes) -> str:
    """Write base64url without padding (RFC 7515, section 2)."""
    return multibase.encode_base64url(data).removeprefix("u")


def write_json(value: object) -> bytes:
    """Write JSON as short as it gets, in UTF-8.

    Raises ForbiddenValue for what is no JSON: NaN, halves of characters, Python's own objects.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ForbiddenValue(f"This cannot be written as JSON: {error}.") from None


def sign(header: Mapping[str, Any], claims: Mapping[str, Any], *, signer: KeyHolder) -> str:
    """Return the compact JWS of the claims; its header is `alg`, after the key, and this one.

    The key is asked for a signature over "header.payload" (RFC 7515, section 5.1) and never
    leaves its holder. Raises ForbiddenValue, and what `read` raises, for what no strict reader
    would take back, before the key is used.
    """
    algorithm = _NAMES.get(signer.kind)
    if algorithm is None:
        raise ForbiddenValue(f"Tokens are not signed with keys of the kind {signer.kind!r}.")
    whole = {"alg": algorithm, **header}
    message = f"{encode(write_json(whole))}.{encode(write_json(claims))}"
    read(f"{message}.")
    return f"{message}.{encode(signer.sign(message.encode()))}"


def check(token: Token, *, public_key: PublicKey, algorithms: Collection[str]) -> None:
    """Raise unless the token was signed with this key by one of these algorithms.

    The key says by which algorithm it signs, never the token alone (RFC 8725,
    section 3.1). Raises UnsupportedProof for an algorithm that is not among
    these, and WrongSignature. Claims and times are for the caller to look at.
    """
    name = token.header["alg"]
    if name not in algorithms:
        raise UnsupportedProof(f"Tokens signed by {name!r} are not understood here.")
    if _KINDS[name] != public_key.kind:
        raise WrongSignature(f"A key of the kind {public_key.kind} does not sign by {name}.")
    message = token.text.rpartition(".")[0].encode()
    if not _MODELS[name].verify(message, token.signature, jwk.import_key({**public_key.jwk})):
        raise WrongSignature("The signature does not belong to this token and this key.")


def require_agreement(token: Token, members: Mapping[str, Any]) -> None:
    """Raise ClaimMismatch for a claim that states otherwise than the member it stands for.

    A claim for which there is no member (None) disagrees as well; a claim may be left out.
    """
    for name, member in members.items():
        if name in token.claims and (member is None or token.claims[name] != member):
            raise ClaimMismatch(f"{name} of the token is not what it repeats.")


def find_key(token: Token, *, resolve: Callable[[str], PublicKey]) -> PublicKey:
    """Return the key by which a token says to be signed: by its `kid`, else the `jwk` it brings.

    Only a key that was resolved says whose it is: one that the token brings is
    the issuer's only if the issuer publishes it. Raises MalformedToken when
    there is neither or both differ, and what `resolve` raises.
    """
    embedded = token.embedded_key
    if token.key_id is None:
        if embedded is None:
            raise MalformedToken("The token does not say with which key it was signed.")
        return embedded
    found = resolve(token.key_id)
    if embedded not in (None, found):
        raise MalformedToken("The key in the token is not the one that it names.")
    return found


def _read_header(content: bytes) -> dict[str, Any]:
    header = parse_json(content, max_bytes=MAX_HEADER_BYTES)
    for name in ("crit", "b64"):
        if name in header:
            raise MalformedToken(f"The token asks for {name}, which is not understood here.")
    for name in ("alg", "kid", "typ", "cty"):
        if not isinstance(header.get(name, ""), str):
            raise MalformedToken(f"{name} in the token's header is not text.")
    if "alg" not in header:
        raise MalformedToken("The token's header states no algorithm.")
    if header["alg"].lower() == "none" or header["alg"].upper().startswith("HS"):
        raise UnsecuredToken()
    if "jwk" in header:
        PublicKey.from_jwk(header["jwk"])
    return header
