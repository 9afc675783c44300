"""What is written is read back as it was, whatever it says, and is what the schemas allow."""

import itertools
import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skills.readers import case as case_reader
from skills.readers import ctdl_asn as ctdl_asn_reader
from skills.readers import formats, identifiers, kinds, opensalt_csv, texts
from skills.readers import rsd as rsd_reader
from skills.readers.records import (
    AssociationRecord,
    CriterionRecord,
    DefinitionRecord,
    FrameworkRecord,
    LevelRecord,
    Package,
    RubricRecord,
    SkillRecord,
)
from skills.writers import case, ctdl_asn, rsd
from skills.writers import formats as written_formats
from skills.writers import opensalt_csv as csv_writer
from tests.skills.case_documents import full_package
from tests.skills.ctdl_asn_documents import document

# To draw a whole package costs more than to write it and to read it back.
few = settings(max_examples=40)
FRAMEWORK = "d0000000-0000-4000-8000-000000000000"
BASE = "https://college.example/skills/"


def at(identifier: str) -> str:
    return BASE + identifier


def is_usable(text: str) -> bool:
    return bool(text) and texts.refused(text) is None


def words(limit: int = 40, without: str = "") -> st.SearchStrategy[str]:
    """Texts as people write them, and worse."""
    # A text that has to be drawn again costs its whole package: controls are left out at once.
    signs = st.characters(
        exclude_categories=["Cs", "Cc"],
        exclude_characters=without,
        include_characters="".join(sorted(set("\t\n\r") - set(without))),
    )
    found = st.text(signs, min_size=1, max_size=limit)
    return found.map(lambda text: texts.composed(text).strip()).filter(is_usable)


def maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | strategy


MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1),
    max_value=datetime(2100, 1, 1),
    timezones=st.just(UTC),
)
KINDS = st.sampled_from(["Skill", "Knowledge", "Ability", "Competency", "Strand", "Course goal"])


@st.composite
def skills(draw: Any, identifier: str, without: str) -> SkillRecord:
    word = draw(KINDS)
    return SkillRecord(
        identifier=identifier,
        uri=at(identifier),
        statement=draw(words(200)),
        label=draw(maybe(words())),
        code=draw(maybe(words(12))),
        kind=kinds.of(word),
        kind_word=word,
        keywords=tuple(draw(st.lists(words(12, without), max_size=3, unique=True))),
        language=draw(st.sampled_from(["en", "es", "ar"])),
        education_levels=tuple(draw(st.lists(words(5, without), max_size=2, unique=True))),
        notes=draw(maybe(words())),
        changed_at=draw(MOMENTS),
    )


@st.composite
def packages(draw: Any, without: str = "") -> Package:
    """A forest of skills, some of which replace, or are related to, others.

    Their keywords and levels do not hold the signs in `without`.
    """
    keys = draw(st.lists(st.uuids(version=4).map(str), min_size=1, max_size=6, unique=True))
    records = tuple(draw(skills(key, without)) for key in keys)
    framework = FrameworkRecord(
        identifier=FRAMEWORK,
        uri=at(FRAMEWORK),
        title=draw(words()),
        creator=draw(words()),
        description=draw(maybe(words())),
        version=draw(maybe(words(8))),
        language="en",
        changed_at=draw(MOMENTS),
    )
    framework = replace(framework, publisher=framework.creator)
    by_key = {record.identifier: record for record in records}
    links = [
        link(by_key, key, "isChildOf", draw(st.sampled_from([FRAMEWORK, *keys[:place]])))
        for place, key in enumerate(keys)
    ]
    places: dict[str, int] = {}
    for place, one in enumerate(links):
        sequence = places[one.destination] = places.get(one.destination, 0) + 1
        links[place] = replace(one, sequence=sequence)
    for origin, other in itertools.pairwise(keys):
        kind = draw(st.sampled_from(["", "replacedBy", "exactMatchOf", "precedes"]))
        if kind:
            links.append(link(by_key, origin, kind, other))
    title = framework.title
    links = [
        replace(one, destination_title=title) if one.destination == FRAMEWORK else one
        for one in links
    ]
    return Package(framework, records, tuple(links))


