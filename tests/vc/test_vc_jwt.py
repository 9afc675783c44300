import copy
import functools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import keys
from issuer.vc.contexts import CREDENTIALS_V1, CREDENTIALS_V2
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import (
    ClaimMismatch,
    ForbiddenValue,
    MalformedDocument,
    MalformedToken,
    Unreachable,
    UnsupportedProof,
    VcError,
    WrongSignature,
)
from issuer.vc.jose import vc_jwt
from issuer.vc.keys import PublicKey

from .any_json import any_json
from .conftest import DID, NOW, College, _badge
from .tokens import (
    KEY_ID,
    changed_leaves,
    forge,
    mangled,
    parts,
    public_key,
    refuses,
    signer,
    stranger,
)

LEARNER = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
P256 = signer(keys.P256)


def of_learner(**changes: Any) -> dict[str, Any]:
    document = _badge(**changes)
    document["credentialSubject"] = {"id": LEARNER, **document["credentialSubject"]}
    return document


@functools.cache
def _token() -> str:
    return vc_jwt.sign(of_learner(), signer=P256, key_id=KEY_ID)


def resolve(key_id: str) -> PublicKey:
    if key_id != KEY_ID:
        raise Unreachable()
    return public_key(P256)


def verify(text: Any) -> dict[str, Any]:
    return vc_jwt.verify(text, resolve_key=resolve)


def resigned(claims: Any, **header: Any) -> str:
    return forge({"alg": "ES256", "typ": "JWT", "kid": KEY_ID, **header}, claims, P256.sign)


# Signing


@pytest.mark.parametrize(("kind", "algorithm"), [(keys.RSA, "RS256"), (keys.P256, "ES256")])
def test_the_payload_is_the_credential_with_claims_that_repeat_it(
    kind: str, algorithm: str
) -> None:
    document = of_learner()
    header, payload = parts(vc_jwt.sign(document, signer=signer(kind), key_id=KEY_ID))
    assert header == {"alg": algorithm, "typ": "JWT", "kid": KEY_ID}
    claims = {name: payload.pop(name) for name in ("iss", "jti", "sub", "nbf", "exp")}
    assert payload == document
    assert claims == {
        "iss": DID,
        "jti": document["id"],
        "sub": LEARNER,
        "nbf": int((NOW - timedelta(days=1)).timestamp()),
        "exp": int((NOW + timedelta(days=365 * 5)).timestamp()),
    }


def test_without_an_end_there_is_no_exp() -> None:
    document = of_learner(valid_until=None)
    text = vc_jwt.sign(document, signer=P256, key_id=KEY_ID)
    assert "exp" not in parts(text)[1]
    assert verify(text) == document


def test_the_key_itself_may_be_in_the_header() -> None:
    text = vc_jwt.sign(of_learner(), signer=P256, public_key=public_key(P256))
    assert parts(text)[0] == {"alg": "ES256", "typ": "JWT", "jwk": public_key(P256).jwk}
    assert verify(text) == of_learner()


def test_a_credential_with_a_proof_inside_keeps_it(college: College) -> None:
    document = college.sign(of_learner())
    found = verify(vc_jwt.sign(document, signer=P256, key_id=KEY_ID))
    assert found == document
    proofs.verify_proof(found, public_key=college.signer.public_multibase)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("id"),
        lambda document: document.pop("issuer"),
        lambda document: document.pop("validFrom"),
        lambda document: document.pop("credentialSubject"),
        lambda document: document["credentialSubject"].pop("id"),
        lambda document: document.update(credentialSubject=[]),
        lambda document: document.update(credentialSubject=[{"id": LEARNER}] * 2),
        lambda document: document.update(credentialSubject=LEARNER),
        lambda document: document.update(id="no address"),
        lambda document: document.update(validFrom="2026-06-14"),
        lambda document: document.update(validFrom="2026-06-14T00:00:00.5Z"),
        lambda document: document.update(validUntil="2026-06-14T00:00:00.5Z"),
        lambda document: document.update(iss=DID),
        lambda document: document.update(iat=1),
    ],
)
def test_a_credential_that_does_not_fit_is_not_signed(
    change: Callable[[dict[str, Any]], object],
) -> None:
    document = of_learner()
    change(document)
    with pytest.raises(ForbiddenValue):
        vc_jwt.sign(document, signer=P256, key_id=KEY_ID)


@pytest.mark.parametrize("kind", [keys.ED25519, keys.P384, keys.P521])
def test_keys_that_verifiers_of_badges_do_not_know_sign_none(kind: str) -> None:
    with pytest.raises(ForbiddenValue):
        vc_jwt.sign(of_learner(), signer=signer(kind), key_id=KEY_ID)


