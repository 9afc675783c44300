"""Reading CTDL-ASN: a graph as the Credential Registry gives it, and the ways it may be bent."""

import copy
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers import ctdl_asn, formats
from skills.readers.records import AssociationRecord, Package
from tests.skills.columns import assert_it_fits
from tests.skills.ctdl_asn_documents import (
    CTIDS,
    ELSEWHERE,
    FRAMEWORK,
    REGISTRY,
    competency,
    document,
)


def read(value: object) -> Package:
    return ctdl_asn.read(json.dumps(value).encode(), file="f.json")


def codes(found: Package) -> list[tuple[str, str, str]]:
    return [(p.column, p.code, p.severity) for p in found.problems]


def shape(found: Package) -> list[tuple[str, str, str, int | None]]:
    return [(one.origin, one.type, one.destination, one.sequence) for one in found.associations]


def bent(number: int, **properties: Any) -> dict[str, Any]:
    """The good document with other properties at one of its nodes."""
    value = document()
    value["@graph"][number] |= {f"ceasn:{name}": one for name, one in properties.items()}
    return value


def links_of(found: Package, type_: str) -> list[AssociationRecord]:
    return [one for one in found.associations if one.type == type_]


# Good graphs


def test_a_graph_gives_its_framework_and_competencies() -> None:
    found = read(document())
    assert found.problems == ()
    framework = found.framework
    assert framework is not None
    assert (framework.identifier, framework.title) == (FRAMEWORK, "Practical skills")
    assert (framework.creator, framework.language) == ("Quillhaven College", "en-US")
    assert framework.official_url == "https://a.example/skills"
    assert framework.changed_at == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert framework.starts_on == date(2026, 1, 1)
    assert framework.details["ceasn:name"] == {"en-US": "Practical skills", "es": "Habilidades"}
    assert framework.details["ceasn:license"].startswith("https://creativecommons.org/")
    skill = found.skills[0]
    assert (skill.identifier, skill.uri) == (CTIDS[0], REGISTRY + CTIDS[0])
    assert (skill.label, skill.code, skill.statement) == ("Safety", "S.1", "Statement 0")
    assert (skill.kind, skill.kind_word) == ("knowledge", "Knowledge")
    assert (skill.keywords, skill.notes) == (("gloves", "hygiene"), "First.\n\nSecond.")
    assert (skill.language, skill.details) == ("en-US", {"ceasn:weight": "0.5"})
    assert skill.changed_at == datetime(2026, 3, 4, tzinfo=UTC)
    assert [each.kind for each in found.skills] == ["knowledge", *["competency"] * 3]


def test_the_hierarchy_has_each_link_once_and_in_its_order() -> None:
    assert shape(read(document())) == [
        (CTIDS[3], "isChildOf", FRAMEWORK, 1),
        (CTIDS[0], "isChildOf", FRAMEWORK, 2),
        (CTIDS[2], "isChildOf", CTIDS[0], 1),
        (CTIDS[1], "isChildOf", CTIDS[0], 2),
    ]


def test_the_same_hierarchy_is_read_when_it_is_told_from_below_alone() -> None:
    value = document()
    for node in value["@graph"][:2]:
        node.pop("ceasn:hasTopChild", None)
        node.pop("ceasn:hasChild", None)
    told_once = {one[:3] for one in shape(read(value))}
    assert told_once == {one[:3] for one in shape(read(document()))}


def test_reading_twice_gives_the_same() -> None:
    assert read(document()) == read(document())


@pytest.mark.parametrize(
    ("name", "type_", "is_reversed"),
    [
        ("exactAlignment", "exactMatchOf", False),
        ("broadAlignment", "isRelatedTo", False),
        ("majorAlignment", "isRelatedTo", False),
        ("derivedFrom", "isRelatedTo", False),
        ("alignFrom", "isRelatedTo", True),
        ("comprisedOf", "isPartOf", True),
        ("prerequisiteAlignment", "precedes", False),
    ],
)
def test_an_alignment_leads_outside_and_is_kept(name: str, type_: str, is_reversed: bool) -> None:
    there = REGISTRY + ELSEWHERE
    found = read(bent(4, **{name: [there]}))
    (link,) = links_of(found, type_)
    assert codes(found) == [(f"/@graph/4/ceasn:{name}/0", "outside", "warning")]
    ends = (link.destination, link.origin) if is_reversed else (link.origin, link.destination)
    assert ends == (CTIDS[3], ELSEWHERE)
    assert there in (link.origin_uri, link.destination_uri)
    assert link.type_word == ("" if type_ == "exactMatchOf" else f"ceasn:{name}")


