"""The REST API's frame: tokens, scopes and pages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from rest_framework.exceptions import APIException, NotFound, ParseError
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS, BasePermission

if TYPE_CHECKING:
    from django.db.models import QuerySet
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


class Body(JSONParser):
    """The JSON that a request holds."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """What is nested too deeply to be read is no body that anything here takes."""
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


class TokenInAddress(APIException):
    """A token stands in the address, where proxies and browsers keep it."""

    status_code = 400
    default_code = "token_in_address"
    default_detail = (
        "Send the token in the header `Authorization: Bearer ...`, never in the address. "
        "This one may stand in logs by now: throw it away and ask for another."
    )


class BadCursor(APIException):
    """The cursor was not made by this list."""

    status_code = 400
    default_code = "bad_cursor"
    default_detail = (
        "This cursor does not belong to this list. Follow `next` and `previous` as they are "
        "given, or begin again without a cursor."
    )


class BadLimit(APIException):
    """The limit is no number of rows that a page can have."""

    status_code = 400
    default_code = "bad_limit"


class UnknownParameter(APIException):
    """The list is asked for in a way that it does not know."""

    status_code = 400
    default_code = "unknown_parameter"


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
        return super().authenticate(request._request)


def scopes_of(view: object, method: str | None) -> list[str]:
    """What a token needs for this method: where a view reads and writes it says both."""
    needed: list[str] = getattr(view, "scopes", [])
    writes: list[str] = getattr(view, "write_scopes", needed)
    return needed if method in SAFE_METHODS else writes


class HasScope(BasePermission):
    """The token carries every scope that the view declares; a view without `scopes` is shut."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may enter."""
        # What is not offered at all is told of to whoever may read.
        offered = hasattr(view, (request.method or "").lower())
        scopes = scopes_of(view, request.method if offered else "GET")
        token: AbstractAccessToken | None = request.auth
        if not scopes or token is None:
            return False
        if missing := [scope for scope in scopes if not token.allow_scopes([scope])]:
            self.message = f"The token lacks the scope {', '.join(missing)}."
        return token.is_valid(scopes)


class Pages(CursorPagination):
    """Pages by cursor, in the order of the primary key: no row is lost while others come in."""

    ordering = "pk"
    page_size_query_param = "limit"
    max_page_size = 1000
    cursor_query_description = "Where to go on: taken from `next` or `previous` of another page"
    page_size_query_description = "How many rows to answer with"

    def paginate_queryset(
        self,
        queryset: QuerySet[Any] | Sequence[Any],
        request: Request,
        view: APIView | None = None,
    ) -> list[Any] | None:
        """One page; a cursor that somebody bent leads nowhere.

        Parameters that are not known are refused: who asks for `state=revoked` must not be given
        all rows instead. Beside its own, a list knows those that its view names in `parameters`.
        """
        known = [self.cursor_query_param, self.page_size_query_param]
        known += getattr(view, "parameters", ())
        if unknown := sorted(set(request.query_params) - set(known)):
            raise UnknownParameter(
                f"This list takes {' and '.join(f'`{name}`' for name in known)} only, "
                f"not {', '.join(f'`{name}`' for name in unknown)}."
            )
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValidationError, ValueError) as error:
            raise BadCursor from error

    def get_page_size(self, request: Request) -> int | None:
        """How many rows the client asks for."""
        limit = request.query_params.get("limit")
        if limit is None:
            return self.page_size
        is_short = limit.isascii() and limit.isdigit() and len(limit) < 10
        if not (is_short and 1 <= int(limit) <= self.max_page_size):
            raise BadLimit(f"`limit` must be a number from 1 to {self.max_page_size}.")
        return int(limit)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """The parameters with their bounds."""
        parameters = super().get_schema_operation_parameters(view)
        bounds = {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        parameters[-1]["schema"] |= bounds
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A page, as OpenAPI 3.1 says it."""
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": address | {"description": "The next page; null on the last one"},
                "previous": address | {"description": "The page before; null on the first one"},
                "results": schema,
            },
        }


class NeverStored:
    """Middleware: nobody on the way keeps what the API says; each answer has an id to ask about."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(API):
            response["Cache-Control"] = "no-store"
            said = request.headers.get(REQUEST_ID, "")
            response[REQUEST_ID] = said if _REQUEST_ID.fullmatch(said) else str(uuid.uuid4())
        return response
