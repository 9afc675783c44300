"""Reading CASE packages: good ones whole, bad ones with every problem and its place."""

import copy
import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers import case, json_text
from skills.readers.problems import Problems
from skills.readers.records import Package, Problem
from tests.skills.case_documents import (
    CHANGED,
    DOCUMENT,
    ELSEWHERE,
    ITEMS,
    LINKS,
    association,
    end,
    item,
    package,
)


def read(document: object) -> Package:
    return case.read(json.dumps(document).encode(), file="p.json")


def spoiled(pointer: str, value: object) -> dict[str, Any]:
    """The good package with one value replaced, or removed where it is `...`."""
    document = package()
    *path, last = pointer.removeprefix("/").split("/")
    at: Any = document
    for step in path:
        at = at[int(step)] if isinstance(at, list) else at[step]
    key: Any = int(last) if isinstance(at, list) else last
    if value is ...:
        del at[key]
    else:
        at[key] = value
    return document


def only(found: Package) -> Problem:
    assert len(found.problems) == 1, found.problems
    return found.problems[0]


def codes(found: Package) -> list[tuple[str, str, str]]:
    return [(p.column, p.code, p.severity) for p in found.problems]


# Good packages


def test_a_good_package_gives_its_framework_skills_and_associations() -> None:
    document = package()
    document["CFDocument"] |= {"language": "en", "caseVersion": "1.1", "version": "2"}
    document["CFItems"][1] |= {
        "abbreviatedStatement": "Short",
        "humanCodingScheme": "P.1",
        "CFItemType": "Competency",
        "conceptKeywords": ["a", "b", ""],
        "educationLevel": ["13"],
        "language": "en",
        "statusStartDate": "2026-01-01",
        "statusEndDate": "2027-01-01",
    }
    document["CFAssociations"][1]["sequenceNumber"] = 7
    found = read(document)
    assert found.problems == ()
    assert found.framework is not None
    assert found.framework.title == "Practical skills"
    assert found.framework.changed_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert (found.framework.case_version, found.framework.version) == ("1.1", "2")
    skill = found.skills[1]
    assert (skill.identifier, skill.statement) == (ITEMS[1], "Statement 1")
    assert (skill.label, skill.code, skill.language) == ("Short", "P.1", "en")
    assert (skill.keywords, skill.education_levels) == (("a", "b"), ("13",))
    assert (skill.starts_on, skill.ends_on) == (date(2026, 1, 1), date(2027, 1, 1))
    top, child, _ = found.associations
    assert (top.origin, top.type, top.destination) == (ITEMS[0], "isChildOf", DOCUMENT)
    assert (child.origin, child.destination, child.sequence) == (ITEMS[1], ITEMS[0], 7)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Competency", "competency"),
        ("SKILL", "skill"),
        ("knowledge", "knowledge"),
        ("Ability", "ability"),
        ("Category", "category"),
        ("Cluster", "category"),
        ("Standard", "other"),
        ("", "other"),
    ],
)
def test_the_type_of_an_item_becomes_our_kind_and_its_word_is_kept(word: str, kind: str) -> None:
    skill = read(spoiled("/CFItems/0/CFItemType", word)).skills[0]
    assert (skill.kind, skill.kind_word) == (kind, word)


def test_the_type_of_an_item_may_stand_in_a_link_alone() -> None:
    document = spoiled("/CFItems/0/CFItemTypeURI", {**end(ELSEWHERE), "title": "Ability"})
    assert read(document).skills[0].kind == "ability"


def test_an_identifier_is_the_same_in_capitals() -> None:
    document = package()
    document["CFItems"][0]["identifier"] = ITEMS[0].upper()
    document["CFDocument"]["identifier"] = DOCUMENT.upper()
    found = read(document)
    assert found.problems == ()
    assert found.skills[0].identifier == ITEMS[0]


def test_a_byte_order_mark_is_accepted() -> None:
    data = b"\xef\xbb\xbf" + json.dumps(package()).encode()
    assert case.read(data).problems == ()


