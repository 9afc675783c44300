import functools
import json
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import keys
from issuer.vc.errors import (
    ClaimMismatch,
    Expired,
    ForbiddenValue,
    IndexOutOfRange,
    MalformedStatusList,
    MalformedToken,
    UnsupportedProof,
    VcError,
    WrongSignature,
)
from issuer.vc.jose import numeric_dates, token_status_list

from .any_json import any_json
from .tokens import (
    ALGORITHMS,
    KEY_ID,
    b64,
    changed_leaves,
    forge,
    mangled,
    parts,
    public_key,
    refuses,
    signer,
    stranger,
)

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
URI = "https://college.example/status/9"
P256 = signer(keys.P256)
KINDS = [kind for kind in ALGORITHMS if kind != keys.RSA]
WIDTHS = [1, 2, 4, 8]

# The list that the specification prints: 16 states of one bit.
PRINTED = "eNrbuRgAAhcBXQ"
SET = {0, 3, 4, 5, 7, 8, 9, 13, 15}


def signed(packed: bytes | bytearray = b"\xb9\xa3", **changes: Any) -> str:
    options = {
        "bits": 1,
        "uri": URI,
        "issued": NOW,
        "expires": NOW + timedelta(days=1),
        "ttl": 300,
        "signer": P256,
        "key_id": KEY_ID,
    }
    return token_status_list.sign(packed, **(options | changes))


@functools.cache
def _token() -> str:
    return signed()


def verify(text: Any, kind: str = keys.P256) -> token_status_list.StatusToken:
    found = token_status_list.read(text)
    token_status_list.check(found, uri=URI, public_key=public_key(signer(kind)))
    return found


def resigned(claims: Any, **header: Any) -> str:
    return forge({"alg": "ES256", "typ": "statuslist+jwt", **header}, claims, P256.sign)


# The list


def test_the_printed_list_is_read_and_written() -> None:
    packed = token_status_list.decode(PRINTED)
    assert packed == b"\xb9\xa3"
    assert token_status_list.encode(packed) == PRINTED
    assert {index for index in range(16) if token_status_list.get(packed, index)} == SET
    assert token_status_list.pack(dict.fromkeys(SET, 1), size=16) == packed


def test_the_lowest_bits_come_first() -> None:
    assert token_status_list.pack({0: 1}, size=8) == b"\x01"
    assert token_status_list.pack({0: 1, 1: 2, 2: 0, 3: 3}, size=4, bits=2) == b"\xc9"
    assert token_status_list.pack({0: 1, 1: 2}, size=2, bits=4) == b"\x21"
    assert token_status_list.pack({1: 255}, size=2, bits=8) == b"\x00\xff"


@given(st.data(), st.sampled_from(WIDTHS))
def test_the_states_are_read_that_were_set(data: st.DataObject, bits: int) -> None:
    size = 64
    states = data.draw(st.dictionaries(st.integers(0, size - 1), st.integers(0, (1 << bits) - 1)))
    packed = token_status_list.decode(
        token_status_list.encode(token_status_list.pack(states, size=size, bits=bits))
    )
    assert len(packed) == size * bits // 8
    found = [token_status_list.get(packed, index, bits=bits) for index in range(size)]
    assert found == [states.get(index, 0) for index in range(size)]


@pytest.mark.parametrize("bits", [0, 3, 16, True, None, "1", 1.0])
def test_other_widths_are_refused(bits: Any) -> None:
    with pytest.raises(ForbiddenValue):
        token_status_list.pack({}, size=8, bits=bits)
    with pytest.raises(ForbiddenValue):
        token_status_list.get(b"\0", 0, bits=bits)
    with pytest.raises(ForbiddenValue):
        signed(bits=bits)


@pytest.mark.parametrize(("size", "bits"), [(0, 1), (-8, 1), (7, 1), (3, 2), (2**27 + 8, 1)])
def test_a_list_fills_whole_bytes_and_is_not_too_long(size: int, bits: int) -> None:
    with pytest.raises(ForbiddenValue):
        token_status_list.pack({}, size=size, bits=bits)


