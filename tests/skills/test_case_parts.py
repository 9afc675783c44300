"""Rubrics, definitions and extensions of CASE packages, and packages that came in pages."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers import case
from skills.readers.records import Package
from tests.skills.case_documents import (
    CHANGED,
    DOCUMENT,
    ELSEWHERE,
    ITEMS,
    association,
    end,
    full_package,
    item,
    object_,
    package,
)
from tests.skills.columns import assert_it_fits


def read(document: object) -> Package:
    return case.read(json.dumps(document).encode(), file="p.json")


def codes(found: Package) -> list[tuple[str, str, str]]:
    return [(p.column, p.code, p.severity) for p in found.problems]


def test_the_full_package_is_one_by_the_published_schema(shared_data: Path) -> None:
    path = shared_data / "case" / "case-v1p1-cfpackage.schema.json"
    jsonschema.validate(full_package(), json.loads(path.read_text()))


def test_a_rubric_is_read_down_to_its_levels() -> None:
    found = read(full_package())
    assert found.problems == ()
    (ward,) = found.rubrics
    assert (ward.title, ward.description) == ("Ward", "On the ward")
    (criterion,) = ward.criteria
    assert (criterion.category, criterion.weight, criterion.position) == ("Hygiene", 0.5, 1)
    assert (criterion.skill, criterion.skill_title) == (ITEMS[1], "x")
    good, poor = criterion.levels
    assert (good.quality, good.score, good.position) == ("Good", 2.5, 1)
    assert (good.feedback, good.details) == ("Well done", {"extensions": [{"cfx:a": 1}]})
    assert (poor.quality, poor.score, poor.position) == ("Poor", 0.0, None)


def test_definitions_of_every_kind_are_read() -> None:
    found = {each.kind: each for each in read(full_package()).definitions}
    assert {kind: each.title for kind, each in found.items()} == {
        "concept": "Safety",
        "subject": "Care",
        "license": "CC BY 4.0",
        "item_type": "Skill",
        "grouping": "By year",
    }
    assert (found["subject"].code, found["subject"].description) == ("2", "Nursing")
    assert found["concept"].details == {"keywords": "a|b"}
    assert found["license"].details == {"licenseText": "Name the author."}
    assert found["item_type"].details == {"typeCode": "SK"}


def test_what_has_no_field_of_ours_is_kept_under_its_own_name() -> None:
    found = read(full_package())
    assert found.framework is not None
    assert found.framework.subjects == ("Care",)
    assert found.framework.notes == "For the first year."
    assert found.framework.details["extensions"] == {"cfx:colour": "red"}
    assert found.framework.details["packageExtensions"] == {"cfx:of": "package"}
    assert found.framework.details["definitionExtensions"] == {"cfx:of": "definitions"}
    skill = found.skills[1]
    assert skill.other_labels == ("Outcome one",)
    assert skill.details["listEnumeration"] == "a"
    assert skill.details["licenseURI"]["uri"].startswith("https://a.example/")
    assert skill.details["extensions"] == {"cfx:hours": 12}
    link = found.associations[1]
    assert (link.notes, link.grouping) == ("By the committee.", object_("7", 1)["identifier"])
    assert link.details["originNodeURI/targetType"] == "CASE"
    assert link.details["extensions"] == {"cfx:seen": True}


def test_case_1_0_may_write_one_text_for_a_list_and_a_moment_for_a_day() -> None:
    document = package()
    document["CFDocument"]["subject"] = "Care"
    document["CFDefinitions"] = []
    document["CFItems"][0] |= {
        "educationLevel": "13",
        "statusStartDate": "2026-01-01T23:00:00-05:00",
        "conceptKeywords": None,
        "licenseURI": None,
    }
    found = read(document)
    assert found.problems == ()
    assert found.skills[0].education_levels == ("13",)
    assert str(found.skills[0].starts_on) == "2026-01-01"


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("CFRubrics/0", 7, ("type", "error")),
        ("CFRubrics/0/uri", None, ("required", "error")),
        ("CFRubrics/0/CFRubricCriteria", {}, ("type", "error")),
        ("CFRubrics/0/CFRubricCriteria/0/identifier", ITEMS[0], ("duplicate", "error")),
        ("CFRubrics/0/CFRubricCriteria/0/CFItemURI", "x", ("type", "error")),
        ("CFRubrics/0/CFRubricCriteria/0/weight", "heavy", ("type", "warning")),
        ("CFRubrics/0/CFRubricCriteria/0/weight", 10**400, ("type", "warning")),
        ("CFRubrics/0/CFRubricCriteria/0/weight", True, ("type", "warning")),
        ("CFRubrics/0/CFRubricCriteria/0/rubricId", ELSEWHERE, ("other_parent", "warning")),
        ("CFRubrics/0/CFRubricCriteria/0/CFRubricCriterionLevels", 1, ("type", "error")),
        (
            "CFRubrics/0/CFRubricCriteria/0/CFRubricCriterionLevels/0/quality",
            "a\0",
            ("control_character", "error"),
        ),
        ("CFDefinitions/CFConcepts/0/title", None, ("required", "error")),
        ("CFDefinitions/CFConcepts", None, None),
        ("CFDefinitions/CFFriends", [], ("unknown_member", "warning")),
        ("CFItems/1/extensions", "red", ("type", "warning")),
        ("CFItems/1/licenseURI", {"uri": "javascript:alert(1)"}, ("bad_link", "warning")),
        ("CFItems/1/licenseURI", [end(DOCUMENT)], ("bad_link", "warning")),
        ("CFDocument/subjectURI", [end(DOCUMENT), 7], ("bad_link", "warning")),
        ("CFAssociations/1/CFAssociationGroupingURI", "x", ("bad_link", "warning")),
        ("CFDocument/caseVersion", "2.0", ("unknown_version", "warning")),
    ],
)
def test_what_is_wrong_with_a_part_is_told_at_its_place(
    path: str, value: object, problem: tuple[str, str] | None
) -> None:
    document = full_package()
    *steps, last = path.split("/")
    at: Any = document
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[int(last) if isinstance(at, list) else last] = value
    found = read(document)
    told = codes(found)
    assert told[:1] == ([(f"/{path}", *problem)] if problem else [])
    assert not found.is_fatal


def test_a_criterion_for_an_item_outside_is_kept_with_a_warning() -> None:
    document = full_package()
    document["CFRubrics"][0]["CFRubricCriteria"][0]["CFItemURI"] = end(ELSEWHERE)
    found = read(document)
    assert codes(found) == [("/CFRubrics/0/CFRubricCriteria/0/CFItemURI", "outside", "warning")]
    assert found.rubrics[0].criteria[0].skill == ELSEWHERE


def test_a_criterion_for_an_item_that_was_refused_says_so() -> None:
    document = full_package()
    document["CFItems"][1]["uri"] = "x"
    place = "/CFRubrics/0/CFRubricCriteria/0/CFItemURI"
    assert (place, "refused_reference", "error") in codes(read(document))


@pytest.mark.parametrize("name", ["CFRubrics", "CFDefinitions"])
def test_a_part_of_the_wrong_kind_is_fatal(name: str) -> None:
    found = read(full_package() | {name: "x"})
    assert codes(found)[-1] == (f"/{name}", "type", "fatal")


# In pages


def pages() -> list[dict[str, Any]]:
    """The small package as a service gives it, the second item on two pages."""
    whole = package()
    return [
        {"CFDocuments": [whole["CFDocument"]]},
        {"CFItems": [item(0), item(1)]},
        {"CFItems": [item(1), item(2)]},
        {"CFAssociations": whole["CFAssociations"]},
    ]


def test_pages_make_up_the_same_package() -> None:
    paged, whole = read(pages()), read(package())
    assert paged == whole
    assert paged.problems == ()


def test_a_fault_on_a_page_is_told_with_the_page() -> None:
    document = pages()
    document[2]["CFItems"][1]["uri"] = "x"
    document[2]["CFItems"][0]["fullStatement"] = "Said otherwise"
    assert codes(read(document))[:2] == [
        ("/2/CFItems/0/identifier", "duplicate", "error"),
        ("/2/CFItems/1/uri", "bad_uri", "error"),
    ]


def test_two_frameworks_in_one_file_are_refused() -> None:
    other = package()["CFDocument"] | {"identifier": ELSEWHERE}
    found = read([*pages(), {"CFDocument": other}])
    assert codes(found) == [("/4/CFDocument", "several_documents", "fatal")]


@pytest.mark.parametrize("page", [None, [], "x", {"CFItems": {}}, {"CFDocuments": 1}])
def test_a_page_that_is_none_is_fatal(page: object) -> None:
    assert codes(read([*pages(), page]))[-1][1:] == ("type", "fatal")


# Anything at all


def places(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place within a document."""
    inner = enumerate(value) if isinstance(value, list) else ()
    inner = value.items() if isinstance(value, dict) else inner
    return [at, *(each for key, one in inner for each in places(one, (*at, key)))]


# In lower case, or composed, some of these are longer than they were.
LONG = ["İ" * 150, "\u0958" * 150, "x" * 300, "en-" + "x" * 18]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10)
    | st.sampled_from([DOCUMENT, *ITEMS, CHANGED, "isChildOf", "https://a.example/x", "\ud800"])
    | st.sampled_from(LONG),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=6) | st.just("__proto__"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from(places(full_package())), JSON)
def test_no_value_in_any_part_makes_the_reader_raise(
    path: tuple[str | int, ...], value: object
) -> None:
    document: Any = {"": copy.deepcopy(full_package())}
    at: Any = document
    *steps, last = ("", *path)
    for step in steps:
        at = at[step]
    at[last] = value
    assert_it_fits(read(document[""]))


@given(st.lists(JSON, max_size=3))
def test_no_pages_make_the_reader_raise(more: list[object]) -> None:
    assert_it_fits(read([*pages(), *more]))


def test_an_association_may_stand_on_a_page_of_its_own() -> None:
    found = read([*pages(), {"CFAssociations": [association(9, ITEMS[2], ITEMS[1])]}])
    assert found.problems == ()
    assert len(found.associations) == 4
