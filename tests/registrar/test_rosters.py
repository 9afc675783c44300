"""Rosters: read into a plan, looked at, applied; what is gone is retired, never deleted."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuer.errors import Refusal, WrongState
from issuer.models import LedgerEntry
from registrar.errors import ImportRefused, NotAllowed, PlanOutdated
from registrar.models import (
    Course,
    Enrolment,
    Learner,
    LearningOutcome,
    LineItem,
    Offering,
    OrganizationUnit,
    Result,
    RosterImport,
    Term,
)
from registrar.services.feeding import rosters
from registrar.services.marking import participation, results
from registrar.services.marking.participation import Participation
from registrar.services.marking.results import Entry
from registrar.services.teaching import catalog
from tests.cast import College
from tests.registrar.test_oneroster_csv import Roster, one_dot_one

pytestmark = pytest.mark.django_db

State = RosterImport.State
DELTA = ",active,2026-06-08T09:30:00.000Z,"
GONE = ",tobedeleted,2026-06-08T09:30:00.000Z,"


@pytest.fixture
def roster() -> Roster:
    """Two courses' worth of Ada and Ben, without objectives."""
    return Roster().drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")


def put(roster: Roster, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, data in roster.files().items():
        (folder / name).write_bytes(data)
    return folder


def without(roster: Roster, **ids: str) -> Roster:
    """The roster without the row of that sourced id in each of these files."""
    for name, sourced_id in ids.items():
        lines = roster.texts[f"{name}.csv"].splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(f"{sourced_id},".encode())]
        assert len(kept) == len(lines) - 1
        roster.texts[f"{name}.csv"] = b"".join(kept)
    return roster


def bring(roster: Roster, folder: Path, **options: Any) -> RosterImport:
    return rosters.apply(rosters.read(put(roster, folder), by=None, **options), by=None)


def delta(**rows: list[str]) -> Roster:
    """A delta of these files, with these rows."""
    roster = Roster()
    for name in [key.removesuffix(".csv") for key in roster.texts]:
        if name not in rows:
            roster.drop(name)
            continue
        header = roster.texts[f"{name}.csv"].split(b"\n")[0].decode()
        roster.texts[f"{name}.csv"] = "\n".join([header, *rows[name], ""]).encode()
        roster.manifest[f"file.{name}"] = "delta"
    return roster


def changes(imported: RosterImport) -> dict[str, tuple[int, int, int]]:
    """What is new, changed, retired in the files in which something is."""
    counts = {
        file.removesuffix(".csv"): (count["new"], count["changed"], count["retired"])
        for file, count in imported.plan.items()
    }
    return {file: count for file, count in counts.items() if any(count)}


def held() -> dict[str, list[Any]]:
    """All that a roster may touch, as it stands in the database."""
    models = (OrganizationUnit, Term, Course, Offering, Learner, Enrolment, LineItem, Result)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_a_delta_lays_nothing_into_a_circle_with_what_is_held(
    roster: Roster, tmp_path: Path
) -> None:
    bring(roster, tmp_path)
    changed = delta(
        orgs=[
            f"o1{DELTA}Quillhaven College,school,,o2",
            f"o3{DELTA}Botany,department,,o4",
            f"o4{DELTA}Zoology,department,,o3",
            f"o5{DELTA}Geology,department,,o4",
            f"o6{DELTA}Physics,department,,o1",
        ],
        academicSessions=[f"y1{DELTA}2025-26,schoolYear,2025-08-01,2026-07-31,t1,2026"],
    )
    imported = bring(changed, tmp_path)
    told = [(p["file"], p["row"], p["code"], p["severity"]) for p in imported.problems]
    assert told == [
        ("orgs.csv", 2, "circle", "error"),
        ("orgs.csv", 3, "circle", "error"),
        ("orgs.csv", 4, "circle", "error"),
        ("orgs.csv", 5, "unknown_reference", "warning"),
        ("academicSessions.csv", 2, "circle", "error"),
    ]
    units = {each.sourced_id: each.parent for each in OrganizationUnit.objects.all()}
    assert units["o1"] is None
    assert units["o6"].sourced_id == "o1"


