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

        def send(
            head: str, body: bytes = b"", *, is_open: bool = False, host: str = "Host: 127.0.0.1"
        ) -> tuple[int, Any]:
            request, _, headers = head.partition("\n")
            lines = [f"{request} HTTP/1.1", *filter(None, [host]), f"Authorization: {token}"]
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
    _other_hosts(ask)
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
        (f"{read}X-Forwarded-For: ' OR 1=1 --, \u2603", 200),
        (f"{read}X-Original-URL: /admin/", 200),
        (f"{read}X-Rewrite-URL: /admin/", 200),
        (f"{read}X_Forwarded_Host: evil.example", 200),
        (f"{read}Accept-Language: {'de,' * 1_700}", 200),
        (f"{read}Accept-Encoding: {'gzip;q=0.9999999,' * 400}", 200),
        (f"{read}Accept: application/xml", 406),
        (f"{read}Cookie: sessionid={'x' * 4_000}; csrftoken=\u2603", 200),
        (f"{read}If-None-Match: {'W/' * 2_000}", 200),
        (f"{read}If-Modified-Since: Thu, 99 Foo 99999 99:99:99 GMT", 200),
        (f"{read}Range: bytes={'0-,' * 1_000}", 200),
        (f"{read}Expect: 200-ok", 417),
        (f"{read}Upgrade: h2c", 200),
        ("CONNECT evil.example:443", 400),
        ("OPTIONS *", 400),
        ("HEAD /api/v1/learners", 200),
    ):
        assert ask(head)[0] == status, head


def _other_hosts(ask: Ask) -> None:
    """Nobody else's name is taken for ours, wherever it stands (RFC 9112, section 3.2.2)."""
    path = "/api/v1/learners"
    for host in (
        *("", "Host:", "Host: evil.example", "Host: 127.0.0.1@evil.example", "Host: 127.0.0.1:x"),
        *("Host: evil.example#127.0.0.1", "Host: 127.0.0.1.evil.example", "Host: 127.0.0.1/"),
        *(
            "Host: 127.0.0.1, evil.example",
            "Host: [::1",
            "Host: \u2603.example",
            "Host: .127.0.0.1",
        ),
        "Host: 127.0.0.1\r\nHost: evil.example",
    ):
        assert ask(f"GET {path}", host=host)[0] == 400, host
    for line, status in (
        (f"http://evil.example{path}", 400),
        (f"https://evil.example:443{path}", 400),
        (f"http://127.0.0.1@evil.example{path}", 400),
        (f"http:{path}", 400),
        (f"ftp://127.0.0.1.evil.example{path}", 400),
        (f"http://127.0.0.1{path}", 200),
        (f"//evil.example{path}", 404),
        (f"/\\evil.example{path}", 404),
        ("/api/v1/../../admin/", 404),
        ("/api/v1/%2e%2e/%2e%2e/admin/", 404),
        ("/api/v1/learners%00", 404),
        ("/api/v1/learners/%ff%fe", 404),
    ):
        assert ask(f"GET {line}")[0] == status, line
    assert ask(f"GET http://127.0.0.1{path}", host="Host: evil.example")[0] == 200
