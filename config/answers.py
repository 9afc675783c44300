"""Around each answer of the REST API: nothing where it is known, and compressed on demand."""

import hashlib
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.text import compress_string
from rest_framework.permissions import SAFE_METHODS

from config import limits
from config.writes import API
from registrar.api import versions
from registrar.api.versions import ETAG

# Less than this fits into one packet anyway.
LEAST_COMPRESSED: Final = 1_000


class Answers:
    """Middleware: who has an answer already is told so, and long ones are compressed.

    There is nothing to learn from the length of a compressed answer (BREACH): no cookie opens the
    API, so that no stranger's page can make a browser ask it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        limits.tell(request, response)
        if not request.path.startswith(API) or response.streaming:
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        if request.method in SAFE_METHODS and response.status_code == 200:
            if ETAG not in response:
                response[ETAG] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
            if _is_known(request, response[ETAG]):
                return _not_modified(response)
        if len(response.content) >= LEAST_COMPRESSED and _takes_gzip(request):
            _compress(response)
        return response


def _is_known(request: HttpRequest, tag: str) -> bool:
    """The weak comparison: what differs in nothing that counts is known."""
    named = versions.named_in(request.headers.get("If-None-Match", ""))
    return bool({"*", tag.removeprefix("W/")} & {each.removeprefix("W/") for each in named})


def _not_modified(response: HttpResponse) -> HttpResponse:
    told = HttpResponseNotModified()
    for name in (ETAG, "Vary", "RateLimit", "RateLimit-Policy"):
        if name in response:
            told[name] = response[name]
    return told


def _takes_gzip(request: HttpRequest) -> bool:
    for each in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, _, weight = each.replace(" ", "").partition(";q=")
        if coding == "gzip":
            return weight.strip("0.") != "" if weight else True
    return False


def _compress(response: HttpResponse) -> None:
    response.content = compress_string(response.content)
    response["Content-Length"] = str(len(response.content))
    response["Content-Encoding"] = "gzip"
    if response.get(ETAG, "").endswith('"'):
        response[ETAG] = f'{response[ETAG][:-1]}{versions.COMPRESSED}"'
