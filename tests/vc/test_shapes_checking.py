"""What a shape has made is checked by the shape, and nothing else is."""

import json

import pytest

from issuer.vc import keys, multibase, signers
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import MalformedProof, WrongPurpose, WrongSignature
from issuer.vc.shapes import Seal, checking
from tests.bench import reference

SIGNER = signers.Ed25519Signer(b"\x07" * 32)
KEY = SIGNER.public_multibase
SHAPE = reference.shape()
((VALUES, DOCUMENT),) = reference.documents(1)


def secured(signer: signers.Signer = SIGNER, **options: str) -> bytes:
    seal = Seal(
        context=SHAPE.document["@context"],
        signer=signer,
        verification_method=f"{reference.DID}#{KEY}",
        created=reference.CREATED,
        **options,
    )
    return SHAPE.secure(VALUES, seal)


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
    other = signers.Ed25519Signer(b"\x08" * 32).public_multibase
    with pytest.raises(WrongSignature):
        checking.check(SHAPE, secured(), public_key=other)


@pytest.mark.parametrize("kind", [keys.P256, keys.P384])
def test_keys_of_other_kinds_check_as_well(kind: str) -> None:
    signer = signers.from_secret(kind, (7).to_bytes(keys.CURVES[kind].size))
    made = secured(signer, cryptosuite="ecdsa-rdfc-2019")
    assert checking.check(SHAPE, made, public_key=signer.public_multibase)
    with pytest.raises(WrongSignature):
        checking.check(
            SHAPE,
            made.replace(b"finished the", b"finished no"),
            public_key=signer.public_multibase,
        )


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_signature_of_another_length_is_no_proof(size: int) -> None:
    head, _, _ = secured().rpartition(b'"proofValue":"')
    value = multibase.encode_base58btc(b"\x01" * size).encode()
    with pytest.raises(MalformedProof):
        checking.check(SHAPE, head + b'"proofValue":"' + value + b'"}}', public_key=KEY)


def test_a_learner_who_is_the_issuer_goes_the_full_way() -> None:
    learner = dict(zip(SHAPE.names, VALUES, strict=True))["learner"]
    changed = secured().replace(str(learner).encode(), reference.DID.encode())
    assert SHAPE.values_of(changed) is not None
    assert not checking.check(SHAPE, changed, public_key=KEY)


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
