"""Frameworks that come as JSON, taken in twice: the second time nothing changes."""

import json
from pathlib import Path
from typing import Any

import pytest

from skills.models import Association, Framework, Rubric, Skill
from skills.readers import formats
from skills.services import frameworks
from tests.skills.case_documents import full_package
from tests.skills.ctdl_asn_documents import document
from tests.skills.osmt_sheets import EXPORT, ROW, sheet

pytestmark = pytest.mark.django_db

OWN = "https://college.example/skills"


def take_in_twice(data: bytes, file: str, **choices: Any) -> Framework:
    first = frameworks.plan(formats.read(data, file=file, **choices))
    assert first.changes_anything
    framework = frameworks.apply(first, by=None, source=file).framework
    again = frameworks.plan(formats.read(data, file=file, **choices))
    assert not again.changes_anything, again.differences
    return framework


@pytest.mark.parametrize(
    ("path", "skills"),
    [
        ("case/opensalt_ItemTypeTestFramework.json", 1),
        ("case/opensalt_MarkdownFramework.json", 2),
        ("case/opensalt_SmartLevelFramework.json", 14),
        ("case/opensalt_Utf8TestFramework.json", 1),
        ("competencies/cocurricular_case_v1p1.json", 24),
        ("rsd/rsd_full_example.jsonld", 1),
    ],
)
def test_a_published_file_twice_changes_nothing(path: str, skills: int, shared_data: Path) -> None:
    framework = take_in_twice((shared_data / path).read_bytes(), path)
    assert Skill.objects.filter(framework=framework).count() == skills


def test_148_descriptors_twice_change_nothing(shared_data: Path) -> None:
    data = (shared_data / "rsd" / "osmt_fixture_rsds.json").read_bytes()
    framework = take_in_twice(data, "r.json", framework_id=OWN, title="Skills of another")
    assert Skill.objects.filter(framework=framework).count() == 148


def test_a_full_case_package_twice_changes_nothing() -> None:
    framework = take_in_twice(json.dumps(full_package()).encode(), "f.json")
    assert Rubric.objects.filter(framework=framework).count() == 1
    assert len(Framework.objects.get().definitions) == 5


def test_a_ctdl_asn_graph_twice_changes_nothing() -> None:
    framework = take_in_twice(json.dumps(document()).encode(), "g.json")
    assert Association.objects.filter(framework=framework).count() == 4


def test_the_csv_of_osmt_twice_changes_nothing() -> None:
    framework = take_in_twice(sheet(EXPORT, ROW), "o.csv")
    assert framework.title == "Nursing"
