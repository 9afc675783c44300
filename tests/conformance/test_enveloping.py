"""What the public suites ask of envelopes: credentials and presentations that are tokens."""

import base64
import json
from typing import Any

import pytest

from issuer.vc import did, signers
from issuer.vc.jose import jose_envelope, jws
from issuer.vc.signers import Ed25519Signer, P256Signer, P384Signer, Signer
from tests.conformance.conftest import (
    EXAMPLES,
    V2,
    Document,
    Suites,
    credential,
    name_of,
    refused,
    verified,
)

INSTANCE = "enveloped"
HOLDER, ISSUER = Ed25519Signer(b"\x31" * 32), P256Signer(b"\x32" * 32)
ASKED = {"challenge": "123456789", "domain": "example.com"}
NAMED = credential(credentialSubject={"id": "did:example:alice", "name": "Alice"})


def key_id(signer: Signer) -> str:
    return did.method_id(name_of(signer), signer.public_multibase)


def enveloped(type_: str, media_type: str, token: str) -> Document:
    return {"@context": V2, "type": type_, "id": f"data:{media_type},{token}"}


# Credentials


def test_an_instance_answers_with_an_envelope(suites: Suites) -> None:
    issued = suites.issued(INSTANCE, NAMED)
    assert set(issued) == {"@context", "id", "type"}
    assert (issued["@context"], issued["type"]) == (V2, "EnvelopedVerifiableCredential")
    scheme, _, token = issued["id"].partition(",")
    assert scheme == "data:application/vc+jwt"
    header, payload, signature = token.split(".")
    assert signature
    # The suite decodes the payload as plain base64.
    assert not {"-", "_"} & set(payload)
    inside = json.loads(base64.b64decode(payload + "=="))
    assert inside == {**NAMED, "issuer": suites.issuer(INSTANCE)}
    stated = json.loads(base64.urlsafe_b64decode(header + "=="))
    assert (stated["alg"], stated["typ"], stated["cty"]) == ("ES256", "vc+jwt", "vc")
    assert stated["kid"].partition("#")[0] == suites.issuer(INSTANCE)


@pytest.mark.parametrize("checks", [["proof"], []], ids=str)
def test_the_envelope_is_verified(suites: Suites, checks: list[str]) -> None:
    verified(suites.verify(suites.issued(INSTANCE, NAMED), INSTANCE, checks=checks))


def in_version_1_1(signer: Signer = ISSUER, **changes: Any) -> Document:
    """A credential in the claim `vc`, as many still sign it."""
    document = {**NAMED, "issuer": name_of(signer)}
    claims = {"iss": name_of(signer), "sub": "did:example:alice", "vc": document, **changes}
    token = jws.sign({"kid": key_id(signer)}, claims, signer=signer)
    return enveloped("EnvelopedVerifiableCredential", "application/jwt", token)


@pytest.mark.parametrize(
    "signer",
    [ISSUER, P384Signer(b"\x33" * 48), signers.from_secret("P-521", b"\x01" * 66), HOLDER],
    ids=lambda signer: signer.kind,
)
def test_an_envelope_by_somebody_else_is_verified(suites: Suites, signer: Signer) -> None:
    document = {**NAMED, "issuer": name_of(signer)}
    token = jose_envelope.secure_credential(document, signer=signer, key_id=key_id(signer))
    verified(suites.verify(jose_envelope.envelop_credential(token)))


def test_an_older_kind_of_token_is_verified(suites: Suites) -> None:
    verified(suites.verify(in_version_1_1()))


ENVELOPES = {
    "no context": {"@context": []},
    "another context": {"@context": EXAMPLES},
    "another context in a list": {"@context": [EXAMPLES]},
    "no type": {"type": None},
    "another type": {"type": "VerifiableCredential"},
    "another type in a list": {"type": ["VerifiablePresentation"]},
    "a type too many": {"type": ["EnvelopedVerifiableCredential", "VerifiableCredential"]},
    "an id that is the token": {"id": "token"},
    "an id that is a web address": {"id": "https://a.example/credential"},
    "an id without a token": {"id": "data:application/vc+jwt,"},
    "an id of another media type": {"id": "data:text/plain,token"},
    "an id in base64": {"id": "data:application/vc+jwt;base64,token"},
    "no id": {"id": None},
    "a member that nothing secures": {"validUntil": "2043-06-15T11:00:00Z"},
}


def changed(envelope: Document, members: Document) -> Document:
    token = envelope["id"].partition(",")[2]
    members = {
        name: value.replace("token", token) if isinstance(value, str) else value
        for name, value in members.items()
    }
    return {name: value for name, value in {**envelope, **members}.items() if value is not None}


