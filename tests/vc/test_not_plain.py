"""What the short way of expansion leaves to pyld: terms, contexts and values that mean more."""

from typing import Any

import pytest

from issuer.vc import canonical, contexts
from issuer.vc.errors import MalformedDocument, VcError
from issuer.vc.json_ld import plain
from issuer.vc.json_ld.processing import INITIAL, ProcessedContexts, Processor, Words


def words_of(context: dict[str, Any]) -> Words:
    """The terms of a context, as if it were one of those that are remembered."""
    active = Processor().under(INITIAL, context)
    remembered = ProcessedContexts()
    remembered.put(("its key",), INITIAL, context, active)
    found = remembered.words(active)
    assert found is not None
    return found


NAME = "https://college.example/terms#name"


def test_a_term_with_an_address_a_type_and_a_simple_container_is_plain() -> None:
    stated = {"@id": NAME, "@type": "@id", "@container": "@list"}
    assert words_of({"name": stated}).meanings["name"][:4] == (NAME, "@id", True, False)
    assert words_of({"id": "@id"}).meanings["id"].iri == "@id"


@pytest.mark.parametrize(
    "stated",
    [
        {"@reverse": NAME},
        {"@id": NAME, "@language": "en"},
        {"@id": NAME, "@direction": "rtl"},
        {"@id": NAME, "@type": "@json"},
        {"@id": NAME, "@container": "@language"},
        {"@id": NAME, "@container": "@index"},
        {"@id": NAME, "@container": ["@graph", "@id"]},
        {"@id": "@graph"},
        None,
    ],
    ids=str,
)
def test_a_term_that_means_more_is_known_and_not_plain(stated: Any) -> None:
    words = words_of({"name": stated})
    assert "name" in words.names
    assert "name" not in words.meanings


def test_a_term_whose_own_context_gives_it_another_meaning_is_not_plain() -> None:
    """No pinned context does it; should one, nothing is guessed."""
    with pytest.raises(plain.NotPlain):
        plain._meaning_within("name", words_of({"name": None}))
    with pytest.raises(plain.NotPlain):
        plain._meaning_within("id", words_of({"id": "@id"}))


@pytest.mark.parametrize("stated", [{"@language": "en"}, {"@direction": "rtl"}], ids=str)
def test_where_a_context_says_something_of_every_text_nothing_is_plain(stated: Any) -> None:
    assert words_of({**stated, "name": NAME}).meanings == {}


def badge(**members: Any) -> dict[str, Any]:
    return {
        "@context": [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        **members,
    }


@pytest.mark.parametrize(
    "members",
    [
        {"name": None},
        {"name": [["nested"]]},
        {"type": [7]},
        {"type": ["VerifiableCredential", "_sd"]},
        {"@context": [contexts.CREDENTIALS_V2, {"nickname": NAME}]},
        {"credentialSubject": {"@context": {"nickname": NAME}, "nickname": "Ada"}},
    ],
    ids=str,
)
def test_a_value_or_a_context_that_is_not_plain_is_left_to_pyld(members: dict[str, Any]) -> None:
    with pytest.raises(plain.NotPlain):
        plain.expand(badge(**members), Processor())


def test_a_context_alone_is_as_good_as_a_list_of_one() -> None:
    alone = {**badge(), "@context": contexts.CREDENTIALS_V2, "type": "VerifiableCredential"}
    listed = {**alone, "@context": [contexts.CREDENTIALS_V2]}
    assert canonical.expand(alone) == canonical.expand(listed)


@pytest.mark.parametrize(
    "value", [{1, 2}, b"bytes", 1j, object()], ids=lambda each: type(each).__name__
)
def test_what_is_no_json_is_refused_by_our_own_error(value: object) -> None:
    with pytest.raises(VcError):
        canonical.expand(badge(name=value))


@pytest.mark.parametrize(
    "context",
    [
        {"nickname": {"@id": NAME, "@type": 7}},
        {"nickname": {"@id": NAME, "@context": {"other": {"@id": 7}}}},
        {"nickname": {"@id": NAME, "@context": {"other": {"@id": NAME, "@container": "@x"}}}},
        {"@version": 1.0},
    ],
    ids=str,
)
def test_a_context_that_pyld_cannot_process_is_a_fault_of_the_document(context: Any) -> None:
    with pytest.raises(MalformedDocument, match="not JSON-LD"):
        canonical.expand(badge(**{"@context": [contexts.CREDENTIALS_V2, context]}))
