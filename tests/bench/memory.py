"""The most memory that each kind of process holds while a batch is issued and pages are read.

Of a PostgreSQL backend that is with the shared buffers that it has touched, which all backends
have in common.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator

from tests.bench import college
from tests.bench.rows import Row, peak_of

COUNT = 20_000
START = 30  # seconds


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Yield the peak of each kind of process beside the ceiling."""
    with college.opened() as home:
        port = _free_port()
        web = ["-m", "gunicorn", "config.wsgi", "--worker-class", "gthread", "--threads", "4"]
        home.start("web", [*web, "--no-control-socket", "--bind", f"127.0.0.1:{port}"])
        schedule = str(home.folder / "schedule")
        home.start("beat", ["-m", "celery", "-A", "config", "beat", "--schedule", schedule])
        home.employ()
        _wait_for(port)
        batch = home.prepared(count)
        with _watching(port) as backends:
            home.issue(batch)
        peaks = home.peak_memory()
        peaks["PostgreSQL backend"] = max(backends.values())
        for process, peak in peaks.items():
            yield peak_of(process, peak)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            _read(port, "/livez")
            return
        time.sleep(0.1)
    raise RuntimeError("The web server does not answer.")


@contextlib.contextmanager
def _watching(port: int) -> Iterator[dict[int, int]]:
    """Read pages and look at the backends meanwhile; the peak of each backend, by its pid."""
    found: dict[int, int] = {}
    is_over = threading.Event()

    def watch() -> None:
        from django.db import connection

        while not is_over.wait(0.1):
            for path in _paths():
                _read(port, path)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                )
                for (pid,) in cursor.fetchall():
                    with contextlib.suppress(FileNotFoundError):
                        found[pid] = college.peak_of(pid)
        connection.close()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        is_over.set()
        thread.join()


def _paths() -> list[str]:
    """What anyone may read now: the newest credential and status list among it."""
    from issuer.models import Release, StatusList

    release = Release.objects.order_by("-released_at").first()
    lists = StatusList.objects.filter(publications__isnull=False).defer("permutation")
    paths = ["/", "/.well-known/did.json", "/verify"]
    paths += [f"/credentials/{release.address}"] if release else []
    return paths + [f"/status/{found.name}" for found in lists.order_by("-pk")[:1]]


def _read(port: int, path: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Host": "localhost"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
