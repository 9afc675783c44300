"""A badge of which the learner shows parts: from the college to a stranger."""

from typing import Any

import pytest

from issuer.vc import did
from issuer.vc.data_integrity import base_proofs, mandatory_pointers, proofs
from issuer.vc.data_integrity.cryptosuites import ecdsa_rdfc_2019, ecdsa_sd_2023
from issuer.vc.errors import (
    BaseProof,
    MalformedDocument,
    MalformedMultibase,
    MalformedProof,
    PointsNowhere,
    UnsupportedKey,
    UnsupportedProof,
)
from issuer.vc.signers import Ed25519Signer, P256Signer
from issuer.vc.verification.verify import Outcome, Verdict

from .conftest import INDEX, NOW, College

Document = dict[str, Any]


@pytest.fixture
def college() -> College:
    return College(signer=P256Signer(b"\x07" * 32), cryptosuite=ecdsa_rdfc_2019.NAME)


def base(college: College, badge: Document, **changes: Any) -> Document:
    members = {
        "signer": college.signer,
        "verification_method": college.method,
        "created": NOW,
        "mandatory_pointers": mandatory_pointers.of_open_badge(badge),
    }
    return base_proofs.add(badge, **{**members, **changes})


def test_a_base_proof_is_a_lone_object_like_any_other(college: College, badge: Document) -> None:
    signed = base(college, badge)
    proof = signed.pop("proof")
    assert signed == badge
    assert proof.pop("proofValue").startswith("u2V0A")
    assert proof == {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-sd-2023",
        "created": "2026-06-15T12:00:00Z",
        "verificationMethod": college.method,
        "proofPurpose": "assertionMethod",
    }


def test_a_stranger_accepts_what_the_learner_shows(college: College, badge: Document) -> None:
    shown = base_proofs.derive(
        base(college, badge), selective_pointers=["/credentialSubject/result/0"]
    )
    assert college.verify(shown).verdict is Verdict.VALID, college.verify(shown)
    assert shown["credentialSubject"]["result"] == badge["credentialSubject"]["result"][:1]
    assert "term" not in shown["credentialSubject"]

    shown["credentialSubject"]["result"][0]["value"] = "A"
    assert college.verify(shown).check("signature").outcome is Outcome.FAILED


def test_a_revocation_is_seen_whatever_is_shown(college: College, badge: Document) -> None:
    college.publish_list(INDEX)
    shown = base_proofs.derive(base(college, badge), selective_pointers=[])
    assert college.verify(shown).check("status").outcome is Outcome.FAILED


def test_a_stranger_is_told_to_ask_for_a_derived_proof(college: College, badge: Document) -> None:
    signed = base(college, badge)
    report = college.verify(signed)
    assert report.verdict is Verdict.UNKNOWN
    assert "for the holder" in report.check("signature").detail
    with pytest.raises(BaseProof):
        proofs.verify_proof(signed, public_key=college.signer.public_multibase)


def test_only_a_key_of_p256_makes_a_base_proof(college: College, badge: Document) -> None:
    with pytest.raises(UnsupportedKey):
        base(college, badge, signer=Ed25519Signer(b"\x07" * 32))
    with pytest.raises(UnsupportedProof):
        college.sign(badge, cryptosuite=ecdsa_sd_2023.NAME)


def test_what_cannot_get_a_base_proof_is_refused(college: College, badge: Document) -> None:
    with pytest.raises(MalformedDocument, match="proof already"):
        base(college, {**badge, "proof": []})
    with pytest.raises(MalformedDocument, match="@context"):
        base(college, {name: value for name, value in badge.items() if name != "@context"})
    with pytest.raises(PointsNowhere):
        base(college, badge, mandatory_pointers=["/nothing"])


def test_of_several_proofs_the_base_proof_is_the_one_to_derive_from(
    college: College, badge: Document
) -> None:
    other, signed = college.sign(badge)["proof"], base(college, badge)
    both = {**badge, "proof": [other, signed["proof"]]}
    shown = base_proofs.derive(both, selective_pointers=["/name"])
    assert shown["proof"]["cryptosuite"] == "ecdsa-sd-2023"
    assert college.verify(shown).verdict is Verdict.VALID

    with pytest.raises(UnsupportedProof):
        base_proofs.derive({**badge, "proof": other}, selective_pointers=["/name"])
    with pytest.raises(UnsupportedProof):
        base_proofs.derive(badge, selective_pointers=["/name"])
    with pytest.raises(MalformedProof, match="2 base proofs"):
        twice = {**badge, "proof": [signed["proof"]] * 2}
        base_proofs.derive(twice, selective_pointers=["/name"])


@pytest.mark.parametrize("value", [None, 1, "", "z3", ["u2V0A"]])
def test_a_proof_without_a_value_is_refused(college: College, badge: Document, value: Any) -> None:
    signed = base(college, badge)
    signed["proof"]["proofValue"] = value
    with pytest.raises((MalformedMultibase, MalformedProof)):
        base_proofs.derive(signed, selective_pointers=["/name"])
    del signed["proof"]["proofValue"]
    with pytest.raises(MalformedMultibase):
        base_proofs.derive(signed, selective_pointers=["/name"])


def test_a_derived_proof_is_not_derived_from_again(college: College, badge: Document) -> None:
    shown = base_proofs.derive(base(college, badge), selective_pointers=["/name"])
    with pytest.raises(MalformedProof):
        base_proofs.derive(shown, selective_pointers=[])


def test_a_did_key_of_p256_can_issue(badge: Document) -> None:
    signer = P256Signer(b"\x09" * 32)
    issuer = f"did:key:{signer.public_multibase}"
    badge = {**badge, "issuer": {**badge["issuer"], "id": issuer}}
    del badge["credentialStatus"]
    signed = base_proofs.add(
        badge,
        signer=signer,
        verification_method=did.method_id(issuer, signer.public_multibase),
        created=NOW,
        mandatory_pointers=mandatory_pointers.of_open_badge(badge),
    )
    shown = base_proofs.derive(signed, selective_pointers=["/evidence/0/name"])
    assert College().verify(shown).verdict is Verdict.VALID