def test_markup_and_line_ends_in_a_statement_stay_as_they_are() -> None:
    statement = "<script>x</script> _a_\r\n\t| b | $x^2$ محمد 𝑑"
    found = read(spoiled("/CFItems/0/fullStatement", statement))
    assert found.problems == ()
    assert found.skills[0].statement == statement


def test_an_item_may_have_several_parents() -> None:
    document = package()
    document["CFAssociations"].append(association(3, ITEMS[2], ITEMS[1]))
    assert read(document).problems == ()


def test_a_package_of_version_1_0_or_without_associations_is_read() -> None:
    document = package()
    del document["CFAssociations"]
    document["CFItems"][0]["CFDocumentURI"] = end(DOCUMENT)
    document["CFDefinitions"] = {"CFConcepts": []}
    found = read(document)
    assert found.problems == ()
    assert found.framework is not None
    assert found.framework.case_version == "1.0"


def test_the_co_curricular_package_reads_without_a_problem(shared_data: Path) -> None:
    path = shared_data / "competencies" / "cocurricular_case_v1p1.json"
    found = case.read(path.read_bytes())
    assert found.problems == ()
    assert len(found.skills) == len(found.associations) == 24
    assert Counter(skill.kind for skill in found.skills) == {"competency": 16, "category": 8}
    assert found.framework is not None
    assert found.framework.type == "Co-curricular competencies"


@pytest.mark.parametrize(
    ("name", "skills"),
    [("ItemTypeTest", 1), ("Markdown", 2), ("SmartLevel", 14), ("Utf8Test", 1)],
)
def test_the_case_1_0_packages_of_another_system_read_without_a_problem(
    name: str, skills: int, shared_data: Path
) -> None:
    path = shared_data / "case" / f"opensalt_{name}Framework.json"
    found = case.read(path.read_bytes())
    assert found.problems == ()
    assert (len(found.skills), len(found.associations)) == (skills, skills)