def test_what_was_put_under_a_unit_of_our_own_stays_there(roster: Roster, tmp_path: Path) -> None:
    bring(roster, tmp_path / "a")
    ours = OrganizationUnit.objects.create(source="own", sourced_id="o2", name="The institution")
    OrganizationUnit.objects.filter(sourced_id="o1").update(parent=ours)
    assert changes(bring(roster, tmp_path / "b")) == {}
    renamed = delta(orgs=[f"o1{DELTA}Quillhaven,school,,"])
    assert changes(bring(renamed, tmp_path / "c")) == {"orgs": (0, 1, 0)}
    top = OrganizationUnit.objects.get(sourced_id="o1")
    assert (top.name, top.parent) == ("Quillhaven", ours)
    moved = delta(orgs=[f"o2{DELTA}Sciences,department,,"])
    assert changes(bring(moved, tmp_path / "d")) == {"orgs": (0, 1, 0)}
    assert OrganizationUnit.objects.get(name="Sciences").parent is None


# The real module presentation


@pytest.fixture(scope="session")
def real(shared_data: Path) -> Path:
    return shared_data / "oulad" / "oneroster12-BBB-2013J"


@pytest.mark.slow
def test_a_real_presentation_comes_in_whole_and_a_second_time_changes_nothing(real: Path) -> None:
    first = rosters.apply(rosters.read(real, by=None), by=None)
    assert (first.source, first.problem_count) == ("oulad-2017", 0)
    assert (Learner.objects.count(), Enrolment.objects.count()) == (2_237, 2_237)
    assert (LineItem.objects.count(), Result.objects.count()) == (13, 16_612)
    final = Result.objects.filter(line_item__category="Module result")
    assert {text: final.filter(text=text).count() for text in ("Distinction", "Pass", "Fail")} == {
        "Distinction": 176,
        "Pass": 896,
        "Fail": 521,
    }
    before = held()
    again = rosters.apply(rosters.read(real, by=None), by=None)
    assert changes(again) == {}
    assert again.plan["results.csv"]["unchanged"] == 16_612
    assert held() == before


# What becomes of the rows


def test_a_roster_of_one_dot_one_comes_in_and_a_second_time_changes_nothing(
    tmp_path: Path,
) -> None:
    imported = bring(one_dot_one(), tmp_path / "a")
    assert imported.problem_count == 0
    assert list(Learner.objects.values_list("sourced_id", flat=True)) == ["u1"]
    assert Result.objects.get().score == Decimal("62.5")
    assert changes(bring(one_dot_one(), tmp_path / "a")) == {}


def test_the_first_day_of_a_term_stays_once_something_holds_from_it_on(
    roster: Roster, tmp_path: Path
) -> None:
    bring(roster, tmp_path / "a")
    bring(roster.change("academicSessions", "2025-09-01", "2025-09-02"), tmp_path / "b")
    term = Term.objects.get(sourced_id="t1")
    assert term.starts_on == date(2025, 9, 2)
    catalog.record_outcomes(Course.objects.get(), {"B-1": "Grow."}, by=None, term=term)
    moved = roster.change("academicSessions", "2025-09-02,2025-12-20", "2025-08-25,2025-12-19")
    imported = bring(moved, tmp_path / "c")
    (told,) = [each for each in imported.problems if each["code"] == "first_day_stays"]
    assert (told["row"], told["column"], told["value"]) == (3, "startDate", "2025-08-25")
    term.refresh_from_db()
    assert (term.starts_on, term.ends_on) == (date(2025, 9, 2), date(2025, 12, 19))
    assert [each.code for each in LearningOutcome.objects.as_of(term)] == ["B-1"]


def test_the_rows_become_units_terms_courses_offerings_and_learners(
    roster: Roster, tmp_path: Path
) -> None:
    imported = bring(roster, tmp_path / "a")
    assert imported.state == State.APPLIED
    assert OrganizationUnit.objects.get(sourced_id="o2").parent.sourced_id == "o1"
    assert Term.objects.get(sourced_id="t1").parent.title == "2025-26"
    course = Course.objects.get()
    assert (course.code, course.kind, course.unit.name) == ("BOT101", "course", "Sciences")
    # A class of several terms is held in the first of them.
    assert {o.term.sourced_id for o in Offering.objects.all()} == {"t1"}
    ada = Learner.objects.get(sourced_id="u1")
    assert (ada.name, ada.number, ada.email) == ("Ada Okafor", "ada", "ada@example.edu")
    assert Enrolment.objects.get(learner=ada).begins_on == date(2025, 9, 1)
    essay = LineItem.objects.get(sourced_id="li2")
    assert (essay.category, essay.maximum) == ("Essay", Decimal(100))
    assert Result.objects.get(sourced_id="re3").status == "not submitted"
    assert Result.objects.get(sourced_id="re1").text == "Pass"


