import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from issuer.vc import did, signers
from issuer.vc.errors import (
    InvalidVerificationMethod,
    InvalidVerificationMethodUrl,
    MalformedDid,
    PrivateKeyShown,
    UnauthorisedVerificationMethod,
    UnsupportedKey,
    VcError,
    WrongIdentifierDocument,
)
from issuer.vc.keys import PublicKey
from issuer.vc.signers import Ed25519Signer, P256Signer

DID = "did:web:college.example"
KEY = Ed25519Signer(b"\x01" * 32).public_multibase
OLD = Ed25519Signer(b"\x02" * 32).public_multibase
P256 = P256Signer(b"\x04" * 32).public_multibase
LOST = Ed25519Signer(b"\x03" * 32).public_multibase
DAY = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("identifier", "address"),
    [
        ("did:web:college.example", "https://college.example/.well-known/did.json"),
        ("did:web:college.example:a:b", "https://college.example/a/b/did.json"),
        (
            "did:web:college.example%3A8443",
            "https://college.example:8443/.well-known/did.json",
        ),
        ("did:web:college.example%3a8443:a", "https://college.example:8443/a/did.json"),
        ("did:web:localhost%3A8000", "https://localhost:8000/.well-known/did.json"),
    ],
)
def test_a_did_web_has_an_address(identifier: str, address: str) -> None:
    assert did.did_web_url(identifier) == address


def test_only_localhost_and_only_when_asked_is_without_tls() -> None:
    assert did.did_web_url("did:web:localhost%3A8000", insecure_localhost=True) == (
        "http://localhost:8000/.well-known/did.json"
    )
    for identifier in ("did:web:college.example", "did:web:localhost.example"):
        assert did.did_web_url(identifier, insecure_localhost=True).startswith("https://")


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        "did:web:",
        "did:key:z6Mk",
        "https://college.example",
        "did:web:127.0.0.1",
        "did:web:127.1",
        "did:web:2130706433",
        "did:web:0x7f000001",
        "did:web:college.example%3A0",
        "did:web:college.example%3A99999",
        "did:web:college.example%2F..",
        "did:web:user%40college.example",
        "did:web:college.example:..:b",
        "did:web:college.example::b",
        "did:web:college.example:a%2Fb",
        "did:web:college.example:%2E%2E",
        "did:web:college..example",
        "did:web:college.example#z6Mk",
        "did:web:college.example?x=1",
        "did:web:college.example/a",
        "did:web:%5B%3A%3A1%5D",
    ],
)
def test_what_is_no_did_web_or_leads_elsewhere_is_refused(identifier: str) -> None:
    with pytest.raises(MalformedDid):
        did.did_web_url(identifier)


@given(st.text(alphabet="did:web.example%2F3A0@#?[]/", max_size=30))
def test_any_identifier_is_read_or_refused_with_our_error(text: str) -> None:
    for candidate in (text, "did:web:" + text, "did:key:" + text):
        for read in (did.did_web_url, did.resolve_key):
            try:
                read(candidate)
            except VcError:
                continue


def test_the_document_has_the_form_that_verifiers_expect() -> None:
    document = did.did_document(
        DID,
        [
            did.VerificationMethod(key=PublicKey.from_multikey(KEY)),
            did.VerificationMethod(key=PublicKey.from_multikey(OLD), expires=DAY),
            did.VerificationMethod(key=PublicKey.from_multikey(LOST), revoked=DAY),
        ],
    )
    assert document == {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
        ],
        "id": DID,
        "verificationMethod": [
            {
                "id": f"{DID}#{KEY}",
                "type": "Multikey",
                "controller": DID,
                "publicKeyMultibase": KEY,
            },
            {
                "id": f"{DID}#{OLD}",
                "type": "Multikey",
                "controller": DID,
                "publicKeyMultibase": OLD,
                "expires": "2026-01-31T00:00:00Z",
            },
            {
                "id": f"{DID}#{LOST}",
                "type": "Multikey",
                "controller": DID,
                "publicKeyMultibase": LOST,
                "revoked": "2026-01-31T00:00:00Z",
            },
        ],
        "assertionMethod": [f"{DID}#{KEY}", f"{DID}#{OLD}"],
    }
    assert did.find_method(document, f"{DID}#{KEY}") == KEY
    assert did.retrieve_method(document, f"{DID}#{OLD}").expires == DAY
    with pytest.raises(UnauthorisedVerificationMethod):
        did.find_method(document, f"{DID}#{LOST}")


