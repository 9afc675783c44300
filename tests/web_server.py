"""The web server that institutions run, on the database of a test."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection


@contextlib.contextmanager
def served(folder: Path) -> Iterator[int]:
    """A web server with two processes, whose log and figures are kept in the folder; its port."""
    address = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", "2"]
    argv += ["--worker-class", "gthread", "--threads", "2", "--no-control-socket"]
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [*argv, "--bind", f"127.0.0.1:{port}"],
            cwd=Path(__file__).parents[1],
            env={
                **os.environ,
                "DATABASE_URL": urlunsplit(address._replace(path=f"/{name}")),
                "METRICS_DIR": str(folder / "metrics"),
                "ALLOWED_HOSTS": "127.0.0.1",
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def ask(port: int, path: str) -> str:
    """Over a connection of its own, so that either process may answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request("GET", path)
        return line.getresponse().read().decode()
    finally:
        line.close()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        try:
            ask(port, "/livez")
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("the web server does not answer")
