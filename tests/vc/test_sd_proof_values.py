"""The CBOR of ecdsa-sd-2023: what is written, and what of hostile bytes is refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.vc import multibase
from issuer.vc.data_integrity import sd_proof_values
from issuer.vc.data_integrity.sd_proof_values import BaseProofValue, DerivedProofValue
from issuer.vc.errors import BaseProof, MalformedMultibase, MalformedProof, VcError

BASE = b"\xd9\x5d\x00"
DERIVED = b"\xd9\x5d\x01"
SIGNATURE = st.binary(min_size=64, max_size=64)
KEY = st.binary(min_size=35, max_size=35)
HASH = st.binary(min_size=32, max_size=32)
NUMBER = st.integers(0, 2**64 - 1)

GOOD_BASE: list[Any] = [b"s" * 64, b"k" * 35, b"h" * 32, [b"t" * 64], ["/issuer"]]
GOOD_DERIVED: list[Any] = [b"s" * 64, b"k" * 35, [b"t" * 64], {0: b"a" * 32, 1: b"b" * 32}, [0, 2]]

Read = Callable[[str], object]


def as_text(header: bytes, body: bytes) -> str:
    return multibase.encode_base64url(header + body)


def read_either(text: str) -> None:
    for read in (sd_proof_values.read_base, sd_proof_values.read_derived):
        try:
            read(text)
        except VcError:
            continue


@given(
    st.builds(
        BaseProofValue,
        SIGNATURE,
        KEY,
        HASH,
        st.lists(SIGNATURE).map(tuple),
        st.lists(st.text()).map(tuple),
    )
)
def test_base_proofs_are_read_as_they_were_written(value: BaseProofValue) -> None:
    text = sd_proof_values.write_base(value)
    assert text.startswith("u2V0A")
    assert sd_proof_values.read_base(text) == value


@given(
    st.builds(
        DerivedProofValue,
        SIGNATURE,
        KEY,
        st.lists(SIGNATURE).map(tuple),
        st.lists(st.tuples(NUMBER, HASH), unique_by=(lambda x: x[0], lambda x: x[1])).map(dict),
        st.lists(NUMBER, unique=True).map(tuple),
    )
)
def test_derived_proofs_are_read_as_they_were_written(value: DerivedProofValue) -> None:
    text = sd_proof_values.write_derived(value)
    assert text.startswith("u2V0B")
    assert sd_proof_values.read_derived(text) == value


def test_the_secret_of_the_labels_is_not_printed() -> None:
    value = sd_proof_values.read_base(as_text(BASE, cbor2.dumps(GOOD_BASE)))
    assert "hhhh" not in repr(value)


def test_a_base_proof_is_not_for_verifiers() -> None:
    with pytest.raises(BaseProof, match="for the holder"):
        sd_proof_values.read_derived(as_text(BASE, cbor2.dumps(GOOD_BASE)))


@pytest.mark.parametrize("header", [b"", b"\xd9\x5d", b"\xd9\x5d\x02", b"\x00\x5d\x01"])
def test_other_headers_are_refused(header: bytes) -> None:
    text = as_text(header, cbor2.dumps(GOOD_DERIVED))
    for read in (sd_proof_values.read_derived, sd_proof_values.read_base):
        with pytest.raises(MalformedProof):
            read(text)


def test_the_value_is_base64url_of_multibase() -> None:
    for text in ("", "z3", "u2V0B=", "u2V0!"):
        with pytest.raises(MalformedMultibase):
            sd_proof_values.read_derived(text)


def changed(parts: list[Any], place: int, item: Any) -> bytes:
    return cbor2.dumps([*parts[:place], item, *parts[place + 1 :]])


@pytest.mark.parametrize(
    ("place", "item"),
    [
        (0, b"s" * 63),
        (0, b"s" * 65),
        (0, "s" * 64),
        (0, None),
        (1, b"k" * 36),
        (1, b"k" * 33),
        (2, b"h" * 31),
        (2, 1),
        (3, b"t" * 64),
        (3, {0: b"t" * 64}),
        (3, [b"t" * 64, b"t"]),
        (3, [[b"t" * 64]]),
        (4, "/issuer"),
        (4, [b"/issuer"]),
        (4, [0]),
        (4, None),
    ],
)
def test_parts_of_another_kind_or_length_are_refused_in_a_base_proof(place: int, item: Any) -> None:
    with pytest.raises(MalformedProof):
        sd_proof_values.read_base(as_text(BASE, changed(GOOD_BASE, place, item)))


@pytest.mark.parametrize(
    ("place", "item"),
    [
        (0, b""),
        (1, b"k" * 36),
        (2, [b"t" * 65]),
        (2, "t" * 64),
        (3, [b"a" * 32]),
        (3, {"c14n0": b"a" * 32}),
        (3, {-1: b"a" * 32}),
        (3, {False: b"a" * 32}),
        (3, {0.5: b"a" * 32}),
        (3, {0: b"a" * 31}),
        (3, {0: "u"}),
        (3, {0: b"a" * 32, 1: b"a" * 32}),
        (4, {0: 1}),
        (4, [0, 0]),
        (4, [-1]),
        (4, [True]),
        (4, [1.0]),
        (4, ["0"]),
        (4, [2**64]),
    ],
)
def test_parts_of_another_kind_or_length_are_refused_in_a_derived_proof(
    place: int, item: Any
) -> None:
    with pytest.raises(MalformedProof):
        sd_proof_values.read_derived(as_text(DERIVED, changed(GOOD_DERIVED, place, item)))


@pytest.mark.parametrize(
    "parts", [[], GOOD_DERIVED[:4], [*GOOD_DERIVED, 0], {}, 0, None, b"", "five!"]
)
def test_there_are_five_parts(parts: Any) -> None:
    for header, read in (
        (BASE, sd_proof_values.read_base),
        (DERIVED, sd_proof_values.read_derived),
    ):
        with pytest.raises(MalformedProof):
            read(as_text(header, cbor2.dumps(parts)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x85",
        cbor2.dumps(GOOD_DERIVED) + b"\x00",
        cbor2.dumps(GOOD_DERIVED)[:-1],
        # Lengths and numbers written longer than needed, and without a length.
        b"\x98\x05" + cbor2.dumps(GOOD_DERIVED)[1:],
        b"\x9f" + cbor2.dumps(GOOD_DERIVED)[1:] + b"\xff",
        cbor2.dumps(GOOD_DERIVED)[:-1] + b"\x18\x02",
        # A label twice.
        changed(GOOD_DERIVED, 3, {}).replace(
            b"\xa0", b"\xa2" + 2 * (b"\x00" + cbor2.dumps(b"a" * 32))
        ),
        # More is promised than there is.
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x85\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x85\xbb\x00\x00\x00\xff\xff\xff\xff\xff",
        # Deep.
        b"\x81" * 100_000,
        b"\x85\x61\xff\x00\x00\x00\x00",
    ],
)
def test_there_is_one_way_to_write_a_proof(body: bytes) -> None:
    with pytest.raises(MalformedProof):
        sd_proof_values.read_derived(as_text(DERIVED, body))


@pytest.mark.parametrize(
    "tagged",
    [
        datetime(2026, 1, 1, tzinfo=UTC),
        2**64,
        cbor2.CBORTag(5, [10**9, 3]),
        cbor2.CBORTag(24, b"\x00"),
        cbor2.CBORTag(35, "(a{1,9}){1,9}" * 10_000),
        cbor2.CBORTag(36, "A: b\n" * 10_000),
        cbor2.CBORTag(29, 0),
        cbor2.CBORTag(28, [cbor2.CBORTag(29, 0)]),
        cbor2.CBORTag(64, b"t" * 64),
        cbor2.CBORTag(55799, []),
    ],
)
def test_tags_are_refused_before_anything_is_made_of_them(tagged: Any) -> None:
    for place in range(5):
        text = as_text(DERIVED, changed(GOOD_DERIVED, place, tagged))
        with pytest.raises(MalformedProof):
            sd_proof_values.read_derived(text)


@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_read_or_refused(body: bytes) -> None:
    read_either(as_text(BASE, body))
    read_either(as_text(DERIVED, body))


@given(st.data(), st.booleans())
def test_any_change_of_a_proof_is_read_or_refused(data: st.DataObject, derived: bool) -> None:
    body = bytearray(cbor2.dumps(GOOD_DERIVED if derived else GOOD_BASE))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=9))
    read_either(as_text(DERIVED if derived else BASE, bytes(body)))
