"""Who may write and not read learns nothing by writing but what became of it."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from registrar.models import Learner, Revision
from registrar.services.feeding import feeds
from tests.api.test_api import LISTS
from tests.api.test_award_files import ADDRESS
from tests.api.test_dry_runs import (  # noqa: F401 - some are fixtures
    API,
    CHANGES,
    Write,
    described,
    system,
    writes,
)
from tests.api.test_framework_imports import bearer
from tests.api.test_proposals import other  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

SECRET = "Zanzibar"
# An approved revision stays what it is.
OF_THE_WORKSHOP = "as noted by its leader"
# What each kind of row is made to say before.
PLANTED = {kind: {name: SECRET for name in said} for kind, said in CHANGES.items()}
PLANTED |= {
    "courses": {"title": SECRET, "description": SECRET},
    "learners": {"given_name": SECRET, "email": f"{SECRET}@college.example"},
    "enrolments": {},
}
# The answer is of what the client sent or registered itself.
NEED_NO_READING = {
    *(f"post {kind}" for kind in CHANGES),
    "post award-files",
    "post client/secret",
    "delete client/former-secret",
    "post webhooks",
    "patch webhooks/{id}",
    "delete webhooks/{id}",
    "post webhooks/{id}/secret",
    "post webhooks/{id}/test",
    "post webhooks/{id}/replay",
    "post webhooks/{id}/deliveries/{event}/replay",
}
READS = {*settings.API_SCOPES, *settings.MORE_SCOPES}
ALONE = sorted({*settings.ALL_SCOPES} - READS)


@pytest.fixture
def planted(system: APIClient, writes: dict[str, Write]) -> dict[str, Write]:  # noqa: F811
    """Where what a write may reach says something that nobody has sent who writes."""
    for kind, said in PLANTED.items():
        path = API + writes[f"patch {kind}/{{id}}"].path
        changed = system.patch(path, said, format="json")
        assert changed.status_code == 200, changed.content
        change = writes[f"patch {kind}/{{id}}"]
        change.path, change.body = f"{kind}/{changed.json()['id']}", {}
    draft = API + writes["patch revisions/{id}"].path
    assert system.patch(draft, {"criteria": SECRET}, format="json").status_code == 200
    link = writes["post associations/proposals"].body["associations"][0] | {"reason": SECRET}
    proposed = system.post(f"{API}associations/proposals", {"associations": [link]}, format="json")
    assert proposed.status_code == 201
    suspend = API + writes["post credentials/{id}/suspend"].path
    assert system.post(suspend, {"reason": SECRET}, format="json").status_code == 200
    writes["post credentials/{id}/reinstate"].after = ""
    return writes


def sent(client: APIClient, name: str, write: Write, query: str) -> Any:
    with transaction.atomic():
        answer = write.send(client, name.partition(" ")[0], query)
        transaction.set_rollback(True)
    return answer


def shows(answer: Any) -> bool:
    return any(each in answer.content.decode() for each in (SECRET, OF_THE_WORKSHOP))


@pytest.mark.thorough
def test_no_write_answers_what_is_on_record_to_who_may_not_read_it(
    system: APIClient,  # noqa: F811
    planted: Mapping[str, Write],
) -> None:
    operations, _ = described()
    assert set(planted) == set(operations)
    without = {
        name for name, each in operations.items() if not READS & {*each["security"][0]["oauth2"]}
    }
    assert without == NEED_NO_READING
    found, shown = [], set()
    for name, write in planted.items():
        for query in ("?dry_run=true", ""):
            AccessToken.objects.update(scope=" ".join(settings.ALL_SCOPES))
            done = sent(system, name, write, query)
            assert done.status_code < 300, (name, done.content)
            if shows(done):
                shown.add(name)
            AccessToken.objects.update(scope=" ".join(ALONE))
            answer = sent(system, name, write, query)
            if (answer.status_code < 300) != (name in NEED_NO_READING):
                found.append(f"{name}{query}: {answer.status_code} {answer.content!r}")
            if shows(answer):
                found.append(f"{name}{query}: {answer.content!r}")
    assert not found, "\n".join(found)
    # What was planted is where it would be seen.
    assert shown > {f"patch {kind}/{{id}}" for kind, said in PLANTED.items() if said}
    assert shown > {"post templates/{id}/revisions", "post associations/proposals"}
    assert "post credentials/{id}/suspend" in shown


def test_rows_of_one_who_may_not_read_are_told_one_by_one_what_became_of_them(
    sis: APIClient, ada: Learner
) -> None:
    AccessToken.objects.update(scope="learners.write")
    rows: list[dict[str, Any]] = [
        {"sourced_id": ada.sourced_id, "given_name": ada.given_name},
        {"sourced_id": ada.sourced_id + "2", "given_name": "Eve"},
        {"sourced_id": "x", "email": "x"},
    ]
    answer = sis.post(f"{API}learners?source={ada.source}", rows, format="json")
    told = [row["status"] for row in answer.json()["rows"]]
    assert told == ["unchanged", "created", "error"]
    assert ada.email not in answer.content.decode()
    for method, path in (("get", f"learners/{ada.pk}"), ("patch", f"learners/{ada.pk}")):
        refused = getattr(sis, method)(API + path, {}, format="json")
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
        assert "learners.read" in refused["WWW-Authenticate"]
    for path in LISTS:
        assert sis.get(API + path).status_code == 403, path


@pytest.mark.parametrize("query", ["", "&dry_run=true"])
def test_the_number_of_somebody_alike_is_told_to_who_may_read_learners(
    client: Client, workshop: Revision, ada: Learner, query: str
) -> None:
    said = f"{ada.number}0,{ada.given_name},{ada.family_name},other@example.org"
    body = f"number,given_name,family_name,email\n{said}"
    headers, told = bearer("awards.prepare"), []
    for scope in ("awards.prepare", "awards.prepare learners.read"):
        AccessToken.objects.update(scope=scope)
        with transaction.atomic():
            answer = client.post(
                f"{ADDRESS}?template=workshop{query}", body, "text/csv", headers=headers
            )
            transaction.set_rollback(True)
        (problem,) = answer.json()["problems"]
        assert problem["code"] == "mistyped_number"
        told.append(
            ada.number in (problem["reason"] + problem["remedy"]).replace(f"{ada.number}0", "")
        )
    assert told == [False, True]


def test_which_of_several_with_a_number_is_meant_is_told_to_who_may_read_learners(
    client: Client, workshop: Revision, ada: Learner, clara: User
) -> None:
    Learner.objects.create(
        source="south", sourced_id="s-1", number=ada.number, given_name="Ben", family_name="Obi"
    )
    for source in ("south", ada.source):
        feeds.add(source, source, source=source, shares_numbers=True, by=clara)
    body = f"number,given_name,family_name\n{ada.number},{ada.given_name},{ada.family_name}"
    headers, told = bearer("awards.prepare"), []
    for scope in ("awards.prepare", "awards.prepare learners.read"):
        AccessToken.objects.update(scope=scope)
        address = f"{ADDRESS}?template=workshop&dry_run=true"
        answer = client.post(address, body, "text/csv", headers=headers)
        found = {each["code"]: each["reason"] for each in answer.json()["problems"]}
        told.append(f"learner {ada.pk} of" in found["number_of_several"])
    assert told == [False, True]
