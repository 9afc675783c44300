"""Verify credentials that are tokens, to the same named checks: VC-JWT, vc+jwt, SD-JWT VC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from issuer.vc import credential
from issuer.vc.errors import Unreachable, VcError
from issuer.vc.jose import jose_envelope, jws, numeric_dates, sd_jwt_vc, token_status_list, vc_jwt
from issuer.vc.keys import PublicKey
from issuer.vc.verification.report import Check, CouldNotCheck, Failed, Outcome, Report, made
from issuer.vc.verification.signatories import CLOCK_SKEW, Policy, Signatories
from issuer.vc.verification.verify import STRICT, Verification, not_accepted, not_vouched_for


@dataclass(frozen=True)
class Opened:
    """What a token carries, and how its signature and claims are checked: nothing is trusted yet.

    `document` is the credential; of an SD-JWT VC the claims that are disclosed.
    """

    token: jws.Token
    document: dict[str, Any]
    check: Callable[[PublicKey], None]
    is_w3c: bool = True


def is_token(text: str) -> bool:
    """Tell whether the text looks like a token rather than like JSON."""
    return text.count(".") >= 2 and "{" not in text and not text[:1].isspace()


def open(text: str) -> Opened:
    """Take a token apart by what its header says to be; raises what the forms' readers raise."""
    if "~" in text:
        found = sd_jwt_vc.read(text)
        return Opened(
            found.token,
            found.claims,
            lambda key: _check_sd_jwt(found, key),
            is_w3c=False,
        )
    if jws.read(text).media_type("typ") == "vc+jwt":
        secured = jose_envelope.read_credential(text)
        return Opened(
            secured.token,
            secured.credential,
            lambda key: jose_envelope.check_credential(secured, public_key=key),
        )
    read = vc_jwt.read(text)
    return Opened(read.token, read.credential, lambda key: vc_jwt.check(read, public_key=key))


def _check_sd_jwt(found: sd_jwt_vc.SdJwtVc, key: PublicKey) -> None:
    """Check what the issuer signed and, where a holder says to have signed, that this is so.

    Nobody need have: whether a holder must is for who asked for it to say (RFC 9901, 7.3).
    """
    sd_jwt_vc.check(found, public_key=key)
    if found.key_binding is not None:
        sd_jwt_vc.check_holder(found)


def open_envelope(envelope: object) -> str:
    """Return the token in an EnvelopedVerifiableCredential, still unread.

    Raises MalformedEnvelope, and CouldNotCheck for a media type that is none of a token here.
    """
    found = jose_envelope.open_envelope(envelope, type_=credential.ENVELOPED_CREDENTIAL)
    if found.media_type not in jose_envelope.TOKEN_MEDIA_TYPES:
        raise CouldNotCheck(f"What is {found.media_type} is not understood here.")
    return found.text


def verify_token(
    text: str,
    *,
    resolve_did: Callable[[str], dict[str, Any]],
    fetch_status_list: Callable[[str], dict[str, Any]],
    fetch_status_token: Callable[[str], str],
    now: datetime,
    policy: Policy = STRICT,
) -> Report:
    """Check a credential that is a token, as a stranger would.

    The resolvers are as of `verify`; `fetch_status_token` gives the token at the
    address of an IETF Token Status List. The same five checks:

    1. structure: a token of a kind that is understood, and in it a credential
       as `verify` accepts it; of an SD-JWT VC what its draft requires
    2. issuer: the document of the issuer is its own and lists the token's key
    3. signature: made over the token with that key; claims say what the credential says
    4. dates: of the credential and of the token
    5. status: as of `verify`, or in the Token Status List

    Open Badges 3.0, section 8.2; VC-JOSE-COSE 1.0, section 4; SD-JWT VC, section 3.
    """
    signatories = Signatories(resolve_did, now, policy)
    verification = Verification(signatories, fetch_status_list, now, policy)
    return _Tokens(verification, fetch_status_token).report(text)


@dataclass
class _Tokens:
    verification: Verification
    fetch_status_token: Callable[[str], str]

    def report(self, text: str) -> Report:
        # 1
        found: list[Opened] = []
        form = made("structure", partial(self._structure, text, found))
        if form.outcome is not Outcome.PASSED:
            skipped = map(not_accepted, ("issuer", "signature", "dates", "status"))
            return Report((form, *skipped))
        opened = found[0]
        # 2
        keys: list[PublicKey] = []
        issuer = made("issuer", partial(self._issuer, opened, keys))
        # 3
        signature = made("signature", partial(_signature, opened, keys))
        # 4
        dates = made("dates", partial(self._dates, opened))
        # 5
        if {issuer.outcome, signature.outcome} != {Outcome.PASSED}:
            status = not_vouched_for("status")
        else:
            status = self._status(opened)
        return Report((form, issuer, signature, dates, status))

    def _structure(self, text: str, found: list[Opened]) -> str:
        opened = open(text)
        found.append(opened)
        if opened.is_w3c:
            return self.verification.require_form(opened.document)
        _issuer_of(opened)
        return "The token is an SD-JWT VC and shows what everybody must see."

    def _issuer(self, opened: Opened, keys: list[PublicKey]) -> str:
        issuer = _issuer_of(opened)
        keys.append(self.verification.signatories.find_token_key(opened.token, issuer))
        return f"The document of {issuer} was found and is its own."

    def _dates(self, opened: Opened) -> str:
        numeric_dates.require_current(
            opened.token.claims, now=self.verification.now, skew=CLOCK_SKEW
        )
        return self.verification.require_current(opened.document if opened.is_w3c else {})

    def _status(self, opened: Opened) -> Check:
        if opened.is_w3c:
            return self.verification.status(opened.document)
        return made("status", partial(self._token_status, opened))

    def _token_status(self, opened: Opened) -> str:
        """Read one entry of a Token Status List, which the token's own issuer must have signed."""
        reference = token_status_list.find_reference(opened.token.claims)
        if reference is None:
            return "The credential states no status: it cannot be withdrawn."
        try:
            value = self._trusted_status(reference, _issuer_of(opened))
        except Unreachable:
            raise
        except (Failed, VcError) as error:
            raise CouldNotCheck(f"The status list cannot be relied on. {error}") from None
        if value == token_status_list.VALID:
            return "The issuer states that the credential is valid."
        if value == token_status_list.INVALID:
            raise Failed("The issuer has revoked the credential.")
        if value == token_status_list.SUSPENDED:
            raise Failed("The issuer has suspended the credential, which may change again.")
        raise CouldNotCheck(f"What the status {value} means is not known here.")

    def _trusted_status(self, reference: token_status_list.Reference, issuer: str) -> int:
        listed = token_status_list.read(self.fetch_status_token(reference.uri))
        signatories = self.verification.signatories
        key = signatories.find_token_key(listed.token, issuer)
        token_status_list.check(listed, uri=reference.uri, public_key=key)
        numeric_dates.require_current(
            listed.token.claims, now=self.verification.now, skew=CLOCK_SKEW
        )
        return listed.status(reference.index)


def _issuer_of(opened: Opened) -> str:
    if opened.is_w3c:
        return credential.issuer_id(opened.document)
    issuer = opened.token.claims.get("iss")
    if not credential.is_uri(issuer):
        raise Failed("The token names no issuer.")
    return str(issuer)


def _signature(opened: Opened, keys: list[PublicKey]) -> str:
    if not keys:
        raise CouldNotCheck("The issuer's key is not known.")
    opened.check(keys[0])
    return "The signature belongs to this token and to the issuer's key."
