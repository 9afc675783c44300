import copy
import functools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import keys
from issuer.vc.contexts import CREDENTIALS_V1, CREDENTIALS_V2, EXAMPLES_V2
from issuer.vc.credential import ENVELOPED_CREDENTIAL
from issuer.vc.errors import (
    ClaimMismatch,
    ForbiddenValue,
    MalformedDocument,
    MalformedEnvelope,
    MalformedToken,
    UnsecuredToken,
    UnsupportedProof,
    VcError,
    WrongChallenge,
    WrongDomain,
    WrongSignature,
)
from issuer.vc.jose import jose_envelope
from issuer.vc.jose.jose_envelope import ENVELOPED_PRESENTATION

from .any_json import any_json
from .conftest import DID, _badge
from .tokens import (
    ALGORITHMS,
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

P256 = signer(keys.P256)
KINDS = [kind for kind in ALGORITHMS if kind != keys.RSA]
HOLDER = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"


@functools.cache
def _token(kind: str = keys.P256) -> str:
    return jose_envelope.secure_credential(_badge(), signer=signer(kind), key_id=KEY_ID)


def verify(text: Any, kind: str = keys.P256) -> dict[str, Any]:
    secured = jose_envelope.read_credential(text)
    jose_envelope.check_credential(secured, public_key=public_key(signer(kind)))
    return secured.credential


def resigned(claims: Any, **header: Any) -> str:
    return forge({"alg": "ES256", "typ": "vc+jwt", "cty": "vc", **header}, claims, P256.sign)


def presentation(**changes: Any) -> dict[str, Any]:
    return {
        "@context": [CREDENTIALS_V2],
        "id": "urn:uuid:7",
        "type": "VerifiablePresentation",
        "holder": HOLDER,
        "verifiableCredential": [
            jose_envelope.envelop_credential(_token()),
            {
                **jose_envelope.envelop_credential(""),
                "id": "data:application/vc+cose;base64,0oRY",
            },
        ],
        **changes,
    }


def presented(document: dict[str, Any] | None = None, kind: str = keys.P256, **asked: Any) -> str:
    return jose_envelope.secure_presentation(
        document or presentation(), signer=signer(kind), key_id=f"{HOLDER}#1", **asked
    )


def verify_presentation(text: Any, kind: str = keys.P256, **asked: Any) -> dict[str, Any]:
    secured = jose_envelope.read_presentation(text)
    jose_envelope.check_presentation(secured, public_key=public_key(signer(kind)), **asked)
    return secured.presentation


# Credentials


@pytest.mark.parametrize("kind", KINDS)
def test_the_payload_is_the_credential_and_comes_back_as_it_was(kind: str) -> None:
    header, payload = parts(_token(kind))
    assert header == {"alg": ALGORITHMS[kind], "typ": "vc+jwt", "cty": "vc", "kid": KEY_ID}
    assert payload == _badge() == verify(_token(kind), kind)
    with pytest.raises(WrongSignature):
        jose_envelope.check_credential(
            jose_envelope.read_credential(_token(kind)), public_key=public_key(stranger(kind))
        )


def test_rsa_is_for_badges_in_their_own_profile() -> None:
    text = forge({"alg": "RS256"}, _badge(), signer(keys.RSA).sign)
    with pytest.raises(UnsupportedProof):
        verify(text, keys.RSA)


@pytest.mark.parametrize(
    "change",
    [
        {"badExtension": {"huh": "what?"}},
        {"vc": {}},
        {"vp": {}},
        {"iss": DID},
        {"exp": 1},
        {"@context": [CREDENTIALS_V1]},
        {"@context": []},
        {"@context": [EXAMPLES_V2, CREDENTIALS_V2]},
        {"type": ["OpenBadgeCredential"]},
        {"type": []},
    ],
)
def test_what_is_no_credential_or_holds_members_nobody_knows_is_not_signed(
    change: dict[str, Any],
) -> None:
    with pytest.raises(ForbiddenValue):
        jose_envelope.secure_credential({**_badge(), **change}, signer=P256, key_id=KEY_ID)


@pytest.mark.parametrize("key_id", ["", "jwk-2026", "#jwk-2026"])
def test_the_key_is_named_by_its_whole_address(key_id: str) -> None:
    with pytest.raises(ForbiddenValue):
        jose_envelope.secure_credential(_badge(), signer=P256, key_id=key_id)


def test_no_leaf_of_the_payload_can_be_changed() -> None:
    header, payload = parts(_token())
    signature = _token().rpartition(".")[2]
    for changed in changed_leaves(payload):
        with pytest.raises(VcError):
            verify(forge(header, changed) + signature)


def test_claims_about_the_token_are_not_of_the_credential() -> None:
    claims = {"iss": DID, "jti": _badge()["id"], "iat": 1, "exp": 2, "cnf": {}, "aud": "x"}
    assert verify(resigned(_badge() | claims)) == _badge()


@pytest.mark.parametrize(
    "claims", [{"iss": "did:web:other.example"}, {"jti": "urn:uuid:2"}, {"sub": HOLDER}]
)
def test_claims_that_repeat_members_must_agree(claims: dict[str, Any]) -> None:
    with pytest.raises(ClaimMismatch):
        verify(resigned(_badge() | claims))


def test_the_subject_may_be_repeated() -> None:
    document = _badge()
    document["credentialSubject"]["id"] = HOLDER
    assert verify(resigned({**document, "sub": HOLDER})) == document


def test_the_issuer_may_be_a_plain_address() -> None:
    document = {**_badge(), "issuer": DID}
    assert verify(resigned({**document, "iss": DID})) == document
    document.pop("issuer")
    with pytest.raises(MalformedDocument):
        verify(resigned(document))


@pytest.mark.parametrize(
    "header", [{"typ": "bad+typ"}, {"typ": "JWT"}, {"typ": "vp+jwt"}, {"cty": "bad+cty"}]
)
def test_another_type_of_token_or_content_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(MalformedToken):
        verify(resigned(_badge(), **header))


def test_the_types_may_be_left_out_or_be_written_in_full() -> None:
    assert verify(forge({"alg": "ES256"}, _badge(), P256.sign)) == _badge()
    full = {"typ": "application/vc+jwt", "cty": "application/vc"}
    assert verify(resigned(_badge(), **full)) == _badge()


@pytest.mark.parametrize("claim", ["vc", "vp"])
def test_claims_of_the_older_form_are_refused(claim: str) -> None:
    with pytest.raises(MalformedToken):
        verify(resigned({**_badge(), claim: "oops"}))


@pytest.mark.parametrize(
    "change", [{"@context": [CREDENTIALS_V1]}, {"type": ["VerifiablePresentation"]}]
)
def test_what_is_no_credential_of_version_2_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedToken):
        verify(resigned(_badge() | change))