@pytest.mark.parametrize(("status", "bits"), [(2, 1), (-1, 1), (4, 2), (16, 4), (256, 8)])
def test_a_state_fits_in(status: int, bits: int) -> None:
    with pytest.raises(ForbiddenValue):
        token_status_list.pack({0: status}, size=8, bits=bits)


@pytest.mark.parametrize("index", [-1, 8, 2**70])
def test_an_entry_outside_of_the_list_is_refused(index: int) -> None:
    with pytest.raises(IndexOutOfRange):
        token_status_list.pack({index: 1}, size=8)
    with pytest.raises(IndexOutOfRange):
        token_status_list.get(b"\0", index)


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "=",
        "é",
        PRINTED + "A",
        PRINTED[:-2],
        b64(zlib.compress(b"\0") + b"x"),
        b64(zlib.compress(b"\0" * 100)[:-3]),
        b64(b"\x1f\x8b" + bytes(20)),
    ],
)
def test_what_is_no_single_whole_list_is_refused(text: Any) -> None:
    with pytest.raises(MalformedStatusList):
        token_status_list.decode(text)


def test_a_bomb_is_not_inflated() -> None:
    bomb = b64(zlib.compress(bytes(200 * 1024 * 1024), 9))
    tracemalloc.start()
    with pytest.raises(MalformedStatusList):
        token_status_list.decode(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * 1024 * 1024


# The reference


def test_a_reference_is_read_as_it_was_written() -> None:
    status = token_status_list.reference(uri=URI, index=412)
    assert status == {"status_list": {"idx": 412, "uri": URI}}
    found = token_status_list.find_reference({"status": status})
    assert found == token_status_list.Reference(URI, 412)
    assert token_status_list.find_reference({}) is None


def test_a_reference_to_nowhere_is_not_written() -> None:
    with pytest.raises(ForbiddenValue):
        token_status_list.reference(uri="status", index=0)
    for index in (-1, 2**27):
        with pytest.raises(IndexOutOfRange):
            token_status_list.reference(uri=URI, index=index)


@pytest.mark.parametrize(
    "status",
    [
        None,
        "x",
        {},
        {"status_list": None},
        {"status_list": {}},
        {"status_list": {"idx": 1}},
        {"status_list": {"uri": URI}},
        {"status_list": {"idx": "1", "uri": URI}},
        {"status_list": {"idx": True, "uri": URI}},
        {"status_list": {"idx": 1.0, "uri": URI}},
        {"status_list": {"idx": -1, "uri": URI}},
        {"status_list": {"idx": 2**50, "uri": URI}},
        {"status_list": {"idx": 1, "uri": "status"}},
        {"status_list": {"idx": 1, "uri": [URI]}},
        {"another": {}},
    ],
)
def test_a_status_that_is_not_understood_is_not_passed_over(status: Any) -> None:
    with pytest.raises(MalformedToken):
        token_status_list.find_reference({"status": status})


# The token


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_comes_back_as_it_was_published(kind: str) -> None:
    text = signed(signer=signer(kind))
    assert parts(text) == [
        {"alg": ALGORITHMS[kind], "typ": "statuslist+jwt", "kid": KEY_ID},
        {
            "sub": URI,
            "iat": int(NOW.timestamp()),
            "exp": int(NOW.timestamp()) + 86_400,
            "ttl": 300,
            "status_list": {"bits": 1, "lst": PRINTED},
        },
    ]
    found = verify(text, kind)
    assert {index for index in range(16) if found.status(index)} == SET
    assert (found.bits, found.ttl) == (1, 300)
    with pytest.raises(IndexOutOfRange):
        found.status(16)
    with pytest.raises(WrongSignature):
        token_status_list.check(found, uri=URI, public_key=public_key(stranger(kind)))


def test_end_and_time_to_live_may_be_left_out() -> None:
    found = verify(signed(expires=None, ttl=None))
    assert found.ttl is None
    assert found.token.claims.keys() == {"sub", "iat", "status_list"}


@pytest.mark.parametrize("bits", WIDTHS)
def test_states_of_every_width_are_published(bits: int) -> None:
    packed = token_status_list.pack({5: 1}, size=16, bits=bits)
    assert verify(signed(packed, bits=bits)).status(5) == token_status_list.INVALID


@pytest.mark.parametrize(
    "change",
    [
        {"uri": "status"},
        {"key_id": "jwk-2026"},
        {"expires": NOW},
        {"ttl": 0},
        {"ttl": -1},
        {"issued": NOW.replace(tzinfo=None), "expires": None},
        {"signer": type("Odd", (), {"kind": "odd"})()},
    ],
)
def test_a_list_that_nobody_could_use_is_not_signed(change: dict[str, Any]) -> None:
    with pytest.raises(ForbiddenValue):
        signed(**change)


def test_the_list_of_another_address_is_refused() -> None:
    found = token_status_list.read(_token())
    with pytest.raises(ClaimMismatch):
        token_status_list.check(found, uri=URI + "0", public_key=public_key(P256))


def test_an_old_list_is_told() -> None:
    claims = token_status_list.read(_token()).token.claims
    later = NOW + timedelta(days=1)
    with pytest.raises(Expired):
        numeric_dates.require_current(claims, now=later, skew=timedelta())


def test_no_leaf_can_be_changed() -> None:
    header, payload = parts(_token())
    signature = _token().rpartition(".")[2]
    for changed in [*changed_leaves(payload)]:
        with pytest.raises(VcError):
            verify(forge(header, changed) + signature)
    for changed in changed_leaves(header):
        with pytest.raises(VcError):
            verify(forge(changed, payload) + signature)


@pytest.mark.parametrize("typ", ["JWT", "dc+sd-jwt", "vc+jwt"])
def test_another_type_of_token_is_refused(typ: str) -> None:
    with pytest.raises(MalformedToken):
        verify(resigned(parts(_token())[1], typ=typ))
    with pytest.raises(MalformedToken):
        verify(forge({"alg": "ES256"}, parts(_token())[1], P256.sign))


@pytest.mark.parametrize(
    "change",
    [
        {"status_list": None},
        {"status_list": []},
        {"status_list": {"lst": PRINTED}},
        {"status_list": {"bits": 3, "lst": PRINTED}},
        {"status_list": {"bits": "1", "lst": PRINTED}},
        {"status_list": {"bits": True, "lst": PRINTED}},
        {"status_list": {"bits": [1], "lst": PRINTED}},
        {"ttl": 0},
        {"ttl": "300"},
        {"ttl": True},
        {"ttl": None},
        {"iat": None},
        {"iat": "2026-06-15T12:00:00Z"},
    ],
)
def test_claims_of_another_type_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedToken):
        verify(resigned({**parts(_token())[1], **change}))


