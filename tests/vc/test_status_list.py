import gzip
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import multibase, status_list
from issuer.vc.errors import (
    ForbiddenValue,
    IndexOutOfRange,
    MalformedStatusList,
    VcError,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
# The value that the specification prints for a list in which nothing is set.
NOTHING_SET = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"


def test_the_published_empty_list_is_read() -> None:
    assert status_list.decode(NOTHING_SET) == bytes(16_384) == bytes(status_list.new_bits())


@settings(max_examples=30)
@given(st.sets(st.integers(0, status_list.MIN_SIZE - 1), max_size=50))
def test_exactly_the_bits_that_were_set_are_read_after_encoding(
    indexes: set[int],
) -> None:
    bits = status_list.decode(status_list.encode(status_list.set_bits(indexes)))
    assert {index for index in range(len(bits) * 8) if status_list.get(bits, index)} == indexes


def test_the_first_index_is_the_most_significant_bit_of_the_first_byte() -> None:
    assert status_list.set_bits([0])[:1] == b"\x80"
    assert status_list.set_bits([7, 8])[:2] == b"\x01\x80"
    # Index 23, as in the sample list of the 1EdTech validator.
    assert status_list.set_bits([23])[:4] == b"\x00\x00\x01\x00"


def test_the_same_bits_give_the_same_text() -> None:
    bits = status_list.set_bits([1, 2, 3])
    assert status_list.encode(bits) == status_list.encode(bytes(bits))
    packed = multibase.decode_base64url(status_list.encode(bits))
    assert packed[4:8] == bytes(4), "the time of packing must not show"


@pytest.mark.parametrize("index", [-1, status_list.MIN_SIZE])
def test_an_index_outside_the_list_is_refused(index: int) -> None:
    with pytest.raises(IndexOutOfRange):
        status_list.get(status_list.new_bits(), index)
    with pytest.raises(IndexOutOfRange):
        status_list.set_bits([index])


@pytest.mark.parametrize("size", [0, 131_064, 131_073])
def test_a_list_too_small_to_hide_in_is_not_made(size: int) -> None:
    with pytest.raises(ForbiddenValue):
        status_list.new_bits(size)


@pytest.mark.thorough
def test_a_bomb_is_refused_without_inflating_it() -> None:
    bomb = multibase.encode_base64url(gzip.compress(bytes(256 * 1024 * 1024), compresslevel=9))
    assert len(bomb) < 400_000
    tracemalloc.start()
    try:
        with pytest.raises(MalformedStatusList):
            status_list.decode(bomb)
        assert tracemalloc.get_traced_memory()[1] < 40 * 1024 * 1024
    finally:
        tracemalloc.stop()
    with pytest.raises(MalformedStatusList):
        status_list.decode(NOTHING_SET, max_bytes=16_383)
    assert status_list.decode(NOTHING_SET, max_bytes=16_384)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u",
        NOTHING_SET[1:],
        NOTHING_SET[:-8],
        multibase.encode_base64url(b"no gzip"),
        multibase.encode_base64url(gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0)),
        multibase.encode_base64url(gzip.compress(bytes(16_384), mtime=0)[:-1] + b"\x01"),
        7,
    ],
)
def test_what_is_no_encoded_list_is_refused(text: Any) -> None:
    with pytest.raises(MalformedStatusList):
        status_list.decode(text)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_our_error(data: bytes) -> None:
    for candidate in (data, b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + data):
        try:
            status_list.decode(multibase.encode_base64url(candidate))
        except VcError:
            continue


@pytest.mark.parametrize("text", ["", "-1", "01", "1.0", "1e3", " 1", "१", "9" * 13, 7, None, True])
def test_an_index_that_is_no_decimal_text_is_refused(text: Any) -> None:
    with pytest.raises(ForbiddenValue):
        status_list.parse_index(text)


def test_the_entry_of_a_credential() -> None:
    assert status_list.entry(
        list_url="https://a.example/status/7", index=94567, purpose="revocation"
    ) == {
        "id": "https://a.example/status/7#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://a.example/status/7",
    }
    with pytest.raises(ForbiddenValue):
        status_list.entry(list_url="https://a.example/status/7", index=1, purpose="other")
    with pytest.raises(IndexOutOfRange):
        status_list.entry(list_url="https://a.example/status/7", index=-1, purpose="revocation")


def test_the_credential_that_publishes_a_list() -> None:
    members: dict[str, Any] = {
        "url": "https://a.example/status/7",
        "issuer": "did:web:a.example",
        "purpose": "revocation",
        "encoded_list": NOTHING_SET,
        "valid_from": NOW,
        "valid_until": NOW + timedelta(days=1),
        "ttl_ms": 300_000,
    }
    assert status_list.status_list_credential(**members) == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "https://a.example/status/7",
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": "did:web:a.example",
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2026-01-02T00:00:00Z",
        "credentialSubject": {
            "id": "https://a.example/status/7#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": NOTHING_SET,
            "ttl": 300_000,
        },
    }
    with pytest.raises(ForbiddenValue):
        status_list.status_list_credential(**{**members, "valid_until": NOW})
    with pytest.raises(ForbiddenValue):
        status_list.status_list_credential(**{**members, "purpose": "decoration"})


