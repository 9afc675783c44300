"""What strangers and learners see, in a real browser: on a desk and a phone, with scripts off."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from issuer.models import Credential, Release, SecuredDocument, StatusList
from issuer.services import links, publishing, status
from registrar.models import Learner
from registrar.services.marking import confirmations
from tests.cast import College
from tests.desk.conftest import question
from tests.public.test_verify_page import (
    DID,
    of_stranger,
    presentation,
    record,
    sign,
    tampered,
)
from tests.screens import faults_on_every_screen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

VALID = "This credential is valid."
NOT_VALID = "This credential is not valid."


@pytest.fixture
def adas(adas_credential: Credential) -> Release:
    """Ada's credential, issued and released; its status list is published."""
    publishing.publish(StatusList.objects.get())
    return adas_credential.release


@pytest.fixture
def document(adas: Release) -> str:
    """The signed document, as its learner holds it."""
    return SecuredDocument.objects.get(verifiable_credential__credential=adas.pk).body


@pytest.fixture
def pages(
    adas: Release, document: str, college: College, ada: Learner, clara: User
) -> dict[str, str]:
    """Every page that a stranger may reach, by a name to call it by."""
    asked = question(college, ada, by=clara)
    achievement = json.loads(document)["credentialSubject"]["achievement"]["id"]
    return {
        "home": "/",
        "check": "/verify",
        "achievement": achievement.removeprefix(settings.BASE_URL),
        "credential": f"/credentials/{adas.address}",
        "confirm": links.seal(confirmations.path_of(asked)).removeprefix(settings.BASE_URL),
        "nowhere": "/nothing/here",
        "sign in": "/admin/login/",
    }


@pytest.mark.slow
def test_every_public_page_fits_its_screen_and_is_accessible(
    page: Any,
    pages: dict[str, str],
    document: str,
    live_server: Any,
    serious_faults: Callable[[Any], list[str]],
) -> None:
    for name, address in pages.items():
        page.goto(live_server.url + address)
        assert (name, faults_on_every_screen(page, serious_faults)) == (name, [])
    ours = json.loads(document)
    shown = [
        document,
        json.dumps(record(ours, tampered(ours), sign(of_stranger(ours)))),
        json.dumps(presentation(ours, holder=DID)),
        "no credential",
        "",
    ]
    for text in shown:
        check(page, live_server, text)
        assert (text, faults_on_every_screen(page, serious_faults)) == (text, [])


def test_an_employer_checks_what_was_shown_without_any_script(
    without_scripts: Any, adas: Release, document: str, live_server: Any, clara: Any
) -> None:
    page = without_scripts
    check(page, live_server, document)
    assert VALID in page.text_content("h2#verdict")
    check(page, live_server, document.replace("Distinction", "Honours"))
    assert NOT_VALID in page.text_content("h2#verdict")
    status.revoke(adas.credential, reason="Awarded by mistake.", by=clara)
    publishing.publish(StatusList.objects.get())
    check(page, live_server, document)
    assert NOT_VALID in page.text_content("h2#verdict")
    assert "has revoked" in page.text_content(".verdict > p")


def test_what_is_inside_is_opened_by_keys_and_without_any_script(
    without_scripts: Any, document: str, live_server: Any
) -> None:
    page, ours = without_scripts, json.loads(document)
    check(page, live_server, json.dumps(record(ours, tampered(ours))))
    assert "This record is not valid." in page.text_content("h2#verdict")
    sound, bad = page.locator(".inside > li > details").all()
    assert bad.locator("text=The signature does not belong").is_visible()
    assert not sound.locator(".checks").is_visible()
    sound.locator("summary").focus()
    page.keyboard.press("Enter")
    assert sound.locator(".checks").is_visible()


@pytest.mark.parametrize("verb", ["Download the credential", "Download it as an image"])
def test_the_file_that_a_learner_downloads_is_the_one_that_others_check(
    page: Any, adas: Release, live_server: Any, verb: str
) -> None:
    page.goto(f"{live_server.url}/credentials/{adas.address}")
    with page.expect_download() as started:
        page.click(f"text={verb}")
    page.goto(f"{live_server.url}/verify")
    page.set_input_files("input[type=file]", started.value.path())
    page.click("button:text('Check it')")
    assert VALID in page.text_content("h2#verdict")
    assert page.input_value("textarea") == ""


def check(page: Any, live_server: Any, text: str) -> None:
    """Paste something into the form and send it."""
    page.goto(f"{live_server.url}/verify")
    page.fill("textarea", text)
    page.click("button:text('Check it')")
    page.wait_for_selector(".verdict, .notice.bad")
