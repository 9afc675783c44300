"""Credentials that are tokens are believed only with the issuer's key, dates and status."""

from datetime import timedelta
from typing import Any

import pytest

from issuer.vc import keys, openbadges
from issuer.vc.errors import MalformedEnvelope
from issuer.vc.jose import jose_envelope, numeric_dates, token_status_list
from issuer.vc.verification import verify_tokens
from issuer.vc.verification.report import CouldNotCheck, Outcome, Verdict

from .conftest import NOW, College
from .shows import (
    ISSUER,
    KEY_ID,
    TOKEN_LIST,
    TOKENS,
    badge,
    badge_as_vc_jose,
    badge_as_vc_jwt,
    inspect,
    outcomes,
    sd_jwt,
)
from .tokens import forge, parts, public_key, stranger

PASSED, FAILED, COULD_NOT_CHECK = Outcome
STRANGER = stranger(keys.P256)


def named(header: dict[str, Any]) -> str:
    """A badge of ours as vc+jwt, signed by us, whose header says this of the key."""
    return forge({"alg": "ES256", "typ": "vc+jwt", **header}, badge(), TOKENS.sign)


def listed(
    *values: int, issued: Any = NOW, uri: str = TOKEN_LIST, by: Any = TOKENS, **options: Any
) -> str:
    """A status list of eight bits an entry that begins with these values."""
    packed = token_status_list.pack(dict(enumerate(values)), size=64, bits=8)
    return token_status_list.sign(
        packed, bits=8, uri=uri, issued=issued, signer=by, key_id=KEY_ID, **options
    )


def with_status(index: int = 0) -> str:
    return sd_jwt(status=token_status_list.reference(uri=TOKEN_LIST, index=index))


# Whose key it is


@pytest.mark.parametrize(
    "header",
    [
        {"kid": KEY_ID},
        {"kid": "#" + KEY_ID.partition("#")[2]},
        {"jwk": public_key(TOKENS).jwk},
        {"kid": KEY_ID, "jwk": public_key(TOKENS).jwk},
    ],
)
def test_the_issuer_s_key_is_found_by_its_name_or_among_those_listed(
    header: dict[str, Any],
) -> None:
    assert inspect(named(header)).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("header", "issuer"),
    [
        ({}, FAILED),
        ({"kid": "https://college.example/keys/1"}, COULD_NOT_CHECK),
        ({"kid": "did:web:elsewhere.example#key"}, FAILED),
        ({"kid": f"{ISSUER}#another"}, FAILED),
        ({"jwk": public_key(STRANGER).jwk}, FAILED),
        ({"kid": KEY_ID, "jwk": public_key(STRANGER).jwk}, FAILED),
    ],
)
def test_a_key_that_is_not_the_issuer_s_vouches_for_nothing(
    header: dict[str, Any], issuer: Outcome
) -> None:
    found = outcomes(inspect(named(header)))
    assert found == {
        "issuer": issuer,
        "signature": COULD_NOT_CHECK,
        "status": COULD_NOT_CHECK,
    }


def test_a_key_is_found_beside_others_that_cannot_be_read() -> None:
    college = College()
    method = college.documents[college.did]["verificationMethod"][0]
    college.documents[college.did] = {
        "id": college.did,
        "verificationMethod": [
            {"id": f"{college.did}#broken", "type": "JsonWebKey", "controller": college.did},
            {
                "id": f"{college.did}#other",
                "type": "JsonWebKey",
                "controller": college.did,
                "publicKeyJwk": public_key(STRANGER).jwk,
            },
            method,
            {
                "id": f"{college.did}#jwk",
                "type": "JsonWebKey",
                "controller": college.did,
                "publicKeyJwk": public_key(TOKENS).jwk,
            },
        ],
        "assertionMethod": [
            f"{college.did}#gone",
            f"{college.did}#broken",
            f"{college.did}#other",
            method["id"],
            f"{college.did}#jwk",
        ],
    }
    document = badge(issuer=openbadges.Profile(id=college.did))
    header = {"alg": "ES256", "typ": "vc+jwt", "jwk": public_key(TOKENS).jwk}

    def verified() -> Verdict:
        return verify_tokens.verify_token(
            forge(header, document, TOKENS.sign),
            resolve_did=college.resolve_did,
            fetch_status_list=college.fetch_status_list,
            fetch_status_token=lambda url: "",
            now=NOW,
        ).verdict

    assert verified() is Verdict.VALID
    del college.documents[college.did]["assertionMethod"][-1]
    assert verified() is Verdict.INVALID


