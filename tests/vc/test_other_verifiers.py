"""Two verifiers that we did not write accept what we sign, and refuse what was changed."""

import copy
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from issuer.vc import contexts
from issuer.vc.keys import PublicKey

from .conftest import INDEX, LIST_URL, NOW, College

ldp = pytest.importorskip("openbadgeslib.ob3.ldp")
data_integrity = pytest.importorskip("openvc.proof.data_integrity")


def pem(college: College) -> bytes:
    key = PublicKey.from_multikey(college.signer.public_multibase).encoded
    return Ed25519PublicKey.from_public_bytes(key).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def by_openvc(college: College, document: dict[str, Any]) -> Any:
    jwk = PublicKey.from_multikey(college.signer.public_multibase).jwk
    return data_integrity.DataIntegrityProofSuite().verify(
        document,
        public_key_jwk=jwk,
        now=NOW,
        extra_contexts={
            url: contexts.load(url) for url in contexts.DIGESTS if url != contexts.CREDENTIALS_V2
        },
    )


def test_openvc_accepts_our_badge_and_our_status_list(
    college: College, signed: dict[str, Any]
) -> None:
    assert by_openvc(college, signed).issuer == college.did
    assert by_openvc(college, college.lists[LIST_URL]).issuer == college.did


def test_openvc_refuses_a_changed_badge(college: College, signed: dict[str, Any]) -> None:
    signed["credentialSubject"]["result"][0]["value"] = "A"
    with pytest.raises(data_integrity.ProofError):
        by_openvc(college, signed)


def test_openvc_reads_the_bit_that_we_set(college: College) -> None:
    bitstring = pytest.importorskip("openvc.status.bitstring")
    college.publish_list(INDEX)
    bits = bitstring.decode_bitstring(college.lists[LIST_URL]["credentialSubject"]["encodedList"])
    assert bitstring.get_status_bit(bits, INDEX) == 1
    assert sum(bitstring.get_status_bit(bits, index) for index in range(INDEX - 9, INDEX + 9)) == 1


def test_openbadgeslib_accepts_our_proofs(college: College, signed: dict[str, Any]) -> None:
    for document in (signed, college.lists[LIST_URL]):
        ldp.verify_data_integrity_proof(document, pem(college))
        changed = copy.deepcopy(document)
        changed["validFrom"] = "2026-06-14T12:00:01Z"
        with pytest.raises(ldp.OB3VerificationError):
            ldp.verify_data_integrity_proof(changed, pem(college))


def test_openbadgeslib_accepts_the_badge_and_its_did_document(
    college: College, signed: dict[str, Any], time_machine: Any
) -> None:
    """Its whole check: structure, context validation, key from did:web, dates, status."""
    published = {
        "https://college.example/.well-known/did.json": college.documents[college.did],
        LIST_URL: college.lists[LIST_URL],
    }

    def download(url: str, *arguments: Any, **options: Any) -> bytes:
        return json.dumps(published[url]).encode()

    # Of status lists it can verify the signature in JWT form only; ours it takes as it is.
    options = {"check_status": True, "verify_status_list": False, "download": download}
    time_machine.move_to(NOW, tick=False)
    verifier = ldp.OB3LdpVerifier.for_issuer_did(college.did)
    found = verifier.verify(signed, **options)
    assert found.issuer.id == college.did

    college.publish_list(INDEX)
    published[LIST_URL] = college.lists[LIST_URL]
    with pytest.raises(ldp.OB3VerificationError, match="'revocation' is set"):
        verifier.verify(signed, **options)
