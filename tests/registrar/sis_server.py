"""A OneRoster or Edu-API server that serves a bundle of CSV files, as a college's own would."""

import base64
import csv
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

CLIENT, SECRET = "client-7", "s3cret/with+signs="
LISTS = {"grades", "subjects", "subjectCodes", "periods"}
GRADEBOOK = {"categories", "lineItems", "results", "scoreScales"}
EDU_API = "http://purl.1edtech.org/spec/eduapi/v1p0/scope/core.readonly"
OBJECTIVES = {"lineItems": "lineItem", "results": "result"}

Thing = dict[str, Any]


def things(files: dict[str, bytes]) -> dict[str, list[Thing]]:
    """The collections of a bundle, in the JSON of OneRoster 1.2."""
    tables = {
        name.removesuffix(".csv"): list(csv.DictReader(StringIO(data.decode("utf-8-sig"))))
        for name, data in files.items()
        if name != "manifest.csv"
    }
    found = {name: [_thing(row) for row in rows] for name, rows in tables.items()}
    roles = found.pop("roles", [])
    for user in found.get("users", []):
        own = [each for each in roles if each["user"]["sourcedId"] == user["sourcedId"]]
        user["roles"] = [{key: each[key] for key in each if key != "user"} for each in own]
    for collection, what in OBJECTIVES.items():
        rows = tables.get(f"{what}LearningObjectiveIds", [])
        found.pop(f"{what}LearningObjectiveIds", None)
        for thing in found.get(collection, []):
            of = [row for row in rows if row[f"{what}SourcedId"] == thing["sourcedId"]]
            if of:
                thing["learningObjectiveSet"] = [_objective(what, row) for row in of]
    return found


def _objective(what: str, row: dict[str, str]) -> Thing:
    if what == "lineItem":
        return {"source": row["source"], "learningObjectiveIds": [row["learningObjectiveId"]]}
    names = ("learningObjectiveId", "score", "textScore")
    result = {name: row[name] for name in names if row[name]}
    return {"source": row["source"], "learningObjectiveResults": [result]}


def _thing(row: dict[str, str]) -> Thing:
    thing: Thing = {"status": "active", "dateLastModified": "2026-01-01T00:00:00.000Z"}
    thing |= dict(_member(name, cell) for name, cell in row.items() if cell)
    return thing


def _member(name: str, cell: str) -> tuple[str, Any]:
    if name.endswith("SourcedIds"):
        return name.removesuffix("SourcedIds") + "s", [{"sourcedId": k} for k in cell.split(",")]
    if name.endswith("SourcedId"):
        return name.removesuffix("SourcedId"), {"sourcedId": cell, "href": "https://x/y"}
    if name == "userIds":
        pairs = re.findall(r"{([^:]+):([^}]+)}", cell)
        return name, [{"type": kind, "identifier": key} for kind, key in pairs]
    if name in LISTS:
        return name, cell.split(",")
    if name in ("assignDate", "dueDate"):
        return name, f"{cell}T00:00:00.000Z"
    if name == "score":
        return name, float(cell)
    return {"preferredGivenName": "preferredFirstName"}.get(name, name), cell


def _reaches(scope: str, name: str) -> bool:
    """Whether a scope is for the service that has the collection."""
    return ("/gradebook" in scope) == (name in GRADEBOOK)


