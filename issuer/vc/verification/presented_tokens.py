"""Verify presentations that are tokens: who presents, and that they signed (vp+jwt)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from issuer.vc import credential, did
from issuer.vc.jose import jose_envelope, numeric_dates
from issuer.vc.jose.jose_envelope import SecuredPresentation
from issuer.vc.keys import PublicKey
from issuer.vc.verification import structure
from issuer.vc.verification.report import CouldNotCheck, Failed, Outcome, Report, made
from issuer.vc.verification.signatories import CLOCK_SKEW, Policy, Signatories
from issuer.vc.verification.verify import STRICT, not_accepted

_MEDIA_TYPES = frozenset({jose_envelope.PRESENTATION_MEDIA_TYPE, jose_envelope.JWT_MEDIA_TYPE})


def open_envelope(envelope: object) -> str:
    """Return the token in an EnvelopedVerifiablePresentation, still unread.

    Raises MalformedEnvelope, and CouldNotCheck for a media type that is none of a token here.
    """
    found = jose_envelope.open_envelope(envelope, type_=jose_envelope.ENVELOPED_PRESENTATION)
    if found.media_type not in _MEDIA_TYPES:
        raise CouldNotCheck(f"What is {found.media_type} is not understood here.")
    return found.text


def verify(
    text: str,
    *,
    resolve_did: Callable[[str], dict[str, Any]],
    now: datetime,
    domain: str | None = None,
    challenge: str | None = None,
    policy: Policy = STRICT,
) -> Report:
    """Check a presentation that is a token; what it presents is for the caller to verify.

    1. structure: a `vp+jwt`, or a JWT with `vp`, and in it a presentation as `verify` accepts it
    2. holder: it names one, whose document is its own and lists the token's key for authentication
    3. signature: made over the token with that key, and for the domain and challenge, where such
       are given; claims say what the presentation says
    4. dates: the token is neither too early nor too late

    VC-JOSE-COSE 1.0, section 4.
    """
    found: list[SecuredPresentation] = []
    form = made("structure", partial(_structure, text, policy, found))
    if form.outcome is not Outcome.PASSED:
        return Report((form, *map(not_accepted, ("holder", "signature", "dates"))))
    secured, keys = found[0], list[PublicKey]()
    signatories = Signatories(resolve_did, now, policy)
    check = partial(jose_envelope.check_presentation, secured, domain=domain, challenge=challenge)
    return Report(
        (
            form,
            made("holder", partial(_holder, secured, signatories, keys)),
            made("signature", partial(_signature, check, keys)),
            made("dates", partial(_dates, secured, now)),
        )
    )


def _structure(text: str, policy: Policy, found: list[SecuredPresentation]) -> str:
    secured = jose_envelope.read_presentation(text)
    found.append(secured)
    return structure.of_presentation(secured.presentation, own_contexts=policy.own_contexts)


def _holder(secured: SecuredPresentation, signatories: Signatories, keys: list[PublicKey]) -> str:
    holder = secured.holder
    if not credential.is_uri(holder):
        raise Failed("The presentation names no holder.")
    key = signatories.find_token_key(secured.token, holder, relationship=did.AUTHENTICATION)
    keys.append(key)
    return f"The document of {holder} was found and is its own."


def _signature(check: Callable[..., None], keys: list[PublicKey]) -> str:
    if not keys:
        raise CouldNotCheck("The holder's key is not known.")
    check(public_key=keys[0])
    return "The signature belongs to this presentation and to the holder's key."


def _dates(secured: SecuredPresentation, now: datetime) -> str:
    numeric_dates.require_current(secured.token.claims, now=now, skew=CLOCK_SKEW)
    return "The presentation is of this time."
