"""A catalogue comes in as Edu-API's JSON or as a sheet: read, looked at, applied."""

import json
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from registrar.errors import ImportRefused, NotAllowed, PlanOutdated
from registrar.models import (
    LearningOpportunity,
    LearningOutcome,
    Offering,
    OrganizationUnit,
    Programme,
    ProgrammeCourse,
    Term,
)
from registrar.services.teaching import catalog, catalogue_import
from registrar.services.teaching.catalogue_plan import Plan
from tests.cast import College, member_of_staff

pytestmark = pytest.mark.django_db

SIS = "campus solutions"


def words(text: str, **others: str) -> list[dict[str, str]]:
    said = {**others, "en": text}
    return [{"recordLanguage": language, "value": value} for language, value in said.items()]


def catalogue(**other: Any) -> dict[str, list[dict[str, Any]]]:
    """A college with a department, a term, a programme, two courses and an offering."""
    always = {"recordLanguage": "en", "recordStatus": "active"}
    return {
        "organizations": [
            {
                **always,
                "sourcedId": "dep",
                "parent": "top",
                "name": words("Botany"),
                "organizationType": "department",
                "primaryCode": {"identifierType": "local", "identifier": "BOT"},
            },
            {**always, "sourcedId": "top", "name": words("College"), "organizationType": "college"},
        ],
        "academicSessions": [
            {
                **always,
                "sourcedId": "t1",
                "title": words("Fall 2027"),
                "sessionType": "term",
                "startDate": "2027-08-23T00:00:00Z",
                "endDate": "2027-12-17T00:00:00Z",
            }
        ],
        "collectionTemplates": [
            {
                **always,
                "sourcedId": "p1",
                "title": words("Gardening"),
                "primaryCode": {"identifierType": "local", "identifier": "GAR"},
                "organization": "dep",
            }
        ],
        "courseTemplates": [
            {
                **always,
                "sourcedId": f"c{number}",
                "title": words(f"Plants {number}", de="Pflanzen"),
                "description": words("Green things."),
                "primaryCode": {"identifierType": "local", "identifier": f"BOT {number}"},
                "organization": "dep",
                "creditType": "credit",
                "creditsAwarded": "3.5",
                "parent": ["p1"],
            }
            for number in (1, 2)
        ],
        "courseOfferings": [
            {
                **always,
                "sourcedId": "o1",
                "title": words("Plants 1, Fall"),
                "primaryCode": {"identifierType": "local", "identifier": "BOT-1-01"},
                "course": "c1",
                "academicSession": "t1",
            }
        ],
    } | other


def read(data: Any, *, source: str = SIS, by: User | None = None, since: Any = None) -> Plan:
    """Plan and apply."""
    said = {"source": source, "since": since}
    content = data.encode() if isinstance(data, str) else json.dumps(data).encode()
    plan = catalogue_import.plan(content, **said)
    return catalogue_import.apply(content, fingerprint=plan.fingerprint, by=by, **said)


def found(plan: Plan) -> set[tuple[int | None, str, str]]:
    return {(each.row, each.column, each.code) for each in plan.problems}


def test_a_whole_catalogue_comes_in_and_again_nothing_changes(college: College) -> None:
    plan = read(catalogue())
    assert found(plan) == {(2, "parent", "beside_all")}
    assert {kind: counts["new"] for kind, counts in plan.counts.items()} == {
        **{"unit": 2, "term": 1, "programme": 1},
        **{"course": 2, "offering": 1},
    }
    course = LearningOpportunity.objects.get(source=SIS, sourced_id="c1")
    assert (course.code, course.title, course.credit) == ("BOT 1", "Plants 1", "credit")
    assert str(course.credits) == "3.50"
    assert (course.kind, course.description) == ("course", "Green things.")
    assert course.unit.parent == OrganizationUnit.objects.get(source=SIS, sourced_id="top")
    offering = Offering.objects.get(source=SIS)
    assert (offering.opportunity, offering.term.title) == (course, "Fall 2027")
    assert ProgrammeCourse.objects.filter(programme__code="GAR").count() == 2
    again = read(catalogue())
    assert (again.changes, again.problems) == ((), ())
    assert again.counts["course"] == {"unchanged": 2}


def test_what_is_said_otherwise_changes_and_what_is_gone_is_retired(college: College) -> None:
    read(catalogue())
    later = catalogue()
    later["courseTemplates"][0]["title"] = words("Trees")
    later["courseTemplates"][1]["recordStatus"] = "deleted"
    del later["courseOfferings"]
    plan = read(later)
    assert [(each.sourced_id, each.what, each.fields) for each in plan.changes] == [
        ("c1", "changed", ["title"]),
        ("c2", "retired", []),
    ]
    assert Offering.objects.filter(source=SIS).count() == 1
    assert LearningOpportunity.objects.get(sourced_id="c2").retired_at
    back = read(catalogue())
    assert [each.fields for each in back.changes] == [["title"], ["taught again"]]
    assert LearningOpportunity.objects.get(sourced_id="c2").retired_at is None


