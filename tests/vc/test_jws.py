import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import keys
from issuer.vc.errors import (
    ClaimMismatch,
    ForbiddenValue,
    MalformedToken,
    OutOfBounds,
    PrivateKeyShown,
    UnsecuredToken,
    UnsupportedProof,
    VcError,
    WrongSignature,
)
from issuer.vc.jose import jws
from issuer.vc.keys import PublicKey

from .tokens import (
    ALGORITHMS,
    KEY_ID,
    b64,
    forge,
    hostile,
    mangled,
    parts,
    public_key,
    signer,
    stranger,
)

EVERY = frozenset({*jws.ALGORITHMS, "RS256"})
CLAIMS = {"name": "Ana Núñez 統計", "number": 2.5, "list": [1, None, True]}
TOKEN = jws.sign({"typ": "JWT", "kid": KEY_ID}, CLAIMS, signer=signer(keys.P256))
MINE = public_key(signer(keys.P256))


def check(text: Any, key: PublicKey = MINE) -> jws.Token:
    token = jws.read(text)
    jws.check(token, public_key=key, algorithms=EVERY)
    return token


@pytest.mark.parametrize("kind", ALGORITHMS)
def test_what_a_key_of_any_kind_signs_is_read_and_belongs_to_that_key_only(kind: str) -> None:
    text = jws.sign({"typ": "JWT", "kid": KEY_ID}, CLAIMS, signer=signer(kind))
    token = check(text, public_key(signer(kind)))
    assert token.claims == CLAIMS
    assert token.header == {"alg": ALGORITHMS[kind], "typ": "JWT", "kid": KEY_ID}
    assert next(iter(parts(text)[0])) == "alg"
    for other in (stranger(kind), *map(signer, set(ALGORITHMS) - {kind})):
        with pytest.raises(WrongSignature):
            check(text, public_key(other))


@pytest.mark.parametrize("kind", ALGORITHMS)
def test_joserfc_and_our_own_keys_agree_on_a_signature(kind: str) -> None:
    text = jws.sign({}, CLAIMS, signer=signer(kind))
    message = text.rpartition(".")[0].encode()
    public_key(signer(kind)).check(message, jws.read(text).signature)


def test_the_payload_is_short_utf_8() -> None:
    payload = jws.decode(TOKEN.split(".")[1])
    assert payload.decode() == '{"name":"Ana Núñez 統計","number":2.5,"list":[1,null,true]}'


def test_the_curve_may_be_named_instead_of_the_algorithm() -> None:
    text = forge({"alg": "Ed25519"}, CLAIMS, signer(keys.ED25519).sign)
    assert check(text, public_key(signer(keys.ED25519))).claims == CLAIMS


@pytest.mark.parametrize(
    "claims",
    [
        {"a": float("nan")},
        {"a": "\ud800"},
        {"a": {1, 2}},
        {"a": b"bytes"},
    ],
)
def test_what_is_no_json_is_not_signed(claims: dict[str, Any]) -> None:
    with pytest.raises(ForbiddenValue):
        jws.sign({}, claims, signer=signer(keys.P256))


def test_what_a_strict_reader_would_refuse_is_not_signed() -> None:
    deep: Any = {}
    for _ in range(50_000):
        deep = {"a": deep}
    for header, claims in [
        ({}, {"a": 2**60}),
        ({}, deep),
        ({}, {"a": "x" * 2_000_000}),
        ({"crit": ["b64"]}, {}),
        ({"jwk": {**MINE.jwk, "d": "AA"}}, {}),
    ]:
        with pytest.raises(VcError):
            jws.sign(header, claims, signer=signer(keys.P256))


def test_a_key_of_an_unknown_kind_signs_no_token() -> None:
    class Odd:
        kind = "secp256k1"

        def sign(self, message: bytes) -> bytes:
            raise AssertionError(message)

    with pytest.raises(ForbiddenValue):
        jws.sign({}, {}, signer=Odd())


def test_nothing_hostile_is_taken_for_a_token() -> None:
    for thing in hostile(CLAIMS):
        with pytest.raises(VcError):
            check(thing)


@settings(max_examples=300)
@given(mangled(TOKEN) | st.text() | st.binary())
def test_whatever_comes_it_is_refused_in_our_words(text: Any) -> None:
    if text != TOKEN:
        with pytest.raises(VcError):
            check(text)