def test_a_course_without_a_code_goes_by_its_sourced_id(roster: Roster, tmp_path: Path) -> None:
    bring(roster.change("courses", "BOT101", ""), tmp_path / "a")
    assert Course.objects.get().code == "co1"


def test_the_names_that_people_prefer_are_kept(roster: Roster, tmp_path: Path) -> None:
    address = "ada@example.edu,,,,,,,"
    bring(roster.change("users", f"{address},,,o1", f"{address}Adaeze,,Obi,o1"), tmp_path / "a")
    assert Learner.objects.get(sourced_id="u1").name == "Adaeze Obi"


def test_a_new_address_ends_what_the_old_one_had_opened(roster: Roster, tmp_path: Path) -> None:
    bring(roster, tmp_path)
    bring(roster.change("users", "ada@example.edu", "ada@king.example"), tmp_path)
    numbers = Learner.objects.order_by("sourced_id").values_list("sourced_id", "access_number")
    assert list(numbers) == [("u1", 1), ("u2", 0)]


def test_teachers_become_no_learners_but_teach_if_they_have_an_account(
    roster: Roster, tmp_path: Path
) -> None:
    fay = User.objects.create(username="Fay", email="fay@example.edu")
    kim = User.objects.create(username="k.lee", email="Kim@example.edu")
    for name, address in (("fay", ""), ("kim", "kim@example.edu"), ("stranger", "")):
        roster.add("users", f"{name},,,true,{name},,{name},X,,,{address},,,,,,,,,,o1,")
        roster.add("roles", f"r-{name},,,{name},primary,teacher,,,o1,")
        roster.add("enrollments", f"e-{name},,,cl1,o2,{name},teacher,true,,")
    first = bring(roster, tmp_path / "a")
    assert Learner.objects.count() == 2
    assert set(Offering.objects.get(sourced_id="cl1").teachers.all()) == {fay, kim}
    assert changes(first)["enrollments"] == (4, 0, 0)
    assert changes(bring(roster, tmp_path / "a")) == {}
    without(roster, enrollments="e-kim")
    assert changes(bring(roster, tmp_path / "a")) == {"enrollments": (0, 0, 1)}
    assert set(Offering.objects.get(sourced_id="cl1").teachers.all()) == {fay}


