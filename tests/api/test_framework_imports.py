"""Systems import frameworks with a scope of their own, as the desk does."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application

from issuer.models import LedgerEntry
from registrar import tasks
from skills.models import FrameworkImport, Skill
from tests.skills.test_frameworks import package

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/frameworks/imports"


def bearer(*scopes: str) -> dict[str, str]:
    application = Application.objects.create(
        name="Skills service",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    token = AccessToken.objects.create(
        application=application,
        token="a-token-of-the-test",
        scope=" ".join(scopes),
        expires=timezone.now() + timedelta(hours=1),
    )
    return {"authorization": f"Bearer {token.token}"}


def send(client: Client, headers: dict[str, str], content: Any, **form: Any) -> Any:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    form["file"] = SimpleUploadedFile("skills.json", data)
    return client.post(ADDRESS, form, headers=headers)


def test_a_dry_run_tells_what_would_change_and_changes_nothing(client: Client) -> None:
    answer = send(client, bearer("skills.import", "skills.read"), package(1, 2), dry_run="true")
    assert (answer.status_code, answer.json()["new"]) == (200, 2)
    assert not Skill.objects.exists()


def test_what_is_imported_is_entered_as_the_systems_act(client: Client) -> None:
    headers = bearer("skills.import", "skills.read")
    assert send(client, headers, package(1, 2)).status_code == 201
    imported = FrameworkImport.objects.get()
    assert (imported.client, imported.by, imported.format) == ("Skills service", None, "case")
    entry = LedgerEntry.objects.get(act="framework.imported")
    assert entry.actor == "Skills service"
    newer = package(1)
    newer["CFItems"][0]["fullStatement"] = "In other words"
    told = send(client, headers, newer).json()
    assert (told["changed"], told["retired"]) == (1, 1)
    (value,) = told["differences"][0]["values"]
    assert value == {"name": "statement", "before": "Statement 1", "after": "In other words"}


def test_a_file_with_errors_is_a_problem_with_all_of_them(client: Client) -> None:
    broken = package(1, 2)
    del broken["CFItems"][0]["fullStatement"]
    broken["CFItems"][1]["lastChangeDateTime"] = "yesterday"
    answer = send(client, bearer("skills.import", "skills.read"), broken)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["code"] == "import_refused"
    places = [error["pointer"] for error in told["errors"]]
    assert "/CFItems/0/fullStatement" in places and "/CFItems/1/lastChangeDateTime" in places


def test_what_is_only_worth_a_look_is_told_from_what_is_wrong(client: Client) -> None:
    broken = package(1) | {"colour": "green"}
    del broken["CFItems"][0]["fullStatement"]
    told = send(client, bearer("skills.import", "skills.read"), broken).json()
    assert "/CFItems/0/fullStatement" in {each["pointer"] for each in told["errors"]}
    assert "/colour" in {each["pointer"] for each in told["warnings"]}
    assert {each["severity"] for each in told["warnings"]} == {"warning"}
    assert "warning" not in {each["severity"] for each in told["errors"]}


def test_most_of_a_framework_is_retired_only_where_that_is_accepted(client: Client) -> None:
    headers = bearer("skills.import", "skills.read")
    told = send(client, headers, package(*range(1, 31))).json()
    assert told["associations"] == {"new": 30, "changed": 0, "retired": 0, "unchanged": 0}
    trial = send(client, headers, package(1), dry_run="true")
    assert (trial.status_code, trial.json()["retired"]) == (200, 29)
    assert [each["code"] for each in trial.json()["warnings"]] == ["many_retired"]
    refused = send(client, headers, package(1))
    assert (refused.status_code, refused.json()["code"]) == (422, "many_retired")
    assert "29 of the 30 skills" in refused.json()["errors"][0]["reason"]
    assert Skill.objects.current().count() == 30
    accepted = send(client, headers, package(1), accept_retirements="true")
    assert (accepted.status_code, accepted.json()["retired"]) == (201, 29)


def test_a_sheet_is_imported_by_its_columns(client: Client) -> None:
    headers = bearer("skills.import", "skills.read")
    sheet = b"Ref,What\nA1,Count birds\n"
    refused = send(client, headers, sheet)
    assert (refused.status_code, refused.json()["code"]) == (422, "more_to_say")
    columns = json.dumps({"code": "Ref", "statement": "What"})
    answer = send(client, headers, sheet, framework_id="birds", columns=columns)
    assert (answer.status_code, answer.json()["new"]) == (201, 1)


@pytest.mark.parametrize(
    "form",
    [
        {"format": "pdf"},
        {"columns": "[1]"},
        {"columns": '{"colour": "x"}'},
        {"columns": '{"statement": "\\ud800"}'},
        {"columns": "[" * 50_000},
        {"kind": "x"},
    ],
)
def test_what_is_not_known_is_refused(client: Client, form: dict[str, str]) -> None:
    answer = send(client, bearer("skills.import", "skills.read"), package(1), **form)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_reading_skills_is_not_importing_them(client: Client) -> None:
    assert send(client, bearer("skills.read"), package(1)).status_code == 403
    assert client.post(ADDRESS).status_code == 401


def test_where_meanings_are_wanted_a_worker_is_rung_for_to_learn_what_was_imported(
    client: Client,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(tasks.learn_meanings, "delay", lambda: rung.append("learn"))
    headers = bearer("skills.import", "skills.read")
    for wanted, rings in ((False, 0), (True, 1)):
        settings.SUGGEST_BY_MEANING = wanted
        with django_capture_on_commit_callbacks(execute=True):
            assert send(client, headers, package(1, 2, 3)).status_code == 201
        assert len(rung) == rings
