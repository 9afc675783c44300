"""Systems issue what they compose, through the same engine as the college's own credentials."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer import tasks
from issuer.models import Batch, Chunk, Credential, LedgerEntry, SecuredDocument, SigningKey
from issuer.services import audit, batches, credentials, verification
from issuer.vc.verification.verify import Verdict
from issuer.vc_api import views
from tests.vc_api.conftest import NAME, badge, composed, issue

ISSUE = "/vc-api/credentials/issue"
PROBLEM = "application/problem+json"


def test_what_a_system_composes_is_signed_and_valid(asked: APIClient) -> None:
    answer = issue(asked, composed())
    assert answer.status_code == 201, answer.content
    assert answer["Cache-Control"] == "no-store"
    (name,) = answer.json()
    assert name == "verifiableCredential"
    document = answer.json()[name]
    assert document["issuer"] == django_settings.ISSUER_DID
    assert document["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
    assert document["credentialStatus"]["statusPurpose"] == "revocation"
    assert {k: document[k] for k in composed()} == composed()
    assert verification.verify(document).verdict is Verdict.VALID
    AccessToken.objects.update(scope="credentials.read")
    assert asked.get(answer["Location"]).json()["urn"] == document["id"]


def test_it_is_a_batch_of_one_by_the_system_in_the_ledger_too(asked: APIClient) -> None:
    issue(asked, composed())
    batch = Batch.objects.get()
    assert (batch.client, batch.count, batch.state) == (NAME, 1, Batch.State.ISSUED)
    assert batch.prepared_by is None and batch.decided_by is None
    entry = LedgerEntry.objects.get(act="credential.composed")
    assert entry.actor == NAME and entry.user is None
    assert set(entry.details) == {"scope", "client"}
    assert audit.check().ok


def test_a_badge_with_the_profile_of_the_issuer_is_issued(asked: APIClient) -> None:
    answer = issue(asked, badge())
    assert answer.status_code == 201, answer.content
    assert answer.json()["verifiableCredential"]["issuer"] == badge()["issuer"]


def test_the_same_request_again_gets_the_same_credential(asked: APIClient) -> None:
    first, second = issue(asked, composed()), issue(asked, composed())
    assert second.status_code == 201
    assert first.content == second.content
    in_another_order = dict(reversed(composed().items()))
    assert issue(asked, in_another_order).json() == first.json()
    assert Credential.objects.count() == 1


def test_the_same_id_with_another_document_is_a_conflict(asked: APIClient) -> None:
    issue(asked, composed())
    refused = issue(asked, composed(name="Something else"))
    assert refused.status_code == 409
    assert refused["Content-Type"] == PROBLEM
    assert "id" in refused.json()["detail"]


def test_the_id_of_an_award_is_taken(asked: APIClient, adas_credential: Credential) -> None:
    for urn in (adas_credential.urn, adas_credential.urn.upper().replace("URN:UUID", "urn:uuid")):
        assert issue(asked, composed(id=urn)).status_code == 409


def test_a_credential_without_any_id_is_another_each_time(asked: APIClient) -> None:
    document = composed()
    del document["id"]
    first, second = issue(asked, document), issue(asked, document)
    assert first.json() != second.json()
    assert "id" not in first.json()["verifiableCredential"]
    assert Credential.objects.count() == 2


def test_a_credential_id_refers_to_a_document_that_bears_none(asked: APIClient) -> None:
    document = composed()
    del document["id"]
    first = issue(asked, document, credentialId="urn:x:7")
    assert first.status_code == 201, first.content
    assert "id" not in first.json()["verifiableCredential"]
    assert issue(asked, document, credentialId="urn:x:7").json() == first.json()
    assert credentials.find("urn:x:7").composed_id == "urn:x:7"
    other = composed(name="Other")
    del other["id"]
    assert issue(asked, other, credentialId="urn:x:7").status_code == 409


def test_all_that_is_wrong_is_told_at_once_with_pointers(asked: APIClient) -> None:
    document = composed(
        issuer="did:web:somebody.example",
        validFrom="yesterday",
        credentialStatus={"type": "BitstringStatusListEntry"},
        proof={"type": "DataIntegrityProof"},
        favouriteColour="blue",
    )
    refused = issue(asked, document)
    assert refused.status_code == 400
    assert refused["Content-Type"] == PROBLEM
    pointers = {each["pointer"] for each in refused.json()["errors"]}
    assert {"/issuer", "/validFrom", "/credentialStatus", "/proof"} <= pointers
    assert not Batch.objects.exists()


def test_without_contexts_no_term_is_blamed_that_nobody_sent(asked: APIClient) -> None:
    document = composed()
    del document["@context"]
    errors = issue(asked, document).json()["errors"]
    assert [each["pointer"] for each in errors] == ["/@context"]


HOSTILE: list[Any] = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"credential": {}, "credential": {}}',
    b'{"credential": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    {},
    {"credential": None},
    {"credential": "text"},
    {"credential": []},
    {"credential": {}},
    {"credential": composed(), "options": []},
    {"credential": composed(), "more": 1},
    {"credential": composed(), "options": {"mandatoryPointers": ["/issuer"]}},
    {"credential": composed(), "options": {"credentialId": 7}},
    {"credential": composed(), "options": {"credentialId": "urn:x:another"}},
    {"credential": composed(), "options": {"credentialId": "no url"}},
    {"credential": composed(), "options": {"unheardOf": True}},
    {"credential": composed(id=None)},
    {"credential": composed(id=[])},
    {"credential": composed(id="not a url")},
    {"credential": composed(id="urn:x:\0")},
    {"credential": composed(id="urn:x:" + "y" * 600)},
    {"credential": composed(issuer=None)},
    {"credential": composed(issuer=7)},
    {"credential": composed(issuer=[])},
    {"credential": composed(issuer={"name": "nobody"})},
    {"credential": composed(name="\0")},
    {"credential": composed(name={"@value": "x", "@language": "en", "more": 1})},
    {"credential": composed(type=[])},
    {"credential": composed(type=7)},
    {"credential": composed(credentialSubject=[])},
    {"credential": composed(credentialSubject="text")},
    {"credential": composed(validUntil="2020-01-01T00:00:00Z")},
    {"credential": composed(**{"@context": "https://evil.example/context"})},
    {"credential": composed(**{"@context": ["https://evil.example/context"]})},
    {"credential": composed(**{"@context": None})},
]


@pytest.mark.thorough
@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bodies_are_refused_and_nothing_is_kept(asked: APIClient, body: Any) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    refused = asked.post(ISSUE, content, content_type="application/json")
    assert refused.status_code == 400, refused.content
    assert refused["Content-Type"] == PROBLEM
    assert not Credential.objects.exists()


@pytest.mark.parametrize("length", [2_000_000, 6_000_000])
def test_what_is_too_large_is_said_to_be(asked: APIClient, length: int) -> None:
    content = json.dumps({"credential": composed(name="x" * length)}).encode()
    refused = asked.post(ISSUE, content, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert refused["Content-Type"] == PROBLEM


def test_anything_but_json_is_refused(asked: APIClient) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/ld+json"):
        refused = asked.post(ISSUE, b"{}", content_type=content_type)
        assert refused.status_code == 415
        assert refused["Content-Type"] == PROBLEM


@pytest.mark.django_db
def test_strangers_and_systems_without_the_scope_are_kept_out(
    with_scopes: Callable[..., APIClient], sis: APIClient, client: Client
) -> None:
    assert client.post(ISSUE, {}, content_type="application/json").status_code == 401
    for system in (with_scopes("vc.verify", "vc.status"), sis):
        refused = issue(system, composed())
        assert refused.status_code == 403
        assert refused["Content-Type"] == PROBLEM


def test_nothing_is_lost_while_the_signer_is_away(
    system: APIClient, key: SigningKey, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PATIENCE_SECONDS", 0.1)
    settings.KEYSTORE_SECRET_FILE = None
    later = issue(system, composed())
    assert later.status_code == 503
    assert int(later["Retry-After"]) > 0
    credential = Credential.objects.get()
    assert later["Content-Type"] == PROBLEM
    assert issue(system, composed()).status_code == 503
    assert Credential.objects.get() == credential
    assert not SecuredDocument.objects.exists()


def test_without_a_key_nothing_is_frozen(system: APIClient) -> None:
    answer = issue(system, composed())
    assert answer.status_code == 503
    assert not Batch.objects.exists()


def test_what_can_never_be_issued_is_told_with_the_reason(
    system: APIClient, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PATIENCE_SECONDS", 0.1)
    assert issue(system, composed()).status_code == 503
    Chunk.objects.update(attempts=batches.MAX_ATTEMPTS)
    tasks.sign(str(Batch.objects.get().pk))
    refused = issue(system, composed())
    assert refused.status_code == 422
    assert refused.json()["detail"] == batches.DIED
    assert not SecuredDocument.objects.exists()