def test_a_list_that_may_not_be_kept_is_not_made() -> None:
    with pytest.raises(ForbiddenValue):
        status_list.status_list_credential(
            url="https://a.example/8",
            issuer="did:web:a.example",
            purpose="refresh",
            encoded_list=NOTHING_SET,
            valid_from=NOW,
            valid_until=NOW + timedelta(days=1),
            ttl_ms=0,
        )


MESSAGES = ("accepted", "pending review", "rejected", "undefined")


def test_an_entry_with_messages_has_the_bits_that_they_need() -> None:
    made = status_list.entry(
        list_url="https://a.example/status/8",
        index=5,
        purpose="message",
        messages=MESSAGES,
        references=["https://a.example/meanings"],
    )
    assert made["statusSize"] == 2
    assert made["statusMessage"][2] == {"status": "0x2", "message": "rejected"}
    assert made["statusReference"] == ["https://a.example/meanings"]
    assert status_list.read_entry(made) == status_list.Entry(
        purpose="message",
        index=5,
        list_url="https://a.example/status/8",
        size=2,
        messages=dict(enumerate(MESSAGES)),
    )


@pytest.mark.parametrize("purpose", sorted(status_list.PURPOSES - {"message"}))
def test_an_entry_of_any_purpose_without_messages_has_one_bit(purpose: str) -> None:
    made = status_list.entry(list_url="https://a.example/status/8", index=0, purpose=purpose)
    assert "statusSize" not in made
    assert "statusMessage" not in made
    read = status_list.read_entry(made)
    assert (read.purpose, read.index, read.size, dict(read.messages)) == (purpose, 0, 1, {})


def test_two_messages_need_one_bit() -> None:
    made = status_list.entry(
        list_url="https://a.example/8", index=0, purpose="message", messages=["no", "yes"]
    )
    assert "statusSize" not in made
    assert status_list.read_entry(made).messages == {0: "no", 1: "yes"}


@pytest.mark.parametrize(
    "members",
    [
        {"purpose": "message"},
        {"purpose": "approval"},
        {"list_url": "status/8"},
        {"messages": ["one"]},
        {"messages": ["one", "two", "three"]},
        {"messages": ["many"] * 512},
        {"references": ["no url"]},
    ],
    ids=str,
)
def test_an_entry_that_nobody_could_read_is_not_made(members: dict[str, Any]) -> None:
    with pytest.raises(ForbiddenValue):
        status_list.entry(
            **{"list_url": "https://a.example/8", "index": 0, "purpose": "refresh", **members}
        )


@pytest.mark.parametrize(
    "messages",
    [
        "0x0",
        [],
        [{"status": "0x0", "message": "one"}],
        [{"status": "0x0"}, {"status": "0x1", "message": "two"}],
        [{"status": "0", "message": "one"}, {"status": "0x1", "message": "two"}],
        [{"status": 0, "message": "one"}, {"status": "0x1", "message": "two"}],
        [{"status": "0x0", "message": "one"}, {"status": "0x0", "message": "two"}],
        [{"status": "0x0", "message": "one"}, {"status": "0x2", "message": "two"}],
    ],
)
def test_messages_that_do_not_say_what_each_value_means_are_refused(messages: Any) -> None:
    stated = status_list.entry(list_url="https://a.example/8", index=0, purpose="revocation")
    with pytest.raises(ForbiddenValue, match="statusMessage"):
        status_list.read_entry({**stated, "statusMessage": messages})


@settings(max_examples=20)
@given(
    st.integers(1, 8).flatmap(
        lambda size: st.tuples(
            st.just(size),
            st.dictionaries(
                st.integers(0, status_list.MIN_SIZE - 1), st.integers(0, 2**size - 1), max_size=20
            ),
        )
    )
)
def test_the_values_of_entries_of_several_bits_are_read_after_encoding(
    made: tuple[int, dict[int, int]],
) -> None:
    size, values = made
    encoded = status_list.encode(status_list.set_values(values, status_size=size))
    bits = status_list.decode(encoded)
    assert len(bits) * 8 // size == status_list.MIN_SIZE
    for index, value in values.items():
        assert status_list.get_value(bits, index, status_size=size) == value
    assert sum(map(int.bit_count, bits)) == sum(map(int.bit_count, values.values()))


def test_the_first_bit_of_a_value_is_the_most_significant() -> None:
    bits = status_list.set_values({0: 2, 1: 1, 3: 3}, status_size=2)
    assert bits[:1] == b"\x93"
    assert [status_list.get_value(bits, index, status_size=2) for index in range(4)] == [2, 1, 0, 3]


@pytest.mark.parametrize("size", [0, -1, 9])
def test_entries_of_no_or_too_many_bits_are_refused(size: int) -> None:
    with pytest.raises(ForbiddenValue):
        status_list.set_values({}, status_size=size)
    with pytest.raises(ForbiddenValue):
        status_list.get_value(b"\x00", 0, status_size=size)


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ForbiddenValue):
        status_list.set_values({0: 4}, status_size=2)
    with pytest.raises(IndexOutOfRange):
        status_list.set_values({status_list.MIN_SIZE: 1}, status_size=2)
    with pytest.raises(IndexOutOfRange):
        status_list.get_value(bytes(2), 8, status_size=2)


def test_an_entry_of_several_bits_without_messages_is_refused() -> None:
    stated = status_list.entry(list_url="https://a.example/8", index=0, purpose="revocation")
    with pytest.raises(ForbiddenValue, match="each of the 4 values"):
        status_list.read_entry({**stated, "statusSize": 2})
