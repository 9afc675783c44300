"""Awards at the desk: rules are evaluated, and what no longer holds is found."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from issuer.models import Batch
from issuer.pages import thing_url
from registrar.models import Revision
from registrar.services import results
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
    answer = client.post(address, {"name": "Spring"})
    batch = Batch.objects.get(name="Spring")
    assert answer["Location"] == thing_url(batch)
    client.post(address, {"name": "Spring again"})
    assert Batch.objects.count() == 1
    assert "Ada Byron" in text(client.get(address, {"show": "already"}))


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
