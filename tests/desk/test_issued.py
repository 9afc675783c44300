"""What was issued, counted: every number leads to its rows."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from issuer.models import Credential
from issuer.pages import thing_url
from registrar.models import Award
from registrar.services.awarding import awards, withdrawals
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


def test_every_number_leads_to_its_rows(
    adas_credential: Credential, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    page = text(client.get(reverse("admin:registrar_award_issued")))
    award = Award.objects.get()
    links = re.findall(r'href="([^"]+\?(?:kind|unit|term|month)=[^"]+)"', page)
    assert len(links) == 4
    for link in links:
        assert thing_url(award) in text(client.get(link)), link
    assert "Nothing matches" in text(client.get(links[0] + "x"))
    assert "Science" in page and "Spring 2026" in page and "Course" in page


def test_what_was_not_signed_is_not_counted_and_what_was_revoked_is(
    adas_credential: Credential, college: Any, ben: Any, clara: User, signed_in: SignIn
) -> None:
    withdrawals.revoke(adas_credential, by=clara, reason="Forged.")
    college.enrol(ben)
    college.grade(ben, "Pass")
    revision = Award.objects.get().revision
    awards.prepare(awards.evaluate(revision, at=timezone.now()), by=clara)
    answer = signed_in(clara).get(reverse("admin:registrar_award_issued_csv"))
    assert "kind,Course,1" in answer.text
    assert "unit,Science,1" in answer.text


def test_where_nothing_was_issued_the_page_says_so(clara: User, signed_in: SignIn) -> None:
    page = text(signed_in(clara).get(reverse("admin:registrar_award_issued")))
    assert "Nothing has been issued yet" in page
