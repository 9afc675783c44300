"""What a programme covers: the same numbers as SQL, and none that tells of a few learners."""

import re
from dataclasses import dataclass
from datetime import date

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registrar.models import (
    Learner,
    LearningOpportunity,
    LearningOutcome,
    LineItem,
    Offering,
    Programme,
    ProgrammeCourse,
    Result,
    SkillTag,
    Term,
)
from registrar.services.marking.results import GRADED
from registrar.services.reporting import evidence, evidence_pack, programme_coverage
from registrar.services.reporting.programme_coverage import MARKS, Coverage
from registrar.services.teaching import catalog, programmes, tagging
from skills.models import Framework, Skill
from tests.cast import SIS, College

COURSES, OUTCOMES, SKILLS = 12, 40, 9


@dataclass
class Study:
    """A programme of 12 courses with 40 outcomes, two of every three tagged."""

    programme: Programme
    framework: Framework
    outcomes: list[LearningOutcome]
    items: dict[int, LineItem]
    learners: list[Learner]

    def table(self, day: date = date(2026, 9, 1)) -> Coverage:
        return programme_coverage.table(self.programme, self.framework, day=day)

    def grade(self, outcome: LearningOutcome, learners: int, item: LineItem | None = None) -> None:
        """Results of so many learners for an outcome."""
        item = item or self.items[outcome.opportunity_id]
        Result.objects.bulk_create(
            Result(
                source=SIS,
                sourced_id=f"{item.pk}.{outcome.pk}.{learner.pk}",
                line_item=item,
                learner=learner,
                outcome=outcome,
                status=GRADED,
                text="Pass",
            )
            for learner in self.learners[:learners]
        )


@pytest.fixture
def study(college: College, fay: User, chen: User, clara: User) -> Study:
    courses = [college.course_named(f"C {number:02}") for number in range(COURSES)]
    outcomes = LearningOutcome.objects.bulk_create(
        LearningOutcome(
            opportunity=courses[number % COURSES], code=f"O-{number}", statement=f"Do {number}."
        )
        for number in range(OUTCOMES)
    )
    framework = college.skills[0].framework
    more = Skill.objects.bulk_create(
        Skill(
            framework=framework,
            identifier=f"more-{number}",
            uri=f"https://college.example/skills/more/{number}",
            code=f"S-{number}",
            label=f"Skill {number}",
            statement="More.",
            kind=Skill.Kind.SKILL,
        )
        for number in range(3, SKILLS)
    )
    skills = [*college.skills, *more]
    emphases = SkillTag.Emphasis.values
    SkillTag.objects.bulk_create(
        SkillTag(
            outcome=outcome,
            skill=skills[(place * 5 + step) % (SKILLS - 1)],
            emphasis=emphases[(place + step) % 3],
            state="accepted",
            proposed_by=fay,
            reviewed_by=chen,
            reviewed_at=timezone.now(),
        )
        for place, outcome in enumerate(outcomes)
        for step in range(place % 3)
    )
    SkillTag.objects.create(
        outcome=outcomes[0], skill=skills[0], emphasis="taught", proposed_by=fay
    )
    sheet = "programme,title,unit,course\n" + "".join(f"P,P,Science,{c.code}\n" for c in courses)
    seen = programmes.plan(sheet.encode(), since=None, by=clara)
    programmes.apply(sheet.encode(), since=None, fingerprint=seen.fingerprint, by=clara)
    learners = Learner.objects.bulk_create(
        Learner(source=SIS, sourced_id=f"many-{number}", number=str(number)) for number in range(12)
    )
    items = {each.pk: college.assess(college.offer(each), "Exam") for each in courses}
    return Study(Programme.objects.get(), framework, outcomes, items, learners)


