"""Reading ESCO: the files as they are published, alone and as a folder."""

import gzip
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers import esco
from skills.readers.records import Package
from tests.skills.sheets import assert_says_what_is_wrong, children, csv_of, told

SKILL = "http://data.europa.eu/esco/skill/"
SCHEME = "http://data.europa.eu/esco/concept-scheme/"
LIST = (
    "conceptType",
    "conceptUri",
    "skillType",
    "reuseLevel",
    "preferredLabel",
    "altLabels",
    "hiddenLabels",
    "status",
    "modifiedDate",
    "scopeNote",
    "definition",
    "inScheme",
    "description",
)
COLLECTION = (
    "conceptUri",
    "preferredLabel",
    "description",
    "broaderConceptUri",
    "broaderConceptPT",
)
HIERARCHY = (
    "Level 0 URI",
    "Level 0 preferred term",
    "Level 1 URI",
    "Level 1 preferred term",
    "Description",
    "Scope note",
    "Level 0 code",
    "Level 1 code",
)


def listed(name: str, *, label: str = "weave", **cells: str) -> tuple[str, ...]:
    known = {
        "conceptType": "KnowledgeSkillCompetence",
        "conceptUri": SKILL + name,
        "skillType": "skill/competence",
        "preferredLabel": label,
        "status": "released",
        "description": f"To {label}.",
    }
    return tuple((known | cells).get(column, "") for column in LIST)


def of(shared_data: Path, name: str) -> Package:
    return esco.read((shared_data / "esco" / name).read_bytes(), file=name)


def severities(package: Package) -> Counter[tuple[str, str]]:
    return Counter((each.code, each.severity) for each in package.problems)


@pytest.mark.parametrize(
    ("name", "scheme", "skills", "outside"),
    [
        ("transversalSkillsCollection_en.csv", "skill-transversal-groups", 96, 97),
        ("digitalSkillsCollection_en.csv", "6c930acd-c104-4ece-acf7-f44fd7333036", 1201, 1415),
        ("digCompSkillsCollection_en.csv", "digcomp", 26, 27),
    ],
)
def test_a_published_collection_is_a_framework(
    name: str, scheme: str, skills: int, outside: int, shared_data: Path
) -> None:
    found = of(shared_data, name)
    assert found.framework is not None
    assert found.framework.identifier == SCHEME + scheme
    assert found.framework.language == "en"
    assert len(found.skills) == skills
    assert severities(found) == {("outside", "warning"): outside}


def test_the_published_hierarchy_is_a_tree_of_headings(shared_data: Path) -> None:
    found = of(shared_data, "skillsHierarchy_en.csv")
    assert len(found.skills) == 647
    assert {skill.kind for skill in found.skills} == {"category"}
    assert severities(found) == {("control_character", "warning"): 1}
    tops = [one for one in children(found) if one[1] == SCHEME + "skills-hierarchy"]
    assert len(tops) == 4
    codes = {skill.identifier: skill.code for skill in found.skills}
    assert codes["http://data.europa.eu/esco/isced-f/0922"] == "0922"


def test_all_13939_skills_are_read(shared_data: Path) -> None:
    found = of(shared_data, "esco_skills_en.csv.gz")
    assert len(found.skills) == 13_939
    assert severities(found) == {("no_label", "warning"): 361}


def test_the_published_folder_is_one_framework(shared_data: Path) -> None:
    files = {path.name: path.read_bytes() for path in (shared_data / "esco").iterdir()}
    found = esco.read_folder(files)
    assert found.framework is not None
    assert found.framework.identifier == SCHEME + "skills"
    assert Counter(skill.kind for skill in found.skills) == {
        "skill": 13_471,
        "knowledge": 475,
        "category": 650,
    }
    assert Counter(one.type for one in found.associations) == {
        "isChildOf": 15_253,
        "isPartOf": 96 + 1_201 + 26,
    }
    assert {each.severity for each in found.problems} == {"warning"}


def test_a_plain_list_of_labels_is_no_framework(shared_data: Path) -> None:
    found = of(shared_data, "skills_en_label_v1.1.0.txt")
    assert told(found) == [(None, "", "not_esco", "fatal")]


def test_the_list_in_its_official_columns_gives_all_that_it_knows() -> None:
    cells = {
        "altLabels": "weaving\nweave",
        "hiddenLabels": "weeve",
        "modifiedDate": "2024-01-25 11:28:50.295000",
        "scopeNote": "By hand.",
        "inScheme": "https://a.example/1, https://a.example/2",
        "reuseLevel": "transversal",
    }
    data = csv_of(LIST, listed("a", **cells), listed("b", label="yarn", skillType="knowledge"))
    found = esco.read(gzip.compress(data), file="skills_en.csv.gz")
    assert told(found) == []
    weave, yarn = found.skills
    assert (weave.label, weave.statement, weave.notes) == ("weave", "To weave.", "By hand.")
    assert weave.other_labels == ("weaving", "weeve")
    assert weave.changed_at is not None and weave.changed_at.year == 2024
    assert weave.details["reuseLevel"] == "transversal"
    assert weave.details["inScheme"] == ["https://a.example/1", "https://a.example/2"]
    assert (weave.kind, yarn.kind) == ("skill", "knowledge")
    assert found.framework is not None
    assert found.framework.identifier == SCHEME + "member-skills"