def test_everything_wrong_is_said_at_once_and_the_rest_goes_on(college: College) -> None:
    wrong = catalogue()
    courses = wrong["courseTemplates"]
    courses[0] |= {"creditsAwarded": "plenty", "parent": ["p1", "p9"]}
    courses[1] |= {"organization": "nowhere"}
    courses += [
        {"sourcedId": "c3", "organization": "dep"},
        {"sourcedId": "c4", "recordStatus": "asleep"},
        {**courses[0], "sourcedId": "c5", "title": words("x" * 301)},
        {**courses[0], "sourcedId": "c6", "title": words("a\u0000b")},
        {**courses[0], "sourcedId": "c1", "title": words("Otherwise")},
        "nothing",
        {"title": []},
    ]
    wrong["academicSessions"].append({"sourcedId": "t2", "startDate": "soon", "endDate": "2027"})
    plan = read(wrong)
    assert found(plan) == {
        *((1, "creditsAwarded", "not_a_number"), (5, "creditsAwarded", "not_a_number")),
        *((6, "title", "unseen"), (7, "creditsAwarded", "not_a_number")),
        *((2, "startDate", "not_a_date"), (3, "title", "missing"), (4, "recordStatus", "unknown")),
        *((2, "unit", "unknown_reference"), (5, "title", "too_long")),
        *((7, "sourcedId", "named_twice"), (1, "opportunity", "unknown_reference")),
        *((8, "sourcedId", "missing"), (9, "sourcedId", "missing")),
        (2, "parent", "beside_all"),
    }
    rows = [each.row for each in plan.problems if each.file == "courseTemplates"]
    assert rows == sorted(rows)
    assert not LearningOpportunity.objects.filter(source=SIS).exists()
    assert Programme.objects.filter(source=SIS).count() == 1


@pytest.mark.parametrize(
    "data",
    [
        *("", "{", "[]", '{"courses": []}', '{"courseTemplates": {}}', "[" * 100_000),
        "title,unit\nA,B",
    ],
)
def test_what_is_no_catalogue_is_refused(college: College, data: str) -> None:
    plan = catalogue_import.plan(data.encode(), source=SIS)
    assert plan.is_fatal
    with pytest.raises(ImportRefused):
        catalogue_import.apply(data.encode(), source=SIS, fingerprint=plan.fingerprint, by=None)
    assert catalogue_import.plan(b"\xff\xfe\x00", source=SIS).is_fatal


def test_nothing_comes_to_lie_in_itself(college: College) -> None:
    read(catalogue())
    department, top = catalogue()["organizations"]
    upside_down = [{**top, "parent": "dep"}, department]
    assert found(read({"organizations": upside_down})) == {(1, "parent", "circle")}
    itself = [{**top, "parent": "top"}]
    assert found(read({"organizations": itself})) == {(1, "parent", "circle")}
    (year,) = catalogue()["academicSessions"]
    assert found(read({"academicSessions": [{**year, "parent": "t1"}]})) == {
        (1, "parent", "circle")
    }
    assert OrganizationUnit.objects.get(source=SIS, sourced_id="top").parent is None
    assert OrganizationUnit.objects.get(source=SIS, sourced_id="dep").parent is not None


def test_the_first_day_of_a_term_stays_once_something_holds_from_it_on(college: College) -> None:
    (year,) = catalogue()["academicSessions"]
    read(catalogue())
    term = Term.objects.get(source=SIS, sourced_id="t1")
    course = LearningOpportunity.objects.get(source=SIS, sourced_id="c1")
    catalog.record_outcomes(course, {"B-1": "Grow."}, by=None, term=term)
    moved = {**year, "startDate": "2026-08-24", "endDate": "2026-12-17"}
    assert found(read({"academicSessions": [moved]})) == {(1, "startDate", "first_day_stays")}
    assert [each.code for each in course.outcomes.as_of(term)] == ["B-1"]
    term.refresh_from_db()
    assert (term.starts_on, term.ends_on) == (date(2027, 8, 23), date(2027, 12, 17))


