"""Signing in, and a teacher's five minutes a term: by keyboard, on a phone, without scripts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from registrar.models import SkillChoice, SkillTag
from registrar.services.college import people
from tests.desk.conftest import PASSWORD
from tests.screens import faults_on_every_screen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def sign_in(live_server: Any, root: User) -> Callable[..., None]:
    """Opens an address and signs somebody in at the form that it leads to, by keyboard."""

    def sign_in(page: Any, person: User, address: str) -> None:
        people.set_password(person, PASSWORD, by=root)
        page.goto(live_server.url + address)
        page.wait_for_selector("#id_username:focus")
        page.keyboard.type(person.username)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)

    return sign_in


def test_everybody_signs_in_at_the_same_door_and_comes_to_their_own_place(
    page: Any, fay: User, clara: User, sign_in: Callable[..., None], live_server: Any
) -> None:
    sign_in(page, fay, "/admin/login/")
    assert page.url == f"{live_server.url}/teach/"
    page.click("text=Sign out")
    page.context.clear_cookies()
    sign_in(page, clara, "/admin/login/")
    assert page.url == f"{live_server.url}/admin/"


def test_who_mistypes_is_told_so_and_a_teacher_is_led_from_the_desk_to_their_courses(
    page: Any, fay: User, sign_in: Callable[..., None], live_server: Any
) -> None:
    page.goto(f"{live_server.url}/admin/")
    page.fill("#id_username", "fay")
    page.fill("#id_password", "not hers")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=do not belong together")
    sign_in(page, fay, "/teach/")
    page.goto(f"{live_server.url}/admin/")
    page.click("text=go to your start page")
    page.wait_for_url("**/teach/")


def test_a_skill_is_found_in_three_letters_and_proposed_by_keyboard_alone(
    page: Any, college: Any, fay: User, sign_in: Callable[..., None]
) -> None:
    sign_in(page, fay, f"/teach/{college.course.pk}/")
    press_tab_until(page, "e.name === 'q'")
    page.keyboard.type("exp")
    page.wait_for_selector("[role=option]")
    assert page.text_content("[role=status]").strip() == "1 skill found."
    box = page.locator("[role=combobox]").first
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    option = page.locator("[role=option][aria-selected=true]")
    assert box.get_attribute("aria-activedescendant") == option.get_attribute("id")
    page.keyboard.press("Enter")
    assert page.text_content("[role=status]").strip() == "“Explain” is chosen."
    assert box.get_attribute("aria-expanded") == "false"
    press_tab_until(page, "e.name === 'emphasis'")
    page.keyboard.press("ArrowRight")
    press_tab_until(page, "e.textContent === 'Propose'")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Proposed “Explain” for BIO101-1.")
    tag = SkillTag.objects.get()
    assert (tag.skill.label, tag.emphasis, tag.proposed_by) == ("Explain", "practised", fay)


def test_the_list_shuts_by_escape_and_enter_alone_sends_nothing(
    page: Any, college: Any, fay: User, sign_in: Callable[..., None]
) -> None:
    sign_in(page, fay, f"/teach/{college.course.pk}/")
    page.focus("input[name=q]")
    page.keyboard.press("Enter")
    page.keyboard.type("gradu")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("Escape")
    assert not page.is_visible("[role=listbox]")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    assert page.locator("[role=option]").last.get_attribute("aria-selected") == "true"
    assert not SkillTag.objects.exists()


def test_a_skill_is_proposed_where_no_script_runs(
    without_scripts: Any, college: Any, fay: User, sign_in: Callable[..., None]
) -> None:
    page = without_scripts
    sign_in(page, fay, f"/teach/{college.course.pk}/")
    page.fill("input[name=q]", "exp")
    page.click("button:text('Find')")
    page.check("text=Explain")
    page.click(".choosing .button:text('Propose')")
    page.wait_for_selector(".tags >> text=Proposed")
    assert SkillTag.objects.get().skill.label == "Explain"


def test_suggestions_say_why_and_are_accepted_or_turned_down(
    page: Any,
    college: Any,
    fay: User,
    sign_in: Callable[..., None],
    serious_faults: Callable[[Any], list[str]],
) -> None:
    sign_in(page, fay, f"/teach/{college.course.pk}/")
    page.click("text=Suggest skills")
    page.wait_for_selector("text=words in common")
    assert serious_faults(page) == []
    first, second = (page.locator(".suggested label span").nth(at).text_content() for at in (0, 3))
    page.click("button:has-text('Not this') >> nth=0")
    page.wait_for_selector(f".suggested >> text={first}", state="detached")
    page.check(f".suggested >> text={second}")
    page.click(".choosing .button:text('Propose')")
    page.wait_for_selector(".tags >> text=Proposed")
    made = SkillChoice.objects.order_by("pk").values_list("skill__label", "verdict", "method")
    assert list(made) == [(first, "rejected", "words"), (second, "accepted", "words")]


def test_the_pages_of_teachers_fit_their_screen_and_are_accessible(
    page: Any,
    college: Any,
    fay: User,
    sign_in: Callable[..., None],
    serious_faults: Callable[[Any], list[str]],
) -> None:
    sign_in(page, fay, "/teach/")
    assert faults_on_every_screen(page, serious_faults) == []
    page.click("main h2 a")
    page.type("input[name=q]", "graduate")
    page.wait_for_selector("[role=option]")
    assert faults_on_every_screen(page, serious_faults) == []


def press_tab_until(page: Any, condition: str) -> None:
    """Go on to the element `e` of which something holds, as somebody without a mouse would."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"() => {{ const e = document.activeElement; return !!({condition}); }}"):
            return
    pytest.fail(f"no Tab leads to where {condition}")
