"""Reading Canvas's outcomes.csv: groups, outcomes, ratings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers import canvas_outcomes
from skills.readers.records import Package
from tests.skills.sheets import assert_says_what_is_wrong, children, csv_of, told

HEADER = (
    "vendor_guid",
    "object_type",
    "title",
    "description",
    "display_name",
    "calculation_method",
    "calculation_int",
    "workflow_state",
    "parent_guids",
    "mastery_points",
    "ratings",
    "",
    "",
    "",
)
OURS = "https://quillhaven.example/outcomes"


def row(guid: str, type_: str = "outcome", *, parents: str = "", **cells: str) -> list[str]:
    known = {
        "vendor_guid": guid,
        "object_type": type_,
        "title": f"Title {guid}",
        "workflow_state": "active",
        "parent_guids": parents,
    }
    return [(known | cells).get(column, "") for column in HEADER[:10]]


def read(*rows: list[str], separator: str = ",") -> Package:
    data = csv_of(HEADER, *rows, separator=separator)
    return canvas_outcomes.read(data, file="outcomes.csv", framework_id=OURS, title="Ours")


def test_groups_outcomes_and_ratings_are_read() -> None:
    outcome = row(
        "c",
        parents="a b",
        description="Weaves <b>well</b>.",
        display_name="Weaving",
        calculation_method="n_mastery",
        calculation_int="3",
        mastery_points="2",
    )
    found = read(
        row("a", "group"), row("b", "group", parents="a"), [*outcome, "3", "Great", "1.5", "Fair"]
    )
    assert told(found) == []
    assert found.framework is not None
    assert (found.framework.identifier, found.framework.title) == (OURS, "Ours")
    group, _, skill = found.skills
    assert (group.kind, group.statement, group.kind_word) == ("category", "Title a", "group")
    assert (skill.kind, skill.label, skill.statement) == (
        "competency",
        "Title c",
        "Weaves <b>well</b>.",
    )
    assert skill.other_labels == ("Weaving",)
    assert skill.details == {
        "calculation_method": "n_mastery",
        "calculation_int": "3",
        "mastery_points": "2",
    }
    assert children(found) == {("a", OURS), ("b", "a"), ("c", "a"), ("c", "b")}
    [rubric] = found.rubrics
    [criterion] = rubric.criteria
    assert criterion.skill == "c"
    assert [(level.score, level.description, level.position) for level in criterion.levels] == [
        (3.0, "Great", 1),
        (1.5, "Fair", 2),
    ]


def test_what_is_deleted_comes_as_retired() -> None:
    found = read(row("a", workflow_state="deleted"), row("b", workflow_state=""))
    assert [skill.is_retired for skill in found.skills] == [True, False]


def test_a_spreadsheet_in_another_language_is_read_too() -> None:
    found = read([*row("a"), "3,5", "Bra", "1", "Svag"], separator=";")
    assert told(found) == []
    assert found.rubrics[0].criteria[0].levels[0].score == 3.5


def test_the_same_file_gives_the_same_identifiers() -> None:
    rows = [row("a", "group"), [*row("b", parents="a"), "2", "Good"]]
    assert read(*rows) == read(*rows)


def test_what_is_wrong_is_said_for_all_rows_at_once() -> None:
    found = read(
        row("a", "group"),
        row("a"),
        row("b c"),
        row("d", "rubric"),
        row("e", title=""),
        row("f", workflow_state="gone"),
        row("g", mastery_points="many"),
        [*row("h"), "x", "Good"],
        [*row("i"), "1", "Fair", "2", "Good"],
        [*row("j", "group"), "1", "Fair"],
        row("k", parents="elsewhere"),
        row("l", parents="k"),
        row("m", parents="d"),
        row("", "group"),
    )
    assert told(found) == [
        (3, "vendor_guid", "duplicate", "error"),
        (4, "vendor_guid", "bad_identifier", "error"),
        (5, "object_type", "unknown_word", "error"),
        (6, "title", "required", "error"),
        (7, "workflow_state", "unknown_word", "error"),
        (8, "mastery_points", "bad_number", "error"),
        (9, "ratings", "bad_number", "error"),
        (10, "ratings", "rising_points", "error"),
        (11, "ratings", "group_with_ratings", "error"),
        (15, "vendor_guid", "required", "error"),
        (13, "parent_guids", "parent_is_no_group", "error"),
        (12, "parent_guids", "outside", "warning"),
        (14, "parent_guids", "refused_reference", "error"),
    ]


def test_a_circle_of_groups_is_an_error() -> None:
    found = read(row("a", "group", parents="b"), row("b", "group", parents="a"))
    assert told(found) == [(3, "parent_guids", "cycle", "error")]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (("vendor_guid", "title"), "missing_column"),
        (("vendor_guid", "object_type", "title", "ratings", "notes"), "columns_after_ratings"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(header: tuple[str, ...], code: str) -> None:
    found = canvas_outcomes.read(csv_of(header), framework_id=OURS)
    assert told(found) == [(1, "", code, "fatal")]


@pytest.mark.parametrize("identifier", ["", " ", "x" * 201, "a\0b"])
def test_a_framework_has_to_be_named(identifier: str) -> None:
    found = canvas_outcomes.read(csv_of(HEADER, row("a")), framework_id=identifier)
    assert told(found) == [(None, "", "no_identity", "fatal")]


def test_a_title_that_cannot_be_shown_is_refused() -> None:
    found = canvas_outcomes.read(csv_of(HEADER), framework_id=OURS, title="a\0b")
    assert told(found) == [(None, "", "control_character", "fatal")]


@given(st.binary(max_size=300))
def test_whatever_the_bytes_there_is_an_answer(data: bytes) -> None:
    assert_says_what_is_wrong(canvas_outcomes.read(data, framework_id=OURS))


@given(
    st.lists(
        st.lists(
            st.text(max_size=8) | st.sampled_from(["a", "group", "outcome", "1"]), max_size=16
        ),
        max_size=6,
    )
)
def test_whatever_the_cells_there_is_an_answer(rows: list[list[str]]) -> None:
    assert_says_what_is_wrong(canvas_outcomes.read(csv_of(HEADER, *rows), framework_id=OURS))