@pytest.mark.parametrize(
    "naming",
    [{}, {"key_id": KEY_ID, "public_key": public_key(P256)}, {"key_id": "jwk-2026"}],
)
def test_the_key_is_named_in_one_way(naming: Any) -> None:
    with pytest.raises(ForbiddenValue):
        vc_jwt.sign(of_learner(), signer=P256, **naming)


# Verifying


def test_the_credential_comes_back_as_it_was() -> None:
    assert verify(_token()) == of_learner()
    assert not vc_jwt.read(_token()).is_wrapped


def test_no_leaf_of_the_payload_can_be_changed() -> None:
    header, payload = parts(_token())
    signature = _token().rpartition(".")[2]
    for changed in changed_leaves(payload):
        text = forge(header, changed) + signature
        with pytest.raises(WrongSignature):
            verify(text)


def test_no_leaf_of_the_header_can_be_changed() -> None:
    header, payload = parts(_token())
    signature = _token().rpartition(".")[2]
    for changed in changed_leaves(header):
        with pytest.raises(VcError):
            verify(forge(changed, payload) + signature)


def test_another_key_did_not_sign_it() -> None:
    token = vc_jwt.read(_token())
    for other in (stranger(keys.P256), signer(keys.P384), signer(keys.RSA)):
        with pytest.raises(WrongSignature):
            vc_jwt.check(token, public_key=public_key(other))


def test_a_key_that_cannot_be_found_is_not_replaced_by_one_in_the_token() -> None:
    text = forge(
        {"alg": "ES256", "kid": "did:web:elsewhere.example#1", "jwk": public_key(P256).jwk},
        parts(_token())[1],
        P256.sign,
    )
    with pytest.raises(Unreachable):
        verify(text)


@pytest.mark.parametrize(
    "header", [{"cty": "vc"}, {"x5c": []}, {"jku": "https://x.example"}, {"a": 1}]
)
def test_other_members_of_the_header_are_refused(header: dict[str, Any]) -> None:
    with pytest.raises(MalformedToken):
        verify(resigned(parts(_token())[1], **header))


@pytest.mark.parametrize("typ", ["vc+jwt", "dc+sd-jwt", ""])
def test_another_type_of_token_is_refused(typ: str) -> None:
    with pytest.raises(MalformedToken):
        verify(resigned(parts(_token())[1], typ=typ))


def test_the_type_may_be_left_out_and_a_key_may_not() -> None:
    claims = parts(_token())[1]
    assert verify(forge({"alg": "ES256", "kid": KEY_ID}, claims, P256.sign)) == of_learner()
    with pytest.raises(MalformedToken):
        verify(forge({"alg": "ES256", "typ": "JWT"}, claims, P256.sign))


@pytest.mark.parametrize("name", ["iss", "jti", "sub", "nbf", "exp"])
def test_each_claim_is_required_and_must_agree(name: str) -> None:
    claims = parts(_token())[1]
    for wrong in (None, "did:web:other.example", claims["nbf"] + 1, [claims[name]], True):
        with pytest.raises((ClaimMismatch, MalformedToken)):
            verify(resigned({**claims, name: wrong}))
    claims.pop(name)
    with pytest.raises(MalformedToken):
        verify(resigned(claims))


def test_fractions_of_a_second_may_be_cut_off_in_a_claim() -> None:
    claims = parts(_token())[1]
    document = {**of_learner(), "validFrom": "2026-06-14T12:00:00.25Z"}
    for seconds in (claims["nbf"], claims["nbf"] + 0.25):
        assert verify(resigned({**claims, **document, "nbf": seconds})) == document
    for seconds in (claims["nbf"] + 1, claims["nbf"] + 0.5):
        with pytest.raises(ClaimMismatch):
            verify(resigned({**claims, **document, "nbf": seconds}))


def test_an_end_that_only_the_claims_state_is_refused() -> None:
    claims = parts(_token())[1]
    claims.pop("validUntil")
    with pytest.raises(ClaimMismatch):
        verify(resigned(claims))


def test_the_time_of_issuing_may_be_stated_if_it_is_one() -> None:
    claims = parts(_token())[1]
    assert verify(resigned({**claims, "iat": claims["nbf"]})) == of_learner()
    with pytest.raises(MalformedToken):
        verify(resigned({**claims, "iat": []}))


def test_a_member_that_nobody_knows_stays_in_the_credential_for_others_to_find() -> None:
    claims = parts(_token())[1]
    assert verify(resigned({**claims, "nonce": "1"})) == {**of_learner(), "nonce": "1"}


