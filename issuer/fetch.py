"""The only door to other machines: https, public addresses, caps on size and time."""

from __future__ import annotations

import ipaddress
import os
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpcore

from issuer.vc.errors import Unreachable

MAX_BYTES = 1024 * 1024
MAX_SECONDS = 5
HTTPS_PORT = 443

_HEADERS = {
    "Accept": (
        "application/vc, application/did+json, application/ld+json, application/json, "
        "application/statuslist+jwt"
    ),
    "User-Agent": "credential-verifier",
}
# What is packed can unpack to more than was asked for.
_ALWAYS = {"Accept-Encoding": "identity"}
# The part of IPv6 that is given out to machines; translated IPv4 addresses lie outside of it ...
_IPV6 = ipaddress.ip_network("2000::/3")
# ... but for 6to4 (RFC 3056) and Teredo (RFC 4380), which lead to IPv4 addresses unseen.
_HIDING = tuple(map(ipaddress.ip_network, ("2002::/16", "2001::/32")))

# The last part of an IPv4 address in any of its old spellings (127.1, 0x7f000001), not of a name.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Names that each network has for itself: RFC 6761, RFC 6762, and what ICANN has set aside.
_AT_HOME = ("localhost", "local", "internal")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; the names of its headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def get(url: str) -> bytes:
    """Return what a stranger serves at an address.

    Only https on its own port, without user name, to a machine all of whose addresses are
    public; the connection goes to an address that was looked at, so that a second answer of the
    name service changes nothing. Redirects are not followed, nothing is unpacked, at most
    MAX_BYTES are read, and MAX_SECONDS is all the time it takes.

    Raises Unreachable for whatever else happens.
    """
    answer = ask(url, headers=_HEADERS, max_bytes=MAX_BYTES, max_seconds=MAX_SECONDS)
    if answer.status != 200:
        raise Unreachable(f"The answer was not a document (status {answer.status}).")
    return answer.content


def ask(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str],
    content: bytes = b"",
    max_bytes: int,
    max_seconds: float,
    trusted: Collection[str] = (),
    is_cut: bool = False,
) -> Answer:
    """Return what a server answers to one request, whatever its status, within the same bounds.

    `trusted` are the origins (https://host:port) that the operator has named: to them it may also
    be another port, a private address, or plain http if they are named so. With `is_cut` the status
    is what counts: more content than that, or content that is packed, is left where it is. Raises
    Unreachable.
    """
    require_acceptable(url, trusted=trusted)
    is_trusted = _origin(url) in trusted
    network = _CheckedNetwork(_Deadline(max_seconds), is_trusted=is_trusted)
    sent = list({**_ALWAYS, **headers}.items())
    try:
        with (
            httpcore.ConnectionPool(
                ssl_context=_trust(os.environ.get("SSL_CERT_FILE")), network_backend=network
            ) as pool,
            pool.stream(method, url, headers=sent, content=content or None) as response,
        ):
            return _read(response, max_bytes, is_cut=is_cut)
    except (
        OSError,
        httpcore.ProtocolError,
        httpcore.NetworkError,
        httpcore.TimeoutException,
    ):
        # The reason is the stranger's or our network's business, not the reader's.
        raise Unreachable(f"{url} could not be fetched.") from None


def connect(host: str, port: int, *, max_seconds: float, is_trusted: bool) -> socket.socket:
    """Return a connection to a machine for what is not the web, to an address that was looked at.

    One that the operator has not named has to be public. Raises Unreachable.
    """
    deadline = _Deadline(max_seconds)
    for address in _acceptable_addresses(host, port, deadline, is_trusted=is_trusted):
        try:
            return socket.create_connection((address, port), deadline.left())
        except OSError:
            continue
    raise Unreachable(f"{host} does not answer at port {port}.")


@cache
def _trust(certificates: str | None) -> ssl.SSLContext:
    """Whom this process believes; read once, as it takes longer than most calls."""
    return ssl.create_default_context(cafile=certificates)


def require_acceptable(url: str, *, trusted: Collection[str] = ()) -> None:
    """Raise Unreachable for an address that would not even be looked up."""
    parts = _split(url)
    is_trusted = _origin(url) in trusted
    if (
        not url.isascii()
        or not url.isprintable()
        or " " in url
        or not parts.hostname
        or "@" in parts.netloc
        or not (is_trusted or _may_be_public(parts))
    ):
        raise Unreachable(f"{url} is not an https address that is followed from here.")


def is_private(host: str) -> bool:
    """Whether it is a number or a name of a network's own; of other names nothing is known yet."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return not _may_be_public_name(host)
    return not _is_public(host)


def _may_be_public(parts: SplitResult) -> bool:
    is_https = parts.scheme == "https" and _port(parts) in (None, HTTPS_PORT)
    return is_https and not is_private(parts.hostname or "")


def _may_be_public_name(host: str) -> bool:
    """What a name stands for is looked up, if it can be one that all the world asks for."""
    names = host.removesuffix(".").split(".")
    last = names[-1]
    return len(names) > 1 and not _NUMBER.fullmatch(last) and last not in _AT_HOME


def _origin(url: str) -> str:
    parts = _split(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


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


def _read(response: httpcore.Response, max_bytes: int, *, is_cut: bool) -> Answer:
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if headers.get("content-encoding", "identity") != "identity":
        if is_cut:
            return Answer(response.status, headers, b"")
        raise Unreachable("The answer is packed, though it was not to be.")
    content = bytearray()
    for part in response.iter_stream():
        content += part
        if len(content) > max_bytes and is_cut:
            return Answer(response.status, headers, bytes(content[:max_bytes]))
        if len(content) > max_bytes:
            raise Unreachable(f"The answer has more than {max_bytes} bytes.")
    return Answer(response.status, headers, bytes(content))


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

    def __init__(self, deadline: _Deadline, *, is_trusted: bool) -> None:
        self._deadline = deadline
        self._is_trusted = is_trusted
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _acceptable_addresses(host, port, self._deadline, is_trusted=self._is_trusted)
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


def _acceptable_addresses(
    host: str, port: int, deadline: _Deadline, *, is_trusted: bool
) -> list[str]:
    """The addresses of a name, all of them public unless it is trusted; raises Unreachable."""
    addresses = _look_up(host, port, deadline)
    if not is_trusted and not all(map(_is_public, addresses)):
        raise Unreachable(f"{host} is not found at public addresses only.")
    return addresses


def _look_up(host: str, port: int, deadline: _Deadline) -> list[str]:
    """The addresses of a name; raises Unreachable."""
    answer: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    # The system's name service knows no time limit, so it is asked on a thread that may be left.
    threading.Thread(target=lambda: answer.put(_addresses(host, port)), daemon=True).start()
    try:
        addresses = answer.get(timeout=deadline.left())
    except queue.Empty:
        addresses = []
    if not addresses:
        raise Unreachable(f"{host} is not found.")
    return addresses


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
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
