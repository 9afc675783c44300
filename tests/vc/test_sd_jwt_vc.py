import functools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import keys
from issuer.vc.errors import (
    Expired,
    ForbiddenDisclosure,
    ForbiddenValue,
    MalformedDisclosure,
    MalformedKey,
    MalformedToken,
    NotYetValid,
    OutOfBounds,
    PointsNowhere,
    UnsupportedProof,
    VcError,
    WrongChallenge,
    WrongSignature,
)
from issuer.vc.jose import jws, sd_jwt, sd_jwt_vc, token_status_list
from issuer.vc.keys import PublicKey

from .any_json import any_json
from .tokens import (
    ALGORITHMS,
    KEY_ID,
    b64,
    changed_leaves,
    forge,
    hostile,
    mangled,
    parts,
    public_key,
    signer,
    stranger,
)

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SKEW = timedelta(minutes=5)
ISSUER = signer(keys.P256)
HOLDER = signer(keys.ED25519)
KINDS = [kind for kind in ALGORITHMS if kind != keys.RSA]
ASKED = {"audience": "https://verifier.example", "nonce": "n-1"}

CLAIMS = {
    "iss": "https://college.example",
    "vct": "https://college.example/types/course",
    "iat": SECONDS - 60,
    "exp": SECONDS + 86_400,
    "status": token_status_list.reference(uri="https://college.example/status/9", index=7),
    "name": "Ana Núñez",
    "course": {"title": "Statistics", "credits": 3},
    "skills": ["means", "medians"],
}
POINTERS = ("/name", "/course/title", "/skills/0", "/skills/1")


def issued(claims: dict[str, Any] | None = None, **options: Any) -> str:
    options = {
        "signer": ISSUER,
        "key_id": KEY_ID,
        "pointers": POINTERS,
        "holder_key": public_key(HOLDER),
        **options,
    }
    return sd_jwt_vc.issue(CLAIMS if claims is None else claims, **options)


@functools.cache
def _whole() -> str:
    return issued(decoys=2)


@functools.cache
def _bound() -> str:
    derived = sd_jwt_vc.derive(_whole(), pointers=["/name"])
    return sd_jwt_vc.bind(derived, signer=HOLDER, issued=NOW, **ASKED)


def verify(text: Any, key: PublicKey | None = None) -> dict[str, Any]:
    return sd_jwt_vc.verify(text, find_key=lambda found: key or public_key(ISSUER), now=NOW)


def check_binding(text: str, **options: Any) -> None:
    found = sd_jwt_vc.read(text)
    sd_jwt_vc.check(found, public_key=public_key(ISSUER))
    sd_jwt_vc.check_key_binding(found, **{**ASKED, "now": NOW, "skew": SKEW, **options})


def with_confirmation() -> dict[str, Any]:
    return {**CLAIMS, "cnf": {"jwk": public_key(HOLDER).jwk}}


# Issuing


@pytest.mark.parametrize("kind", KINDS)
def test_everything_comes_back_that_was_issued(kind: str) -> None:
    text = issued(signer=signer(kind))
    header, payload = parts(text)
    assert header == {"alg": ALGORITHMS[kind], "typ": "dc+sd-jwt", "kid": KEY_ID}
    assert text.count("~") == 5
    assert text.endswith("~")
    assert "name" not in payload
    assert "title" not in payload["course"]
    assert verify(text, public_key(signer(kind))) == with_confirmation()
    with pytest.raises(WrongSignature):
        verify(text, public_key(stranger(kind)))


def test_nothing_hidden_shows_in_the_token() -> None:
    token = jws.decode(_whole().split(".")[1]).decode()
    for text in ("Ana", "Statistics", "means", "title"):
        assert text not in token


def test_without_pointers_it_is_a_token_with_a_tilde() -> None:
    text = issued(pointers=(), holder_key=None)
    assert text.count("~") == 1
    assert verify(text) == CLAIMS


@pytest.mark.parametrize(
    "pointer",
    [
        "/iss",
        "/nbf",
        "/exp",
        "/cnf",
        "/cnf/jwk",
        "/cnf/jwk/x",
        "/vct",
        "/vct#integrity",
        "/aka_vcts/0",
        "/status",
        "/status/status_list",
        "/status/status_list/idx",
    ],
)
def test_what_everybody_must_see_is_not_hidden(pointer: str) -> None:
    with pytest.raises(ForbiddenDisclosure):
        issued(pointers=[pointer])


@pytest.mark.parametrize("pointer", ["", "/nothing", "/skills/2", "name"])
def test_a_pointer_to_nothing_is_refused(pointer: str) -> None:
    with pytest.raises(PointsNowhere):
        issued(pointers=[pointer])


@pytest.mark.parametrize(
    "claims",
    [
        {**CLAIMS, "vct": ""},
        {**CLAIMS, "vct": 7},
        {"name": "x"},
        {**CLAIMS, "cnf": {}},
        {**CLAIMS, "_sd_alg": "md5"},
        {**CLAIMS, "_sd": []},
    ],
)
def test_claims_that_are_none_of_an_sd_jwt_vc_are_not_signed(claims: dict[str, Any]) -> None:
    with pytest.raises(ForbiddenValue):
        issued(claims, pointers=())