def test_two_alignments_to_one_competency_are_two_links() -> None:
    there = [REGISTRY + CTIDS[1]]
    found = read(bent(4, broadAlignment=there, majorAlignment=there))
    assert [one.type_word for one in links_of(found, "isRelatedTo")] == [
        "ceasn:broadAlignment",
        "ceasn:majorAlignment",
    ]


def test_a_deprecated_competency_is_retired() -> None:
    found = read(bent(4, publicationStatusType="publicationStatus:Deprecated"))
    assert [skill.is_retired for skill in found.skills] == [False, False, False, True]


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ({"de": "Deutsch", "en": "English"}, "English"),
        ({"fr": "Français", "de": "Deutsch"}, "Deutsch"),
        ({"en-GB": "British", "en-us": "American"}, "American"),
        ({"en-GB": ["British"], "de": "Deutsch"}, "British"),
        ("Plain", "Plain"),
        (["Plain", "other"], "Plain"),
        ({"@value": "Typed", "@language": "de"}, "Typed"),
        ([{"@value": "Deutsch", "@language": "de"}, {"@value": "En", "@language": "en"}], "En"),
        ({"@list": [{"en": "In a list"}]}, "In a list"),
        ({"@none": "No language"}, "No language"),
    ],
)
def test_the_text_in_the_language_of_the_framework_is_taken(given: Any, read_as: str) -> None:
    found = read(bent(4, competencyText=given))
    assert found.problems == ()
    assert found.skills[3].statement == read_as


def test_a_minimal_framework_may_be_a_list_without_prefixes_and_without_ctids() -> None:
    found = read(
        [
            {"type": "CompetencyFramework", "id": "https://a.example/f", "name": "Skills"},
            {"type": ["Competency"], "id": "https://a.example/1", "competencyText": "Saws"},
            {
                "type": "Competency",
                "id": "https://a.example/2",
                "competencyText": "Saws straight",
                "isChildOf": {"id": "https://a.example/1"},
            },
        ]
    )
    assert found.problems == ()
    assert [skill.identifier for skill in found.skills] == [
        "https://a.example/1",
        "https://a.example/2",
    ]
    assert shape(found) == [
        ("https://a.example/2", "isChildOf", "https://a.example/1", None),
        ("https://a.example/1", "isChildOf", "https://a.example/f", None),
    ]


def test_competencies_may_stand_inside_of_their_framework() -> None:
    value = document()
    framework, zero, one, two, three = value["@graph"]
    framework["ceasn:hasTopChild"] = [three, zero]
    zero["ceasn:hasChild"] = {"@list": [two, one]}
    found = read(framework)
    assert found.problems == ()
    assert sorted(shape(found)) == sorted(shape(read(document())))


def test_a_request_to_publish_is_read_as_its_graph() -> None:
    wrapped = read({"PublishForOrganizationIdentifier": "ce-1", "GraphInput": document()})
    assert wrapped == read(document())


def test_a_concept_becomes_a_definition_and_other_nodes_are_told_of() -> None:
    value = document()
    ctid = "ce-c0000000-0000-4000-8000-000000000000"
    concept = {"@type": "skos:Concept", "ceterms:ctid": ctid, "skos:prefLabel": {"en": "Novice"}}
    value["@graph"] += [concept, {"@type": "ceterms:Organization"}, {"@type": "ceterms:Agent"}]
    found = read(value)
    assert [(each.kind, each.identifier, each.title) for each in found.definitions] == [
        ("concept", ctid, "Novice")
    ]
    assert codes(found) == [
        ("/@graph/6", "unknown_type", "warning"),
        ("/@graph/7", "unknown_type", "warning"),
    ]


def test_a_graph_is_recognised() -> None:
    assert formats.recognise(json.dumps(document()).encode()) == "ctdl_asn"


# What is wrong


