"""An award rule is built in a real browser, by keyboard alone, on a desk and without scripts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from issuer.pages import thing_url
from registrar.models import Revision
from registrar.services.drafting import templates
from tests.cast import PASSED, College
from tests.screens import width_beyond_the_screen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

EVERY_ESSAY = {"every_score": {"course": "BIO 101", "category": "Essay", "at_least": 40}}


@pytest.fixture
def draft(college: College, cells: Revision, clara: User) -> Revision:
    """A draft that asks for the final result; the course has an essay, too."""
    college.assess(college.offering, "Essay", "Essay 1")
    return templates.revise(cells.template, by=clara)


def test_a_rule_is_built_by_keyboard_and_its_sentence_follows(
    page: Any,
    draft: Revision,
    clara: User,
    open_as: Callable[..., None],
    serious_faults: Callable[[Any], list[str]],
) -> None:
    open_as(page, clara, reverse("admin:registrar_revision_rule", args=[draft.pk]))
    press = page.keyboard.press
    page.focus("#new-0")
    page.keyboard.type("Every")
    press("Tab")
    press("Enter")
    page.wait_for_selector("#part-2:focus")
    assert page.locator(".wrong").count() == 0
    page.click("button[value=keep]")
    page.wait_for_selector("#problems-2 >> text=Course is missing.")
    page.focus("#course-2")
    page.keyboard.type("bio")
    page.wait_for_selector("#list-course-2 option[value='BIO 101']", state="attached")
    press("Control+a")
    page.keyboard.type("BIO 101")
    press("Tab")
    page.keyboard.type("Ess")
    page.wait_for_selector("#list-category-2 option[value=Essay]", state="attached")
    page.keyboard.type("ay")
    press("Tab")
    page.keyboard.type("40")
    page.wait_for_selector("#said >> text=every score for Essay in BIO 101 Cells is at least 40")
    assert page.locator(".wrong").count() == 0
    assert page.evaluate("document.activeElement.id") == "at_least-2"
    assert serious_faults(page) == []
    page.focus("button[value=keep]")
    press("Enter")
    page.wait_for_url(f"**{thing_url(draft)}")
    draft.refresh_from_db()
    assert draft.rule == {"all": [PASSED, EVERY_ESSAY]}


def test_a_rule_is_built_without_scripts_on_a_phone(
    without_scripts: Any,
    draft: Revision,
    clara: User,
    open_as: Callable[..., None],
) -> None:
    page = without_scripts
    open_as(page, clara, reverse("admin:registrar_revision_rule", args=[draft.pk]))
    page.select_option("#new-0", "every_score")
    page.click("button[value=add-0]")
    for name, value in (("course", "BIO 101"), ("category", "Essay"), ("at_least", "40")):
        page.fill(f"#{name}-2", value)
    page.click("button[value=up-2]")
    assert width_beyond_the_screen(page) == 0
    page.click("text=Keep the rule")
    page.wait_for_url(f"**{thing_url(draft)}")
    draft.refresh_from_db()
    assert draft.rule == {"all": [EVERY_ESSAY, PASSED]}
