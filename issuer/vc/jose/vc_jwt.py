"""VC-JWT as Open Badges 3.0 has it: the credential is the payload, some claims say it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issuer.vc import credential, keys, timestamps
from issuer.vc.contexts import CREDENTIALS_V1
from issuer.vc.errors import ClaimMismatch, ForbiddenValue, MalformedToken, VcError
from issuer.vc.jose import jws, numeric_dates
from issuer.vc.keys import PublicKey

# Every verifier knows the first; the public validator of 1EdTech knows these two and no others.
ALGORITHMS = frozenset({"RS256", "ES256"})

_KINDS = frozenset({keys.RSA, keys.P256})
_HEADER = frozenset({"alg", "kid", "jwk", "typ"})
_REQUIRED = ("iss", "jti", "sub", "nbf")
_CLAIMS = frozenset({*_REQUIRED, "exp", "iat"})


@dataclass(frozen=True)
class VcJwt:
    """A VC-JWT as it was read, and the credential in it: who made it is not known yet."""

    token: jws.Token
    credential: dict[str, Any]

    @property
    def is_wrapped(self) -> bool:
        """Whether the credential stands in the claim `vc`, as in version 1.1 of the data model."""
        return "vc" in self.token.claims


def sign(
    document: dict[str, Any],
    *,
    signer: jws.KeyHolder,
    key_id: str | None = None,
    public_key: PublicKey | None = None,
) -> str:
    """Return the credential as VC-JWT (Open Badges 3.0, "JSON Web Token Proof Format").

    The header holds `alg`, `typ` and either the key's address, at which its
    bare JWK is found, or the key itself. The payload is the credential as it
    is, with proofs if it carries any, and `iss`, `jti`, `sub`, `nbf` and `exp` that
    repeat its members. Nothing else is checked here: `lint` comes first.

    Raises ForbiddenValue for a key that is neither RSA nor P-256, none or both
    of `key_id` and `public_key`, moments with fractions of a second, and a credential without
    an id, a start, or one subject with an id; and what `jws.sign` raises.
    """
    if signer.kind not in _KINDS:
        raise ForbiddenValue("A VC-JWT of Open Badges is signed by RS256 or ES256.")
    if _CLAIMS & document.keys():
        raise ForbiddenValue("The credential has members named like claims of a token.")
    return jws.sign(
        {"typ": "JWT", **_name_key(key_id, public_key)},
        {**document, **_claims(document)},
        signer=signer,
    )


def read(text: object) -> VcJwt:
    """Take a VC-JWT apart, trusting nothing of it.

    The credential is the payload without the claims, or what stands in `vc`;
    there, members that only the claims state are put in (VC Data Model 1.1,
    section 6.3.1). Raises MalformedToken for header members other than
    `alg`, `kid`, `jwk` and `typ`, another `typ` than JWT, no key, and a payload that states a
    credential twice; and what `jws.read` raises.
    """
    token = jws.read(text)
    if not token.header.keys() <= _HEADER:
        raise MalformedToken("The header of a VC-JWT holds alg, kid, jwk and typ, nothing else.")
    if token.media_type("typ") not in (None, "jwt"):
        raise MalformedToken("The token is not typed as a JWT.")
    if not token.header.keys() & {"kid", "jwk"}:
        raise MalformedToken("The token does not say with which key it was signed.")
    return VcJwt(token, _credential(token.claims))


def check(vc_jwt: VcJwt, *, public_key: PublicKey) -> None:
    """Raise unless the token was signed with this key and its claims say what the credential says.

    Whose the key is, and whether the credential is of this time, is for the
    caller to find out. Raises UnsupportedProof for an algorithm other than RS256 and ES256,
    WrongSignature, ClaimMismatch, and MalformedToken for a required claim that is missing.
    """
    jws.check(vc_jwt.token, public_key=public_key, algorithms=ALGORITHMS)
    if not vc_jwt.is_wrapped:
        _require_claims(vc_jwt.token.claims, vc_jwt.credential)
    _require_agreement(vc_jwt)


def verify(text: object, *, resolve_key: Callable[[str], PublicKey]) -> dict[str, Any]:
    """Return the credential of a VC-JWT that was signed with the key it names.

    `resolve_key` gives the public key at an address. A key that only the token
    brings is nobody's in particular: to know the issuer, compare it with those
    that the issuer publishes. Raises what `read`, `jws.find_key` and `check` raise.
    """
    vc_jwt = read(text)
    check(vc_jwt, public_key=jws.find_key(vc_jwt.token, resolve=resolve_key))
    return vc_jwt.credential


# Signing


def _name_key(key_id: str | None, public_key: PublicKey | None) -> dict[str, Any]:
    if (key_id is None) == (public_key is None):
        raise ForbiddenValue("State either the key's address or the key.")
    if public_key is not None:
        return {"jwk": public_key.jwk}
    if not credential.is_uri(key_id):
        raise ForbiddenValue(f"{key_id!r} is not the address of a key.")
    return {"kid": key_id}


def _claims(document: dict[str, Any]) -> dict[str, Any]:
    try:
        claims = {
            "iss": credential.issuer_id(document),
            "jti": document.get("id"),
            "sub": credential.subject_id(document),
            "nbf": numeric_dates.write(timestamps.read(document.get("validFrom"))),
        }
        if "validUntil" in document:
            claims["exp"] = numeric_dates.write(timestamps.read(document["validUntil"]))
    except VcError as error:
        raise ForbiddenValue(f"The credential does not fit into a VC-JWT. {error}") from None
    for name in ("jti", "sub"):
        if not credential.is_uri(claims[name]):
            raise ForbiddenValue("A VC-JWT needs an id of the credential and one of its subject.")
    return claims


# Reading


def _credential(claims: dict[str, Any]) -> dict[str, Any]:
    if "vc" not in claims:
        return {name: value for name, value in claims.items() if name not in _CLAIMS}
    wrapped = claims["vc"]
    if not isinstance(wrapped, dict):
        raise MalformedToken("vc in the token is not an object.")
    if not claims.keys() <= {*_CLAIMS, "vc", "aud", "nonce"}:
        raise MalformedToken("The token states a credential inside of vc and outside.")
    return _filled_in(wrapped, claims)


def _filled_in(wrapped: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    whole = dict(wrapped)
    begins, ends = _dates(wrapped)
    for claim, member in (("iss", "issuer"), ("jti", "id")):
        if claim in claims:
            whole.setdefault(member, claims[claim])
    for claim, member in (("nbf", begins), ("exp", ends)):
        moment = numeric_dates.find(claims, claim)
        if moment is not None:
            whole.setdefault(member, timestamps.write(moment))
    subject = wrapped.get("credentialSubject")
    if "sub" in claims and isinstance(subject, dict):
        whole["credentialSubject"] = {"id": claims["sub"], **subject}
    return whole


def _dates(document: Mapping[str, Any]) -> tuple[str, str]:
    if credential.many(document.get("@context"))[0:1] == [CREDENTIALS_V1]:
        return "issuanceDate", "expirationDate"
    return "validFrom", "validUntil"


# Claims against members


def _require_claims(claims: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    needed = (*_REQUIRED, "exp") if "validUntil" in document else _REQUIRED
    for name in needed:
        if name not in claims:
            raise MalformedToken(f"The token does not state {name}.")


def _require_agreement(vc_jwt: VcJwt) -> None:
    claims, document = vc_jwt.token.claims, vc_jwt.credential
    members = {
        "iss": credential.issuer_id(document),
        "jti": document.get("id"),
        "sub": credential.subject_id(document),
    }
    jws.require_agreement(vc_jwt.token, members)
    for name, date in zip(("nbf", "exp"), _dates(document), strict=True):
        stated = timestamps.read(document[date]) if date in document else None
        if name in claims and not _is_moment(claims[name], stated):
            raise ClaimMismatch(f"{name} of the token is not {date} of the credential.")
    numeric_dates.find(claims, "iat")


def _is_moment(claim: object, stated: datetime | None) -> bool:
    """Compare a claim with a member; fractions of a second are mostly cut off in a claim."""
    moment = numeric_dates.read(claim)
    return stated is not None and moment in (stated, stated.replace(microsecond=0))