@pytest.mark.parametrize("kind", [keys.ED25519, keys.P384])
def test_algorithms_outside_the_profile_are_not_understood(kind: str) -> None:
    header = {"alg": {"Ed25519": "EdDSA", "P-384": "ES384"}[kind], "kid": KEY_ID}
    token = vc_jwt.read(forge(header, parts(_token())[1], signer(kind).sign))
    with pytest.raises(UnsupportedProof):
        vc_jwt.check(token, public_key=public_key(signer(kind)))


# In the claim vc


def wrapped(**changes: Any) -> dict[str, Any]:
    claims = {
        "iss": DID,
        "jti": "urn:uuid:1",
        "sub": LEARNER,
        "nbf": 1_700_000_000,
        "exp": 1_900_000_000,
        "vc": {
            "@context": [CREDENTIALS_V1],
            "type": ["VerifiableCredential"],
            "credentialSubject": {"name": "Ana"},
        },
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def test_what_only_the_claims_state_is_put_into_the_credential() -> None:
    assert verify(resigned(wrapped())) == {
        "@context": [CREDENTIALS_V1],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential"],
        "issuer": DID,
        "issuanceDate": "2023-11-14T22:13:20Z",
        "expirationDate": "2030-03-17T17:46:40Z",
        "credentialSubject": {"id": LEARNER, "name": "Ana"},
    }
    assert vc_jwt.read(resigned(wrapped())).is_wrapped


def test_what_the_credential_states_itself_is_left_as_it_is() -> None:
    document = of_learner()
    claims = {name: parts(_token())[1][name] for name in ("iss", "jti", "sub", "nbf", "exp")}
    assert verify(resigned({**claims, "vc": document, "aud": "x", "nonce": "y"})) == document
    assert verify(resigned({"vc": document})) == document


def test_version_2_names_its_dates_otherwise() -> None:
    claims = wrapped()
    claims["vc"]["@context"] = [CREDENTIALS_V2]
    found = verify(resigned(claims))
    assert found["validFrom"] == "2023-11-14T22:13:20Z"
    assert found["validUntil"] == "2030-03-17T17:46:40Z"


@pytest.mark.parametrize(
    "member",
    [
        {"id": "urn:uuid:2"},
        {"issuer": {"id": "did:web:other.example"}},
        {"issuanceDate": "2023-11-14T22:13:21Z"},
        {"expirationDate": "2030-03-17T17:46:41Z"},
        {"credentialSubject": {"id": "did:web:other.example"}},
        {"credentialSubject": [{"id": LEARNER}, {"id": LEARNER}]},
    ],
)
def test_what_both_state_must_agree(member: dict[str, Any]) -> None:
    claims = wrapped()
    claims["vc"].update(member)
    with pytest.raises(ClaimMismatch):
        verify(resigned(claims))


def test_a_credential_inside_and_outside_of_vc_is_refused() -> None:
    for extra in ({"type": ["VerifiableCredential"]}, {"vp": {}}, {"credentialSubject": {}}):
        with pytest.raises(MalformedToken):
            vc_jwt.read(resigned(wrapped(**extra)))


@pytest.mark.parametrize("value", ["", [], 7])
def test_vc_is_an_object(value: Any) -> None:
    with pytest.raises(MalformedToken):
        vc_jwt.read(resigned(wrapped(vc=value)))


def test_without_any_issuer_it_is_no_credential() -> None:
    with pytest.raises(MalformedDocument):
        verify(resigned(wrapped(iss=None)))


# Hostile


def test_nothing_hostile_is_accepted() -> None:
    refuses(verify, parts(_token())[1])


@settings(max_examples=200)
@given(mangled(_token()) | st.text())
def test_whatever_comes_it_is_refused_in_our_words(text: str) -> None:
    if text != _token():
        with pytest.raises(VcError):
            verify(text)


JSON = any_json("id", "type", "@context", "issuer", "x")


@settings(max_examples=300)
@given(st.sampled_from(sorted(parts(_token())[1])), JSON, st.booleans())
def test_a_signed_claim_or_member_of_any_shape_is_read_or_refused_in_our_words(
    name: str, value: Any, inside: bool
) -> None:
    claims = copy.deepcopy(parts(_token())[1])
    claims = {**claims, name: value} if not inside else wrapped(vc={**of_learner(), name: value})
    try:
        verify(resigned(json.dumps(claims).encode("utf-8", "surrogatepass")))
    except VcError:
        pass
