"""Readers that we did not write accept our tokens, and refuse them once they were changed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwcrypto import jwk, jws
from openbadgeslib.ob3.credential import Achievement, Issuer, OpenBadgeCredential
from openbadgeslib.ob3.signer import OB3Signer
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier
from openvc.errors import OpenvcError
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.proof.vc_jwt import VcJwtProofSuite
from openvc.status import token_status_list as openvc_list

from issuer.vc import keys
from issuer.vc.errors import VcError
from issuer.vc.jose import jose_envelope, sd_jwt_vc, token_status_list, vc_jwt
from tests.vc.conftest import NOW
from tests.vc.test_vc_jwt import LEARNER, of_learner
from tests.vc.tokens import ALGORITHMS, KEY_ID, changed_leaves, forge, parts, public_key, signer

pytestmark = pytest.mark.thorough


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


@dataclass
class Theirs:
    """One of our signers as openvc-core takes it."""

    kind: str
    kid: str = KEY_ID

    @property
    def alg(self) -> str:
        return ALGORITHMS[self.kind]

    def sign(self, signing_input: bytes) -> bytes:
        signature: bytes = signer(self.kind).sign(signing_input)
        return signature


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


def test_we_take_a_credential_that_openvc_puts_into_the_claim_vc() -> None:
    document = of_learner(valid_from=NOW, valid_until=None)
    text = VcJwtProofSuite().sign(document, signing_key=Theirs(keys.P256))
    found = vc_jwt.verify(text, resolve_key=lambda key_id: public_key(signer(keys.P256)))
    assert found == document
    for changed in with_changes(text):
        with pytest.raises(VcError):
            vc_jwt.verify(changed, resolve_key=lambda key_id: public_key(signer(keys.P256)))


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


# SD-JWT VC and Token Status List

COURSE = {
    "iss": "https://college.example",
    "vct": "https://college.example/types/course",
    "iat": int(NOW.timestamp()),
    "name": "Ana Núñez",
    "course": {"title": "Statistics", "credits": 3},
    "skills": ["means", "medians"],
}
ASKED = {"audience": "https://verifier.example", "nonce": "n-1"}


def by_openvc(text: str, kind: str, **options: Any) -> Any:
    key = public_key(signer(kind)).jwk
    return SdJwtVcProofSuite().verify(text, public_key_jwk=key, **options)


# It does not read ES512.
OPENVC_KINDS = [keys.P256, keys.P384, keys.ED25519]


@pytest.mark.parametrize("kind", OPENVC_KINDS)
def test_openvc_takes_what_the_holder_shows_and_nothing_changed(kind: str) -> None:
    whole = sd_jwt_vc.issue(
        COURSE,
        signer=signer(kind),
        key_id=KEY_ID,
        pointers=["/name", "/course", "/course/title", "/skills/0"],
        holder_key=public_key(signer(keys.P256)),
        decoys=2,
    )
    found = by_openvc(whole, kind)
    assert found.claims | COURSE == found.claims
    assert found.vct == COURSE["vct"]

    derived = sd_jwt_vc.derive(whole, pointers=["/course/title"])
    bound = sd_jwt_vc.bind(derived, signer=signer(keys.P256), issued=NOW, **ASKED)
    found = by_openvc(bound, kind, require_key_binding=True, **ASKED)
    assert found.key_bound
    assert found.claims["course"] == COURSE["course"]
    assert found.claims["skills"] == ["medians"]
    assert "name" not in found.claims

    token, tilde, rest = derived.partition("~")
    for changed in with_changes(token):
        with pytest.raises(OpenvcError):
            by_openvc(changed + tilde + rest, kind)
    with pytest.raises(OpenvcError):
        by_openvc(bound, kind, require_key_binding=True, audience="x", nonce="n-1")


@pytest.mark.parametrize("kind", OPENVC_KINDS)
def test_we_take_what_openvc_issues_and_binds(kind: str) -> None:
    suite = SdJwtVcProofSuite()
    whole = suite.issue(
        COURSE,
        signing_key=Theirs(kind),
        disclosable=["name", "skills"],
        holder_jwk=public_key(signer(keys.P256)).jwk,
        decoys=2,
    )
    bound = suite.create_presentation(
        sd_jwt_vc.derive(whole, pointers=["/name"]), holder_key=Theirs(keys.P256), **ASKED
    )
    found = sd_jwt_vc.read(bound)
    sd_jwt_vc.check(found, public_key=public_key(signer(kind)))
    sd_jwt_vc.check_key_binding(found, now=NOW, skew=timedelta(), **ASKED)
    assert found.claims["name"] == COURSE["name"]
    assert "skills" not in found.claims


@pytest.mark.parametrize("bits", sorted(token_status_list.BITS))
def test_openvc_reads_the_states_that_we_publish(bits: int) -> None:
    highest = (1 << bits) - 1
    states = {0: 1, 7: highest, 8: highest, 4095: 1}
    text = token_status_list.sign(
        token_status_list.pack(states, size=4096, bits=bits),
        bits=bits,
        uri="https://college.example/status/9",
        issued=NOW,
        signer=signer(keys.P256),
        key_id=KEY_ID,
    )
    published = by_pyjwt(text, keys.P256)
    for index in (0, 1, 7, 8, 9, 4095):
        status = token_status_list.reference(uri=published["sub"], index=index)
        found = openvc_list.check_token_status(
            {"status": status}, resolve_status_list_token={published["sub"]: published}.get
        )
        assert found.status == states.get(index, 0)


@pytest.mark.parametrize("bits", sorted(token_status_list.BITS))
def test_we_read_the_states_that_openvc_packs(bits: int) -> None:
    theirs = openvc_list.new_status_list(64, bits=bits)
    openvc_list.set_status(theirs, 13, (1 << bits) - 1, bits=bits)
    packed = token_status_list.decode(openvc_list.encode_status_list(bytes(theirs)))
    found = [token_status_list.get(packed, index, bits=bits) for index in range(64)]
    assert found == [0] * 13 + [(1 << bits) - 1] + [0] * 50
