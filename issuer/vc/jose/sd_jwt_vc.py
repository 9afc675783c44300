"""SD-JWT VC: a signed token of which the holder shows a part (IETF SD-JWT VC, RFC 9901)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from issuer.vc import credential, json_pointers
from issuer.vc.errors import (
    ForbiddenDisclosure,
    ForbiddenValue,
    MalformedToken,
    OutOfBounds,
    WrongChallenge,
    WrongSignature,
)
from issuer.vc.jose import jws, numeric_dates, sd_jwt
from issuer.vc.keys import PublicKey

MEDIA_TYPE = "application/dc+sd-jwt"
TYPE = "dc+sd-jwt"
KEY_BINDING_TYPE = "kb+jwt"

# Withheld, each of these would let an ended, revoked or foreign credential pass.
NEVER_HIDDEN = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"})
# A holder signs when a verifier asks: what was signed long ago was for another occasion.
MAX_AGE = timedelta(minutes=10)

_DATES = ("iat", "nbf", "exp")


@dataclass(frozen=True)
class SdJwtVc:
    """An SD-JWT VC as it was read: who made it is not known yet."""

    token: jws.Token
    disclosures: tuple[str, ...]
    key_binding: jws.Token | None
    revealed: sd_jwt.Revealed

    @property
    def claims(self) -> dict[str, Any]:
        """All that the token states, with what is disclosed put in."""
        return self.revealed.claims

    @property
    def text(self) -> str:
        """What is presented, up to the last tilde: what a holder signs to bind it to a key."""
        return _join(self.token.text, self.disclosures)


# The issuer


def issue(
    claims: Mapping[str, Any],
    *,
    signer: jws.KeyHolder,
    key_id: str,
    pointers: Iterable[str] = (),
    holder_key: PublicKey | None = None,
    decoys: int = 0,
    new_salt: Callable[[], str] = sd_jwt.draw_salt,
) -> str:
    """Return the claims as SD-JWT VC, with a disclosure of each value that a pointer leads to.

    `vct` says of what type it is. `holder_key` goes into `cnf`: with it the holder
    proves to be the one. `decoys` is how many digests of nothing go with those
    of something. What is returned discloses everything: it is for the holder.

    Raises ForbiddenDisclosure for a pointer into what must not be hidden,
    ForbiddenValue without a `vct`, for a `cnf` stated twice and a key that has no
    address, and what `sd_jwt.conceal`, `numeric_dates.find` and `jws.sign` raise.
    """
    if not credential.is_uri(key_id):
        raise ForbiddenValue(f"{key_id!r} is not the address of a key.")
    if not _is_text(claims.get("vct")):
        raise ForbiddenValue("An SD-JWT VC states its type, as vct.")
    if holder_key is not None and "cnf" in claims:
        raise ForbiddenValue("The holder's key is stated twice.")
    for name in _DATES:
        numeric_dates.find(claims, name)
    chosen = list(pointers)
    _require_visible(json_pointers.parse(pointer) for pointer in chosen)
    confirmation = {} if holder_key is None else {"cnf": {"jwk": holder_key.jwk}}
    hidden, disclosures = sd_jwt.conceal(
        {**claims, **confirmation}, pointers=chosen, decoys=decoys, new_salt=new_salt
    )
    token = jws.sign({"typ": TYPE, "kid": key_id}, hidden, signer=signer)
    return _join(token, disclosures)


# The holder


def derive(text: str, *, pointers: Iterable[str]) -> str:
    """Return the SD-JWT VC with only those disclosures that the pointers choose.

    The pointers lead into the claims as they are with everything disclosed; a
    value inside of a hidden one brings that one along. A key binding is left
    behind: it is made for one choice. Raises what `read` and `sd_jwt.choose` raise.
    """
    found = read(text)
    kept = set(sd_jwt.choose(found.revealed, pointers))
    return _join(found.token.text, [each for each in found.disclosures if each in kept])


def bind(text: str, *, signer: jws.KeyHolder, audience: str, nonce: str, issued: datetime) -> str:
    """Return the SD-JWT VC with the holder's signature over this choice and occasion.

    RFC 9901, section 4.3. The signer holds the key that is named in `cnf`. A key binding
    that the text has already is replaced. Raises what `read`, `numeric_dates.write` and
    `jws.sign` raise.
    """
    found = read(text)
    claims = {
        "iat": numeric_dates.write(issued),
        "aud": audience,
        "nonce": nonce,
        "sd_hash": _own_digest(found),
    }
    return found.text + jws.sign({"typ": KEY_BINDING_TYPE}, claims, signer=signer)


# The verifier


def read(text: object) -> SdJwtVc:
    """Take an SD-JWT VC apart, trusting nothing of it (RFC 9901, section 7.1).

    Raises MalformedToken without the tildes, for a `typ` other than dc+sd-jwt (or, of
    the key binding, kb+jwt) and without a `vct`; ForbiddenDisclosure when it was left
    to the holder to show what everybody must see; and what `jws.read` and `sd_jwt.reveal` raise.
    """
    if not isinstance(text, str):
        raise MalformedToken("A token is a text.")
    if len(text) > jws.MAX_CHARACTERS:
        raise OutOfBounds(f"The token has more than {jws.MAX_CHARACTERS} characters.")
    first, *disclosures = text.split("~")
    if not disclosures:
        raise MalformedToken("An SD-JWT has a tilde after the token and after every disclosure.")
    last = disclosures.pop()
    token = _read_typed(first, TYPE)
    revealed = sd_jwt.reveal(token.claims, disclosures)
    _require_visible(revealed.needed)
    if not _is_text(token.claims.get("vct")):
        raise MalformedToken("The token does not state its type as vct.")
    key_binding = _read_typed(last, KEY_BINDING_TYPE) if last else None
    return SdJwtVc(token, tuple(disclosures), key_binding, revealed)


def check(found: SdJwtVc, *, public_key: PublicKey) -> None:
    """Raise unless the token was signed with this key: then all that is disclosed is the issuer's.

    Whose the key is, whether it is of this time (`numeric_dates.require_current`),
    its status and whether the holder is the one (`check_key_binding`) is for the
    caller to find out. Raises UnsupportedProof and WrongSignature.
    """
    jws.check(found.token, public_key=public_key, algorithms=jws.ALGORITHMS)


def check_holder(found: SdJwtVc) -> jws.Token:
    """Return the key binding; raise unless the key in `cnf` signed it, over this very choice.

    For whom and when it was signed is `check_key_binding`'s to ask, and the issuer's signature
    must be checked as well. Raises WrongChallenge for no key binding, MalformedToken when
    no key is stated, UnsupportedProof, WrongSignature and the errors of keys. RFC 9901, 7.3.
    """
    token = found.key_binding
    if token is None:
        raise WrongChallenge("The holder has not signed what is presented.")
    key = _holder_key(found.token.claims)
    jws.check(token, public_key=key, algorithms=jws.ALGORITHMS)
    if token.claims.get("sd_hash") != _own_digest(found):
        raise WrongSignature("The holder has signed another choice of disclosures.")
    return token


def check_key_binding(
    found: SdJwtVc,
    *,
    audience: str,
    nonce: str,
    now: datetime,
    skew: timedelta,
    max_age: timedelta = MAX_AGE,
) -> None:
    """Raise unless the holder signed this choice for this verifier, occasion and time.

    RFC 9901, section 7.3; the issuer's signature, by which the holder's key in `cnf` is
    known, must be checked as well. Raises WrongChallenge for another audience or nonce,
    and one too old or of the future; MalformedToken when no time is stated; and what
    `check_holder` raises.
    """
    token = check_holder(found)
    if token.claims.get("aud") != audience or token.claims.get("nonce") != nonce:
        raise WrongChallenge("The holder has signed for another verifier or another occasion.")
    numeric_dates.require_current(token.claims, now=now, skew=skew)
    if numeric_dates.read(token.claims.get("iat")) < now - max_age - skew:
        raise WrongChallenge("The holder has signed too long ago.")


def verify(
    text: object,
    *,
    find_key: Callable[[SdJwtVc], PublicKey],
    now: datetime,
    skew: timedelta = timedelta(),
) -> dict[str, Any]:
    """Return the claims that are disclosed, of a token that is the issuer's and of this time.

    `find_key` gives the issuer's key, by `iss` and the header's `kid`. Status and key
    binding are not looked at. Raises what `read`, `find_key`, `check` and
    `numeric_dates.require_current` raise.
    """
    found = read(text)
    check(found, public_key=find_key(found))
    numeric_dates.require_current(found.claims, now=now, skew=skew)
    return found.claims


def _join(token: str, disclosures: Iterable[str]) -> str:
    return "~".join([token, *disclosures, ""])


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _require_visible(paths: Iterable[Iterable[str]]) -> None:
    hidden = {next(iter(path), "") for path in paths} & NEVER_HIDDEN
    if hidden:
        raise ForbiddenDisclosure(f"{sorted(hidden)} must be seen by everybody.")


def _read_typed(text: str, type_: str) -> jws.Token:
    token = jws.read(text)
    if token.media_type("typ") != type_:
        raise MalformedToken(f"The token is not typed as {type_}.")
    return token


def _own_digest(found: SdJwtVc) -> str:
    return sd_jwt.digest(found.text, by=sd_jwt.hash_name(found.token.claims))


def _holder_key(claims: Mapping[str, Any]) -> PublicKey:
    confirmation = claims.get("cnf")
    if not isinstance(confirmation, dict) or "jwk" not in confirmation:
        raise MalformedToken("The token states no key of the holder.")
    return PublicKey.from_jwk(confirmation["jwk"])
