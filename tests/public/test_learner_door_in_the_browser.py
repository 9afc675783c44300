"""A learner lets an application in, in a real browser, by day and by night, wide and narrow."""

from collections.abc import Callable
from typing import Any

import pytest

from issuer.models import Credential
from registrar.models import Learner
from tests.cast import College
from tests.public.learner_door import App, mailed_path
from tests.screens import width_beyond_the_screen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.mark.parametrize("size", ["desk", "pocket"])
def test_a_learner_lets_an_application_in(
    size: str,
    request: pytest.FixtureRequest,
    college: College,
    ada: Learner,
    adas_credential: Credential,
    live_server: Any,
    serious_faults: Callable[[Any], list[str]],
) -> None:
    page = request.getfixturevalue({"desk": "page", "pocket": "phone"}[size])

    def look(heading: str) -> None:
        assert heading in page.locator("h1").inner_text()
        assert serious_faults(page) == []
        assert width_beyond_the_screen(page) <= 0

    app = App.registered()
    page.route("https://wallet.example/**", lambda route: route.fulfill(body="Welcome back"))
    page.goto(f"{live_server.url}{app.address()}")
    look("Sign in by a link")
    page.get_by_label("E-mail address").fill(ada.email)
    page.get_by_role("button", name="Mail me a link").click()
    look("Look at your mail")
    page.goto(f"{live_server.url}{mailed_path()}")
    look("Sign in as Ada Byron?")
    page.get_by_role("button", name="Sign in").click()
    look("Let wallet.example at your credentials?")
    page.get_by_role("button", name="Let it in").click()
    page.wait_for_url("https://wallet.example/back?**")
    assert "code=" in page.url
    page.goto(f"{live_server.url}/learner/access")
    look("Your credentials")
    page.goto(f"{live_server.url}{app.address(client_id='nobody')}")
    look("This cannot be asked")
