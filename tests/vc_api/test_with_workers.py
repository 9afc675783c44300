"""The way through real processes: killed signers, two at once, and verifiers of others."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from rest_framework.test import APIClient

from issuer.models import Chunk, Credential, SecuredDocument, SigningKey, StatusList
from issuer.services import batches, keys, status
from issuer.vc.json_text import parse_json
from issuer.vc_api import views
from tests.interop.other_verifiers import VERIFIERS, Published, refused
from tests.vc_api.conftest import badge, composed, issue

pytestmark = [pytest.mark.worker, pytest.mark.timeout(120)]


@pytest.fixture
def locked(settings: Any, system: APIClient, key: SigningKey) -> APIClient:
    """The system; in this process, as in the web's, no key can be opened."""
    settings.KEYSTORE_SECRET_FILE = None
    return system


@pytest.fixture
def start_signer(worker_processes: Any, keystore: Path, locked: APIClient) -> Callable[[], Any]:
    """Starts a process that alone can open the keys."""
    secret = str(keystore.parent / "keystore_secret")
    return lambda: worker_processes.start("signer", KEYSTORE_SECRET_FILE=secret)


def published() -> Published:
    lists = {}
    for status_list in StatusList.objects.all():
        newest = status.newest_publication(status_list)
        assert newest is not None
        lists[status_list.url] = parse_json(newest.body.encode())
    return Published(keys.did_document(django_settings.ISSUER_DID), lists)


def test_a_signer_of_its_own_signs_and_independent_verifiers_accept_it(
    start_signer: Callable[[], Any], locked: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_signer()
    monkeypatch.setattr(views, "PATIENCE_SECONDS", 60)
    answer = issue(locked, badge())
    assert answer.status_code == 201, answer.content
    document = answer.json()["verifiableCredential"]
    for verifier in VERIFIERS.values():
        assert refused(verifier, [document], published()) == []
    began = time.monotonic()
    assert issue(locked, composed(id="urn:x:2")).status_code == 201
    assert time.monotonic() - began < 10


def test_when_a_signer_dies_at_work_another_signs_for_who_asks_again(
    settings: Any,
    start_signer: Callable[[], Any],
    locked: APIClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "PATIENCE_SECONDS", 0)
    settings.LEASE_SECONDS = 3
    assert issue(locked, composed()).status_code == 503
    # As a signer does that is killed before it has stored anything.
    assert batches.claim(Chunk.State.REQUESTED) is not None
    start_signer()
    monkeypatch.setattr(views, "PATIENCE_SECONDS", 2)
    answers = [issue(locked, composed()) for _ in range(10)]
    assert answers[-1].status_code == 201, answers[-1].content
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert Credential.objects.count() == SecuredDocument.objects.count() == 1


def test_the_same_request_at_the_same_moment_is_one_credential(
    locked: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PATIENCE_SECONDS", 0)
    header = {"HTTP_AUTHORIZATION": locked._credentials["HTTP_AUTHORIZATION"]}
    answers: list[int] = []

    def ask() -> None:
        client = APIClient()
        client.credentials(**header)
        answers.append(issue(client, composed()).status_code)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [503] * 6
    assert Credential.objects.count() == 1
