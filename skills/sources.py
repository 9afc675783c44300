"""Fetch a framework from an address that an operator gave, within bounds of size and time."""

import json
import time
from typing import Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore

from skills.errors import SourceUnreachable

MAX_BYTES: Final = 64 << 20
MAX_SECONDS: Final = 120
MAX_REDIRECTS: Final = 5
# For one connection, and for one wait for bytes.
_PATIENCE: Final = 20
_HEADERS: Final[dict[str | bytes, str | bytes]] = {
    "Accept": "application/json, application/ld+json;q=0.9, text/csv;q=0.9, */*;q=0.5",
    # What is packed can unpack to more than was asked for.
    "Accept-Encoding": "identity",
    "User-Agent": "framework-importer",
}
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FAILURES: Final = (
    OSError,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
)


def fetch(address: str) -> bytes:
    """What is served at the address: a file, or a CASE service's package.

    Of a CASE service the address of a package, of its document, or of the service itself will
    do, if it has one framework. To be called for operators only: it reaches whatever the server
    reaches, over https, or http on this machine.

    Raises SourceUnreachable.
    """
    data = _get(address, end := time.monotonic() + MAX_SECONDS)
    package = _package_address(address, data)
    return data if package is None else _get(package, end)


def _package_address(address: str, data: bytes) -> str | None:
    """Where the whole package is, if the answer is a CASE service's document or list of them."""
    if b"CFPackageURI" not in data or b"CFItems" in data:
        return None
    answer = _parsed(data)
    documents = answer.get("CFDocuments", [answer]) if isinstance(answer, dict) else []
    links = [each.get("CFPackageURI") for each in documents if isinstance(each, dict)]
    found = [_link(address, link) for link in links if link]
    if len(found) > 1:
        raise SourceUnreachable(
            f"{address} has {len(found)} frameworks. Give the address of one: {', '.join(found)}."
        )
    return found[0] if found else None


def _link(address: str, link: Any) -> str:
    uri = link.get("uri") if isinstance(link, dict) else link
    return led_on(address, str(uri))


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _get(address: str, end: float) -> bytes:
    with httpcore.ConnectionPool() as pool:
        for _ in range(MAX_REDIRECTS + 1):
            _demand_acceptable(address)
            try:
                with pool.stream(
                    "GET",
                    address,
                    headers=_HEADERS,
                    extensions={"timeout": dict.fromkeys(("connect", "read", "write"), _PATIENCE)},
                ) as response:
                    onward = _onward(address, response)
                    if onward is None:
                        return _read(address, response, end)
            except _FAILURES as error:
                raise SourceUnreachable(f"{address} could not be fetched: {error}.") from error
            address = onward
    raise SourceUnreachable(f"{address} leads on more than {MAX_REDIRECTS} times.")


def _onward(address: str, response: httpcore.Response) -> str | None:
    headers = {name.lower(): value for name, value in response.headers}
    if response.status not in (301, 302, 303, 307, 308) or b"location" not in headers:
        return None
    return led_on(address, headers[b"location"].decode("latin-1"))


def led_on(address: str, onward: str) -> str:
    """Where an address leads on to. From elsewhere nothing may lead to this machine.

    Raises SourceUnreachable.
    """
    try:
        found = urljoin(address, onward)
    except ValueError as error:
        raise SourceUnreachable(f"{address} leads on to {onward[:200]}, no address.") from error
    if _split(found).hostname in _LOCAL and _split(address).hostname not in _LOCAL:
        raise SourceUnreachable(
            f"{address} leads on to {found}, on this machine. Name it yourself."
        )
    return found


def _read(address: str, response: httpcore.Response, end: float) -> bytes:
    if response.status != 200:
        raise SourceUnreachable(f"{address} answers with status {response.status}.")
    content = bytearray()
    for part in response.iter_stream():
        content += part
        if len(content) > MAX_BYTES:
            raise SourceUnreachable(f"{address} has more than {MAX_BYTES >> 20} MiB.")
        if time.monotonic() > end:
            raise SourceUnreachable(f"{address} takes longer than {MAX_SECONDS} seconds.")
    return bytes(content)


def _demand_acceptable(address: str) -> None:
    parts = _split(address)
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
    if not is_secure or not parts.hostname or not address.isascii() or "@" in parts.netloc:
        raise SourceUnreachable(
            f"{address} is no address that is fetched from here: it must begin with https://, "
            "and hold neither a user name nor spaces."
        )


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise SourceUnreachable(f"{address} is no address.") from error
    if not address.isprintable() or " " in address:
        raise SourceUnreachable(f"{address} is no address.")
    return parts
