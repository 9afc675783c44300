"""In which state an award is: that of its batch, then that of its credential."""

import pytest
from django.contrib.auth.models import User

from issuer.models import Batch, Chunk, Credential, SigningKey
from issuer.services import batches, status
from registrar.models import Award
from registrar.services.awarding import awards, withdrawals
from tests.cast import issue

pytestmark = pytest.mark.thorough


def state_of(award: Award) -> str:
    return Award.objects.with_state().get(pk=award.pk).state


def test_an_award_is_prepared_then_requested_then_as_its_credential_is(
    key: SigningKey, adas_batch: Batch, adas_award: Award, clara: User, dev: User
) -> None:
    assert state_of(adas_award) == "prepared"
    awards.approve(adas_batch, by=dev)
    assert state_of(adas_award) == "requested"
    issue(adas_batch)
    assert state_of(adas_award) == status.state_of(adas_award.credential) == "valid"
    withdrawals.withdraw(adas_award, reason="Awarded by mistake", by=clara)
    assert state_of(adas_award) == status.state_of(adas_award.credential) == "revoked"


def test_an_award_in_a_declined_batch_is_declined(
    adas_batch: Batch, adas_award: Award, dev: User
) -> None:
    awards.decline(adas_batch, by=dev, reason="Under appeal")
    assert state_of(adas_award) == "declined"


def test_an_award_of_which_nothing_could_be_stated_has_failed(
    adas_batch: Batch, adas_award: Award, dev: User
) -> None:
    awards.approve(adas_batch, by=dev)
    chunk = batches.claim(Chunk.State.APPROVED, batch=adas_batch)
    assert chunk is not None
    batches.finish(chunk, Chunk.State.REQUESTED, refused={0: "Its name is too long."})
    assert not Credential.objects.exists()
    assert state_of(adas_award) == "failed"
