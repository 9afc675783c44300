"""The short way of expansion says what pyld says, or leaves the document to it."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pyld import jsonld

from issuer.vc import contexts
from issuer.vc.errors import DataLoss, VcError
from issuer.vc.json_ld import dataset, plain, processing
from issuer.vc.json_ld.processing import Processor
from tests.bench import mutants, seeds

# How the short way says that it does not know, or that something is wrong.
SILENT = (plain.NotPlain, VcError, jsonld.JsonLdError, ValueError, RecursionError)
CONTROLS = re.compile(rb"\\[bf]|\\u00")
# What more than one context knows, or knows by another name elsewhere.
HOSTILE_KEYS = ("id", "type", "name", "proof", "result", "image", "@id", "@graph", "issuer", "x:y")


def by_pyld(document: dict[str, Any]) -> bytes:
    """All of it by pyld, without anything remembered."""
    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        **{name: processing.new_options()[name] for name in ("documentLoader", "base")},
    }
    return jsonld.normalize(document, options).encode()


def by_plain(document: dict[str, Any]) -> bytes:
    return dataset.canonical_text(plain.expand(document, Processor()))


def documents() -> list[dict[str, Any]]:
    found = [*seeds.documents(), *seeds.presentations(), *seeds.status_lists()]
    known: list[dict[str, Any]] = [json.loads(each) for each in found]
    badge = known[0]
    unsecured = {name: value for name, value in badge.items() if name != "proof"}
    return [*known, unsecured, _record(known), _rich(unsecured), *[badge] * 3]


def _record(known: list[dict[str, Any]]) -> dict[str, Any]:
    """A record of other credentials, and such as others write them."""
    subject = {"type": ["ClrSubject"], "verifiableCredential": [known[0], known[-1]]}
    subject["achievement"] = [known[0]["credentialSubject"]["achievement"]]
    return {
        "@context": [contexts.CREDENTIALS_V2, contexts.CLR, contexts.OPEN_BADGES],
        "id": "urn:uuid:2",
        "type": ["VerifiableCredential", "ClrCredential"],
        "issuer": {"id": "did:web:college.example", "type": ["Profile"]},
        "credentialSubject": subject,
    }


def _rich(badge: dict[str, Any]) -> dict[str, Any]:
    """Objects of many types inside of each other, some of them twice on the way."""
    document: dict[str, Any] = json.loads(json.dumps(badge))
    geo = {"type": ["GeoCoordinates"], "latitude": 1.5, "longitude": -0.125}
    profile: dict[str, Any] = {
        "id": "urn:x:p",
        "type": ["Profile"],
        "address": {"type": ["Address"]},
    }
    profile["parentOrg"] = {**profile, "address": {"type": "Address", "geo": geo}}
    achievement = document["credentialSubject"]["achievement"]
    achievement["creator"] = profile
    achievement["related"] = [{"id": "urn:x:r", "type": ["Related"], "version": "2"}]
    achievement["endorsement"] = [{**badge, "type": ["VerifiableCredential"]}]
    document["evidence"] = [{"type": ["Evidence"], "name": "a"}, {"id": "urn:x:e"}, "urn:x:f"]
    return document


def mutated(document: dict[str, Any], dice: random.Random) -> dict[str, Any] | None:
    """A mutant that is still JSON: changed, with members renamed, or read in other contexts."""
    text = json.dumps(document)
    if dice.random() < 0.4:
        text = mutants.mutate(text.encode(), dice).decode(errors="ignore")
    names = sorted(set(_names(document)) - {"@context"})
    for _ in range(dice.randrange(4)):
        old, new = dice.choice(names), dice.choice((*names, *HOSTILE_KEYS))
        text = text.replace(f"{json.dumps(old)}:", f"{json.dumps(new)}:", dice.choice((1, -1)))
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    if dice.random() < 0.3:
        found["@context"] = dice.sample(sorted(contexts.PINNED), dice.randint(1, 3))
    return found


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, dict | list):
            yield from _names(member)


def test_most_documents_are_plain_and_say_the_same() -> None:
    said = [_differs(document) for document in documents()]
    assert True not in said
    assert said.count(False) > 7


def _differs(document: dict[str, Any]) -> bool | None:
    """Whether the short way says something else; None where it says nothing."""
    try:
        text = by_plain(document)
    except SILENT:
        return None
    try:
        Processor().expand_all(document)
    except DataLoss:
        return True
    # pyld does not escape control characters as RDFC-1.0 asks.
    return not CONTROLS.search(text) and text != by_pyld(document)


@pytest.mark.parametrize("seed", range(4))
def test_a_mutant_that_is_still_plain_says_what_pyld_makes_of_it(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (no secret)
    known = [document for document in documents() if _differs(document) is not None]
    said = []
    for _ in range(120):
        document = mutated(dice.choice(known), dice)
        if document is not None:
            differs = _differs(document)
            assert not differs, json.dumps(document)
            said.append(differs is not None)
    assert said.count(True) > 10


def test_a_term_without_meaning_is_not_plain() -> None:
    document = {"@context": [contexts.CREDENTIALS_V2], "id": "urn:x:1", "gpa": "4.0"}
    with pytest.raises(plain.NotPlain):
        by_plain(document)


@pytest.mark.parametrize(
    "members",
    [
        {"id": "relative"},
        {"id": "_:label"},
        {"@context": [contexts.CREDENTIALS_V1], "id": "cred:prefixed"},
        {"id": ["urn:x:1"]},
        {"type": ["Undefined"]},
        {"type": [["VerifiableCredential"]]},
        {"type": "id"},
        {"name": {"@value": "text", "@language": "de"}},
        {"name": [["nested"]]},
        {"name": [None]},
        {"issuer": "relative"},
        {"@context": [contexts.CREDENTIALS_V2, {"gpa": "urn:x:gpa"}], "gpa": "4.0"},
        {"@context": [contexts.CREDENTIALS_V2, contexts.EXAMPLES_V2], "gpa": "4.0"},
        {"credentialSchema": {"id": "urn:x:s", "type": "JsonSchema", "jsonSchema": {"a": 1}}},
    ],
)
def test_what_asks_for_more_is_left_to_pyld(members: dict[str, Any]) -> None:
    document = {
        "@context": [contexts.CREDENTIALS_V2],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential"],
        "name": "text",
    }
    by_plain(document)
    with pytest.raises(plain.NotPlain):
        by_plain({**document, **members})


def test_what_came_with_a_type_ends_with_its_object() -> None:
    """`proof` under the data model; the scopes of Achievement, Result and Profile."""
    document = _rich(seeds.badge())
    assert by_plain(document) == by_pyld(document)