def test_an_address_that_two_accounts_share_recognises_nobody(
    roster: Roster, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        User.objects.create(username=name, email="office@example.edu")
    roster.add("users", "t,,,true,tess,,Tess,X,,,office@example.edu,,,,,,,,,,o1,")
    roster.add("enrollments", "e-t,,,cl1,o2,t,teacher,true,,")
    bring(roster, tmp_path / "a")
    assert not Offering.objects.filter(teachers__isnull=False).exists()


def test_objectives_become_outcomes_of_line_items_and_results_about_one_outcome(
    tmp_path: Path,
) -> None:
    roster = Roster().change("resultLearningObjectiveIds", "ro1", "re2")  # ids may repeat
    first = bring(roster, tmp_path / "a")
    assert {p["code"] for p in first.problems} == {"unknown_outcome"}
    assert first.plan["resultLearningObjectiveIds.csv"]["unchanged"] == 2
    course = Course.objects.get()
    for code in ("BOT101.3", "urn:uuid:6beef5a2-46f3-5a9f-8f46-590c3377da34"):
        LearningOutcome.objects.create(opportunity=course, code=code, statement=code)
    second = bring(roster, tmp_path / "a")
    assert changes(second) == {
        "lineItemLearningObjectiveIds": (1, 0, 0),
        "resultLearningObjectiveIds": (1, 0, 0),
    }
    assert [o.code[:8] for o in LineItem.objects.get(sourced_id="li2").outcomes.all()] == [
        "urn:uuid"
    ]
    shown = Result.objects.get(outcome__isnull=False)
    assert (shown.outcome.code, shown.score, shown.learner.sourced_id) == ("BOT101.3", 71, "u1")
    assert Result.objects.get(sourced_id="re2", outcome=None).score == Decimal("62.5")
    assert changes(bring(roster, tmp_path / "a")) == {}
    # An outcome that is retired takes nothing back of what was shown before.
    LearningOutcome.objects.update(retired_at="2026-01-01T00:00:00Z", holds_until="2025-12-31")
    assert changes(bring(roster, tmp_path / "a")) == {}


# Corrections and what is gone


def test_a_correction_supersedes_the_result_and_keeps_it(roster: Roster, tmp_path: Path) -> None:
    bring(roster, tmp_path / "a")
    roster.change("results", ",62.5,", ",64,")
    assert changes(bring(roster, tmp_path / "a")) == {"results": (0, 1, 0)}
    old, new = Result.objects.filter(sourced_id="re2").order_by("pk")
    assert (old.score, new.score) == (Decimal("62.5"), 64)
    assert old.superseded_at is not None and new.superseded_at is None


def test_what_is_absent_from_a_bulk_file_is_retired_and_comes_back(
    roster: Roster, tmp_path: Path
) -> None:
    bring(roster, tmp_path / "a")
    whole = dict(roster.texts)
    without(roster, users="u2", roles="r2", enrollments="e2", lineItems="li3", results="re3")
    imported = bring(roster, tmp_path / "a")
    assert changes(imported) == {
        name: (0, 0, 1) for name in ("users", "enrollments", "lineItems", "results")
    }
    assert Learner.objects.get(sourced_id="u2").retired_at is not None
    assert Enrolment.objects.get(sourced_id="e2").retired_at is not None
    assert LineItem.objects.get(sourced_id="li3").retired_at is not None
    assert not Result.objects.current().filter(sourced_id="re3").exists()
    assert [r.withdrawn for r in Result.objects.filter(sourced_id="re3").order_by("pk")] == [
        False,
        True,
    ]
    assert changes(bring(roster, tmp_path / "a")) == {}
    roster.texts = whole
    back = bring(roster, tmp_path / "a")
    assert changes(back) == {
        name: (0, 1, 0) for name in ("users", "enrollments", "lineItems", "results")
    }
    assert Learner.objects.get(sourced_id="u2").retired_at is None
    assert Result.objects.current().filter(sourced_id="re3").count() == 1


def test_who_has_done_an_activity_may_leave_the_college(
    roster: Roster, tmp_path: Path, college: College, clara: User
) -> None:
    bring(roster, tmp_path / "a")
    club = catalog.add_activity("club", title="Club", unit=college.arts, by=clara)
    ben = Learner.objects.get(sourced_id="u2")
    part = Participation(learner=ben, state=participation.State.COMPLETED)
    participation.record(club, [part], by=clara)
    without(roster, users="u2", roles="r2", enrollments="e2", results="re3")
    assert changes(bring(roster, tmp_path / "a"))["users"] == (0, 0, 1)
    assert Result.objects.current().filter(learner=ben).count() == 1


def test_offerings_that_a_bulk_file_does_not_name_are_left_alone(
    roster: Roster, tmp_path: Path
) -> None:
    bring(roster, tmp_path / "a")
    gone = {"classes": "cl2", "users": "u2", "roles": "r2", "enrollments": "e2"}
    only_first = without(roster, **gone, lineItems="li3", results="re3")
    assert changes(bring(only_first, tmp_path / "b")) == {}


def test_another_source_is_left_alone(roster: Roster, tmp_path: Path) -> None:
    bring(roster, tmp_path / "a")
    before = held()
    other = bring(roster, tmp_path / "a", source="other")
    assert (other.source, changes(other)["users"]) == ("other", (2, 0, 0))
    after = held()
    assert {model: rows[: len(before[model])] for model, rows in after.items()} == before


def test_a_refused_row_retires_nothing(roster: Roster, tmp_path: Path) -> None:
    bring(roster, tmp_path / "a")
    roster.change("results", ",62.5,", ",62.5 points,")
    imported = bring(roster, tmp_path / "a")
    assert changes(imported) == {}
    assert [p["code"] for p in imported.problems] == ["bad_number", "nothing_retired"]
    assert Result.objects.current().count() == 3


def test_a_delta_changes_and_retires_what_it_names_alone(roster: Roster, tmp_path: Path) -> None:
    bring(roster, tmp_path / "a")
    imported = bring(
        delta(
            results=[
                f"re2{DELTA}li2,u1,fully graded,70,2026-06-08,,,,,,,",
                f"re3{GONE}li3,u2,not submitted,,2025-10-21,,,cl2,,,,",
            ],
            enrollments=[f"e2{GONE}cl2,o2,u2,student,,,"],
            courses=[f"co1{GONE}y1,Botany,BOT101,,o2,,"],
            lineItems=[f"li2{DELTA}Essay (long),,2025-09-01,2025-10-20,cl1,ca2,t1,0,100,o2"],
        ),
        tmp_path / "b",
    )
    assert changes(imported) == {
        "courses": (0, 0, 1),
        "enrollments": (0, 0, 1),
        "lineItems": (0, 1, 0),
        "results": (0, 1, 1),
    }
    assert imported.problems == []
    # The delta brought no categories: the line item keeps its own.
    essay = LineItem.objects.get(sourced_id="li2")
    assert (essay.title, essay.category) == ("Essay (long)", "Essay")
    assert Course.objects.get().retired_at is not None


def test_a_delta_that_leads_to_nothing_loses_that_row_only(roster: Roster, tmp_path: Path) -> None:
    bring(roster, tmp_path / "a")
    imported = bring(
        delta(
            results=[
                f"re9{DELTA}li9,u1,fully graded,70,2026-06-08,,,,,,,",
                f"re2{DELTA}li2,u1,fully graded,70,2026-06-08,,,,,,,",
            ],
            lineItems=[f"li8{DELTA}Quiz,,2025-09-01,2025-10-20,cl1,ca9,t1,0,100,o2"],
            orgs=[f"o9{DELTA}Botany,department,,o8"],
        ),
        tmp_path / "b",
    )
    assert changes(imported) == {"orgs": (1, 0, 0), "results": (0, 1, 0)}
    found = {(p["file"], p["row"], p["column"], p["severity"]) for p in imported.problems}
    assert found == {
        ("results.csv", 2, "lineItemSourcedId", "error"),
        ("lineItems.csv", 2, "categorySourcedId", "error"),
        ("orgs.csv", 2, "parentSourcedId", "warning"),
    }


def test_a_delta_brings_objectives_of_results_that_are_held(roster: Roster, tmp_path: Path) -> None:
    bring(roster, tmp_path / "a")
    LearningOutcome.objects.create(opportunity=Course.objects.get(), code="B-3", statement="Draw.")
    imported = bring(
        delta(
            lineItemLearningObjectiveIds=[
                f"l1{DELTA}li2,ext:own,B-3",
                f"l2{DELTA}li9,ext:own,B-3",
            ],
            resultLearningObjectiveIds=[
                f"o1{DELTA}re2,ext:own,B-3,71,",
                f"o2{DELTA}re9,ext:own,B-3,71,",
            ],
        ),
        tmp_path / "b",
    )
    assert changes(imported) == {
        "lineItemLearningObjectiveIds": (1, 0, 0),
        "resultLearningObjectiveIds": (1, 0, 0),
    }
    assert {(p["row"], p["code"]) for p in imported.problems} == {(3, "unknown_reference")}
    assert len(imported.problems) == 2
    shown = Result.objects.get(outcome__code="B-3")
    assert (shown.line_item.sourced_id, shown.learner.sourced_id, shown.score) == ("li2", "u1", 71)
    gone = delta(
        lineItemLearningObjectiveIds=[f"l1{GONE}li2,ext:own,B-3"],
        resultLearningObjectiveIds=[f"o1{GONE}re2,ext:own,B-3,71,"],
    )
    assert changes(bring(gone, tmp_path / "b")) == {
        "lineItemLearningObjectiveIds": (0, 0, 1),
        "resultLearningObjectiveIds": (0, 0, 1),
    }
    assert not LineItem.objects.filter(outcomes__code="B-3").exists()
    assert not Result.objects.current().filter(outcome__code="B-3").exists()


# Bad files


def test_all_problems_are_told_at_once_and_the_good_rows_go_on(
    roster: Roster, tmp_path: Path
) -> None:
    roster.add("courses", f"co2,,,y1,Zoology,{'Z' * 101},,o2,,")
    roster.add("results", "re4,,,li2,u2,fully graded,50,2025-10-21,,,,,,,")
    roster.add("results", "re5,,,li1,u1,fully graded,12345678,2025-12-20,,,,,,,")
    roster.add("academicSessions", "t2,,,Spring,term,2026-02-30,2026-05-20,y1,2026")
    imported = rosters.read(put(roster, tmp_path / "a"), by=None)
    found = [(p["file"], p["row"], p["column"], p["code"]) for p in imported.problems]
    assert ("academicSessions.csv", 4, "startDate", "bad_date") in found
    assert ("courses.csv", 3, "courseCode", "too_long") in found
    assert ("results.csv", 5, "studentSourcedId", "not_enrolled") in found
    assert ("results.csv", 6, "score", "bad_number") in found
    assert all(p["reason"] and p["fix"] for p in imported.problems)
    assert imported.problem_count == len(imported.problems)
    rosters.apply(imported, by=None)
    assert (Course.objects.count(), Learner.objects.count()) == (1, 2)
    assert Result.objects.count() == 3


def test_what_has_no_room_here_costs_its_row_and_those_that_refer_to_it(
    roster: Roster, tmp_path: Path
) -> None:
    roster.change("users", "Ben,Ortiz,,,", f"Ben,Ortiz,,{'7' * 101},")
    roster.change("lineItems", "cl1,ca2,t1,0,100,o2", "cl1,ca2,t1,-9999999.9999,100,o2")
    imported = bring(roster, tmp_path / "a")
    found = {(p["file"], p["row"], p["column"], p["code"]) for p in imported.problems}
    assert found == {
        ("users.csv", 3, "identifier", "too_long"),
        ("enrollments.csv", 3, "userSourcedId", "unknown_reference"),
        ("lineItems.csv", 3, "resultValueMin", "too_large"),
        ("results.csv", 3, "lineItemSourcedId", "unknown_reference"),
        ("results.csv", 4, "studentSourcedId", "unknown_reference"),
    }
    assert imported.plan["results.csv"] == {
        "new": 1,
        "changed": 0,
        "retired": 0,
        "unchanged": 0,
        "errors": 2,
        "warnings": 0,
    }


def test_a_fatal_problem_refuses_the_roster_and_nothing_is_written(
    roster: Roster, tmp_path: Path
) -> None:
    folder = put(roster, tmp_path / "a")
    (folder / "users.csv").unlink()
    imported = rosters.read(folder, by=None)
    assert imported.state == State.REFUSED
    assert imported.plan["users.csv"]["errors"] >= 1
    with pytest.raises(ImportRefused):
        rosters.apply(imported, by=None)
    assert not OrganizationUnit.objects.exists()


def test_a_path_that_leads_nowhere_is_said_in_our_words(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"no nowhere\.zip"):
        rosters.read(tmp_path / "nowhere.zip", by=None)


@pytest.mark.parametrize("source", ["own", "x" * 101])
def test_a_source_needs_a_name_of_its_own(source: str, roster: Roster, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused):
        rosters.read(put(roster, tmp_path / "a"), by=None, source=source)


def test_a_score_is_never_rounded_up(roster: Roster, tmp_path: Path) -> None:
    imported = bring(roster.change("results", ",62.5,", ",49.9999,"), tmp_path / "a")
    assert [p["code"] for p in imported.problems] == ["score_cut"]
    assert Result.objects.get(sourced_id="re2").score == Decimal("49.999")
    assert changes(bring(roster, tmp_path / "a")) == {}


# Plans


def test_reading_writes_nothing_but_the_plan(roster: Roster, tmp_path: Path) -> None:
    imported = rosters.read(put(roster, tmp_path / "a"), by=None, file_name="spring.zip")
    assert (imported.state, imported.file_name) == (State.PLANNED, "spring.zip")
    assert changes(imported)["results"] == (3, 0, 0)
    assert all(not rows for rows in held().values())
    assert not LedgerEntry.objects.exists()


def test_a_plan_is_outdated_once_something_else_would_come_of_it(
    roster: Roster, tmp_path: Path
) -> None:
    early = rosters.read(put(roster, tmp_path / "a"), by=None)
    bring(roster.change("results", ",62.5,", ",63,"), tmp_path / "b")
    with pytest.raises(PlanOutdated):
        rosters.apply(early, by=None)
    early.refresh_from_db()
    assert early.state == State.PLANNED
    assert Result.objects.get(sourced_id="re2").score == 63


def test_a_plan_holds_while_nothing_that_it_touches_changes(
    roster: Roster, tmp_path: Path, college: College
) -> None:
    early = rosters.read(put(roster, tmp_path / "a"), by=None)
    college.offer(college.course)
    assert rosters.apply(early, by=None).state == State.APPLIED


def test_files_that_changed_since_are_not_applied(roster: Roster, tmp_path: Path) -> None:
    planned = rosters.read(put(roster, tmp_path / "a"), by=None)
    put(roster.change("results", ",62.5,", ",99,"), tmp_path / "a")
    with pytest.raises(PlanOutdated, match="not those that were read"):
        rosters.apply(planned, by=None)
    assert not Learner.objects.exists()


def test_a_plan_is_applied_once(roster: Roster, tmp_path: Path) -> None:
    planned = rosters.read(put(roster, tmp_path / "a"), by=None)
    rosters.apply(planned, by=None)
    with pytest.raises(WrongState):
        rosters.apply(planned, by=None)


def test_it_is_an_act_of_somebody_who_may(
    roster: Roster, tmp_path: Path, clara: User, dev: User
) -> None:
    folder = put(roster, tmp_path / "a")
    with pytest.raises(NotAllowed):
        rosters.read(folder, by=dev)
    planned = rosters.read(folder, by=clara)
    with pytest.raises(NotAllowed):
        rosters.apply(planned, by=dev)
    applied = rosters.apply(planned, by=clara)
    entry = LedgerEntry.objects.get(act="roster.applied")
    assert (entry.actor, entry.subject) == ("clara", f"registrar.rosterimport:{applied.pk}")
    assert entry.details["new"] == sum(count["new"] for count in applied.plan.values())


def test_a_result_recorded_by_the_api_is_superseded_like_any_other(
    roster: Roster, tmp_path: Path
) -> None:
    bring(roster, tmp_path / "a")
    essay = Result.objects.get(sourced_id="re2")
    entry = Entry(
        source=essay.source,
        sourced_id="re2",
        line_item=essay.line_item_id,
        learner=essay.learner_id,
        status="fully graded",
        score=Decimal(80),
        dated=essay.dated,
    )
    assert results.record([entry], by=None).changed == 1
    assert changes(bring(roster, tmp_path / "a")) == {"results": (0, 1, 0)}


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """Run the calls at the same time, each on a connection of its own: how each ended."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> str:
        try:
            gate.wait(timeout=10)
            call()
        except Refusal as error:
            return type(error).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
def test_two_people_who_apply_the_same_plan_apply_it_once(roster: Roster, tmp_path: Path) -> None:
    planned = rosters.read(put(roster, tmp_path / "a"), by=None)
    copies = [RosterImport.objects.get(pk=planned.pk) for _ in range(3)]
    ended = at_once(*(partial(rosters.apply, copy, by=None) for copy in copies))
    assert ended == ["WrongState", "WrongState", "done"]
    assert (Learner.objects.count(), Result.objects.count()) == (2, 3)


@pytest.mark.django_db(transaction=True)
def test_of_two_plans_for_the_same_source_the_slower_is_outdated(
    roster: Roster, tmp_path: Path
) -> None:
    folder = put(roster, tmp_path / "a")
    plans = [rosters.read(folder, by=None) for _ in range(2)]
    ended = at_once(*(partial(rosters.apply, planned, by=None) for planned in plans))
    assert ended == ["PlanOutdated", "done"]
    assert (Learner.objects.count(), Result.objects.count()) == (2, 3)


SCORES = st.none() | st.integers(0, 100)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(editions=st.lists(st.dictionaries(st.integers(1, 6), SCORES, max_size=6), max_size=4))
def test_whatever_editions_came_before_the_last_one_holds(
    editions: list[dict[int, int | None]], tmp_path: Path
) -> None:
    source = f"sis-{abs(hash(repr(editions)))}"
    for edition in editions:
        roster = Roster().drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")
        header = roster.texts["results.csv"].split(b"\n")[0].decode()
        rows = [
            f"x{n},,,li2,u1,fully graded,{'' if score is None else score},2025-10-21,,,,,,,"
            for n, score in edition.items()
        ]
        roster.texts["results.csv"] = "\n".join([header, *rows, ""]).encode()
        bring(roster, tmp_path / "editions", source=source)
        now = Result.objects.current().filter(source=source)
        assert dict(now.values_list("sourced_id", "score")) == {
            f"x{n}": score for n, score in edition.items()
        }
