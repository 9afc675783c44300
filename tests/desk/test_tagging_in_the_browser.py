"""A teacher's five minutes and a chair's one act, by keyboard alone; every key is counted."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User

from registrar.models import LearningOutcome, Mapping, SkillTag
from registrar.services.teaching import submissions, tagging
from tests.cast import College
from tests.desk.test_teaching_in_the_browser import sign_in  # noqa: F401
from tests.screens import width_beyond_the_screen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

OUTCOMES = 8
MOST_KEYS = 8
LETTERS = ("obs", "dra", "exp")


class Keyboard:
    """Presses keys and counts them; letters that are searched for are counted apart."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self.keys = 0
        self.letters = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)
            self.keys += 1

    def search(self, letters: str) -> None:
        self._page.keyboard.type(letters)
        self.letters += len(letters)
        self._page.wait_for_selector("[role=listbox]:not([hidden]) [role=option]")


@pytest.fixture
def anatomy(college: College, fay: User) -> College:
    """BIO 101 has eight outcomes, this term and the next, and work that assesses the last."""
    for number in range(2, OUTCOMES + 1):
        LearningOutcome.objects.create(
            opportunity=college.course, code=f"BIO101-{number}", statement=f"Do {number}."
        )
    last = college.course.outcomes.latest("pk")
    college.assess(college.offering, "Coursework", "Portfolio").outcomes.add(last)
    return college


def test_eight_outcomes_are_tagged_by_keyboard_with_at_most_eight_keys_a_tag(
    page: Any,
    anatomy: College,
    fay: User,
    chen: User,
    root: User,
    sign_in: Callable[..., None],  # noqa: F811
    serious_faults: Callable[[Any], list[str]],
) -> None:
    sign_in(page, fay, "/teach/")
    assert "8 outcomes" in page.text_content(".doors")
    keyboard, spent = Keyboard(page), []
    while page.evaluate("document.activeElement.textContent.trim()") != "Tag 8 outcomes: BIO 101":
        keyboard.press("Tab")
    keyboard.press("Enter")
    for number in range(OUTCOMES):
        before = keyboard.keys
        page.wait_for_selector(f"#outcome-{outcome(anatomy, number)} input[name=q]:focus")
        keyboard.search(LETTERS[number % 3])
        keyboard.press("Enter")
        if number < OUTCOMES - 2:
            keyboard.press("Enter")
        elif number == OUTCOMES - 2:
            keyboard.press("Tab", "ArrowRight", "Enter")
        else:
            keyboard.press("Tab", "ArrowRight", "ArrowRight", "Enter")
            # The work that assesses it is known; its share of the grade is not.
            page.wait_for_selector("details[open] input[name=share]:focus")
            assert page.is_visible("text=Rule “at least 30 % of the grade”")
            keyboard.press("4", "0", "Enter")
        spent.append(keyboard.keys - before)
    page.wait_for_selector("button:has-text('Submit to the chair'):focus")
    assert (width_beyond_the_screen(page), serious_faults(page)) == (0, [])
    keyboard.press("Enter")
    page.wait_for_selector("text=submitted. A chair reviews it.")

    assert max(spent) <= MOST_KEYS, spent
    assert keyboard.keys <= MOST_KEYS * OUTCOMES
    tags = SkillTag.objects.order_by("outcome").values_list("emphasis", flat=True)
    assert list(tags) == ["taught"] * 6 + ["practised", "assessed"]
    mapping = Mapping.objects.get()
    assert mapping.state == "submitted"

    submissions.accept(mapping, by=chen)
    following = anatomy.term_named(
        "Fall 2026", starts_on=date(2026, 8, 24), ends_on=date(2026, 12, 18)
    )
    again = anatomy.offer(anatomy.course)
    again.term = following
    again.save()
    again.teachers.add(fay)
    page.goto(page.url.split("/teach/")[0] + f"/teach/?term={following.pk}")
    assert "8 outcomes, 8 carried from last term; 8 have a skill" in page.text_content(".doors")
    page.focus("button:has-text('Confirm for Fall 2026')")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing is new, so nobody has to review it.")
    assert Mapping.objects.get(term=following).is_carried
    assert serious_faults(page) == []


def outcome(college: College, number: int) -> int:
    return college.course.outcomes.order_by("code").values_list("pk", flat=True)[number]


def test_a_chair_accepts_ten_by_keyboard_in_one_act(
    phone: Any,
    college: College,
    fay: User,
    chen: User,
    sign_in: Callable[..., None],  # noqa: F811
    serious_faults: Callable[[Any], list[str]],
) -> None:
    for number in range(10):
        course = college.course_named(f"BIO 2{number:02}")
        made = LearningOutcome.objects.create(
            opportunity=course, code=f"B2{number:02}-1", statement="Do it."
        )
        tagging.propose(made, college.skills[number % 3], emphasis="taught", by=fay)
        submissions.carry(course, college.term, by=fay)
    sign_in(phone, chen, "/admin/registrar/mapping/review/")
    assert (width_beyond_the_screen(phone), serious_faults(phone)) == (0, [])
    phone.focus("text=Choose all on this page")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("tbody input:checked")
    assert phone.locator("tbody input:checked").count() == 10
    phone.focus("button:has-text('Accept the chosen courses')")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("text=10 courses accepted.")
    assert Mapping.objects.filter(state="accepted").count() == 10
    phone.goto(phone.url.replace("review/", f"{Mapping.objects.first().pk}/change/"))
    assert (width_beyond_the_screen(phone), serious_faults(phone)) == (0, [])