# Items and associations that are wrong


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/CFItems/1/identifier", ..., "required"),
        ("/CFItems/1/identifier", "not-a-uuid", "bad_identifier"),
        ("/CFItems/1/identifier", 7, "type"),
        ("/CFItems/1/identifier", ITEMS[0], "duplicate"),
        ("/CFItems/1/identifier", DOCUMENT, "duplicate"),
        ("/CFItems/1/uri", ..., "required"),
        ("/CFItems/1/uri", "javascript:alert(1)", "bad_uri"),
        ("/CFItems/1/uri", "data:text/html,x", "bad_uri"),
        ("/CFItems/1/uri", "/items/1", "bad_uri"),
        ("/CFItems/1/uri", "https://a.example/a b", "bad_uri"),
        ("/CFItems/1/uri", "https://a.example/" + "x" * 1000, "too_long"),
        ("/CFItems/1/fullStatement", ..., "required"),
        ("/CFItems/1/fullStatement", None, "required"),
        ("/CFItems/1/fullStatement", " \n", "required"),
        ("/CFItems/1/fullStatement", ["x"], "type"),
        ("/CFItems/1/fullStatement", "x" * 20_001, "too_long"),
        ("/CFItems/1/lastChangeDateTime", ..., "required"),
        ("/CFItems/1/lastChangeDateTime", "yesterday", "bad_date"),
        ("/CFItems/1/lastChangeDateTime", "2026-02-30T00:00:00Z", "bad_date"),
        ("/CFItems/1/lastChangeDateTime", "2026-01-01T23:59:60Z", "bad_date"),
        ("/CFItems/1/lastChangeDateTime", "0001-01-01T00:00:00+01:00", "bad_date"),
        ("/CFItems/1/lastChangeDateTime", "9999-12-31T23:59:59-01:00", "bad_date"),
        ("/CFItems/1/lastChangeDateTime", "2026-W01-1", "bad_date"),
        ("/CFItems/1/lastChangeDateTime", 1767225600, "type"),
        ("/CFItems/1/statusStartDate", "01/02/2026", "bad_date"),
        ("/CFItems/1/statusEndDate", "2026-13-01", "bad_date"),
        ("/CFItems/1/conceptKeywords", "a, b", "type"),
        ("/CFItems/1/conceptKeywords", ["a", 1], "type"),
        ("/CFItems/1/educationLevel", ["x" * 256], "too_long"),
        ("/CFItems/1/language", {"en": 1}, "type"),
        ("/CFItems/1", "an item", "type"),
        ("/CFAssociations/1/identifier", ..., "required"),
        ("/CFAssociations/1/identifier", LINKS[0], "duplicate"),
        ("/CFAssociations/1/associationType", ..., "required"),
        ("/CFAssociations/1/originNodeURI", ..., "required"),
        ("/CFAssociations/1/originNodeURI", ITEMS[1], "type"),
        ("/CFAssociations/1/originNodeURI/identifier", ..., "required"),
        ("/CFAssociations/1/destinationNodeURI/uri", "file:///etc/passwd", "bad_uri"),
        ("/CFAssociations/1", None, "type"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_left_out(
    pointer: str, value: object, code: str
) -> None:
    found = read(spoiled(pointer, value))
    problem = found.problems[0]
    assert (problem.file, problem.column, problem.code) == ("p.json", pointer, code)
    assert problem.severity == "error"
    assert problem.reason.endswith(".")
    assert problem.fix.endswith(".")
    assert len(problem.value) <= 64
    assert not found.is_fatal
    kind, index = pointer.split("/")[1:3]
    assert index == "1"
    kept = found.skills if kind == "CFItems" else found.associations
    assert len(kept) == 2


def test_an_association_with_an_item_that_was_refused_is_refused_and_says_so() -> None:
    found = read(spoiled("/CFItems/0/uri", ...))
    assert codes(found) == [
        ("/CFItems/0/uri", "required", "error"),
        ("/CFAssociations/0/originNodeURI", "refused_reference", "error"),
        ("/CFAssociations/1/destinationNodeURI", "refused_reference", "error"),
        ("/CFAssociations/2/destinationNodeURI", "refused_reference", "error"),
    ]
    assert found.associations == ()


def test_an_end_before_its_start_is_refused() -> None:
    document = spoiled("/CFItems/0/statusStartDate", "2026-02-02")
    document["CFItems"][0]["statusEndDate"] = "2026-02-01"
    assert codes(read(document))[0] == ("/CFItems/0/statusEndDate", "reversed_dates", "error")


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/CFAssociations/1/associationType", "isFriendOf", "unknown_type"),
        ("/CFAssociations/1/sequenceNumber", "7", "type"),
        ("/CFAssociations/1/sequenceNumber", 1 << 40, "type"),
        ("/CFItems/1/lastChangeDateTime", "2026-01-01T00:00:00", "no_time_zone"),
        ("/CFItems/1/colour", "red", "unknown_member"),
        ("/CFDocument/__proto__", {}, "unknown_member"),
        ("/more", [], "unknown_member"),
    ],
)
def test_what_we_can_do_without_is_a_warning(pointer: str, value: object, code: str) -> None:
    found = read(spoiled(pointer, value))
    problem = only(found)
    assert (problem.column, problem.code, problem.severity) == (pointer, code, "warning")
    assert (len(found.skills), len(found.associations)) == (3, 3)


def test_an_extension_of_the_association_types_is_accepted() -> None:
    assert read(spoiled("/CFAssociations/1/associationType", "ext:teaches")).problems == ()


def test_a_member_that_case_does_not_know_is_one_warning_however_often() -> None:
    document = package()
    for one in document["CFItems"]:
        one["colour"] = "red"
    assert only(read(document)).column == "/CFItems/0/colour"


def test_a_link_to_something_outside_is_kept_with_a_warning() -> None:
    document = package()
    document["CFAssociations"].append(association(3, ITEMS[1], ELSEWHERE))
    document["CFAssociations"][3]["associationType"] = "exactMatchOf"
    found = read(document)
    problem = only(found)
    assert (problem.code, problem.severity) == ("outside", "warning")
    assert problem.column == "/CFAssociations/3/destinationNodeURI"
    assert found.associations[3].destination == ELSEWHERE
    assert found.associations[3].destination_uri.startswith("https://a.example/")


def test_an_association_with_itself_is_refused() -> None:
    document = package()
    document["CFAssociations"][1]["destinationNodeURI"] = end(ITEMS[1])
    found = read(document)
    assert codes(found) == [("/CFAssociations/1", "self_association", "error")]
    assert len(found.associations) == 2


