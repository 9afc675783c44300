"""A property of every suite: a document of which any leaf was touched is never valid."""

import copy
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import contexts, keys, multibase, openbadges, signers, status_list
from issuer.vc.data_integrity import proofs
from issuer.vc.data_integrity.cryptosuites import ecdsa_sd_2023
from issuer.vc.signers import Signer
from issuer.vc.verification import verify

from .conftest import DID, INDEX, LIST_URL, NOW, College

pytestmark = pytest.mark.thorough

VALID = verify.Verdict.VALID
Document = dict[str, Any]
Path = tuple[str | int, ...]

SUITES = {
    "eddsa-rdfc-2022": keys.ED25519,
    "eddsa-jcs-2022": keys.ED25519,
    "ecdsa-rdfc-2019 P-256": keys.P256,
    "ecdsa-rdfc-2019 P-384": keys.P384,
    "ecdsa-jcs-2019 P-256": keys.P256,
    "ecdsa-jcs-2019 P-384": keys.P384,
}
FORMS = [*SUITES, "ecdsa-sd-2023", "set", "chain"]


def signer_of(kind: str) -> Signer:
    size = 32 if kind == keys.ED25519 else keys.CURVES[kind].size
    return signers.from_secret(kind, (7).to_bytes(size))


def badge() -> Document:
    return openbadges.AchievementCredential(
        id="urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c55",
        issuer=openbadges.Profile(id=DID, name="Example College"),
        credential_subject=openbadges.AchievementSubject(
            id="did:example:learner",
            credits_earned=2.5,
            achievement=openbadges.Achievement(
                id="https://college.example/achievements/statistics-1",
                name="Statistics 1",
                description="Sums, means and medians.",
                criteria=openbadges.Criteria(narrative="Pass the course."),
                tag=("numbers", "統計"),
            ),
            result=(openbadges.Result(value="A-"),),
        ),
        name="Statistics 1",
        valid_from=NOW - timedelta(days=1),
        valid_until=NOW + timedelta(days=1),
        credential_status=status_list.entry(list_url=LIST_URL, index=INDEX, purpose="revocation"),
    ).as_credential()


def secured(form: str) -> tuple[College, Document]:
    if form == "ecdsa-sd-2023":
        return _derived()
    if form in {"set", "chain"}:
        return _several(chained=form == "chain")
    name, _, _ = form.partition(" ")
    college = College(signer=signer_of(SUITES[form]), cryptosuite=name)
    return college, college.sign(badge())


def _derived() -> tuple[College, Document]:
    college = College(signer=signer_of(keys.P256), cryptosuite="ecdsa-rdfc-2019")
    document = badge()
    options = proofs.proof_config(
        verification_method=college.method, created=NOW, cryptosuite=ecdsa_sd_2023.NAME
    )
    pointers = [f"/{name}" for name in document if name != "@context"]
    value = ecdsa_sd_2023.sign(
        document,
        {"@context": document["@context"], **options},
        signer=college.signer,
        mandatory_pointers=[each for each in pointers if each != "/name"],
    )
    shown, value = ecdsa_sd_2023.derive(document, value, selective_pointers=["/name"])
    return college, {**shown, "proof": {**options, "proofValue": value}}


