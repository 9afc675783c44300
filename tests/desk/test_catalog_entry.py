"""Activities, outcomes and who took part are entered at the desk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issuer.models import LedgerEntry
from registrar.models import Activity, Learner, LearningOpportunity, LearningOutcome, Result
from registrar.services.teaching import catalog
from tests.cast import College, member_of_staff

pytestmark = pytest.mark.django_db

ACTIVITY = {"code": "mentoring", "title": "Peer mentoring", "hours": "40", "credit": "non-credit"}


@pytest.fixture
def desk(clara: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(clara)


@pytest.fixture
def mentoring(college: College, clara: User) -> LearningOpportunity:
    return catalog.add_activity("mentoring", title="Mentoring", unit=college.science, by=clara)


@pytest.fixture
def outcomes(college: College) -> str:
    return reverse("admin:registrar_course_outcomes", args=[college.course.pk])


@pytest.fixture
def participation(mentoring: LearningOpportunity) -> str:
    return reverse("admin:registrar_activity_participation", args=[mentoring.pk])


def living(college: College) -> dict[str, str]:
    found = LearningOutcome.objects.filter(opportunity=college.course, retired_at=None)
    return dict(found.values_list("code", "statement"))


def test_an_activity_is_added_and_leads_to_its_outcomes(desk: Client, college: College) -> None:
    answer = desk.post(
        reverse("admin:registrar_activity_new"), ACTIVITY | {"unit": college.science.pk}
    )
    activity = Activity.objects.get()
    assert (activity.code, activity.hours, activity.credit) == ("mentoring", 40, "non-credit")
    assert answer["Location"] == reverse("admin:registrar_activity_outcomes", args=[activity.pk])
    page = desk.get(reverse("admin:registrar_activity_change", args=[activity.pk]))
    body = page.content.decode()
    assert "Edit the outcomes" in body
    assert "Record participation" in body
    assert "Activity added" in body


def test_a_code_is_given_once_and_all_that_was_typed_is_kept(
    desk: Client, college: College
) -> None:
    form = ACTIVITY | {"code": "BIO 101", "unit": college.science.pk, "hours": "many"}
    body = desk.post(reverse("admin:registrar_activity_new"), form).content.decode()
    assert "A course or activity has this code. Choose another." in body
    assert "Enter a number." in body
    assert 'value="Peer mentoring"' in body
    assert not Activity.objects.exists()


def test_an_activity_is_added_only_where_one_may(
    college: College, root: User, signed_in: Callable[[User], Client]
) -> None:
    artist = member_of_staff(root, "artist", "registrar", college.arts)
    form = ACTIVITY | {"unit": college.science.pk}
    answer = signed_in(artist).post(reverse("admin:registrar_activity_new"), form)
    assert "Select a valid choice" in answer.content.decode()
    assert not Activity.objects.exists()


def test_outcomes_change_only_after_one_has_looked(
    desk: Client, college: College, outcomes: str
) -> None:
    assert "BIO101-1 Draw a cell from observation." in desk.get(outcomes).content.decode()
    form = {"lines": "BIO101-1 Draw a cell from memory.\n\nBIO101-2   Label it. "}
    shown = desk.post(outcomes, form)
    body = shown.content.decode()
    assert "<del>Draw a cell from observation.</del>" in body
    assert "<ins>Draw a cell from memory.</ins>" in body
    assert living(college) == {"BIO101-1": "Draw a cell from observation."}
    seen = {"fingerprint": shown.context["plan"].fingerprint}
    assert desk.post(outcomes, form | seen).status_code == 302
    assert living(college) == {"BIO101-1": "Draw a cell from memory.", "BIO101-2": "Label it."}
    entry = LedgerEntry.objects.get(act="outcomes.recorded")
    assert entry.subject == f"registrar.learningopportunity:{college.course.pk}"


def test_an_outcome_whose_line_is_removed_is_retired_and_keeps_its_tags(
    desk: Client, college: College, outcomes: str, tag: Any
) -> None:
    plan = desk.post(outcomes, {"lines": ""}).context["plan"]
    assert list(plan.retired) == ["BIO101-1"]
    desk.post(outcomes, {"lines": "", "fingerprint": plan.fingerprint})
    college.outcome.refresh_from_db()
    assert college.outcome.retired_at is not None
    assert college.outcome.tags.get() == tag
    assert LedgerEntry.objects.get(act="outcomes.retired").details == {
        "codes": ["BIO101-1"],
        "holds_until": "2026-01-11",
        "withdrawn": [tag.pk],
    }


def test_what_was_not_looked_at_is_not_saved(
    desk: Client, college: College, outcomes: str, clara: User
) -> None:
    plan = desk.post(outcomes, {"lines": "NEW Count."}).context["plan"]
    catalog.record_outcomes(college.course, {"BIO101-9": "Weigh."}, by=clara)
    answer = desk.post(outcomes, {"lines": "NEW Count.", "fingerprint": plan.fingerprint})
    assert answer.status_code == 409
    body = answer.content.decode()
    assert "This is not what you looked at" in body
    assert "BIO101-9" in body
    assert sorted(living(college)) == ["BIO101-1", "BIO101-9"]


def test_every_wrong_line_of_outcomes_is_named_at_once(
    desk: Client, college: College, outcomes: str
) -> None:
    lines = f"A Count.\nB\nA Weigh.\n{'x' * 101} Measure."
    body = desk.post(outcomes, {"lines": lines}).content.decode()
    assert "Line 2: B has no statement." in body
    assert "Line 3: A is used above." in body
    assert "Line 4: the code is too long." in body
    assert "B\nA Weigh." in body


def test_a_code_with_a_space_and_a_statement_in_paragraphs_stay_as_they_are(
    desk: Client, college: College, outcomes: str, clara: User
) -> None:
    catalog.record_outcomes(college.course, {"BIO 101-5": "Count.\n\nWeigh."}, by=clara)
    form = desk.get(outcomes).context["form"]
    plan = desk.post(outcomes, {"lines": form["lines"].value()}).context["plan"]
    assert not plan.changes_anything


def test_the_outcome_code_of_something_else_is_refused(
    desk: Client, mentoring: LearningOpportunity
) -> None:
    address = reverse("admin:registrar_activity_outcomes", args=[mentoring.pk])
    body = desk.post(address, {"lines": "BIO101-1 Listen."}).content.decode()
    assert "Already an outcome of something else: BIO101-1." in body


def test_a_chair_edits_the_outcomes_of_the_own_unit_and_no_other(
    college: College, chen: User, signed_in: Callable[[User], Client], outcomes: str
) -> None:
    client = signed_in(chen)
    assert client.get(outcomes).status_code == 200
    LearningOpportunity.objects.filter(pk=college.course.pk).update(unit=college.arts)
    assert client.get(outcomes).status_code == 403
    assert client.post(outcomes, {"lines": ""}).status_code == 403
    course = reverse("admin:registrar_course_change", args=[college.course.pk])
    assert "Edit the outcomes" not in client.get(course).content.decode()


def test_participation_is_recorded_by_number_and_by_address(
    desk: Client, participation: str, college: College, ada: Learner, ben: Learner
) -> None:
    form = {
        "state": "Completed",
        "term": college.term.pk,
        "started_on": "2026-01-12",
        "ended_on": "2026-05-01",
        "hours": "41.5",
        "learners": f" {ada.number}\n\n{ben.email.upper()}\n",
    }
    assert desk.post(participation, form).status_code == 302
    found = Result.objects.current().order_by("learner__number")
    assert [(each.learner, each.text, each.score) for each in found] == [
        (ada, "Completed", 41.5),
        (ben, "Completed", 41.5),
    ]
    form |= {"state": "Withdrew", "learners": ada.number}
    desk.post(participation, form)
    assert Result.objects.current().get(learner=ada).text == "Withdrew"
    assert Result.objects.current().get(learner=ben).text == "Completed"


def test_every_line_that_names_nobody_is_reported_and_nothing_is_recorded(
    desk: Client, participation: str, ada: Learner, ben: Learner
) -> None:
    Learner.objects.filter(pk=ben.pk).update(retired_at=timezone.now())
    for source in "ab":
        Learner.objects.create(source=source, sourced_id="x", number="77", given_name="Xu")
    names = [ada.number, "nobody", ada.email, ben.number, "77"]
    form = {"state": "In progress", "learners": "\n".join(names)}
    answer = desk.post(participation, form)
    problems = answer.context["form"].problems
    assert [(each.row, each.code) for each in problems] == [
        (2, "unknown_learner"),
        (3, "named_twice"),
        (4, "learner_left"),
        (5, "several_learners"),
    ]
    body = answer.content.decode()
    for problem in problems:
        assert problem.value in body
    assert "The same learner is on line 1." in body
    assert "Remove one of the two lines." in body
    assert "\n".join(names) in body
    assert not Result.objects.exists()


def test_an_activity_does_not_end_before_it_starts(
    desk: Client, participation: str, ada: Learner
) -> None:
    form = {"state": "Completed", "started_on": "2026-05-01", "ended_on": "2026-04-01"}
    body = desk.post(participation, form | {"learners": ada.number}).content.decode()
    assert "This is before the start." in body
    assert 'value="2026-05-01"' in body
    assert not Result.objects.exists()


def test_a_course_is_no_activity(desk: Client, college: College) -> None:
    for page in ("participation", "outcomes"):
        address = reverse(f"admin:registrar_activity_{page}", args=[college.course.pk])
        assert desk.get(address).status_code == 404


def test_a_course_is_described_and_what_was_said_can_be_taken_back(
    desk: Client, college: College
) -> None:
    address = reverse("admin:registrar_course_describe", args=[college.course.pk])
    page = reverse("admin:registrar_course_change", args=[college.course.pk])
    assert address in desk.get(page).content.decode()
    assert 'value="3.00"' in desk.get(address).content.decode()
    said = {"description": "From the microscope.", "credit": "credit", "credits": "4", "hours": ""}
    assert desk.post(address, said)["Location"] == page
    college.course.refresh_from_db()
    assert (college.course.description, college.course.credits) == ("From the microscope.", 4)
    assert "Opportunity described" in desk.get(page).content.decode()
    desk.post(address, said | {"credits": "", "description": ""})
    college.course.refresh_from_db()
    assert (college.course.description, college.course.credits) == ("", None)
    details = LedgerEntry.objects.filter(act="opportunity.described").values_list("details")
    assert details[0] == ({"fields": ["credits", "description"]},)
    assert (
        "greater than or equal to 0"
        in desk.post(address, said | {"credits": "-1"}).content.decode()
    )


def test_who_took_part_stands_in_the_history_of_the_activity(
    desk: Client, mentoring: LearningOpportunity, participation: str, ada: Learner
) -> None:
    said = {"state": "Completed", "learners": ada.number}
    for _ in range(2):
        assert desk.post(participation, said).status_code == 302
    entry = LedgerEntry.objects.get(act="participation.recorded")
    assert entry.details == {"new": 1, "changed": 0, "unchanged": 0}
    page = desk.get(reverse("admin:registrar_activity_change", args=[mentoring.pk]))
    assert "Participation recorded" in page.content.decode()
