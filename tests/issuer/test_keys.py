"""Keys are staged, sign one at a time, retire with honour or are taken back."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from issuer.errors import (
    KeystoreClosed,
    NoActiveKey,
    NotSetUp,
    ReasonMissing,
    WrongState,
)
from issuer.models import Achievement, LedgerEntry, SecuredDocument, SigningKey
from issuer.services import keys, verification
from issuer.vc.verification.verify import Verdict
from tests.issuer import badges

DID = "did:web:localhost%3A8000"


def methods(relationship: str) -> list[str]:
    """The ids under a relationship of the DID document."""
    found = keys.did_document(DID)[relationship]
    return [method if isinstance(method, str) else method["id"] for method in found]


def test_a_new_key_is_published_before_it_signs(keystore: Path, registrar: User) -> None:
    key = keys.create(did=DID, by=registrar)
    assert key.state == SigningKey.State.STAGED
    assert methods("assertionMethod") == [key.verification_method]
    with pytest.raises(NoActiveKey):
        keys.active(DID)


def test_the_document_names_the_contexts_that_verifiers_expect(key: SigningKey) -> None:
    document = keys.did_document(key.did)
    assert document["@context"] == [
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/multikey/v1",
    ]
    assert document["verificationMethod"][0]["publicKeyMultibase"] == key.public_multibase


def test_the_next_key_retires_the_one_before_and_both_stay_published(
    key: SigningKey, registrar: User
) -> None:
    following = keys.activate(keys.create(did=key.did, by=registrar), by=registrar)
    key.refresh_from_db()
    assert keys.active(key.did) == following
    assert key.state == SigningKey.State.RETIRED
    assert methods("assertionMethod") == [key.verification_method, following.verification_method]
    assert LedgerEntry.objects.filter(act__startswith="key.").count() == 5


def test_a_key_is_activated_once(key: SigningKey, registrar: User) -> None:
    with pytest.raises(WrongState):
        keys.activate(key, by=registrar)
    assert keys.active(key.did) == key


def test_a_compromised_key_makes_all_it_signed_invalid(
    key: SigningKey, registrar: User, approved: Callable[..., Any], achievement: Achievement
) -> None:
    badges.issue(approved(1), achievement)
    body = SecuredDocument.objects.get().body.encode()
    assert verification.verify(body).verdict is Verdict.VALID
    with pytest.raises(ReasonMissing):
        keys.mark_compromised(key, by=registrar, reason=" ")
    keys.mark_compromised(key, by=registrar, reason="The server was broken into")
    assert methods("assertionMethod") == []
    assert verification.verify(body).verdict is Verdict.INVALID
    with pytest.raises(WrongState):
        keys.retire(key, by=registrar)


def test_without_the_secret_no_key_is_made(keystore: Path, registrar: User, settings: Any) -> None:
    settings.KEYSTORE_SECRET_FILE = None
    with pytest.raises(KeystoreClosed):
        keys.create(did=DID, by=registrar)
    assert not SigningKey.objects.exists()


def test_before_the_first_key_there_is_no_document(db: None) -> None:
    with pytest.raises(NotSetUp):
        keys.did_document(DID)


def test_of_two_that_activate_at_once_one_key_signs(
    transactional_db: None, keystore: Path, registrar: User
) -> None:
    staged = [keys.create(did=DID, by=registrar) for _ in range(2)]

    def activate(key: SigningKey) -> bool:
        try:
            keys.activate(key, by=registrar)
        except (IntegrityError, WrongState):
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert any(pool.map(activate, staged))
    assert keys.active(DID) in staged


def wait_for_one_that_waits() -> None:
    """Return when another connection waits for a lock."""
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    pytest.fail("Nobody waits for a lock.")


def test_a_key_can_be_taken_back_while_it_is_being_activated(
    transactional_db: None, key: SigningKey, registrar: User
) -> None:
    following = keys.create(did=key.did, by=registrar)

    def activate() -> None:
        try:
            keys.activate(SigningKey.objects.get(pk=following.pk), by=registrar)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            # The first half of what follows, so that the other is caught between two steps.
            SigningKey.objects.select_for_update().get(pk=following.pk)
            activating = pool.submit(activate)
            wait_for_one_that_waits()
            keys.mark_compromised(following, by=registrar, reason="The laptop was stolen")
        with pytest.raises(WrongState):
            activating.result()
    assert keys.active(key.did) == key
