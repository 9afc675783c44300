"""Courses take outcomes of a set that all may serve, once each."""

import pytest
from django.contrib.auth.models import User

from issuer.errors import WrongState
from registrar.errors import NotAllowed
from registrar.models import OutcomeSet, SetOutcome, SkillTag
from registrar.services.teaching import outcome_sets
from skills.models import Framework, Skill
from tests.cast import College


@pytest.fixture
def general(college: College, clara: User) -> OutcomeSet:
    return outcome_sets.make(college.skills[0].framework, title="General education", by=clara)


def test_a_course_takes_skills_of_a_set_as_its_outcomes(
    general: OutcomeSet, college: College, chen: User
) -> None:
    observe, draw, _ = college.skills
    made = outcome_sets.attach(general, [observe, draw], college.course, emphasis="taught", by=chen)
    assert [(each.code, each.statement) for each in made] == [
        ("BIO101-S-0", "The graduate can observe."),
        ("BIO101-S-1", "The graduate can draw."),
    ]
    assert list(outcome_sets.taken(college.course)) == [observe.pk, draw.pk]
    tags = SkillTag.objects.order_by("pk").values_list("outcome__code", "skill", "state")
    assert list(tags) == [
        ("BIO101-S-0", observe.pk, "proposed"),
        ("BIO101-S-1", draw.pk, "proposed"),
    ]
    again = outcome_sets.attach(general, [draw], college.course, emphasis="taught", by=chen)
    assert again == []
    assert SetOutcome.objects.count() == 2


def test_skills_of_one_name_in_two_sets_are_two_outcomes(
    general: OutcomeSet, college: College, clara: User
) -> None:
    names = Framework.objects.create(identifier="names", uri="https://x.example", title="Names")
    other = outcome_sets.make(names, by=clara)
    assert other.title == "Names"
    twins = [
        Skill.objects.create(
            framework=names, identifier=each, uri=f"https://x.example/{each}", statement="Reading"
        )
        for each in ("a", "b")
    ]
    codes = [
        outcome_sets.attach(other, [twin], college.course, emphasis="taught", by=clara)[0].code
        for twin in twins
    ]
    assert codes == ["BIO101-reading", "BIO101-reading-2"]
    assert not SkillTag.objects.exists()
    with pytest.raises(WrongState):
        outcome_sets.attach(general, twins, college.course, emphasis="taught", by=clara)


def test_who_keeps_no_outcomes_attaches_none_and_a_part_makes_no_set(
    general: OutcomeSet, college: College, fay: User, chen: User
) -> None:
    with pytest.raises(NotAllowed):
        outcome_sets.attach(general, college.skills, college.course, emphasis="taught", by=fay)
    with pytest.raises(NotAllowed):
        outcome_sets.make(general.framework, by=chen)
    assert outcome_sets.make(general.framework, by=User.objects.get(username="clara")) == general
