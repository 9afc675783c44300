import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from issuer.vc import contexts, credential, multibase, signers
from issuer.vc.data_integrity import proofs
from issuer.vc.data_integrity.cryptosuites import eddsa_jcs_2022
from issuer.vc.errors import (
    DataLoss,
    MalformedDocument,
    MalformedMultibase,
    MalformedProof,
    UnknownPreviousProof,
    UnsupportedKey,
    UnsupportedProof,
    WrongChallenge,
    WrongDomain,
    WrongPurpose,
    WrongSignature,
)

from .conftest import NOW, College


def test_a_proof_is_one_object_and_states_no_context(
    college: College, badge: dict[str, Any]
) -> None:
    before = copy.deepcopy(badge)
    signed = college.sign(badge, created=datetime(2026, 1, 31, 12, 0, 1, tzinfo=UTC))
    assert badge == before
    assert {name: signed[name] for name in badge} == badge
    proof = signed["proof"]
    assert proof == {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-01-31T12:00:01Z",
        "verificationMethod": college.method,
        "proofPurpose": "assertionMethod",
        "proofValue": proof["proofValue"],
    }
    assert len(multibase.decode_base58btc(proof["proofValue"])) == 64


def test_the_same_document_key_and_moment_give_the_same_proof(
    college: College, badge: dict[str, Any]
) -> None:
    assert college.sign(badge) == college.sign(copy.deepcopy(badge))


def test_what_was_signed_verifies_with_its_key_only(
    college: College, signed: dict[str, Any]
) -> None:
    proofs.verify_proof(signed, public_key=college.signer.public_multibase)
    other = signers.Ed25519Signer(b"\x08" * 32).public_multibase
    with pytest.raises(WrongSignature):
        proofs.verify_proof(signed, public_key=other)


def test_a_proof_in_a_list_verifies_like_one_alone(
    college: College, signed: dict[str, Any]
) -> None:
    signed["proof"] = [signed["proof"]]
    proofs.verify_proof(signed, public_key=college.signer.public_multibase)


def test_a_changed_document_does_not_verify(college: College, signed: dict[str, Any]) -> None:
    signed["credentialSubject"]["result"][0]["value"] = "A"
    with pytest.raises(WrongSignature):
        proofs.verify_proof(signed, public_key=college.signer.public_multibase)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"created": "2026-06-15T12:00:00Z"}, WrongSignature),
        ({"expires": "2027-06-15T12:00:00Z"}, WrongSignature),
        ({"verificationMethod": "did:web:other.example#z6Mk"}, WrongSignature),
        ({"proofPurpose": "authentication"}, WrongPurpose),
        ({"proofPurpose": None}, MalformedProof),
        ({"proofValue": None}, MalformedProof),
        ({"proofValue": ""}, MalformedMultibase),
        ({"proofValue": "z3"}, MalformedProof),
        ({"proofValue": "uAAAA"}, MalformedMultibase),
        ({"verificationMethod": ["did:web:college.example"]}, MalformedProof),
        ({"@context": []}, MalformedProof),
        ({"extra": "x"}, DataLoss),
        ({"type": "Ed25519Signature2020"}, UnsupportedProof),
        ({"type": ["DataIntegrityProof"]}, UnsupportedProof),
        ({"cryptosuite": "bbs-2023"}, UnsupportedProof),
        ({"cryptosuite": "ecdsa-rdfc-2019"}, UnsupportedKey),
        ({"cryptosuite": "eddsa-jcs-2022"}, WrongSignature),
        ({"cryptosuite": []}, UnsupportedProof),
        ({"previousProof": "urn:uuid:1"}, UnknownPreviousProof),
        ({"previousProof": ["urn:uuid:1"]}, UnknownPreviousProof),
        ({"previousProof": []}, MalformedProof),
        ({"previousProof": 7}, MalformedProof),
        ({"previousProof": ["urn:uuid:1", 7]}, MalformedProof),
        ({"id": "urn:uuid:1", "previousProof": "urn:uuid:1"}, UnknownPreviousProof),
        ({"id": "1"}, MalformedProof),
        ({"created": "2026-06-15"}, MalformedDocument),
        ({"expires": None}, MalformedDocument),
    ],
    ids=str,
)
def test_a_changed_proof_does_not_verify(
    college: College,
    signed: dict[str, Any],
    changes: dict[str, Any],
    error: type[Exception],
) -> None:
    signed["proof"].update(changes)
    with pytest.raises(error):
        proofs.verify_proof(signed, public_key=college.signer.public_multibase)


