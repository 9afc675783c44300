import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc.errors import (
    ForbiddenValue,
    MalformedDisclosure,
    MalformedToken,
    OutOfBounds,
    PointsNowhere,
    VcError,
)
from issuer.vc.jose import jws, sd_jwt

from .tokens import b64

PERSON = {
    "name": "Ana Núñez",
    "address": {"street": "Rue 1", "city": "Lyon"},
    "courses": ["Statistics", {"title": "Logic", "credits": 3}, ["a", "b"]],
}


def conceal(claims: Any, *pointers: str, **options: Any) -> tuple[dict[str, Any], list[str]]:
    return sd_jwt.conceal(claims, pointers=pointers, **options)


def reveal(claims: Any, disclosures: list[str]) -> dict[str, Any]:
    return sd_jwt.reveal(claims, disclosures).claims


def disclosure(*content: Any) -> str:
    return b64(json.dumps(list(content)).encode())


def digest(text: str) -> str:
    return sd_jwt.digest(text, by="sha-256")


def opened(disclosures: list[str]) -> list[Any]:
    return [json.loads(jws.decode(each)) for each in disclosures]


def test_the_digest_is_the_one_that_the_specification_prints() -> None:
    text = b64('["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"]'.encode())
    assert digest(text) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


def test_what_is_hidden_leaves_a_digest_and_comes_back_with_its_disclosure() -> None:
    hidden, disclosures = conceal(PERSON, "/name", new_salt=iter(["salt"]).__next__)
    assert opened(disclosures) == [["salt", "name", "Ana Núñez"]]
    assert hidden == {
        "address": PERSON["address"],
        "courses": PERSON["courses"],
        "_sd": [digest(disclosures[0])],
        "_sd_alg": "sha-256",
    }
    assert reveal(hidden, disclosures) == PERSON
    assert reveal(hidden, []) == {key: PERSON[key] for key in ("address", "courses")}


def test_without_anything_hidden_nothing_is_added() -> None:
    assert conceal(PERSON, decoys=3) == (PERSON, [])


def test_elements_of_arrays_are_hidden_in_their_place() -> None:
    hidden, disclosures = conceal(PERSON, "/courses/0", "/courses/2/1")
    assert list(hidden["courses"][0]) == ["..."]
    assert len(opened(disclosures)[0]) == 2
    assert reveal(hidden, disclosures) == PERSON
    assert reveal(hidden, disclosures[:1])["courses"] == [*PERSON["courses"][:2], ["a"]]
    assert reveal(hidden, disclosures[1:])["courses"] == PERSON["courses"][1:]


def test_what_is_hidden_may_hide_something_itself() -> None:
    hidden, disclosures = conceal(PERSON, "/address", "/address/street")
    street, address = disclosures
    assert reveal(hidden, disclosures) == PERSON
    assert reveal(hidden, [address])["address"] == {"city": "Lyon"}
    with pytest.raises(MalformedDisclosure):
        reveal(hidden, [street])


def test_decoys_cannot_be_told_from_digests() -> None:
    hidden, disclosures = conceal(PERSON, "/name", "/address/street", decoys=3)
    assert len(hidden["_sd"]) == len(hidden["address"]["_sd"]) == 4
    assert hidden["_sd"] == sorted(hidden["_sd"])
    assert {len(each) for each in hidden["_sd"]} == {43}
    assert reveal(hidden, disclosures) == PERSON


def test_salts_are_fresh_and_long() -> None:
    pointers = ["/name", "/address", "/address/street", "/courses/0", "/courses/1/title"]
    _, first = conceal(PERSON, *pointers)
    _, second = conceal(PERSON, *pointers)
    salts = [content[0] for content in opened(first + second)]
    assert len(set(salts)) == 10
    assert {len(jws.decode(salt)) for salt in salts} == {16}


@pytest.mark.parametrize(
    "pointer", ["", "/", "/x", "/name/x", "/courses/3", "/courses/-", "/courses/01", "name", 7]
)
def test_a_pointer_to_nothing_that_can_be_hidden_is_refused(pointer: Any) -> None:
    with pytest.raises(PointsNowhere):
        conceal(PERSON, pointer)


@pytest.mark.parametrize("name", ["_sd", "_sd_alg", "..."])
def test_names_that_sd_jwt_reserves_are_refused(name: str) -> None:
    for claims in ({name: 1}, {"a": {name: 1}}, {"a": [{name: 1}]}):
        with pytest.raises(ForbiddenValue):
            conceal(claims)


@pytest.mark.parametrize("value", [2**60, float("nan"), "\ud800", {1}])
def test_what_no_strict_reader_would_take_is_not_hidden(value: Any) -> None:
    with pytest.raises(VcError):
        conceal({"a": value}, "/a")


def test_the_depth_is_bounded_on_both_sides() -> None:
    deep: Any = {}
    for _ in range(50_000):
        deep = {"a": deep}
    with pytest.raises(OutOfBounds):
        conceal(deep)
    with pytest.raises(OutOfBounds):
        reveal(deep, [])
    with pytest.raises(OutOfBounds):
        reveal({}, ["A"] * 501)


def test_a_chain_of_disclosures_is_bounded_too() -> None:
    chain, value = [], {}
    for _ in range(40):
        text = disclosure("s", "a", value)
        chain.append(text)
        value = {"_sd": [digest(text)]}
    with pytest.raises(OutOfBounds):
        reveal(value, chain)


GOOD = disclosure("s", "a", 1)
ELEMENT = disclosure("s", 1)


