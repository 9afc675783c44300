import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from issuer.vc import multibase, proofs, signers
from issuer.vc.errors import (
    DataLoss,
    MalformedDocument,
    MalformedMultibase,
    MalformedProof,
    UnsupportedProof,
    WrongSignature,
)

from .conftest import College


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
        ({"proofPurpose": "authentication"}, MalformedProof),
        ({"proofPurpose": None}, MalformedProof),
        ({"proofValue": None}, MalformedProof),
        ({"proofValue": ""}, MalformedMultibase),
        ({"proofValue": "z3"}, MalformedProof),
        ({"proofValue": "uAAAA"}, MalformedMultibase),
        ({"verificationMethod": ["did:web:college.example"]}, MalformedProof),
        ({"@context": []}, MalformedProof),
        ({"extra": "x"}, DataLoss),
        ({"type": "Ed25519Signature2020"}, UnsupportedProof),
        ({"cryptosuite": "eddsa-jcs-2022"}, UnsupportedProof),
        ({"cryptosuite": []}, UnsupportedProof),
        ({"previousProof": "urn:uuid:1"}, UnsupportedProof),
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
