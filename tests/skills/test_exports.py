"""What is held is given away as it was taken in: brought in again, it changes nothing."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from skills.models import Association, Framework, FrameworkImport, Skill
from skills.readers import formats
from skills.services import exports, frameworks
from skills.writers import formats as writers
from skills.writers.source import Source
from tests.skills.case_documents import full_package
from tests.skills.ctdl_asn_documents import document

pytestmark = pytest.mark.django_db

SAID = (
    "statement",
    "label",
    "code",
    "kind",
    "keywords",
    "uri",
    "other_labels",
    "notes",
    "language",
)
OWN = "https://college.example/skills"
CSV = """Identifier,fullStatement,Human Coding Scheme,Is Child Of,sequenceNumber,replacedBy
10000000-0000-4000-8000-000000000001,Care,C,,,
10000000-0000-4000-8000-000000000002,Washes hands,C.1,C,1,
10000000-0000-4000-8000-000000000003,Wears gloves,C.2,C,2,10000000-0000-4000-8000-000000000002
"""


def bring(data: bytes, **choices: Any) -> FrameworkImport:
    planned = frameworks.plan(formats.read(data, file="f", **choices))
    return frameworks.apply(planned, by=None, source="f", is_own=True)


def given(framework: Framework, format_name: str) -> bytes:
    with exports.file_of(framework, writers.FORMATS[format_name].write) as file:
        return file.read()


def differences(data: bytes, **choices: Any) -> list[Any]:
    planned = frameworks.plan(formats.read(data, file="f", **choices))
    return [*planned.differences, *planned.skills.new, *planned.associations.new]


@pytest.mark.parametrize(
    "path",
    [
        "case/opensalt_ItemTypeTestFramework.json",
        "case/opensalt_MarkdownFramework.json",
        "case/opensalt_SmartLevelFramework.json",
        "case/opensalt_Utf8TestFramework.json",
        "competencies/cocurricular_case_v1p1.json",
    ],
)
def test_case_brought_in_again_changes_nothing(path: str, shared_data: Path) -> None:
    framework = bring((shared_data / path).read_bytes()).framework
    data = given(framework, "case")
    schema = json.loads((shared_data / "case" / "case-v1p1-cfpackage.schema.json").read_text())
    jsonschema.validate(json.loads(data), schema)
    assert differences(data) == []


def test_a_full_case_package_brought_in_again_changes_only_how_links_spell_addresses() -> None:
    framework = bring(json.dumps(full_package()).encode()).framework
    found = differences(given(framework, "case"))
    assert {name for each in found for name in each.fields} == {"origin_uri", "destination_uri"}


def test_ctdl_asn_brought_in_again_changes_nothing() -> None:
    framework = bring(json.dumps(document()).encode()).framework
    assert differences(given(framework, "ctdl_asn")) == []


def test_descriptors_brought_in_again_change_nothing_but_who_gathered_them(
    shared_data: Path,
) -> None:
    data = (shared_data / "rsd" / "rsd_full_example.jsonld").read_bytes()
    named = {"framework_id": OWN, "title": "Skills"}
    framework = bring(data, **named).framework
    again = formats.read(given(framework, "rsd"), file="f", **named)
    (before,), (after,) = formats.read(data, file="f", **named).skills, again.skills
    assert (after.identifier, after.label, after.statement) == (
        before.identifier,
        before.label,
        before.statement,
    )
    assert after.details == {**before.details, "authors": after.details["authors"]}


def test_a_sheet_brought_in_again_changes_only_addresses() -> None:
    framework = bring(CSV.encode(), framework_id=OWN, title="Care").framework
    found = differences(given(framework, "csv"), framework_id=OWN, title="Care")
    assert {name for each in found for name in each.fields} <= {"uri", "label"}


# What a sheet has no column for.
_BEYOND_A_SHEET = {"uri", "label"}
# An address that cannot be followed becomes ours.
_WITHOUT_A_PAGE = {"uri"}


@pytest.mark.parametrize(
    ("path", "format_name", "lost"),
    [
        ("competencies/cocurricular_case_v1p1.json", "case", set()),
        ("case/opensalt_SmartLevelFramework.json", "case", set()),
        ("rsd/osmt_fixture_rsds.json", "rsd", _WITHOUT_A_PAGE),
        ("rsd/osmt_fixture_rsds.json", "case", _WITHOUT_A_PAGE),
        ("rsd/osmt_fixture_rsds.json", "ctdl_asn", _WITHOUT_A_PAGE | {"language"}),
        ("competencies/cocurricular_case_v1p1.json", "ctdl_asn", set()),
        ("competencies/cocurricular_case_v1p1.json", "csv", _BEYOND_A_SHEET),
    ],
)
def test_what_is_brought_in_elsewhere_says_the_same(
    path: str, format_name: str, lost: set[str], shared_data: Path
) -> None:
    named = {"framework_id": OWN, "title": "Skills"}

    def said() -> list[dict[str, Any]]:
        rows = Skill.objects.order_by("statement", "code")
        return [
            {name: value for name, value in each.items() if name not in lost}
            for each in rows.values(*SAID)
        ]

    here = transaction.savepoint()
    framework = bring((shared_data / path).read_bytes(), **named).framework
    before, data = said(), given(framework, format_name)
    transaction.savepoint_rollback(here)
    assert not Skill.objects.exists()
    bring(data, **named)
    assert before and said() == before


def test_addresses_that_lead_nowhere_are_ours_in_what_we_give() -> None:
    framework = bring(CSV.encode(), framework_id="care", title="Care").framework
    whole = json.loads(given(framework, "case"))
    assert whole["CFDocument"]["uri"].endswith(f"/frameworks/{framework.uuid}")
    for item in whole["CFItems"]:
        assert item["uri"].endswith(f"/skills/{item['identifier']}")
    for one in whole["CFAssociations"]:
        assert one["uri"].endswith(f"/ims/case/v1p1/CFAssociations/{one['identifier']}")
        assert one["originNodeURI"]["uri"].startswith("http")
        assert one["destinationNodeURI"]["uri"].startswith("http")


def test_identifiers_that_case_cannot_have_are_those_we_gave() -> None:
    bring(b"Identifier,fullStatement,Human Coding Scheme\nA-1,Care,C\n", framework_id=OWN)
    skill = Skill.objects.get()
    (item,) = json.loads(given(skill.framework, "case"))["CFItems"]
    assert item["identifier"] == str(skill.uuid) != skill.identifier


def test_what_is_retired_is_in_no_package_but_says_so_where_a_format_can() -> None:
    framework = bring(CSV.encode(), framework_id=OWN, title="Care").framework
    later = "\n".join(CSV.splitlines()[:3])
    bring(later.encode(), framework_id=OWN, title="Care")
    assert len(json.loads(given(framework, "case"))["CFItems"]) == 2
    graph = json.loads(given(framework, "ctdl_asn"))["@graph"]
    deprecated = [node for node in graph if "ceasn:publicationStatusType" in node]
    assert [node["ceasn:codedNotation"] for node in deprecated] == ["C.2"]
    archived = [one for one in json.loads(given(framework, "rsd"))["skills"] if "status" in one]
    assert [one["skillStatement"] for one in archived] == ["Wears gloves"]
    assert "Wears gloves" not in given(framework, "csv").decode()


def test_accepted_crosswalks_go_with_the_framework_and_proposed_ones_do_not(
    root: User, clara: User, shared_data: Path
) -> None:
    ours = bring(CSV.encode(), framework_id=OWN, title="Care").framework
    data = (shared_data / "competencies" / "cocurricular_case_v1p1.json").read_bytes()
    theirs = bring(data).framework
    before = exports.state(ours)
    origin, destination = ours.skills.first(), theirs.skills.first()
    link = Association.objects.create(
        identifier="a0000000-0000-4000-8000-0000000000aa",
        kind="exactMatchOf",
        origin=origin,
        origin_uri=origin.uri,
        destination=destination,
        destination_uri=destination.uri,
        state="proposed",
        proposed_by=clara,
    )
    assert link.identifier not in given(ours, "case").decode()
    assert exports.state(ours) == before
    Association.objects.filter(pk=link.pk).update(
        state="accepted", reviewed_by=root, reviewed_at=timezone.now()
    )
    assert exports.state(ours) != before
    whole = json.loads(given(ours, "case"))
    (found,) = [one for one in whole["CFAssociations"] if one["identifier"] == link.identifier]
    assert found["destinationNodeURI"]["uri"] == destination.uri
    assert link.identifier not in given(theirs, "case").decode()
    node = json.loads(given(ours, "ctdl_asn"))["@graph"][1]
    assert node["ceasn:exactAlignment"] == [destination.uri]


@pytest.mark.django_db(transaction=True)
def test_a_file_says_what_held_at_one_moment_whoever_writes_meanwhile() -> None:
    framework = bring(CSV.encode(), framework_id=OWN, title="Care").framework

    def meddle() -> None:
        Skill.objects.update(statement="Other words")
        connection.close()

    def write(source: Source) -> Iterator[str]:
        yield " ".join(skill.statement for skill in source.skills)
        meddler = threading.Thread(target=meddle)
        meddler.start()
        meddler.join()
        yield " ".join(skill.statement for skill in source.skills)

    with exports.file_of(framework, write) as file:
        assert file.read().decode() == "Care Washes hands Wears gloves" * 2
    assert set(Skill.objects.values_list("statement", flat=True)) == {"Other words"}


def test_the_state_is_another_after_each_import() -> None:
    framework = bring(CSV.encode(), framework_id=OWN, title="Care").framework
    before = exports.state(framework)
    assert exports.state(framework) == before
    bring(CSV.replace("Care", "Cure").encode(), framework_id=OWN, title="Care")
    assert exports.state(framework) != before


def test_what_an_outside_end_is_known_by_is_the_uuid_in_its_address() -> None:
    package = full_package()
    far = {
        "title": "Far",
        "identifier": str(UUID(int=9)),
        "uri": f"https://b.example/{UUID(int=9)}",
    }
    package["CFAssociations"][2]["destinationNodeURI"] = far
    framework = bring(json.dumps(package).encode()).framework
    whole = json.loads(given(framework, "case"))
    assert whole["CFAssociations"][2]["destinationNodeURI"] == far