@pytest.mark.parametrize(
    ("claims", "disclosures"),
    [
        # a disclosure that belongs to nothing, twice the same, the same digest in two places
        ({}, [GOOD]),
        ({"_sd": [digest(GOOD)]}, [GOOD, GOOD]),
        ({"_sd": [digest(GOOD)] * 2}, [GOOD]),
        ({"_sd": [digest(GOOD)], "b": {"_sd": [digest(GOOD)]}}, []),
        ({"b": [{"...": digest(ELEMENT)}] * 2}, []),
        # it names what is there, by the issuer or another disclosure
        ({"_sd": [digest(GOOD)], "a": 2}, [GOOD]),
        (
            {"_sd": [digest(GOOD), digest(disclosure("t", "a", 2))]},
            [GOOD, disclosure("t", "a", 2)],
        ),
        # it stands in the wrong kind of place
        ({"_sd": [digest(ELEMENT)]}, [ELEMENT]),
        ({"a": [{"...": digest(GOOD)}]}, [GOOD]),
        ({"...": digest(GOOD)}, []),
        ({"a": [{"...": digest(ELEMENT), "b": 1}]}, [ELEMENT]),
        # its name is reserved or none
        *[
            ({"_sd": [digest(text)]}, [text])
            for text in (
                disclosure("s", "_sd", 1),
                disclosure("s", "...", 1),
                disclosure("s", 7, 1),
                disclosure(7, "a", 1),
                disclosure(),
                disclosure("s"),
                disclosure("s", "a", 1, 2),
                b64(b"{}"),
                b64(b'["s","a",{"b":1,"b":2}]'),
                b64(b"\xff"),
                "",
                "A",
                "=",
            )
        ],
        # digests are texts
        ({"_sd": digest(GOOD)}, []),
        ({"_sd": [7]}, []),
        ({"_sd": None}, []),
        ({"a": [{"...": 7}]}, []),
        ({"a": [{"...": ["x"]}]}, []),
        ({}, ["é"]),
    ],
)
def test_disclosures_that_cannot_be_placed_for_certain_are_refused(
    claims: dict[str, Any], disclosures: list[str]
) -> None:
    with pytest.raises(MalformedDisclosure):
        reveal(claims, disclosures)


def test_hashes_other_than_the_usual_are_known_or_refused() -> None:
    for name in ("sha-256", "sha-384", "sha-512"):
        claims = {"_sd": [sd_jwt.digest(GOOD, by=name)], "_sd_alg": name}
        assert reveal(claims, [GOOD]) == {"a": 1}
    for other in ("md5", "SHA-256", "", None, ["sha-256"]):
        with pytest.raises(MalformedToken):
            reveal({"_sd_alg": other}, [])


# The holder's choice


def chosen(*pointers: str) -> dict[str, Any]:
    hidden, disclosures = conceal(
        PERSON, "/name", "/address", "/address/street", "/courses/0", "/courses/1/title"
    )
    kept = sd_jwt.choose(sd_jwt.reveal(hidden, disclosures), pointers)
    return reveal(hidden, kept)


def test_the_holder_shows_what_was_chosen_and_what_it_lies_in() -> None:
    rest = {"courses": [{"credits": 3}, ["a", "b"]]}
    assert chosen() == rest
    assert chosen("/name") == {**rest, "name": "Ana Núñez"}
    assert chosen("/address") == {**rest, "address": {"city": "Lyon"}}
    assert chosen("/address/street") == {**rest, "address": PERSON["address"]}
    assert chosen("/address", "/address/street") == {**rest, "address": PERSON["address"]}
    assert chosen("/courses/0")["courses"] == ["Statistics", {"credits": 3}, ["a", "b"]]
    assert chosen("/courses/1/title")["courses"] == [{"title": "Logic", "credits": 3}, ["a", "b"]]


@pytest.mark.parametrize("pointer", ["", "/x", "/courses", "/address/city", "x"])
def test_what_cannot_be_left_out_cannot_be_chosen(pointer: str) -> None:
    with pytest.raises(PointsNowhere):
        chosen(pointer)


# Properties

NAMES = st.sampled_from(["a", "b/c", "d~e", "", "é", "0"])
CLAIMS = st.dictionaries(
    NAMES,
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def pointers_into(value: Any, pointer: str = "") -> list[str]:
    if isinstance(value, dict):
        children = [
            (f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}", member)
            for name, member in value.items()
        ]
    elif isinstance(value, list):
        children = [(f"{pointer}/{index}", item) for index, item in enumerate(value)]
    else:
        return []
    return list(
        itertools.chain.from_iterable(
            [where, *pointers_into(child, where)] for where, child in children
        )
    )


@given(st.data())
def test_whatever_is_hidden_comes_back_and_nothing_else_is_seen(data: st.DataObject) -> None:
    claims = data.draw(CLAIMS)
    every = pointers_into(claims)
    pointers = data.draw(st.sets(st.sampled_from(every)) if every else st.just(set[str]()))
    hidden, disclosures = conceal(claims, *pointers, decoys=1)
    assert len(disclosures) == len(pointers)
    revealed = sd_jwt.reveal(hidden, disclosures)
    assert revealed.claims == claims
    assert len(revealed.needed) == len(pointers)

    shown = data.draw(st.sets(st.sampled_from(sorted(pointers))) if pointers else st.just(set()))
    kept = sd_jwt.choose(revealed, shown)
    assert set(kept) <= set(disclosures)
    assert (reveal(hidden, kept) == claims) == (len(kept) == len(disclosures))


@settings(max_examples=200)
@given(CLAIMS, st.lists(st.text("AWyJzIiwiYSIsMV0-_", max_size=12), max_size=3))
def test_strange_disclosures_are_refused_in_our_words(
    claims: dict[str, Any], disclosures: list[str]
) -> None:
    claims = {**claims, "_sd": [digest(each) for each in disclosures]}
    try:
        reveal(claims, disclosures)
    except VcError:
        pass
