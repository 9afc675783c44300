"""Systems revoke what was issued here."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from rest_framework.test import APIClient

from issuer.models import Chunk, Credential, LedgerEntry, StatusChange
from issuer.services import audit, batches, credentials, status, verification
from issuer.vc.verification.verify import Outcome
from tests.issuer import badges
from tests.vc_api.conftest import NAME, composed, issue, post

ENTRY = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}


@pytest.fixture
def document(asked: APIClient, settings: Any) -> dict[str, Any]:
    """What the system had issued."""
    settings.STATUS_PUBLISH_AT_ONCE = True
    return issue(asked, composed()).json()["verifiableCredential"]


def change(client: APIClient, document: dict[str, Any], **members: Any) -> Any:
    body = {"credentialId": document["id"], "credentialStatus": ENTRY, "status": True} | members
    return post(client, "credentials/status", body)


def test_a_revocation_is_seen_by_verifiers_and_says_who_asked(
    asked: APIClient, document: dict[str, Any]
) -> None:
    answer = change(asked, document)
    assert answer.status_code == 200, answer.content
    assert verification.verify(document).check("status").outcome is Outcome.FAILED
    made = StatusChange.objects.get()
    assert (made.client, made.by) == (NAME, None)
    entry = LedgerEntry.objects.get(act="credential.revoked")
    assert entry.actor == NAME and entry.user is None and entry.details["client"]
    assert audit.check().ok
    assert change(asked, document, credentialStatus=document["credentialStatus"]).status_code == 200
    assert StatusChange.objects.count() == 1


def test_what_the_college_awarded_is_revoked_too(
    asked: APIClient, adas_credential: Credential
) -> None:
    assert change(asked, {"id": adas_credential.urn}).status_code == 200
    assert status.state_of(adas_credential) == Credential.State.REVOKED


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("members", "number"),
    [
        ({"status": False}, 400),
        ({"credentialId": "urn:x:nobody"}, 404),
        ({"credentialId": "\0"}, 404),
        ({"credentialStatus": ENTRY | {"statusPurpose": "suspension"}}, 400),
        ({"credentialStatus": ENTRY | {"type": "AnotherEntry"}}, 400),
        ({"credentialStatus": ENTRY | {"statusListIndex": "-1"}}, 400),
        ({"credentialStatus": ENTRY | {"statusListIndex": 7}}, 400),
        ({"credentialStatus": ENTRY | {"statusListCredential": "https://x.example/"}}, 400),
        ({"credentialStatus": ENTRY | {"statusMessage": []}}, 400),
        ({"credentialStatus": None}, 400),
        ({"indexAllocator": "x"}, 400),
        ({"options": {}}, 400),
    ],
)
def test_what_does_not_mean_this_entry_changes_nothing(
    asked: APIClient, document: dict[str, Any], members: dict[str, Any], number: int
) -> None:
    refused = change(asked, document, **members)
    assert refused.status_code == number, refused.content
    assert refused["Content-Type"] == "application/problem+json"
    assert not StatusChange.objects.exists()


def test_a_revocation_is_not_lifted(asked: APIClient, document: dict[str, Any]) -> None:
    change(asked, document)
    assert change(asked, document, status=False).status_code == 400
    assert status.state_of(Credential.objects.get()) == Credential.State.REVOKED


def test_what_is_in_a_list_for_suspension_is_suspended_and_reinstated(
    asked: APIClient, root: User, dev: User
) -> None:
    batch = batches.approve(batches.open("One", count=1, by=root), by=dev)
    chunk = batches.claim(Chunk.State.APPROVED, batch=batch)
    assert chunk is not None
    (statement,) = badges.statements(chunk, badges.publish_achievement())
    credentials.request(chunk, [replace(statement, status_purpose="suspension")])
    badges.sign_all(batch)
    credential = Credential.objects.get()
    entry = ENTRY | {"statusPurpose": "suspension"}
    for value in (False, True, True, False, False):
        answer = change(asked, {"id": credential.urn}, credentialStatus=entry, status=value)
        assert answer.status_code == 200, answer.content
        assert (status.state_of(credential) == Credential.State.SUSPENDED) is value
    assert StatusChange.objects.count() == 2
    assert change(asked, {"id": credential.urn}).status_code == 400
    status.revoke(credential, reason="For good.", by=root)
    refused = change(asked, {"id": credential.urn}, credentialStatus=entry, status=False)
    assert refused.status_code == 409


def test_the_desk_shows_what_was_composed_and_who_revoked_it(
    asked: APIClient, document: dict[str, Any], root: Any, client: Any, sis: APIClient
) -> None:
    change(asked, document)
    client.force_login(root)
    credential = Credential.objects.get()
    page = client.get(reverse("admin:issuer_credential_change", args=[credential.pk]))
    said = page.content.decode()
    assert NAME in said and document["id"] in said and document["name"] in said
    page = client.get(reverse("admin:issuer_batch_change", args=[credential.batch_id]))
    assert NAME in page.content.decode() and document["name"] in page.content.decode()
    for name in ("issuer_credential_changelist", "issuer_batch_changelist"):
        assert document["name"] in client.get(reverse(f"admin:{name}")).content.decode()
    found = client.get(reverse("admin:issuer_credential_changelist"), {"q": document["id"]})
    assert document["name"] in found.content.decode()
    assert client.get(reverse("admin:index")).status_code == 200
    page = client.get(urlsplit(credential.release.url).path)
    assert page.status_code == 200 and document["name"] in page.content.decode()
    (row,) = sis.get("/api/v1/credentials").json()["results"]
    assert (row["urn"], row["achievement"], row["state"]) == (document["id"], None, "revoked")
    assert sis.get("/api/v1/batches").json()["results"][0]["name"] == document["name"]


def test_staff_of_the_whole_institution_revoke_it_at_the_desk(
    asked: APIClient, document: dict[str, Any], clara: Any, chen: Any, client: Any
) -> None:
    address = reverse("admin:issuer_credential_change", args=[Credential.objects.get().pk])
    form = {"act": "revoke", "reason": "Composed by mistake.", "confirmed": "on"}
    client.force_login(chen)
    assert client.post(address, form).status_code == 403
    client.force_login(clara)
    assert client.post(address, form).status_code == 302
    assert StatusChange.objects.get().by == clara
