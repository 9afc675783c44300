"""A stranger's link leads to public machines only, and never for long."""

import json
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from issuer import fetch
from issuer.vc.errors import Unreachable
from tests.issuer.stranger import PUBLIC, World, world

__all__ = ["world"]

URL = "https://stranger.example/did.json"

REFUSED_BY_FORM = [
    "",
    "stranger.example",
    "//stranger.example/",
    "http://stranger.example/",
    "ftp://stranger.example/",
    "file:///etc/passwd",
    "gopher://stranger.example/",
    "javascript:alert(1)",
    "data:application/json,{}",
    "https:///did.json",
    "https://",
    "https://:443/",
    "https://stranger.example:8443/",
    "https://stranger.example:80/",
    "https://stranger.example:0/",
    "https://stranger.example:99999/",
    "https://stranger.example:port/",
    "https://user@stranger.example/",
    "https://user:password@stranger.example/",
    "https://stranger.example@127.0.0.1/",
    "https://127.0.0.1\\@stranger.example/",
    "https://[::1/",
    "https://[stranger.example]/",
    "https://stranger.example /",
    "https://stranger.example/\r\nHost: inside",
    "https://stranger.example/\x00",
    "https://stränger.example/",
    "https://stranger。example/",
    "https://①②⑦.⓪.⓪.①/",
    "https://0/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://127.0.0.1./",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://service.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://intranet/",
]

# As a name service answers for them: spellings of IPv4 addresses are addresses to it.
PRIVATE = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "no address",
]


def seconds(call: Any) -> float:
    """How long it takes."""
    begun = time.monotonic()
    call()
    return time.monotonic() - begun


def test_a_document_of_a_stranger_is_fetched(world: World) -> None:
    world.serve(URL, b'{"id": "did:web:stranger.example"}')
    assert fetch.get(URL) == b'{"id": "did:web:stranger.example"}'
    assert world.called == [PUBLIC]


@pytest.mark.parametrize("url", REFUSED_BY_FORM)
def test_an_address_of_another_form_is_not_even_looked_up(url: str, world: World) -> None:
    with pytest.raises(Unreachable):
        fetch.get(url)
    assert world.asked == world.called == []


@pytest.mark.parametrize("address", PRIVATE)
def test_nobody_is_called_at_an_address_that_is_not_public(address: str, world: World) -> None:
    world.names["stranger.example"] = [address]
    with pytest.raises(Unreachable):
        fetch.get(URL)
    assert world.called == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(world: World) -> None:
    world.names["stranger.example"] = [PUBLIC, "10.0.0.1"]
    with pytest.raises(Unreachable):
        fetch.get(URL)
    assert world.called == []


def test_a_name_that_changes_its_mind_is_asked_once(world: World) -> None:
    world.serve(URL, b"{}")
    look_up = world.look_up

    def rebind(*arguments: Any, **options: Any) -> Any:
        answer = look_up(*arguments, **options)
        world.names["stranger.example"] = ["127.0.0.1"]
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", rebind)
        assert fetch.get(URL) == b"{}"
    assert world.asked == ["stranger.example"]
    assert world.called == [PUBLIC]


@pytest.mark.where_possible
def test_who_is_called_is_who_was_looked_at_though_the_name_is_another_machine_by_then(
    tmp_path: Path,
) -> None:
    apart = ["unshare", "--map-root-user", "--mount", "--net"]
    if sys.platform != "linux" or subprocess.run([*apart, "true"], check=False).returncode:
        pytest.skip("makes a network of its own, as Linux lets it (unshare)")
    argv = [*apart, sys.executable, "-m", "tests.issuer.network_of_its_own", str(tmp_path)]
    told = subprocess.run(
        argv, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 0, told.stderr
    refused = "rebinding.example is not found at public addresses only."
    said = json.loads(told.stdout)
    # The name service was asked once for each; a second question was told of this machine.
    assert said["page"] == said["line"] == [PUBLIC, 1, refused]
    assert said["visits"] == [2, 0]


def test_a_name_that_does_not_exist_is_not_reached(world: World) -> None:
    with pytest.raises(Unreachable):
        fetch.get(URL)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirects_are_not_followed(status: str, world: World) -> None:
    world.serve(URL, b"", status=status, headers="Location: https://other.stranger.example/\r\n")
    with pytest.raises(Unreachable):
        fetch.get(URL)
    assert world.asked == ["stranger.example"]


@pytest.mark.parametrize("status", ["204 Empty", "404 Not Found", "500 Error"])
def test_only_a_document_is_an_answer(status: str, world: World) -> None:
    world.serve(URL, b"{}" if status[0] != "2" else b"", status=status)
    with pytest.raises(Unreachable):
        fetch.get(URL)


def test_a_packed_answer_is_not_unpacked(world: World) -> None:
    world.serve(URL, b"\x1f\x8b", headers="Content-Encoding: gzip\r\n")
    with pytest.raises(Unreachable):
        fetch.get(URL)


def test_a_certificate_for_another_host_is_refused(world: World) -> None:
    url = "https://elsewhere.example/did.json"
    world.serve(url, b"{}")
    with pytest.raises(Unreachable):
        fetch.get(url)


def test_no_more_than_a_mebibyte_is_read(world: World) -> None:
    world.serve(URL, b" " * fetch.MAX_BYTES)
    assert len(fetch.get(URL)) == fetch.MAX_BYTES

    def endless(line: ssl.SSLSocket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            line.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    world.answer(URL, endless)
    with pytest.raises(Unreachable, match="bytes"):
        fetch.get(URL)


@pytest.mark.thorough
@pytest.mark.parametrize("where", ["head", "body"])
def test_an_answer_that_drips_ends_in_time(
    where: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "MAX_SECONDS", 0.5)

    def drip(line: ssl.SSLSocket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        if where == "body":
            line.sendall(b"Content-Length: 1000\r\n\r\n")
        while True:
            line.sendall(b"a")
            time.sleep(0.05)

    def fetch_it() -> None:
        with pytest.raises(Unreachable):
            fetch.get(URL)

    world.answer(URL, drip)
    assert seconds(fetch_it) < 1.5


def test_a_name_service_that_does_not_answer_ends_in_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "MAX_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(2) or [])

    def fetch_it() -> None:
        with pytest.raises(Unreachable):
            fetch.get(URL)

    assert seconds(fetch_it) < 1.5
    assert world.called == []


def test_what_is_no_http_is_not_an_answer(world: World) -> None:
    world.answer(URL, lambda line: line.sendall(b"220 mail.example ESMTP\r\n\r\n"))
    with pytest.raises(Unreachable):
        fetch.get(URL)
