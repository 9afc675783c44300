"""A name change at the desk, in a real browser."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from issuer.models import Credential, Release
from issuer.pages import thing_url
from registrar.models import Award
from tests.screens import width_beyond_the_screen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.mark.usefixtures("at_once")
def test_a_name_is_changed_and_the_credential_replaced_in_three_clicks(
    page: Any,
    live_server: Any,
    adas_credential: Credential,
    clara: User,
    open_as: Any,
    serious_faults: Any,
) -> None:
    award = Award.objects.select_related("learner").get()
    open_as(page, clara, thing_url(award.learner))
    page.click("text=Correct name or address")
    assert (width_beyond_the_screen(page), serious_faults(page)) == (0, [])
    page.fill("[name=family_name]", "King")
    page.fill("[name=email]", "ada.king@college.example")
    page.fill("[name=reason]", "The deed was shown.")
    page.click("button:has-text('Correct it')")
    page.wait_for_selector("text=One credential is replaced")
    assert "Ada King" in page.inner_text("h1")
    page.goto(
        f"{live_server.url}/credentials/{Release.objects.get(pk=award.credential_id).address}"
    )
    assert "was replaced" in page.inner_text("h1")
    assert "Byron" not in page.content()
    page.set_viewport_size({"width": 360, "height": 740})
    assert (width_beyond_the_screen(page), serious_faults(page)) == (0, [])
