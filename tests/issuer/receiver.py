"""A receiver of webhooks on this machine: keeps what comes, answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Message(NamedTuple):
    """What came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        """What it says."""
        told: dict[str, Any] = json.loads(self.body)
        return told


class Receiver:
    """Keeps messages, and answers with `status`, `headers` and `content`."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self.content = b""
        self.before: Callable[[], None] = lambda: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks"
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    @property
    def types(self) -> list[str]:
        """What it was told of, in the order of arrival."""
        return [each.told["type"] for each in self.messages]

    def close(self) -> None:
        """Nobody is at home any more."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.messages.append(Message(self.path, headers, body))
                receiver.before()
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.content)))
                self.end_headers()
                self.wfile.write(receiver.content)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


@contextmanager
def open_receiver() -> Iterator[Receiver]:
    """A receiver for as long as a test takes."""
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()