@pytest.mark.parametrize("name", ["iat", "nbf", "exp"])
def test_dates_are_numbers(name: str) -> None:
    with pytest.raises(VcError):
        issued({**CLAIMS, name: "tomorrow"})


def test_the_key_is_named_by_its_address() -> None:
    with pytest.raises(ForbiddenValue):
        issued(key_id="jwk-2026")


# Verifying


def test_the_issuers_word_is_bound_to_its_time() -> None:
    for claims, error in (
        ({**CLAIMS, "exp": SECONDS}, Expired),
        ({**CLAIMS, "nbf": SECONDS + 1}, NotYetValid),
        ({**CLAIMS, "iat": SECONDS + 1}, NotYetValid),
    ):
        with pytest.raises(error):
            verify(issued(claims))


def test_no_leaf_of_the_token_and_no_disclosure_can_be_changed() -> None:
    header, payload = parts(_whole())
    token, tilde, disclosures = _whole().partition("~")
    signature = token.rpartition(".")[2]
    for changed in changed_leaves(payload):
        with pytest.raises(VcError):
            verify(forge(header, changed) + signature + tilde + disclosures)
    first, *others = disclosures.split("~")
    content = json.loads(jws.decode(first))
    for changed in changed_leaves(content):
        text = b64(json.dumps(changed).encode())
        with pytest.raises(MalformedDisclosure):
            verify("~".join([token, text, *others]))


def test_no_character_can_be_changed() -> None:
    for position in range(0, len(_bound()), 3):
        for other in ("A", "~", "."):
            if _bound()[position] != other:
                text = _bound()[:position] + other + _bound()[position + 1 :]
                with pytest.raises(VcError):
                    verify(text)
                    check_binding(text)


@pytest.mark.parametrize("typ", ["vc+sd-jwt", "JWT", "kb+jwt", "statuslist+jwt"])
def test_another_type_of_token_is_refused(typ: str) -> None:
    with pytest.raises(MalformedToken):
        verify(forge({"alg": "ES256", "typ": typ}, CLAIMS, ISSUER.sign) + "~")


def resigned(claims: Any, *disclosures: str) -> str:
    header = {"alg": "ES256", "typ": "dc+sd-jwt", "kid": KEY_ID}
    return "~".join([forge(header, claims, ISSUER.sign), *disclosures, ""])


@pytest.mark.parametrize("vct", [None, "", 7, ["x"]])
def test_the_type_is_stated(vct: Any) -> None:
    with pytest.raises(MalformedToken):
        verify(resigned({**CLAIMS, "vct": vct}))


@pytest.mark.parametrize("name", sorted(sd_jwt_vc.NEVER_HIDDEN))
def test_an_issuer_that_hides_what_everybody_must_see_is_not_believed(name: str) -> None:
    disclosure = b64(json.dumps(["salt", name, "x"]).encode())
    claims = {key: value for key, value in CLAIMS.items() if key != name}
    claims["_sd"] = [sd_jwt.digest(disclosure, by="sha-256")]
    with pytest.raises(ForbiddenDisclosure):
        verify(resigned(claims, disclosure))


def test_the_tildes_matter() -> None:
    token, _, rest = _whole().partition("~")
    for text in (
        token,
        _whole() + "~",
        _whole()[:-1],
        f"{token}~~{rest}",
        f"~{_whole()}",
        f"{token}~{rest}{rest}",
    ):
        with pytest.raises(VcError):
            verify(text)


def test_rsa_is_not_understood() -> None:
    header = {"alg": "RS256", "typ": "dc+sd-jwt"}
    with pytest.raises(UnsupportedProof):
        verify(forge(header, CLAIMS, signer(keys.RSA).sign) + "~", public_key(signer(keys.RSA)))


# The holder


def test_the_holder_shows_a_part() -> None:
    derived = sd_jwt_vc.derive(_whole(), pointers=["/skills/1", "/name"])
    claims = verify(derived)
    assert claims["name"] == "Ana Núñez"
    assert claims["skills"] == ["medians"]
    assert claims["course"] == {"credits": 3}
    assert sd_jwt_vc.derive(derived, pointers=["/skills/0"]).count("~") == 2
    assert verify(sd_jwt_vc.derive(_whole(), pointers=[])).keys() == {
        *("iss", "vct", "iat", "exp", "status", "course", "skills", "cnf")
    }


def test_a_choice_of_nothing_that_was_hidden_is_refused() -> None:
    with pytest.raises(PointsNowhere):
        sd_jwt_vc.derive(_whole(), pointers=["/iss"])


def test_a_binding_holds_for_this_choice_verifier_and_occasion() -> None:
    check_binding(_bound())
    header, payload = parts(_bound().rpartition("~")[2])
    assert header == {"alg": "EdDSA", "typ": "kb+jwt"}
    assert payload.keys() == {"iat", "aud", "nonce", "sd_hash"}
    for options in ({"audience": "https://other.example"}, {"nonce": "n-2"}):
        with pytest.raises(WrongChallenge):
            check_binding(_bound(), **options)


