"""Programmes are read from a sheet, term by term, and nothing is lost by a slip."""

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from issuer.errors import WrongState
from issuer.models import LedgerEntry
from registrar.errors import NotAllowed, PlanOutdated
from registrar.models import LearningOpportunity, Programme, ProgrammeCourse, Term
from registrar.services.teaching import programmes
from registrar.services.teaching.programmes import Plan
from tests.cast import SIS, College, member_of_staff

HEAD = "programme,title,unit,course\n"
NURSING = HEAD + "NUR,Nursing,Science,BIO 101\nNUR,,,ART 1\n"


@pytest.fixture(autouse=True)
def art(college: College) -> LearningOpportunity:
    return college.course_named("ART 1")


@pytest.fixture
def fall(college: College) -> Term:
    return Term.objects.create(
        source=SIS,
        sourced_id="26F",
        title="Fall 2026",
        starts_on=date(2026, 8, 24),
        ends_on=date(2026, 12, 18),
    )


def plan(sheet: str, by: User, since: Term | None = None) -> Plan:
    return programmes.plan(sheet.encode(), since=since, by=by)


def enter(sheet: str, by: User, since: Term | None = None) -> Plan:
    seen = plan(sheet, by, since)
    return programmes.apply(sheet.encode(), since=since, fingerprint=seen.fingerprint, by=by)


def problems(found: Plan) -> list[tuple[int | None, str, str]]:
    return [(each.row, each.column, each.code) for each in found.problems]


def codes(programme: Programme, on: date = date(2026, 1, 12)) -> list[str]:
    return [each.code for each in programmes.courses(programme, on=on)]


def test_a_sheet_is_looked_at_before_it_makes_a_programme(college: College, clara: User) -> None:
    (change,) = plan(NURSING, clara).changes
    assert (change.title, change.unit, change.programme) == ("Nursing", college.science, None)
    assert not Programme.objects.exists()
    enter(NURSING, clara)
    nursing = Programme.objects.get(code="NUR")
    assert codes(nursing) == ["ART 1", "BIO 101"]
    assert LedgerEntry.objects.get(act="programme.added").details == {
        "since": "",
        "new": ["BIO 101", "ART 1"],
        "ended": [],
    }
    again = plan(NURSING, clara)
    assert (again.changes, again.unchanged, again.problems) == ((), 1, ())


def test_a_course_leaves_with_the_day_before_the_term_and_held_until_then(
    college: College, clara: User, fall: Term
) -> None:
    enter(NURSING, clara)
    nursing = Programme.objects.get()
    without = NURSING.replace("NUR,,,ART 1\n", "")
    assert problems(plan(without, clara)) == [(2, "programme", "no_term")]
    (change,) = enter(without, clara, fall).changes
    assert [place.opportunity.code for place in change.ended] == ["ART 1"]
    assert codes(nursing, date(2026, 8, 23)) == ["ART 1", "BIO 101"]
    assert codes(nursing, date(2026, 8, 24)) == ["BIO 101"]
    # What has been settled for a later term is not changed for an earlier one.
    assert problems(plan(NURSING, clara, college.term)) == [(2, "programme", "later_change")]
    enter(NURSING, clara, fall)
    assert codes(nursing, date(2026, 8, 24)) == ["ART 1", "BIO 101"]


def test_what_was_entered_by_mistake_never_held(clara: User, fall: Term) -> None:
    enter(HEAD + "NUR,Nursing,Science,BIO 101\n", clara)
    enter(NURSING, clara, fall)
    enter(HEAD + "NUR,,,BIO 101\n", clara, fall)
    mistaken = ProgrammeCourse.objects.get(opportunity__code="ART 1")
    assert mistaken.holds_until == date(2026, 8, 23)
    for day in (date(2026, 8, 23), date(2026, 8, 24)):
        assert not ProgrammeCourse.objects.on(day).filter(pk=mistaken.pk).exists()


