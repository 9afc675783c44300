"""A network with a name service and two machines, to be run where nobody else is.

    unshare --map-root-user --mount --net python -m tests.issuer.network_of_its_own FOLDER

There the system's own resolver is told by a real name service that `rebinding.example` is a public
address, and, whenever it asks again, that it is this machine. What came of it is printed as JSON.
"""

import fcntl
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from issuer import fetch
from issuer.vc.errors import Unreachable
from tests.issuer.stranger import PUBLIC, make_certificates

NAME = "rebinding.example"
URL = f"https://{NAME}/did.json"
INSIDE = "127.0.0.1"
# linux/sockios.h and linux/if.h
_GET_FLAGS, _SET_FLAGS, _SET_ADDRESS, _UP = 0x8913, 0x8914, 0x8916, 1
_A = 1


def lay_lines() -> None:
    """Let this machine answer at its own address and at a public one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        asked = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(line, _GET_FLAGS, asked), 16)
        fcntl.ioctl(line, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _UP))
        address = socket.inet_aton(PUBLIC)
        told = struct.pack("16sHH4s8x", b"lo:1", socket.AF_INET, 0, address)
        fcntl.ioctl(line, _SET_ADDRESS, told)


class NameService:
    """Says once that the name is at the public address, and from then on that it is inside."""

    def __init__(self, folder: Path) -> None:
        self.asked = 0
        (folder / "resolv.conf").write_text(f"nameserver {INSIDE}\noptions timeout:1 attempts:1\n")
        mount = ["mount", "--bind", str(folder / "resolv.conf"), "/etc/resolv.conf"]
        subprocess.run(mount, check=True)
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._line.bind((INSIDE, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, asker = self._line.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            (kind,) = struct.unpack_from("!H", query, end - 4)
            answers = b""
            if kind == _A:
                self.asked += 1
                address = socket.inet_aton(PUBLIC if self.asked == 1 else INSIDE)
                # The name of the question, type A, class IN, to be kept for no second.
                answers = struct.pack("!HHHIH", 0xC00C, _A, 1, 0, 4) + address
            counts = (1, 1 if answers else 0, 0, 0)
            head = query[:2] + struct.pack("!HHHHH", 0x8180, *counts)
            self._line.sendto(head + query[12:end] + answers, asker)


class Machine:
    """A web server at one address, which says where it is and remembers who came."""

    def __init__(self, address: str, context: ssl.SSLContext) -> None:
        self.visits = 0
        self._address = address
        self._context = context
        self._door = socket.create_server((address, 443))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            caller, _ = self._door.accept()
            self.visits += 1
            caller.settimeout(2)
            try:
                with self._context.wrap_socket(caller, server_side=True) as line:
                    line.recv(65536)
                    said = self._address.encode()
                    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(said)}\r\n\r\n"
                    line.sendall(head.encode() + said)
            except OSError:  # who only knocked
                continue


def answer(question: Callable[[], Any]) -> str:
    """What comes of a question."""
    try:
        found = question()
    except Unreachable as error:
        return str(error)
    if isinstance(found, socket.socket):
        with found:
            return str(found.getpeername()[0])
    return bytes(found).decode()


def main(folder: Path) -> None:
    """Ask twice for a page, and twice for a line."""
    lay_lines()
    names = NameService(folder)
    authority, context = make_certificates(folder, NAME)
    os.environ["SSL_CERT_FILE"] = str(authority)
    public, inside = Machine(PUBLIC, context), Machine(INSIDE, context)
    said: dict[str, Any] = {}
    for what, question in (
        ("page", lambda: fetch.get(URL)),
        ("line", lambda: fetch.connect(NAME, 443, max_seconds=5, is_trusted=False)),
    ):
        names.asked = 0
        said[what] = [answer(question), names.asked, answer(question)]
    said["visits"] = [public.visits, inside.visits]
    print(json.dumps(said))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