def test_none_or_several_proofs_are_refused(college: College, signed: dict[str, Any]) -> None:
    key = college.signer.public_multibase
    with pytest.raises(MalformedProof):
        proofs.verify_proof({**signed, "proof": []}, public_key=key)
    with pytest.raises(MalformedProof):
        proofs.verify_proof({**signed, "proof": [signed["proof"]] * 2}, public_key=key)
    with pytest.raises(MalformedDocument):
        proofs.verify_proof({**signed, "proof": "z"}, public_key=key)


def test_a_document_is_refused_before_the_key_is_used(badge: dict[str, Any]) -> None:
    class Untouched:
        kind = "Ed25519"
        public_multibase = "z6Mk"

        def sign(self, message: bytes) -> bytes:
            raise AssertionError("the key was used")

    options = {
        "signer": Untouched(),
        "verification_method": "did:web:college.example#z6Mk",
        "created": datetime(2026, 1, 31, tzinfo=UTC),
    }
    with pytest.raises(DataLoss):
        proofs.add_proof({**badge, "gpa": 4}, **options)
    with pytest.raises(MalformedDocument):
        proofs.add_proof({**badge, "proof": []}, **options)
    with pytest.raises(MalformedDocument):
        proofs.add_proof({"id": "urn:uuid:1"}, **options)
    with pytest.raises(DataLoss):
        proofs.add_proof(badge, **{**options, "verification_method": "relative"})


# Sets and chains


def published(data: Path, name: str) -> Any:
    return json.loads((data / f"vectors/w3c-eddsa/proof-set-chain/{name}.json").read_text())


def holders(data: Path) -> list[signers.Signer]:
    pairs = published(data, "multiKeyPairs").values()
    found = [
        signers.Ed25519Signer(multibase.decode_base58btc(pair["privateKeyMultibase"])[2:])
        for pair in pairs
    ]
    assert [each.public_multibase for each in found] == [p["publicKeyMultibase"] for p in pairs]
    return found


@pytest.mark.parametrize(
    ("number", "config", "before", "after"),
    [
        (0, "proofSetConfig1", "unsigned", "signedProofSet1"),
        (1, "proofSetConfig2", "signedProofSet1", "signedProofSet2"),
        (2, "proofChainConfig1", "signedProofSet2", "signedProofChain1"),
        (3, "proofChainConfig2", "signedProofChain1", "signedProofChain2"),
    ],
)
def test_sets_and_chains_are_those_that_are_published_to_the_byte(
    shared_data: Path, number: int, config: str, before: str, after: str
) -> None:
    signer = holders(shared_data)[number]
    signed = proofs.append_proof(
        published(shared_data, before), published(shared_data, config), signer=signer
    )
    text = (shared_data / f"vectors/w3c-eddsa/proof-set-chain/{after}.json").read_text()
    assert json.dumps(signed, indent=2) == text
    last = credential.proofs(signed)[-1]
    assert last == published(shared_data, config.replace("Config", "ConfigSigned"))
    proofs.check(signed, last, public_key=signer.public_multibase)


@pytest.mark.parametrize(
    ("document", "number", "covered"),
    [
        ("signedProofChain2", 2, "proofChainTempDoc1"),
        ("signedProofChain2", 3, "proofChainTempDoc2"),
    ],
)
def test_a_chained_proof_covers_the_proofs_that_it_follows(
    shared_data: Path, document: str, number: int, covered: str
) -> None:
    signed = published(shared_data, document)
    before = proofs.previous_proofs(signed, signed["proof"][number])
    assert {**credential.unsecured(signed), "proof": before} == published(shared_data, covered)


