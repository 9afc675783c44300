"""VC-JOSE-COSE: credentials and presentations as JWS, and the objects that envelop them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from issuer.vc import credential
from issuer.vc.contexts import CREDENTIALS_V2
from issuer.vc.errors import (
    ForbiddenValue,
    MalformedEnvelope,
    MalformedToken,
    WrongChallenge,
    WrongDomain,
)
from issuer.vc.jose import jws, sd_jwt_vc
from issuer.vc.keys import PublicKey

CREDENTIAL_MEDIA_TYPE = "application/vc+jwt"
PRESENTATION_MEDIA_TYPE = "application/vp+jwt"
# What tokens of version 1.1 of the data model are called, which state `vc` or `vp`.
JWT_MEDIA_TYPE = "application/jwt"
# Of envelopes around a credential that is a token.
TOKEN_MEDIA_TYPES = frozenset({CREDENTIAL_MEDIA_TYPE, JWT_MEDIA_TYPE, sd_jwt_vc.MEDIA_TYPE})

ENVELOPED_PRESENTATION = "EnvelopedVerifiablePresentation"

_CREDENTIAL = "VerifiableCredential"
_PRESENTATION = "VerifiablePresentation"

# Claims of the token that may stand beside the members of what it carries.
_CLAIMS = frozenset({"iss", "sub", "jti", "iat", "nbf", "exp", "aud", "nonce", "cnf"})
# Members of a credential by version 2.0 of the data model, Open Badges 3.0 and CLR 2.0.
_MEMBERS = frozenset(
    {
        "@context",
        "id",
        "type",
        "name",
        "description",
        "issuer",
        "validFrom",
        "validUntil",
        "credentialSubject",
        "credentialStatus",
        "credentialSchema",
        "relatedResource",
        "refreshService",
        "termsOfUse",
        "evidence",
        "confidenceMethod",
        "renderMethod",
        "proof",
        "awardedDate",
        "image",
        "endorsement",
        "endorsementJwt",
        "partial",
    }
)
_DATA_URL = re.compile(r"data:([A-Za-z0-9.+/-]+(?:;[A-Za-z0-9.+=-]+)*),([\x20-\x7e]+)")


@dataclass(frozen=True)
class Envelope:
    """What an enveloping object holds: a token, and of which media type it is said to be."""

    media_type: str
    text: str


@dataclass(frozen=True)
class SecuredCredential:
    """A credential as a token carries it: who made it is not known yet."""

    token: jws.Token
    credential: dict[str, Any]


@dataclass(frozen=True)
class SecuredPresentation:
    """A presentation as a token carries it, and the envelopes of its credentials."""

    token: jws.Token
    presentation: dict[str, Any]

    @property
    def holder(self) -> Any:
        """Who says to present: the presentation's holder, else the token's `iss`."""
        holder = self.presentation.get("holder", self.token.claims.get("iss"))
        return holder.get("id") if isinstance(holder, dict) else holder

    @property
    def envelopes(self) -> tuple[Envelope, ...]:
        """The credentials that are presented, still unread."""
        return _envelopes(self.presentation)


# Signing


def secure_credential(document: dict[str, Any], *, signer: jws.KeyHolder, key_id: str) -> str:
    """Return the credential as `vc+jwt` (VC-JOSE-COSE, section 3.1.1): the payload is itself.

    `key_id` is the absolute address of the verification method, as the issuer
    is a URL (section 4.1.2). Nothing else is checked here: `lint` comes first.

    Raises ForbiddenValue for a document that is no credential of version 2.0,
    and for members at its top that neither that version nor Open Badges nor CLR know;
    `vc`, `vp` and other claims are among these. Raises what `jws.sign` raises.
    """
    unknown = sorted(map(str, document.keys() - _MEMBERS))
    if unknown:
        raise ForbiddenValue(f"The credential has members that are not known: {unknown}.")
    _require_version_2(document, _CREDENTIAL)
    return jws.sign(_header("vc", key_id), document, signer=signer)


def secure_presentation(
    document: dict[str, Any],
    *,
    signer: jws.KeyHolder,
    key_id: str,
    challenge: str | None = None,
    domain: str | None = None,
) -> str:
    """Return the presentation as `vp+jwt` (VC-JOSE-COSE, section 3.1.2).

    Challenge and domain are stated as the claims `nonce` and `aud`. Raises
    ForbiddenValue for a document that is no presentation of version 2.0 and for
    claims in it, MalformedEnvelope when its credentials are not all enveloped,
    and what `jws.sign` raises.
    """
    if document.keys() & {*_CLAIMS, "vc", "vp"}:
        raise ForbiddenValue("The presentation has members named like claims of a token.")
    _require_version_2(document, _PRESENTATION)
    _envelopes(document)
    claims = {"nonce": challenge, "aud": domain}
    stated = {name: value for name, value in claims.items() if value is not None}
    return jws.sign(_header("vp", key_id), {**document, **stated}, signer=signer)


def _header(kind: str, key_id: str) -> dict[str, Any]:
    if not credential.is_uri(key_id):
        raise ForbiddenValue(f"{key_id!r} is not the address of a key.")
    return {"typ": f"{kind}+jwt", "cty": kind, "kid": key_id}


def _require_version_2(document: dict[str, Any], type_: str) -> None:
    if not _is_version_2(document, type_):
        raise ForbiddenValue(f"The document is no {type_} of version 2.0.")


# Enveloping


def envelop_credential(token: str) -> dict[str, Any]:
    """Return the object that stands for a `vc+jwt` (VC Data Model 2.0, section 4.13)."""
    return _envelop(credential.ENVELOPED_CREDENTIAL, CREDENTIAL_MEDIA_TYPE, token)


def envelop_presentation(token: str) -> dict[str, Any]:
    """Return the object that stands for a `vp+jwt` (VC Data Model 2.0, section 4.13)."""
    return _envelop(ENVELOPED_PRESENTATION, PRESENTATION_MEDIA_TYPE, token)


def open_envelope(document: object, *, type_: str) -> Envelope:
    """Return what an object of this type envelops, still unread.

    Raises MalformedEnvelope unless it has the context of version 2.0 first,
    exactly this type, a `data:` URL as id, and no other member: nothing would secure that one.
    """
    if not isinstance(document, dict) or document.keys() != {"@context", "id", "type"}:
        raise MalformedEnvelope(f"An {type_} has @context, id and type, nothing else.")
    if credential.many(document["@context"]) != [CREDENTIALS_V2]:
        raise MalformedEnvelope(f"The context of an {type_} is {CREDENTIALS_V2}.")
    if credential.many(document["type"]) != [type_]:
        raise MalformedEnvelope(f"The type is not {type_}.")
    found = _DATA_URL.fullmatch(document["id"]) if isinstance(document["id"], str) else None
    if found is None:
        raise MalformedEnvelope(f"The id of an {type_} is not a data: URL that holds something.")
    return Envelope(found[1].lower(), found[2])


def _envelop(type_: str, media_type: str, token: str) -> dict[str, Any]:
    return {"@context": CREDENTIALS_V2, "id": f"data:{media_type},{token}", "type": type_}


def _envelopes(presentation: dict[str, Any]) -> tuple[Envelope, ...]:
    if "verifiableCredential" not in presentation:
        return ()
    return tuple(
        open_envelope(each, type_=credential.ENVELOPED_CREDENTIAL)
        for each in credential.many(presentation["verifiableCredential"])
    )


# Reading


def read_credential(text: object) -> SecuredCredential:
    """Take a `vc+jwt` apart, trusting nothing of it (VC-JOSE-COSE, sections 3.1.1 and 4.1).

    The credential is the payload without the token's claims. Raises
    MalformedToken for another `typ` or `cty`, for the claims `vc` and `vp`, and for
    what is no credential of version 2.0; and what `jws.read` raises.
    """
    token = jws.read(text)
    _require_typed(token, "vc")
    return SecuredCredential(token, _carried(token, _CREDENTIAL))


def read_presentation(text: object) -> SecuredPresentation:
    """Take a `vp+jwt` apart, trusting nothing of it (VC-JOSE-COSE, sections 3.1.2 and 4.1).

    A token that is typed as JWT, or not at all, may state the presentation in
    `vp` instead (VC Data Model 1.1, section 6.3.1). Raises MalformedToken as
    `read_credential` does, MalformedEnvelope for a credential that is not enveloped, and what
    `jws.read` raises.
    """
    token = jws.read(text)
    if token.media_type("typ") in (None, "jwt") and "vp" in token.claims:
        secured = SecuredPresentation(token, _wrapped(token.claims))
    else:
        _require_typed(token, "vp")
        secured = SecuredPresentation(token, _carried(token, _PRESENTATION))
    _ = secured.envelopes
    return secured


def _require_typed(token: jws.Token, kind: str) -> None:
    if token.media_type("typ") not in (None, f"{kind}+jwt"):
        raise MalformedToken(f"The token is not typed as {kind}+jwt.")
    if token.media_type("cty") not in (None, kind):
        raise MalformedToken(f"What the token carries is not typed as {kind}.")


def _carried(token: jws.Token, type_: str) -> dict[str, Any]:
    if token.claims.keys() & {"vc", "vp"}:
        raise MalformedToken("The token states vc or vp, which this kind of token must not.")
    carried = {name: value for name, value in token.claims.items() if name not in _CLAIMS}
    if not _is_version_2(carried, type_):
        raise MalformedToken(f"The token carries no {type_} of version 2.0.")
    return carried


def _wrapped(claims: dict[str, Any]) -> dict[str, Any]:
    if not claims.keys() <= {*_CLAIMS, "vp"}:
        raise MalformedToken("The token states a presentation inside of vp and outside.")
    if not isinstance(claims["vp"], dict) or _PRESENTATION not in credential.types(claims["vp"]):
        raise MalformedToken("vp in the token is no presentation.")
    return claims["vp"]


def _is_version_2(document: dict[str, Any], type_: str) -> bool:
    first = credential.many(document.get("@context"))[:1]
    return first == [CREDENTIALS_V2] and type_ in credential.types(document)


# Checking


def check_credential(secured: SecuredCredential, *, public_key: PublicKey) -> None:
    """Raise unless the token was signed with this key and its claims agree with the credential.

    `iss`, `jti` and `sub` may be left out (VC-JOSE-COSE, section 4.1.1); `nbf`, `exp` and
    `iat` are about the signature: `numeric_dates.require_current` tells whether they hold.
    Whose the key is, is for the caller to find out. Raises UnsupportedProof, WrongSignature
    and ClaimMismatch.
    """
    jws.check(secured.token, public_key=public_key, algorithms=jws.ALGORITHMS)
    members = {
        "iss": credential.issuer_id(secured.credential),
        "jti": secured.credential.get("id"),
        "sub": credential.subject_id(secured.credential),
    }
    jws.require_agreement(secured.token, members)


def check_presentation(
    secured: SecuredPresentation,
    *,
    public_key: PublicKey,
    challenge: str | None = None,
    domain: str | None = None,
) -> None:
    """Raise unless the token was signed with this key, by the holder, for this occasion.

    Whose the key is, and whether the credentials inside hold, is for the caller
    to find out. A challenge or domain that is asked for must be stated, as
    `nonce` or `aud`. Raises what `check_credential` raises, WrongChallenge and WrongDomain.
    """
    jws.check(secured.token, public_key=public_key, algorithms=jws.ALGORITHMS)
    members = {"iss": secured.holder, "jti": secured.presentation.get("id")}
    jws.require_agreement(secured.token, members)
    if challenge is not None and secured.token.claims.get("nonce") != challenge:
        raise WrongChallenge("The presentation does not answer the challenge that was given.")
    if domain is not None and domain not in credential.many(secured.token.claims.get("aud")):
        raise WrongDomain("The presentation was made for somebody else.")