def sql(query: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def test_every_number_of_the_table_is_that_of_sql(study: Study) -> None:
    for place, outcome in enumerate(study.outcomes[::4]):
        study.grade(outcome, 1 + place)
    table = study.table()
    shown = {
        (row.opportunity.pk, cell.skill.pk, mark): cell.counts[mark]
        for row in table.rows
        for cell in row.cells
        for mark in MARKS
        if cell.counts.get(mark)
    }
    counted = sql(
        """
        SELECT o.opportunity_id, t.skill_id, t.emphasis, count(*)
        FROM registrar_skilltag t
        JOIN registrar_learningoutcome o ON o.id = t.outcome_id
        JOIN registrar_programmecourse p ON p.opportunity_id = o.opportunity_id
        WHERE t.state = 'accepted' AND p.programme_id = %s
        GROUP BY 1, 2, 3
        UNION ALL
        SELECT o.opportunity_id, t.skill_id, 'evidenced', count(*)
        FROM registrar_skilltag t
        JOIN registrar_learningoutcome o ON o.id = t.outcome_id
        WHERE t.state = 'accepted'
        AND EXISTS (SELECT FROM registrar_result r
                    WHERE r.outcome_id = o.id AND r.superseded_at IS NULL AND NOT r.withdrawn)
        GROUP BY 1, 2
        """,
        study.programme.pk,
    )
    assert shown == {(course, skill, mark): number for course, skill, mark, number in counted}
    assert len(table.rows) == COURSES
    assert sum(row.outcomes for row in table.rows) == OUTCOMES
    (tags,) = sql("SELECT count(*) FROM registrar_skilltag WHERE state = 'accepted'")
    assert sum(cell.outcomes for cell in table.totals) == tags[0]


def test_how_far_the_tagging_is_equals_sql(study: Study) -> None:
    found = programme_coverage.standing(study.programme, day=date(2026, 9, 1))
    (tagged,) = sql(
        "SELECT count(DISTINCT outcome_id) FROM registrar_skilltag WHERE state='accepted'"
    )
    assert (found.outcomes, found.waiting) == (OUTCOMES, 1)
    assert (found.tagged, len(found.untagged)) == (tagged[0], OUTCOMES - tagged[0])


def test_the_page_tells_the_numbers_of_sql(study: Study, clara: User) -> None:
    client = Client()
    client.force_login(clara, backend="django.contrib.auth.backends.ModelBackend")
    study.grade(study.outcomes[1], 9)
    page = client.get(reverse("admin:registrar_programme_coverage", args=[study.programme.pk]))
    ((outcomes, tagged),) = sql(
        """
        SELECT count(DISTINCT o.id), count(DISTINCT t.outcome_id)
        FROM registrar_learningoutcome o
        JOIN registrar_programmecourse p ON p.opportunity_id = o.opportunity_id
        LEFT JOIN registrar_skilltag t ON t.outcome_id = o.id AND t.state = 'accepted'
        """
    )
    (tags,) = sql("SELECT count(*) FROM registrar_skilltag WHERE state = 'accepted'")
    body = " ".join(page.content.decode().split())
    assert f"<strong>{outcomes}</strong><span>outcomes</span>" in body
    assert f"<strong>{tagged}</strong><span>tagged with a skill</span>" in body
    cells, whole = body.partition("</caption>")[2].split("Whole programme")
    numbers = re.compile(r"<strong>(\d+)</strong>")
    assert sum(map(int, numbers.findall(cells))) == tags[0]
    assert sum(map(int, numbers.findall(whole.partition("</tfoot>")[0]))) == tags[0]
    # Of nine learners only that they are fewer than ten is told.
    skill = SkillTag.objects.filter(outcome=study.outcomes[1]).values_list("skill", flat=True)[0]
    behind = reverse("admin:registrar_programme_behind", args=[study.programme.pk, skill])
    told = client.get(behind, {"course": study.outcomes[1].opportunity_id}).content.decode()
    assert "&lt;10" in told
    assert ">9<" not in told


def test_gaps_are_named_also_where_results_are_missing(study: Study, fay: User, chen: User) -> None:
    table = study.table()
    (gap,) = table.gaps
    assert gap.code == f"S-{SKILLS - 1}"
    assessed = [cell.skill for cell in table.totals if cell.counts["assessed"]]
    assert table.unevidenced == assessed
    for outcome in study.outcomes:
        study.grade(outcome, 1)
    assert study.table().unevidenced == []
    tag = tagging.propose(study.outcomes[0], gap, emphasis="practised", by=fay)
    tagging.accept(tag, by=chen)
    assert study.table().gaps == []
    assert study.table().unassessed == [gap]


def test_a_course_counts_from_its_first_day_to_its_last(study: Study) -> None:
    place = ProgrammeCourse.objects.earliest("pk")
    ProgrammeCourse.objects.filter(pk=place.pk).update(holds_until=date(2026, 8, 23))
    assert len(study.table(date(2026, 8, 23)).rows) == COURSES
    assert len(study.table(date(2026, 8, 24)).rows) == COURSES - 1


def test_evidence_of_later_terms_does_not_count_earlier(study: Study, college: College) -> None:
    tag = SkillTag.objects.filter(state="accepted").earliest("pk")
    study.grade(tag.outcome, 10)
    begins = college.term.starts_on

    def shown(day: date) -> int:
        return sum(cell.counts["evidenced"] for cell in study.table(day).totals)

    assert shown(begins) > 0
    assert shown(begins.replace(day=begins.day - 1)) == 0


def test_numbers_of_fewer_than_ten_learners_are_never_told(study: Study) -> None:
    tag = SkillTag.objects.filter(state="accepted").earliest("pk")
    fall = Term.objects.create(
        source=SIS,
        sourced_id="26F",
        title="Fall 2026",
        starts_on=date(2026, 8, 24),
        ends_on=date(2026, 12, 18),
    )
    later = Offering.objects.create(
        source=SIS, sourced_id="later", opportunity=tag.outcome.opportunity, title="L", term=fall
    )
    item = LineItem.objects.create(source=SIS, sourced_id="later", offering=later, title="Exam")
    study.grade(tag.outcome, 10)
    study.grade(tag.outcome, 9, item)
    counts = evidence.counts([tag.outcome_id])
    assert [(each.learners, each.results) for each in counts] == [(10, 10), (None, None)]
    # The total leaves out what is hidden, so that no difference tells it.
    assert evidence.total(counts) == evidence.Total(results=10, hidden=1)
    (line,) = programme_coverage.behind(
        study.programme, tag.skill, day=date(2026, 9, 1), opportunity=tag.outcome.opportunity
    )[:1]
    assert [each.is_hidden for each in line.counts] == [False, True]


def test_an_earlier_term_reads_as_it_did_then(study: Study, college: College, clara: User) -> None:
    tag = SkillTag.objects.filter(state="accepted").earliest("pk")
    fall = Term.objects.create(
        source=SIS,
        sourced_id="27F",
        title="Fall 2027",
        starts_on=date(2027, 8, 24),
        ends_on=date(2027, 12, 18),
    )
    catalog.record_outcomes(
        tag.outcome.opportunity, {tag.outcome.code: "In other words."}, by=clara, term=fall
    )
    SkillTag.objects.filter(pk=tag.pk).update(holds_until=date(2027, 8, 23))

    def shown(term: Term) -> list[str]:
        lines = programme_coverage.behind(
            study.programme, tag.skill, day=term.starts_on, opportunity=tag.outcome.opportunity
        )
        return [line.statement for line in lines if line.tag == tag]

    assert shown(college.term) == [tag.outcome.statement]
    assert shown(fall) == []
    said = programme_coverage.statements([tag.outcome_id], day=fall.starts_on)
    assert said == {tag.outcome_id: "In other words."}
    pack = evidence_pack.gather(study.programme, term=college.term, outcome=tag.outcome)
    assert [each.statement for each in pack.outcomes] == [tag.outcome.statement]


def test_what_is_not_graded_or_of_retired_work_is_no_evidence(study: Study) -> None:
    tag = SkillTag.objects.filter(state="accepted").earliest("pk")
    study.grade(tag.outcome, 10)
    item = LineItem.objects.get(results__outcome=tag.outcome, results__learner=study.learners[0])
    LineItem.objects.filter(pk=item.pk).update(retired_at=timezone.now())
    assert evidence.evidenced([tag.outcome_id]) == set()
    LineItem.objects.filter(pk=item.pk).update(retired_at=None)
    assert evidence.evidenced([tag.outcome_id]) == {tag.outcome_id}
    Result.objects.filter(outcome=tag.outcome).update(superseded_at=timezone.now())
    Result.objects.create(
        **{"source": SIS, "sourced_id": "to-do", "line_item": item, "outcome": tag.outcome},
        learner=study.learners[0],
        status="not submitted",
    )
    assert evidence.evidenced([tag.outcome_id]) == set()


def test_superseded_and_withdrawn_results_are_no_evidence(study: Study) -> None:
    tag = SkillTag.objects.filter(state="accepted").earliest("pk")
    study.grade(tag.outcome, 10)
    Result.objects.filter(outcome=tag.outcome).update(superseded_at=timezone.now())
    assert evidence.counts([tag.outcome_id]) == []
    assert evidence.evidenced([tag.outcome_id]) == set()


def test_the_map_shows_each_term_by_itself(study: Study, college: College) -> None:
    found = programme_coverage.curriculum_map(study.programme, study.framework)
    assert found.terms == [college.term]
    table = study.table(college.term.starts_on)
    for skill, (places,) in found.rows:
        expected = {
            row.opportunity.code: row.cells[table.skills.index(skill)].counts
            for row in table.rows
            if row.cells[table.skills.index(skill)].outcomes
        }
        assert {place.opportunity.code: place.counts for place in places} == expected
    assert [skill.code for skill in found.gaps] == [f"S-{SKILLS - 1}"]


def test_of_a_large_framework_only_what_is_covered_has_a_column(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programme_coverage, "SKILLS_SHOWN", 2)
    table = study.table()
    assert table.is_cut
    assert len(table.skills) == SKILLS - 1
    assert len(table.gaps) == 1


def test_a_retired_skill_that_was_covered_stays_in_the_table(study: Study) -> None:
    skill = SkillTag.objects.filter(state="accepted").earliest("pk").skill
    Skill.objects.filter(pk=skill.pk).update(retired_at=timezone.now())
    assert skill in study.table().skills
    assert skill not in study.table().gaps


def test_the_table_takes_the_same_number_of_queries_whatever_its_size(
    study: Study, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        study.table().rows  # noqa: B018
    assert LearningOpportunity.objects.count() > COURSES
