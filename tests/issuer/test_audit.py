"""The audit finds what was changed behind the back of the ledger."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from issuer.models import (
    Achievement,
    Batch,
    Chunk,
    Credential,
    LedgerEntry,
    Release,
    SecuredDocument,
    SigningKey,
    StatusChange,
    VerifiableCredential,
)
from issuer.services import audit, batches, credentials, status
from tests.issuer import badges
from tests.issuer.superuser import without_triggers

pytestmark = pytest.mark.thorough


@pytest.fixture
def batch(approved: Callable[..., Batch], achievement: Achievement, key: SigningKey) -> Batch:
    """Six signed credentials, in two chunks."""
    batch = approved(6)
    badges.issue(batch, achievement)
    return batch


def number(act: str, first: int) -> int:
    """The sequence number of the entry of a chunk."""
    return LedgerEntry.objects.get(act=act, details__first=first).sequence


def test_what_was_issued_is_in_order(batch: Batch, registrar: User) -> None:
    status.revoke(Credential.objects.all()[0], reason="Awarded by mistake", by=registrar)
    entries = LedgerEntry.objects.count()
    assert audit.check() == audit.Verdict(entries=entries, ok=True, first_bad=None, faults=())


def test_refused_rows_are_no_fault(
    approved: Callable[..., Batch], achievement: Achievement, key: SigningKey
) -> None:
    batch = approved(4)
    chunk = batches.claim(Chunk.State.APPROVED)
    assert chunk
    credentials.request(chunk, badges.statements(chunk, achievement)[1:])
    badges.sign_all(batch)
    assert Credential.objects.count() == 3
    assert audit.check().ok


def test_a_broken_chain_is_told_alone(batch: Batch) -> None:
    with without_triggers():
        LedgerEntry.objects.filter(sequence=2).update(details={})
    verdict = audit.check()
    assert (verdict.ok, verdict.first_bad, len(verdict.faults)) == (False, 2, 1)


def test_a_changed_credential_is_found_and_named(batch: Batch) -> None:
    with without_triggers():
        Credential.objects.filter(position=5).update(values="[]")
    verdict = audit.check()
    assert verdict.first_bad == number("credentials.requested", 4)
    # What was signed can no longer be made of it either.
    assert len(verdict.faults) == 2
    assert all(f"Batch {batch.pk}, positions 4 to 5" in fault for fault in verdict.faults)


def test_a_changed_signed_document_is_found(batch: Batch) -> None:
    with without_triggers():
        SecuredDocument.objects.filter(verifiable_credential__credential__position=1).update(
            proof_value="z"
        )
    assert audit.check().first_bad == number("credentials.signed", 0)


def test_a_deleted_signed_document_is_found(batch: Batch) -> None:
    with without_triggers():
        SecuredDocument.objects.filter(verifiable_credential__credential__position=4).delete()
    assert audit.check().first_bad == number("credentials.signed", 4)


def test_a_deleted_credential_is_found(batch: Batch) -> None:
    with without_triggers():
        Release.objects.filter(credential__position=3).delete()
        SecuredDocument.objects.filter(verifiable_credential__credential__position=3).delete()
        VerifiableCredential.objects.filter(credential__position=3).delete()
        Credential.objects.filter(position=3).delete()
    verdict = audit.check()
    assert verdict.first_bad == number("credentials.requested", 0)
    assert len(verdict.faults) == 2


def test_an_added_credential_is_found(batch: Batch) -> None:
    model = Credential.objects.get(position=0)
    Credential.objects.create(
        pk=uuid.uuid4(),
        batch=batch,
        position=6,
        achievement=model.achievement,
        shape=model.shape,
        values=model.values,
    )
    verdict = audit.check()
    assert (verdict.ok, verdict.first_bad) == (False, None)
    assert f"Batch {batch.pk}" in verdict.faults[0]


@pytest.mark.parametrize("lift", [True, False])
def test_a_revocation_that_was_taken_out_is_found(
    lift: bool, batch: Batch, registrar: User
) -> None:
    credential = Credential.objects.all()[0]
    change = status.revoke(credential, reason="Awarded by mistake", by=registrar)
    with without_triggers():
        if lift:
            form: Any = change.verifiable_credential
            StatusChange.objects.create(verifiable_credential=form, value=False, by=registrar)
        else:
            StatusChange.objects.all().delete()
    verdict = audit.check()
    assert verdict.first_bad == LedgerEntry.objects.get(act="credential.revoked").sequence
    assert str(credential.pk) in verdict.faults[0]


def test_a_revocation_of_which_no_entry_tells_is_found(batch: Batch, registrar: User) -> None:
    form = VerifiableCredential.objects.all()[0]
    StatusChange.objects.create(verifiable_credential=form, value=True, by=registrar)
    verdict = audit.check()
    assert (verdict.ok, verdict.first_bad) == (False, None)
    assert str(form.credential_id) in verdict.faults[0]


def test_what_was_suspended_reinstated_and_revoked_as_a_batch_is_in_order(
    approved: Callable[..., Batch], achievement: Achievement, key: SigningKey, registrar: User
) -> None:
    batch = approved(6)
    badges.issue(batch, achievement, status_purpose="suspension")
    credential = Credential.objects.all()[2]
    for _ in range(2):
        status.suspend(credential, reason="Under review", by=registrar)
        status.reinstate(credential, reason="Reviewed", by=registrar)
    status.revoke(credential, reason="Struck off", by=registrar)
    batch.refresh_from_db()
    assert status.revoke_all(batch, reason="The school was closed", by=registrar) == 5
    assert audit.check().ok
    with without_triggers():
        StatusChange.objects.filter(value=False)[1:2].get().delete()
    verdict = audit.check()
    assert verdict.first_bad == LedgerEntry.objects.get(act="credential.revoked").sequence
    assert f"Credential {credential.pk} was reinstated" in verdict.faults[0]


def test_a_revocation_that_was_taken_out_of_those_of_a_whole_batch_is_found(
    batch: Batch, registrar: User
) -> None:
    batch.refresh_from_db()
    status.revoke_all(batch, reason="The exam was void", by=registrar)
    lost = Credential.objects.all()[4]
    with without_triggers():
        StatusChange.objects.filter(verifiable_credential__credential=lost).delete()
    verdict = audit.check()
    assert verdict.first_bad == LedgerEntry.objects.get(act="credentials.revoked").sequence
    assert [str(lost.pk) in fault for fault in verdict.faults] == [True]
