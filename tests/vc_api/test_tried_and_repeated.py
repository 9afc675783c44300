"""What the VC API writes is tried with `dry_run`, and done once under an `Idempotency-Key`."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from rest_framework.test import APIClient

from issuer.models import Batch, Credential, LedgerEntry, StatusChange, StatusList
from registrar.models import KeptAnswer
from tests.vc_api.conftest import composed, issue, post

ISSUE = "/vc-api/credentials/issue"


def send(client: APIClient, body: Any, *, path: str = ISSUE, key: str = "k-1") -> Any:
    return client.post(path, body, format="json", headers={"idempotency-key": key})


def without_id(**members: Any) -> dict[str, Any]:
    document = composed(**members)
    del document["id"]
    return {"credential": document}


def rows() -> dict[str, int]:
    """How many rows each table has; of status lists what was given out, too."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        counted = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608 - names of our tables
            counted[name] = cursor.fetchone()[0]
    given_out = StatusList.objects.order_by("pk").values_list("taken", flat=True)
    return counted | {"given out": sum(given_out)}


def test_a_credential_is_tried_without_being_signed(asked: APIClient) -> None:
    assert issue(asked, composed(id="https://careers.example/statements/0")).status_code == 201
    before = rows()
    tried = asked.post(f"{ISSUE}?dry_run=true", {"credential": composed()}, format="json")
    assert tried.status_code == 200, tried.content
    assert tried.json()["verifiableCredential"] == composed(issuer=settings.ISSUER_DID)
    assert rows() == before


def test_what_is_wrong_is_told_by_a_try_alike(asked: APIClient) -> None:
    wrong = {"credential": composed(type=["Nothing"])}
    tried = asked.post(f"{ISSUE}?dry_run=true", wrong, format="json")
    done = asked.post(ISSUE, wrong, format="json")
    assert (tried.status_code, tried.json()) == (400, done.json())


def test_a_revocation_is_tried(asked: APIClient) -> None:
    assert issue(asked, composed()).status_code == 201
    body = {
        "credentialId": composed()["id"],
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
        "status": True,
    }
    before = rows()
    tried = asked.post("/vc-api/credentials/status?dry_run=true", body, format="json")
    assert (tried.status_code, rows()) == (200, before)
    done = send(asked, body, path="/vc-api/credentials/status")
    again = send(asked, body, path="/vc-api/credentials/status")
    assert tried.content == done.content == again.content
    assert again["Idempotency-Replayed"] == "true"
    assert StatusChange.objects.count() == 1


@pytest.mark.parametrize("query", ["dryrun=true", "dry_run=yes", "format=jwt"])
@pytest.mark.parametrize("path", ["issue", "status", "verify", "derive"])
def test_a_parameter_that_is_not_known_is_refused(asked: APIClient, path: str, query: str) -> None:
    body = {"credential": composed()}
    answer = asked.post(f"/vc-api/credentials/{path}?{query}", body, format="json")
    assert answer.status_code == 400
    assert answer.json()["code"] in ("unknown_parameter", "bad_dry_run")
    assert Credential.objects.count() == 0


def test_a_credential_without_any_id_is_issued_once_under_its_key(asked: APIClient) -> None:
    first, again = send(asked, without_id()), send(asked, without_id())
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    assert send(asked, without_id(), key="k-2").json() != first.json()
    assert (Credential.objects.count(), Batch.objects.count()) == (2, 2)


def test_once_also_where_the_answer_was_lost(asked: APIClient) -> None:
    first = send(asked, without_id())
    KeptAnswer.objects.all().delete()
    assert send(asked, without_id()).json() == first.json()
    assert LedgerEntry.objects.filter(act="credential.composed").count() == 1


def test_a_key_is_for_one_document(asked: APIClient) -> None:
    send(asked, without_id())
    other = send(asked, without_id(name="Another"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Credential.objects.count() == 1


def test_of_what_is_only_looked_at_nothing_is_kept(asked: APIClient) -> None:
    signed = issue(asked, composed()).json()
    KeptAnswer.objects.all().delete()
    for _ in range(2):
        found = send(asked, signed, path="/vc-api/credentials/verify")
        assert (found.status_code, "Idempotency-Replayed" in found) == (200, False)
    assert not KeptAnswer.objects.exists()


def test_a_body_that_is_too_large_is_called_that(asked: APIClient) -> None:
    large = composed(name="x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    answer = post(asked, "credentials/issue", {"credential": large})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