def test_a_sheet_adds_courses_and_outcomes_also_to_courses_of_a_roster(college: College) -> None:
    term = Term.objects.get(pk=college.term.pk)
    code = college.course.code
    sheet = (
        "course,title,unit,credit,credits,outcome,statement\n"
        f"{code},,,,,NEW-1,Name a cell.\n"
        f"BOT 9,Mosses,{college.science.name},non-credit,,MOSS-1,Find a moss.\n"
        "BOT 9,,,,,MOSS-2,Draw a moss.\n"
    )
    plan = read(sheet, source="sheet", since=term)
    assert plan.problems == ()
    mosses = LearningOpportunity.objects.get(code="BOT 9")
    assert (mosses.source, mosses.sourced_id, mosses.credit) == ("sheet", "BOT 9", "non-credit")
    assert set(mosses.outcomes.values_list("code", "holds_from")) == {
        ("MOSS-1", term.starts_on),
        ("MOSS-2", term.starts_on),
    }
    assert LearningOutcome.objects.get(code="NEW-1").opportunity_id == college.course.pk
    assert read(sheet, source="sheet", since=term).changes == ()
    reworded = read(sheet.replace("Find", "Seek"), source="sheet", since=term)
    assert [each.outcomes for each in reworded.changes] == [{"MOSS-1": "Seek a moss."}]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_sheet_may_have_semicolons_or_tabs(college: College, separator: str) -> None:
    rows = ["course,title,unit,credits", f"BOT 9,Mosses,{college.science.name},4"]
    plan = read("\r\n".join(rows).replace(",", separator), source="sheet")
    assert plan.problems == ()
    assert LearningOpportunity.objects.get(code="BOT 9").title == "Mosses"


def test_a_new_unit_lies_under_another_that_is_named(college: College) -> None:
    unit = {"sourcedId": "sea", "name": words("Sea"), "primaryCode": {"identifier": "SEA"}}
    plan = read({"organizations": [unit | {"parent": college.science.name}]})
    assert plan.problems == ()
    assert OrganizationUnit.objects.get(code="SEA").parent == college.science


def test_a_sheet_says_which_row_is_wrong(college: College) -> None:
    taken = college.outcome.code
    sheet = (
        "course,title,unit,credits,outcome,statement\n"
        "A 1,One,Nowhere,,,\n"
        f"A 2,Two,{college.science.name},many,,\n"
        f"A 3,Three,{college.science.name},,{taken},Taken.\n"
        f"A 4,,{college.science.name},,,\n"
        ",,,,X,Y\n"
        f"A 5,Five,{college.science.name},,X-1,\n"
        f"A 6,Six,{college.science.name},,X-2,One.\n"
        "A 6,Seven,,,X-2,Two.\n"
    )
    plan = read(sheet, source="sheet")
    assert found(plan) == {
        *((2, "unit", "unknown_reference"), (3, "credits", "unknown")),
        *((4, "outcome", "code_taken"), (5, "title", "missing"), (6, "course", "blank")),
        *((7, "statement", "blank"), (9, "title", "differs"), (9, "statement", "differs")),
    }
    assert plan.changes == ()


def test_who_may_bring_it_in_and_only_what_was_looked_at(
    college: College, root: User, clara: User
) -> None:
    data = json.dumps(catalogue()).encode()
    seen = catalogue_import.plan(data, source=SIS).fingerprint
    part = member_of_staff(root, "part", "registrar", college.science)
    with pytest.raises(NotAllowed):
        catalogue_import.apply(data, source=SIS, fingerprint=seen, by=part)
    with pytest.raises(PlanOutdated):
        catalogue_import.apply(data, source="another", fingerprint=seen, by=clara)
    for name in ("", "own", "x" * 101):
        with pytest.raises(ImportRefused):
            catalogue_import.plan(data, source=name)


def test_the_desk_shows_the_plan_before_it_is_saved(college: College, clara: User) -> None:
    client = Client()
    client.force_login(clara, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("admin:registrar_course_catalogue")
    form = {"lines": json.dumps(catalogue()), "source": SIS, "since": ""}
    assert "Choose a file" in client.post(address, form | {"lines": ""}).content.decode()
    shown = client.post(address, form)
    assert "Save 7 changes" in shown.content.decode()
    assert "Plants 1" in shown.content.decode()
    assert not Programme.objects.filter(source=SIS).exists()
    seen = {"fingerprint": shown.context["plan"].fingerprint}
    assert client.post(address, form | {"fingerprint": "other"}).status_code == 409
    answer = client.post(address, form | seen, follow=True)
    assert "Saved: 7 changes." in answer.content.decode()
    assert Programme.objects.filter(source=SIS).exists()


def test_the_command_reads_the_same(college: College, tmp_path: Any, capsys: Any) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps(catalogue()))
    call_command("import_catalogue", path, source=SIS, dry_run=True)
    assert not Programme.objects.filter(source=SIS).exists()
    call_command("import_catalogue", path, source=SIS, json=True)
    told = capsys.readouterr().out.splitlines()
    assert "courses: 2 new" in told
    assert json.loads(told[-1])["counts"]["unit"] == {"new": 2}
    with pytest.raises(CommandError, match="No terms have the title"):
        call_command("import_catalogue", path, source=SIS, since="Never")
