"""What takes the place of another when that is not there yet, or never will be."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from issuer.models import Batch, Credential, SigningKey
from issuer.services import batches
from registrar.models import Award, Learner, Revision, Succession
from registrar.services.awarding import awards, successions
from registrar.services.awarding.award_chains import Followers
from tests.cast import College, issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def resting(key: SigningKey, adas_batch: Batch, adas_award: Award, dev: User) -> Award:
    """Ada's award, which is approved and issued in a week."""
    awards.approve(adas_batch, by=dev, begins_at=timezone.now() + timedelta(days=7))
    return adas_award


def follow(former: Award, clara: User, dev: User) -> Award:
    """What takes its place is approved."""
    new = Followers([former]).of(
        former,
        revision=former.revision,
        awarded_on=former.awarded_on,
        reasons=former.reasons,
        decided_by=clara,
        batch_id=uuid4(),
        position=0,
    )
    batch = batches.open("Anew", count=1, by=clara, id=new.batch_id)
    new.save()
    awards.approve(batch, by=dev)
    return new


def states() -> list[str]:
    return [award.state for award in Award.objects.with_state().order_by("pk")]


def test_what_is_to_be_superseded_is_so_as_soon_as_it_is_issued_itself(
    resting: Award, clara: User, dev: User
) -> None:
    issue(follow(resting, clara, dev).batch)
    assert (states(), successions.are_due()) == (["requested", "valid"], False)
    awards.resume(resting.batch, by=dev)
    assert successions.are_expected(resting.batch_id)
    issue(resting.batch)
    assert (states(), successions.are_due()) == (["revoked", "valid"], False)


def test_where_the_former_award_was_cancelled_there_is_nothing_to_supersede(
    resting: Award, clara: User, dev: User
) -> None:
    new = follow(resting, clara, dev)
    batches.cancel(resting.batch, by=dev, reason="Twice.")
    issue(new.batch)
    assert states() == ["failed", "valid"]
    assert Succession.objects.get().settled_at is not None


def test_one_that_cannot_be_superseded_keeps_none_of_the_others(
    college: College,
    key: SigningKey,
    adas_credential: Credential,
    cells: Revision,
    ben: Learner,
    clara: User,
    dev: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    college.enrol(ben)
    college.grade(ben, "Pass")
    batch = awards.prepare(awards.evaluate(cells, at=timezone.now()), by=clara)
    assert batch is not None
    issue(awards.approve(batch, by=dev))
    formers = list(Award.objects.order_by("pk"))
    new = [follow(former, clara, dev) for former in formers]
    Succession.objects.filter(award=new[0]).update(reason="")
    for each in new:
        issue(each.batch)
    assert states() == ["valid", "revoked", "valid", "valid"]
    assert str(adas_credential.pk) in caplog.text
