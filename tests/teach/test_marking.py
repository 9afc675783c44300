"""The page on which a teacher marks learners by hand, without scripts and in pieces with them."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registrar.models import Learner, Result
from registrar.services.marking import marks
from registrar.services.marking.marks import Said
from tests.cast import College, member_of_staff

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def address(college: College, ada: Learner, ben: Learner) -> str:
    """The marks of BIO 101, in which two learn."""
    for learner in (ada, ben):
        college.enrol(learner)
    return f"/teach/offerings/{college.offering.pk}/marks"


def names(college: College, learner: Learner) -> str:
    return f"{learner.pk}-{college.outcome.pk}"


def current() -> list[str]:
    return [str(each) for each in Result.objects.current().order_by("pk")]


def test_a_whole_form_keeps_what_was_changed_and_says_what_it_refused(
    college: College, address: str, fay: User, ada: Learner, ben: Learner
) -> None:
    of_ada, of_ben = names(college, ada), names(college, ben)
    form = {
        "assessment": "exam",
        f"level-{of_ada}": "Met",
        f"was-{of_ada}": "",
        f"level-{of_ben}": "Splendid",
        "level-x-1": "Met",
        "level-": "Met",
    }
    answer = signed_in(fay).post(address, form, follow=True)
    body = answer.content.decode()
    assert "1 mark saved." in body
    assert "Splendid: Splendid is no level of this outcome." in body
    assert "1 of 2 learners" in body
    result = Result.objects.get()
    assert (str(result), result.assessment, result.marked_by) == ("Met", "exam", fay)
    # The next page offers the same kind again.
    assert answer.context["kind"] == "exam"


def test_an_unchanged_form_changes_nothing_that_others_marked_since(
    college: College, address: str, fay: User, ada: Learner
) -> None:
    marks.mark(
        college.offering,
        [Said(learner=ada.pk, outcome=college.outcome.pk, level="Met")],
        by=fay,
    )
    of_ada = names(college, ada)
    signed_in(fay).post(address, {f"level-{of_ada}": "", f"was-{of_ada}": ""})
    assert current() == ["Met"]


def test_one_mark_is_saved_at_once_and_undone(
    college: College, address: str, fay: User, ada: Learner
) -> None:
    client, cell = signed_in(fay), f"{address}/{ada.pk}/{college.outcome.pk}"
    body = client.post(cell, {f"level-{names(college, ada)}": "Met"}).content.decode()
    assert "Saved" in body
    assert "BIO101-1, Ada Byron: Met." in body
    assert current() == ["Met"]
    body = client.post(cell, {"undo": "1"}).content.decode()
    assert "Not marked" in body
    assert current() == []
    body = client.post(cell, {f"level-{names(college, ada)}": "9"}).content.decode()
    assert "Not saved." in body
    assert client.post(f"{address}/{ada.pk}/999999", {"undo": "1"}).status_code == 404
    assert client.get(cell).status_code == 405


def test_nobody_finds_the_marks_of_colleagues(
    college: College, address: str, root: User, fay: User, chen: User, clara: User, ada: Learner
) -> None:
    gil = member_of_staff(root, "gil", "faculty", college.science)
    expected = {fay: 200, gil: 404, chen: 404, clara: 403}
    for person, status in expected.items():
        assert signed_in(person).get(address).status_code == status, person
        cell = f"{address}/{ada.pk}/{college.outcome.pk}"
        assert signed_in(person).post(cell, {"undo": "1"}).status_code == status, person
    assert Client().get(address).status_code == 302


def test_a_course_leads_to_its_marks(college: College, address: str, fay: User) -> None:
    assert address in signed_in(fay).get(f"/teach/{college.course.pk}/").content.decode()


@pytest.mark.parametrize("query", ["?after=x", "?after=99999999999999999999", "?after=1&show=all"])
def test_odd_questions_get_an_answer(address: str, fay: User, query: str) -> None:
    assert signed_in(fay).get(address + query).status_code == 200
