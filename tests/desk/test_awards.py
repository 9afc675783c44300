"""Awards at the desk: rules are evaluated, and what no longer holds is found."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from issuer.models import Batch
from issuer.pages import thing_url
from registrar.models import Revision
from registrar.services.marking import results
from registrar.services.teaching import catalog, tagging
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


def test_evaluating_shows_who_and_why_and_prepares_a_batch_once(
    college: Any, cells: Revision, ada: Any, ben: Any, clara: User, signed_in: SignIn
) -> None:
    for learner, result in ((ada, "Pass"), (ben, "Fail")):
        college.enrol(learner)
        college.grade(learner, result)
    client = signed_in(clara)
    address = reverse("admin:registrar_award_evaluate", args=[cells.pk])
    assert "Ada Byron" in text(client.get(address))
    assert "is Fail" in text(client.get(address, {"show": "not_met"}))
    assert "Nobody of that name" in text(client.get(address, {"q": "Zoe"}))
    assert "Tell each learner by mail" in text(client.get(address))
    answer = client.post(address, {"name": "Spring", "tells_learners": "on"})
    batch = Batch.objects.get(name="Spring")
    assert answer["Location"] == thing_url(batch)
    assert "Mails to learners" in text(client.get(thing_url(batch)))
    rows = reverse("admin:registrar_award_changelist")
    assert "Waits for approval" in text(client.get(rows, {"batch": batch.pk, "mail": "none"}))
    assert not client.get(rows, {"mail": "sent"}).context["cl"].result_list
    client.post(address, {"name": "Spring again"})
    assert Batch.objects.count() == 1
    assert "Ada Byron" not in text(client.get(address, {"show": "already"}))
    assert "<strong>1</strong><span>wait for approval</span>" in text(client.get(address))
    assert "Ada Byron" in text(client.get(address, {"show": "waiting"}))


def test_results_that_no_longer_hold_are_found(
    college: Any, ada: Any, ben: Any, clara: User, signed_in: SignIn
) -> None:
    college.supersede(college.grade(ada, "Fail"), "Pass")
    results.withdraw([college.grade(ben, "Merit").pk], at=timezone.now())
    address = reverse("admin:registrar_result_changelist")
    client = signed_in(clara)

    def shown(holds: str) -> set[str]:
        listed = client.get(address, {"holds": holds}).context["cl"].queryset
        assert "NOT IN" not in str(listed.query)
        return {result.text for result in listed}

    assert (shown("yes"), shown("no")) == ({"Pass"}, {"Fail", "Merit"})


def test_an_award_shows_the_skills_of_its_own_term(
    college: Any, adas_award: Any, fay: User, chen: User, clara: User, signed_in: SignIn
) -> None:
    tag = tagging.propose(college.outcome, college.skills[2], emphasis="taught", by=fay)
    tagging.accept(tag, by=chen)
    page = text(signed_in(clara).get(thing_url(adas_award)))
    assert "Outcomes and skills, as of Spring 2026" in page
    assert "Draw a cell from observation." in page
    assert "Explain" in page


def test_a_retired_outcome_tells_when_it_and_its_words_held(
    college: Any, fay: User, chen: User, clara: User, signed_in: SignIn
) -> None:
    tag = tagging.propose(college.outcome, college.skills[2], emphasis="taught", by=fay)
    tagging.accept(tag, by=chen)
    catalog.record_outcomes(college.course, {"BIO101-1": "Draw a cell."}, by=clara)
    page = text(signed_in(clara).get(thing_url(college.outcome)))
    assert "until 11 Jan 2026" in page
    assert "Draw a cell from observation." in page
