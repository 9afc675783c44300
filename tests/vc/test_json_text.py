import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.vc.errors import MalformedJson, OutOfBounds, VcError
from issuer.vc.json_text import parse_array, parse_json, write_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text("abcd"), VALUES, max_size=4))
def test_an_ordinary_object_is_read_as_it_is(document: dict[str, object]) -> None:
    assert parse_json(json.dumps(document).encode()) == document


@given(st.dictionaries(st.text("abcd"), VALUES, max_size=4))
def test_what_is_written_is_read_as_it_was_and_in_its_order(document: dict[str, object]) -> None:
    found = parse_json(write_json(document).encode())
    assert found == document
    assert list(found) == list(document)


def test_what_is_written_has_no_spaces_and_the_letters_of_every_script() -> None:
    text = write_json({"name": "統計 1", "credits": [0.5, 3], "open": True})
    assert text == '{"name":"統計 1","credits":[0.5,3],"open":true}'


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e400}',
        b'{"a":9007199254740993}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        b"[]",
        b'"text"',
        b"{",
        b"",
        b"{} {}",
        b"{'a':1}",
        b'{"a":01}',
    ],
)
def test_what_readers_could_understand_differently_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_json(content)


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":"' + b"x" * 1024 * 1024 + b'"}',
    ],
    ids=["too deep", "far too deep", "too long"],
)
def test_what_is_too_deep_or_too_long_is_refused(content: bytes) -> None:
    with pytest.raises(OutOfBounds):
        parse_json(content)


def test_thirty_two_levels_are_read() -> None:
    assert parse_json(b'{"a":' * 32 + b"1" + b"}" * 32)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_our_error(content: bytes) -> None:
    try:
        parse_json(content)
    except VcError:
        pass


def test_an_array_is_read_as_strictly_as_an_object() -> None:
    assert parse_array(b'["a",{"b":1}]') == ["a", {"b": 1}]
    for content in (b"{}", b'"text"', b'[{"a":1,"a":1}]', b'["\\ud800"]', b"[NaN]", b"[1] [2]"):
        with pytest.raises(MalformedJson):
            parse_array(content)
    for long in (b"[" * 100_000 + b"]" * 100_000, b'["' + b"x" * 2_000_000 + b'"]'):
        with pytest.raises(OutOfBounds):
            parse_array(long)