@pytest.mark.parametrize("members", ENVELOPES.values(), ids=list(ENVELOPES))
def test_an_enveloped_credential_is_refused_that_has(suites: Suites, members: Document) -> None:
    refused(suites.verify(changed(suites.issued(INSTANCE, NAMED), members), INSTANCE))


TOKENS = {
    "no signature": lambda header, payload, signature: f"{header}.{payload}.",
    "another signature": lambda header, payload, signature: f"{header}.{payload}.{signature[::-1]}",
    "another payload": lambda header, payload, signature: f"{header}.{payload[:-4]}.{signature}",
    "two parts": lambda header, payload, signature: f"{header}.{payload}",
    "four parts": lambda header, payload, signature: f"{header}.{payload}.{signature}.",
    "another header": lambda header, payload, signature: f"e30.{payload}.{signature}",
}


@pytest.mark.parametrize("change", TOKENS.values(), ids=list(TOKENS))
def test_a_token_is_refused_that_has(suites: Suites, change: Any) -> None:
    issued = suites.issued(INSTANCE, NAMED)
    scheme, _, token = issued["id"].partition(",")
    refused(suites.verify({**issued, "id": f"{scheme},{change(*token.split('.'))}"}))


def test_a_token_by_another_key_than_the_issuer_s_is_refused(suites: Suites) -> None:
    document = {**NAMED, "issuer": name_of(HOLDER)}
    token = jose_envelope.secure_credential(document, signer=ISSUER, key_id=key_id(ISSUER))
    refused(suites.verify(jose_envelope.envelop_credential(token)))


# Presentations


def presented(*credentials: Document, signer: Signer = HOLDER, **claims: Any) -> Document:
    """A presentation in the claim `vp`, as the suite sends one: a JWT by EdDSA."""
    presentation = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": name_of(signer),
        "verifiableCredential": list(credentials),
    }
    stated = {
        "iss": name_of(signer),
        "aud": ASKED["domain"],
        "nonce": ASKED["challenge"],
        "vp": presentation,
        **claims,
    }
    token = jws.sign({"typ": "JWT", "kid": key_id(signer)}, stated, signer=signer)
    return enveloped("EnvelopedVerifiablePresentation", "application/jwt", token)


@pytest.mark.parametrize("asked", [{}, ASKED, {"challenge": "123456789"}], ids=str)
def test_a_presentation_in_an_envelope_is_verified(suites: Suites, asked: Document) -> None:
    verified(suites.verify_presentation(presented(in_version_1_1()), **asked))
    verified(suites.verify_presentation(presented(suites.issued(INSTANCE, NAMED)), **asked))
    verified(suites.verify_presentation(presented(), **asked))


def test_a_presentation_of_the_newer_kind_is_verified(suites: Suites) -> None:
    document = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": name_of(HOLDER),
        "verifiableCredential": [suites.issued(INSTANCE, NAMED)],
    }
    token = jose_envelope.secure_presentation(
        document, signer=HOLDER, key_id=key_id(HOLDER), **ASKED
    )
    verified(suites.verify_presentation(jose_envelope.envelop_presentation(token), **ASKED))


@pytest.mark.parametrize("asked", [{"challenge": "1"}, {"domain": "other.example"}], ids=str)
def test_an_enveloped_presentation_for_another_occasion_is_refused(
    suites: Suites, asked: Document
) -> None:
    refused(suites.verify_presentation(presented(), **{**ASKED, **asked}))


@pytest.mark.parametrize("members", ENVELOPES.values(), ids=list(ENVELOPES))
def test_an_enveloped_presentation_is_refused_that_has(suites: Suites, members: Document) -> None:
    refused(suites.verify_presentation(changed(presented(in_version_1_1()), members)))


def test_an_enveloped_presentation_by_somebody_else_is_refused(suites: Suites) -> None:
    stranger = {"iss": name_of(ISSUER)}
    refused(suites.verify_presentation(presented(**stranger)))
    other = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": name_of(ISSUER)}
    refused(suites.verify_presentation(presented(vp=other)))


@pytest.mark.parametrize(
    "inside",
    [
        credential(),
        {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": "data:application/jwt,e30"},
        {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": "https://a.example/1"},
    ],
    ids=["not in an envelope", "no token", "not at hand"],
)
def test_one_bad_credential_spoils_the_enveloped_presentation(
    suites: Suites, inside: Document
) -> None:
    refused(suites.verify_presentation(presented(in_version_1_1(), inside)))


def test_more_credentials_than_are_looked_at_are_refused(suites: Suites) -> None:
    refused(suites.verify_presentation(presented(*[in_version_1_1()] * 9)))


def test_a_credential_is_no_presentation_and_a_presentation_no_credential(suites: Suites) -> None:
    refused(suites.verify_presentation(suites.issued(INSTANCE, NAMED)))
    refused(suites.verify(presented(), INSTANCE))