def test_a_list_that_cannot_be_expanded_is_refused() -> None:
    for listed in ({"bits": 1}, {"bits": 1, "lst": "x"}):
        with pytest.raises(MalformedStatusList):
            verify(resigned({**parts(_token())[1], "status_list": listed}))


def test_rsa_is_not_understood() -> None:
    header = {"alg": "RS256", "typ": "statuslist+jwt"}
    text = forge(header, parts(_token())[1], signer(keys.RSA).sign)
    with pytest.raises(UnsupportedProof):
        verify(text, keys.RSA)


def test_nothing_hostile_is_accepted() -> None:
    refuses(verify, parts(_token())[1])


@settings(max_examples=200)
@given(mangled(_token()) | st.text())
def test_whatever_comes_it_is_refused_in_our_words(text: str) -> None:
    if text != _token():
        with pytest.raises(VcError):
            verify(text)


@settings(max_examples=200)
@given(
    st.sampled_from(["sub", "iat", "exp", "ttl", "status_list"]),
    any_json("bits", "lst"),
)
def test_signed_claims_of_any_shape_are_read_or_refused_in_our_words(name: str, value: Any) -> None:
    claims = json.dumps({**parts(_token())[1], name: value}).encode("utf-8", "surrogatepass")
    try:
        found = verify(resigned(claims))
        numeric_dates.require_current(found.token.claims, now=NOW, skew=timedelta())
        found.status(0)
    except VcError:
        pass
