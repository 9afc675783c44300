"""Refuse what no text of ours can hold, before anything looks at the request."""

import base64
import binascii
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict

from config import problems
from config.rest import API
from skills.public.case.failures import Failure

NUL = "\0"


class RefuseNul:
    """Middleware that answers 400 to NUL in a query, a form or a client's name and secret.

    PostgreSQL stores no NUL, so that anything else would end in an error of its own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _has_nul(request.GET) or _has_nul_credentials(request):
            return _refusal(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        """Look at a form where it is about to be read, and not at what is sent elsewhere."""
        return _refusal(request) if _has_nul(request.POST) else None


class RefuseCompressed:
    """Middleware that answers 415 to systems whose bodies would have to be unpacked.

    A few bytes can hold gigabytes; what is written here is small.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding != "identity" and request.path.startswith(API):
            said = "Send the body as it is, not compressed."
            response = problems.answer(415, "compressed", said)
            response["Accept-Encoding"] = "identity"  # RFC 9110, section 12.5.3
            return response
        return self.get_response(request)


def _has_nul(values: QueryDict) -> bool:
    return any(NUL in text for name, texts in values.lists() for text in (name, *texts))


def _has_nul_credentials(request: HttpRequest) -> bool:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        return NUL.encode() in base64.b64decode(encoded)
    except (binascii.Error, ValueError):
        return False


def _refusal(request: HttpRequest) -> HttpResponse:
    said = "The request holds a NUL character. Leave it out."
    if request.path.startswith(API):
        return problems.answer(400, "nul_character", said)
    if request.path.startswith("/ims/"):
        return Failure(400, "invalid_data", said).answer()
    return HttpResponseBadRequest(said, content_type="text/plain")
