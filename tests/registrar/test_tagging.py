"""Skill tags: proposed by one person, reviewed by another, in the unit where they may."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from issuer.errors import ReasonMissing, SamePerson, WrongState
from issuer.models import LedgerEntry
from registrar.errors import NotAllowed
from registrar.models import LearningOutcome, SkillTag
from registrar.services.college import people
from registrar.services.teaching import tagging
from registrar.services.teaching.tagging import Piece
from tests.cast import College, member_of_staff


@pytest.fixture
def tag(college: College, fay: User) -> SkillTag:
    return tagging.propose(
        college.outcome,
        college.skills[0],
        emphasis="assessed",
        by=fay,
        evidence=[Piece(title="Portfolio of drawings", share=Decimal(40))],
    )


def test_a_tag_is_proposed_and_accepted(tag: SkillTag, chen: User) -> None:
    accepted = tagging.accept(tag, by=chen)
    assert (accepted.state, accepted.reviewed_by) == ("accepted", chen)
    entries = LedgerEntry.objects.filter(act__startswith="skilltag.").order_by("sequence")
    assert [(entry.act, entry.actor) for entry in entries] == [
        ("skilltag.proposed", "fay"),
        ("skilltag.accepted", "chen"),
    ]


def test_proposing_again_returns_the_same_tag(tag: SkillTag, college: College, fay: User) -> None:
    again = tagging.propose(college.outcome, college.skills[0], emphasis="taught", by=fay)
    assert (again.pk, again.emphasis) == (tag.pk, "assessed")


def test_a_rejection_says_why_and_leaves_room_for_another_try(
    tag: SkillTag, college: College, fay: User, chen: User
) -> None:
    with pytest.raises(ReasonMissing):
        tagging.reject(tag, by=chen, comment=" ")
    assert tagging.reject(tag, by=chen, comment="Not assessed.").comment == "Not assessed."
    again = tagging.propose(college.outcome, college.skills[0], emphasis="taught", by=fay)
    assert again.pk != tag.pk


def test_a_tag_is_reviewed_once(tag: SkillTag, chen: User) -> None:
    tagging.accept(tag, by=chen)
    with pytest.raises(WrongState):
        tagging.reject(tag, by=chen, comment="On second thoughts.")


def test_nobody_reviews_their_own_proposal(college: College, chen: User, root: User) -> None:
    own = tagging.propose(college.outcome, college.skills[1], emphasis="taught", by=chen)
    with pytest.raises(SamePerson):
        tagging.accept(own, by=chen)
    roots = tagging.propose(college.outcome, college.skills[2], emphasis="taught", by=root)
    with pytest.raises(SamePerson):
        tagging.accept(roots, by=root)


def test_the_database_refuses_it_too(tag: SkillTag) -> None:
    with (
        pytest.raises(IntegrityError, match="tag_is_reviewed_by_a_second_person"),
        transaction.atomic(),
    ):
        SkillTag.objects.filter(pk=tag.pk).update(state="accepted", reviewed_by=tag.proposed_by)


def test_faculty_propose_but_do_not_review(tag: SkillTag, fay: User, root: User) -> None:
    other = member_of_staff(root, "faye", "faculty", tag.outcome.opportunity.unit)
    with pytest.raises(NotAllowed):
        tagging.accept(tag, by=other)


def test_roles_of_another_unit_count_for_nothing(
    tag: SkillTag, college: College, root: User
) -> None:
    chair = member_of_staff(root, "chair-of-arts", "chair", college.arts)
    with pytest.raises(NotAllowed):
        tagging.accept(tag, by=chair)
    with pytest.raises(NotAllowed):
        tagging.propose(college.outcome, college.skills[1], emphasis="taught", by=chair)


def test_a_role_above_reaches_down(tag: SkillTag, college: College, root: User) -> None:
    provost = member_of_staff(root, "provost", "chair", college.top)
    assert tagging.accept(tag, by=provost).state == "accepted"


def test_retired_outcomes_and_skills_take_no_tags(college: College, fay: User) -> None:
    skill = college.skills[1]
    skill.retired_at = timezone.now()
    skill.save()
    with pytest.raises(WrongState):
        tagging.propose(college.outcome, skill, emphasis="taught", by=fay)
    yesterday = timezone.localdate() - timedelta(days=1)
    LearningOutcome.objects.update(retired_at=timezone.now(), holds_until=yesterday)
    with pytest.raises(WrongState):
        tagging.propose(college.outcome, college.skills[0], emphasis="taught", by=fay)


def test_a_role_that_was_taken_is_gone(tag: SkillTag, chen: User, root: User) -> None:
    people.take_role(chen.roles.get(), by=root, reason="Sabbatical.")
    with pytest.raises(NotAllowed):
        tagging.accept(tag, by=User.objects.get(pk=chen.pk))
