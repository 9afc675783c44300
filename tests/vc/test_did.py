from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.vc import did
from issuer.vc.errors import (
    InvalidVerificationMethod,
    InvalidVerificationMethodUrl,
    MalformedDid,
    MalformedKey,
    UnauthorisedVerificationMethod,
    VcError,
    WrongIdentifierDocument,
)
from issuer.vc.signers import Ed25519Signer

DID = "did:web:college.example"
KEY = Ed25519Signer(b"\x01" * 32).public_multibase
OLD = Ed25519Signer(b"\x02" * 32).public_multibase
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
            did.VerificationMethod(public_multibase=KEY),
            did.VerificationMethod(public_multibase=OLD, expires=DAY),
            did.VerificationMethod(public_multibase=LOST, revoked=DAY),
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


def test_a_did_key_is_resolved_without_asking_anyone() -> None:
    document = did.resolve_key(f"did:key:{KEY}")
    assert did.find_method(document, f"did:key:{KEY}#{KEY}") == KEY
    with pytest.raises(MalformedKey):
        did.resolve_key("did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme")


def method(**changes: Any) -> dict[str, Any]:
    return {
        "id": f"{DID}#{KEY}",
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": KEY,
        **changes,
    }


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
        document(verificationMethod=[method(publicKeyJwk={})]),
        document(verificationMethod=[method(type="JsonWebKey", publicKeyJwk={})]),
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
