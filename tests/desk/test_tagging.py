"""Skill tags at the desk: found, accepted, rejected, covered."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from registrar.models import Revision, SkillTag
from tests.cast import member_of_staff
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def loose_tag(tag: SkillTag) -> SkillTag:
    """A tag as it is proposed where there are no terms."""
    SkillTag.objects.filter(pk=tag.pk).update(mapping=None)
    tag.refresh_from_db()
    return tag


def test_skills_are_found_by_some_letters(college: Any, clara: User, signed_in: SignIn) -> None:
    client = signed_in(clara)
    address = reverse("skill-options")
    options = text(client.get(address, {"q": "obs", "box": "b"}))
    assert f'id="b-option-{college.skills[0].pk}"' in options
    assert "1 skill found." in options
    assert "Nothing matches “zzz”" in text(client.get(address, {"q": "zzz", "box": "b"}))
    assert "Found for “observe”" in text(client.get(address, {"q": "obesrve", "box": "b"}))
    framework = college.skills[0].framework_id
    within = client.get(address, {"q": "obs", "box": "b", "framework": framework})
    assert "1 skill found." in text(within)
    for wrong in ({"box": "<b>"}, {"box": "b", "framework": "0"}, {"box": "b", "framework": "x"}):
        assert client.get(address, {"q": "obs", **wrong}).status_code == 404


def test_without_scripts_skills_are_found_by_a_button_and_what_was_typed_stays(
    college: Any, draft: Revision, clara: User, signed_in: SignIn
) -> None:
    address = reverse("admin:registrar_revision_edit", args=[draft.pk])
    form = {"find": "1", "q": "expl", "name": "As typed", "skills": [college.skills[0].pk]}
    page = text(signed_in(clara).post(address, form))
    assert 'value="As typed"' in page
    assert f'value="{college.skills[0].pk}" id="skill-search-chosen-' in page
    assert f'value="{college.skills[2].pk}" id="skill-search-found-' in page
    assert "There is a problem" not in page


def test_tags_of_no_term_are_accepted_and_rejected_many_at_once(
    college: Any, loose_tag: SkillTag, chen: User, signed_in: SignIn
) -> None:
    client = signed_in(chen)
    address = reverse("admin:registrar_skilltag_review")
    assert "Draw a cell from observation." in text(client.get(address))
    assert "Choose at least one" in text(client.post(address, {"act": "accept"}))
    assert "Choose at least one" in text(client.post(address, {"act": "accept", "tag": "9" * 5000}))
    rejection = client.post(address, {"act": "reject", "tag": [loose_tag.pk]})
    assert (rejection.status_code, "Say why" in text(rejection)) == (422, True)
    client.post(address, {"act": "accept", "tag": [loose_tag.pk], "comment": "Good."})
    loose_tag.refresh_from_db()
    assert (loose_tag.state, loose_tag.comment) == ("accepted", "Good.")
    assert loose_tag.reviewed_by == chen


def test_tags_of_a_term_are_reviewed_with_their_course(
    college: Any, tag: SkillTag, chen: User, signed_in: SignIn
) -> None:
    client, address = signed_in(chen), reverse("admin:registrar_skilltag_review")
    page = text(client.get(address))
    assert "No tag waits for you." in page
    assert reverse("admin:registrar_mapping_review") in page
    client.post(address, {"act": "accept", "tag": [tag.pk]})
    tag.refresh_from_db()
    assert tag.state == "proposed"


def test_tags_of_another_department_are_not_offered(
    college: Any, loose_tag: SkillTag, root: User, signed_in: SignIn
) -> None:
    art = member_of_staff(root, "arthur", "chair", college.arts)
    client = signed_in(art)
    address = reverse("admin:registrar_skilltag_review")
    assert "Draw a cell" not in text(client.get(address))
    client.post(address, {"act": "accept", "tag": [loose_tag.pk]})
    loose_tag.refresh_from_db()
    assert loose_tag.state == "proposed"


def test_accepted_tags_count_in_the_coverage_and_gaps_are_marked(
    college: Any, loose_tag: SkillTag, chen: User, signed_in: SignIn
) -> None:
    client = signed_in(chen)
    address = reverse("admin:registrar_skilltag_coverage")
    assert "3 skills are covered nowhere" in text(client.get(address))
    review = reverse("admin:registrar_skilltag_review")
    client.post(review, {"act": "accept", "tag": [loose_tag.pk]})
    assert "2 skills are covered nowhere" in text(client.get(address))
    assert "3 skills are covered nowhere" in text(client.get(address, {"emphasis": "assessed"}))
    assert "3 skills are covered" not in text(client.get(address, {"unit": college.top.pk}))
    table = text(client.get(reverse("admin:registrar_skilltag_coverage_csv")))
    assert "course,BIO 101,Cells,S-1,Draw,1,0,0" in table