def _several(*, chained: bool) -> tuple[College, Document]:
    college = College()
    document = badge()
    for number in range(2):
        options = proofs.proof_config(
            verification_method=college.method,
            created=NOW - timedelta(minutes=number),
            id=f"urn:uuid:{number}",
            previous_proof="urn:uuid:0" if chained and number else None,
        )
        document = proofs.append_proof(document, options, signer=college.signer)
    return college, document


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value in the document, with the way to it."""
    yield path, value
    members = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else ()
    for step, member in (*members, *items):
        yield from places(member, (*path, step))


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def leaves(document: Document) -> list[Path]:
    return [path for path, value in places(document) if not isinstance(value, dict | list)]


def tied(form: str, found: list[Path]) -> list[Path]:
    """Those places that the proofs which are left would not do without.

    Of a set any proof can be taken away, and of a chain the last: so can it be made one that
    nobody here understands, or that is somebody else's, and says nothing for or against.
    """
    loose = {"set": [("proof",)], "chain": [("proof", 1)]}.get(form, [])
    whole = [("proof",)] if form == "chain" else []
    return [
        path
        for path in found
        if path not in whole and not any(path[: len(each)] == each for each in loose)
    ]


def changed(document: Document, path: Path, value: Any) -> Document:
    result = copy.deepcopy(document)
    at(result, path[:-1])[path[-1]] = value
    return result


def removed(document: Document, path: Path) -> Document:
    result = copy.deepcopy(document)
    del at(result, path[:-1])[path[-1]]
    return result


def other_values(value: Any) -> list[Any]:
    if isinstance(value, str):
        swapped = value[:-1] + ("a" if value[-1] != "a" else "b")
        return [swapped, f"{value} ", "", "urn:uuid:other", 7, True, None, [], {}]
    return [value + 1, -value, str(value), False, None]


@pytest.mark.parametrize("form", FORMS)
def test_the_document_is_valid_until_it_is_touched(form: str) -> None:
    college, document = secured(form)
    assert college.verify(document).verdict == VALID
    assert len(leaves(document)) > 30


@pytest.mark.parametrize("form", ["set", "chain"])
def test_a_proof_that_was_changed_does_not_count(form: str) -> None:
    college, document = secured(form)
    for path, value in places(document["proof"][1]):
        if path and path[-1] not in {"type", "cryptosuite", "verificationMethod"}:
            for other in other_values(value):
                touched = changed(document, ("proof", 1, *path), other)
                assert college.verify(touched).verdict != VALID, (path, other)


@pytest.mark.parametrize("form", FORMS)
def test_a_document_of_which_a_leaf_was_changed_is_never_valid(form: str) -> None:
    college, document = secured(form)
    for path in tied(form, leaves(document)):
        for value in other_values(at(document, path)):
            touched = changed(document, path, value)
            assert college.verify(touched).verdict != VALID, (path, value)


@pytest.mark.parametrize("form", FORMS)
def test_a_document_of_which_something_was_removed_is_never_valid(form: str) -> None:
    college, document = secured(form)
    for path in tied(form, [path for path, _ in places(document) if path]):
        assert college.verify(removed(document, path)).verdict != VALID, path


ADDED: list[Document] = [
    {"name": "Added"},
    {"description": "Added"},
    {"validUntil": "2099-01-01T00:00:00Z"},
    {"id": "urn:uuid:added"},
    {"note": "Added"},
    {"@note": "Added"},
    {"expires": "2099-01-01T00:00:00Z"},
    {"challenge": "Added"},
    {"type": "Achievement"},
]


@pytest.mark.parametrize("form", FORMS)
def test_a_document_to_which_something_was_added_is_never_valid(form: str) -> None:
    college, document = secured(form)
    for path in tied(form, [path for path, _ in places(document)]):
        value = at(document, path)
        if isinstance(value, dict):
            for addition in ADDED:
                if not addition.keys() & value.keys():
                    touched = copy.deepcopy(document)
                    at(touched, path).update(addition)
                    assert college.verify(touched).verdict != VALID, (path, addition)
        elif isinstance(value, list):
            for item in ("urn:uuid:added", 7, {"name": "Added"}, None):
                touched = copy.deepcopy(document)
                at(touched, path).append(item)
                assert college.verify(touched).verdict != VALID, (path, item)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)


@pytest.mark.parametrize("form", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "chain"])
@settings(max_examples=40)
@given(data=st.data())
def test_any_value_in_the_place_of_a_leaf_is_never_valid(form: str, data: st.DataObject) -> None:
    college, document = secured(form)
    path = data.draw(st.sampled_from(tied(form, leaves(document))))
    before = at(document, path)
    value = data.draw(
        SCALARS.filter(lambda value: type(value) is not type(before) or value != before)
    )
    if not (before == value and isinstance(before, float) and not isinstance(value, bool)):
        assert college.verify(changed(document, path, value)).verdict != VALID


# What a signature does not tell apart


@pytest.mark.parametrize("form", ["eddsa-rdfc-2022", "ecdsa-rdfc-2019 P-256"])
def test_contexts_are_signed_by_what_they_mean(form: str) -> None:
    """RDF knows no contexts: one that defines nothing that is used changes no statement."""
    college, document = secured(form)
    document["@context"].append(contexts.CLR)
    assert college.verify(document).verdict == VALID


@pytest.mark.parametrize("form", ["eddsa-jcs-2022", "ecdsa-jcs-2019 P-384"])
def test_contexts_of_jcs_are_signed_as_they_are(form: str) -> None:
    """VC-DI-EdDSA lets later contexts pass; what they make of the document was not signed."""
    college, document = secured(form)
    document["@context"].append(contexts.CLR)
    report = college.verify(document)
    assert report.check("signature").outcome == "failed"
    assert "contexts" in report.check("signature").detail


@pytest.mark.parametrize("form", FORMS[:6])
def test_a_signature_of_another_document_is_never_valid(form: str) -> None:
    college, document = secured(form)
    other = college.sign({**badge(), "name": "Statistics 2"})
    assert college.verify({**document, "proof": other["proof"]}).verdict != VALID
    value = multibase.decode_base58btc(document["proof"]["proofValue"])
    for spoil in (bytes.__add__, _cut, _zero):
        wrong = multibase.encode_base58btc(spoil(value, b"\0"))
        touched = changed(document, ("proof", "proofValue"), wrong)
        assert college.verify(touched).verdict != VALID


def _cut(value: bytes, byte: bytes) -> bytes:
    return value[:-1]


def _zero(value: bytes, byte: bytes) -> bytes:
    return byte * len(value)