def test_what_is_wrong_is_said_for_all_rows_at_once() -> None:
    found = esco.read(
        csv_of(
            LIST,
            listed("a"),
            listed("a"),
            listed("b", conceptUri="skill b"),
            listed("c", preferredLabel="", description=""),
            listed("d", modifiedDate="yesterday", status="obsolete"),
        )
    )
    assert told(found) == [
        (3, "conceptUri", "duplicate", "error"),
        (4, "conceptUri", "bad_uri", "error"),
        (5, "preferredLabel", "required", "error"),
        (6, "modifiedDate", "bad_date", "warning"),
    ]
    assert [skill.is_retired for skill in found.skills] == [False, True]


def test_in_a_folder_the_fuller_list_is_believed_and_the_others_fill_in() -> None:
    files = {
        "skills_en.csv": csv_of(LIST, listed("a"), listed("b", description="")),
        "someSkillsCollection_en.csv": csv_of(
            COLLECTION,
            (SKILL + "a", "old name", "old words", f"{SKILL}g | {SKILL}b", "craft | yarn"),
            (SKILL + "b", "weave", "filled in", "", ""),
        ),
        "skillsHierarchy_en.csv": csv_of(
            HIERARCHY,
            (SKILL + "top", "skills", SKILL + "g", "craft", "With hands.", "", "S", "S1"),
        ),
        "broaderRelationsSkillPillar_en.csv": csv_of(
            ("conceptType", "conceptUri", "broaderType", "broaderUri"),
            ("KnowledgeSkillCompetence", SKILL + "b", "SkillGroup", SKILL + "g"),
        ),
        "skillSkillRelations_en.csv": csv_of(
            (
                "originalSkillUri",
                "originalSkillType",
                "relationType",
                "relatedSkillType",
                "relatedSkillUri",
            ),
            (SKILL + "a", "skill/competence", "essential", "knowledge", SKILL + "b"),
        ),
        "occupations_en.csv": csv_of(
            ("conceptUri", "iscoGroup", "preferredLabel"), ("x", "1", "y")
        ),
        "readme.txt": b"\xff\xfe",
    }
    found = esco.read_folder(files)
    assert told(found) == []
    skills = {skill.identifier.removeprefix(SKILL): skill for skill in found.skills}
    assert (skills["a"].label, skills["a"].statement) == ("weave", "To weave.")
    assert skills["b"].statement == "filled in"
    assert (skills["g"].code, skills["g"].kind) == ("S1", "category")
    tree = {tuple(end.removeprefix(SKILL) for end in pair) for pair in children(found)}
    assert tree >= {("a", "g"), ("a", "b"), ("b", "g"), ("g", "top"), ("top", SCHEME + "skills")}
    related = [one for one in found.associations if one.type == "isRelatedTo"]
    assert [(one.type_word, one.origin_title) for one in related] == [("essential", "weave")]
    assert sum(one.type == "isPartOf" for one in found.associations) == 2


def test_a_circle_and_a_contradiction_are_errors_of_their_rows() -> None:
    found = esco.read(
        csv_of(
            HIERARCHY,
            (SKILL + "x", "x", SKILL + "y", "y", "", "", "", ""),
            (SKILL + "y", "y", SKILL + "x", "x", "", "", "", ""),
            (SKILL + "x", "another name", SKILL + "z", "z", "", "", "", ""),
        )
    )
    assert told(found) == [
        (4, "Level 0 preferred term", "contradiction", "error"),
        (3, "Level 1 URI", "cycle", "error"),
    ]


def test_a_collection_without_its_name_has_to_be_named() -> None:
    data = csv_of(COLLECTION, (SKILL + "a", "weave", "To weave.", "", ""))
    assert told(esco.read(data, file="download.csv")) == [(None, "", "no_identity", "fatal")]
    named = esco.read(data, file="download.csv", framework_id="https://a.example/crafts")
    assert named.framework is not None
    assert named.framework.identifier == "https://a.example/crafts"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (gzip.compress(b"x" * 10, mtime=0)[:-4], "damaged"),
        (b"\x1f\x8bnot gzip", "damaged"),
        (csv_of(("conceptUri", "broaderUri"), (SKILL + "a", SKILL + "b")), "links_only"),
        (csv_of(("conceptUri", "iscoGroup", "preferredLabel")), "not_esco"),
    ],
)
def test_a_file_that_is_no_framework_gets_a_clear_answer(data: bytes, code: str) -> None:
    assert told(esco.read(data)) == [(None, "", code, "fatal")]


@given(st.binary(max_size=300))
def test_whatever_the_bytes_there_is_an_answer(data: bytes) -> None:
    assert_says_what_is_wrong(esco.read(data))
    assert_says_what_is_wrong(esco.read_folder({"a_en.csv": data, "b_en.csv.gz": data}))


@given(
    st.lists(st.lists(st.text(max_size=12), max_size=9), max_size=6),
    st.sampled_from(["L", "C", "H"]),
)
def test_whatever_the_cells_there_is_an_answer(rows: list[list[str]], which: str) -> None:
    header = {"L": LIST, "C": COLLECTION, "H": HIERARCHY}[which]
    data = b"".join(csv_of(row) for row in [header, *rows])
    assert_says_what_is_wrong(esco.read(data, framework_id="https://a.example/f"))
