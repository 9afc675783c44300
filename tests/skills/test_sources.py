"""A framework is fetched from the address that an operator gave, within bounds."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from skills import sources
from skills.errors import SourceUnreachable

Pages = dict[str, tuple[int, dict[str, str], bytes]]


@pytest.fixture
def pages() -> Iterator[tuple[str, Pages]]:
    """A web server on this machine: its address, and what it serves by path."""
    served: Pages = {}

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, content = served.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ok(content: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, content if isinstance(content, bytes) else json.dumps(content).encode()


def document(address: str, name: str) -> dict[str, Any]:
    return {"identifier": name, "CFPackageURI": {"uri": f"{address}/CFPackages/{name}"}}


def test_a_file_is_fetched_as_it_is(pages: tuple[str, Pages]) -> None:
    address, served = pages
    served["/skills.csv"] = ok(b"a,b\n1,2\n")
    assert sources.fetch(f"{address}/skills.csv") == b"a,b\n1,2\n"


def test_of_a_case_service_the_package_is_fetched(pages: tuple[str, Pages]) -> None:
    address, served = pages
    package = {"CFDocument": document(address, "x"), "CFItems": []}
    served["/CFPackages/x"] = ok(package)
    served["/CFDocuments/x"] = ok(document(address, "x"))
    served["/CFDocuments"] = ok({"CFDocuments": [document(address, "x")]})
    for path in ("/CFPackages/x", "/CFDocuments/x", "/CFDocuments"):
        assert json.loads(sources.fetch(address + path)) == package


def test_of_several_frameworks_one_has_to_be_named(pages: tuple[str, Pages]) -> None:
    address, served = pages
    served["/CFDocuments"] = ok({"CFDocuments": [document(address, name) for name in "xy"]})
    with pytest.raises(SourceUnreachable, match="has 2 frameworks"):
        sources.fetch(f"{address}/CFDocuments")


def test_redirects_are_followed_but_not_for_ever(pages: tuple[str, Pages]) -> None:
    address, served = pages
    served["/old"] = (301, {"Location": "/new"}, b"")
    served["/new"] = ok(b"{}")
    served["/round"] = (302, {"Location": "/round"}, b"")
    assert sources.fetch(f"{address}/old") == b"{}"
    with pytest.raises(SourceUnreachable, match="leads on"):
        sources.fetch(f"{address}/round")


def too_large(patch: pytest.MonkeyPatch, served: Pages) -> None:
    patch.setattr(sources, "MAX_BYTES", 10)
    served["/f"] = ok(b"x" * 11)


def too_slow(patch: pytest.MonkeyPatch, served: Pages) -> None:
    patch.setattr(sources, "MAX_SECONDS", -1)
    served["/f"] = ok(b"x")


def somewhere_else(patch: pytest.MonkeyPatch, served: Pages) -> None:
    served["/f"] = (302, {"Location": "http://inside.example/"}, b"")


def a_local_file(patch: pytest.MonkeyPatch, served: Pages) -> None:
    served["/f"] = (302, {"Location": "file:///etc/passwd"}, b"")


def absent(patch: pytest.MonkeyPatch, served: Pages) -> None:
    pass


def no_address(patch: pytest.MonkeyPatch, served: Pages) -> None:
    served["/f"] = (302, {"Location": "https://[half/"}, b"")


def a_package_at_no_address(patch: pytest.MonkeyPatch, served: Pages) -> None:
    served["/f"] = ok({"CFPackageURI": {"uri": "https://[half/"}})


TROUBLES = (
    too_large,
    too_slow,
    somewhere_else,
    a_local_file,
    absent,
    no_address,
    a_package_at_no_address,
)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_is_out_of_bounds_is_refused(
    pages: tuple[str, Pages],
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[pytest.MonkeyPatch, Pages], None],
) -> None:
    address, served = pages
    trouble(monkeypatch, served)
    with pytest.raises(SourceUnreachable):
        sources.fetch(f"{address}/f")


@pytest.mark.parametrize(
    "address",
    [
        "http://frameworks.example/",
        "ftp://frameworks.example/",
        "https://user@frameworks.example/",
        "https://",
        "https://[::1/",
        "https://frameworks.example:port/",
        "https://frameworks.example/a b",
        "https://frameworks.example/\r\nHost: inside",
        "http://127.0.0.1:1/nobody-listens",
    ],
)
def test_an_address_that_leads_nowhere_is_refused(address: str) -> None:
    with pytest.raises(SourceUnreachable):
        sources.fetch(address)


@pytest.mark.parametrize("onward", ["http://localhost:6379/", "http://127.0.0.1/", "//[::1]/x"])
def test_nobody_elsewhere_leads_us_to_this_machine(onward: str) -> None:
    with pytest.raises(SourceUnreachable, match="this machine"):
        sources.led_on("https://frameworks.example/a", onward)
    assert sources.led_on("http://localhost/a", "/b") == "http://localhost/b"
