"""What comes by the network is not always what HTTP libraries send: the real web server is asked.

Each request is written by hand, and nothing comes of one that is not whole.
"""

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from oauth2_provider.models import AccessToken

from registrar.models import Learner
from registrar.services.college import api_clients
from tests.cast import signed_in
from tests.web_server import served

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

ROWS = "/api/v1/learners?source=banner"
LINE = b'{"sourced_id": "a", "given_name": "A"}\n'
SHEET = b"sourced_id,given_name\na,A\n"
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="template"\r\n\r\nwelding\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nnumber\r\n'
)
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(root: User, tmp_path: Path) -> Iterator[Ask]:
    """Sends a head and a body as they are, and closes; gives the status, and what was said."""
    application, _ = api_clients.add("Everything", by=root, scopes=settings.ALL_SCOPES)
    token = signed_in(application)._credentials["HTTP_AUTHORIZATION"]
    AccessToken.objects.update(scope=" ".join(settings.ALL_SCOPES))
    with served(tmp_path) as port:

        def send(head: str, body: bytes = b"", *, is_open: bool = False) -> tuple[int, Any]:
            request, _, headers = head.partition("\n")
            lines = [f"{request} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: {token}"]
            lines += [*headers.splitlines(), "Connection: close", "", ""]
            with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
                line.sendall("\r\n".join(lines).encode() + body)
                if not is_open:
                    line.shutdown(socket.SHUT_WR)
                return _read(line)

        yield send


def _read(line: socket.socket) -> tuple[int, Any]:
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while part := line.recv(1 << 16):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    try:
        said = json.loads(body)
    except ValueError:
        said = body.decode()
    return int(head.split()[1]), said


def test_what_is_not_whole_or_not_http_is_refused_and_nothing_comes_of_it(ask: Ask) -> None:
    for media_type, body in (
        ("application/x-ndjson", LINE),
        ("text/csv", SHEET),
        ("application/json", b"[" + LINE + b"]"),
    ):
        _is_cut_off(ask, f"POST {ROWS}\nContent-Type: {media_type}", body)
    in_form = "Content-Type: multipart/form-data; boundary=x"
    _is_cut_off(ask, f"POST /api/v1/award-files\n{in_form}", FORM)
    _is_cut_off(ask, f"POST {ROWS}\nContent-Type: text/csv\nIdempotency-Key: k", SHEET)
    _is_cut_off(ask, "POST /vc-api/credentials/verify\nContent-Type: application/json", b"{}")
    _is_cut_off(ask, "PATCH /api/v1/learners/1\nContent-Type: application/json", b"{}", 404)
    _is_cut_off(ask, "POST /oauth/token\nContent-Type: application/x-www-form-urlencoded", b"a=b")
    _ends_before_it_is_over(ask)
    _lengths_that_are_none(ask)
    _other_heads(ask)
    assert not Learner.objects.exists()


def _is_cut_off(ask: Ask, head: str, body: bytes, *others: int) -> None:
    """The body ends before its length says; each of these is its end as well."""
    status, said = ask(f"{head}\nContent-Length: {len(body) + 20}", body)
    is_told = status == 400 and (isinstance(said, str) or said["code"] == "cut_off")
    assert is_told or status in others, (head, status, said)


def _ends_before_it_is_over(ask: Ask) -> None:
    status, said = ask(
        f"POST {ROWS}\nContent-Type: application/json\nContent-Length: 9", b"[" + LINE
    )
    assert (status, said["code"]) == (400, "parse_error")


def _lengths_that_are_none(ask: Ask) -> None:
    head = f"POST {ROWS}\nContent-Type: application/x-ndjson\n"
    for length in ("-1", "x", "+38", "3e1", "0x10", "38, 39", "38\nContent-Length: 39"):
        assert ask(f"{head}Content-Length: {length}", LINE)[0] == 400, length
    assert ask(f"{head}Content-Length: {10**12}", LINE)[0] == 413
    in_chunks = f"{head}Transfer-Encoding: chunked"
    chunk = f"{len(LINE):x}\r\n".encode() + LINE
    status, said = ask(in_chunks, chunk + b"\r\n0\r\n\r\n")
    assert (status, said["code"]) == (411, "length_required")
    for body in (chunk, b"zz\r\n", b""):
        assert ask(in_chunks, body)[0] in (400, 411), body
    assert ask(in_chunks, chunk, is_open=True)[0] == 411, "it never ends"
    smuggled = f"{in_chunks}\nContent-Length: {len(LINE)}"
    assert ask(smuggled, b"0\r\n\r\n" + LINE)[0] == 400


def _other_heads(ask: Ask) -> None:
    read = "GET /api/v1/learners\n"
    for head, status in (
        (f"{read}X-Long: {'x' * 9_000}", 431),
        (read + "\n".join(f"X-{number}: x" for number in range(200)), 431),
        (f"{read}X-Folded: a\n b", 400),
        (f"{read}X-Bad\0: a", 400),
        (f"GET /api/v1/learners?number={'x' * 9_000}", 414),
        (f"{read}Host: evil.example", 400),
        (f"{read}X-HTTP-Method-Override: DELETE", 200),
        (f"{read}X-Forwarded-Host: evil.example", 200),
        ("TRACE /api/v1/learners", 405),
        ("FOO /api/v1/learners", 405),
        ("HEAD /api/v1/learners", 200),
    ):
        assert ask(head)[0] == status, head
