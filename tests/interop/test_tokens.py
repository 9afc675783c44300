"""Readers that we did not write accept our tokens, and refuse them once they were changed."""

from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwcrypto import jwk, jws
from openbadgeslib.ob3.credential import Achievement, Issuer, OpenBadgeCredential
from openbadgeslib.ob3.signer import OB3Signer
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier

from issuer.vc import jose_envelope, keys, vc_jwt
from issuer.vc.errors import VcError
from tests.vc.conftest import NOW
from tests.vc.test_vc_jwt import LEARNER, of_learner
from tests.vc.tokens import ALGORITHMS, KEY_ID, changed_leaves, forge, parts, public_key, signer


@pytest.fixture(autouse=True)
def today(time_machine: Any) -> None:
    time_machine.move_to(NOW)


def by_pyjwt(text: str, kind: str) -> Any:
    key = pyjwt.PyJWK.from_dict(public_key(signer(kind)).jwk, algorithm=ALGORITHMS[kind])
    return pyjwt.decode(text, key, algorithms=[ALGORITHMS[kind]])


def by_jwcrypto(text: str, kind: str) -> Any:
    token = jws.JWS()
    token.allowed_algs = [ALGORITHMS[kind]]
    token.deserialize(text, jwk.JWK(**public_key(signer(kind)).jwk))
    return jws.json_decode(token.payload)


def with_changes(text: str) -> list[str]:
    """The token once for each leaf of its payload, changed under the same signature."""
    header, claims = parts(text)
    signature = text.rpartition(".")[2]
    return [forge(header, changed) + signature for changed in changed_leaves(claims)]


# VC-JWT of Open Badges

BADGE_KINDS = [keys.RSA, keys.P256]


def badge(kind: str) -> str:
    return vc_jwt.sign(of_learner(credential_status=None), signer=signer(kind), key_id=KEY_ID)


def by_openbadgeslib(text: str, kind: str) -> Any:
    key = pyjwt.PyJWK.from_dict(public_key(signer(kind)).jwk, algorithm=ALGORITHMS[kind]).key
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return OB3Verifier(pem).verify(text, expected_recipient=LEARNER)


@pytest.mark.parametrize("kind", BADGE_KINDS)
def test_openbadgeslib_takes_our_badge_and_no_changed_one(kind: str) -> None:
    assert by_openbadgeslib(badge(kind), kind).recipient_id == LEARNER
    for changed in with_changes(badge(kind))[::7]:
        with pytest.raises(OB3VerificationError):
            by_openbadgeslib(changed, kind)


@pytest.mark.parametrize("kind", BADGE_KINDS)
def test_pyjwt_and_jwcrypto_take_our_badge_and_no_changed_one(kind: str) -> None:
    claims = parts(badge(kind))[1]
    assert by_pyjwt(badge(kind), kind) == by_jwcrypto(badge(kind), kind) == claims
    for changed in with_changes(badge(kind))[::7]:
        with pytest.raises(pyjwt.InvalidTokenError):
            by_pyjwt(changed, kind)
        with pytest.raises(jws.InvalidJWSSignature):
            by_jwcrypto(changed, kind)


@pytest.mark.parametrize("kind", BADGE_KINDS)
def test_we_take_a_badge_of_openbadgeslib(kind: str) -> None:
    key = (
        rsa.generate_private_key(65537, 2048)
        if kind == keys.RSA
        else ec.generate_private_key(ec.SECP256R1())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    achievement = Achievement(
        id="https://college.example/achievements/1",
        name="Statistics",
        description="Sums.",
        criteria_narrative="Pass.",
    )
    theirs = OpenBadgeCredential(
        issuer=Issuer(id="did:web:college.example", name="Example College"),
        recipient_id=LEARNER,
        achievement=achievement,
        issuance_date=NOW,
    )
    text = OB3Signer(secret, ALGORITHMS[kind]).sign(theirs)
    found = vc_jwt.verify(text, resolve_key=lambda key_id: public_key(signer(kind)))
    assert found["credentialSubject"]["id"] == LEARNER
    assert found["id"] == theirs.id
    with pytest.raises(VcError):
        vc_jwt.verify(with_changes(text)[0], resolve_key=lambda key_id: public_key(signer(kind)))


# VC-JOSE-COSE

KINDS = [kind for kind in ALGORITHMS if kind != keys.RSA]


@pytest.mark.parametrize("kind", KINDS)
def test_pyjwt_and_jwcrypto_take_our_secured_credentials_and_no_changed_one(kind: str) -> None:
    text = jose_envelope.secure_credential(of_learner(), signer=signer(kind), key_id=KEY_ID)
    assert by_pyjwt(text, kind) == by_jwcrypto(text, kind) == of_learner()
    for changed in with_changes(text)[::20]:
        with pytest.raises(pyjwt.InvalidTokenError):
            by_pyjwt(changed, kind)
        with pytest.raises(jws.InvalidJWSSignature):
            by_jwcrypto(changed, kind)
