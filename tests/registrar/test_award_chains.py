"""Awards that follow each other: which of them counts, and what then is done to which."""

import pytest
from django.contrib.auth.models import User

from issuer.errors import WrongState
from issuer.models import Batch, Credential
from registrar.models import Award, Correction, Learner, Revision
from registrar.services.awarding import (
    awards,
    awards_again,
    correction_policies,
    corrections,
    renewals,
    review_queue,
    withdrawals,
)
from registrar.services.deciding import stacks
from tests.cast import College, issue

pytestmark = pytest.mark.django_db

WHY = "Training."


def renew(award: Award, by: User) -> Batch:
    return renewals.renew_by_hand({award.pk}, by=by, reason=WHY)


def move(learner: Learner, by: User, email: str = "ada@king.example") -> Correction:
    """Correct the address by which her credentials are recognised."""
    return corrections.correct_learner(learner, by=by, reason="She moved.", email=email)


def issued(batch: Batch | None, *, by: User) -> Award:
    assert batch is not None
    issue(awards.approve(batch, by=by) if batch.state == "prepared" else batch)
    return Award.objects.get(batch=batch)


def declined(batch: Batch, *, by: User) -> Award:
    return Award.objects.get(batch=awards.decline(batch, by=by, reason="Not shown."))


def state_of(award: Award) -> str:
    return Award.objects.with_state().get(pk=award.pk).state


def standing() -> list[Award]:
    return list(Award.objects.standing().order_by("pk"))


def test_a_correction_supersedes_what_is_in_force_behind_a_declined_renewal(
    adas_yearly: Award, ada: Learner, clara: User, dev: User
) -> None:
    refused = declined(renew(adas_yearly, clara), by=dev)
    assert standing() == [adas_yearly]
    corrected = issued(move(ada, clara).batch, by=dev)
    assert (corrected.replaces, corrected.generation) == (refused, 3)
    assert (state_of(adas_yearly), state_of(corrected)) == ("revoked", "valid")
    assert standing() == [corrected]


def test_a_correction_supersedes_what_is_in_force_when_its_renewal_was_withdrawn(
    adas_yearly: Award, ada: Learner, clara: User, dev: User
) -> None:
    renewed = issued(renew(adas_yearly, clara), by=dev)
    assert standing() == [renewed]
    with pytest.raises(WrongState, match="it was renewed"):
        corrections.correct_award(adas_yearly, by=clara, reason="A typo.")
    withdrawals.withdraw(renewed, by=clara, reason="There was no training.")
    assert standing() == [adas_yearly]
    corrected = issued(move(ada, clara).batch, by=dev)
    assert (corrected.replaces, state_of(adas_yearly)) == (renewed, "revoked")


def test_what_is_corrected_can_be_renewed_and_what_is_renewed_corrected(
    college: College, yearly: Revision, adas_yearly: Award, ada: Learner, clara: User, dev: User
) -> None:
    correction_policies.settle(True, by=clara, reason="The auditors ask for it.")
    corrections.decline(move(ada, clara), by=dev, reason="No.")
    renewed = issued(renew(adas_yearly, clara), by=dev)
    made = corrections.confirm(move(ada, clara), by=dev)
    corrected = issued(made.batch, by=dev)
    assert (corrected.replaces, state_of(renewed)) == (renewed, "revoked")
    assert state_of(adas_yearly) == "valid"
    # It says the same as what was renewed by hand, whatever the rule says.
    (result,) = ada.results.all()
    college.supersede(result, "Fail")
    assert review_queue.look(yearly).lapsed == ()


def test_what_was_withdrawn_is_awarded_again_behind_what_was_declined(
    yearly: Revision, adas_yearly: Award, ada: Learner, clara: User, dev: User
) -> None:
    withdrawals.withdraw(adas_yearly, by=clara, reason="Issued by mistake.")
    refused = declined(awards_again.award(adas_yearly, by=clara, reason="It was none."), by=dev)
    (concern,) = review_queue.look(yearly).again
    assert concern.award == adas_yearly
    again = issued(review_queue.award_again(yearly, None, by=clara, reason="It was none."), by=dev)
    assert (again.replaces, again.generation) == (refused, 3)
    with pytest.raises(WrongState, match="newer"):
        awards_again.award(refused, by=clara, reason="Once more.")
    corrected = issued(move(ada, clara).batch, by=dev)
    assert (corrected.replaces, state_of(again), standing()) == (again, "revoked", [corrected])


def test_progress_and_withdrawals_look_behind_what_was_declined(
    college: College, yearly: Revision, adas_yearly: Award, ada: Learner, clara: User, dev: User
) -> None:
    declined(renew(adas_yearly, clara), by=dev)
    award = stacks.standing(yearly, ada).award
    assert (award, award.state) == (adas_yearly, Credential.State.VALID)
    (result,) = ada.results.all()
    college.supersede(result, "Fail")
    assert [each.award for each in review_queue.look(yearly).lapsed] == [adas_yearly]


def test_who_was_only_declined_has_nothing_that_counts(
    cells: Revision, adas_batch: Batch, ada: Learner, dev: User
) -> None:
    declined(adas_batch, by=dev)
    assert standing() == [] and stacks.standing(cells, ada).award is None
