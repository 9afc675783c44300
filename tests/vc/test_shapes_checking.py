"""What a shape has made is recognised and its proof checked by the shape, and nothing else is."""

import json
from typing import Any

import pytest

from issuer.vc import credential, keys, multibase, signers
from issuer.vc.data_integrity import proofs
from issuer.vc.json_text import write_json
from issuer.vc.shapes import Seal, checking
from issuer.vc.shapes.checking import Recognised
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


def recognised(document: dict[str, Any]) -> Recognised | None:
    return checking.recognise(SHAPE, write_json(credential.unsecured(document)).encode())


def is_shown_to_hold(body: bytes, *, public_key: str = KEY) -> bool:
    document = json.loads(body)
    found = recognised(document)
    return found is not None and found.bears(document["proof"], public_key=public_key)


def test_the_proof_of_what_a_shape_has_made_is_checked_by_it() -> None:
    assert is_shown_to_hold(secured())
    proofs.verify_proof(json.loads(secured()), public_key=KEY)


def test_another_value_is_read_and_the_signature_does_not_fit() -> None:
    for old, new in ((b"finished the", b"finished no"), (b"did:example:", b"did:example:0")):
        changed = secured().replace(old, new)
        found = recognised(json.loads(changed))
        assert found is not None
        assert found.values != VALUES
        assert not is_shown_to_hold(changed)


def test_a_signature_by_another_key_does_not_fit() -> None:
    other = signers.Ed25519Signer(b"\x08" * 32).public_multibase
    assert not is_shown_to_hold(secured(), public_key=other)
    assert not is_shown_to_hold(secured(), public_key="z6Mk")


@pytest.mark.parametrize("kind", [keys.P256, keys.P384])
def test_keys_of_other_kinds_check_as_well(kind: str) -> None:
    signer = signers.from_secret(kind, (7).to_bytes(keys.CURVES[kind].size))
    made = secured(signer, cryptosuite="ecdsa-rdfc-2019")
    assert is_shown_to_hold(made, public_key=signer.public_multibase)
    changed = made.replace(b"finished the", b"finished no")
    assert not is_shown_to_hold(changed, public_key=signer.public_multibase)
    assert not is_shown_to_hold(made)


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_signature_of_another_length_is_no_proof(size: int) -> None:
    head, _, _ = secured().rpartition(b'"proofValue":"')
    value = multibase.encode_base58btc(b"\x01" * size).encode()
    assert not is_shown_to_hold(head + b'"proofValue":"' + value + b'"}}')


def test_a_learner_who_is_the_issuer_goes_the_full_way() -> None:
    learner = dict(zip(SHAPE.names, VALUES, strict=True))["learner"]
    changed = secured().replace(str(learner).encode(), reference.DID.encode())
    assert recognised(json.loads(changed)) is not None
    assert not is_shown_to_hold(changed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"Introduction to Statistics"', b'"Introduction to Poetry"'),
        (b'"proof":{', b'"extra":"x","proof":{'),
        (b'"type":["Result"]', b'"type":"Result"'),
        (b'"creditsAvailable":5', b'"creditsAvailable":5.0'),
        (b'"creditsEarned":', b'"creditsEarned":-'),
        (b'"creditsEarned":', b'"creditsEarned":[],"creditsLost":'),
        (b'"hashed":true', b'"hashed":1'),
        (b'"hashed":true', b'"hashed":"true"'),
        (b'"term":', b'"__proto__":{},"term":'),
        (b'"term":', b'"t\\u0000erm":'),
        (b'"term":', b'"term":null,"terms":'),
        (b'"narrative":"', b'"narrative":"\\u0007'),
        (b'"validUntil":"2', b'"validUntil":"02'),
    ],
)
def test_a_document_that_the_shape_makes_otherwise_is_not_recognised(
    old: bytes, new: bytes
) -> None:
    changed = secured().replace(old, new, 1)
    assert changed != secured()
    assert recognised(json.loads(changed)) is None or new.endswith(b"-")
    assert not is_shown_to_hold(changed)


def test_the_order_of_members_counts() -> None:
    document = json.loads(secured())
    assert recognised(document) is not None
    assert recognised({name: document[name] for name in reversed(document)}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"id": "urn:x:1"},
        {"@context": []},
        {"type": "Ed25519Signature2020"},
        {"type": ["DataIntegrityProof"]},
        {"cryptosuite": "eddsa-jcs-2022"},
        {"cryptosuite": None},
        {"cryptosuite": []},
        {"previousProof": "urn:x:1"},
        {"expires": "2020-01-01T00:00:00Z"},
        {"challenge": "1"},
        {"proofPurpose": "authentication"},
        {"created": "2025-06-15T12:00:00Z"},
        {"created": "soon"},
        {"verificationMethod": "did:web:college.example#other"},
        {"proofValue": 7},
        {"proofValue": "u"},
    ],
)
def test_another_proof_goes_the_full_way(change: dict[str, Any]) -> None:
    document = json.loads(secured())
    found = recognised(document)
    assert found is not None
    assert found.bears(document["proof"], public_key=KEY)
    assert not found.bears({**document["proof"], **change}, public_key=KEY)
    assert not found.bears({}, public_key=KEY)


def test_a_proof_over_json_goes_the_full_way() -> None:
    assert not is_shown_to_hold(secured(cryptosuite="eddsa-jcs-2022"))
