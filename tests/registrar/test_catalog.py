"""The catalogue: activities, learning outcomes, and who took part."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from issuer.models import LedgerEntry
from registrar.errors import CodeTaken, NotAllowed
from registrar.models import Activity, Enrolment, Learner, LearningOpportunity, Result
from registrar.services.marking import participation
from registrar.services.marking.participation import Participation, State
from registrar.services.marking.results import Recorded
from registrar.services.teaching import catalog
from tests.cast import College


@pytest.fixture
def mentoring(college: College, clara: User) -> LearningOpportunity:
    return catalog.add_activity(
        "peer-mentoring",
        title="Peer mentoring",
        unit=college.science,
        by=clara,
        credit="non-credit",
        hours=Decimal(40),
    )


def test_an_activity_is_added_once(
    mentoring: LearningOpportunity, college: College, clara: User
) -> None:
    again = catalog.add_activity("peer-mentoring", title="Other", unit=college.science, by=clara)
    assert again == mentoring
    assert Activity.objects.get().title == "Peer mentoring"
    assert LedgerEntry.objects.filter(act="activity.added").count() == 1


def test_an_activity_may_not_take_the_code_of_a_course(college: College, clara: User) -> None:
    with pytest.raises(CodeTaken, match="BIO 101"):
        catalog.add_activity("BIO 101", title="Cells club", unit=college.science, by=clara)


def test_the_catalogue_is_kept_by_the_registrar(college: College, fay: User) -> None:
    with pytest.raises(NotAllowed):
        catalog.add_activity("club", title="Club", unit=college.science, by=fay)
    with pytest.raises(NotAllowed):
        catalog.record_outcomes(college.course, {"B-1": "Count."}, by=fay)
    with pytest.raises(NotAllowed):
        catalog.describe(college.course, by=fay, description="Short.")


def test_a_course_is_described_as_far_as_something_is_given(college: College, clara: User) -> None:
    course = catalog.describe(
        college.course, by=clara, description="From the microscope.", credits=Decimal(3)
    )
    assert (course.description, course.credits) == ("From the microscope.", 3)
    entry = LedgerEntry.objects.get(act="opportunity.described")
    assert entry.details == {"fields": ["description"]}
    catalog.describe(college.course, by=clara, description="From the microscope.")
    assert LedgerEntry.objects.filter(act="opportunity.described").count() == 1
    assert catalog.describe(college.course, by=clara, credits=None).credits is None
    assert LedgerEntry.objects.latest("sequence").details == {"fields": ["credits"]}


def test_outcomes_are_added_reworded_and_kept(college: College, clara: User) -> None:
    wanted = {"BIO101-2": "Label an organelle.", "BIO101-1": "Draw a cell from memory."}
    second, first = catalog.record_outcomes(college.course, wanted, by=clara)
    assert (first.pk, first.statement) == (college.outcome.pk, "Draw a cell from memory.")
    assert second.code == "BIO101-2"
    entry = LedgerEntry.objects.get(act="outcomes.recorded")
    assert entry.details == {
        "new": ["BIO101-2"],
        "reworded": {"BIO101-1": "Draw a cell from observation."},
        "term": college.term.pk,
    }
    assert catalog.record_outcomes(college.course, wanted, by=clara) == [second, first]
    assert LedgerEntry.objects.filter(act="outcomes.recorded").count() == 1


def test_an_outcome_code_belongs_to_one_opportunity(
    mentoring: LearningOpportunity, clara: User
) -> None:
    with pytest.raises(CodeTaken, match="BIO101-1"):
        catalog.record_outcomes(mentoring, {"BIO101-1": "Listen."}, by=clara)


def test_participation_is_enrolment_and_a_result(
    mentoring: LearningOpportunity, ada: Learner, ben: Learner, clara: User
) -> None:
    parts = [
        Participation(
            learner=ada,
            state=State.IN_PROGRESS,
            started_on=date(2025, 9, 8),
            hours=Decimal("12.5"),
        ),
        Participation(learner=ben, state=State.WITHDREW, ended_on=date(2025, 10, 1)),
    ]
    assert participation.record(mentoring, parts, by=clara) == Recorded(new=2)
    assert participation.record(mentoring, parts, by=clara) == Recorded(unchanged=2)
    done = Participation(
        learner=ada,
        state=State.COMPLETED,
        started_on=date(2025, 9, 8),
        ended_on=date(2026, 4, 30),
        hours=Decimal(41),
    )
    assert participation.record(mentoring, [done], by=clara) == Recorded(changed=1)
    assert Enrolment.objects.get(learner=ada).ends_on == date(2026, 4, 30)
    result = Result.objects.current().get(learner=ada)
    assert (result.text, result.status, result.score) == ("Completed", "fully graded", 41)
    assert result.line_item.category == "Participation"
    assert Result.objects.current().get(learner=ben).text == "Withdrew"


def test_an_activity_of_another_term_is_another_offering(
    mentoring: LearningOpportunity, college: College, ada: Learner, clara: User
) -> None:
    part = Participation(learner=ada, state=State.COMPLETED)
    participation.record(mentoring, [part], by=clara)
    participation.record(mentoring, [part], by=clara, term=college.term)
    assert mentoring.offerings.count() == Result.objects.current().count() == 2
