"""Any sheet, by the columns that a person said hold what; OpenSALT's is one of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers import case, gathering, mapped_sheet, opensalt_csv
from skills.readers.mapped_sheet import ColumnMapping
from skills.readers.mapping import FIELDS
from skills.readers.records import Package
from tests.skills.sheets import assert_says_what_is_wrong, children, csv_of, told

OURS = "https://quillhaven.example/frameworks/crafts"
MAPPED = ColumnMapping(
    identifier="id", code="code", statement="text", category="area", parent="above", sequence="n"
)
HEADER = ("id", "code", "text", "area", "above", "n")


def read(*rows: tuple[str, ...], mapping: ColumnMapping = MAPPED) -> Package:
    return mapped_sheet.read(csv_of(HEADER, *rows), mapping, framework_id=OURS, title="Crafts")


def by_code(package: Package) -> dict[str, str]:
    return {skill.identifier: skill.code or skill.statement for skill in package.skills}


# Guessing


@pytest.mark.parametrize(
    ("header", "mapping"),
    [
        (
            ("code", "category", "statement", "uuid"),
            {
                "identifier": "uuid",
                "code": "code",
                "statement": "statement",
                "category": "category",
            },
        ),
        (
            ("Skill ID", "Skill name", "Descriptions", "Parent Code", "Tags", "Room"),
            {
                "identifier": "Skill ID",
                "label": "Skill name",
                "statement": "Descriptions",
                "parent": "Parent Code",
                "keywords": "Tags",
            },
        ),
        (("Name", "URL"), {"label": "Name", "address": "URL"}),
        (("", "x", "y"), {}),
    ],
)
def test_what_the_columns_hold_is_guessed_from_their_names(
    header: tuple[str, ...], mapping: dict[str, str]
) -> None:
    assert mapped_sheet.suggest(header).as_dict() == mapping


def test_a_mapping_can_be_kept_as_json() -> None:
    kept = json.loads(json.dumps(MAPPED.as_dict()))
    assert ColumnMapping.from_dict(kept | {"unknown": "x"}) == MAPPED


@given(st.lists(st.text(max_size=20) | st.sampled_from(FIELDS), max_size=30))
def test_no_column_is_guessed_twice(header: list[str]) -> None:
    columns = list(mapped_sheet.suggest(header).as_dict().values())
    assert len(columns) == len(set(columns))
    assert set(columns) <= set(header)


# Reading


def test_the_co_curricular_sheet_reads_as_its_case_package(shared_data: Path) -> None:
    folder = shared_data / "competencies"
    data = (folder / "cocurricular.csv").read_bytes()
    seen = mapped_sheet.columns(data, file="cocurricular.csv")
    assert seen.names == ("code", "category", "statement", "uuid")
    assert len(seen.samples) == 5
    mapping = mapped_sheet.suggest(seen.names)
    found = mapped_sheet.read(data, mapping, framework_id=OURS)
    assert told(found) == []
    assert len(found.skills) == 16 + 8
    package = case.read((folder / "cocurricular_case_v1p1.json").read_bytes())
    statements = {skill.identifier: skill.statement for skill in package.skills}
    items = [skill for skill in found.skills if skill.kind == "competency"]
    assert len(items) == 16
    assert all(statements[skill.identifier] == skill.statement for skill in items)


def test_parents_are_named_by_code_or_by_identifier_and_headings_by_category() -> None:
    found = read(
        ("K1", "C", "Weaves.", "Craft", "", "2"),
        ("K2", "C.1", "Weaves wool.", "Craft", "C", "1"),
        ("", "C.2", "Weaves silk.", "Other", "K1", ""),
        ("K4", "", "Knots.", "Craft", "", ""),
    )
    assert told(found) == []
    names = by_code(found) | {OURS: "Crafts"}
    assert {(names[one], names[other]) for one, other in children(found)} == {
        ("C", "Craft"),
        ("C.1", "C"),
        ("C.2", "C"),
        ("Knots.", "Craft"),
        ("Craft", "Crafts"),
    }
    sequences = {names[one.origin]: one.sequence for one in found.associations}
    assert (sequences["C"], sequences["C.1"]) == (2, 1)


def test_what_has_no_identifier_gets_the_same_one_every_time() -> None:
    rows = (("", "C", "Weaves.", "", "", ""), ("", "", "Knots.", "", "", ""))
    once, again = read(*rows), read(*reversed(rows))
    assert {one.identifier for one in once.skills} == {one.identifier for one in again.skills}
    elsewhere = mapped_sheet.read(csv_of(HEADER, *rows), MAPPED, framework_id="another")
    assert not {one.identifier for one in once.skills} & {
        one.identifier for one in elsewhere.skills
    }
    reworded = read(("", "C", "Weaves well.", "", "", ""))
    assert reworded.skills[0].identifier in {one.identifier for one in once.skills}


def test_uuids_are_compared_without_regard_to_case() -> None:
    uuid = "6BEEF5A2-46F3-5A9F-8F46-590C3377DA34"
    found = read((uuid, "", "Weaves.", "", "", ""), ("K2", "", "Knots.", "", uuid, ""))
    assert told(found) == []
    assert found.skills[0].identifier == uuid.lower()
    assert ("K2", uuid.lower()) in children(found)


def test_a_label_alone_is_the_statement() -> None:
    found = read(("", "", "Weaving", "", "", ""), mapping=ColumnMapping(label="text"))
    assert [(one.statement, one.label, one.kind) for one in found.skills] == [
        ("Weaving", "", "competency")
    ]


def test_what_is_wrong_is_said_for_all_rows_at_once() -> None:
    found = read(
        ("K1", "C", "Weaves.", "", "", "first"),
        ("K1", "", "Knots.", "", "", ""),
        ("", "C", "Weaves too.", "", "K9", "1"),
        ("K4", "", "", "", "", ""),
        ("K5", "", "Spins.", "", "K4", ""),
        ("K6", "", "Dyes.", "", "C", ""),
        ("K7", "", "Sews.", "", "K8", ""),
        ("K8", "", "Cuts.", "", "K7", ""),
        ("K10", "x" * 201, "Folds.", "", "K10", ""),
        ("K11", "", "Irons.", "", "K11", ""),
        ("K12", "", "Buys.", "Craft", "", "last"),
    )
    assert sorted(told(found), key=lambda one: one[0] or 0) == [
        (3, "id", "duplicate", "error"),
        (4, "above", "outside", "warning"),
        (5, "text", "required", "error"),
        (6, "above", "refused_reference", "error"),
        (7, "above", "ambiguous", "error"),
        (9, "above", "cycle", "error"),
        (10, "code", "too_long", "error"),
        (11, "above", "self_association", "error"),
        (12, "n", "bad_number", "warning"),
    ]


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        (None, "no_mapping"),
        (ColumnMapping(code="code"), "no_mapping"),
        (replace(MAPPED, statement="Statement", label="Label"), "missing_column"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping: ColumnMapping | None, code: str) -> None:
    found = mapped_sheet.read(csv_of(HEADER), mapping, framework_id=OURS)
    assert [each.code for each in found.problems] == [code]
    assert found.is_fatal


def test_too_many_skills_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MAX_SKILLS", 3)
    found = mapped_sheet.read(
        b"text\n1\n2\n3\n4\n", ColumnMapping(statement="text"), framework_id=OURS
    )
    assert told(found) == [(None, "", "too_many", "fatal")]


@given(st.binary(max_size=300))
def test_whatever_the_bytes_there_is_an_answer(data: bytes) -> None:
    assert_says_what_is_wrong(mapped_sheet.read(data, MAPPED, framework_id=OURS))
    assert_says_what_is_wrong(opensalt_csv.read(data, framework_id=OURS))
    seen = mapped_sheet.columns(data)
    assert seen.names or seen.problems


@given(st.lists(st.lists(st.text(max_size=6) | st.sampled_from("abc"), max_size=7), max_size=6))
def test_whatever_the_cells_there_is_an_answer(rows: list[list[str]]) -> None:
    assert_says_what_is_wrong(read(*map(tuple, rows)))


# OpenSALT


def test_opensalt_items_and_associations_are_read() -> None:
    header = (
        "Identifier,fullStatement,HumanCodingScheme,sequenceNumber,Abbreviated Statement,"
        "ConceptKeywords,Notes,Language,Education Level,CFItemType,License,"
        "CFAssociationGroupIdentifier,Is Child Of,IsPartOf,replacedBy,Exemplar,hasSkillLevel,"
        "isExactMatchOf,Precedes,Is Peer Of,Is Related To"
    ).split(",")

    def row(**cells: str) -> list[str]:
        return [cells.get(name.replace(" ", ""), "") for name in header]

    web = "https://a.example/knots"
    data = csv_of(
        header,
        row(Identifier="K1", fullStatement="Crafts", HumanCodingScheme="C", CFItemType="Strand"),
        row(
            fullStatement="Weaves.",
            HumanCodingScheme="C.1",
            sequenceNumber="1",
            AbbreviatedStatement="Weaving",
            ConceptKeywords="wool, silk",
            EducationLevel="13,14",
            IsChildOf="C",
            Exemplar=web,
            IsRelatedTo="C.2, X.9",
        ),
        row(Identifier="K3", fullStatement="Knots.", HumanCodingScheme="C.2", replacedBy="C.1"),
    )
    found = opensalt_csv.read(data, framework_id=OURS, title="Crafts")
    assert told(found) == [
        (3, "Is Related To", "outside", "warning"),
        (3, "Exemplar", "outside", "warning"),
    ]
    strand, weaves, _ = found.skills
    assert (strand.kind, strand.kind_word) == ("category", "Strand")
    assert (weaves.label, weaves.keywords, weaves.education_levels) == (
        "Weaving",
        ("wool", "silk"),
        ("13", "14"),
    )
    names = by_code(found) | {OURS: "Crafts"}
    links = {
        (names[one.origin], one.type, names.get(one.destination, one.destination))
        for one in found.associations
    }
    assert links == {
        ("C", "isChildOf", "Crafts"),
        ("C.1", "isChildOf", "C"),
        ("C.2", "isChildOf", "Crafts"),
        ("C.1", "exemplar", web),
        ("C.1", "isRelatedTo", "C.2"),
        ("C.1", "isRelatedTo", "X.9"),
        ("C.2", "replacedBy", "C.1"),
    }
    exemplar = next(one for one in found.associations if one.type == "exemplar")
    assert exemplar.destination_uri == web


def test_opensalt_without_statements_says_so() -> None:
    found = opensalt_csv.read(csv_of(("Identifier", "Notes")), framework_id=OURS)
    assert told(found) == [(1, "", "missing_column", "fatal")]
    unnamed = opensalt_csv.read(csv_of(("fullStatement", "Human Coding Scheme")))
    assert told(unnamed) == [(None, "", "no_identity", "fatal")]
