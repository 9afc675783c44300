"""What is to be signed is frozen once, whole, and only when it is fit to be signed."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from issuer.errors import NoActiveKey, NotIssued, WrongState
from issuer.models import (
    Achievement,
    Batch,
    Chunk,
    Credential,
    LedgerEntry,
    Release,
    SecuredDocument,
    SigningKey,
    StatusList,
    VerifiableCredential,
)
from issuer.services import batches, credentials, ledger
from tests.issuer import badges

Approved = Callable[..., Batch]


def claim(batch: Batch) -> Chunk:
    """The next approved chunk."""
    chunk = batches.claim(Chunk.State.APPROVED, batch=batch)
    assert chunk
    return chunk


def nothing_is_stored() -> bool:
    """Whether no trace of a request is left."""
    return not (Credential.objects.exists() or StatusList.objects.exists())


def test_all_that_enters_the_signed_bytes_is_frozen(
    approved: Approved, achievement: Achievement, key: SigningKey
) -> None:
    chunk = claim(approved(3))
    statements = badges.statements(chunk, achievement)
    credentials.request(chunk, statements)
    forms = VerifiableCredential.objects.select_related("credential").order_by(
        "credential__position"
    )
    for statement, form in zip(statements, forms, strict=True):
        assert form.credential_id == statement.credential_id
        assert json.loads(form.credential.document) == statement.said()
        assert form.key == key
        assert form.proof_created_at.microsecond == 0
    assert len({form.status_index for form in forms}) == 3
    chunk.refresh_from_db()
    assert chunk.state == Chunk.State.REQUESTED
    assert not SecuredDocument.objects.exists()
    assert not Release.objects.exists()


def test_the_ledger_vouches_for_the_documents(
    approved: Approved, achievement: Achievement, key: SigningKey
) -> None:
    badges.request_all(approved(3), achievement)
    frozen = [credential.frozen for credential in Credential.objects.order_by("position")]
    details = LedgerEntry.objects.get(act="credentials.requested").details
    root = ledger.merkle_root(frozen)
    assert details == {"first": 0, "last": 2, "count": 3, "refused": 0, "root": root}


def test_a_statement_that_fails_the_lint_fails_alone_with_its_findings(
    approved: Approved, achievement: Achievement, key: SigningKey
) -> None:
    batch = approved(4)
    chunk = claim(batch)
    statements = badges.statements(chunk, achievement)
    statements[1] = badges.reworded(
        statements[1],
        lambda document: document["credentialSubject"].update(favouriteColour="blue"),
    )
    statements[2] = badges.reworded(statements[2], lambda document: document.pop("validFrom"))
    credentials.request(chunk, statements)
    progress = batches.progress(batch)
    assert (progress.requested, progress.failed) == (2, 2)
    unknown_term, no_date = progress.errors
    assert unknown_term.position == 1 and "favouriteColour" in unknown_term.error
    assert no_date.position == 2 and "/validFrom" in no_date.error
    assert sorted(Credential.objects.values_list("position", flat=True)) == [0, 3]


def test_when_every_statement_fails_nothing_waits_for_the_signer(
    approved: Approved, achievement: Achievement, key: SigningKey
) -> None:
    batch = approved(2)
    chunk = claim(batch)
    statements = [
        badges.reworded(statement, lambda document: document.clear())
        for statement in badges.statements(chunk, achievement)
    ]
    credentials.request(chunk, statements)
    assert batches.progress(batch).failed == 2
    assert batches.close_if_done(batch)
    assert nothing_is_stored()


def test_a_position_without_a_statement_fails(
    approved: Approved, achievement: Achievement, key: SigningKey
) -> None:
    batch = approved(3)
    chunk = claim(batch)
    credentials.request(chunk, badges.statements(chunk, achievement)[:2])
    assert batches.progress(batch).errors == (batches.RowError(2, credentials.NO_STATEMENT),)


def test_without_an_active_key_nothing_is_frozen(
    approved: Approved, achievement: Achievement, institution: Any
) -> None:
    chunk = claim(approved(1))
    with pytest.raises(NoActiveKey):
        credentials.request(chunk, badges.statements(chunk, achievement))
    assert nothing_is_stored()


def test_whoever_lost_the_chunk_freezes_nothing(
    approved: Approved, achievement: Achievement, key: SigningKey
) -> None:
    chunk = claim(approved(1))
    batches.give_back(chunk)
    with pytest.raises(WrongState):
        credentials.request(chunk, badges.statements(chunk, achievement))
    assert nothing_is_stored()


def test_running_it_again_issues_nothing(
    approved: Approved, achievement: Achievement, key: SigningKey
) -> None:
    batch = approved(5)
    badges.issue(batch, achievement)
    before = LedgerEntry.objects.count()
    badges.issue(batch, achievement)
    assert SecuredDocument.objects.count() == 5
    assert LedgerEntry.objects.count() == before


def test_the_same_award_cannot_become_two_credentials(
    approved: Approved, achievement: Achievement, key: SigningKey
) -> None:
    first, second = approved(1), approved(1)
    badges.request_all(first, achievement)
    chunk = claim(second)
    (statement,) = badges.statements(chunk, achievement)
    taken = dataclasses.replace(statement, credential_id=Credential.objects.get().pk)
    with pytest.raises(IntegrityError):
        credentials.request(chunk, [taken])


def test_a_credential_is_found_by_its_uuid_and_by_its_urn(
    approved: Approved, achievement: Achievement, key: SigningKey
) -> None:
    badges.request_all(approved(1), achievement)
    credential = Credential.objects.get()
    assert credentials.find(str(credential.pk)) == credential
    assert credentials.find(credential.urn) == credential


@pytest.mark.parametrize("name", ["", "no uuid", "urn:uuid:", "0" * 32])
def test_no_credential_is_found_by_anything_else(name: str, db: None) -> None:
    with pytest.raises(NotIssued):
        credentials.find(name)
