"""Systems award from files with a scope of their own; a person approves."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from issuer.models import Batch, LedgerEntry
from registrar.models import Award, Revision
from registrar.services.awarding import awards
from tests.api.test_framework_imports import bearer
from tests.registrar.award_sheets import HEADER, line, right

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/award-files"


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
    (problem,) = told["problems"]
    assert (problem["row"], problem["column"], problem["code"]) == (3, "e-mail", "bad_email")
    entry = LedgerEntry.objects.get(act="award_file.prepared")
    assert entry.actor == "Skills service"
    batch = Batch.objects.get(pk=told["batch"])
    assert awards.approve(batch, by=dev).state == Batch.State.APPROVED
    again = send(client, headers, data)
    assert (again.status_code, again.json()["batch"], again.json()["already"]) == (200, None, 1)


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
    assert codes == [(2, "required"), (3, "bad_json")]


def test_what_is_asked_wrongly_is_told(client: Client, workshop: Revision) -> None:
    headers = bearer("awards.prepare")
    assert send(client, headers, b"a\n1\n", template="nothing").status_code in (400, 422)
    answer = send(client, headers, b"a\n1\n")
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (200, "missing_column")
    assert client.post(ADDRESS, b"x", content_type="text/csv", headers=headers).status_code == 415


def test_without_the_scope_nothing_is_taken(client: Client, workshop: Revision) -> None:
    assert send(client, bearer("awards.read"), b"a\n").status_code == 403
