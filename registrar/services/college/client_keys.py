"""Clients that sign instead of keeping a secret: `private_key_jwt` (RFC 7523, OpenID Connect 9).

A client registers its public keys, or the address at which it serves them. To ask for a token it
signs who it is, for whom it signs and until when; each such assertion is taken once.
"""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from oauth2_provider.models import AbstractApplication

from issuer import fetch
from issuer.services import clock, ledger
from issuer.vc.errors import VcError
from issuer.vc.jose import jws, numeric_dates
from issuer.vc.json_text import holds_nul, parse_json
from issuer.vc.keys import PublicKey
from registrar.errors import BadAssertion, UnsoundKeys
from registrar.models import ApiClient, UsedAssertion
from registrar.services.college import api_clients, roles

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS: Final = ("RS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
# An assertion is for one request: whoever finds it later can do nothing with it.
LONGEST: Final = timedelta(minutes=10)
SKEW: Final = timedelta(seconds=30)
MAX_CHARACTERS: Final = 16 * 1024
MAX_KEYS: Final = 20
MAX_JTI: Final = 256
# What was fetched from a client is good for so long; for an unknown key one looks again, but not
# more often than this, whoever asks.
KEPT: Final = timedelta(hours=1)
PAUSE: Final = timedelta(minutes=1)

_CLAIMS = ("iss", "sub", "aud", "exp", "jti")


@transaction.atomic
def register(
    client: AbstractApplication,
    *,
    by: User | str,
    jwks: str = "",
    jwks_uri: str = "",
    ends_at: datetime | None = None,
) -> ApiClient:
    """Let a client sign with these public keys from now on, and with no others.

    Tokens that were got by others end at once; by those at an address that stays, they stay.

    Either the text of a JWK Set, of which every key must be one that is understood here, or the
    https address of one, which is read when the client first signs; neither to let it sign no
    more. `ends_at` is until when. Raises UnsoundKeys.
    """
    if isinstance(by, User):
        roles.demand(by, api_clients.CHANGE)
    if jwks and jwks_uri:
        raise UnsoundKeys("Give the keys or their address: one of the two.")
    if jwks_uri and not jwks_uri.startswith("https://"):
        raise UnsoundKeys("The address of the keys begins with https://.")
    held = api_clients.hold(client)
    is_same_address = bool(jwks_uri) and jwks_uri == held.jwks_uri
    held.jwks = _strictly_read(jwks) if jwks else None
    held.jwks_uri = jwks_uri
    held.keys_end_at = ends_at if jwks or jwks_uri else None
    held.fetched_jwks = held.fetched_at = None
    held.save()
    keys = (held.jwks or {}).get("keys", [])
    if not is_same_address:
        api_clients.end_tokens_of_keys(client, but=_thumbprints(keys))
    ids = [str(key.get("kid", "")) for key in keys]
    details: dict[str, Any] = {"kids": ids, "jwks_uri": jwks_uri}
    ledger.append("api_client.keys_changed", client, by=by, details=details)
    return held


def claimed_client(text: object) -> str:
    """The client id that an assertion states; nothing is proved by it. Raises BadAssertion."""
    claimed = str(_read(text).claims.get("sub", ""))
    if holds_nul(claimed):
        raise BadAssertion("sub of the assertion is the client id.")
    return claimed


def accept(client: AbstractApplication, text: object, *, at: datetime | None = None) -> str:
    """Take an assertion as proof that it is the client who asks; the same one never again.

    Returns the thumbprint of the key. Raises BadAssertion, which says what is wrong with it.
    """
    now = at or clock.now()
    token = _read(text)
    ends_at = _require_sound(token.claims, client.client_id, now)
    held = ApiClient.objects.filter(pk=client.pk).first()
    if held is None or not (held.jwks or held.jwks_uri):
        raise BadAssertion("No keys are registered for this client.")
    if held.keys_end_at and held.keys_end_at <= now:
        raise BadAssertion("The keys of this client have ended. Register others.")
    try:
        key = _key(held, token, now)
        jws.check(token, public_key=key, algorithms=ALGORITHMS)
    except VcError as error:
        raise BadAssertion(str(error)) from None
    _use(held, str(token.claims["jti"]), ends_at, now)
    return key.thumbprint


def _read(text: object) -> jws.Token:
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        raise BadAssertion(f"The assertion is a token of at most {MAX_CHARACTERS:,} characters.")
    try:
        return jws.read(text)
    except VcError as error:
        raise BadAssertion(str(error)) from None


def _require_sound(claims: Mapping[str, Any], client_id: str, now: datetime) -> datetime:
    """When the assertion ends; raises BadAssertion for what it must not say."""
    if missing := [name for name in _CLAIMS if name not in claims]:
        raise BadAssertion(f"The assertion lacks {', '.join(missing)}.")
    if claims["iss"] != client_id or claims["sub"] != client_id:
        raise BadAssertion("iss and sub of the assertion are both the client id.")
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not any(each in audiences() for each in audience):
        raise BadAssertion(f"aud of the assertion is {' or '.join(audiences())}.")
    if not isinstance(claims["jti"], str) or not 0 < len(claims["jti"]) <= MAX_JTI:
        raise BadAssertion(f"jti of the assertion is a text of 1 to {MAX_JTI} characters.")
    try:
        numeric_dates.require_current(claims, now=now, skew=SKEW)
        ends_at = numeric_dates.read(claims["exp"])
    except VcError as error:
        raise BadAssertion(str(error)) from None
    if ends_at > now + LONGEST + SKEW:
        minutes = LONGEST.seconds // 60
        raise BadAssertion(f"exp of the assertion is at most {minutes} minutes ahead.")
    return ends_at


def proves(client: AbstractApplication, proof: str) -> bool:
    """Whether what a client has proved itself by holds still; it does until the commit."""
    held = api_clients.hold(client)
    if not proof.startswith(api_clients.BY_KEY):
        return proof in api_clients.digests(held)
    return proof.removeprefix(api_clients.BY_KEY) in _thumbprints(known(held))


def _thumbprints(keys: Iterable[Mapping[str, Any]]) -> set[str]:
    found = set()
    for key in keys:
        with suppress(VcError):  # what a client serves may be anything
            found.add(PublicKey.from_jwk(key).thumbprint)
    return found


def known(held: ApiClient) -> list[dict[str, Any]]:
    """The public keys of a client: those registered, or those that it was last seen to serve."""
    keys = (held.jwks or held.fetched_jwks or {}).get("keys", [])
    return [key for key in keys if isinstance(key, dict)]


def audiences() -> tuple[str, str]:
    """For whom an assertion is signed: the token endpoint, or the service as a whole."""
    return f"{settings.BASE_URL}/oauth/token", settings.BASE_URL


def _key(held: ApiClient, token: jws.Token, now: datetime) -> PublicKey:
    if held.jwks:
        found = _matching(held.jwks, token)
    else:
        is_fresh = held.fetched_at is not None and held.fetched_at > now - KEPT
        found = _matching(held.fetched_jwks, token) if is_fresh else None
        found = found or _matching(_fetched(held, now), token)
    if found is None:
        raise BadAssertion("The assertion was signed with a key that is not registered (kid).")
    return found


def _matching(jwks: Mapping[str, Any] | None, token: jws.Token) -> PublicKey | None:
    """The key that the token names; where it names none, the only one there is."""
    found = [each for each in (jwks or {}).get("keys", []) if isinstance(each, dict)]
    if token.key_id is not None:
        found = [each for each in found if each.get("kid") == token.key_id]
    if len(found) != 1:
        return None
    try:
        return PublicKey.from_jwk(found[0])
    except VcError as error:
        raise BadAssertion(f"The registered key cannot be used. {error}") from None


def _fetched(held: ApiClient, now: datetime) -> Mapping[str, Any] | None:
    """What the client serves at this moment; what it served where it was asked a moment ago."""
    stale = ApiClient.objects.filter(pk=held.pk).exclude(fetched_at__gt=now - PAUSE)
    if not stale.update(fetched_at=now):  # of many who ask at once, one goes
        return ApiClient.objects.get(pk=held.pk).fetched_jwks
    try:
        found = parse_json(fetch.get(held.jwks_uri))
    except VcError as error:
        # Else what it served long ago would be good again until the next look.
        ApiClient.objects.filter(pk=held.pk).update(fetched_jwks=None)
        raise BadAssertion(f"The keys of the client could not be read. {error}") from None
    if holds_nul(found):
        raise BadAssertion("The keys of the client hold a NUL character.")
    keys = found.get("keys")
    kept = {"keys": keys[:MAX_KEYS] if isinstance(keys, list) else []}
    ApiClient.objects.filter(pk=held.pk).update(fetched_jwks=kept)
    return kept


def _use(held: ApiClient, jti: str, ends_at: datetime, now: datetime) -> None:
    UsedAssertion.objects.filter(ends_at__lt=now - SKEW).delete()
    digest = hashlib.sha256(jti.encode("utf-8", "replace")).hexdigest()
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(client=held, jti_digest=digest, ends_at=ends_at)
    except IntegrityError:
        raise BadAssertion("This assertion was used before. Sign another, with another jti.") from (
            None
        )


def _strictly_read(text: str) -> dict[str, Any]:
    """The JWK Set of which each key can be used; raises UnsoundKeys."""
    try:
        found = parse_json(text.encode())
        keys = found.get("keys")
        if not isinstance(keys, list) or not 0 < len(keys) <= MAX_KEYS:
            raise UnsoundKeys(f"A JWK Set has `keys`, a list of 1 to {MAX_KEYS}.")
        for key in keys:
            PublicKey.from_jwk(key)
        if holds_nul(keys):
            raise UnsoundKeys("The keys hold a NUL character. Leave it out.")
    except VcError as error:
        raise UnsoundKeys(f"{UnsoundKeys()} {error}") from None
    names = [key.get("kid") for key in keys]
    if len(keys) > 1 and (None in names or len(set(map(str, names))) < len(names)):
        raise UnsoundKeys("Give each of several keys a kid of its own.")
    return {"keys": keys}