def test_json_that_is_not_secured_is_refused() -> None:
    for unsecured in (_badge(), json.dumps(_badge()), forge({"alg": "none"}, _badge())):
        with pytest.raises(MalformedToken):
            verify(unsecured)
    with pytest.raises(UnsecuredToken):
        verify(forge({"alg": "none", "typ": "vc+jwt"}, _badge()))


def test_nothing_hostile_is_accepted_as_a_credential() -> None:
    refuses(verify, _badge())


@settings(max_examples=200)
@given(mangled(_token()) | st.text())
def test_whatever_comes_it_is_refused_in_our_words(text: str) -> None:
    if text != _token():
        with pytest.raises(VcError):
            verify(text)


# Envelopes


def test_a_token_comes_out_of_its_envelope_as_it_went_in() -> None:
    document = jose_envelope.envelop_credential(_token())
    assert document == {
        "@context": CREDENTIALS_V2,
        "id": f"data:application/vc+jwt,{_token()}",
        "type": "EnvelopedVerifiableCredential",
    }
    envelope = jose_envelope.open_envelope(document, type_=ENVELOPED_CREDENTIAL)
    assert (envelope.media_type, envelope.text) == ("application/vc+jwt", _token())

    document = jose_envelope.envelop_presentation(_token())
    assert document["type"] == "EnvelopedVerifiablePresentation"
    assert document["id"].startswith("data:application/vp+jwt,")
    assert jose_envelope.open_envelope(document, type_=ENVELOPED_PRESENTATION).text == _token()