def test_a_key_that_is_wanted_in_two_forms_has_two_methods() -> None:
    key = PublicKey.from_multikey(P256)
    document = did.did_document(
        DID,
        [
            did.VerificationMethod(key=key),
            did.VerificationMethod(key=key, form=did.JSON_WEB_KEY),
        ],
    )
    as_jwk = f"{DID}#{key.thumbprint}"
    assert document["@context"] == [
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/multikey/v1",
        "https://w3id.org/security/jwk/v1",
    ]
    assert document["verificationMethod"] == [
        {
            "id": f"{DID}#{P256}",
            "type": "Multikey",
            "controller": DID,
            "publicKeyMultibase": P256,
        },
        {
            "id": as_jwk,
            "type": "JsonWebKey",
            "controller": DID,
            "publicKeyJwk": {**key.jwk, "kid": key.thumbprint, "alg": "ES256"},
        },
    ]
    assert document["assertionMethod"] == [f"{DID}#{P256}", as_jwk]
    assert did.find_method(document, as_jwk) == did.find_method(document, f"{DID}#{P256}") == P256


def test_an_rsa_key_is_published_as_jwk_only() -> None:
    numbers = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    modulus = base64.urlsafe_b64encode(numbers.n.to_bytes(256)).rstrip(b"=").decode()
    key = PublicKey.from_jwk({"kty": "RSA", "n": modulus, "e": "AQAB"})
    method = did.VerificationMethod(key=key, form=did.JSON_WEB_KEY)
    document = did.did_document(DID, [method])
    assert document["@context"] == [
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/jwk/v1",
    ]
    found = did.retrieve_method(document, f"{DID}#{key.thumbprint}")
    assert found.public_key() == key
    with pytest.raises(UnsupportedKey):
        did.find_method(document, f"{DID}#{key.thumbprint}")
    with pytest.raises(UnsupportedKey):
        did.did_document(DID, [did.VerificationMethod(key=key)])


def test_a_key_may_be_listed_for_other_relationships() -> None:
    methods = [did.VerificationMethod(key=PublicKey.from_multikey(KEY))]
    document = did.did_document(DID, methods, relationships=[did.AUTHENTICATION])
    name = f"{DID}#{KEY}"
    assert "assertionMethod" not in document
    assert did.retrieve_method(document, name, relationship="authentication").id == name
    with pytest.raises(UnauthorisedVerificationMethod):
        did.retrieve_method(document, name)


@pytest.mark.parametrize("kind", ["Ed25519", "P-256", "P-384", "P-521"])
def test_a_did_key_is_resolved_without_asking_anyone(kind: str) -> None:
    key = signers.from_secret(kind, signers.draw_secret(kind)).public_multibase
    document = did.resolve_key(f"did:key:{key}")
    assert document["id"] == f"did:key:{key}"
    for relationship in ("assertionMethod", "authentication"):
        name = f"did:key:{key}#{key}"
        assert document[relationship] == [name]
        found = did.retrieve_method(document, name, relationship=relationship)
        assert found.public_key().multikey == key


def test_a_did_key_of_another_kind_is_not_understood() -> None:
    with pytest.raises(UnsupportedKey):
        did.resolve_key("did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme")


def method(**changes: Any) -> dict[str, Any]:
    return {
        "id": f"{DID}#{KEY}",
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": KEY,
        **changes,
    }


KEYLESS = {"id": f"{DID}#{KEY}", "controller": DID}


def document(**changes: Any) -> dict[str, Any]:
    return {
        "id": DID,
        "verificationMethod": [method()],
        "assertionMethod": [f"{DID}#{KEY}"],
        **changes,
    }


