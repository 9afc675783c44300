import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.vc import jcs
from issuer.vc.errors import MalformedDocument, OutOfBounds, VcError

# RFC 8785, appendix B: the bits of a double, and how it is written.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize(("bits", "written"), NUMBERS.items())
def test_numbers_are_written_as_rfc_8785_prints_them(bits: str, written: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert jcs.canonize(number) == written.encode()


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (-0.0, "0"),
        (4, "4"),
        (4.0, "4"),
        (4.50, "4.5"),
        (2e-3, "0.002"),
        (1e-27, "1e-27"),
        (2**53, "9007199254740992"),
        (-(2**53), "-9007199254740992"),
        (100.0, "100"),
        (1e30, "1e+30"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
    ],
)
def test_what_is_the_same_in_ecmascript_is_written_alike(number: Any, written: str) -> None:
    assert jcs.canonize(number) == written.encode()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_it_was_and_in_the_form_of_ecmascript(number: float) -> None:
    written = jcs.canonize(number).decode()
    assert float(written) == number
    plain, _, exponent = written.lstrip("-").partition("e")
    whole, point, fraction = plain.partition(".")
    # One of the four forms of Number::toString, each with as few digits as will do.
    assert whole == "0" or not whole.startswith("0")
    assert bool(point) == bool(fraction)
    assert not fraction.endswith("0")
    digits = (whole + fraction).lstrip("0")
    assert len(digits.rstrip("0")) <= len(repr(number).replace(".", "").replace("-", ""))
    if exponent:
        assert len(whole) == 1
        assert exponent[0] in "+-"
        assert not -7 < int(exponent) < 21
    elif number:
        assert 1e-6 <= abs(number) < 1e21


def test_names_are_in_the_order_of_utf_16() -> None:
    """RFC 8785, section 3.2.3: code units, by which an emoji comes before U+FB33."""
    names = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    written = json.loads(jcs.canonize(dict.fromkeys(sorted(names), 1)), object_pairs_hook=list)
    assert [name for name, _ in written] == names
    assert sorted(names) != names


def test_only_what_must_be_is_escaped() -> None:
    text = '\u20ac$\u000f\nA\'B"\\"/\x7f\u2028\x08\x09\x0c\x0d\x00\U0001f600'
    assert jcs.canonize(text).decode() == (
        '"€$\\u000f\\nA\'B\\"\\\\\\"/\x7f\u2028\\b\\t\\f\\r\\u0000\U0001f600"'
    )


def test_there_is_no_space_and_no_order_of_ones_own() -> None:
    document = {"b": [1.0, {"d": None, "c": True}], "a": {}, "": []}
    assert jcs.canonize(document) == b'{"":[],"a":{},"b":[1,{"c":true,"d":null}]}'


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
NUMBER = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_read_back_is_the_same_and_has_the_same_form(value: Any) -> None:
    written = jcs.canonize(value)
    # As ECMAScript reads numbers, all of which are doubles there.
    again = json.loads(written, parse_int=float)
    assert again == value
    assert jcs.canonize(again) == written


@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_the_order_of_members_does_not_matter(value: dict[str, Any]) -> None:
    assert jcs.canonize(dict(reversed(value.items()))) == jcs.canonize(value)


class Whatever:
    """Nothing that JSON knows."""

    def __repr__(self) -> str:
        return "Whatever()"


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**53 + 1,
        -(2**53) - 1,
        10**400,
        "\ud800",
        {"\udc00": 1},
        {1: 2},
        {None: 1},
        {"a": 1, 2: 3},
        Whatever(),
        b"",
        (),
        {"a": [Whatever()]},
    ],
    ids=repr,
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(MalformedDocument):
        jcs.canonize(value)


def test_what_is_nested_too_deeply_is_refused() -> None:
    deep: Any = 0
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(OutOfBounds):
        jcs.canonize(deep)


ANYTHING = st.recursive(
    st.none() | st.floats() | st.integers() | st.text(max_size=3) | st.binary(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=2) | st.integers() | st.none(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(ANYTHING)
def test_anything_has_a_form_or_is_refused_with_our_error(value: Any) -> None:
    try:
        jcs.canonize(value)
    except VcError:
        pass
