"""Marking by keyboard alone, on a desk and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from registrar.models import Learner, LearningOutcome, Result, SkillTag
from tests.registrar.test_marks import rubric
from tests.screens import width_beyond_the_screen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def marks_page(college: Any, ada: Learner, ben: Learner, fay: User, chen: User) -> str:
    """Two learners and two outcomes, one with a rubric; an exam has told one result."""
    for learner in (ada, ben):
        college.enrol(learner)
    second = LearningOutcome.objects.create(
        opportunity=college.course, code="BIO101-2", statement="Explain osmosis."
    )
    SkillTag.objects.create(
        outcome=college.outcome,
        skill=college.skills[1],
        emphasis="assessed",
        state="accepted",
        proposed_by=fay,
        reviewed_by=chen,
    )
    rubric(college.skills[1], ("Master", 3), ("Able", 2), ("Beginner", 1))
    exam = college.assess(college.offering, "Exam")
    college.grade(ada, "Proficient", on=exam, outcome=second)
    return f"/teach/offerings/{college.offering.pk}/marks"


def held() -> list[tuple[str, str]]:
    current = Result.objects.current().filter(source="own").order_by("pk")
    return [(each.learner.given_name, each.text) for each in current.select_related("learner")]


def test_a_grid_is_marked_by_keyboard_alone(
    page: Any,
    open_as: Any,
    marks_page: str,
    fay: User,
    serious_faults: Callable[[Any], list[str]],
) -> None:
    open_as(page, fay, marks_page)
    assert page.locator("td select").count() == 3  # the exam has told the fourth
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('td select')"):
            break
    page.keyboard.press("2")
    page.wait_for_selector('text="Saved"')
    assert held() == [("Ada", "Able")]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("n")
    page.keyboard.press("1")
    page.locator("button[name=undo]").nth(2).wait_for()
    page.wait_for_selector("#marks-status:has-text(': Met.')", state="attached")
    assert sorted(held()) == [("Ada", "Able"), ("بن", "Master"), ("بن", "Met")]
    page.keyboard.press("Control+z")
    expect(page.locator("td select:focus")).to_have_value("Not met")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Delete")
    page.wait_for_selector('text="Not marked"')
    assert sorted(held()) == [("Ada", "Able"), ("بن", "Not met")]
    assert (width_beyond_the_screen(page), serious_faults(page)) == (0, [])
    page.set_viewport_size({"width": 360, "height": 740})
    assert (width_beyond_the_screen(page), serious_faults(page)) == (0, [])


def test_a_grid_is_marked_where_no_script_runs(
    without_scripts: Any, open_as: Any, marks_page: str, fay: User
) -> None:
    page = without_scripts
    open_as(page, fay, marks_page)
    page.select_option("td select >> nth=0", "Able")
    page.click("text=Save marks")
    page.wait_for_selector("text=1 mark saved.")
    assert held() == [("Ada", "Able")]