@pytest.mark.parametrize("number", range(4))
def test_every_proof_of_a_published_chain_is_checked_alone(shared_data: Path, number: int) -> None:
    signed = published(shared_data, "signedProofChain2")
    for index, holder in enumerate(holders(shared_data)):
        if index == number:
            proofs.check(signed, signed["proof"][number], public_key=holder.public_multibase)
        else:
            with pytest.raises(WrongSignature):
                proofs.check(signed, signed["proof"][number], public_key=holder.public_multibase)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found[0].update(created="2023-02-24T23:36:39Z"),
        lambda found: found[0].update(proofValue=found[1]["proofValue"]),
        lambda found: found[0].pop("proofValue"),
        lambda found: found[1].update(proofPurpose="authentication"),
        lambda found: found[2].update(previousProof=found[1]["id"]),
        lambda found: found[2].update(previousProof=[found[1]["id"]]),
    ],
)
def test_a_chained_proof_does_not_fit_when_one_before_it_was_changed(
    shared_data: Path, spoil: Callable[[Any], None]
) -> None:
    signed = published(shared_data, "signedProofChain1")
    spoil(signed["proof"])
    with pytest.raises(WrongSignature):
        proofs.check(
            signed, signed["proof"][2], public_key=holders(shared_data)[2].public_multibase
        )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.pop(0),
        lambda found: found[0].pop("id"),
        lambda found: found[0].update(id=found[1]["id"]),
        lambda found: found.append(found[0]),
        lambda found: found[2].update(previousProof=[found[0]["id"]] * 2),
        lambda found: found[2].update(previousProof="urn:uuid:nobody"),
    ],
)
def test_a_chained_proof_is_refused_when_one_before_it_is_missing_or_not_one(
    shared_data: Path, spoil: Callable[[Any], None]
) -> None:
    signed = published(shared_data, "signedProofChain1")
    last = signed["proof"][2]
    spoil(signed["proof"])
    with pytest.raises(UnknownPreviousProof):
        proofs.check(signed, last, public_key=holders(shared_data)[2].public_multibase)


def test_no_chain_is_made_on_a_proof_that_is_not_there(
    college: College, signed: dict[str, Any]
) -> None:
    for previous in ("urn:uuid:1", ["urn:uuid:1"]):
        config = proofs.proof_config(
            verification_method=college.method, created=NOW, previous_proof=previous
        )
        with pytest.raises(UnknownPreviousProof):
            proofs.append_proof(signed, config, signer=college.signer)


SUITES = [
    ("eddsa-rdfc-2022", "Ed25519"),
    ("eddsa-jcs-2022", "Ed25519"),
    ("ecdsa-rdfc-2019", "P-256"),
    ("ecdsa-rdfc-2019", "P-384"),
    ("ecdsa-jcs-2019", "P-256"),
    ("ecdsa-jcs-2019", "P-384"),
]


@pytest.mark.parametrize("second", SUITES, ids="-".join)
@pytest.mark.parametrize("first", SUITES, ids="-".join)
def test_proofs_of_any_two_suites_make_a_chain(
    badge: dict[str, Any], first: tuple[str, str], second: tuple[str, str]
) -> None:
    document = badge
    made: list[signers.Signer] = []
    for number, (suite, kind) in enumerate([first, second]):
        signer = signers.from_secret(kind, signers.draw_secret(kind))
        made.append(signer)
        config = proofs.proof_config(
            cryptosuite=suite,
            verification_method=f"did:key:{signer.public_multibase}#{signer.public_multibase}",
            created=NOW,
            id=f"urn:uuid:{number}",
            previous_proof="urn:uuid:0" if number else None,
        )
        document = proofs.append_proof(document, config, signer=signer)
    for signer, proof in zip(made, document["proof"], strict=True):
        proofs.check(document, proof, public_key=signer.public_multibase)
    document["proof"][0]["created"] = "2026-06-15T12:00:01Z"
    with pytest.raises(WrongSignature):
        proofs.check(document, document["proof"][1], public_key=made[1].public_multibase)


# What a proof is made for


def authentication(college: College, **options: Any) -> dict[str, Any]:
    document = {"@context": [contexts.CREDENTIALS_V2], "type": ["VerifiablePresentation"]}
    config = proofs.proof_config(
        verification_method=college.method, created=NOW, purpose="authentication", **options
    )
    return proofs.append_proof(document, config, signer=college.signer)


@pytest.mark.parametrize(
    ("stated", "expected", "error"),
    [
        ({}, {"purpose": "assertionMethod"}, WrongPurpose),
        ({}, {"challenge": "c"}, WrongChallenge),
        ({"challenge": "b"}, {"challenge": "c"}, WrongChallenge),
        ({}, {"domain": "d"}, WrongDomain),
        ({"domain": "e"}, {"domain": "d"}, WrongDomain),
        ({"domain": ["d", "e"]}, {"domain": "d"}, WrongDomain),
    ],
)
def test_a_proof_made_for_something_else_is_refused(
    college: College,
    stated: dict[str, Any],
    expected: dict[str, Any],
    error: type[Exception],
) -> None:
    signed = authentication(college, **stated)
    with pytest.raises(error):
        proofs.check(
            signed,
            signed["proof"],
            public_key=college.signer.public_multibase,
            **{"purpose": "authentication", **expected},
        )


