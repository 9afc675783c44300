"""Frameworks that come as tables, taken in twice: the second time nothing changes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from skills.models import Skill
from skills.readers import formats, mapped_sheet
from skills.readers.records import Package
from skills.services import frameworks
from tests.skills.sheets import csv_of

pytestmark = pytest.mark.django_db

Read = Callable[[Path], Package]


def one(path: str) -> Read:
    return lambda data: formats.read((data / path).read_bytes(), file=Path(path).name)


def folder(path: str) -> Read:
    return lambda data: formats.read_folder(
        {each.name: each.read_bytes() for each in (data / path).iterdir()}
    )


def co_curricular(data: Path) -> Package:
    sheet = (data / "competencies" / "cocurricular.csv").read_bytes()
    mapping = mapped_sheet.suggest(mapped_sheet.columns(sheet).names)
    return mapped_sheet.read(sheet, mapping, framework_id="co-curricular", title="Co-curricular")


def canvas(_: Path) -> Package:
    header = ("vendor_guid", "object_type", "title", "parent_guids", "workflow_state", "ratings")
    data = csv_of(
        header,
        ("a", "group", "Crafts", "", "active"),
        ("b", "outcome", "Weaving", "a", "active", "3", "Great", "1", "Fair"),
        ("c", "outcome", "Knots", "a", "deleted", "3", "Great"),
    )
    return formats.read(data, framework_id="outcomes")


@pytest.fixture
def nothing_planned() -> None:
    """Foreign keys are checked by plans that were made when every table was empty."""
    with connection.cursor() as cursor:
        cursor.execute("discard plans")


@pytest.mark.parametrize(
    ("read", "skills"),
    [
        (one("esco/transversalSkillsCollection_en.csv"), 96),
        (one("esco/digitalSkillsCollection_en.csv"), 1_201),
        (one("esco/digCompSkillsCollection_en.csv"), 26),
        (one("esco/skillsHierarchy_en.csv"), 647),
        (one("esco/esco_skills_en.csv.gz"), 13_939),
        (folder("esco"), 14_596),
        (folder("onet"), 627 + 332 + 2_087),
        (co_curricular, 24),
        (canvas, 3),
    ],
    ids=[
        "transversal",
        "digital",
        "digcomp",
        "hierarchy",
        "all_of_esco",
        "folder_of_esco",
        "folder_of_onet",
        "co_curricular",
        "canvas",
    ],
)
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("nothing_planned")
def test_the_second_time_nothing_changes(read: Read, skills: int, shared_data: Path) -> None:
    first = frameworks.apply(frameworks.plan(read(shared_data)), by=None, source="test")
    assert (first.new, first.changed, first.retired) == (skills, 0, 0)
    assert Skill.objects.count() == skills
    again = frameworks.plan(read(shared_data))
    for changes in (again.skills, again.associations):
        assert not (changes.new or changes.changed or changes.retired)
    assert again.skills.unchanged == skills