@pytest.mark.parametrize(
    "name", ["", KEY, f"#{KEY}", f"{DID}#", DID, f"https://x.example#{KEY}", 7]
)
def test_a_name_that_is_no_did_with_a_fragment_is_refused(name: Any) -> None:
    with pytest.raises(InvalidVerificationMethodUrl):
        did.find_method(document(), name)


@pytest.mark.parametrize("found", [document(id="did:web:other.example"), document(id=None), {}, []])
def test_a_document_of_somebody_else_is_refused(found: Any) -> None:
    with pytest.raises(WrongIdentifierDocument):
        did.find_method(found, f"{DID}#{KEY}")


@pytest.mark.parametrize(
    "found",
    [
        document(verificationMethod=[]),
        document(verificationMethod="z6Mk"),
        document(verificationMethod=[method(id=KEY)]),
        document(verificationMethod=[method(controller="did:web:other.example")]),
        document(verificationMethod=[method(), method(publicKeyMultibase=OLD)]),
        document(verificationMethod=[method(publicKeyMultibase=7)]),
        document(verificationMethod=[method(publicKeyMultibase={"kty": "OKP"})]),
        document(verificationMethod=[method(publicKeyJwk={})]),
        document(verificationMethod=[method(type="JsonWebKey", publicKeyJwk={})]),
        document(verificationMethod=[{**KEYLESS, "type": "JsonWebKey", "publicKeyJwk": KEY}]),
        document(verificationMethod=[method(expires="soon")]),
    ],
)
def test_a_method_that_is_not_the_documents_own_one_is_refused(
    found: dict[str, Any],
) -> None:
    with pytest.raises(InvalidVerificationMethod):
        did.find_method(found, f"{DID}#{KEY}")


@pytest.mark.parametrize(
    "found",
    [
        document(assertionMethod=[]),
        document(assertionMethod=[KEY]),
        document(assertionMethod=None, authentication=[f"{DID}#{KEY}"]),
    ],
)
def test_a_method_that_may_not_make_assertions_is_refused(
    found: dict[str, Any],
) -> None:
    with pytest.raises(UnauthorisedVerificationMethod):
        did.find_method(found, f"{DID}#{KEY}")


def test_a_method_may_stand_in_assertion_method_itself() -> None:
    embedded = document(verificationMethod=[], assertionMethod=[method()])
    assert did.find_method(embedded, f"{DID}#{KEY}") == KEY


@pytest.mark.parametrize(
    "stated",
    [
        {"type": "Multikey", "publicKeyMultibase": KEY},
        {"type": "Ed25519VerificationKey2020", "publicKeyMultibase": KEY},
        {"type": "JsonWebKey", "publicKeyJwk": PublicKey.from_multikey(KEY).jwk},
        {"type": "JsonWebKey2020", "publicKeyJwk": PublicKey.from_multikey(KEY).jwk},
    ],
    ids=lambda stated: stated["type"],
)
def test_a_key_is_read_in_each_form_that_is_met(stated: dict[str, Any]) -> None:
    found = document(verificationMethod=[{**KEYLESS, **stated}])
    assert did.find_method(found, f"{DID}#{KEY}") == KEY


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"type": "Multikey"},
        {"type": "Multikey", "publicKeyJwk": {}},
        {"type": ["Multikey"], "publicKeyMultibase": KEY},
        {"type": "Ed25519VerificationKey2018", "publicKeyBase58": "x"},
        {"type": "JsonWebKey", "publicKeyJwk": {"kty": "oct"}},
    ],
    ids=str,
)
def test_a_key_in_another_form_is_not_understood(stated: dict[str, Any]) -> None:
    found = document(verificationMethod=[{**KEYLESS, **stated}])
    with pytest.raises(UnsupportedKey):
        did.find_method(found, f"{DID}#{KEY}")


def test_a_key_that_is_not_sound_is_refused_when_it_is_read() -> None:
    jwk = {**PublicKey.from_multikey(P256).jwk, "d": "AA"}
    stated = {**KEYLESS, "type": "JsonWebKey", "publicKeyJwk": jwk}
    found = did.retrieve_method(document(verificationMethod=[stated]), f"{DID}#{KEY}")
    with pytest.raises(PrivateKeyShown):
        found.public_key()
