"""Which courses cover which skills, also where there are more of both than a page can show."""

import pytest
from django.contrib.auth.models import User

from registrar.models import LearningOutcome, OrganizationUnit
from registrar.services.reporting import coverage
from registrar.services.reporting.coverage import Coverage
from registrar.services.teaching import tagging
from tests.cast import College


@pytest.fixture
def table(college: College, fay: User, chen: User) -> Coverage:
    """BIO 101 teaches to observe and twice to draw, ART 1 teaches to draw; ART 2 has no tag."""
    first = college.outcome
    second = LearningOutcome.objects.create(opportunity=college.course, code="B-2", statement="B.")
    art = college.course_named("ART 1")
    college.course_named("ART 2")
    third = LearningOutcome.objects.create(opportunity=art, code="A-1", statement="A.")
    observe, draw, _ = college.skills
    for outcome, skill in ((first, observe), (first, draw), (second, draw), (third, draw)):
        tag = tagging.propose(outcome, skill, emphasis="taught", by=fay)
        tagging.accept(tag, by=chen)
    return coverage.table(observe.framework, units=OrganizationUnit.objects.all())


def totals(table: Coverage) -> list[tuple[str, int, list[int]]]:
    rows = table.rows(table.skills)
    return [(row.skill.label, row.total, [cell.total for cell in row.cells]) for row in rows]


def test_tags_are_counted_by_skill_and_course(table: Coverage) -> None:
    assert [each.code for each in table.shown] == ["ART 1", "ART 2", "BIO 101"]
    assert totals(table) == [
        ("Observe", 1, [0, 0, 1]),
        ("Draw", 3, [1, 0, 2]),
        ("Explain", 0, [0, 0, 0]),
    ]
    assert [skill.label for skill in table.gaps] == ["Explain"]
    assert not table.is_cut and not table.is_narrowed


@pytest.mark.parametrize(("most", "shown"), [(2, ["ART 1", "BIO 101"]), (1, ["ART 1"])])
def test_of_too_many_courses_those_without_a_tag_are_left_out_first(
    most: int, shown: list[str], table: Coverage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "OPPORTUNITIES_SHOWN", most)
    assert [each.code for each in table.shown] == shown
    assert table.is_narrowed
    assert [row.total for row in table.rows(table.skills)] == [1, 3, 0]
    listed = [(skill.label, cell.opportunity.code, cell.total) for skill, cell in table.entries()]
    assert listed == [("Observe", "BIO 101", 1), ("Draw", "ART 1", 1), ("Draw", "BIO 101", 2)]


def test_of_a_large_framework_the_skills_that_nobody_covers_are_left_out(
    table: Coverage, college: College, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "SKILLS_SHOWN", 2)
    again = coverage.table(college.skills[0].framework, units=OrganizationUnit.objects.all())
    assert again.is_cut
    assert [skill.label for skill in again.skills] == ["Observe", "Draw"]
