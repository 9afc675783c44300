"""A body is there whole, or it is refused: what broke off on the way is not taken for all of it."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import ParseError

from config import problems
from skills.public.case.failures import Failure


class CutOff(ParseError, BadRequest):
    """The body ends before its Content-Length says. Send it again."""

    default_detail = "The body ends before its Content-Length says. Send it again."
    default_code = "cut_off"


class WholeBodies:
    """Middleware: 400 where a body ends too early, 411 where nothing says how long it is.

    A list of rows that broke off behind a line would look like a shorter list, and what comes in
    chunks without a length like no body at all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "Transfer-Encoding" in request.headers:
            said = "Send the body with its Content-Length, not in chunks."
            if request.path.startswith("/ims/"):
                return Failure(411, "invalid_data", said).answer()
            return problems.answer(411, "length_required", said)
        if length := int(request.META.get("CONTENT_LENGTH") or 0):
            # The stream of Django itself, which does not tell of an end that came too early.
            request._stream = _Counted(request._stream, length)  # type: ignore[assignment]
        return self.get_response(request)


class _Counted:
    """A stream that must have so many bytes."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes. Raises CutOff where there are fewer than there should be."""
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        return self._demand(self._stream.read(wanted), wanted)

    def readline(self, size: int | None = -1) -> bytes:
        """The next line. Raises CutOff as `read` does."""
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        line = self._stream.readline(wanted)
        return self._demand(line, len(line) if line.endswith(b"\n") else wanted)

    def close(self) -> None:
        """Read no more."""
        self._stream.close()

    def _demand(self, part: bytes, wanted: int) -> bytes:
        self._left -= len(part)
        if len(part) < wanted:
            raise CutOff
        return part