def test_context_and_type_may_be_lists_of_one() -> None:
    document = jose_envelope.envelop_credential(_token())
    listed = {**document, "@context": [CREDENTIALS_V2], "type": [ENVELOPED_CREDENTIAL]}
    assert jose_envelope.open_envelope(listed, type_=ENVELOPED_CREDENTIAL).text == _token()


@pytest.mark.parametrize(
    "change",
    [
        {"@context": []},
        {"@context": None},
        {"@context": EXAMPLES_V2},
        {"@context": [EXAMPLES_V2]},
        {"@context": [CREDENTIALS_V2, {"id": "@type"}]},
        {"id": "eyJ.eyJ.abc"},
        {"id": "https://college.example/1"},
        {"id": "data:,"},
        {"id": "data:application/vc+jwt,"},
        {"id": "data:application/vc+jwt"},
        {"id": "data:application/vc+jwt,é"},
        {"id": None},
        {"id": ["data:application/vc+jwt,a.b.c"]},
        {"type": "VerifiableCredential"},
        {"type": ENVELOPED_PRESENTATION},
        {"type": [ENVELOPED_CREDENTIAL, "VerifiableCredential"]},
        {"type": []},
        {"issuer": DID},
    ],
)
def test_a_bad_envelope_is_not_opened(change: dict[str, Any]) -> None:
    document = {**jose_envelope.envelop_credential(_token()), **change}
    with pytest.raises(MalformedEnvelope):
        jose_envelope.open_envelope(document, type_=ENVELOPED_CREDENTIAL)


@pytest.mark.parametrize("missing", ["@context", "id", "type"])
def test_an_envelope_lacks_nothing(missing: str) -> None:
    document = jose_envelope.envelop_credential(_token())
    document.pop(missing)
    with pytest.raises(MalformedEnvelope):
        jose_envelope.open_envelope(document, type_=ENVELOPED_CREDENTIAL)


@pytest.mark.parametrize("document", [None, "text", [], 7, {}])
def test_what_is_no_object_is_no_envelope(document: Any) -> None:
    with pytest.raises(MalformedEnvelope):
        jose_envelope.open_envelope(document, type_=ENVELOPED_CREDENTIAL)


# Presentations


@pytest.mark.parametrize("kind", KINDS)
def test_a_presentation_comes_back_as_it_was_with_its_envelopes(kind: str) -> None:
    text = presented(kind=kind)
    assert parts(text)[0] == {
        "alg": ALGORITHMS[kind],
        "typ": "vp+jwt",
        "cty": "vp",
        "kid": f"{HOLDER}#1",
    }
    assert verify_presentation(text, kind) == presentation()
    secured = jose_envelope.read_presentation(text)
    assert secured.holder == HOLDER
    assert [envelope.media_type for envelope in secured.envelopes] == [
        "application/vc+jwt",
        "application/vc+cose;base64",
    ]
    assert secured.envelopes[0].text == _token()


def test_challenge_and_domain_are_answered() -> None:
    text = presented(challenge="123", domain="https://verifier.example")
    for asked in ({}, {"challenge": "123"}, {"domain": "https://verifier.example"}):
        assert verify_presentation(text, **asked) == presentation()
    for asked, error in (
        ({"challenge": "1234"}, WrongChallenge),
        ({"domain": "https://other.example"}, WrongDomain),
    ):
        with pytest.raises(error):
            verify_presentation(text, **asked)
        with pytest.raises(error):
            verify_presentation(presented(), **asked)


def test_a_presentation_without_credentials_or_holder_is_one() -> None:
    document = presentation()
    document.pop("verifiableCredential")
    document.pop("holder")
    secured = jose_envelope.read_presentation(presented(document))
    assert secured.envelopes == ()
    assert secured.holder is None
    jose_envelope.check_presentation(secured, public_key=public_key(P256))


def test_one_credential_need_not_be_in_a_list_and_a_holder_may_be_an_object() -> None:
    document = presentation(
        verifiableCredential=jose_envelope.envelop_credential(_token()), holder={"id": HOLDER}
    )
    secured = jose_envelope.read_presentation(presented(document))
    assert len(secured.envelopes) == 1
    assert secured.holder == HOLDER


