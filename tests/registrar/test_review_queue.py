"""Late results lead to awards, withdrawals and awards again, each decided by a person."""

import pytest
from django.contrib.auth.models import User

from issuer.errors import ReasonMissing
from issuer.models import Batch, SigningKey
from registrar.models import Award, Learner, Revision
from registrar.services.awarding import award_chains, awards, review_queue
from registrar.services.drafting import templates
from tests.cast import PASSED, College, issue, member_of_staff

pytestmark = pytest.mark.django_db


def again(revision: Revision, *, clara: User, dev: User, **wording: object) -> Revision:
    """The next revision of the template, approved."""
    second = templates.edit(templates.revise(revision.template, by=clara), by=clara, **wording)
    return templates.approve(templates.submit(second, by=clara), by=dev)


@pytest.fixture
def ours(key: SigningKey, adas_batch: Batch, adas_award: Award, dev: User) -> Award:
    """Ada's award, issued."""
    issue(awards.approve(adas_batch, by=dev))
    return adas_award


def test_a_late_result_is_awarded_a_lapsed_award_withdrawn_and_what_is_earned_again_awarded_again(
    college: College,
    cells: Revision,
    ours: Award,
    ada: Learner,
    ben: Learner,
    clara: User,
    dev: User,
) -> None:
    assert review_queue.look(cells).is_empty
    college.grade(ben, "Pass")
    wrong = college.supersede(ada.results.current().get(), "Fail")
    queue = review_queue.look(cells)
    assert [each.learner_id for each in queue.new] == [ben.pk]
    assert ([each.award for each in queue.lapsed], queue.again) == ([ours], ())
    assert "is Fail" in queue.lapsed[0].candidate.reasons[0]

    with pytest.raises(ReasonMissing):
        review_queue.withdraw(cells, None, by=clara, reason=" ")
    assert review_queue.withdraw(cells, {0}, by=clara, reason="Corrected") == 0
    assert review_queue.withdraw(cells, {ours.pk}, by=clara, reason="Corrected") == 1
    assert review_queue.award(cells, {ada.pk}, by=clara) is None
    batch = review_queue.award(cells, {ben.pk}, by=clara)
    assert batch is not None
    assert (batch.state, batch.count) == ("prepared", 1)
    assert review_queue.look(cells).is_empty

    college.supersede(wrong, "Pass")
    (concern,) = review_queue.look(cells).again
    assert (concern.award, concern.candidate.learner_id) == (ours, ada.pk)
    assert review_queue.award_again(cells, {0}, by=clara, reason="Corrected again") is None
    anew = review_queue.award_again(cells, None, by=clara, reason="Corrected again")
    assert anew is not None
    issue(awards.approve(anew, by=dev, reason="Looked at it"))
    assert review_queue.look(cells).is_empty
    steps = award_chains.of(ours)
    assert [(step.act, step.award.generation) for step in steps] == [
        ("awarded", 1),
        ("approved", 1),
        ("revoked", 1),
        ("awarded again", 2),
        ("approved", 2),
    ]
    assert [step.reason for step in steps][2:] == ["Corrected", "", "Looked at it"]
    assert award_chains.of(Award.objects.get(replaces=ours)) == steps


def test_a_rule_that_was_changed_takes_nothing_from_those_awarded_before(
    college: College, cells: Revision, ours: Award, ada: Learner, clara: User, dev: User
) -> None:
    exam = {"score": {"course": "BIO 101", "category": "Exam", "at_least": 60}}
    stricter = again(cells, clara=clara, dev=dev, rule={"all": [PASSED, exam]})
    assert review_queue.look(stricter).is_empty
    college.supersede(ada.results.current().get(), "Fail")
    (concern,) = review_queue.look(stricter).lapsed
    assert concern.award == ours


def test_one_sees_the_queues_of_ones_own_units(
    college: College, cells: Revision, clara: User, dev: User, root: User
) -> None:
    assert not review_queue.revisions(clara)
    assert list(review_queue.revisions(clara, is_everything=True)) == [cells]
    reviewed = again(cells, clara=clara, dev=dev, awarding="review")
    assert list(review_queue.revisions(clara)) == [reviewed]
    elsewhere = member_of_staff(root, "eve", "registrar", college.arts)
    assert not review_queue.revisions(elsewhere)
