"""Answers to strangers: any origin may read what is published, and any cache keep it a while."""

import hashlib
import json
from collections.abc import Callable
from typing import IO, Any, Final

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers

# Seconds in which a new edition, or that something is retired, may go unseen.
FIVE_MINUTES: Final = 5 * 60


def document(
    request: HttpRequest, value: Any, *, content_type: str = "application/json"
) -> HttpResponse:
    """A published JSON document."""
    body = json.dumps(value, ensure_ascii=False)
    return _for_any_origin(_text(request, body, content_type))


def page(request: HttpRequest, body: str) -> HttpResponse:
    """A page, which is the same for everyone."""
    return _text(request, body, "text/html; charset=utf-8")


def file(
    request: HttpRequest,
    open_file: Callable[[], IO[bytes]],
    *,
    state: str,
    content_type: str,
    name: str = "",
) -> HttpResponseBase:
    """A published file; it is made only for those who have not the one of this state already."""
    etag = f'"{state}"'
    unchanged = get_conditional_response(request, etag, None, None)
    if unchanged is not None:
        return _for_any_origin(_published(unchanged, etag))
    response = FileResponse(
        open_file(), content_type=content_type, as_attachment=bool(name), filename=name
    )
    return _for_any_origin(_published(response, etag))


def preferred(request: HttpRequest, *json_types: str) -> str:
    """Which of these the client would rather have than a page; '' for the page."""
    found = request.get_preferred_type(["text/html", *json_types])
    return "" if found in (None, "text/html") else found


def varies(response: Any) -> Any:
    """The same address answers as a page or as JSON, by the Accept header."""
    patch_vary_headers(response, ["Accept"])
    return response


def _text(request: HttpRequest, body: str, content_type: str) -> HttpResponse:
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    response = _published(HttpResponse(body, content_type=content_type), etag)
    unchanged: HttpResponse | None = get_conditional_response(request, etag, None, response)
    return unchanged or response


def _published(response: Any, etag: str) -> Any:
    response["ETag"] = etag
    patch_cache_control(response, public=True, max_age=FIVE_MINUTES)
    return response


def _for_any_origin(response: Any) -> Any:
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "ETag, Link, X-Total-Count"
    return response
