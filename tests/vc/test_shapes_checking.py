"""What a shape has made is checked by the shape, and nothing else is."""

import json

import pytest

from issuer.vc.data_integrity import proofs
from issuer.vc.errors import WrongPurpose, WrongSignature
from issuer.vc.shapes import Seal, Shape, checking
from issuer.vc.signers import Ed25519Signer
from tests.bench import reference

SIGNER = Ed25519Signer(b"\x07" * 32)
KEY = SIGNER.public_multibase
SHAPE = reference.shape()
((VALUES, DOCUMENT),) = reference.documents(1)


def secured(shape: Shape = SHAPE, **options: str) -> bytes:
    seal = Seal(
        context=shape.document["@context"],
        signer=SIGNER,
        verification_method=f"{reference.DID}#{KEY}",
        created=reference.CREATED,
        **options,
    )
    return shape.secure(VALUES, seal)


def test_what_a_shape_has_made_is_checked_by_it() -> None:
    assert checking.check(SHAPE, secured(), public_key=KEY)
    proofs.verify_proof(json.loads(secured()), public_key=KEY)


def test_another_value_is_read_and_the_signature_does_not_fit() -> None:
    for old, new in ((b"finished the", b"finished no"), (b"did:example:", b"did:example:0")):
        changed = secured().replace(old, new)
        assert SHAPE.values_of(changed) not in (None, SHAPE.values_of(secured()))
        with pytest.raises(WrongSignature):
            checking.check(SHAPE, changed, public_key=KEY)


def test_a_signature_by_another_key_does_not_fit() -> None:
    other = Ed25519Signer(b"\x08" * 32).public_multibase
    with pytest.raises(WrongSignature):
        checking.check(SHAPE, secured(), public_key=other)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"Introduction to Statistics"', b'"Introduction to Poetry"'),
        (b'{"@context":', b'{ "@context":'),
        (b'"proof":{', b'"extra":"x","proof":{'),
        (b'"proof":{', b'"proof":{},"proof":{'),
        (b'"proof":{"type"', b'"proof":{"id":"urn:x:1","type"'),
        (b'"proof":{"type"', b'"proof":{"@context":[],"type"'),
        (b'"proof":{"type"', b'"proof":{"type":"x","type"'),
        (b'"eddsa-rdfc-2022"', b'"eddsa-jcs-2022"'),
        (b'"eddsa-rdfc-2022"', b"null"),
        (b'"DataIntegrityProof"', b'"Ed25519Signature2020"'),
    ],
)
def test_whatever_is_otherwise_than_the_shape_makes_it_goes_the_full_way(
    old: bytes, new: bytes
) -> None:
    changed = secured().replace(old, new, 1)
    assert changed != secured()
    assert not checking.check(SHAPE, changed, public_key=KEY)


@pytest.mark.parametrize("end", [b"", b"]", b" ", b"}}", b"}\n", b',"x":1}', b"}}{}"])
def test_nothing_follows_the_proof(end: bytes) -> None:
    assert not checking.check(SHAPE, secured()[:-1] + end, public_key=KEY)


def test_a_document_without_proof_goes_the_full_way() -> None:
    assert not checking.check(SHAPE, SHAPE.write(VALUES), public_key=KEY)
    assert not checking.check(SHAPE, b"", public_key=KEY)


def test_a_proof_over_json_goes_the_full_way() -> None:
    assert not checking.check(SHAPE, secured(cryptosuite="eddsa-jcs-2022"), public_key=KEY)


def test_a_proof_for_another_purpose_is_refused() -> None:
    changed = secured().replace(b'"assertionMethod"', b'"authentication"')
    with pytest.raises(WrongPurpose):
        checking.check(SHAPE, changed, public_key=KEY)


def test_another_moment_of_the_proof_does_not_fit() -> None:
    changed = secured().replace(b'"created":"2026', b'"created":"2025')
    with pytest.raises(WrongSignature):
        checking.check(SHAPE, changed, public_key=KEY)
