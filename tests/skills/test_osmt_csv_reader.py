"""Reading the CSV of OSMT under both of its sets of headers."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers import formats, osmt_csv
from skills.readers.records import Package
from tests.skills.columns import assert_it_fits
from tests.skills.osmt_sheets import EXPORT, IMPORT, NAMES, ROW, sheet

OWN = "https://college.example/skills"


def read(header: list[str], *rows: dict[str, str], **choices: Any) -> Package:
    return osmt_csv.read(sheet(header, *rows), file="r.csv", **choices)


def codes(found: Package) -> list[tuple[int | None, str, str, str]]:
    return [(p.row, p.column, p.code, p.severity) for p in found.problems]


def test_an_export_is_read() -> None:
    url = "https://osmt.example/api/skills/1"
    found = read(EXPORT, ROW | {"Canonical URL": url})
    assert codes(found) == [(None, "", "outside", "warning")]
    assert found.framework is not None
    assert (found.framework.title, found.framework.creator) == ("Nursing", "Quillhaven College")
    (skill,) = found.skills
    assert (skill.identifier, skill.uri) == (url, url)
    assert (skill.label, skill.statement) == ("Hand Hygiene", "Wash hands; by protocol.")
    assert skill.keywords == ("hands", "soap")
    assert skill.details == {
        "categories": ["Safety", "Care"],
        "standards": ["NLN"],
        "employers": ["Ward 3", "Ward 4"],
        "authors": ["Quillhaven College"],
        "collections": [{"name": "Nursing"}],
        "occupations": ["29-0000", "29-1141", "31-1131"],
        "alignments": [
            {"id": "https://other.example/1", "skillName": "Washing", "isPartOf": "Other"},
            {"id": "https://other.example/2", "skillName": "Soap"},
        ],
    }
    assert [(one.type, one.destination_title) for one in found.associations] == [
        ("isChildOf", "Nursing"),
        ("isRelatedTo", "Washing"),
        ("isRelatedTo", "Soap"),
    ]


def test_the_words_of_the_import_say_the_same_whatever_their_case() -> None:
    row = {NAMES[name].upper(): value for name, value in ROW.items() if name in NAMES}
    found = read([name.upper() for name in IMPORT], row)
    as_exported = read(EXPORT, {name: ROW[name] for name in NAMES})
    assert found.framework == as_exported.framework
    assert found.skills == as_exported.skills
    assert len(found.associations) == 2


def test_the_published_header_is_recognised_and_has_no_rows(shared_data: Path) -> None:
    data = (shared_data / "rsd" / "osmt-batch-import-example.csv").read_bytes()
    assert formats.recognise(data) == "osmt_csv"
    assert codes(osmt_csv.read(data, framework_id=OWN)) == [(None, "", "no_items", "warning")]
    assert [p.code for p in osmt_csv.read(data).problems] == ["no_identity"]


def test_several_alignments_may_stand_in_one_cell() -> None:
    cell = "https://other.example/1; https://other.example/3"
    found = read(EXPORT, ROW | {"Alignment URL": cell, "Alignment Name": "One; Two"})
    assert [one.destination_title for one in found.associations] == [
        "Nursing",
        "One",
        "Two",
        "Soap",
    ]


def test_the_word_null_is_no_value() -> None:
    header = [*EXPORT, "Publish Status", "Archive Date"]
    found = read(header, ROW | {"Archive Date": "null", "Publish Status": "null"})
    assert not found.skills[0].is_retired
    assert "status" not in found.skills[0].details


@pytest.mark.parametrize(
    "told", [{"Publish Status": "Archived"}, {"Archive Date": "2026-01-01T00:00"}]
)
def test_an_archived_skill_is_retired(told: dict[str, str]) -> None:
    assert read([*EXPORT, *told], ROW | told).skills[0].is_retired


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("RSD Name", " ", "required"),
        ("RSD Name", "x" * 501, "too_long"),
        ("Skill Statement", "", "required"),
        ("Canonical URL", "javascript:alert(1)", "bad_uri"),
        ("Canonical URL", "https://a.example/" + "x" * 200, "too_long"),
        ("Keywords", "x" * 501, "too_long"),
        ("Alignment 2 URL", "javascript:alert(1)", "bad_uri"),
        ("Skill Statement", "a\x1bb", "control_character"),
    ],
)
def test_what_is_wrong_is_named_with_its_row_and_column(column: str, value: str, code: str) -> None:
    found = read(EXPORT, ROW, ROW | {"RSD Name": "Other", column: value}, framework_id=OWN)
    assert codes(found)[0] == (3, column, code, "error")
    assert len(found.skills) == 1
    assert found.problems[0].reason.endswith(".")


def test_all_errors_of_all_rows_are_told_at_once() -> None:
    bad = ROW | {"RSD Name": "", "Canonical URL": "x"}
    assert [(row, code) for row, _, code, _ in codes(read(EXPORT, bad, bad))][:4] == [
        (2, "bad_uri"),
        (2, "required"),
        (3, "bad_uri"),
        (3, "required"),
    ]


def test_the_same_skill_twice_is_an_error() -> None:
    found = read(EXPORT, ROW, ROW)
    assert (3, "RSD Name", "duplicate", "error") in codes(found)


def test_a_column_that_is_not_known_is_one_warning() -> None:
    found = read([*EXPORT, "Colour"], ROW | {"Colour": "red"}, ROW | {"RSD Name": "Other"})
    assert (1, "Colour", "unknown_column", "warning") in codes(found)


def test_a_header_without_what_is_needed_is_fatal() -> None:
    found = osmt_csv.read(b"RSD Name,Colour\nx,y\n", framework_id=OWN)
    assert codes(found) == [(1, "", "missing_column", "fatal")]


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    assert isinstance(osmt_csv.read(data, framework_id=OWN), Package)


CELL = st.text(max_size=12) | st.sampled_from([";", "null", "https://a.example/1", '"', "\0", OWN])
CELL |= st.sampled_from(["\u0958" * 300, "x" * 300, OWN + "x" * 300])


@given(
    st.lists(st.dictionaries(st.sampled_from([*EXPORT, *IMPORT]), CELL), max_size=4),
    st.permutations(EXPORT) | st.permutations(IMPORT),
    st.sampled_from(["", OWN]),
)
def test_no_cells_make_the_reader_raise(
    rows: list[dict[str, str]], header: list[str], framework_id: str
) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    data = text.getvalue().encode("utf-8", "surrogatepass")
    assert_it_fits(osmt_csv.read(data, framework_id=framework_id))