class SisServer:
    """What it serves, how it behaves, and what it was asked."""

    def __init__(self) -> None:
        self.collections: dict[str, list[Thing]] = {}
        self.scopes = "https://purl.imsglobal.org/spec/or/v1p1/scope/roster.readonly"
        # With these it knows no other scope, and gives what the token has a scope for.
        self.knows: frozenset[str] = frozenset()
        self.granted: frozenset[str] = frozenset()
        self.most_rows = 700
        self.says_total = True
        self.says_links = True
        # Requests for pages that are answered before it dies; None: it lives.
        self.dies_after: int | None = None
        self.asked: list[str] = []
        self.tokens = 0
        self.calls_tokens = "token"
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._http.serve_forever, args=[0.05], daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def serve(self, source: Path | dict[str, bytes]) -> None:
        """Serve the files of a bundle from now on."""
        if isinstance(source, Path):
            source = {found.name: found.read_bytes() for found in source.glob("*.csv")}
        self.collections = things(source)

    def close(self) -> None:
        """Stop."""
        self._http.shutdown()
        self._http.server_close()

    def token(self, authorization: str, body: str) -> tuple[int, Thing]:
        """What the token endpoint answers."""
        wanted = parse_qs(body)["scope"][0]
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if pair != f"{CLIENT}:{SECRET}":
            return 401, {"error": "invalid_client"}
        given = frozenset(wanted.split())
        if not given <= self.knows if self.knows else self.scopes not in given:
            return 400, {"error": "invalid_scope"}
        self.granted = given
        self.tokens += 1
        return 200, {"access_token": f"{self.calls_tokens}-{self.tokens}", "token_type": "bearer"}

    def page(self, url: str, bearer: str) -> tuple[int, Thing, dict[str, str]]:
        """What a page is answered with."""
        self.asked.append(url)
        if bearer != f"Bearer token-{self.tokens}":
            return 401, {}, {}
        if self.dies_after is not None:
            self.dies_after -= 1
            if self.dies_after < 0:
                return 503, {}, {}
        parts = urlsplit(url)
        *_, service, version, name = parts.path.split("/")
        if version == "v1p2" and (service == "gradebook") != (name in GRADEBOOK):
            return 404, {"imsx_description": "no such service"}, {}
        if self.knows and not any(_reaches(scope, name) for scope in self.granted):
            return 403, {"imsx_description": "not in scope"}, {}
        if name not in self.collections:
            return 404, {"imsx_description": "unknown"}, {}
        return self._rows(url, name, dict(parse_qsl(parts.query)))

    def _rows(self, url: str, name: str, asked: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        found = sorted(self.collections[name], key=lambda each: each["sourcedId"])
        if "filter" in asked:
            after = re.fullmatch(r"dateLastModified>'(.*)'", asked["filter"])
            assert after is not None
            found = [each for each in found if each["dateLastModified"] > after[1]]
        offset, limit = int(asked["offset"]), min(int(asked["limit"]), self.most_rows)
        headers = {"X-Total-Count": str(len(found))} if self.says_total else {}
        if self.says_links and offset + limit < len(found):
            following = urlencode(asked | {"offset": offset + limit, "limit": limit})
            address = f"{self.origin}{urlsplit(url).path}?{following}"
            headers["Link"] = f'<{address}>; rel="next", <{self.origin}/first>; rel="first"'
        return 200, {name: found[offset : offset + limit]}, headers

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(*server.token(self.headers["Authorization"], body), {})

            def do_GET(self) -> None:
                self._answer(*server.page(self.path, self.headers.get("Authorization", "")))

            def _answer(self, status: int, said: Thing, headers: dict[str, str]) -> None:
                content = json.dumps(said).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Keep the tests quiet."""

        return Handler


class EduApiServer(SisServer):
    """The same server speaking Edu-API 1.0: lists without a name, people under a scope apart."""

    def __init__(self) -> None:
        super().__init__()
        self.scopes = f"{EDU_API}.privacy"

    def serve(self, source: Path | dict[str, bytes]) -> None:
        """Serve the units, terms, courses, people and enrolments of a bundle from now on."""
        super().serve(source)
        self.collections = edu_api(self.collections)

    def page(self, url: str, bearer: str) -> tuple[int, Any, dict[str, str]]:
        """What a page is answered with."""
        if not url.startswith("/ims/eduapi/base/v1p0/"):
            return 404, {"imsx_description": "no such service"}, {}
        status, said, headers = super().page(url, bearer)
        return status, next(iter(said.values())) if status == 200 else said, headers


def edu_api(found: dict[str, list[Thing]]) -> dict[str, list[Thing]]:
    """The collections of a bundle as Edu-API 1.0 has them; it has no results."""
    return {
        "organizations": [
            _edu(each, name=_words(each["name"]), organizationType=each["type"])
            | _reference(each, "parent", "parent")
            for each in found["orgs"]
        ],
        "academicSessions": [
            _edu(
                each,
                title=_words(each["title"]),
                sessionType=each["type"],
                startDate=f"{each['startDate']}T00:00:00Z",
                endDate=f"{each['endDate']}T00:00:00Z",
            )
            | _reference(each, "parent", "parent")
            for each in found["academicSessions"]
        ],
        "courseTemplates": [
            _edu(each, title=_words(each["title"]), primaryCode=_code(each["courseCode"]))
            | _reference(each, "org", "organization")
            for each in found["courses"]
        ],
        "courseOfferings": [
            _edu(each, title=_words(each["title"]), primaryCode=_code(each["classCode"]))
            | _reference(each, "course", "course")
            | {"academicSession": each["terms"][0]["sourcedId"]}
            for each in found["classes"]
        ],
        "componentOfferings": [],
        "persons": [_person(each) for each in found["users"]],
        "enrollments": [
            _edu(each, role=each["role"], isActive=True, enrollmentStatus="enrolled")
            | {"offeringType": "course"}
            | {
                f"{end}Date": f"{each[f'{own}Date']}T00:00:00Z"
                for end, own in (("start", "begin"), ("end", "end"))
                if f"{own}Date" in each
            }
            | _reference(each, "class", "educationOffering")
            | _reference(each, "user", "person")
            for each in found["enrollments"]
        ],
    }


def _edu(each: Thing, **said: Any) -> Thing:
    common = {"sourcedId": each["sourcedId"], "recordLanguage": "en-US", "recordStatus": "active"}
    return common | {"dateLastModified": each["dateLastModified"]} | said


def _words(text: str) -> list[Thing]:
    return [
        {"recordLanguage": "cy-GB", "value": f"{text} yn Gymraeg"},
        {"recordLanguage": "en-US", "value": text},
    ]


def _code(text: str) -> Thing:
    return {"identifierType": "identifier", "identifier": text}


def _reference(each: Thing, member: str, name: str) -> Thing:
    return {name: each[member]["sourcedId"]} if member in each else {}


def _person(each: Thing) -> Thing:
    identifiers = [{"identifierType": "userName", "identifier": each["username"]}]
    said = {
        "legalName": {"givenName": each["givenName"], "familyName": each["familyName"]},
        "otherIdentifiers": identifiers,
        "dateOfBirth": "2004-02-29",
    }
    return _edu(each, **said) | (
        {"primaryEmail": {"email": each["email"]}} if "email" in each else {}
    )


@contextmanager
def serving(kind: type[SisServer] = SisServer) -> Iterator[Any]:
    """A server that is there for a while."""
    server = kind()
    try:
        yield server
    finally:
        server.close()
