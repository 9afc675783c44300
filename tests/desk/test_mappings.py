"""What faculty submitted, at the chairs' desk: found, compared, accepted ten at once, sent back."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from issuer.pages import thing_url
from issuer.services import clock
from registrar.models import LearningOutcome, Mapping, SkillTag
from registrar.services.teaching import mappings, submissions, tagging
from tests.cast import College, member_of_staff
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue() -> str:
    """The address of the queue."""
    return reverse("admin:registrar_mapping_review")


@pytest.fixture
def mapping(college: College, tag: SkillTag, fay: User) -> Mapping:
    """Fay's cells, submitted."""
    return submissions.carry(college.course, college.term, by=fay)


def submitted(college: College, count: int, *, by: User) -> list[Mapping]:
    """Further courses with an outcome and a skill each."""
    found = []
    for number in range(count):
        course = college.course_named(f"BIO 2{number:02}")
        college.offer(course).teachers.add(by)
        outcome = LearningOutcome.objects.create(
            opportunity=course, code=f"B2{number:02}-1", statement="Do it."
        )
        tagging.propose(outcome, college.skills[number % 3], emphasis="taught", by=by)
        found.append(submissions.carry(course, college.term, by=by))
    return found


def test_ten_are_accepted_in_one_act(
    college: College, fay: User, chen: User, queue: str, signed_in: SignIn
) -> None:
    waiting = submitted(college, 10, by=fay)
    client = signed_in(chen)
    page = text(client.get(queue, {"all": "yes"}))
    assert page.count(" checked>") == len(waiting)
    assert "B200-1" in page
    form = {"act": "accept", "mapping": [each.pk for each in waiting], "comment": "Good."}
    answer = client.post(queue, form, follow=True)
    assert "10 courses accepted." in text(answer)
    assert set(Mapping.objects.values_list("state", "reviewed_by")) == {("accepted", chen.pk)}
    assert set(SkillTag.objects.values_list("state", flat=True)) == {"accepted"}


def test_it_is_sent_back_with_a_comment_and_the_teacher_answers(
    college: College, mapping: Mapping, fay: User, chen: User, queue: str, signed_in: SignIn
) -> None:
    client = signed_in(chen)
    form = {"act": "send_back", "mapping": [mapping.pk]}
    assert "Say why" in text(client.post(queue, form))
    assert "Choose at least one course" in text(client.post(queue, {"act": "accept"}))
    assert client.post(queue, {"act": "burn"}).status_code == 404
    client.post(queue, form | {"comment": "Which drawing is it?"})
    mapping.refresh_from_db()
    assert mapping.state == "returned"
    course, faculty = f"/teach/{college.course.pk}/", signed_in(fay)
    page = text(faculty.get(course))
    assert "Which drawing is it?" in page
    assert "Sent back" in page
    assert "Write something first" in text(faculty.post(f"{course}comment", {"text": " "}))
    faculty.post(f"{course}comment", {"text": "The one of an onion."})
    assert "The one of an onion." in text(client.get(thing_url(mapping)))
    faculty.post(f"{course}confirm")
    mapping.refresh_from_db()
    assert mapping.state == "submitted"


def test_an_author_is_told_before_trying(
    college: College, mapping: Mapping, root: User, chen: User, queue: str, signed_in: SignIn
) -> None:
    own = college.course_named("BIO 300")
    outcome = LearningOutcome.objects.create(opportunity=own, code="B300-1", statement="Do it.")
    tagging.propose(outcome, college.skills[0], emphasis="taught", by=chen)
    mine = submissions.carry(own, college.term, by=chen)
    client = signed_in(chen)
    page = text(client.get(queue))
    assert "You had a hand in it, so a colleague reviews it." in page
    assert f'id="mapping-{mapping.pk}"' in page
    assert f'id="mapping-{mine.pk}"' not in page
    assert "You had a hand in it" in text(client.get(thing_url(mine)))
    both = {"act": "accept", "mapping": [mapping.pk, mine.pk]}
    answer = text(client.post(queue, both, follow=True))
    assert "1 course accepted." in answer
    assert "Ask a second person." in answer


def test_the_queue_is_filtered_and_says_what_is_overdue(
    college: College, mapping: Mapping, chen: User, root: User, queue: str, signed_in: SignIn
) -> None:
    client = signed_in(chen)

    def shows(**asked: Any) -> bool:
        return f'id="mapping-{mapping.pk}"' in text(client.get(queue, asked))

    assert shows(unit=college.science.pk, term=college.term.pk, q="BIO")
    assert not shows(q="chemistry")
    assert not shows(mine="on")
    assert not shows(overdue="on")
    Mapping.objects.update(submitted_at=clock.now() - timedelta(days=8))
    assert shows(overdue="on")
    mappings.hand_over(mapping, chen, by=chen)
    assert shows(mine="on")
    arthur = member_of_staff(root, "arthur", "chair", college.arts)
    assert "No course waits for you" in text(signed_in(arthur).get(queue))


def test_one_is_compared_with_before_accepted_and_handed_over(
    mapping: Mapping, fay: User, chen: User, clara: User, signed_in: SignIn
) -> None:
    client, address = signed_in(chen), thing_url(mapping)
    listed = text(client.get("/admin/registrar/mapping/"))
    assert listed.count("Waits for review") == 2
    assert "Waits for approval" not in listed
    page = text(client.get(address))
    assert '<ins class="added"><bdi>Draw</bdi>' in page
    client.post(address, {"act": "hand_over", "owner": chen.pk})
    mapping.refresh_from_db()
    assert mapping.owner == chen
    assert client.post(address, {"act": "hand_over", "owner": clara.pk}).status_code == 404
    client.post(address, {"act": "comment", "reason": "Thank you."})
    client.post(address, {"act": "accept"})
    mapping.refresh_from_db()
    assert (mapping.state, mapping.reviewed_by) == ("accepted", chen)
    assert "Hand it over" not in text(client.get(address))
