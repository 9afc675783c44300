"""Every write can be tried first, and sent again without being done again."""

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application
from rest_framework.test import APIClient

from issuer.models import LedgerEntry
from registrar.models import KeptAnswer
from registrar.services.college import api_clients, kept_answers
from registrar.services.college.kept_answers import Asked
from skills.models import Association, Skill
from tests.api.test_proposals import PROPOSE, other  # noqa: F401 - a fixture
from tests.cast import signed_in
from tests.skills.test_frameworks import package


def write(sis: APIClient, body: Any, key: str = "k-1", query: str = "") -> Any:
    headers = {"idempotency-key": key} if key else {}
    return sis.post(PROPOSE + query, body, format="json", headers=headers)


@pytest.fixture
def writer(college: Any, root: Any) -> APIClient:
    application, _ = api_clients.add(
        "Skills service", by=root, scopes=["skills.propose", "skills.read"]
    )
    client = signed_in(application)
    AccessToken.objects.update(scope="skills.propose skills.read")
    return client


@pytest.fixture
def body(college: Any, other: Skill) -> dict[str, Any]:  # noqa: F811
    row = {"origin": college.skills[0].pk, "kind": "exactMatchOf", "destination": other.pk}
    return {"associations": [row]}


@pytest.mark.django_db
def test_the_same_request_with_the_same_key_is_done_once_and_answered_alike(writer, body) -> None:
    first, again = write(writer, body), write(writer, body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Content-Type"] == first["Content-Type"]
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    # Without the key it would have been told that it stands already.
    assert write(writer, body, key="").json()["new"] == []
    assert LedgerEntry.objects.filter(act="association.proposed").count() == 1


@pytest.mark.django_db
def test_an_answer_is_not_given_again_to_a_token_without_the_scope(writer, body) -> None:
    assert write(writer, body).status_code == 201
    AccessToken.objects.update(scope="skills.read")
    again = write(writer, body)
    assert (again.status_code, "Idempotency-Replayed" in again) == (403, False)


@pytest.mark.django_db
def test_a_refusal_is_answered_alike_too(writer, body) -> None:
    wrong = {"associations": [body["associations"][0] | {"kind": "sameAs"}]}
    first, again = write(writer, wrong), write(writer, wrong)
    assert (first.status_code, again.content) == (400, first.content)
    assert again["Content-Type"] == "application/problem+json"
    assert "Idempotency-Replayed" in again


@pytest.mark.django_db
def test_a_key_is_for_one_request_of_one_client(writer, body, root) -> None:
    write(writer, body)
    reused = write(writer, {"associations": body["associations"] * 2})
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = writer.post("/api/v1/learners", {}, headers={"idempotency-key": "k-1"})
    assert elsewhere.status_code in (403, 405, 422)
    AccessToken.objects.update(application=Application.objects.exclude(pk=_client()).first())
    other_client, _ = api_clients.add("Another", by=root, scopes=["skills.propose"])
    AccessToken.objects.update(application=other_client)
    assert write(writer, {"associations": body["associations"] * 2}).status_code != 422


@pytest.mark.django_db
def test_something_else_may_be_tried_under_a_key_that_was_tried_with_before(writer, body) -> None:
    another = {"associations": body["associations"] * 2}
    first, second, again = (
        write(writer, each, query="?dry_run=true") for each in (body, another, another)
    )
    assert first.status_code == 200
    assert second.content != first.content and "Idempotency-Replayed" not in second
    assert (again.content, again["Idempotency-Replayed"]) == (second.content, "true")
    assert write(writer, body).status_code == 201
    assert write(writer, another).json()["code"] == "idempotency_key_reused"


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_method_that_is_not_offered_is_called_that_whatever_its_key(
    writer, body, method: str
) -> None:
    write(writer, body)
    answer = getattr(writer, method)(PROPOSE, headers={"idempotency-key": "k-1"})
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert KeptAnswer.objects.count() == 1


def _client() -> int:
    return KeptAnswer.objects.values_list("application", flat=True).get()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 256, "two words", "\t", "é", ""])