@pytest.mark.parametrize("domain", ["d", ["d"]])
def test_a_proof_made_for_this_domain_and_challenge_is_accepted(
    college: College, domain: Any
) -> None:
    signed = authentication(college, domain=domain, challenge="c", expires=NOW)
    for expected in ({}, {"domain": "d"}, {"challenge": "c"}, {"domain": "d", "challenge": "c"}):
        proofs.check(
            signed,
            signed["proof"],
            public_key=college.signer.public_multibase,
            purpose="authentication",
            **expected,
        )


def test_nobody_signs_with_a_suite_that_is_only_checked(
    college: College, badge: dict[str, Any]
) -> None:
    for suite in ("Ed25519Signature2020", "bbs-2023"):
        with pytest.raises(UnsupportedProof):
            college.sign(badge, cryptosuite=suite)


# Contexts that a proof repeats


def with_contexts(college: College, badge: dict[str, Any]) -> dict[str, Any]:
    return college.sign(badge, cryptosuite="eddsa-jcs-2022")


def test_a_jcs_proof_repeats_the_contexts_that_it_was_made_under(
    college: College, badge: dict[str, Any]
) -> None:
    signed = with_contexts(college, badge)
    assert signed["proof"]["@context"] == badge["@context"]
    proofs.verify_proof(signed, public_key=college.signer.public_multibase)


def test_the_documents_contexts_must_begin_with_those_of_a_jcs_proof(
    college: College, badge: dict[str, Any]
) -> None:
    """VC-DI-EdDSA, section 3.3.2; `verify` asks for the very same ones."""
    signed = with_contexts(college, badge)
    key = college.signer.public_multibase
    longer = {**signed, "@context": [*signed["@context"], contexts.CLR]}
    proofs.verify_proof(longer, public_key=key)
    for other in (signed["@context"][:-1], signed["@context"][::-1], [contexts.CLR], None):
        with pytest.raises(MalformedProof):
            proofs.verify_proof({**signed, "@context": other}, public_key=key)


def test_a_jcs_proof_without_contexts_covers_the_documents_own(
    college: College, badge: dict[str, Any]
) -> None:
    config = proofs.proof_config(
        cryptosuite="eddsa-jcs-2022", verification_method=college.method, created=NOW
    )
    value = eddsa_jcs_2022.sign(badge, config, signer=college.signer)
    signed = {**badge, "proof": {**config, "proofValue": value}}
    key = college.signer.public_multibase
    proofs.verify_proof(signed, public_key=key)
    with pytest.raises(WrongSignature):
        longer = {**signed, "@context": [*signed["@context"], contexts.CLR]}
        proofs.verify_proof(longer, public_key=key)


# Ed25519Signature2020


def older(data: Path) -> tuple[dict[str, Any], str]:
    folder = data / "vectors/w3c-eddsa/Ed25519Signature2020"
    signed = json.loads((folder / "signedEdSig.json").read_text())
    return signed, signed["proof"]["verificationMethod"].partition("#")[2]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"created": None}, MalformedDocument),
        ({"created": "2023-02-24"}, MalformedDocument),
        ({"proofPurpose": "authentication"}, WrongPurpose),
        ({"proofPurpose": None}, MalformedProof),
        ({"proofValue": "z"}, MalformedProof),
        ({"proofValue": None}, MalformedProof),
        ({"verificationMethod": None}, MalformedProof),
        ({"cryptosuite": "eddsa-rdfc-2022"}, UnsupportedProof),
        ({"@context": []}, MalformedProof),
    ],
    ids=str,
)
def test_a_changed_proof_of_the_older_suite_does_not_verify(
    shared_data: Path, changes: dict[str, Any], error: type[Exception]
) -> None:
    signed, key = older(shared_data)
    proofs.verify_proof(signed, public_key=key)
    signed["proof"].update(changes)
    with pytest.raises(error):
        proofs.verify_proof(signed, public_key=key)


def test_a_proof_of_the_older_suite_says_when_it_was_made(shared_data: Path) -> None:
    signed, key = older(shared_data)
    del signed["proof"]["created"]
    with pytest.raises(MalformedProof, match="when it was made"):
        proofs.verify_proof(signed, public_key=key)
