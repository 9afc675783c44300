"""Which host is asked: one that stands in the request line counts, whatever `Host` says."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class RequestLine:
    """Middleware: `GET http://other.example/ HTTP/1.1` asks other.example, and so not us.

    Web servers pass on the path of such a line and leave the rest of it to be overlooked, and let
    requests in that name no host. RFC 9112, section 3.2: a server ignores `Host` beside a whole
    address, and refuses HTTP/1.1 without it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.META.get("RAW_URI", "")
        if asked and not asked.startswith("/"):
            request.META["HTTP_HOST"] = asked.partition("://")[2].partition("/")[0]
        elif asked and request.META["SERVER_PROTOCOL"] == "HTTP/1.1":
            request.META.setdefault("HTTP_HOST", "")  # which is no host of ours
        return self.get_response(request)