@pytest.mark.parametrize("token", [badge_as_vc_jwt, badge_as_vc_jose, sd_jwt])
def test_another_s_signature_in_the_issuer_s_name_is_refused(token: Any) -> None:
    ours, tilde, rest = token().partition("~")
    signed = forge(*parts(ours), STRANGER.sign)
    found = outcomes(inspect(signed + tilde + rest))
    assert found == {"signature": FAILED, "status": COULD_NOT_CHECK}


# What is accepted at all


def test_an_sd_jwt_that_names_no_issuer_is_not_accepted() -> None:
    header, claims = parts(sd_jwt())
    for issuer in ({}, {"iss": "college"}, {"iss": 7}):
        stated = {name: value for name, value in claims.items() if name != "iss"} | issuer
        found = inspect(forge(header, stated, TOKENS.sign) + "~")
        assert found.check("structure").outcome is FAILED
        assert {check.outcome for check in found.checks[1:]} == {COULD_NOT_CHECK}


def test_a_token_of_another_time_is_refused_though_the_credential_is_of_today() -> None:
    ended = numeric_dates.write(NOW - timedelta(days=1))
    header, claims = parts(badge_as_vc_jose())
    token = forge(header, {**claims, "exp": ended}, TOKENS.sign)
    assert outcomes(inspect(token)) == {"dates": FAILED}
    assert outcomes(inspect(sd_jwt(exp=ended))) == {"dates": FAILED}


def test_only_envelopes_around_tokens_that_are_known_are_opened() -> None:
    text = badge_as_vc_jose()
    envelope = jose_envelope.envelop_credential(text)
    assert verify_tokens.open_envelope(envelope) == text
    with pytest.raises(CouldNotCheck):
        verify_tokens.open_envelope({**envelope, "id": "data:application/vc+cose,AA"})
    with pytest.raises(MalformedEnvelope):
        verify_tokens.open_envelope({**envelope, "type": "VerifiableCredential"})


# Whether it still holds


@pytest.mark.parametrize(
    ("value", "outcome", "says"),
    [
        (token_status_list.VALID, PASSED, "valid"),
        (token_status_list.INVALID, FAILED, "revoked"),
        (token_status_list.SUSPENDED, FAILED, "suspended"),
        (0x03, COULD_NOT_CHECK, "not known"),
    ],
)
def test_a_state_in_the_list_is_what_it_means(value: int, outcome: Outcome, says: str) -> None:
    check = inspect(with_status(), status=listed(value)).check("status")
    assert (check.outcome, says in check.detail) == (outcome, True)


def test_what_states_no_status_cannot_be_withdrawn() -> None:
    check = inspect(sd_jwt()).check("status")
    assert (check.outcome, "cannot be withdrawn" in check.detail) == (PASSED, True)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no token",
        listed(0, uri="https://college.example/status/others"),
        listed(0, by=STRANGER),
        listed(0, issued=NOW + timedelta(days=1)),
        listed(0, issued=NOW - timedelta(days=2), expires=NOW - timedelta(days=1)),
    ],
)
def test_a_list_that_cannot_be_relied_on_says_nothing(token: str) -> None:
    found = inspect(with_status(), status=token)
    assert outcomes(found) == {"status": COULD_NOT_CHECK}


def test_an_entry_that_the_list_has_not_says_nothing() -> None:
    assert inspect(with_status(64), status=listed(0)).check("status").outcome is COULD_NOT_CHECK