@pytest.mark.parametrize(
    "change",
    [
        {"@context": [CREDENTIALS_V1]},
        {"@context": []},
        {"type": ["VerifiableCredential"]},
        {"iss": HOLDER},
        {"nonce": "1"},
        {"vp": {}},
    ],
)
def test_what_is_no_presentation_is_not_signed(change: dict[str, Any]) -> None:
    with pytest.raises(ForbiddenValue):
        presented(presentation(**change))


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "eyJ.eyJ.abc",
        {},
        _badge(),
        {**jose_envelope.envelop_credential(_token()), "id": "not-a-credential"},
        {**jose_envelope.envelop_credential(_token()), "type": "VerifiableCredential"},
        {**jose_envelope.envelop_credential(_token()), "@context": []},
    ],
)
def test_only_enveloped_credentials_are_presented(entry: Any) -> None:
    document = presentation(verifiableCredential=[entry])
    with pytest.raises(MalformedEnvelope):
        presented(document)
    with pytest.raises(MalformedEnvelope):
        jose_envelope.read_presentation(forge({"alg": "ES256"}, document, P256.sign))


@pytest.mark.parametrize(
    "header", [{"typ": "bad+typ"}, {"typ": "vc+jwt"}, {"cty": "vc"}, {"typ": "JWT"}]
)
def test_another_type_of_presentation_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(MalformedToken):
        verify_presentation(forge({"alg": "ES256", **header}, presentation(), P256.sign))


def test_no_leaf_of_a_presentation_can_be_changed() -> None:
    text = presented(challenge="123", domain="https://verifier.example")
    header, payload = parts(text)
    for changed in changed_leaves(payload):
        with pytest.raises(VcError):
            verify_presentation(forge(header, changed) + text.rpartition(".")[2])


def test_claims_of_a_presentation_must_agree_with_it() -> None:
    for claims in ({"iss": "did:web:other.example"}, {"jti": "urn:uuid:8"}):
        text = forge({"alg": "ES256"}, presentation() | claims, P256.sign)
        with pytest.raises(ClaimMismatch):
            verify_presentation(text)


def test_a_presentation_may_stand_in_the_claim_vp_as_in_version_1() -> None:
    claims = {"iss": HOLDER, "aud": ["verifier.example"], "nonce": "123", "vp": presentation()}
    for header in ({"alg": "EdDSA", "typ": "JWT"}, {"alg": "EdDSA"}):
        text = forge(header, claims, signer(keys.ED25519).sign)
        found = verify_presentation(text, keys.ED25519, challenge="123", domain="verifier.example")
        assert found == presentation()


@pytest.mark.parametrize(
    "claims",
    [
        {"vp": presentation(), "vc": {}},
        {"vp": presentation(), "type": "VerifiablePresentation"},
        {"vp": "no"},
        {"vp": {}},
        {"vp": {"type": "VerifiableCredential"}},
    ],
)
def test_a_bad_claim_vp_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(MalformedToken):
        jose_envelope.read_presentation(forge({"alg": "ES256", "typ": "JWT"}, claims, P256.sign))


def test_the_newer_type_has_no_claim_vp() -> None:
    text = forge({"alg": "ES256", "typ": "vp+jwt"}, {"vp": presentation()}, P256.sign)
    with pytest.raises(MalformedToken):
        jose_envelope.read_presentation(text)


def test_nothing_hostile_is_accepted_as_a_presentation() -> None:
    refuses(verify_presentation, presentation())
    refuses(verify_presentation, {"vp": presentation()})


@settings(max_examples=100)
@given(mangled(presented()) | st.text())
def test_whatever_is_presented_it_is_refused_in_our_words(text: str) -> None:
    if text != presented():
        with pytest.raises(VcError):
            verify_presentation(text)


JSON = any_json("id", "type", "@context", "issuer", "x")


@settings(max_examples=300)
@given(
    st.sampled_from([*sorted(_badge()), "iss", "sub", "jti", "iat", "nonce", "aud", "vp"]),
    JSON,
    st.booleans(),
)
def test_signed_members_of_any_shape_are_read_or_refused_in_our_words(
    name: str, value: Any, is_presentation: bool
) -> None:
    claims = copy.deepcopy(presentation() if is_presentation else _badge())
    claims[name] = value
    text = forge({"alg": "ES256"}, json.dumps(claims).encode("utf-8", "surrogatepass"), P256.sign)
    try:
        (verify_presentation if is_presentation else verify)(text)
    except VcError:
        pass
