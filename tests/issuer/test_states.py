"""In which state a credential is: one definition, asked of many, of one, or by state."""

from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from issuer.models import (
    Achievement,
    Batch,
    Chunk,
    Credential,
    SecuredDocument,
    SigningKey,
    StatusChange,
    StatusList,
    VerifiableCredential,
)
from issuer.services import batches, clock, credentials, status
from issuer.vc import timestamps
from tests.issuer import badges

pytestmark = pytest.mark.thorough

WORK = ("signed", "waiting", "failed")
ENDS = (None, timedelta(days=1), -timedelta(days=1))
CHANGES: tuple[tuple[bool, ...], ...] = ((), (True,), (True, False))


def expected(work: str, ends: timedelta | None, suspended: tuple, revoked: tuple) -> str:
    """In the words of people: what is for good first, then what may pass."""
    if revoked == (True,):
        return "revoked"
    if work != "signed":
        return {"waiting": "requested", "failed": "failed"}[work]
    if ends is not None and ends < timedelta(0):
        return "expired"
    return "suspended" if suspended == (True,) else "valid"


@pytest.fixture
def in_every_state(
    registrar: User, key: SigningKey, achievement: Achievement
) -> dict[Credential, str]:
    """One credential for each way in which work, dates and changes come together."""
    ways = list(product(WORK, ENDS, CHANGES, CHANGES[:2]))
    batch = batches.open("Every state", count=len(ways), by=registrar)
    lists = {
        purpose: StatusList.objects.create(purpose=purpose, format=str(purpose), permutation=b"")
        for purpose in StatusList.Purpose
    }
    made = {}
    for position, (work, ends, suspended, revoked) in enumerate(ways):
        credential = Credential.objects.create(
            batch=batch,
            position=position,
            achievement=achievement,
            text="{}",
            valid_until=ends and clock.now() + ends,
        )
        made[credential] = expected(work, ends, suspended, revoked)
        if work == "failed":
            Chunk.objects.create(batch=batch, first=position, last=position, state="failed")
        for purpose, changes in (("suspension", suspended), ("revocation", revoked)):
            form = VerifiableCredential.objects.create(
                credential=credential,
                format=purpose,
                key=key,
                proof_created_at=clock.now(),
                status_list=lists[purpose],
                status_index=position,
            )
            if work == "signed":
                SecuredDocument.objects.create(verifiable_credential=form, text="{}", sha256=b"")
            for value in changes:
                StatusChange.objects.create(
                    verifiable_credential=form,
                    value=value,
                    is_final=purpose == "revocation",
                    reason="So",
                    by=registrar,
                )
    return made


def test_a_set_and_a_single_credential_are_asked_the_same_and_agree(
    in_every_state: dict[Credential, str],
) -> None:
    assert set(in_every_state.values()) == set(Credential.State.values)
    found = {each: each.state for each in Credential.objects.with_state()}
    assert found == in_every_state
    assert {each: status.state_of(each) for each in in_every_state} == in_every_state


def test_each_is_found_by_its_state_and_by_no_other(
    in_every_state: dict[Credential, str],
) -> None:
    found = {
        each: state.value
        for state in Credential.State
        for each in Credential.objects.in_state(state)
    }
    assert found == in_every_state
    counts = [Credential.objects.in_state(state).count() for state in Credential.State]
    assert sum(counts) == len(in_every_state)


def test_until_when_a_credential_is_valid_is_read_from_what_it_says(
    approved: object, achievement: Achievement, key: SigningKey
) -> None:
    batch: Batch = approved(2)  # type: ignore[operator]
    chunk = batches.claim(Chunk.State.APPROVED, batch=batch)
    assert chunk is not None
    statements = badges.statements(chunk, achievement)
    ends = (clock.now() + timedelta(days=9)).replace(microsecond=0)
    statements[0] = badges.reworded(
        statements[0], lambda document: document.update(validUntil=timestamps.write(ends))
    )
    credentials.request(chunk, statements)
    stored = Credential.objects.order_by("position").values_list("valid_until", flat=True)
    assert list(stored) == [ends, None]


def test_only_a_lone_row_fails(registrar: User) -> None:
    batch = batches.open("Two", count=2, by=registrar)
    with pytest.raises(IntegrityError, match="failed_chunk_is_one_row"), transaction.atomic():
        Chunk.objects.create(batch=batch, first=0, last=1, state=Chunk.State.FAILED)