@pytest.mark.parametrize(
    ("properties", "place", "code"),
    [
        ({"ceterms:ctid": "ce-1"}, "/@graph/2/ceterms:ctid", "bad_identifier"),
        ({"ceterms:ctid": 7}, "/@graph/2/ceterms:ctid", "type"),
        ({"ceterms:ctid": CTIDS[0]}, "/@graph/2/ceterms:ctid", "duplicate"),
        ({"ceterms:ctid": FRAMEWORK}, "/@graph/2/ceterms:ctid", "duplicate"),
        ({"ceterms:ctid": None, "@id": None}, "/@graph/2/ceterms:ctid", "required"),
        ({"ceasn:competencyText": None}, "/@graph/2/ceasn:competencyText", "required"),
        ({"ceasn:competencyText": {}}, "/@graph/2/ceasn:competencyText", "required"),
        ({"ceasn:competencyText": {"en": 7}}, "/@graph/2/ceasn:competencyText", "type"),
        ({"ceasn:competencyText": {"not a tag": "x"}}, "/@graph/2/ceasn:competencyText", "type"),
        ({"ceasn:competencyText": "x" * 20_001}, "/@graph/2/ceasn:competencyText", "too_long"),
        ({"ceasn:competencyText": "a\0b"}, "/@graph/2/ceasn:competencyText", "control_character"),
        ({"ceasn:competencyText": "a\ud800b"}, "/@graph/2/ceasn:competencyText", None),
        ({"ceasn:codedNotation": ["x", 1]}, "/@graph/2/ceasn:codedNotation", "type"),
        ({"ceasn:isChildOf": 7}, "/@graph/2/ceasn:isChildOf", "bad_uri"),
        ({"ceasn:exactAlignment": "javascript:alert(1)"}, "/@graph/2/ceasn:exactAlignment", None),
        ({"ceasn:isChildOf": REGISTRY + CTIDS[1]}, "/@graph/2/ceasn:isChildOf", None),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    properties: dict[str, Any], place: str, code: str | None
) -> None:
    value = document()
    value["@graph"][2] |= properties
    found = read(value)
    problem = found.problems[0]
    assert (problem.column, problem.severity) == (place, "error")
    assert code in (problem.code, None)
    assert problem.reason.endswith(".")
    assert not found.is_fatal


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"dateModified": "yesterday"}, "bad_date"),
        ({"dateModified": 7}, "bad_date"),
        ({"dateModified": "0001-01-01T00:00:00+01:00"}, "bad_date"),
        ({"competencyText": None, "competencyLabel": {"en": "A name"}}, "required"),
        ({"isPartOf": REGISTRY + ELSEWHERE}, "other_framework"),
        ({"isChildOf": REGISTRY + ELSEWHERE}, "outside"),
    ],
)
def test_what_we_can_do_without_is_a_warning(properties: dict[str, Any], code: str) -> None:
    found = read(bent(4, **properties))
    assert [(p.code, p.severity) for p in found.problems] == [(code, "warning")]
    assert len(found.skills) == 4


def test_a_link_to_a_competency_that_was_refused_says_so() -> None:
    found = read(bent(1, competencyText=7))
    assert ("/@graph/2/ceasn:isChildOf/0", "refused_reference", "error") in codes(found)


def test_the_link_that_closes_a_circle_is_left_out() -> None:
    found = read(bent(1, isChildOf=REGISTRY + CTIDS[1]))
    (problem,) = found.problems
    assert (problem.code, problem.severity) == ("cycle", "error")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("x", "type"),
        ({"@graph": "x"}, "type"),
        ([], "no_document"),
        ({"@graph": [competency(0)]}, "no_document"),
        ({"@graph": document()["@graph"] * 2}, "several_documents"),
        ({"@graph": [{"@type": "ceasn:CompetencyFramework"}]}, "bad_document"),
        ({"@graph": [[[{"@type": "CompetencyFramework", "ctid": 1}]]]}, "bad_document"),
    ],
)
def test_what_is_no_framework_is_fatal_and_says_why(value: object, code: str) -> None:
    found = read(value)
    assert [p.code for p in found.problems if p.severity == "fatal"] == [code]
    assert found.is_fatal


def test_a_doubled_member_of_the_document_is_fatal() -> None:
    data = json.dumps(document())[:-1] + ', "@graph": []}'
    assert ctdl_asn.read(data.encode()).is_fatal


# Anything at all


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    assert isinstance(ctdl_asn.read(data), Package)


NAMES = sorted({name for node in document()["@graph"] for name in node} | {"@graph", "__proto__"})
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from([FRAMEWORK, *CTIDS, REGISTRY + CTIDS[1], "ceasn:Competency", "\ud800"])
    | st.sampled_from(["İ" * 150, "\u0958" * 300, "x" * 300, REGISTRY + "x" * 300]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*NAMES, "@id", "@type", "@list", "@value", "en", "en-" + "-x" * 12, ""]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(st.integers(0, 4), st.sampled_from(NAMES), JSON)
def test_no_value_anywhere_makes_the_reader_raise(node: int, name: str, value: object) -> None:
    whole = copy.deepcopy(document())
    whole["@graph"][node][name] = value
    assert_it_fits(read(whole))


@given(JSON)
def test_no_document_makes_the_reader_raise(value: object) -> None:
    assert_it_fits(read(value))
    assert_it_fits(read({"@graph": [*document()["@graph"], value]}))
