"""Whatever is wrong with a body, every write says so alike, and nothing is written.

The operations and their members are those of the description: what is added is tried, too.
"""

import functools
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from drf_spectacular.generators import SchemaGenerator
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.models import Credential
from registrar.api.examples import ROWS
from registrar.services.college import api_clients
from tests.cast import College, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

JSON = "application/json"
PROBLEM = "application/problem+json"
# What the readers of JSON call what they refuse.
LIST, ONE_ROW, OBJECT, DOCUMENT = "list of rows", "one row", "object", "document"
# Rows whose members may be called as one likes: tests/registrar/test_award_rows.py judges them.
SHEET = "list of cells"
LISTS = (LIST, SHEET)
OF_TYPES: dict[str, Any] = {
    "string": "no such word",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "array": [1],
    "object": {"a": 1},
}
UNSEEN = ("\0", "\x1b", "\x85", "\u202e", "\ufffe", "\U000e0041")


@dataclass(frozen=True)
class Write:
    """An operation that takes JSON: where it lies, how it is read, what it may hold."""

    method: str
    path: str
    reader: str
    members: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Trial:
    """A system that may do everything, and what was answered otherwise than it should be."""

    client: APIClient
    writes: list[Write]

    def __post_init__(self) -> None:
        self.wrong: list[str] = []
        self.count = 0

    def send(self, write: Write, body: bytes, content_type: str = JSON, **headers: str) -> Any:
        self.count += 1
        query = {LIST: "?source=banner", SHEET: "?template=welding"}.get(write.reader, "")
        return self.client.generic(
            write.method, write.path + query, body, content_type=content_type, headers=headers
        )

    def expect(self, write: Write, answer: Any, status: int, code: str) -> None:
        """Judge an answer: status, media type and code."""
        said = answer.json()
        found = (answer.status_code, answer["Content-Type"], said.get("code"))
        if found != (status, PROBLEM, code):
            self.wrong.append(f"{write}: {found} is not {status} {code}: {said}")

    def refuses(self, write: Write, members: dict[str, Any], code: str = "") -> None:
        """Send these members; each must be refused where it stands, all of them at once."""
        if not members or write.reader == SHEET:
            return
        body: Any = [members] if write.reader == LIST else members
        answer = self.send(write, json.dumps(body).encode())
        if write.reader == DOCUMENT:
            if answer.status_code != 400 or answer["Content-Type"] != PROBLEM:
                self.wrong.append(f"{write}: {members} was not refused: {answer.content!r}")
            return
        errors, start = self._errors(write, answer)
        for name in members:
            pointer = f"{start}/{name.replace('~', '~0').replace('/', '~1')}"
            found = {each["code"] for each in errors if each["pointer"].startswith(pointer)}
            if not found or (code and code not in found):
                self.wrong.append(f"{write}: no {code} at {pointer} in {errors}")

    def _errors(self, write: Write, answer: Any) -> tuple[list[dict[str, Any]], str]:
        """What is said to be wrong, and what begins each pointer: a row's number, or nothing."""
        said = answer.json()
        if write.reader != LIST:
            self.expect(write, answer, 400, "invalid")
            return said.get("errors", []), ""
        if answer.status_code != 200 or said["errors"] != 1:
            self.wrong.append(f"{write}: the row was not refused: {said}")
            return [], ""
        return said["rows"][0]["errors"], "/0"


@pytest.fixture
def trial(college: College, adas_licence: Credential, root: User, client: Any) -> Iterator[Trial]:
    """Every write that takes JSON, each at something that there is. Nothing may come of it."""
    application, _ = api_clients.add("Everything", by=root, scopes=settings.ALL_SCOPES)
    system = signed_in(application)
    AccessToken.objects.update(scope=" ".join(settings.ALL_SCOPES))
    for kind, row in ROWS.items():
        system.post(f"/api/v1/{kind}?source=banner", [row], format="json")
    hook = {"url": "https://hooks.example/", "types": ["credential.issued"]}
    assert system.post("/api/v1/webhooks", hook, format="json").status_code == 201
    trial = Trial(system, [*_writes(_schema(), system)])
    before = _counted()
    yield trial
    assert not trial.wrong, "\n".join(trial.wrong[:40])
    assert _counted() == before


@functools.cache
def _schema() -> dict[str, Any]:
    """The description as it is served."""
    return SchemaGenerator().get_schema(request=None, public=True)


def _counted() -> dict[str, int]:
    """How many rows of each kind there are."""
    models = [each for app in ("registrar", "issuer", "skills") for each in _models(app)]
    return {model.__name__: model._default_manager.count() for model in models}


def _models(app: str) -> list[Any]:
    return [*apps.get_app_config(app).get_models()]


