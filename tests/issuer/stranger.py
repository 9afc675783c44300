"""The world outside, on this machine: a name service and web servers with certificates."""

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PUBLIC = "203.0.114.7"
Answer = Callable[[ssl.SSLSocket], None]


class World:
    """Names and the addresses they stand for; what is served; and who was called."""

    def __init__(self, folder: Path) -> None:
        self.names: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.called: list[str] = []
        self.pages: dict[str, Answer] = {}
        self.authority, self._context = make_certificates(folder, "stranger.example")
        self._door = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def serve(self, url: str, content: bytes, *, status: str = "200 OK", headers: str = "") -> None:
        """Serve this content at an address, as a well-behaved server does."""

        def answer(line: ssl.SSLSocket) -> None:
            head = f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n{headers}\r\n"
            line.sendall(head.encode() + content)

        self.answer(url, answer)

    def answer(self, url: str, how: Answer) -> None:
        """Answer at an address in a way of one's own."""
        host, _, path = url.removeprefix("https://").partition("/")
        self.names.setdefault(host, [PUBLIC])
        self.pages[f"{host}/{path}"] = how

    def look_up(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        """What the name service says."""
        self.asked.append(host)
        if host not in self.names:
            raise socket.gaierror("unknown name")
        return [(0, 0, 0, "", (address, port)) for address in self.names[host]]

    def connect(self, address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        """Every public address is this machine's server."""
        self.called.append(address[0])
        connection = socket.socket()
        connection.connect(self._door.getsockname())
        return connection

    def close(self) -> None:
        """Nobody is at home any more."""
        self._door.close()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=[caller], daemon=True).start()

    def _answer(self, caller: socket.socket) -> None:
        with contextlib.suppress(OSError), self._context.wrap_socket(caller, True) as line:
            request = _read(line)
            if not request:  # somebody looked at the certificate only
                return
            path = request.split(" ")[1]
            host = next(
                text.partition(":")[2].strip()
                for text in request.splitlines()
                if text.lower().startswith("host:")
            )
            self.pages[host + path](line)


def _read(line: ssl.SSLSocket) -> str:
    """A request with its whole body: what is left unread would break the line."""
    request = line.recv(65536)
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    while length and len(body) < int(length[1]):
        body += line.recv(65536)
    return head.decode()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Replaces the network: names are looked up and connections go in here."""
    world = World(tmp_path)
    monkeypatch.setattr(socket, "getaddrinfo", world.look_up)
    monkeypatch.setattr(socket, "create_connection", world.connect)
    monkeypatch.setenv("SSL_CERT_FILE", str(world.authority))
    yield world
    world.close()


def make_certificates(folder: Path, host: str) -> tuple[Path, ssl.SSLContext]:
    """An authority, and a server context with a certificate of it for the host and its children."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host), x509.DNSName(f"*.{host}")]), False
        )
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    authority, private = folder / "authority.pem", folder / "private.pem"
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, private)
    return authority, context
