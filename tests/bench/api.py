"""The REST API under load: mixed reads while rows are upserted, beside a bare view's throughput.

One web server with a process for each of two cores, on a database of its own. By turns a view that
does nothing behind the same token is asked as fast as it answers, and reads of every kind while a
thousand rows are upserted every few seconds; then the same reads at half the rate that this gave,
each at its own time, so that what had to wait counts as long as it waited.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import secrets
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench import college
from tests.bench.rows import Row

COUNT = 20_000
NUMBERS = {"--seconds": (60, "how long reads and upserts go on together")}
LINES = 8
TURNS = 6
BARE_SECONDS = 12
HALF_SECONDS = 20
ROWS = 1_000
# From the beginning of one upsert to that of the next, unless it takes longer.
UPSERT_EVERY = 5.0
LEAST_SHARE = 1 / 3
BOUND = 300.0

Requests = Iterator[bytes]


@dataclass
class Heard:
    """What was answered: how long each took in milliseconds, and what was no success."""

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def run(*, count: int, seed: int, seconds: int) -> Iterator[Row]:
    """Yield the throughput beside a bare view's, the errors, and how long 95 of 100 stay below."""
    with college.opened() as home:
        home.graded(count)
        with _served(home.folder) as (path, token):
            wanted = _wanted(random.Random(seed), token)
            nothing = itertools.repeat(_get("/api/v1/bare", token))
            alive = itertools.repeat(_get("/livez", token))
            bare, empty, mixed, upserts, half = (Heard() for _ in range(5))
            # By turns: what else the machine does meanwhile is the same for all of them.
            for _ in range(TURNS):
                with _upserting(path, token, upserts):
                    _closed(path, wanted, seconds / TURNS, mixed)
                _closed(path, nothing, BARE_SECONDS / TURNS, bare)
                _closed(path, alive, BARE_SECONDS / TURNS, empty)
            rate, meanwhile = len(mixed.times) / seconds, len(upserts.times)
            with _upserting(path, token, upserts):
                _paced(path, wanted, HALF_SECONDS, rate / 2, half)
    everything = (bare, empty, mixed, upserts, half)
    errors = [error for each in everything for error in each.errors]
    for error in errors[:5]:
        print(error, file=sys.stderr)
    for reference, heard, share in (
        ("bare view behind a token", bare, LEAST_SHARE),
        ("no API: /livez", empty, 0),
    ):
        plain = len(heard.times) / BARE_SECONDS
        yield Row(
            name="mixed reads",
            value=round(rate, 1),
            unit="requests/second",
            reference=reference,
            reference_value=round(plain, 1),
            runs=len(mixed.times),
            is_good=rate >= plain * share,
        )
    yield Row(
        name="p95 at half the rate",
        value=round(statistics.quantiles(half.times, n=100)[94], 1),
        unit="ms",
        reference="bound",
        reference_value=BOUND,
        runs=len(half.times),
        is_good=statistics.quantiles(half.times, n=100)[94] < BOUND,
    )
    yield Row(
        name="rows upserted meanwhile",
        value=round(meanwhile * ROWS / seconds, 1),
        unit="rows/second",
        reference=f"{ROWS} rows every {UPSERT_EVERY:g} seconds",
        reference_value=round(ROWS / UPSERT_EVERY, 1),
        runs=meanwhile,
        is_good=meanwhile > 0,
    )
    yield Row(
        name="errors",
        value=len(errors),
        unit="requests",
        reference="bound",
        reference_value=0,
        runs=sum(len(each.times) for each in everything),
        is_good=not errors,
    )


# What is asked


def _wanted(dice: random.Random, token: str) -> Requests:
    """Reads as systems make them: mostly one thing, pages of lists, what has changed lately."""
    from registrar.models import CredentialTemplate, Learner, Offering, Result

    learners = list(Learner.objects.values_list("pk", "sourced_id")[:5_000])
    results = list(Result.objects.values_list("pk", flat=True)[:5_000])
    template, offering = CredentialTemplate.objects.get().pk, Offering.objects.get().pk
    since = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    kinds: list[Callable[[], str]] = [
        lambda: f"learners/{dice.choice(learners)[0]}",
        lambda: f"learners/sis:{college.SOURCE}:{dice.choice(learners)[1]}",
        lambda: f"results/{dice.choice(results)}",
        lambda: f"templates/{template}",
        lambda: f"offerings/{offering}",
        lambda: "terms",
        lambda: f"learners?limit={dice.choice([10, 20, 50])}",
        lambda: "results?limit=20",
        lambda: "enrolments?limit=20",
        lambda: f"learners?limit=20&updated_since={since}",
    ]
    lock = threading.Lock()
    while True:
        with lock:
            path = dice.choice(kinds)()
        yield _get(f"/api/v1/{path}", token)


def _get(path: str, token: str) -> bytes:
    return _request("GET", path, token, b"")