def _writes(schema: dict[str, Any], system: APIClient) -> Iterator[Write]:
    ids: dict[str, str] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            if JSON not in content:
                continue
            described = content[JSON]["schema"]
            is_list = "items" in described
            component = described.get("items", described)["$ref"].rpartition("/")[2]
            lies_at = path
            if "{id}" in path:
                collection = path.partition("/{id}")[0]
                if collection not in ids:
                    ids[collection] = str(_first(system, collection))
                lies_at = path.replace("{id}", ids[collection])
            members = {**schema["components"]["schemas"][component]["properties"]}
            reader = _reader(path, component, is_list)
            yield Write(method.upper(), lies_at, reader, members)


def _reader(path: str, component: str, is_list: bool) -> str:
    if path.startswith("/vc-api/"):
        return DOCUMENT
    if component == "AwardRowRequest":
        return SHEET
    if component.endswith("RowRequest"):
        return LIST if is_list else ONE_ROW
    return OBJECT


def _first(system: APIClient, collection: str) -> Any:
    rows = system.get(collection).json()["results"]
    assert rows, f"There is nothing yet at {collection}: make one."
    return rows[-1]["id"]


def test_bodies_that_are_not_what_a_write_reads_are_refused(trial: Trial, settings: Any) -> None:
    _no_json(trial)
    _no_double_and_no_end(trial)
    _no_object(trial)
    _half_a_character(trial)
    _other_bodies(trial, settings)
    assert trial.count > 400


PART = b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
FILE = PART % (b"file", b'; filename="a.csv"', b"number\r\n1")
OTHER_FORMS: dict[str, tuple[str, bytes, int, str]] = {
    "no boundary": ("", FILE, 400, "bad_request"),
    "a blank boundary": ("; boundary=", FILE, 400, "bad_request"),
    "a boundary of a kilobyte": ("; boundary=" + "x" * 1_000, FILE, 400, "bad_request"),
    "another boundary": ("; boundary=y", FILE + b"--x--", 400, "invalid"),
    "nothing in it": ("; boundary=x", b"--x--\r\n", 400, "invalid"),
    "no file": ("; boundary=x", PART % (b"file", b"", b"number") + b"--x--", 400, "invalid"),
    "two files": ("; boundary=x", FILE + FILE + b"--x--", 400, "duplicate_key"),
    "a form in a form": (
        "; boundary=x",
        PART % (b"file", b"\r\nContent-Type: multipart/mixed; boundary=z", b"--z\r\n\r\nx\r\n--z--")
        + b"--x--",
        400,
        "invalid",
    ),
    "a huge name": (
        "; boundary=x",
        PART % (b"n" * 100_000, b"", b"x") + b"--x--",
        400,
        "bad_request",
    ),
    "many fields": (
        "; boundary=x",
        b"".join(PART % (b"%d" % number, b"", b"") for number in range(1_100)) + b"--x--",
        400,
        "bad_request",
    ),
    "a name of nobody": (
        "; boundary=x",
        FILE + PART % (b"a", b"", b"") + b"--x--",
        400,
        "unknown_field",
    ),
    "a NUL": (
        "; boundary=x",
        FILE + PART % (b"template", b"", b"\0") + b"--x--",
        400,
        "nul_character",
    ),
}


@pytest.mark.parametrize("form", OTHER_FORMS)
@pytest.mark.parametrize("path", ["award-files", "frameworks/imports"])
def test_a_form_that_is_none_or_says_two_things_is_refused(
    root: User, college: College, path: str, form: str
) -> None:
    application, _ = api_clients.add("Everything", by=root, scopes=settings.ALL_SCOPES)
    system = signed_in(application)
    AccessToken.objects.update(scope=" ".join(settings.ALL_SCOPES))
    boundary, body, status, code = OTHER_FORMS[form]
    answer = system.generic(
        "POST", f"/api/v1/{path}", body, content_type=f"multipart/form-data{boundary}"
    )
    said = answer.json()
    codes = {said["code"], *(each["code"] for each in said.get("errors", []))}
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM), said
    assert code in codes


def test_members_that_are_not_as_described_are_refused_where_they_stand(trial: Trial) -> None:
    _unknown_members(trial)
    _other_types(trial)
    _unseen_characters(trial)
    _no_days(trial)
    assert trial.count > 400


