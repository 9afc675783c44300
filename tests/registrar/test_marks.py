"""Learners are marked by hand where nothing else has said how they did."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.utils import timezone

from issuer.errors import ReasonMissing
from issuer.models import LedgerEntry
from registrar import rules
from registrar.errors import MarkedMeanwhile, NotAllowed, NotMarkable
from registrar.models import Learner, LearningOutcome, MarkingPolicy, Offering, Result
from registrar.services.deciding import facts
from registrar.services.marking import marking_policies, marks, results, scales
from registrar.services.marking.marks import Said
from registrar.services.marking.results import GRADED, Entry
from registrar.services.reporting import evidence
from registrar.services.teaching import tagging
from skills.models import Rubric, Skill
from tests.cast import College, member_of_staff

pytestmark = pytest.mark.django_db


def rubric(skill: Skill, *levels: tuple[str, float | None]) -> Rubric:
    """A rubric for a skill, its levels in the order given."""
    return Rubric.objects.create(
        framework=skill.framework,
        identifier="7f7d3b3c-5a0c-4d0e-9a75-6f6a3c1a0b01",
        uri="https://college.example/rubrics/1",
        title="How well somebody draws",
        criteria=[
            {
                "skill": skill.identifier,
                "levels": [
                    {"quality": name, "score": points, "uri": f"https://college.example/{name}"}
                    for name, points in levels
                ],
            }
        ],
    )


@pytest.fixture
def drawing(college: College, fay: User, chen: User) -> Rubric:
    """The outcome of BIO 101 is tagged with drawing, which has a rubric of three levels."""
    tag = tagging.propose(college.outcome, college.skills[1], emphasis="practised", by=fay)
    tagging.accept(tag, by=chen)
    return rubric(college.skills[1], ("Beginner", 1), ("Master", 3), ("Able", 2))


def say(college: College, learner: Learner, level: str, *, seen: int | None = None) -> Said:
    return Said(learner=learner.pk, outcome=college.outcome.pk, level=level, seen=seen)


def held(learner: Learner) -> list[str]:
    current = Result.objects.current().filter(learner=learner).order_by("pk")
    return [str(each) for each in current]


def test_an_outcome_is_judged_by_the_rubric_of_its_skill_else_it_is_met_or_not(
    college: College, drawing: Rubric
) -> None:
    other = LearningOutcome.objects.create(
        opportunity=college.course, code="BIO101-2", statement="Explain osmosis."
    )
    found = scales.of([college.outcome, other], on=college.term)
    assert [(each.name, each.points, each.key) for each in found[college.outcome.pk].levels] == [
        ("Master", 3, "3"),
        ("Able", 2, "2"),
        ("Beginner", 1, "1"),
    ]
    assert found[other.pk] == scales.PLAIN


@pytest.mark.parametrize(
    ("levels", "keys"),
    [
        ([("A", 100.0), ("B", 50.0)], "21"),
        ([("A", None), ("B", None), ("C", None)], "321"),
        ([("A", 4.5), ("B", 3.0)], "21"),
        ([("A", 9.0), ("B", 0.0)], "90"),
    ],
)
def test_a_digit_stands_for_each_level(
    college: College, drawing: Rubric, levels: Any, keys: str
) -> None:
    Rubric.objects.filter(pk=drawing.pk).update(retired_at=timezone.now())
    rubric(college.skills[1], *levels)
    found = scales.of([college.outcome], on=college.term)[college.outcome.pk]
    assert "".join(each.key for each in found.levels) == keys


def test_a_mark_keeps_level_points_who_marked_and_how(
    college: College, drawing: Rubric, ada: Learner, fay: User
) -> None:
    college.enrol(ada)
    said = [say(college, ada, "able")]
    assert marks.mark(college.offering, said, by=fay, assessment="project").done == 1
    result = Result.objects.get()
    assert (result.text, result.score, result.possible) == ("Able", 2, 3)
    assert result.level == "https://college.example/Able"
    assert (result.assessor, result.assessment, result.marked_by) == ("teacher", "project", fay)
    assert (result.line_item.offering, result.outcome) == (college.offering, college.outcome)
    assert list(result.line_item.outcomes.all()) == [college.outcome]
    entry = LedgerEntry.objects.get(act="result.marked")
    assert (entry.actor, entry.details) == ("fay", {"new": 1, "changed": 0, "unchanged": 0})


def test_another_mark_supersedes_the_first_and_the_same_again_changes_nothing(
    college: College, ada: Learner, fay: User
) -> None:
    college.enrol(ada)
    for level in ("Met", "Met", "Not met", "not met"):
        marks.mark(college.offering, [say(college, ada, level)], by=fay)
    assert held(ada) == ["Not met"]
    assert Result.objects.count() == 2
    assert LedgerEntry.objects.filter(act="result.marked").count() == 2


def test_a_mark_is_taken_back_undone_and_undone_again(
    college: College, ada: Learner, fay: User
) -> None:
    college.enrol(ada)
    where = {"learner": ada.pk, "outcome": college.outcome.pk, "by": fay}
    with pytest.raises(NotMarkable):
        marks.undo(college.offering, **where)
    marks.mark(college.offering, [say(college, ada, "Met")], by=fay)
    marks.mark(college.offering, [say(college, ada, "")], by=fay)
    assert held(ada) == []
    marks.undo(college.offering, **where)
    assert held(ada) == ["Met"]
    marks.undo(college.offering, **where)
    assert held(ada) == []
    assert Result.objects.count() == 4
    with pytest.raises(DatabaseError), transaction.atomic():
        Result.objects.all().delete()


def test_undoing_the_only_mark_leaves_none(college: College, ada: Learner, fay: User) -> None:
    college.enrol(ada)
    marks.mark(college.offering, [say(college, ada, "Met")], by=fay)
    marks.undo(college.offering, learner=ada.pk, outcome=college.outcome.pk, by=fay)
    assert held(ada) == []


def test_what_a_file_has_said_is_shown_and_not_asked(
    college: College, ada: Learner, ben: Learner, fay: User
) -> None:
    for learner in (ada, ben):
        college.enrol(learner)
    exam = college.assess(college.offering, "Exam")
    college.grade(ada, "Proficient", on=exam, outcome=college.outcome)
    grid = marks.grid(college.offering)
    assert [line.learner for line in grid.lines] == [ben]
    assert (grid.left, grid.learners) == (1, 2)
    everybody = marks.grid(college.offering, is_everybody=True)
    asked = {line.learner: line.cells[0].is_asked for line in everybody.lines}
    assert asked == {ada: False, ben: True}
    marked = marks.mark(college.offering, [say(college, ada, "Met")], by=fay)
    assert [str(refusal) for _, refusal in marked.refused] == [
        "Proficient has come from sis meanwhile."
    ]


def test_a_result_that_is_not_graded_yet_is_asked_for(
    college: College, ada: Learner, fay: User
) -> None:
    college.enrol(ada)
    exam = college.assess(college.offering, "Exam")
    college.grade(ada, on=exam, outcome=college.outcome, status="not submitted")
    assert marks.grid(college.offering).left == 1


def test_learners_come_ten_at_a_time_and_one_goes_on_after_the_last(
    college: College, fay: User
) -> None:
    for number in range(12):
        learner = Learner.objects.create(
            source="sis", sourced_id=f"s{number}", family_name=f"Name {number:02}"
        )
        college.enrol(learner)
    first = marks.grid(college.offering)
    assert len(first.lines) == 10
    marks.mark(college.offering, [say(college, first.lines[9].learner, "Met")], by=fay)
    rest = marks.grid(college.offering, after=first.after)
    assert [line.learner.family_name for line in rest.lines] == ["Name 10", "Name 11"]
    assert rest.after is None


def test_bad_marks_are_refused_one_by_one_and_the_good_ones_kept(
    college: College, ada: Learner, ben: Learner, fay: User
) -> None:
    college.enrol(ada)
    chemistry = college.course_named("CHE 101")
    titrate = LearningOutcome.objects.create(
        opportunity=chemistry, code="CHE101-1", statement="Titrate."
    )
    marked = marks.mark(
        college.offering,
        [
            say(college, ben, "Met"),
            Said(learner=ada.pk, outcome=titrate.pk, level="Met"),
            say(college, ada, "Met"),
        ],
        by=fay,
    )
    assert (marked.done, len(marked.refused)) == (1, 2)
    marked = marks.mark(college.offering, [say(college, ada, "Splendid")], by=fay)
    assert [str(refusal) for _, refusal in marked.refused] == [
        "Splendid is no level of this outcome. Choose one of: Met, Not met."
    ]
    assert held(ada) == ["Met"]


def test_nobody_overwrites_what_a_colleague_has_marked_meanwhile(
    college: College, root: User, ada: Learner, fay: User
) -> None:
    gil = member_of_staff(root, "gil", "faculty", college.science)
    college.offering.teachers.add(gil)
    college.enrol(ada)
    marks.mark(college.offering, [say(college, ada, "Met")], by=gil)
    marked = marks.mark(college.offering, [say(college, ada, "Not met")], by=fay)
    assert [type(refusal) for _, refusal in marked.refused] == [MarkedMeanwhile]
    seen = Result.objects.get().pk
    assert marks.mark(college.offering, [say(college, ada, "Not met", seen=seen)], by=fay).done == 1
    assert held(ada) == ["Not met"]


def test_only_who_teaches_an_offering_marks_it_and_sees_its_marks(
    college: College, root: User, ada: Learner, fay: User, chen: User, clara: User
) -> None:
    college.enrol(ada)
    other = college.offer(college.course)
    for person, refusal in ((chen, NotMarkable), (clara, NotAllowed)):
        with pytest.raises(refusal):
            marks.mark(college.offering, [say(college, ada, "Met")], by=person)
    assert list(marks.seen(fay)) == [college.offering]
    assert list(marks.seen(chen)) == []
    marking_policies.settle("course", by=root, reason="Sections are compared.")
    assert set(marks.seen(fay)) == {college.offering, other}
    assert list(marks.own(fay)) == [college.offering]
    with pytest.raises(NotMarkable):
        marks.mark(other, [say(college, ada, "Met")], by=fay)


def test_staff_mark_the_activities_of_their_unit(college: College, ada: Learner, fay: User) -> None:
    club = college.course_named("CLUB", kind="activity")
    lead = LearningOutcome.objects.create(opportunity=club, code="CLUB-1", statement="Lead.")
    offering: Offering = college.offer(club)
    college.enrol(ada, offering)
    marks.mark(offering, [Said(learner=ada.pk, outcome=lead.pk, level="Met")], by=fay)
    assert Result.objects.get().assessor == "staff"


def test_the_setting_is_superseded_not_edited(college: College, root: User, clara: User) -> None:
    assert marking_policies.current().seen_by == "offering"
    with pytest.raises(ReasonMissing):
        marking_policies.settle("course", by=root, reason=" ")
    marking_policies.settle("course", by=clara, reason="Sections are compared.")
    marking_policies.settle("course", by=clara, reason="Again.")
    marking_policies.settle("offering", by=clara, reason="Teachers asked for it.")
    assert MarkingPolicy.objects.count() == 2
    assert marking_policies.current().seen_by == "offering"
    with pytest.raises(DatabaseError), transaction.atomic():
        MarkingPolicy.objects.update(seen_by="course")


def test_a_mark_counts_for_award_rules_and_as_evidence(
    college: College, drawing: Rubric, ada: Learner, ben: Learner, fay: User
) -> None:
    for learner, level in ((ada, "Able"), (ben, "Beginner")):
        college.enrol(learner)
        marks.mark(college.offering, [say(college, learner, level)], by=fay)
    for condition in ({"one_of": ["Able", "Master"]}, {"at_least": 2}):
        rule = rules.parse({"outcome": {"outcome": "BIO101-1", **condition}})
        decisions = rules.evaluate(rule, facts.gather(rule))
        assert {learner for learner, each in decisions.items() if each.granted} == {ada.pk}
    assert evidence.evidenced([college.outcome.pk]) == {college.outcome.pk}


def test_a_roster_read_again_leaves_marks_alone(college: College, ada: Learner, fay: User) -> None:
    college.enrol(ada)
    marks.mark(college.offering, [say(college, ada, "Met")], by=fay)
    mark = Result.objects.get()
    entry = Entry(
        source="sis",
        sourced_id=mark.sourced_id,
        line_item=mark.line_item_id,
        learner=ada.pk,
        outcome=college.outcome.pk,
        status=GRADED,
        text="Fine",
    )
    results.record([entry], by=None)
    assert held(ada) == ["Met", "Fine"]
