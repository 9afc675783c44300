"""The REST API's frame: tokens, scopes and bodies."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from oauth2_provider.scopes import get_scopes_backend
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    ErrorDetail,
    NotAuthenticated,
    ParseError,
    PermissionDenied,
    ValidationError,
)
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS, BasePermission

from issuer import bodies
from issuer.vc.errors import MalformedJson, VcError
from issuer.vc.json_text import parse_json
from skills.readers import texts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from oauth2_provider.models import AbstractAccessToken
    from rest_framework.request import Request
    from rest_framework.views import APIView

# All that systems call with a token lies below these.
API = ("/api/", "/vc-api/")
REQUEST_ID = "X-Request-Id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class TooLarge(APIException):
    """The body is larger than what is read at once."""

    status_code = 413
    default_code = "too_large"
    default_detail = f"The body has more than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes."


class Body(BaseParser):
    """The JSON object that a request holds; texts are kept in Unicode's composed form (NFC)."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """An object that every reader understands alike, without characters that nobody sees."""
        bodies.demand_utf8(media_type)
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        content = stream.read(most + 1)
        if len(content) > most:
            raise TooLarge
        try:
            said = parse_json(content, max_bytes=most)
        except VcError as error:
            code = ParseError.default_code if type(error) is MalformedJson else error.code
            raise ParseError(str(error), code) from error
        if wrong := _unseen(said):
            raise ValidationError(wrong)
        return said if content.isascii() and b"\\u" not in content else _composed(said)


def _unseen(value: Any) -> Any:
    """Where a text or a name holds a character that has no place in one, by the way to it."""
    if isinstance(value, str):
        if (found := texts.refused(value)) is None:
            return None
        said = f"It holds a character that nobody sees (U+{ord(found):04X}). Leave it out."
        return [ErrorDetail(said, code="control_character")]
    if isinstance(value, list):
        items: Any = enumerate(value)
    elif isinstance(value, dict):
        items = value.items()
    else:
        return None
    found_below = {name: _unseen(str(name)) or _unseen(each) for name, each in items}
    return {name: flaw for name, flaw in found_below.items() if flaw}


def _composed(value: Any) -> Any:
    """The same, with its texts in the form in which one letter is one text."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_composed(each) for each in value]
    if isinstance(value, dict):
        return {name: _composed(each) for name, each in value.items()}
    return value


class TokenInAddress(APIException):
    """A token stands in the address, where proxies and browsers keep it."""

    status_code = 400
    default_code = "token_in_address"
    default_detail = (
        "Send the token in the header `Authorization: Bearer ...`, never in the address. "
        "This one may stand in logs by now: throw it away and ask for another."
    )


class BearerToken(OAuth2Authentication):
    """A token in the Authorization header. RFC 6750 section 2.3 advises against the address."""

    def authenticate(self, request: Request) -> tuple[Any, AbstractAccessToken] | None:
        """Whose token it is; None without one that holds."""
        if "access_token" in request.query_params:
            raise TokenInAddress
        # Without the header the library would look for a token in the body.
        if "Authorization" not in request.headers:
            return None
        # Given the plain request, the library leaves the body alone: who asks comes before what.
        found = super().authenticate(request._request)
        if not request.headers["Authorization"].lower().startswith("bearer"):
            request._request.oauth2_error = {}  # type: ignore[attr-defined]  # no token was sent
        return found

    def authenticate_header(self, request: Request) -> str:
        """What is wrong, and where to read how to get a token (RFC 9728, section 5.1)."""
        return challenge(getattr(request, "oauth2_error", {}))


def challenge(error: Mapping[str, Any]) -> str:
    """A `WWW-Authenticate` of RFC 6750, section 3; without an error no token was sent at all."""
    where = f"{settings.BASE_URL}/.well-known/oauth-protected-resource"
    said = {"realm": BearerToken.www_authenticate_realm, **error, "resource_metadata": where}
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in said.items())


class InvalidToken(AuthenticationFailed):
    """The token that was sent opens nothing: RFC 6750, section 3.1."""

    default_code = "invalid_token"


def _without_a_token(error: Mapping[str, Any]) -> APIException:
    """What is said where no token holds; `error` is of one that was sent."""
    if error:
        return InvalidToken(f"{error['error_description']} Ask for another.")
    return NotAuthenticated(
        "There is no token. Send one in the header `Authorization: Bearer ...`; "
        "/.well-known/oauth-authorization-server says where they come from."
    )


class InsufficientScope(PermissionDenied):
    """The token lacks scopes that are needed: RFC 6750, section 3.1."""

    default_code = "insufficient_scope"

    def __init__(self, missing: Sequence[str], needed: Sequence[str], granted: Sequence[str]):
        said = f"The token lacks the scope {', '.join(missing)}."
        if beyond := [scope for scope in missing if scope not in granted]:
            said += (
                f" The client was not granted {', '.join(beyond)}: ask an administrator to grant "
                "it, then for a token with it."
            )
        else:
            said += " Ask for a token with it: the client may have it."
        super().__init__(said)
        # DRF sends it along.
        self.auth_header = challenge(
            {"error": self.default_code, "error_description": said, "scope": " ".join(needed)}
        )


def scopes_of(view: object, method: str | None) -> list[str]:
    """What a token needs for this method: where a view reads and writes it says both.

    A write takes the scopes to read as well, since it is answered with what is on record; but not
    by `write_only` methods, whose answers hold nothing of that but ids.
    """
    reads: list[str] = getattr(view, "scopes", [])
    if method in SAFE_METHODS:
        return reads
    writes: list[str] = getattr(view, "write_scopes", reads)
    if method in getattr(view, "write_only", ()):
        return writes
    return [*dict.fromkeys([*reads, *writes])]


class HasScope(BasePermission):
    """The token carries every scope that the view declares; a view without `scopes` is shut."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may enter."""
        # What is not offered at all is told of to whoever may read.
        offered = hasattr(view, (request.method or "").lower())
        scopes = scopes_of(view, request.method if offered else "GET")
        token: AbstractAccessToken | None = request.auth
        if token is None:
            raise _without_a_token(getattr(request, "oauth2_error", {}))
        if not scopes:
            return False
        if missing := [scope for scope in scopes if not token.allow_scopes([scope])]:
            granted = get_scopes_backend().get_available_scopes(application=token.application)
            raise InsufficientScope(missing, scopes, granted)
        return token.is_valid(scopes)


class NeverStored:
    """Middleware: nobody on the way keeps what the API says; each answer has an id to ask about."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(API):
            response["Cache-Control"] = "no-store"
            if "Allow" in response:  # OPTIONS, which the library always names, is not offered
                offered = response["Allow"].split(", ")
                response["Allow"] = ", ".join(each for each in offered if each != "OPTIONS")
            said = request.headers.get(REQUEST_ID, "")
            response[REQUEST_ID] = said if _REQUEST_ID.fullmatch(said) else str(uuid.uuid4())
        return response
