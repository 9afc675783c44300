"""Who asks for a token: clients prove themselves, and who guesses is slowed down."""

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote_plus

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    InvalidGrantError,
    InvalidScopeError,
)

from issuer.models import LedgerEntry
from issuer.services import clock, ledger
from registrar.errors import BadAssertion
from registrar.models import LearnerAccount, TokenProof
from registrar.services.college import api_clients, client_keys, patience, sign_ins

# Failures within sign_ins.WINDOW. Only failures count, so that who knows the secret may ask as
# often as they like; and only those of one origin, so that strangers lock nobody out.
AT_A_CLIENT: Final = 20
FROM_ONE_ADDRESS: Final = 100

# Without it a token ends with its hour (Open Badges 3.0, "Request Access Token").
OFFLINE: Final = "offline_access"
_FAILURES: Final = "api_client.failures"
# A code that was given for a token leads back to nowhere. It is kept for as long as the first
# tokens that it opened may last, so that it is known when it comes a second time.
_USED: Final = Q(redirect_uri="")
_HELD: Final = timedelta(seconds=settings.OAUTH2_PROVIDER["ACCESS_TOKEN_EXPIRE_SECONDS"])
_RENEWABLE: Final = timedelta(seconds=settings.OAUTH2_PROVIDER["REFRESH_TOKEN_EXPIRE_SECONDS"])


def demand_patience(client_id: str, *, address: str) -> None:
    """Raise TooManyAttempts where too many have failed, before a secret is looked at."""
    patience.demand(
        "token", client_id, address=address, at_name=AT_A_CLIENT, from_address=FROM_ONE_ADDRESS
    )


def fail(client_id: str, *, address: str) -> None:
    """Count a failure; a client at which many fail has it noted in the ledger, once a window."""
    count = patience.count("token", client_id, address=address)
    client = Application.objects.filter(client_id=client_id).first()
    if client is None or count < AT_A_CLIENT:
        return
    entered = LedgerEntry.objects.filter(subject=ledger.name_of(client), act=_FAILURES)
    if not entered.filter(at__gte=Now() - sign_ins.WINDOW).exists():
        ledger.append(_FAILURES, client, by="token endpoint", details={"failures": count})


def claimed_client(authorization: str, form: Mapping[str, Any]) -> str:
    """Which client a request says to come from; nothing where it does not say."""
    if found := basic_credentials(authorization):
        return found[0]
    if "client_assertion" in form:
        try:
            return client_keys.claimed_client(form["client_assertion"])
        except BadAssertion:
            return ""
    return str(form.get("client_id", ""))