def test_the_association_that_closes_a_circle_is_left_out_and_the_circle_is_told() -> None:
    document = package()
    document["CFAssociations"].append(association(3, ITEMS[0], ITEMS[2]))
    found = read(document)
    problem = only(found)
    assert (problem.code, problem.severity) == ("cycle", "error")
    assert ITEMS[0] in problem.reason
    assert ITEMS[2] in problem.reason
    assert len(found.associations) == 3


def test_a_circle_of_another_association_type_is_no_fault() -> None:
    document = package()
    for number, (origin, destination) in enumerate([(1, 2), (2, 1)], start=3):
        document["CFAssociations"].append(association(number, ITEMS[origin], ITEMS[destination]))
        document["CFAssociations"][number]["associationType"] = "isRelatedTo"
    assert read(document).problems == ()


def test_a_package_without_items_is_read_with_a_warning() -> None:
    document = package() | {"CFItems": [], "CFAssociations": []}
    assert codes(read(document)) == [("/CFItems", "no_items", "warning")]


def test_everything_wrong_is_told_in_one_pass() -> None:
    document = package()
    document["CFItems"][0]["uri"] = "x"
    document["CFItems"][1]["fullStatement"] = 7
    document["CFItems"][2]["lastChangeDateTime"] = "never"
    document["CFAssociations"][0]["associationType"] = None
    assert {p.column for p in read(document).problems} >= {
        "/CFItems/0/uri",
        "/CFItems/1/fullStatement",
        "/CFItems/2/lastChangeDateTime",
        "/CFAssociations/0/associationType",
    }


@pytest.mark.slow
def test_a_deep_and_wide_tangle_is_told_with_the_rest_counted() -> None:
    document = package()
    count = 20_000
    document["CFItems"] = [item(n) for n in range(count)]
    ids = [one["identifier"] for one in document["CFItems"]]
    chain = [association(n, ids[n], ids[n + 1]) for n in range(count - 1)]
    back = [association(count + n, ids[-1], ids[n]) for n in range(count - 1)]
    document["CFAssociations"] = chain + back
    data = json.dumps(document).encode()
    found = case.read(data)
    assert len(found.associations) == len(chain)
    assert found.problems[-1].code == "more_problems"


# Files that cannot be read


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_json"),
        (b"  \n", "not_json"),
        (b"<html></html>", "not_json"),
        (b'{"CFDocument": ', "not_json"),
        (b"{'CFDocument': {}}", "not_json"),
        (b'{"a": 1,}', "not_json"),
        (b'{"a": "\n"}', "not_json"),
        (b'{"a": "\0"}', "not_json"),
        (b'{"a": NaN}', "bad_number"),
        (b'{"a": -Infinity}', "bad_number"),
        (b'{"a": 1e999}', "bad_number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "bad_number"),
        (b"[" * 200_000, "too_deep"),
        (b"[" * 200_000 + b"]" * 200_000, "too_deep"),
        (b'{"a": ' * 33 + b"1" + b"}" * 33, "too_deep"),
        (b'{"a": "\xff"}', "not_utf8"),
        (b'{"a": "\xc3\xb8"}'.decode().encode("latin-1"), "not_utf8"),
        ('{"a": 1}'.encode("utf-16"), "not_utf8"),
        ('{"a": 1}'.encode("utf-16-be"), "not_utf8"),
        ('{"a": 1}'.encode("utf-16-le"), "not_utf8"),
        ('{"a": 1}'.encode("utf-32"), "not_utf8"),
        (b"null", "type"),
        (b"[]", "type"),
        (b"7", "type"),
        (b'"CFDocument"', "type"),
        (b"{}", "no_document"),
        (b'{"CFDocument": []}', "no_document"),
        (b'{"CFDocument": {}}', "bad_document"),
        (b" " * (json_text.MAX_BYTES + 1), "too_large"),
    ],
)
def test_what_is_no_package_is_fatal_and_says_why(data: bytes, code: str) -> None:
    found = case.read(data)
    fatal = [p for p in found.problems if p.severity == "fatal"]
    assert [p.code for p in fatal] == [code]
    assert found.is_fatal
    assert (found.skills, found.associations) == ((), ())