def test_no_character_of_a_token_can_be_changed() -> None:
    for position in range(len(TOKEN)):
        for other in ("A", "B", "."):
            if TOKEN[position] != other:
                with pytest.raises(VcError):
                    check(TOKEN[:position] + other + TOKEN[position + 1 :])


@pytest.mark.parametrize("name", ["none", "None", "HS256", "HS384", "HS512"])
def test_a_public_key_is_no_shared_secret(name: str) -> None:
    secrets = [
        json.dumps(MINE.jwk).encode(),
        MINE.encoded,
        MINE.multikey.encode(),
    ]
    for secret in secrets:
        text = forge({"alg": name}, CLAIMS, lambda m, s=secret: hmac.digest(s, m, hashlib.sha256))
        with pytest.raises(UnsecuredToken):
            check(text)


@pytest.mark.parametrize("name", ["PS256", "ES256K", "RS512", "ML-DSA-44", ""])
def test_other_algorithms_are_not_understood(name: str) -> None:
    with pytest.raises(UnsupportedProof):
        check(forge({"alg": name}, CLAIMS, signer(keys.P256).sign))


def test_an_algorithm_that_was_not_asked_for_is_not_accepted() -> None:
    with pytest.raises(UnsupportedProof):
        jws.check(jws.read(TOKEN), public_key=MINE, algorithms={"RS256"})


def test_too_long_a_token_is_not_looked_at() -> None:
    with pytest.raises(OutOfBounds):
        jws.read("A" * (jws.MAX_CHARACTERS + 1))


def test_a_token_that_is_as_long_as_a_document_may_be_is_read() -> None:
    claims = {"a": "x" * (1024 * 1024 - 10)}
    assert jws.read(jws.sign({}, claims, signer=signer(keys.P521))).claims == claims


def test_base64_has_one_way_of_writing_only() -> None:
    head, payload, signature = TOKEN.split(".")
    for text in (
        f"{head}=.{payload}.{signature}",
        f"{head}.{payload}.{signature}=",
        f"{head}.{payload}.{signature[:-1]}{chr(ord(signature[-1]) + 1)}",
        f"{head}.{payload} .{signature}",
        f"{head}\n.{payload}.{signature}",
    ):
        with pytest.raises(MalformedToken):
            jws.read(text)


def test_media_types_are_read_with_and_without_application() -> None:
    token = jws.read(forge({"alg": "ES256", "typ": "application/VC+JWT"}, {}))
    assert token.media_type("typ") == "vc+jwt"
    assert token.media_type("cty") is None


def test_a_claim_that_repeats_a_member_must_agree_with_it() -> None:
    token = jws.read(forge({"alg": "ES256"}, {"iss": "did:example:1", "sub": None}))
    jws.require_agreement(token, {"iss": "did:example:1", "jti": "urn:uuid:1"})
    for members in ({"iss": "did:example:2"}, {"iss": None}, {"sub": None}):
        with pytest.raises(ClaimMismatch):
            jws.require_agreement(token, members)


def test_the_key_is_the_one_that_is_named_or_else_the_one_that_comes_along() -> None:
    asked = []

    def resolve(key_id: str) -> PublicKey:
        asked.append(key_id)
        return MINE

    named = {"alg": "ES256", "kid": KEY_ID}
    brought = {"alg": "ES256", "jwk": public_key(stranger(keys.P256)).jwk}
    assert jws.find_key(jws.read(forge(named, {})), resolve=resolve) == MINE
    assert jws.find_key(jws.read(forge({**named, "jwk": MINE.jwk}, {})), resolve=resolve) == MINE
    assert asked == [KEY_ID, KEY_ID]
    assert jws.find_key(jws.read(forge(brought, {})), resolve=resolve) == public_key(
        stranger(keys.P256)
    )
    for header in ({**named, **brought}, {"alg": "ES256"}):
        with pytest.raises(MalformedToken):
            jws.find_key(jws.read(forge(header, {})), resolve=resolve)
    assert asked == [KEY_ID] * 3


def test_a_private_key_in_a_header_is_told() -> None:
    with pytest.raises(PrivateKeyShown):
        jws.read(forge({"alg": "ES256", "jwk": {**MINE.jwk, "d": b64(b"\x07" * 32)}}, {}))