def basic_credentials(authorization: str) -> tuple[str, str] | None:
    """Client id and secret of an Authorization header (RFC 6749, section 2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    name, colon, secret = text.partition(":")
    found = (unquote_plus(name), unquote_plus(secret))
    return found if colon and "\0" not in "".join(found) else None


class ProvenClients(OAuth2Validator):
    """How the token endpoint asks who a client is: by a secret or by what it has signed.

    And whether the learner is still who let it in: after their access was ended nobody is.
    """

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Whether it is the client; one way of proving it at a time (RFC 6749, section 2.3)."""
        authorization = request.headers.get("HTTP_AUTHORIZATION", "")
        assertion = getattr(request, "client_assertion", None)
        if assertion is not None:
            if authorization or getattr(request, "client_secret", None):
                raise InvalidClientError(
                    description="Prove who you are in one way, not in two.", request=request
                )
            return self._has_signed(request, assertion)
        if authorization:
            found = basic_credentials(authorization)
            return found is not None and self._knows_secret(request, *found)
        secret = getattr(request, "client_secret", None) or ""
        return self._knows_secret(request, request.client_id or "", secret)

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Any, request: Any, *args: Any, **kw: Any
    ) -> bool:
        """Whether the client may have them all; raises InvalidScopeError with those it may not."""
        if super().validate_scopes(client_id, scopes, client, request, *args, **kw):
            return True
        lacking = {*scopes} - {*api_clients.GrantedScopes().get_available_scopes(client)}
        raise InvalidScopeError(description=_lacking(sorted(lacking)), request=request)

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Every client here keeps a secret or a key."""
        return True

    def validate_code(self, client_id: str, code: str, client: Any, request: Any) -> bool:
        """Whether the code holds, and the access in which it was given.

        One that comes a second time ends what it has opened (RFC 6749, section 4.1.2).
        """
        if (used := _grants(code, client).filter(_USED).first()) is not None:
            _end_what_it_opened(used)
            return False
        return super().validate_code(client_id, code, client, request) and _holds(request)

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Keep it as used, while what it opens may last; InvalidGrantError where it is that."""
        until = clock.now() + _HELD + (_RENEWABLE if OFFLINE in request.scopes else timedelta())
        unused = _grants(code, request.client).filter(~_USED)
        if not unused.update(redirect_uri="", expires=until):
            raise InvalidGrantError(request=request)

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any) -> bool:
        """Whether the token holds, and the access in which it was given."""
        return super().validate_refresh_token(refresh_token, client, request) and _holds(request)

    def validate_bearer_token(self, token: str, scopes: list[str], request: Any) -> bool:
        """Whether the token holds, and the access in which it was given."""
        if not super().validate_bearer_token(token, scopes, request):
            return False
        if _holds(request):
            return True
        self._set_oauth2_error_on_request(request, None, scopes)
        return False

    def _knows_secret(self, request: Any, client_id: str, secret: str) -> bool:
        client = self._load_application(client_id, request)
        request.proof = api_clients.digest_of(client, secret) if client is not None else None
        return request.proof is not None

    def _has_signed(self, request: Any, assertion: str) -> bool:
        try:
            if getattr(request, "client_assertion_type", None) != client_keys.TYPE:
                raise BadAssertion(f"client_assertion_type is {client_keys.TYPE}.")
            claimed = client_keys.claimed_client(assertion)
            if request.client_id not in (None, claimed):
                raise BadAssertion("client_id is not the sub of the assertion.")
            client = self._load_application(claimed, request)
            if client is None:
                return False
            request.proof = api_clients.BY_KEY + client_keys.accept(client, assertion)
        except BadAssertion as error:
            raise InvalidClientError(description=_plain(str(error)), request=request) from None
        return True

    def _save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kw: Any) -> Any:
        """Keep the token; one to come back with is given only to who asked for `offline_access`.

        Raises InvalidGrantError where the one to come back with was ended meanwhile.
        """
        if OFFLINE not in token.get("scope", "").split():
            token.pop("refresh_token", None)
        try:
            return super()._save_bearer_token(token, request, *args, **kw)
        except RefreshToken.DoesNotExist:
            raise InvalidGrantError(request=request) from None

    def _create_access_token(
        self, expires: Any, request: Any, token: dict[str, Any], *args: Any, **kw: Any
    ) -> Any:
        """Keep with the token by what it was got, if that proves the client still.

        And if it has the scopes still. Whoever ends the one or takes away the others waits for
        this, or was before it: no token is left over.
        """
        if not client_keys.proves(request.client, request.proof):
            raise InvalidClientError(request=request)
        lacking = {*token["scope"].split()} - {*api_clients.scopes_of(request.client)}
        if lacking:
            raise InvalidScopeError(description=_lacking(sorted(lacking)), request=request)
        kept = super()._create_access_token(expires, request, token, *args, **kw)
        TokenProof.objects.create(token=kept, proof=request.proof)
        return kept


def _holds(request: Any) -> bool:
    """Whether it is a system that asks for itself, or a learner stands behind it still."""
    return request.user is None or LearnerAccount.objects.filter(user=request.user).exists()


def _lacking(scopes: list[str]) -> str:
    named = ", ".join(each[:64] for each in scopes[:20])
    there_are = {*settings.ALL_SCOPES, *settings.LEARNER_SCOPES}
    if strange := [each for each in scopes if each not in there_are]:
        return _plain(f"There is no scope {', '.join(each[:64] for each in strange[:20])}.")
    return _plain(
        f"The client was not granted {named}. Leave it out, or ask an administrator to grant it."
    )


def _grants(code: str, client: Application) -> QuerySet[Grant]:
    return Grant.objects.filter(code=code, application=client)


@transaction.atomic
def _end_what_it_opened(used: Grant) -> None:
    """Somebody else has seen the code: the client reaches nothing of this learner's any more."""
    account = LearnerAccount.objects.filter(user=used.user).first()
    if account is None:
        return
    for tokens in (RefreshToken, AccessToken, Grant):
        tokens.objects.filter(user=used.user, application=used.application).delete()
    client = used.application.client_id
    details = {"client": client, "why": "code used twice"}
    ledger.append("learner.access_ended", account.learner, by="token endpoint", details=details)


def _plain(text: str) -> str:
    """As an error_description may be written (RFC 6749, section 5.2)."""
    said = text.replace('"', "'").replace("\\", "/")
    return "".join(c if " " <= c <= "~" else "?" for c in said)
