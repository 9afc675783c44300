"""Answers to strangers: what may be cached by everyone, and what by nobody."""

import hashlib
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers

_SVG = "image/svg+xml"
CREDENTIAL_TYPES = ["application/vc", "application/vc+ld+json", "application/ld+json"]


def public(request: HttpRequest, body: str, *, content_type: str, max_age: int) -> HttpResponse:
    """Publish an artefact: any origin may read it, any cache keep it `max_age` seconds."""
    response = HttpResponse(body, content_type=content_type)
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    response["ETag"] = etag
    patch_cache_control(response, public=True, max_age=max_age)
    answer = get_conditional_response(request, etag, None, response) or response
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def image(svg: str | bytes) -> HttpResponse:
    """An SVG image that can do nothing but be looked at."""
    return _harmless(HttpResponse(svg, content_type=_SVG))


def public_image(request: HttpRequest, svg: str, *, max_age: int) -> HttpResponse:
    """Publish such an image."""
    response = _harmless(public(request, svg, content_type=_SVG, max_age=max_age))
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _harmless(response: HttpResponse) -> HttpResponse:
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def public_json(
    request: HttpRequest, document: dict[str, Any], *, content_type: str, max_age: int
) -> HttpResponse:
    """A published JSON document."""
    body = json.dumps(document, ensure_ascii=False)
    return public(request, body, content_type=content_type, max_age=max_age)


def kept_by_nobody(response: HttpResponse) -> HttpResponse:
    """No cache keeps a copy, neither the browser's nor any on the way."""
    response["Cache-Control"] = "no-store, private"
    return response


def for_the_holder_only(response: HttpResponse) -> HttpResponse:
    """Nobody keeps a copy, nobody learns the address from a link that is followed.

    Not for pages with a form: a browser that may not say where it comes from sends the form
    with the origin "null", which the check against forged requests refuses.
    """
    kept_by_nobody(response)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def wants(request: HttpRequest, *json_types: str) -> str | None:
    """The JSON type that the client prefers over a web page, or None for the page."""
    preferred = request.get_preferred_type(["text/html", *json_types, "application/json"])
    return None if preferred in (None, "text/html") else preferred


def varies(response: HttpResponse) -> HttpResponse:
    """The same address answers as a page or as JSON, by the Accept header."""
    patch_vary_headers(response, ["Accept"])
    return response