def link(
    skills: dict[str, SkillRecord], origin: str, kind: str, destination: str
) -> AssociationRecord:
    def title(key: str) -> str:
        return (skills[key].label or skills[key].statement) if key in skills else ""

    identifier = identifiers.of_association(FRAMEWORK, kind, origin, destination)
    return AssociationRecord(
        identifier=identifier,
        uri=at(identifier),
        type=kind,
        origin=origin,
        origin_uri=at(origin),
        origin_title=title(origin),
        destination=destination,
        destination_uri=at(destination),
        destination_title=title(destination),
        changed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def said(record: Any, *without: str) -> dict[str, Any]:
    return {
        each.name: getattr(record, each.name) for each in fields(record) if each.name not in without
    }


def links_of(package: Package) -> set[tuple[str, str, str, int | None]]:
    return {
        (
            one.type,
            one.origin.removeprefix("ce-"),
            one.destination.removeprefix("ce-"),
            one.sequence,
        )
        for one in package.associations
    }


def text_of(pieces: Any) -> bytes:
    return "".join(pieces).encode()


def errors(package: Package) -> list[str]:
    return [problem.reason for problem in package.problems if problem.severity != "warning"]


# CASE


@few
@given(packages())
def test_case_says_all_of_it(package: Package) -> None:
    found = case_reader.read(text_of(case.write(package)))
    assert not found.problems
    assert found.framework is not None and package.framework is not None
    assert said(found.framework) == said(replace(package.framework, case_version="1.1"))
    assert found.skills == package.skills
    assert found.associations == package.associations


@pytest.fixture(scope="module")
def schemas(shared_data: Path) -> dict[str, Any]:
    found = {}
    for version in ("1.0", "1.1"):
        name = f"case-v{version.replace('.', 'p')}-cfpackage.schema.json"
        schema = json.loads((shared_data / "case" / name).read_text())
        validator = jsonschema.validators.validator_for(schema)
        validator.check_schema(schema)
        found[version] = validator(schema)
    return found


@few
@given(packages())
def test_case_is_what_the_published_schemas_allow(
    schemas: dict[str, Any], package: Package
) -> None:
    for version, schema in schemas.items():
        whole = json.loads(text_of(case.write(package, version=version)))  # type: ignore[arg-type]
        schema.validate(whole)


def test_rubrics_definitions_and_extensions_come_back_in_case(schemas: dict[str, Any]) -> None:
    package = case_reader.read(json.dumps(full_package()).encode())
    text = text_of(case.write(package))
    schemas["1.1"].validate(json.loads(text))
    again = case_reader.read(text)
    assert not again.problems
    assert again == package
    older = json.loads(text_of(case.write(package, version="1.0")))
    schemas["1.0"].validate(older)
    assert "extensions" not in json.dumps(older)


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
def test_published_packages_come_back_in_case(
    path: str, shared_data: Path, schemas: dict[str, Any]
) -> None:
    package = formats.read((shared_data / path).read_bytes())
    text = text_of(case.write(package))
    schemas["1.1"].validate(json.loads(text))
    again = case_reader.read(text)
    assert again.skills == package.skills
    assert again.associations == package.associations
    assert again.definitions == package.definitions


def test_what_case_cannot_take_as_it_stands_is_made_to_fit(schemas: dict[str, Any]) -> None:
    odd = AssociationRecord(
        identifier=str(UUID(int=7)),
        type="hat zu tun mit!",
        origin="ce-" + str(UUID(int=1)),
        destination="2.A.1",
        details={"destinationNodeURI/targetType": "no such", "CFAssociationGroupingURI": 3},
    )
    skill = SkillRecord(
        identifier="http://data.example/skill/7",
        uri="http://data.example/skill/7",
        statement="x",
        details={"subjectURI": "x", "licenseURI": {"uri": "https://a.example/l"}, "subject": [3]},
    )
    framework = FrameworkRecord(identifier=FRAMEWORK, uri=at(FRAMEWORK), title="T")
    package = Package(
        framework,
        [skill, replace(skill, identifier="x", is_retired=True)],
        [odd],
        definitions=[
            DefinitionRecord(
                kind="item_type", identifier="y", uri="https://a.example/y", title="Skill"
            )
        ],
    )
    for version, schema in schemas.items():
        whole = json.loads(text_of(case.write(package, version=version)))  # type: ignore[arg-type]
        schema.validate(whole)
        assert len(whole["CFItems"]) == 1
    (written,) = json.loads(text_of(case.write(package)))["CFAssociations"]
    assert written["associationType"] == "ext:hat-zu-tun-mit"
    assert written["originNodeURI"]["identifier"] == str(UUID(int=1))
    assert written["destinationNodeURI"] == {
        "title": "2.A.1",
        "identifier": "2.A.1",
        "uri": written["destinationNodeURI"]["uri"],
    }


def test_a_rubric_without_words_is_written(schemas: dict[str, Any]) -> None:
    level = LevelRecord(identifier="l", uri="https://a.example/l", score=0.0, position=0)
    criterion = CriterionRecord(identifier="c", uri="https://a.example/c", levels=(level,))
    rubric = RubricRecord(identifier="r", uri="https://a.example/r", criteria=(criterion,))
    framework = FrameworkRecord(identifier=FRAMEWORK, uri=at(FRAMEWORK), title="T")
    whole = json.loads(text_of(case.write(Package(framework, rubrics=[rubric]))))
    schemas["1.1"].validate(whole)
    (found,) = whole["CFRubrics"][0]["CFRubricCriteria"][0]["CFRubricCriterionLevels"]
    assert (found["score"], found["position"]) == (0, 0)


# CTDL-ASN


@few
@given(packages())
def test_ctdl_asn_says_all_but_the_kinds_of_links_it_has_no_word_for(package: Package) -> None:
    found = ctdl_asn_reader.read(text_of(ctdl_asn.write(package)))
    assert not errors(found)
    assert found.framework is not None and package.framework is not None
    kept = ("identifier", "details")
    assert said(found.framework, *kept) == said(package.framework, *kept)
    assert found.framework.identifier == f"ce-{FRAMEWORK}"
    for one, before in zip(found.skills, package.skills, strict=True):
        assert said(one, "kind", *kept) == said(before, "kind", *kept)
        assert one.kind == ("competency" if before.kind == "other" else before.kind)
        assert one.identifier == f"ce-{before.identifier}"
    ordered = {one for one in links_of(package) if one[0] != "isChildOf"}
    assert {one for one in links_of(found) if one[0] != "isChildOf"} == ordered
    assert children(found) == children(package)


def children(package: Package) -> dict[str, list[str]]:
    """The children of each in their order."""
    found: dict[str, list[tuple[int, str]]] = {}
    for one in package.associations:
        if one.type == "isChildOf":
            key = one.destination.removeprefix("ce-")
            child = (one.sequence or 0, one.origin.removeprefix("ce-"))
            found.setdefault(key, []).append(child)
    return {key: [child for _, child in sorted(pairs)] for key, pairs in found.items()}


def test_a_graph_comes_back_with_its_other_languages_and_what_we_have_no_field_for() -> None:
    package = ctdl_asn_reader.read(json.dumps(document()).encode())
    again = ctdl_asn_reader.read(text_of(ctdl_asn.write(package)))
    assert not errors(again)
    assert again.framework == package.framework
    assert again.skills == package.skills
    found = {one.identifier: one for one in again.associations}
    assert found == {one.identifier: one for one in package.associations}


# Rich Skill Descriptors


@few
@given(packages())
def test_rsd_says_what_descriptors_can_say(package: Package) -> None:
    found = rsd_reader.read(text_of(rsd.write(package)))
    assert not errors(found)
    assert found.framework is not None and package.framework is not None
    assert found.framework.identifier == FRAMEWORK
    assert found.framework.title == package.framework.title
    assert found.framework.creator == package.framework.creator
    for one, before in zip(found.skills, package.skills, strict=True):
        assert (one.identifier, one.uri) == (before.uri, before.uri)
        assert one.statement == before.statement
        assert one.label == before.label or before.statement
        assert (one.keywords, one.changed_at) == (before.keywords, before.changed_at)
    aligned = {
        (at(one.origin), at(one.destination))
        for one in package.associations
        if one.type in ("replacedBy", "exactMatchOf")
    }
    assert {
        (one.origin, one.destination) for one in found.associations if one.type == "isRelatedTo"
    } == aligned


@pytest.mark.parametrize("file", ["rsd_full_example.jsonld", "osmt_fixture_rsds.json"])
def test_descriptors_come_back_whole(file: str, shared_data: Path) -> None:
    data = (shared_data / "rsd" / file).read_bytes()
    package = rsd_reader.read(data, framework_id=BASE + "all", title="Skills of another")
    again = rsd_reader.read(text_of(rsd.write(package)))
    assert not errors(again)
    assert again.framework is not None
    assert again.framework.title == "Skills of another"
    for one, before in zip(again.skills, package.skills, strict=True):
        assert said(one, "details") == said(before, "details")
        assert {**before.details, "authors": one.details["authors"]} == one.details
    assert {
        (one.type, one.origin, one.destination) for one in again.associations if one.type_word
    } == {(one.type, one.origin, one.destination) for one in package.associations if one.type_word}


def test_an_archived_descriptor_says_so() -> None:
    skill = SkillRecord(
        identifier=str(UUID(int=1)),
        uri=at("1"),
        statement="x" * 600,
        is_retired=True,
        ends_on=date(2026, 3, 1),
    )
    framework = FrameworkRecord(identifier=FRAMEWORK, uri=at(FRAMEWORK), title="T")
    found = rsd.descriptor(skill, framework)
    assert (found["status"], found["archiveDate"]) == ("archived", "2026-03-01")
    assert len(found["skillName"]) == 500
    assert rsd_reader.read(json.dumps(found).encode()).skills[0].is_retired


# CSV


SEPARATORS = ",;|\n"


def listable(package: Package) -> bool:
    """Whether no sign by which the sheet separates them has come about in a keyword or level."""
    return not any(
        sign in text
        for skill in package.skills
        for text in (*skill.keywords, *skill.education_levels)
        for sign in SEPARATORS
    )


@few
@given(packages(SEPARATORS).filter(listable))
def test_the_csv_says_all_of_the_skills_and_their_links(package: Package) -> None:
    assert package.framework is not None
    found = opensalt_csv.read(
        text_of(csv_writer.write(package)),
        framework_id=FRAMEWORK,
        title=package.framework.title,
        creator=package.framework.creator,
    )
    assert not found.problems
    for one, before in zip(found.skills, package.skills, strict=True):
        kept = ("uri", "changed_at", "label")
        assert said(one, *kept) == said(before, *kept)
        assert one.label == (before.label if before.label != before.statement else "")
    assert links_of(found) == {
        (kind, origin, end, sequence if end != FRAMEWORK else None)
        for kind, origin, end, sequence in links_of(package)
    }


@pytest.mark.parametrize("formula", ["=1+1", "@SUM(A1)", "\uff1d1+1"])
def test_no_spreadsheet_runs_what_the_csv_says(formula: str) -> None:
    skill = SkillRecord(identifier=str(UUID(int=1)), uri=at("1"), statement=formula)
    framework = FrameworkRecord(identifier=FRAMEWORK, uri=at(FRAMEWORK), title="T")
    text = text_of(csv_writer.write(Package(framework, [skill]))).decode()
    assert f"\n00000000-0000-0000-0000-000000000001, {formula}," in text
    found = opensalt_csv.read(text.encode(), framework_id=FRAMEWORK)
    assert found.skills[0].statement == formula


@pytest.mark.parametrize("name", ["case", "ctdl_asn", "rsd", "csv"])
def test_every_format_is_recognised_for_what_it_is(name: str) -> None:
    package = case_reader.read(json.dumps(full_package()).encode())
    write: Callable[..., Any] = written_formats.FORMATS[name].write
    recognised = formats.recognise(text_of(write(package)), "f")
    assert recognised == {"csv": "opensalt_csv"}.get(name, name)


@pytest.mark.parametrize("name", ["case", "ctdl_asn", "rsd", "csv"])
def test_a_package_of_which_nothing_could_be_read_is_not_written(name: str) -> None:
    with pytest.raises(ValueError, match="no framework"):
        list(written_formats.FORMATS[name].write(Package()))
