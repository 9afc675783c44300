"""Applications that learners may let at their credentials: they register themselves (RFC 7591).

What Open Badges 3.0 asks of them ("Dynamic Client Registration") is checked, and nothing of it is
believed: a learner is told the host, which is where the answer goes, before the name.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken

from issuer.services import clock, ledger
from registrar.errors import UnsoundApp
from registrar.models import ApiClient, LearnerApp
from registrar.services.college import patience
from registrar.services.college.token_requests import OFFLINE

# Within a quarter of an hour, by one origin.
REGISTRATIONS: Final = 10
MAX_REDIRECTS: Final = 10
MAX_URL: Final = 500
# Who registered and was never let in by anybody is forgotten.
FORGOTTEN_AFTER: Final = timedelta(days=30)

_URLS: Final = ("client_uri", "logo_uri", "tos_uri", "policy_uri")
_TEXTS: Final = {"client_name": 200, "software_id": 200, "software_version": 100}
_GRANTS: Final = ("authorization_code", "refresh_token")
_METHOD: Final = "client_secret_basic"


@dataclass(frozen=True, slots=True)
class Registered:
    """An application that is registered now, with the secret that it is shown this once."""

    application: Application
    secret: str
    metadata: dict[str, Any]


@transaction.atomic
def register(said: Mapping[str, Any], *, address: str) -> Registered:
    """Register an application as it describes itself.

    Raises UnsoundApp for what is missing or not allowed, TooManyAttempts for an origin that
    registers too many.
    """
    patience.demand("app", "", address=address, at_name=REGISTRATIONS, from_address=REGISTRATIONS)
    metadata = _checked(said)
    patience.count("app", "", address=address)
    secret = secrets.token_urlsafe(32)
    application = Application.objects.create(
        name=metadata["client_name"],
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=" ".join(metadata["redirect_uris"]),
        client_secret=secret,
        registration_source=Application.RegistrationSource.DCR,
    )
    ApiClient.objects.create(application=application, scopes=metadata["scope"])
    described = {name: metadata[name] for name in (*_URLS, "software_id", "software_version")}
    LearnerApp.objects.create(application=application, **described)
    ledger.append("learner_app.registered", application, by="registration")
    return Registered(application, secret, metadata)


def sweep(*, at: datetime | None = None) -> int:
    """Forget applications that registered long ago and that nobody lets in; how many."""
    now = at or clock.now()
    late = Application.objects.filter(
        registration_source=Application.RegistrationSource.DCR, created__lt=now - FORGOTTEN_AFTER
    )
    for tokens in (Grant, RefreshToken, AccessToken):
        late = late.exclude(pk__in=tokens.objects.values("application"))
    found = list(late.values_list("pk", flat=True))
    Application.objects.filter(pk__in=found).delete()
    return len(found)


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is registered of what was said; raises UnsoundApp."""
    metadata: dict[str, Any] = {}
    for name, longest in _TEXTS.items():
        metadata[name] = _text(said, name, longest)
    for name in _URLS:
        metadata[name] = _url(_text(said, name, MAX_URL), name)
    host = urlsplit(metadata["client_uri"]).netloc
    redirects = said.get("redirect_uris")
    if not isinstance(redirects, list) or not 0 < len(redirects) <= MAX_REDIRECTS:
        raise UnsoundApp(f"redirect_uris is a list of 1 to {MAX_REDIRECTS} addresses.")
    metadata["redirect_uris"] = [_url(each, "redirect_uris") for each in redirects]
    for url in (*(metadata[name] for name in _URLS), *metadata["redirect_uris"]):
        if urlsplit(url).netloc != host:
            raise UnsoundApp(f"All addresses have the same host, {host}.")
    metadata["grant_types"] = _of(said, "grant_types", _GRANTS, ["authorization_code"])
    metadata["response_types"] = _of(said, "response_types", ("code",), ["code"])
    if "authorization_code" not in metadata["grant_types"]:
        raise UnsoundApp("grant_types holds authorization_code.")
    if said.get("token_endpoint_auth_method", _METHOD) != _METHOD:
        raise UnsoundApp(f"token_endpoint_auth_method is {_METHOD}.")
    metadata["token_endpoint_auth_method"] = _METHOD
    asked = _text(said, "scope", 4000).split()
    granted = [scope for scope in dict.fromkeys(asked) if scope in settings.LEARNER_SCOPES]
    if not set(granted) - {OFFLINE}:
        known = " ".join(settings.LEARNER_SCOPES)
        raise UnsoundApp(f"scope names at least one of what there is: {known}")
    metadata["scope"] = " ".join(granted)
    return metadata


def _text(said: Mapping[str, Any], name: str, longest: int) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise UnsoundApp(f"{name} is a text of 1 to {longest} characters.")
    if not value.isprintable():
        raise UnsoundApp(f"{name} has characters that cannot be shown.")
    return value.strip()


def _url(value: object, name: str) -> str:
    """An https address of a host with a name, without anything that would hide where it leads."""
    # What splits texts would make several addresses of one that was looked at as a whole.
    is_plain = isinstance(value, str) and value.isascii() and value.isprintable()
    if not isinstance(value, str) or not is_plain or len(value) > MAX_URL or " " in value:
        raise UnsoundApp(f"{name} is an address of at most {MAX_URL} ASCII characters.")
    try:
        parts = urlsplit(value)
        is_sound = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_sound = False
    if not is_sound or "@" in parts.netloc or parts.fragment or "\\" in value:
        raise UnsoundApp(f"{name} is an https address without user name and fragment.")
    return value


def _of(said: Mapping[str, Any], name: str, known: tuple[str, ...], usual: list[str]) -> list[str]:
    value = said.get(name, usual)
    if not isinstance(value, list) or not value or not all(each in known for each in value):
        raise UnsoundApp(f"{name} is a list of {' and '.join(known)}.")
    return value
