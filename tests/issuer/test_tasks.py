"""Tasks may run twice, in any process, for anything, and change nothing but the moment."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from issuer import tasks
from issuer.errors import KeystoreClosed
from issuer.models import (
    Achievement,
    Batch,
    Chunk,
    Credential,
    LedgerEntry,
    SecuredDocument,
    SigningKey,
    StatusListPublication,
)
from issuer.services import batches, status
from tests.issuer import badges

pytestmark = pytest.mark.thorough


@pytest.fixture
def requested(approved: Callable[..., Batch], achievement: Achievement, key: SigningKey) -> Batch:
    """Six credentials, in two chunks, that wait for the signer."""
    batch = approved(6)
    badges.request_all(batch, achievement)
    return batch


def test_a_ring_signs_the_whole_batch_and_closes_it(requested: Batch) -> None:
    tasks.sign(str(requested.pk))
    requested.refresh_from_db()
    assert requested.state == Batch.State.ISSUED
    assert SecuredDocument.objects.count() == 6


def test_a_second_ring_changes_nothing(requested: Batch) -> None:
    tasks.sign(str(requested.pk))
    entries = LedgerEntry.objects.count()
    tasks.sign(str(requested.pk))
    assert LedgerEntry.objects.count() == entries
    assert SecuredDocument.objects.count() == 6


def test_a_ring_for_no_batch_changes_nothing(requested: Batch) -> None:
    tasks.sign(str(uuid.uuid4()))
    assert not SecuredDocument.objects.exists()


@pytest.mark.thorough
def test_a_long_batch_is_signed_in_turns(
    requested: Batch, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "DRAIN_SECONDS", 0)
    tasks.sign.delay(str(requested.pk))
    assert batches.progress(requested).signed == 6


def test_a_process_without_the_secret_gives_the_work_back(requested: Batch, settings: Any) -> None:
    secret, settings.KEYSTORE_SECRET_FILE = settings.KEYSTORE_SECRET_FILE, None
    for _ in range(5):
        with pytest.raises(KeystoreClosed):
            tasks.sign(str(requested.pk))
    assert batches.progress(requested).waits_for == str(KeystoreClosed())
    settings.KEYSTORE_SECRET_FILE = secret
    tasks.sign(str(requested.pk))
    progress = batches.progress(requested)
    assert (progress.signed, progress.waits_for) == (6, "")


def test_the_sweep_finds_what_a_lost_message_left(requested: Batch, at_once: None) -> None:
    tasks.sweep()
    assert batches.progress(requested).signed == 6


def test_the_sweep_closes_a_batch_whose_signer_died_at_the_last_moment(requested: Batch) -> None:
    Chunk.objects.update(state=Chunk.State.SIGNED)
    tasks.sweep()
    requested.refresh_from_db()
    assert requested.state == Batch.State.ISSUED


def test_a_round_publishes_what_has_changed_and_nothing_else(
    requested: Batch, registrar: User
) -> None:
    tasks.sign(str(requested.pk))
    tasks.publish()
    assert StatusListPublication.objects.count() == 1
    status.revoke(Credential.objects.all()[0], reason="Awarded by mistake", by=registrar)
    tasks.publish()
    tasks.publish()
    assert StatusListPublication.objects.count() == 2


def test_a_list_that_cannot_be_published_does_not_end_the_round(
    requested: Batch, settings: Any
) -> None:
    settings.KEYSTORE_SECRET_FILE = None
    tasks.publish()
    assert not StatusListPublication.objects.exists()


@pytest.mark.parametrize(("at_once_is_set", "editions"), [(True, 2), (False, 1)])
def test_a_revocation_shows_at_once_where_that_is_set(
    at_once_is_set: bool,
    editions: int,
    requested: Batch,
    registrar: User,
    settings: Any,
    at_once: None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.STATUS_PUBLISH_AT_ONCE = at_once_is_set
    tasks.sign(str(requested.pk))
    with django_capture_on_commit_callbacks(execute=True):
        status.revoke(Credential.objects.all()[0], reason="Awarded by mistake", by=registrar)
        tasks.publish_soon()
    assert StatusListPublication.objects.count() == editions
