"""The only door to a stranger's link: https, public addresses, caps on size and time."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpcore

from issuer.vc.errors import Unreachable

MAX_BYTES = 1024 * 1024
MAX_SECONDS = 5
HTTPS_PORT = 443

_HEADERS: dict[str | bytes, str | bytes] = {
    "Accept": (
        "application/vc, application/did+json, application/ld+json, application/json, "
        "application/statuslist+jwt"
    ),
    # What is packed can unpack to more than was asked for.
    "Accept-Encoding": "identity",
    "User-Agent": "credential-verifier",
}
# The part of IPv6 that is given out to machines; translated IPv4 addresses lie outside of it ...
_IPV6 = ipaddress.ip_network("2000::/3")
# ... but for 6to4 (RFC 3056) and Teredo (RFC 4380), which lead to IPv4 addresses unseen.
_HIDING = tuple(map(ipaddress.ip_network, ("2002::/16", "2001::/32")))


def get(url: str) -> bytes:
    """Return what a stranger serves at an address.

    Only https on its own port, without user name, to a machine all of whose addresses are
    public; the connection goes to an address that was looked at, so that a second answer of the
    name service changes nothing. Redirects are not followed, nothing is unpacked, at most
    MAX_BYTES are read, and MAX_SECONDS is all the time it takes.

    Raises Unreachable for whatever else happens.
    """
    _require_acceptable(url)
    network = _CheckedNetwork(_Deadline(MAX_SECONDS))
    try:
        with (
            httpcore.ConnectionPool(
                ssl_context=ssl.create_default_context(), network_backend=network
            ) as pool,
            pool.stream("GET", url, headers=_HEADERS) as response,
        ):
            return _read(response)
    except (
        OSError,
        httpcore.ProtocolError,
        httpcore.NetworkError,
        httpcore.TimeoutException,
    ):
        # The reason is the stranger's or our network's business, not the reader's.
        raise Unreachable(f"{url} could not be fetched.") from None


def _require_acceptable(url: str) -> None:
    parts = _split(url)
    if (
        not url.isascii()
        or not url.isprintable()
        or " " in url
        or parts.scheme != "https"
        or not parts.hostname
        or "@" in parts.netloc
        or _port(parts) not in (None, HTTPS_PORT)
    ):
        raise Unreachable(f"{url} is not an https address that is followed from here.")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise Unreachable(f"{url} is not an address.") from None


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        return -1


def _read(response: httpcore.Response) -> bytes:
    headers = {name.lower(): value for name, value in response.headers}
    if response.status != 200 or headers.get(b"content-encoding", b"identity") != b"identity":
        raise Unreachable(f"The answer was not a document (status {response.status}).")
    content = bytearray()
    for part in response.iter_stream():
        content += part
        if len(content) > MAX_BYTES:
            raise Unreachable(f"The answer has more than {MAX_BYTES} bytes.")
    return bytes(content)


class _Deadline:
    """The moment at which patience ends, however slowly a stranger drips its bytes."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise Unreachable("The answer took too long.")
        return left


class _CheckedNetwork(httpcore.NetworkBackend):
    """Connects to addresses that were looked at, and to nothing else."""

    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _look_up(host, self._deadline)
        for number, address in enumerate(addresses, 1):
            try:
                stream = self._sockets.connect_tcp(address, port, self._deadline.left())
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
            else:
                return _TimedStream(stream, self._deadline)
        raise Unreachable(f"{host} has no address.")


class _TimedStream(httpcore.NetworkStream):
    """A connection on which every wait ends at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _look_up(host: str, deadline: _Deadline) -> list[str]:
    """The addresses of a name, all of them public; raises Unreachable."""
    answer: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    # The system's name service knows no time limit, so it is asked on a thread that may be left.
    threading.Thread(target=lambda: answer.put(_ask(host)), daemon=True).start()
    try:
        addresses = answer.get(timeout=deadline.left())
    except queue.Empty:
        addresses = []
    if not addresses or not all(map(_is_public, addresses)):
        raise Unreachable(f"{host} is not found at public addresses only.")
    return addresses


def _ask(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, HTTPS_PORT, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _is_public(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.version == 6 and (
        address not in _IPV6 or any(address in network for network in _HIDING)
    ):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