def test_the_line_of_a_fault_in_the_json_is_told() -> None:
    assert only(case.read(b'{\n\n  "CFDocument": oops\n}')).row == 3


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/CFDocument/title", ..., "bad_document"),
        ("/CFDocument/identifier", "1", "bad_document"),
        ("/CFDocument/title", "Practical\u202eskills", "bad_document"),
        ("/CFItems", {}, "type"),
        ("/CFAssociations", "none", "type"),
    ],
)
def test_a_package_spoiled_as_a_whole_is_fatal(pointer: str, value: object, code: str) -> None:
    found = read(spoiled(pointer, value))
    assert code in {p.code for p in found.problems if p.severity == "fatal"}
    assert found.is_fatal


def test_too_many_items_are_refused() -> None:
    document = spoiled("/CFItems", [None] * (case.MAX_ITEMS + 1))
    assert only(read(document)).code == "too_many"


@pytest.mark.parametrize(
    "text", ["a\0b", "a\x1bb", "a\ud800b", "a\u202eb", "a\u2066b", "a\ufffeb", "a\U000e0041b"]
)
def test_an_item_with_an_invisible_character_is_left_out(text: str) -> None:
    found = read(spoiled("/CFItems/1/fullStatement", text))
    assert codes(found)[0] == ("/CFItems/1/fullStatement", "control_character", "error")
    assert len(found.skills) == 2
    assert not found.is_fatal


def test_what_has_no_width_is_left_out_of_a_text_but_joiners_stay() -> None:
    found = read(spoiled("/CFItems/1/fullStatement", "\ufeffwash\u200bes می\u200cشوید"))
    assert not found.problems
    assert found.skills[1].statement == "washes می\u200cشوید"
    nothing = read(spoiled("/CFItems/1/fullStatement", "\u200b"))
    assert codes(nothing)[0][0] == "/CFItems/1/fullStatement"


def test_an_item_with_a_doubled_key_is_left_out() -> None:
    text = json.dumps(package()).replace('"Statement 1"', '"Statement 1", "fullStatement": "Other"')
    found = case.read(text.encode())
    assert codes(found)[0] == ("/CFItems/1/fullStatement", "duplicate_key", "error")
    assert [skill.statement for skill in found.skills] == ["Statement 0", "Statement 2"]


def test_a_doubled_key_of_the_package_is_fatal() -> None:
    text = json.dumps(package())
    found = case.read((text[:-1] + ', "CFItems": []}').encode())
    assert found.is_fatal
    assert {p.code for p in found.problems} == {"duplicate_key", "spoiled"}


def test_problems_are_kept_up_to_a_number_and_counted_beyond() -> None:
    problems = Problems("f", keep=2)
    for _ in range(5):
        problems.add("/a", code="c", reason="r", fix="f")
    assert [p.code for p in problems.listed()] == ["c", "c", "more_problems"]
    assert problems.listed()[-1].reason == "There are 3 more errors in this file."


# Anything at all


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    assert isinstance(case.read(data), Package)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from([DOCUMENT, *ITEMS, CHANGED, "isChildOf", "https://a.example/x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
PLACES = st.sampled_from(
    [
        f"{at}/{name}"
        for at, one in [
            ("/CFDocument", package()["CFDocument"]),
            ("/CFItems/0", item(0)),
            ("/CFAssociations/0", association(0, ITEMS[0], DOCUMENT)),
            ("/CFAssociations/0/originNodeURI", end(ITEMS[0])),
        ]
        for name in one
    ]
    + ["/CFItems", "/CFItems/0", "/CFAssociations", "/CFAssociations/2", "/CFDocument"]
)


@given(PLACES, JSON)
def test_no_value_anywhere_makes_the_reader_raise(pointer: str, value: object) -> None:
    document = copy.deepcopy(spoiled(pointer, value))
    found = read(document)
    within = {DOCUMENT, *(skill.identifier for skill in found.skills)}
    warned = any(p.code == "outside" for p in found.problems)
    for one in found.associations:
        assert warned or {one.origin, one.destination} <= within
