"""The desk in a real browser: on a desk and a phone, by day and by night, by keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from issuer.models import Batch, SigningKey
from issuer.pages import thing_url
from registrar.models import Revision
from registrar.services.awarding import awards
from registrar.services.college import api_clients
from registrar.services.vocabularies import vocabulary
from skills.models import Association, Component, Skill
from tests.cast import issue
from tests.desk.conftest import Addresses, edition
from tests.screens import FRAME, faults_on_every_screen, width_beyond_the_screen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

FaultFinder = Callable[..., list[str]]
# Parts of a page.
PARTS = {
    "progress",
    "options of a rule",
    "options of a choice",
    "numbers of a queue",
    "mail about a withdrawal",
    "progress of a file of awards",
}
FILES = {
    "coverage as CSV",
    "problems of a roster",
    "crosswalk as CSV",
    "coverage of a programme as CSV",
    "coverage of a programme as SVG",
    "curriculum map as CSV",
    "evidence pack as zip",
    "rule tried as CSV",
    "what was issued as CSV",
    "what ends soon as CSV",
    "rows of a file of awards",
    "errors of a file of awards",
}
NOT_PAGES = PARTS | FILES


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_page_fits_its_screen_and_is_accessible(
    page: Any,
    addresses: Addresses,
    root: User,
    open_as: Callable[..., None],
    live_server: Any,
    serious_faults: FaultFinder,
) -> None:
    open_as(page, root, addresses["home"])
    faults: dict[str, Any] = {}
    for name, address in addresses.pages.items():
        if name in NOT_PAGES:
            continue
        page.goto(live_server.url + address)
        # What stands around every page is looked at once.
        but = () if name == "home" else FRAME
        if found := faults_on_every_screen(page, serious_faults, but=but):
            faults[name] = found
    assert faults == {}


def test_the_list_of_clients_tells_days_in_two_lines_however_long_ids_and_scopes_are(
    page: Any, root: User, open_as: Callable[..., None]
) -> None:
    api_clients.add("Student information system", by=root, scopes=[*settings.ALL_SCOPES])
    open_as(page, root, reverse("admin:oauth2_provider_application_changelist"))
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert width_beyond_the_screen(page) == 0
        (added,) = page.locator("td.field-created").all()
        tall, line = added.evaluate(
            """(cell) => {
                const text = document.createRange();
                text.selectNodeContents(cell);
                const said = getComputedStyle(cell).lineHeight;
                return [text.getBoundingClientRect().height, parseFloat(said)];
            }"""
        )
        assert tall <= 2.2 * line, width


def test_a_batch_is_approved_by_keyboard_alone(
    page: Any,
    key: SigningKey,
    adas_batch: Batch,
    dev: User,
    open_as: Callable[..., None],
    live_server: Any,
    serious_faults: FaultFinder,
) -> None:
    open_as(page, dev, "/admin/")
    _press_tab_until(page, "Decide: 1 batch to approve")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{thing_url(adas_batch)}")
    _press_tab_until(page, "Reason (optional)")
    page.keyboard.type("Looked at it.")
    _press_tab_until(page, "Issue 1 credential")
    page.keyboard.press("Enter")
    page.wait_for_selector("#bar")
    adas_batch.refresh_from_db()
    assert (adas_batch.state, adas_batch.decision_reason) == ("approved", "Looked at it.")
    assert serious_faults(page) == []


def test_the_bar_moves_by_itself_and_the_page_says_when_it_is_done(
    page: Any,
    key: SigningKey,
    adas_batch: Batch,
    dev: User,
    clara: User,
    open_as: Callable[..., None],
) -> None:
    awards.approve(adas_batch, by=dev)
    open_as(page, clara, thing_url(adas_batch))
    assert page.text_content("label[for=bar]").split() == ["0", "of", "1", "done"]
    issue(adas_batch)
    page.wait_for_selector("text=How it went")
    assert page.text_content("label[for=bar]").split() == ["1", "of", "1", "done"]


def test_on_a_phone_the_menu_opens_and_leads_on(
    phone: Any, college: Any, clara: User, open_as: Callable[..., None]
) -> None:
    open_as(phone, clara, "/admin/")
    assert not phone.is_visible("nav#way")
    phone.click("button.menu")
    assert phone.is_visible("nav#way")
    phone.keyboard.press("Escape")
    assert not phone.is_visible("nav#way")
    phone.click("button.menu")
    phone.click("nav#way >> text=Learners")
    phone.wait_for_url("**/admin/registrar/learner/")


def test_skills_are_chosen_from_what_is_found_while_typing(
    page: Any, draft: Revision, clara: User, college: Any, open_as: Callable[..., None]
) -> None:
    open_as(page, clara, f"/admin/registrar/revision/{draft.pk}/edit/")
    page.type("#skill-search", "expl")
    page.click("[role=option] >> text=Explain")
    page.wait_for_selector(".chip >> text=Explain")
    page.uncheck(f"#skill-search-chosen-{college.skills[0].pk}")
    page.click("text=Keep as a draft")
    page.wait_for_url(f"**{thing_url(draft)}")
    assert [skill.label for skill in draft.skills.order_by("pk")] == ["Draw", "Explain"]


def test_a_competency_is_built_by_keyboard_alone(
    page: Any,
    college: Any,
    clara: User,
    open_as: Callable[..., None],
    serious_faults: FaultFinder,
) -> None:
    Skill.objects.filter(label="Explain").update(kind=Skill.Kind.KNOWLEDGE)
    open_as(page, clara, "/admin/skills/competency/new/")
    _press_tab_until(page, "Statement")
    page.keyboard.type("Documents living cells.")
    _press_tab_until(page, "Find a skill")
    _choose(page, "expl")
    assert "is chosen" in page.text_content("[data-picker] [role=status]")
    _choose(page, "obs")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("b")
    assert page.get_by_label("What it is here: Observe").input_value() == "behaviour"
    assert serious_faults(page) == []
    _press_tab_until(page, "Keep as a draft")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Kept as a draft")
    components = Component.objects.values_list("skill__label", "role")
    assert list(components) == [("Explain", "knowledge"), ("Observe", "behaviour")]


def test_a_link_of_the_crosswalk_is_proposed_by_keyboard_alone(
    page: Any,
    college: Any,
    clara: User,
    root: User,
    open_as: Callable[..., None],
    serious_faults: FaultFinder,
) -> None:
    trades = vocabulary.apply(vocabulary.plan(edition()), by=root, source="t").framework
    origin = college.skills[0]
    sides = f"left={origin.framework_id}&right={trades.pk}"
    open_as(page, clara, f"/admin/skills/association/between/?{sides}&skill={origin.pk}")
    _press_tab_until(page, "Find a skill in Trades")
    _choose(page, "weig")
    _choose(page, "coun")
    assert page.locator(".chip").count() == 1
    page.locator(".chip input").uncheck()
    assert page.locator("#destination-status").text_content() == ""
    assert serious_faults(page) == []
    page.locator(".chip input").check()
    _press_tab_until(page, "Propose the link")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Proposed. A second person reviews it.")
    link = Association.objects.get(framework=None)
    assert (link.origin, link.destination.label) == (origin, "Count")


def _choose(page: Any, letters: str) -> None:
    """Type in the box that has the focus, and take the first that is found for all of it."""
    page.keyboard.type(letters)
    page.wait_for_selector(f"[role=listbox][data-words={letters}]:not([hidden])")
    page.keyboard.press("Enter")


def _press_tab_until(page: Any, words: str) -> None:
    """Go on to the field or button of this name, as somebody without a mouse would."""
    for _ in range(100):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "() => { const e = document.activeElement;"
            " return (e.labels && e.labels[0] ? e.labels[0] : e).textContent.trim(); }"
        )
        if " ".join(name.split()) == words:
            return
    pytest.fail(f"no Tab leads to {words!r}")