def _request(method: str, path: str, token: str, body: bytes) -> bytes:
    from urllib.parse import urlsplit

    from django.conf import settings

    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {urlsplit(settings.BASE_URL).netloc}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


# Asking


class _Line:
    """A connection that is kept, and a reader that costs next to nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body. A connection that the server has closed is opened again."""
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.connect(str(self._path))
        try:
            self._socket.sendall(request)
            return self._read(self._socket)
        except (ConnectionError, ValueError):
            self._socket = None
            raise

    def _read(self, line: socket.socket) -> tuple[int, bytes]:
        got = b""
        while b"\r\n\r\n" not in got:
            part = line.recv(65536)
            if not part:
                raise ConnectionError("The server hung up.")
            got += part
        head, _, body = got.partition(b"\r\n\r\n")
        lowered = head.lower()
        length = int(lowered.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += line.recv(65536)
        if b"\r\nconnection: close" in lowered:
            line.close()
            self._socket = None
        return int(head.split(b" ", 2)[1]), body


def _note(heard: Heard, line: _Line, request: bytes, begun: float) -> None:
    try:
        status, body = line.ask(request)
    except (ConnectionError, ValueError) as error:
        heard.errors.append(f"{request[:80]!r}: {error}")
        return
    heard.times.append((time.perf_counter() - begun) * 1000)
    if status != 200:
        heard.errors.append(f"{request[:80]!r}: {status} {body[:300]!r}")


def _on_lines(path: Path, work: Callable[[_Line, int], None]) -> None:
    threads = [threading.Thread(target=work, args=(_Line(path), each)) for each in range(LINES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _closed(path: Path, wanted: Requests, seconds: float, heard: Heard) -> None:
    """Ask for so long, each line again as soon as it has its answer."""
    end, lock = time.perf_counter() + seconds, threading.Lock()

    def work(line: _Line, number: int) -> None:
        while (now := time.perf_counter()) < end:
            with lock:
                request = next(wanted)
            _note(heard, line, request, now)

    _on_lines(path, work)


def _paced(path: Path, wanted: Requests, seconds: float, rate: float, heard: Heard) -> None:
    """Ask at this rate, however long answers take; times count from when each was due."""
    begin, lock = time.perf_counter(), threading.Lock()

    def work(line: _Line, number: int) -> None:
        for turn in itertools.count(number, LINES):
            due = begin + turn / rate
            if due > begin + seconds:
                return
            time.sleep(max(0.0, due - time.perf_counter()))
            with lock:
                request = next(wanted)
            _note(heard, line, request, due)

    _on_lines(path, work)


@contextlib.contextmanager
def _upserting(path: Path, token: str, heard: Heard) -> Iterator[None]:
    """A thousand learners are upserted, all of them changed, again and again."""
    is_over = threading.Event()

    def work() -> None:
        line = _Line(path)
        for turn in itertools.count():
            begun = time.perf_counter()
            rows = [
                {"sourced_id": f"stu-{number}", "given_name": f"Zoë {secrets.token_hex(4)}"}
                for number in range(turn * ROWS % 10_000, turn * ROWS % 10_000 + ROWS)
            ]
            body = json.dumps(rows).encode()
            request = _request("POST", f"/api/v1/learners?source={college.SOURCE}", token, body)
            _note(heard, line, request, begun)
            if is_over.wait(max(0.0, begun + UPSERT_EVERY - time.perf_counter())):
                return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


# The server


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[tuple[Path, str]]:
    """The web server with two processes: where it listens, and a token for it."""
    path = folder / "web"
    argv = [sys.executable, "-m", "gunicorn", "tests.bench.bare_view", "--worker-class", "gthread"]
    argv += ["--bind", f"unix:{path}", "--workers", "2", "--threads", "4", "--keep-alive", "75"]
    env = {**os.environ, "METRICS_DIR": str(folder / "metrics")}
    with (folder / "web.log").open("ab") as log:
        web = subprocess.Popen(argv, cwd=college.ROOT, env=env, stdout=log, stderr=log)
    try:
        token = _token()
        while not path.exists():
            if web.poll() is not None:
                raise RuntimeError((folder / "web.log").read_text()[-3000:])
            time.sleep(0.05)
        for _ in range(4):
            _Line(path).ask(_get("/api/v1/terms", token))
        yield path, token
    finally:
        web.terminate()
        web.wait()


def _token() -> str:
    from django.conf import settings
    from django.contrib.auth.models import User
    from oauth2_provider.models import AccessToken

    from registrar.services.college import api_clients

    scopes = [*settings.API_SCOPES, *settings.SIS_WRITE_SCOPES]
    administrator = User.objects.get(is_superuser=True)
    application, _ = api_clients.add("bench", by=administrator, scopes=scopes)
    token = secrets.token_urlsafe(32)
    AccessToken.objects.create(
        application=application,
        token=token,
        scope=" ".join(scopes),
        expires=datetime.now(UTC) + timedelta(hours=1),
    )
    return token
