"""Systems award from files with a scope of their own; a person approves."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import dateformat, timezone

import registrar
from issuer.models import Batch, LedgerEntry
from registrar.api.award_files import AwardRowSerializer, columns_table
from registrar.api.examples import ROWS
from registrar.models import Award, AwardFile, Learner, Revision
from registrar.readers import award_columns
from registrar.services.awarding import award_file_reading, awards
from tests.api.test_framework_imports import bearer
from tests.registrar.award_sheets import HEADER, line, right

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/award-files"
PROBLEM = "application/problem+json"
MEDIA_TYPES = ("application/json", "application/x-ndjson", "text/csv")


def send(client: Client, headers: dict[str, str], data: bytes, **form: Any) -> Any:
    said = {"template": "workshop", "file": SimpleUploadedFile("people.csv", data), **form}
    return client.post(ADDRESS, said, headers=headers)


def test_a_system_prepares_and_a_person_approves(
    client: Client, workshop: Revision, dev: User
) -> None:
    headers = bearer("awards.prepare")
    data = "\n".join([",".join(HEADER), line(right(1)), line(right(2) | {"e-mail": "x"})]).encode()
    tried = send(client, headers, data, dry_run="true")
    assert (tried.status_code, tried.json()["new"], tried.json()["wrong"]) == (200, 1, 1)
    assert not Award.objects.exists()
    answer = send(client, headers, data)
    told = answer.json()
    assert (answer.status_code, told["ok"]) == (201, 1)
    assert answer["Location"] == f"/api/v1/batches/{told['batch']}"
    (problem,) = told["problems"]
    assert (problem["row"], problem["line"], problem["code"]) == (1, 3, "bad_email")
    assert (problem["pointer"], problem["column"]) == ("/1/e-mail", "e-mail")
    entry = LedgerEntry.objects.get(act="award_file.prepared")
    assert entry.actor == "Skills service"
    batch = Batch.objects.get(pk=told["batch"])
    before = send(client, headers, data, dry_run="true").json()
    assert (before["waiting"], before["already"], before["ok"]) == (1, 0, 1)
    assert awards.approve(batch, by=dev).state == Batch.State.APPROVED
    again = send(client, headers, data)
    assert (again.status_code, again.json()["batch"], again.json()["already"]) == (200, None, 1)
    assert again.json()["waiting"] == 0


def test_a_template_that_there_is_not_is_told_with_where_they_are(client: Client) -> None:
    told = send(client, bearer("awards.prepare"), b"number\n1\n", template="nope").json()
    (error,) = told["errors"]
    assert (error["pointer"], error["code"]) == ("/template", "unknown_reference")
    assert "short name nope" in error["reason"] and "/api/v1/templates" in error["reason"]


def test_a_batch_is_called_as_its_sender_says_else_by_whom_it_is_and_when(
    client: Client, workshop: Revision, settings: Any
) -> None:
    headers = bearer("awards.prepare")

    def named(row: int, query: str = "") -> Any:
        body = json.dumps([right(row)])
        address = f"{ADDRESS}?template=workshop{query}"
        tried = client.post(f"{address}&dry_run=true", body, "application/json", headers=headers)
        told = client.post(address, body, "application/json", headers=headers).json()
        assert tried.json()["name"] == told["name"], (tried.json(), told)
        assert Batch.objects.get(pk=told["batch"]).name == told["name"]
        return told["name"]

    today = dateformat.format(timezone.localdate(), settings.DATE_FORMAT)
    assert named(1) == f"{workshop.name}, rows of Skills service, {today}"
    assert named(2, "&name=Graduates+of+June") == "Graduates of June"
    assert Award.objects.latest("pk").reasons == ["Line 1 of Graduates of June"]
    data = "\n".join([",".join(HEADER), line(right(3))]).encode()
    assert send(client, headers, data, dry_run="true").json()["name"].endswith(", people.csv")
    assert send(client, headers, data, name="Late ones").json()["name"] == "Late ones"
    assert send(client, headers, data).json()["name"] is None
    assert send(client, headers, data, name="x" * 201).status_code == 400


def test_a_row_of_which_something_is_worth_a_look_is_none_that_is_wrong(
    client: Client, workshop: Revision, ada: Learner
) -> None:
    rows = [
        {"number": ada.number or ada.sourced_id, "email": "another@example.org"},
        {"number": "7", "given_name": "A", "family_name": "B", "email": "b@example.org"},
        {"number": "8", "given_name": "A", "family_name": "B", "email": "no"},
    ]
    told = client.post(
        f"{ADDRESS}?template=workshop&dry_run=true",
        json.dumps(rows),
        "application/json",
        headers=bearer("awards.prepare"),
    ).json()
    assert (told["ok"], told["warned"], told["wrong"]) == (2, 1, 1), told


def test_a_number_that_nobody_has_is_one_error_with_what_adds_the_person(
    client: Client, workshop: Revision, ada: Learner
) -> None:
    headers = bearer("awards.prepare")
    both = [{"number": ada.number or ada.sourced_id}, {"number": "0000009"}]
    grace = {"given_name": "Grace", "family_name": "Hopper", "email": "g@example.org"}
    named = {"number": "0000777", **grace}
    blank = {"number": "0000009", **dict.fromkeys(grace)}
    for rows in (both, both[1:], [*both, named], [blank, named]):
        told = client.post(
            f"{ADDRESS}?template=workshop&dry_run=true",
            json.dumps(rows),
            "application/json",
            headers=headers,
        ).json()
        (error,) = [each for each in told["problems"] if each["severity"] == "error"]
        assert (error["code"], error["column"]) == ("unknown_learner", "number")
        assert "the given name, the family name and the e-mail address" in error["remedy"]


def test_rows_come_as_lines_of_json_too(client: Client, workshop: Revision) -> None:
    rows = [
        {"number": 7, "given name": "Ada", "family name": "Byron", "email": "a@example.org"},
        {"number": "8", "given name": "Bo", "family name": None, "email": "b@example.org"},
    ]
    body = "\n".join([*map(json.dumps, rows), "{broken"])
    answer = client.post(
        f"{ADDRESS}?template=workshop",
        body,
        content_type="application/x-ndjson",
        headers=bearer("awards.prepare"),
    )
    assert (answer.status_code, answer.json()["new"], answer.json()["wrong"]) == (201, 1, 2)
    codes = [(each["row"], each["code"]) for each in answer.json()["problems"]]
    assert codes == [(1, "required"), (2, "bad_json")]


def test_a_line_of_json_that_says_a_member_twice_awards_nobody(
    client: Client, workshop: Revision, ada: Learner, ben: Learner
) -> None:
    numbers = [each.number or each.sourced_id for each in (ada, ben)]
    twice = f'{{"number": "{numbers[0]}", "number": "{numbers[1]}"}}'
    once = json.dumps({"number": numbers[0], "given_name": "", "family_name": "", "email": ""})
    told = client.post(
        f"{ADDRESS}?template=workshop&dry_run=true",
        f"{twice}\n{once}",
        content_type="application/x-ndjson",
        headers=bearer("awards.prepare"),
    ).json()
    assert (told["new"], told["wrong"]) == (1, 1)
    assert [(each["row"], each["code"]) for each in told["problems"]] == [(0, "duplicate_key")]


WRONG = [
    {"number": number, "sourced_id": number, "given_name": "A", "family_name": "B", "email": "x"}
    for number in ("1", "2")
]
SENT = {
    "text/csv": "\n\n".join([",".join(WRONG[0]), *(",".join(each.values()) for each in WRONG)]),
    "application/x-ndjson": "\n\n".join(["", *map(json.dumps, WRONG)]),
    "application/json": json.dumps(WRONG),
}


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_what_is_wrong_with_a_row_is_told_alike_wherever_rows_are_sent(
    client: Client, workshop: Revision, media_type: str
) -> None:
    headers = bearer("awards.prepare", "learners.write")

    def send_to(path: str) -> Any:
        address = f"/api/v1/{path}&dry_run=true"
        return client.post(address, SENT[media_type], media_type, headers=headers).json()

    rows = send_to("learners?source=trial")["rows"]
    assert [row["row"] for row in rows] == [0, 1]
    told = [error for row in rows for error in row["errors"] if error["pointer"].endswith("l")]
    problems = send_to("award-files?template=workshop")["problems"]
    of_files = [each for each in problems if each["pointer"].endswith("/email")]
    places = ["/0/email", "/1/email"]
    assert [each["pointer"] for each in told] == [each["pointer"] for each in of_files] == places
    assert [each["row"] for each in of_files] == [0, 1]
    assert {*told[0]} <= {*of_files[0]}
    assert {*told[0]} == {"pointer", "code", "reason", "remedy"}


def test_what_the_form_and_the_address_say_alike_is_said_once(
    client: Client, workshop: Revision
) -> None:
    data = "\n".join([",".join(HEADER), line(right(1))]).encode()
    headers = bearer("awards.prepare")
    for query, form, status in (
        ("template=workshop", "workshop", 200),
        ("template=workshop", "another", 400),
        ("template=another", "workshop", 400),
        ("template=workshop&template=workshop", "workshop", 400),
    ):
        said = {"template": form, "file": SimpleUploadedFile("x.csv", data), "dry_run": "true"}
        answer = client.post(f"{ADDRESS}?dry_run=true&{query}", said, headers=headers)
        assert answer.status_code == status, (query, form, answer.content)


def described(client: Client) -> dict[str, Any]:
    schema = client.get("/api/v1/schema", headers={"accept": "application/json"}).json()
    return schema["paths"][ADDRESS]["post"]


@pytest.mark.parametrize("media_type", ["application/json", "text/csv", "multipart/form-data"])
@pytest.mark.parametrize("query", ["", "&dry_run=true"])
def test_the_example_of_each_body_can_be_sent(
    client: Client, workshop: Revision, media_type: str, query: str
) -> None:
    learner = ROWS["learners"]
    Learner.objects.create(
        source="banner",
        sourced_id=learner["sourced_id"],
        number=learner["number"],
        given_name=learner["given_name"],
        family_name=learner["family_name"],
    )
    (example,) = described(client)["requestBody"]["content"][media_type]["examples"].values()
    body, headers = example["value"], bearer("awards.prepare")
    if media_type == "multipart/form-data":
        body["template"] = "workshop"
        body["file"] = SimpleUploadedFile("people.csv", body["file"].encode())
        answer = client.post(f"{ADDRESS}?{query[1:]}", body, headers=headers)
    else:
        text = json.dumps(body) if media_type == "application/json" else body
        address = f"{ADDRESS}?template=workshop{query}"
        answer = client.post(address, text, content_type=media_type, headers=headers)
    told = answer.json()
    both = 1 if media_type == "application/json" else 2
    assert (told["problems"], told["new"], told["people"]) == ([], both, 1), told
    assert (answer.status_code, told["dry_run"]) == ((200, True) if query else (201, False))
    assert bool(told["batch"]) == Award.objects.exists() == (not query)


def test_what_a_file_may_hold_stands_where_integrators_look(client: Client) -> None:
    table = columns_table()
    assert "| `number` | yes |" in table
    assert table in described(client)["description"]
    assert table in (Path(registrar.__file__).parent / "README.md").read_text()


def test_every_column_is_read_by_the_name_under_which_it_is_described(workshop: Revision) -> None:
    names = [*AwardRowSerializer().fields]
    results = award_file_reading.results_of(workshop)
    assert award_columns.suggest(names, [], results) == {name: name for name in names}


def test_a_file_of_which_nothing_can_be_read_is_refused_and_leaves_nothing(
    client: Client, workshop: Revision
) -> None:
    headers = bearer("awards.prepare")
    assert send(client, headers, b"a\n1\n", template="nothing").status_code == 400
    address = f"{ADDRESS}?template=workshop"
    bodies = {
        "text/csv": ("missing_column", "a\n1\n"),
        "application/x-ndjson": ("missing_column", '{"a": 1}'),
        "application/json": ("empty_file", "[]"),
    }
    for media_type, (code, body) in bodies.items():
        for query in ("", "&dry_run=true"):
            answer = client.post(address + query, body, content_type=media_type, headers=headers)
            assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM), answer.content
            (error,) = answer.json()["errors"]
            assert (answer.json()["code"], error["code"]) == ("import_refused", code)
            assert error["reason"] and error["remedy"]
            assert (error["row"], error["pointer"]) == (None, "")
    for form in ({}, {"dry_run": "true"}):
        answer = send(client, headers, b"PK nothing", **form)
        assert (answer.status_code, answer.json()["errors"][0]["severity"]) == (422, "fatal")
    assert not AwardFile.objects.exists()


def test_what_is_no_list_no_text_and_too_much_is_refused(
    client: Client, workshop: Revision, settings: Any
) -> None:
    headers, address = bearer("awards.prepare"), f"{ADDRESS}?template=workshop"

    def post(body: str, media_type: str = "application/json") -> Any:
        return client.post(address, body, content_type=media_type, headers=headers)

    for body, code in (
        ("{}", "no_list"),
        ("[{", "parse_error"),
        ('[{"a":1,"a":2}]', "duplicate_key"),
    ):
        assert (post(body).status_code, post(body).json()["code"]) == (400, code)
    person = {"number": "7", "given_name": "Ada", "family_name": "Byron", "email": "a@example.org"}
    told = post(json.dumps([person, 1, person | {"number": True}])).json()
    assert [(each["row"], each["code"]) for each in told["problems"]] == [
        (1, "bad_json"),
        (2, "type"),
    ]
    assert post("a", "text/csv; charset=latin-1").status_code == 415
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert (post(json.dumps([person] * 9)).status_code) == 413


def test_without_the_scope_nothing_is_taken(client: Client, workshop: Revision) -> None:
    assert send(client, bearer("awards.read"), b"a\n").status_code == 403