def test_what_is_no_key_is_refused(writer, body, key: str) -> None:
    answer = writer.post(PROPOSE, body, format="json", headers={"idempotency-key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")
    assert not Association.objects.filter(framework=None).exists()


@pytest.mark.django_db
def test_what_says_nothing_of_the_write_is_not_kept(writer, body) -> None:
    AccessToken.objects.update(scope="skills.read")
    assert write(writer, body).status_code == 403
    AccessToken.objects.update(scope="skills.propose skills.read")
    assert write(writer, body).status_code == 201


@pytest.mark.django_db
def test_answers_are_kept_for_a_day(writer, body) -> None:
    write(writer, body)
    assert kept_answers.sweep() == 0
    assert kept_answers.sweep(at=timezone.now() + timedelta(hours=25)) == 1
    KeptAnswer.objects.update(at=timezone.now() - timedelta(hours=25))
    assert "Idempotency-Replayed" not in write(writer, body)


@pytest.mark.django_db
def test_a_dry_run_answers_alike_and_changes_nothing(writer, body) -> None:
    tried = write(writer, body, query="?dry_run=true")
    assert tried.status_code == 200
    assert not Association.objects.filter(framework=None).exists()
    assert not KeptAnswer.objects.exclude(is_dry=True).exists()
    assert not LedgerEntry.objects.filter(act="association.proposed").exists()
    done = write(writer, body, query="?dry_run=false")
    names = [set(each) for each in (tried.json()["new"][0], done.json()["new"][0])]
    assert names[0] == names[1]
    for query in ("?dry_run=yes", "?dry_run=true&dry_run=false", "?dry_run="):
        refused = write(writer, body, query=query)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_dry_run")


@pytest.mark.django_db
def test_a_form_that_was_tried_leaves_its_key_free(writer) -> None:
    AccessToken.objects.update(scope="skills.import skills.read")

    def send(**said: str) -> Any:
        file = SimpleUploadedFile("skills.json", json.dumps(package(1)).encode())
        headers = {"idempotency-key": "f-2"}
        path = "/api/v1/frameworks/imports"
        return writer.post(path, {"file": file, **said}, format="multipart", headers=headers)

    tried, again, done = send(dry_run="true"), send(dry_run="true"), send()
    assert (tried.status_code, again.content, done.status_code) == (200, tried.content, 201)
    assert [each.get("Idempotency-Replayed") for each in (tried, again, done)] == [
        None,
        "true",
        None,
    ]
    assert send().content == done.content


@pytest.mark.django_db
def test_a_form_sent_again_is_the_same_form(writer, body) -> None:
    AccessToken.objects.update(scope="skills.import skills.read")

    def send(text: bytes) -> Any:
        return writer.post(
            "/api/v1/frameworks/imports",
            {"file": SimpleUploadedFile("x.csv", text)},
            format="multipart",
            headers={"idempotency-key": "f-1"},
        )

    first = send(b"nothing of a framework")
    assert first.status_code == 422
    assert send(b"nothing of a framework").content == first.content
    assert send(b"something else")["Content-Type"] == "application/problem+json"
    assert send(b"something else").json()["code"] == "idempotency_key_reused"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done_and_no_lock_outlives_its_holder(writer, body) -> None:
    token = writer._credentials["HTTP_AUTHORIZATION"]
    answers: list[Any] = []

    def send() -> None:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=token)
        answers.append(write(client, body))
        connections.close_all()

    _at_once(send, 12)
    assert {each.status_code for each in answers} <= {201, 409}
    assert len({each.content for each in answers if each.status_code == 201}) == 1
    refused = [each for each in answers if each.status_code == 409]
    assert all(each.json()["code"] == "in_progress" for each in refused)
    assert LedgerEntry.objects.filter(act="association.proposed").count() == 1
    _a_holder_that_dies("k-2")
    assert _when_it_is_free(writer, body, key="k-2").status_code == 201


def _at_once(act: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=act) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _when_it_is_free(writer: APIClient, body: Any, key: str) -> Any:
    """Send it as long as another is at it, as the answer says: a session ends by itself."""
    for _ in range(20):
        answer = write(writer, body, key=key)
        if answer.status_code != 409:
            break
        time.sleep(float(answer["Retry-After"]))
    return answer


def _a_holder_that_dies(key: str) -> None:
    application = _client()

    def hold_and_die() -> None:
        with transaction.atomic():
            assert kept_answers.hold(Asked(application, key))
            connection.connection.close()
            connection.set_rollback(True)
        connections.close_all()

    thread = threading.Thread(target=hold_and_die)
    thread.start()
    thread.join()