def test_a_binding_is_for_one_choice_only() -> None:
    binding = _bound().rpartition("~")[2]
    other = sd_jwt_vc.derive(_whole(), pointers=["/name", "/skills/0"])
    with pytest.raises(WrongSignature):
        check_binding(other + binding)


def test_a_binding_is_left_behind_and_made_anew() -> None:
    again = sd_jwt_vc.derive(_bound(), pointers=["/name"])
    assert again.endswith("~")
    bound = sd_jwt_vc.bind(_bound(), signer=HOLDER, issued=NOW, audience="x", nonce="y")
    check_binding(bound, audience="x", nonce="y")


def test_without_a_binding_the_holder_is_unknown() -> None:
    with pytest.raises(WrongChallenge):
        check_binding(_whole())


def test_somebody_elses_key_does_not_bind() -> None:
    bound = sd_jwt_vc.bind(_whole(), signer=stranger(keys.ED25519), issued=NOW, **ASKED)
    with pytest.raises(WrongSignature):
        check_binding(bound)


def test_a_binding_grows_old() -> None:
    check_binding(_bound(), now=NOW + sd_jwt_vc.MAX_AGE + SKEW)
    check_binding(_bound(), now=NOW - SKEW)
    with pytest.raises(WrongChallenge):
        check_binding(_bound(), now=NOW + sd_jwt_vc.MAX_AGE + SKEW + timedelta(seconds=1))
    with pytest.raises(NotYetValid):
        check_binding(_bound(), now=NOW - SKEW - timedelta(seconds=1))


def test_a_binding_states_its_time() -> None:
    found = sd_jwt_vc.read(_bound())
    assert found.key_binding is not None
    claims = dict(found.key_binding.claims)
    for wrong in (None, "2026-06-15T12:00:00Z", True):
        binding = forge({"alg": "EdDSA", "typ": "kb+jwt"}, {**claims, "iat": wrong}, HOLDER.sign)
        with pytest.raises(MalformedToken):
            check_binding(found.text + binding)


def test_a_binding_is_typed_as_one() -> None:
    found = sd_jwt_vc.read(_bound())
    assert found.key_binding is not None
    binding = forge({"alg": "EdDSA", "typ": "JWT"}, found.key_binding.claims, HOLDER.sign)
    with pytest.raises(MalformedToken):
        sd_jwt_vc.read(found.text + binding)


@pytest.mark.parametrize("confirmation", [None, "x", {}, {"kid": "x"}])
def test_a_token_that_states_no_key_of_the_holder_cannot_be_bound(confirmation: Any) -> None:
    text = resigned({**CLAIMS, "cnf": confirmation})
    with pytest.raises(MalformedToken):
        check_binding(sd_jwt_vc.bind(text, signer=HOLDER, issued=NOW, **ASKED))


@pytest.mark.parametrize("jwk", [None, {}, {"kty": "oct", "k": "AA"}, {"kty": "OKP", "crv": 1}])
def test_a_bad_key_of_the_holder_is_refused(jwk: Any) -> None:
    text = resigned({**CLAIMS, "cnf": {"jwk": jwk}})
    with pytest.raises(MalformedKey):
        check_binding(sd_jwt_vc.bind(text, signer=HOLDER, issued=NOW, **ASKED))


# Hostile


def test_nothing_hostile_is_accepted() -> None:
    for thing in hostile(CLAIMS):
        candidates = (
            [thing, f"{thing}~", f"{_whole()}{thing}."] if isinstance(thing, str) else [thing]
        )
        for candidate in candidates:
            with pytest.raises(VcError):
                verify(candidate)
    with pytest.raises(OutOfBounds):
        verify("~" * 2_000_000)
    with pytest.raises(OutOfBounds):
        verify(resigned(CLAIMS, *["A"] * 501))


@settings(max_examples=200)
@given(mangled(_bound()) | st.text())
def test_whatever_comes_it_is_refused_in_our_words(text: str) -> None:
    # What the holder adds is not the issuer's business, so both must hold.
    if text != _bound():
        with pytest.raises(VcError):
            verify(text)
            check_binding(text)


JSON = any_json("_sd", "...", "jwk", "status_list", "x")


@settings(max_examples=300)
@given(st.sampled_from([*CLAIMS, "_sd", "_sd_alg", "cnf", "..."]), JSON)
def test_signed_claims_of_any_shape_are_read_or_refused_in_our_words(name: str, value: Any) -> None:
    content = json.dumps({**CLAIMS, name: value}).encode("utf-8", "surrogatepass")
    text = resigned(content)
    try:
        verify(text)
        token_status_list.find_reference(sd_jwt_vc.read(text).claims)
        check_binding(sd_jwt_vc.bind(text, signer=HOLDER, issued=NOW, **ASKED))
    except VcError:
        pass
