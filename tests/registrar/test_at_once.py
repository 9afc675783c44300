"""Two people decide at the same moment: one of them wins, and nothing is there twice."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from issuer.errors import Refusal
from issuer.models import Achievement, Batch, LedgerEntry
from registrar.models import Award, Learner, Revision
from registrar.services import awards, templates
from tests.cast import College, member_of_staff

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at the same time, each on a connection of its own: what each came to."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=10)
            return call()
        except Refusal as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_who_prepare_at_once_award_everybody_once(
    college: College, cells: Revision, ada: Learner, ben: Learner, clara: User
) -> None:
    for learner in (ada, ben):
        college.enrol(learner)
        college.grade(learner, "Pass")
    evaluation = awards.evaluate(cells, at=timezone.now())
    assert len(evaluation.awards) == 2
    made = at_once(*[partial(awards.prepare, evaluation, by=clara)] * 4)
    (batch,) = [each for each in made if each is not None]
    assert Batch.objects.get() == batch
    assert batch.count == 2
    found = Award.objects.order_by("position").values_list("batch", "position", "generation")
    assert list(found) == [(batch.pk, 0, 1), (batch.pk, 1, 1)]
    assert set(Award.objects.values_list("learner", flat=True)) == {ada.pk, ben.pk}
    assert LedgerEntry.objects.filter(act="award.decided").count() == 1


def test_two_who_approve_at_once_publish_once(
    college: College, draft: Revision, root: User, clara: User, dev: User
) -> None:
    submitted = templates.submit(draft, by=clara)
    second = member_of_staff(root, "second", "approver", college.top)
    copies = [(Revision.objects.get(pk=submitted.pk), who) for who in (dev, second, dev, second)]
    made = at_once(*(partial(templates.approve, copy, by=who) for copy, who in copies))
    assert sorted(map(str, made)).count("wrong_state") == 3
    (approved,) = [each for each in made if each != "wrong_state"]
    draft.refresh_from_db()
    assert draft.state == Revision.State.APPROVED
    assert draft.approved_by == approved.approved_by
    assert Achievement.objects.get() == draft.achievement
    assert LedgerEntry.objects.filter(act="revision.approved").count() == 1


def test_of_two_revisions_begun_at_once_there_is_one(cells: Revision, clara: User) -> None:
    made = at_once(*[partial(templates.revise, cells.template, by=clara)] * 3)
    assert made.count("wrong_state") == 2
    assert list(cells.template.revisions.order_by("number").values_list("number", flat=True)) == [
        1,
        2,
    ]
