"""Reading Rich Skill Descriptors: JSON-LD, plain lists and collections, both versions' words."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers import formats, rsd
from skills.readers.records import Package
from tests.skills.columns import assert_it_fits

UUIDS = [f"10000000-0000-4000-8000-00000000000{n}" for n in range(3)]
COLLECTION = "c0000000-0000-4000-8000-000000000000"
OWN = "https://college.example/skills"


def address(number: int) -> str:
    return f"https://osmt.example/api/skills/{UUIDS[number]}"


def descriptor(number: int, **members: Any) -> dict[str, Any]:
    return {
        "@context": "https://rsd.openskillsnetwork.org/context-v1.json",
        "type": "RichSkillDescriptor",
        "id": address(number),
        "uuid": UUIDS[number],
        "skillName": f"Skill {number}",
        "skillStatement": f"Can do number {number}.",
        "creator": "https://osmt.example/",
        "authors": ["Quillhaven College"],
        "updateDate": f"2026-0{number + 1}-01T10:00:00.12345Z",
        **members,
    }


def read(value: object, **choices: Any) -> Package:
    return rsd.read(json.dumps(value).encode(), file="r.json", **choices)


def codes(found: Package) -> list[tuple[str, str, str]]:
    return [(p.column, p.code, p.severity) for p in found.problems]


# Good files


def test_a_list_gives_the_skills_of_its_author() -> None:
    found = read([descriptor(0, keywords=["a", "b", "a"]), descriptor(1)])
    assert found.problems == ()
    framework = found.framework
    assert framework is not None
    assert (framework.title, framework.creator) == ("Quillhaven College", "Quillhaven College")
    assert framework.changed_at == datetime(2026, 2, 1, 10, 0, 0, 123450, tzinfo=UTC)
    skill = found.skills[0]
    assert (skill.identifier, skill.uri) == (address(0), address(0))
    assert (skill.label, skill.statement) == ("Skill 0", "Can do number 0.")
    assert (skill.kind, skill.keywords) == ("skill", ("a", "b"))
    assert [(one.origin, one.type, one.destination) for one in found.associations] == [
        (address(n), "isChildOf", framework.identifier) for n in (0, 1)
    ]


def test_the_published_example_keeps_all_that_it_says(shared_data: Path) -> None:
    data = (shared_data / "rsd" / "rsd_full_example.jsonld").read_bytes()
    assert formats.recognise(data) == "rsd"
    found = rsd.read(data)
    assert codes(found) == [("", "outside", "warning")]
    framework, (skill,) = found.framework, found.skills
    assert framework is not None
    assert framework.identifier == "fb14bd66-e1b0-40d8-b6b5-377c920b1d35"
    assert (framework.title, framework.creator) == (
        "Software Development",
        "Western Governors University",
    )
    said = json.loads(data)
    for name in ("standards", "occupations", "collections", "status", "publishDate", "categories"):
        assert skill.details[name] == said[name]
    assert len(skill.keywords) == len(said["keywords"])
    assert found.associations[1].destination.endswith("/KS1254M6N7QPZ96MGR0L")
    assert found.associations[1].destination_title == "Information Security Management"
    assert (found.associations[1].type, found.associations[1].type_word) == (
        "isRelatedTo",
        "alignment",
    )


def test_the_148_descriptors_of_a_plain_list_are_read(shared_data: Path) -> None:
    data = (shared_data / "rsd" / "osmt_fixture_rsds.json").read_bytes()
    assert formats.recognise(data) == "rsd"
    found = rsd.read(data, framework_id=OWN, title="Skills of another")
    assert found.problems == ()
    assert len(found.skills) == len(found.associations) == 148
    assert found == rsd.read(data, framework_id=OWN, title="Skills of another")
    assert found.skills[0].identifier == "c9d819b3-de84-401e-808a-ddcbfbdd4953"
    assert found.skills[0].details["categories"] == ["Information Security Management"]
    assert found.skills[0].details["occupations"][0] == "15-0000"


def test_both_versions_say_the_same() -> None:
    old = descriptor(0, categories=["Nursing"], authors=["A"])
    new = {name: value for name, value in old.items() if name not in ("categories", "authors")}
    new |= {"category": "Nursing", "author": "A"}
    assert read([old]).skills[0].details == read([new]).skills[0].details
    assert read([old]).framework == read([new]).framework


def test_a_keyword_or_an_author_may_be_an_object_with_a_name() -> None:
    author = {"name": "Quillhaven College", "id": "https://college.example"}
    found = read([descriptor(0, authors=[author], keywords=[{"skillName": "saws"}])])
    assert found.problems == ()
    assert found.skills[0].keywords == ("saws",)
    assert found.framework is not None
    assert found.framework.creator == "Quillhaven College"


def test_an_archived_skill_is_retired() -> None:
    found = read([descriptor(0, status="Archived"), descriptor(1, status="published")])
    assert [skill.is_retired for skill in found.skills] == [True, False]


def test_alignments_become_links_and_one_warning() -> None:
    elsewhere = [{"id": f"https://other.example/{n}", "skillName": f"S{n}"} for n in range(3)]
    here = {"id": address(1)}
    unnamed = {"skillName": "Without an address"}
    found = read([descriptor(0, alignments=[*elsewhere, here, here, unnamed]), descriptor(1)])
    assert codes(found) == [("", "outside", "warning")]
    assert "3" in found.problems[0].reason
    aligned = [one.destination for one in found.associations if one.type == "isRelatedTo"]
    assert aligned == [*(one["id"] for one in elsewhere), address(1)]
    assert found.skills[0].details["alignments"][-1] == unnamed


# Which framework it is


def test_the_collection_that_all_are_in_is_the_framework() -> None:
    both, one = {"uuid": COLLECTION.upper(), "name": "Nursing"}, {"uuid": UUIDS[2], "name": "X"}
    found = read([descriptor(0, collections=[both]), descriptor(1, collections=[one, both])])
    assert found.framework is not None
    assert (found.framework.identifier, found.framework.title) == (COLLECTION, "Nursing")


def test_a_collection_as_a_service_gives_it_is_the_framework() -> None:
    found = read({"uuid": COLLECTION, "name": "Nursing", "skills": [descriptor(0)]})
    assert found.framework is not None
    assert (found.framework.identifier, found.framework.title) == (COLLECTION, "Nursing")
    assert found.framework.uri == f"urn:uuid:{COLLECTION}"


def test_two_colleges_with_a_collection_of_one_name_are_two_frameworks() -> None:
    ours = read([descriptor(0, collections=["Nursing"])]).framework
    theirs = read([descriptor(0, collections=["Nursing"], creator="https://b.example/")]).framework
    assert ours is not None
    assert theirs is not None
    assert ours.title == theirs.title == "Nursing"
    assert ours.identifier != theirs.identifier


def test_a_file_that_does_not_say_which_framework_it_is_asks_for_it() -> None:
    plain = [{"uuid": UUIDS[0], "skillName": "Saws", "skillStatement": 7}]
    assert codes(read(plain)) == [
        ("/0/skillStatement", "type", "error"),
        ("", "no_identity", "fatal"),
    ]
    found = read(plain, framework_id=OWN, title="Workshop")
    assert found.framework is not None
    assert (found.framework.identifier, found.framework.title) == (OWN, "Workshop")


def test_a_skill_without_address_and_uuid_is_known_by_its_name() -> None:
    saw = {"skillName": "Sawing", "skillStatement": "Saws."}
    first = read([saw], framework_id=OWN).skills[0]
    reworded = read([saw | {"skillStatement": "Saws straight."}], framework_id=OWN).skills[0]
    assert first.identifier == reworded.identifier
    assert first.identifier != read([saw], framework_id="other").skills[0].identifier


def test_skills_of_one_name_are_told_apart_by_their_statements() -> None:
    saws = [{"skillName": "Sawing", "skillStatement": text} for text in ("A.", "B.", "B.")]
    found = read(saws, framework_id=OWN)
    assert len({skill.identifier for skill in found.skills}) == 2
    assert codes(found) == [("/2", "duplicate", "error")]


# What is wrong


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("id", "javascript:alert(1)", "bad_uri"),
        ("id", 7, "type"),
        ("id", address(0), "duplicate"),
        ("uuid", "x", "bad_identifier"),
        ("skillName", None, "required"),
        ("skillName", "x" * 501, "too_long"),
        ("skillStatement", ["x"], "type"),
        ("skillStatement", "a\0b", "control_character"),
        ("skillStatement", "a\ud800b", "control_character"),
        ("keywords", [7], "type"),
        ("keywords", [{"nothing": "x"}], "type"),
        ("keywords", ["x" * 501], "too_long"),
        ("authors", [["x"]], "type"),
        ("alignments", [7], "type"),
        ("status", {}, "type"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_left_out(
    member: str, value: object, code: str
) -> None:
    found = read([descriptor(0), descriptor(1, **{member: value})])
    assert codes(found)[0] == (f"/1/{member}", code, "error")
    assert [skill.identifier for skill in found.skills] == [address(0)]


def test_an_alignment_to_what_is_no_address_is_named_with_its_place() -> None:
    found = read([descriptor(0, alignments=[{"id": "data:text/html,x"}])])
    assert codes(found)[0] == ("/0/alignments/0/id", "bad_uri", "error")


def test_an_alignment_to_a_skill_that_was_refused_says_so() -> None:
    found = read([descriptor(0, alignments=[{"id": address(1)}]), descriptor(1, skillName=None)])
    assert ("/0/alignments/0", "refused_reference", "error") in codes(found)


def test_a_bad_date_is_a_warning() -> None:
    assert codes(read([descriptor(0, updateDate="soon")])) == [
        ("/0/updateDate", "bad_date", "warning")
    ]


@pytest.mark.parametrize("value", ["x", 7, None])
def test_what_is_no_descriptor_is_fatal(value: object) -> None:
    assert codes(read(value, framework_id=OWN)) == [("", "type", "fatal")]


@pytest.mark.parametrize("value", [[], {"skills": []}])
def test_a_file_without_skills_is_read_with_a_warning(value: object) -> None:
    assert codes(read(value, framework_id=OWN)) == [("", "no_items", "warning")]


@pytest.mark.parametrize("framework_id", ["x" * 201, "a\0b", "a\ud800"])
def test_a_framework_cannot_be_named_by_just_anything(framework_id: str) -> None:
    assert codes(read([descriptor(0)], framework_id=framework_id)) == [("", "no_identity", "fatal")]


def test_a_doubled_member_spoils_its_descriptor() -> None:
    text = json.dumps([descriptor(0), descriptor(1)])
    text = text.replace('"skillName": "Skill 1"', '"skillName": "Skill 1", "skillName": "Other"')
    found = rsd.read(text.encode())
    assert codes(found) == [("/1/skillName", "duplicate_key", "error")]
    assert len(found.skills) == 1


# Anything at all


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    assert isinstance(rsd.read(data, framework_id=OWN), Package)


NAMES = [
    *descriptor(0),
    "category",
    "author",
    "keywords",
    "alignments",
    "collections",
    "status",
    "__proto__",
    "@id",
    "skills",
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from([address(0), address(1), UUIDS[0], "Skill 0", "\ud800"])
    | st.sampled_from(["İ" * 150, "\u0958" * 300, "x" * 300, OWN + "x" * 300]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*NAMES, "name", "id", ""]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.sampled_from(NAMES), JSON, st.sampled_from(["", OWN]))
def test_no_value_anywhere_makes_the_reader_raise(
    name: str, value: object, framework_id: str
) -> None:
    whole = [descriptor(0), copy.deepcopy(descriptor(1)) | {name: value}]
    assert_it_fits(read(whole, framework_id=framework_id))


@given(JSON)
def test_no_document_makes_the_reader_raise(value: object) -> None:
    assert_it_fits(read(value))
    assert_it_fits(read({"skills": [descriptor(0), value]}, framework_id=OWN))
