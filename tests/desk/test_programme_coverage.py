"""What a programme covers is shown, led behind, and taken along."""

import csv
from collections.abc import Callable
from io import BytesIO, StringIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from registrar.models import Learner, Programme, SkillTag
from registrar.services.college import people
from registrar.services.teaching import tagging
from tests.cast import College
from tests.desk.conftest import programme

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(clara: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(clara)


@pytest.fixture
def science(college: College, clara: User, tag: SkillTag, chen: User) -> Programme:
    """The programme of BIO 101, one of whose skills is taught."""
    tagging.accept(tag, by=chen)
    return programme(college, by=clara)


def part(name: str, science: Programme, *args: Any) -> str:
    return reverse(f"admin:registrar_programme_{name}", args=[science.pk, *args])


def lines(answer: Any) -> list[list[str]]:
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))


def test_each_number_leads_to_what_is_behind_it(
    desk: Client, science: Programme, college: College, ada: Learner
) -> None:
    draw = college.skills[1]
    body = desk.get(part("coverage", science)).content.decode()
    behind = part("behind", science, draw.pk)
    assert f'{behind}?&amp;course={college.course.pk}"' in body
    assert "Observe" in body.partition("Covered by no course")[2]
    college.grade(ada, outcome=college.outcome)
    college.final.outcomes.add(college.outcome)
    shown = desk.get(behind, {"course": college.course.pk}).content.decode()
    assert "Draw a cell from observation." in shown
    assert "Final result" in shown
    assert shown.count("&lt;10") == 2
    assert desk.get(behind, {"course": "x"}).status_code == 404


def test_the_choice_goes_along(desk: Client, science: Programme, college: College) -> None:
    asked = {"term": college.term.pk, "mark": "assessed"}
    body = desk.get(part("coverage", science), asked).content.decode()
    assert "as of Spring 2026, assessed only" in body
    assert f"coverage.svg?term={college.term.pk}&amp;mark=assessed" in body
    assert "as of today" in desk.get(part("coverage", science), {"term": "x"}).content.decode()


def test_the_table_is_taken_along_as_csv_with_its_gaps(desk: Client, science: Programme) -> None:
    header, *rows = lines(desk.get(part("coverage_csv", science)))
    assert header[4:] == ["outcomes", "taught", "practised", "assessed", "evidenced"]
    assert rows[0] == ["BIO 101", "Cells", "S-1", "Draw", "1", "1", "0", "0", "0"]
    assert [row[3] for row in rows[1:]] == ["Observe", "Explain"]
    header, *rows = lines(desk.get(part("map_csv", science)))
    assert rows == [["S-1", "Draw", "Spring 2026", "BIO 101", "Cells", "1", "1", "0", "0", "0"]]


@pytest.mark.parametrize("mark", ["", "taught"])
def test_the_picture_is_sound_and_says_what_it_shows(
    mark: str, desk: Client, science: Programme, college: College
) -> None:
    college.skills[0].label = "Weigh <1 g & more"
    college.skills[0].save()
    answer = desk.get(part("coverage_svg", science), {"mark": mark, "download": ""})
    assert answer["Content-Type"] == "image/svg+xml"
    assert "coverage-" in answer["Content-Disposition"]
    drawn = ElementTree.fromstring(answer.content)  # noqa: S314
    said = "".join(drawn.itertext())
    assert "BSC Science by What our graduates can do, as of today" in said
    assert "Weigh <1 g & more" in said
    assert "1 skills covered, 2 not." in said
    assert b"<style" not in answer.content and b" style=" not in answer.content


def test_the_pack_holds_what_there_is_by_outcome_and_term(
    desk: Client, science: Programme, college: College, ada: Learner, tag: SkillTag
) -> None:
    college.grade(ada, outcome=college.outcome)
    college.final.outcomes.add(college.outcome)
    page = part("evidence", science)
    assert "pieces of work" in desk.get(page, {"term": "x", "outcome": "x"}).content.decode()
    asked = {"term": college.term.pk, "outcome": college.outcome.pk}
    answer = desk.get(part("evidence_zip", science), asked)
    with ZipFile(BytesIO(answer.content)) as files:
        tables = {
            name.removesuffix(".csv"): list(
                csv.reader(StringIO(files.read(name).decode("utf-8-sig")))
            )[1:]
            for name in files.namelist()
            if name.endswith(".csv")
        }
        summary = files.read("summary.html").decode()
    assert tables["outcomes"] == [
        ["BIO 101", "Cells", "BIO101-1", "Draw a cell from observation.", "1", "1"]
    ]
    assert tables["tags"][0][2:5] == ["S-1", "Draw", "taught"]
    assert tables["tags"][0][8] == "Fay Example"
    assert tables["work"] == [
        ["BIO101-1", "Spring 2026", "Cells, spring 2026", "Final result", "Module result"]
    ]
    assert tables["results"] == [["BIO101-1", "Spring 2026", "<10", "<10"]]
    assert tables["reviewers"] == [["Chen Example", "1"]]
    for said in ("Draw a cell from observation.", "Chen", "Final result", "&lt;10"):
        assert said in summary
    college.course.programme_places.update(holds_from="2026-08-24")
    assert "No outcome held then." in desk.get(page, asked).content.decode()


def test_before_there_is_a_framework_the_pages_say_so(
    root: User, signed_in: Callable[[User], Client]
) -> None:
    unit = people.add_unit("New", sourced_id="new", by=root)
    science = Programme.objects.create(source="own", sourced_id="N", code="N", title="N", unit=unit)
    desk = signed_in(root)
    assert "There is no framework yet." in desk.get(part("coverage", science)).content.decode()
    assert "Nothing to show yet." in desk.get(part("map", science)).content.decode()
    assert desk.get(part("coverage_svg", science)).status_code == 404
    assert len(lines(desk.get(part("coverage_csv", science)))) == 1
    assert len(lines(desk.get(part("map_csv", science)))) == 1


def test_a_programme_without_courses_then_says_so(
    desk: Client, science: Programme, college: College
) -> None:
    science.courses.update(holds_from="2026-08-24")
    body = desk.get(part("coverage", science), {"term": college.term.pk}).content.decode()
    assert "No course belongs to the programme then." in body
