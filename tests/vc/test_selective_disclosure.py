"""Statements, the pairing of their blank nodes, and the parts of a document."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import canonical, contexts
from issuer.vc.data_integrity import selective_disclosure, statements
from issuer.vc.data_integrity.statements import Statement
from issuer.vc.errors import DataLoss, MalformedDocument, NotDivisible, OutOfBounds, PointsNowhere

V2 = contexts.CREDENTIALS_V2
EXAMPLE = "https://example.org/"
OWN = {
    "@vocab": EXAMPLE,
    "id": "@id",
    "type": "@type",
    "inOrder": {"@id": EXAMPLE + "inOrder", "@container": "@list"},
    "graph": {"@id": EXAMPLE + "graph", "@container": "@graph"},
    "json": {"@id": EXAMPLE + "json", "@type": "@json"},
}


def document(**members: Any) -> dict[str, Any]:
    return {"@context": OWN, "type": "Thing", **members}


# Statements


@pytest.mark.parametrize(
    "text",
    [
        '<urn:a> <urn:b> "with \\" and . and _:c14n0 in it" .\n',
        '<urn:a> <urn:b> "x _:c14n1 " _:c14n0 .\n',
        '<urn:a> <urn:b> "x"@en <urn:g> .\n',
        '_:c14n0 <urn:b> "x"^^<urn:type> .\n',
        "_:c14n0 <urn:b> _:c14n1 _:c14n2 .\n",
    ],
)
def test_statements_are_read_and_written(text: str) -> None:
    (statement,) = statements.read(text.encode())
    assert statements.line(statement).decode() == text


def test_only_blank_nodes_are_relabelled_and_not_what_looks_like_them() -> None:
    (statement,) = statements.read(b'_:c14n0 <urn:b> "_:c14n0 _:c14n0" _:c14n1 .\n')
    assert statements.blank_nodes([statement]) == {b"_:c14n0", b"_:c14n1"}
    relabelled = statements.relabel(statement, {b"_:c14n0": b"_:x"})
    assert statements.line(relabelled) == b'_:x <urn:b> "_:c14n0 _:c14n0" _:c14n1 .\n'


def test_what_are_no_canonical_statements_is_refused() -> None:
    with pytest.raises(MalformedDocument):
        statements.read(b"<urn:a> <urn:b> .\n")


def canonical_of(value: dict[str, Any]) -> list[Statement]:
    return statements.read(canonical.canonize(value))


def shuffled(found: list[Statement], seed: int) -> list[Statement]:
    """The same statements under other labels and in another order."""
    chance = random.Random(seed)  # noqa: S311 - of labels, not of secrets
    labels = sorted(statements.blank_nodes(found))
    others = [b"_:n%d" % number for number in range(len(labels))]
    chance.shuffle(others)
    names = dict(zip(labels, others, strict=True))
    return chance.sample([statements.relabel(each, names) for each in found], len(found))


WORDS = st.sampled_from(["a", "b"])
TREES: Any = st.recursive(
    st.dictionaries(st.sampled_from(["x", "y"]), WORDS, max_size=2),
    lambda inner: st.dictionaries(
        st.sampled_from(["x", "y", "inOrder", "graph"]),
        st.lists(inner | WORDS, min_size=1, max_size=3),
        max_size=3,
    ),
    max_leaves=10,
)


@given(TREES, st.integers(0, 99))
def test_blank_nodes_are_paired_whatever_their_labels(tree: dict[str, Any], seed: int) -> None:
    try:
        theirs = canonical_of(document(top=tree))
    except (DataLoss, OutOfBounds):
        return
    ours = shuffled(theirs, seed)
    names = statements.pair(ours, theirs)
    assert {statements.relabel(each, names) for each in ours} == set(theirs)


def test_equal_children_of_equal_parents_are_paired_with_their_own() -> None:
    child = {"x": "a", "y": [{"x": "b"}, {"x": "b"}]}
    theirs = canonical_of(document(top=[{"y": [child, child]}, {"y": [child, child]}]))
    for seed in range(20):
        ours = shuffled(theirs, seed)
        names = statements.pair(ours, theirs)
        assert {statements.relabel(each, names) for each in ours} == set(theirs)


@pytest.mark.parametrize(
    "other",
    [
        {"x": "b"},
        {"x": "a", "y": "b"},
        {"y": "a"},
        {"x": {"x": "a"}},
        [{"x": "a"}, {"x": "a"}],
        "word",
    ],
)
def test_documents_that_say_different_things_are_not_paired(other: Any) -> None:
    one = canonical_of(document(top={"x": "a"}))
    for ours, theirs in (
        (one, canonical_of(document(top=other))),
        (canonical_of(document(top=other)), one),
    ):
        with pytest.raises(MalformedDocument):
            statements.pair(ours, theirs)


# Parts


def test_without_pointers_there_is_no_part() -> None:
    assert selective_disclosure.divide(document(x="a")).part([]) == frozenset()


def test_the_part_of_everything_is_the_whole(badge: dict[str, Any]) -> None:
    divisible = selective_disclosure.divide(badge)
    assert divisible.part([""]) == divisible.whole
    names = divisible.canonical_labels
    lines = sorted(statements.line(statements.relabel(each, names)) for each in divisible.whole)
    assert b"".join(lines) == canonical.canonize(badge)


def test_a_part_has_only_what_was_chosen(badge: dict[str, Any]) -> None:
    divisible = selective_disclosure.divide(badge)
    part = divisible.part(["/credentialSubject/result/1/value"])
    said = b"".join(map(statements.line, part))
    assert part < divisible.whole
    assert b'"88.5"' in said
    assert b'"A-"' not in said
    assert b"Lovelace" not in said


def test_a_part_of_an_array_of_one_is_found() -> None:
    divisible = selective_disclosure.divide(document(x=[{"type": ["Deep"], "y": ["a"]}]))
    assert len(divisible.part(["/x/0/y/0"])) == 4


def test_an_ordered_list_is_shown_as_a_whole_or_not_at_all(badge: dict[str, Any]) -> None:
    divisible = selective_disclosure.divide(badge)
    values = "/credentialSubject/achievement/resultDescription/0/allowedValue"
    assert b'"A-"' in b"".join(map(statements.line, divisible.part([values])))
    with pytest.raises(NotDivisible, match="only as a whole"):
        divisible.part([f"{values}/1"])


def test_a_pointer_to_nothing_is_refused(badge: dict[str, Any]) -> None:
    with pytest.raises(PointsNowhere):
        selective_disclosure.divide(badge).part(["/issuer", "/issuer/nothing"])


@pytest.mark.parametrize(
    "members",
    [
        {"x": {"@context": OWN, "y": "a"}},
        {"x": ["a", [{"@context": [], "y": "a"}]]},
    ],
)
def test_contexts_inside_are_refused(members: dict[str, Any]) -> None:
    with pytest.raises(NotDivisible, match="Only the document itself"):
        selective_disclosure.divide(document(**members))


@pytest.mark.parametrize(
    "members",
    [
        {"json": {"a": 1}},
        {"graph": [{"x": "a"}, {"x": "b"}]},
        {"inOrder": ["a", ["b", "c"]]},
        {"x": [{"id": "urn:a", "inOrder": ["a"]}, {"id": "urn:a", "inOrder": ["b"]}]},
        {"id": "urn:bnid:b0"},
        {"x": {"id": "urn:bnid:b0", "y": "a"}, "y": {"y": "b"}},
    ],
)
def test_what_cannot_be_named_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(NotDivisible):
        selective_disclosure.divide(document(**members))


def test_lists_graphs_and_values_with_languages_are_named() -> None:
    divisible = selective_disclosure.divide(
        document(
            inOrder=["a", {"x": "b"}, "a"],
            graph={"x": {"y": "b"}},
            x={"@value": "a", "@language": "en"},
            y=[{"inOrder": ["a"]}, {"inOrder": ["a"]}, {"inOrder": []}],
        )
    )
    assert divisible.part([""]) == divisible.whole
    assert divisible.part(["/inOrder", "/y/1", "/x", "/graph"]) < divisible.whole


def test_what_canonical_form_refuses_is_refused() -> None:
    with pytest.raises(DataLoss):
        selective_disclosure.divide({"@context": V2, "type": "VerifiableCredential", "own": 1})


@settings(max_examples=50)
@given(TREES)
def test_a_document_can_be_divided_or_is_refused(tree: dict[str, Any]) -> None:
    try:
        divisible = selective_disclosure.divide(document(top=tree))
    except (DataLoss, NotDivisible, OutOfBounds):
        return
    assert divisible.part([""]) == divisible.whole
    assert divisible.part(["/top"]) <= divisible.whole
