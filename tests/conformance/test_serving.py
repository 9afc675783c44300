"""The profile as it is served: https with a certificate of its own, several processes."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import call_command
from django.db import connection

from tests.conformance.conftest import credential


@dataclass
class Server:
    """A web server, and the certificate by which it is trusted."""

    port: int
    certificate: Path

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Over a connection of its own, so that either process may answer."""
        trusting = ssl.create_default_context(cafile=self.certificate)
        line = http.client.HTTPSConnection("localhost", self.port, timeout=60, context=trusting)
        try:
            if body is None:
                line.request("GET", path)
            else:
                headers = {"Content-Type": "application/json"}
                line.request("POST", path, json.dumps(body), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            line.close()


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[Server]:
    """The profile, served as `./dev up --conformance` serves it."""
    call_command("make_certificate", str(tmp_path), verbosity=0)
    certificate = tmp_path / "certificate.pem"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", "2"]
    argv += ["--worker-class", "gthread", "--threads", "2", "--no-control-socket"]
    argv += ["--certfile", str(certificate), "--keyfile", str(tmp_path / "key.pem")]
    argv += ["--bind", f"127.0.0.1:{port}"]
    address = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(address._replace(path=f"/{connection.settings_dict['NAME']}"))
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(
            argv,
            cwd=Path(__file__).parents[2],
            env={
                **os.environ,
                "DATABASE_URL": database,
                "METRICS_DIR": str(tmp_path / "metrics"),
                "ALLOWED_HOSTS": "localhost",
                "CONFORMANCE": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield waited_for(Server(port, certificate))
    finally:
        process.terminate()
        process.wait(20)


def waited_for(server: Server) -> Server:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            server.ask("/conformance/")
        except OSError:
            time.sleep(0.2)
        else:
            return server
    pytest.fail("the web server does not answer")


@pytest.mark.worker
def test_a_suite_reaches_every_instance_and_status_list_over_https(server: Server) -> None:
    show_status_list(server)
    origin = f"https://localhost:{server.port}"
    status, listed = server.ask("/conformance/")
    assert status == 200
    assert len(listed["instances"]) == 10
    for instance in listed["instances"]:
        assert instance["issue"].startswith(f"{origin}/conformance/{instance['suite']}/")
        document = credential(issuer=instance["issuer"])
        status, answer = server.ask(urlsplit(instance["issue"]).path, {"credential": document})
        assert status == 201, answer
        if "derive" in instance:
            continue
        body = {"verifiableCredential": answer["verifiableCredential"]}
        status, result = server.ask(urlsplit(instance["verify"]).path, body)
        assert (status, result["verified"]) == (200, True), result
        changed = {**answer["verifiableCredential"], "id": "urn:x:changed"}
        body = {"verifiableCredential": changed}
        assert server.ask(urlsplit(instance["verify"]).path, body)[0] == 400


def show_status_list(server: Server) -> None:
    """What is issued names a status list, which is at its address."""
    path = "/conformance/bitstring/credentials/issue"
    issued = server.ask(path, {"credential": credential()})[1]["verifiableCredential"]
    url = issued["credentialStatus"]["statusListCredential"]
    assert url == f"https://localhost:{server.port}/conformance/bitstring/status/list"
    status, listed = server.ask(urlsplit(url).path)
    assert (status, listed["id"]) == (200, url)
