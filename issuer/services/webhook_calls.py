"""One call at a receiver of webhooks: to checked addresses, without redirects, within bounds."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from issuer import fetch
from issuer.errors import BadReceiver
from issuer.vc.errors import Unreachable

# Standard Webhooks 1.0, "Request timeouts": from 15 to 30 seconds.
MAX_SECONDS: Final = 15
# Of an answer only the status counts; what is longer is cut off.
MAX_BYTES: Final = 16 * 1024
# Of a refusal so much is kept, for who looks for its reason.
MAX_SAID: Final = 500
# What an address of a receiver looks like; http and ports are for origins that may be called so.
ADDRESS: Final = r"^https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?([/?][!-~]*)?$"
NO_ANSWER: Final = "No answer: it is not found at a public address, refuses, or takes too long."

_NO_ADDRESS: Final = "This is no https address. Send one such as https://sis.example.edu/hooks."
_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Call:
    """What is sent, and where to."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What became of a call; `status` is None where no answer came."""

    status: int | None
    milliseconds: int
    said: str = ""
    retry_after: int | None = None

    @property
    def is_good(self) -> bool:
        """Standard Webhooks 1.0: any 2xx is, and nothing else, redirects neither."""
        return self.status is not None and 200 <= self.status < 300


def check(url: str) -> None:
    """Raise BadReceiver for an address that would never be called. Names are not looked up yet."""
    try:
        fetch.require_acceptable(url, trusted=_trusted(url))
    except Unreachable:
        raise BadReceiver(_why_never(url)) from None
    if not _is_plain(url):
        raise BadReceiver(_NO_ADDRESS)


def _why_never(url: str) -> str:
    """What is wrong with an address that is never called, and what to do."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return _NO_ADDRESS
    if parts.hostname and "@" in parts.netloc:
        return "No address with a user name is called. Leave it out: messages are signed instead."
    if not _is_plain(url):
        return _NO_ADDRESS
    if parts.hostname in _THIS_MACHINE or fetch.is_private(parts.hostname or ""):
        why = "It leads to this machine (localhost) or into a private network."
    elif parts.scheme == "http":
        why = "It is http, and events are sent over https."
    else:
        why = f"It names the port {port}, and events are sent to port 443."
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    return (
        f"{why} Choose another, or have whoever runs the service name {origin} in the setting "
        "WEBHOOK_ORIGINS."
    )


def _is_plain(url: str) -> bool:
    return re.fullmatch(ADDRESS, url) is not None


def make(call: Call) -> Answer:
    """Send a message, and tell what was answered, however bad it is."""
    begun = time.monotonic()
    try:
        answer = fetch.ask(
            call.url,
            method="POST",
            headers=call.headers,
            content=call.body,
            max_bytes=MAX_BYTES,
            max_seconds=MAX_SECONDS,
            trusted=_trusted(call.url),
            is_cut=True,
        )
    except Unreachable:
        return Answer(None, _since(begun), NO_ANSWER)
    is_good = 200 <= answer.status < 300
    return Answer(
        answer.status,
        _since(begun),
        "" if is_good else _text(answer.content),
        _seconds(answer.headers.get("retry-after", "")),
    )


def _trusted(url: str) -> list[str]:
    """Origins that may be http or private: those named by the operator, on a laptop itself."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    is_laptop = urlsplit(settings.BASE_URL).hostname == "localhost"
    own = is_laptop and parts.scheme in ("http", "https") and parts.hostname in _THIS_MACHINE
    return [
        *settings.WEBHOOK_ORIGINS,
        *([f"{parts.scheme}://{parts.netloc}".lower()] if own else []),
    ]


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


def _text(content: bytes) -> str:
    said = content.decode(errors="replace")
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:MAX_SAID]


def _seconds(retry_after: str) -> int | None:
    """RFC 9110, section 10.2.3: of its two forms the number; a date is left aside."""
    is_number = retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 7
    return int(retry_after) if is_number else None
