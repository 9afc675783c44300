"""Outcomes and tags hold from term to term: what held in one is readable for ever."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from registrar.errors import CodeTaken, TermSettled
from registrar.models import (
    Award,
    LearningOutcome,
    Offering,
    OutcomeWording,
    SkillTag,
    TagEvidence,
    Term,
)
from registrar.services.awarding import award_skills
from registrar.services.college import terms
from registrar.services.teaching import catalog, tagging
from registrar.services.teaching.tagging import Piece
from tests.cast import College

HALF = [Piece(title="Final exam", share=Decimal(50))]


@pytest.fixture
def fall(college: College) -> Term:
    return college.term_named("Fall 2024", starts_on=date(2024, 8, 26), ends_on=date(2024, 12, 13))


@pytest.fixture
def spring(college: College) -> Term:
    """Spring 2026, the last term there is."""
    return college.term


@pytest.fixture
def drawing(college: College, fall: Term, fay: User, chen: User) -> SkillTag:
    """Since Fall 2024 BIO 101 teaches to draw."""
    tag = tagging.propose(college.outcome, college.skills[1], emphasis="taught", by=fay, term=fall)
    return tagging.accept(tag, by=chen)


def said(term: Term) -> list[tuple[str, str]]:
    tags = SkillTag.objects.as_of(term).order_by("skill__code")
    return list(tags.values_list("skill__label", "emphasis"))


def words(term: Term) -> dict[str, str]:
    found = OutcomeWording.objects.as_of(term)
    return dict(found.values_list("outcome__code", "statement"))


def test_a_tag_holds_from_its_term_on(drawing: SkillTag, fall: Term, spring: Term) -> None:
    assert (drawing.holds_from, drawing.holds_until) == (fall.starts_on, None)
    assert said(fall) == said(spring) == [("Draw", "taught")]
    assert not SkillTag.objects.as_of(date(2024, 8, 25))


def test_a_change_for_a_later_term_leaves_the_former_ones_alone(
    drawing: SkillTag, fall: Term, spring: Term, fay: User, chen: User
) -> None:
    proposal = tagging.change(drawing, by=fay, term=spring, emphasis="assessed", evidence=HALF)
    assert said(spring) == [("Draw", "taught")]
    tagging.accept(proposal, by=chen)
    assert said(fall) == [("Draw", "taught")]
    assert said(spring) == [("Draw", "assessed")]
    drawing.refresh_from_db()
    assert drawing.holds_until == date(2026, 1, 11)


def test_a_change_keeps_what_is_not_said(
    drawing: SkillTag, spring: Term, fay: User, chen: User
) -> None:
    changed = tagging.change(drawing, by=fay, term=spring, evidence=HALF)
    again = tagging.change(drawing, by=fay, term=spring, level="on their own")
    assert again.pk == changed.pk
    assert (again.emphasis, again.level) == ("taught", "on their own")
    assert [str(each) for each in again.evidence.all()] == ["Final exam, 50 %"]


def test_nothing_is_edited_before_what_was_accepted(
    drawing: SkillTag, college: College, fall: Term, spring: Term, fay: User, chen: User
) -> None:
    later = tagging.propose(
        college.outcome, college.skills[0], emphasis="taught", by=fay, term=spring
    )
    tagging.accept(later, by=chen)
    with pytest.raises(TermSettled, match=r"Fall 2024 is settled.*2026-01-12 or later"):
        tagging.propose(college.outcome, college.skills[2], emphasis="taught", by=fay, term=fall)
    with pytest.raises(TermSettled):
        tagging.change(drawing, by=fay, term=fall, emphasis="practised")
    with pytest.raises(TermSettled):
        tagging.end(drawing, by=fay, term=fall)


def test_terms_that_begin_on_one_day_have_the_same_tags(
    drawing: SkillTag, college: College, fall: Term, spring: Term, fay: User, chen: User
) -> None:
    half = college.term_named("Fall 2024 A", starts_on=fall.starts_on, ends_on=date(2024, 10, 13))
    changed = tagging.change(drawing, by=fay, term=half, emphasis="practised")
    tagging.accept(changed, by=chen)
    assert said(half) == said(fall) == [("Draw", "practised")]
    assert terms.following(half) == terms.following(fall) == spring


def test_the_database_refuses_to_rewrite_an_accepted_tag(
    drawing: SkillTag, college: College
) -> None:
    same = SkillTag.objects.filter(pk=drawing.pk)
    for changed in (
        {"emphasis": "assessed"},
        {"holds_from": date(2020, 1, 1)},
        {"state": "proposed"},
        {"skill": college.skills[0]},
    ):
        with pytest.raises(DatabaseError, match="skilltag"), transaction.atomic():
            same.update(**changed)
    with pytest.raises(DatabaseError, match="skilltag"), transaction.atomic():
        drawing.delete()
    with pytest.raises(DatabaseError, match="evidence"), transaction.atomic():
        TagEvidence.objects.create(tag=drawing, title="Late")


def test_a_tag_is_ended_once(drawing: SkillTag) -> None:
    same = SkillTag.objects.filter(pk=drawing.pk)
    same.update(holds_until=date(2025, 1, 1))
    for day in (date(2025, 2, 1), None):
        with pytest.raises(DatabaseError, match="skilltag"), transaction.atomic():
            same.update(holds_until=day)


def test_two_accepted_tags_of_one_skill_do_not_overlap(
    drawing: SkillTag, college: College, fay: User, chen: User
) -> None:
    with pytest.raises(IntegrityError, match="accepted_tags_do_not_overlap"), transaction.atomic():
        SkillTag.objects.create(
            outcome=college.outcome,
            skill=drawing.skill,
            emphasis="taught",
            state="accepted",
            proposed_by=fay,
            reviewed_by=chen,
            holds_from=date(2026, 1, 12),
        )


def test_outcomes_are_worded_from_term_to_term(
    college: College, fall: Term, spring: Term, clara: User
) -> None:
    catalog.record_outcomes(college.course, {"BIO101-2": "Count cells."}, by=clara, term=fall)
    wanted = {"BIO101-1": "Draw a cell.", "BIO101-3": "Weigh a cell."}
    catalog.record_outcomes(college.course, wanted, by=clara, term=spring)
    catalog.retire_outcomes(college.course, ["BIO101-2"], by=clara, term=spring)
    assert words(fall) == {"BIO101-1": "Draw a cell from observation.", "BIO101-2": "Count cells."}
    assert words(spring) == {"BIO101-1": "Draw a cell.", "BIO101-3": "Weigh a cell."}
    assert {each.code for each in LearningOutcome.objects.as_of(fall)} == {"BIO101-1", "BIO101-2"}
    assert LearningOutcome.objects.get(code="BIO101-1").statement == "Draw a cell."
    with pytest.raises(TermSettled):
        catalog.record_outcomes(college.course, {"BIO101-1": "Sing."}, by=clara, term=fall)


def test_words_that_are_put_right_for_the_same_term_never_held(
    college: College, spring: Term, clara: User
) -> None:
    for statement in ("Draw a sell.", "Draw a cell."):
        catalog.record_outcomes(college.course, {"BIO101-1": statement}, by=clara, term=spring)
    assert words(spring) == {"BIO101-1": "Draw a cell."}
    assert college.outcome.wordings.count() == 3


def test_the_code_of_a_retired_outcome_is_free_from_the_next_term_on(
    college: College, fall: Term, spring: Term, clara: User
) -> None:
    catalog.retire_outcomes(college.course, ["BIO101-1"], by=clara, term=spring)
    art = college.course_named("ART 1")
    with pytest.raises(CodeTaken):
        catalog.record_outcomes(art, {"BIO101-1": "Paint."}, by=clara, term=fall)
    catalog.record_outcomes(art, {"BIO101-1": "Paint."}, by=clara, term=spring)
    assert words(fall) == {"BIO101-1": "Draw a cell from observation."}
    assert words(spring) == {"BIO101-1": "Paint."}


def test_the_database_keeps_every_wording(college: College) -> None:
    wording = college.outcome.wordings.get()
    same = OutcomeWording.objects.filter(pk=wording.pk)
    with pytest.raises(DatabaseError, match="outcomewording"), transaction.atomic():
        same.update(statement="Draw a house.")
    with pytest.raises(DatabaseError, match="outcomewording"), transaction.atomic():
        wording.delete()
    with pytest.raises(DatabaseError, match="learningoutcome"), transaction.atomic():
        LearningOutcome.objects.update(code="BIO101-7")
    LearningOutcome.objects.update(statement="Draw a house.")
    assert college.outcome.wordings.count() == 2


def test_an_award_shows_the_tags_of_its_own_term_whatever_is_edited_later(
    college: College,
    drawing: SkillTag,
    fall: Term,
    spring: Term,
    adas_award: Award,
    fay: User,
    chen: User,
    clara: User,
) -> None:
    explain = college.skills[2]
    tagging.accept(
        tagging.change(drawing, by=fay, term=spring, emphasis="assessed", evidence=HALF), by=chen
    )
    tagging.accept(
        tagging.propose(college.outcome, explain, emphasis="taught", by=fay, term=spring), by=chen
    )
    catalog.record_outcomes(college.course, {"BIO101-1": "Draw cells."}, by=clara, term=spring)

    def shown() -> tuple[str, list[tuple[str, str]]]:
        (line,) = award_skills.shown(Award.objects.get(pk=adas_award.pk)).lines
        return line.statement, [(tag.skill.label, tag.emphasis) for tag in line.tags]

    assert shown() == ("Draw cells.", [("Draw", "assessed"), ("Explain", "taught")])
    Offering.objects.filter(pk=college.offering.pk).update(term=fall)
    assert shown() == ("Draw a cell from observation.", [("Draw", "taught")])

    client = Client()
    client.force_login(clara, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("admin:registrar_award_change", args=[adas_award.pk]))
    learned = page.content.decode().partition('id="learned"')[2]
    assert "as of Fall 2024" in learned
    assert "Draw a cell from observation." in learned
    assert "Draw cells." not in learned


def test_between_terms_one_edits_and_reads_the_next(
    college: College, fall: Term, spring: Term
) -> None:
    year = college.term_named("2026", starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    Term.objects.filter(pk=spring.pk).update(parent=year)
    assert terms.to_edit(on=date(2024, 9, 1)) == fall
    assert terms.to_edit(on=date(2025, 6, 1)) == spring
    assert terms.to_edit(on=date(2027, 1, 1)) == spring
    assert terms.reading_day(on=date(2025, 6, 1)) == spring.starts_on
    assert terms.reading_day(on=date(2026, 2, 1)) == date(2026, 2, 1)
    assert terms.following(fall) == spring
    assert terms.following(spring) is None


def test_without_terms_everything_has_always_held(
    college: College, fay: User, chen: User, clara: User
) -> None:
    Offering.objects.update(term=None)
    Term.objects.all().delete()
    tag = tagging.propose(college.outcome, college.skills[0], emphasis="taught", by=fay)
    assert (tagging.accept(tag, by=chen).holds_from, tag.mapping) == (None, None)
    catalog.record_outcomes(college.course, {"BIO101-1": "Draw.", "B-2": "Sing."}, by=clara)
    catalog.retire_outcomes(college.course, ["B-2"], by=clara)
    catalog.record_outcomes(college.course, {"B-2": "Sing again."}, by=clara)
    today = terms.reading_day()
    assert SkillTag.objects.as_of(date(1900, 1, 1)).count() == 1
    found = OutcomeWording.objects.as_of(today)
    assert {each.statement for each in found} == {"Draw.", "Sing again."}