def _no_json(trial: Trial) -> None:
    bodies: list[tuple[bytes, str]] = [
        (b"{", "parse_error"),
        (b'{"a": 1,}', "parse_error"),
        (b'{"a": NaN}', "parse_error"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "parse_error"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"a": {"b": 1, "b": 1}}', "duplicate_key"),
        (b'{"a": "\xff"}', "not_utf8"),
        (b'{"a": "\xed\xa0\x80"}', "not_utf8"),
        ('{"a": "ä"}'.encode("latin-1"), "not_utf8"),
        ('{"a": 1}'.encode("utf-16"), "not_utf8"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
    ]
    for write in trial.writes:
        for body, code in bodies:
            sent = b"[" + body + b"]" if write.reader in LISTS and body != b"[" * 100_000 else body
            answer = trial.send(write, sent)
            trial.expect(write, answer, 400, "parsing_error" if write.reader == DOCUMENT else code)


def _no_double_and_no_end(trial: Trial) -> None:
    """Nobody guesses what numbers and depths mean; in rows each is told in its place."""
    bodies = (
        (b'{"a": 1e999}', "parse_error"),
        (b'{"a": -Infinity}', "parse_error"),
        (b'{"a": 9007199254740993}', "parse_error"),
        (b'\xef\xbb\xbf{"a": 1}', "parse_error"),
        (b'{"a": ' + b"[" * 33 + b"]" * 33 + b"}", "too_deep"),
    )
    for write in trial.writes:
        for body, code in bodies if write.reader in (OBJECT, DOCUMENT) else ():
            expected = "parsing_error" if write.reader == DOCUMENT else code
            trial.expect(write, trial.send(write, body), 400, expected)


def _no_object(trial: Trial) -> None:
    for write in trial.writes:
        for body in (b"null", b"[]", b"1", b'"x"', b"true", b"{}", b" ", b"\r\n"):
            is_right = body == (b"[]" if write.reader in LISTS else b"{}")
            if not is_right:
                code = dict.fromkeys(LISTS, "no_list") | {
                    ONE_ROW: "no_object",
                    DOCUMENT: "parsing_error",
                }
                expected = code.get(write.reader, "parse_error")
                if write.reader in LISTS and not body.strip():
                    expected = "parse_error"
                trial.expect(write, trial.send(write, body), 400, expected)


def _other_bodies(trial: Trial, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    bomb = gzip.compress(b" " * 1_000_000, mtime=0)
    for write in trial.writes:
        for content_type in ("", "text/plain", "application/xml", "text/html", "application/json5"):
            answer = trial.send(write, b"{}", content_type)
            trial.expect(write, answer, 415, "unsupported_media_type")
        packed = {"content-encoding": "gzip"}
        answer = trial.send(write, bomb, JSON, **packed)
        trial.expect(write, answer, 415, "compressed")
        assert answer["Accept-Encoding"] == "identity"
        if write.reader != DOCUMENT:
            answer = trial.send(write, b"{}", "application/json; charset=utf-16")
            trial.expect(write, answer, 415, "unsupported_media_type")
            long = json.dumps([{"a": "x" * 20_000}])
            trial.expect(write, trial.send(write, long.encode()), 413, "too_large")


def _unknown_members(trial: Trial) -> None:
    names = ("__proto__", "constructor", "$where", "__class__", "signature", "tenant", "a/b~c")
    for write in trial.writes:
        trial.refuses(write, dict.fromkeys(names, 1), "unknown_field")


def _other_types(trial: Trial) -> None:
    for write in trial.writes:
        for type_, value in OF_TYPES.items():
            others = (name for name, each in write.members.items() if type_ not in _types(each))
            trial.refuses(write, dict.fromkeys(others, value))


def _unseen_characters(trial: Trial) -> None:
    for write in trial.writes:
        names = [name for name, each in write.members.items() if "string" in _types(each)]
        for character in UNSEEN if names and write.reader != DOCUMENT else ():
            trial.refuses(write, dict.fromkeys(names, f"a{character}b"), "control_character")


def _half_a_character(trial: Trial) -> None:
    for write in trial.writes:
        if write.reader == OBJECT:
            answer = trial.send(write, b'{"a": "\\ud800"}')
            trial.expect(write, answer, 400, "parse_error")
        elif write.reader != DOCUMENT:
            key = next(iter(write.members))
            trial.refuses(write, {key: "\ud800"})


def _no_days(trial: Trial) -> None:
    days = ("2026-02-30", "0000-01-01", "26-01-01", "2026-1-1", "1", "9999-99-99", "1e3-01-01")
    beyond = ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00")
    times = ("T23:59:60Z", "T00:00:00", "T00:00:00+99:99", "T24:01:00Z", "")
    for write in trial.writes:
        for format, texts in (
            ("date", days),
            ("date-time", [*(f"2026-01-01{time}" for time in times), *days, *beyond]),
        ):
            names = [name for name, each in write.members.items() if each.get("format") == format]
            for text in texts:
                trial.refuses(write, dict.fromkeys(names, text))


def _types(member: dict[str, Any]) -> set[str]:
    """What a member may be; what is described elsewhere is a text, or told apart by its reader."""
    said = member.get("type", "string" if {"$ref", "oneOf"} & set(member) else [])
    types = {said} if isinstance(said, str) else {*said}
    is_number = "number" in types or "decimal" in str(member)  # which may be a text or a number
    return types | {"integer", "number"} if is_number else types