def test_every_wrong_row_is_named_and_the_good_ones_go_on(college: College, clara: User) -> None:
    college.course_named("TWIN")
    LearningOpportunity.objects.create(
        kind="course", source="other", sourced_id="T", code="TWIN", title="T", unit=college.arts
    )
    sheet = NURSING + (
        "NUR,Care,,TWIN\n"
        "NUR,,,BIO 101\n"
        "NUR,,,BIO 999\n"
        ",Nameless,Science,ART 1\n"
        "X,,Science,ART 1\n"
        "Y,Why,Nowhere,ART 1\n"
        'Z,"Zed,Science,ART 1\n'
    )
    found = plan(sheet, clara)
    assert problems(found) == [
        (4, "title", "differs"),
        (4, "course", "several_courses"),
        (5, "course", "named_twice"),
        (6, "course", "unknown_course"),
        (7, "programme", "blank"),
        (8, "title", "blank"),
        (9, "unit", "unknown_unit"),
        (10, "", "unclosed_quote"),
    ]
    assert all(problem.reason and problem.fix for problem in found.problems)
    assert [change.code for change in found.changes] == ["NUR"]


def test_nothing_leaves_a_programme_that_has_a_wrong_row(clara: User, fall: Term) -> None:
    enter(NURSING, clara)
    slip = HEAD + "NUR,,,BIO 101\nNUR,,,ARR 1\n"
    found = plan(slip, clara, fall)
    assert problems(found) == [(3, "course", "unknown_course")]
    assert not found.changes


def test_a_course_is_named_by_its_key_where_two_have_its_code(
    college: College, clara: User
) -> None:
    LearningOpportunity.objects.create(
        kind="course", source="other", sourced_id="A", code="ART 1", title="A", unit=college.arts
    )
    enter(HEAD + "NUR,Nursing,Science,sis:other:A\n", clara)
    assert programmes.courses(Programme.objects.get(), on=date(2026, 1, 1)).get().source == "other"


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        ("", "empty_file"),
        ("title,unit\nNursing,Science\n", "missing_column"),
    ],
)
def test_what_is_no_such_sheet_is_refused_whole(sheet: str, code: str, clara: User) -> None:
    found = plan(sheet, clara)
    assert [each.code for each in found.problems] == [code]
    assert not found.changes


def test_a_sheet_may_have_semicolons(clara: User) -> None:
    assert plan(NURSING.replace(",", ";"), clara).changes == plan(NURSING, clara).changes


def test_what_was_not_looked_at_is_not_saved(clara: User) -> None:
    seen = plan(NURSING, clara)
    other = (NURSING + "NUR2,Care,Science,ART 1\n").encode()
    with pytest.raises(PlanOutdated):
        programmes.apply(other, since=None, fingerprint=seen.fingerprint, by=clara)
    assert not Programme.objects.exists()


def test_programmes_are_entered_and_retired_only_where_one_may(
    college: College, root: User, clara: User, chen: User
) -> None:
    artist = member_of_staff(root, "artist", "registrar", college.arts)
    assert problems(plan(NURSING, artist)) == [(2, "unit", "not_allowed")]
    enter(NURSING, clara)
    nursing = Programme.objects.get()
    taken = HEAD + "NUR,,Arts,BIO 101\n"
    assert problems(plan(taken, artist)) == [(2, "unit", "not_allowed")]
    for stranger in (artist, chen):
        with pytest.raises(NotAllowed):
            programmes.retire(nursing, by=stranger, reason="No")
    programmes.retire(nursing, by=clara, reason="Merged")
    assert problems(plan(NURSING, clara)) == [(2, "programme", "retired")]
    with pytest.raises(WrongState):
        programmes.retire(nursing, by=clara, reason="Again")


def test_a_course_stands_in_a_programme_once_at_a_time(clara: User, college: College) -> None:
    enter(NURSING, clara)
    with pytest.raises(IntegrityError, match="course_is_once"), transaction.atomic():
        ProgrammeCourse.objects.create(
            programme=Programme.objects.get(), opportunity=college.course
        )


def test_a_programme_comes_out_as_the_sheet_that_it_is(clara: User) -> None:
    enter(NURSING, clara)
    sheet = programmes.as_sheet(Programme.objects.get(), on=date(2026, 1, 12))
    assert sheet.splitlines()[1:] == ["NUR,Nursing,Science,ART 1", "NUR,Nursing,Science,BIO 101"]
    assert not plan(sheet, clara).changes
