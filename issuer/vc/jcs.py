"""The canonical form of JSON: JSON Canonicalization Scheme, RFC 8785."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from issuer.vc.errors import MalformedDocument, OutOfBounds
from issuer.vc.json_text import MAX_DEPTH

# Beyond this, readers that hold numbers as IEEE doubles see different integers (RFC 7493, 2.2).
MAX_INTEGER = 2**53
# ECMAScript, Number::toString: how far digits are written out before an exponent is.
_MOST_DIGITS = 21
_MOST_ZEROS = 6


def canonize(value: Any) -> bytes:
    """Return the canonical form of a JSON value (RFC 8785, section 3.2).

    Members are in the order of their names' UTF-16 code units, numbers as
    ECMAScript writes them, and nothing but what must be is escaped.

    Raises MalformedDocument for what I-JSON has no form for (NaN, infinities,
    integers beyond 2^53, halves of characters, names that are not text, other
    types), and OutOfBounds for deeper nesting than `json_text` reads.
    """
    return _written(value, 0).encode()


def _written(value: Any, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise OutOfBounds(f"The document is nested more than {MAX_DEPTH} deep.")
    if isinstance(value, dict):
        return "{" + ",".join(_members(value, depth)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(item, depth + 1) for item in value) + "]"
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return _number(value)
    raise MalformedDocument(f"{type(value).__name__} is not a kind of JSON value.")


def _members(value: dict[Any, Any], depth: int) -> Iterator[str]:
    for name in sorted(value, key=_code_units):
        yield f"{_text(name)}:{_written(value[name], depth + 1)}"


def _code_units(name: object) -> bytes:
    if not isinstance(name, str):
        raise MalformedDocument("A member's name is not text.")
    return name.encode("utf-16-be", "surrogatepass")


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MalformedDocument("A text holds half a character (a lone surrogate).") from None
    return json.dumps(text, ensure_ascii=False)


def _number(number: float) -> str:
    """Write a number as ECMAScript's Number::toString does.

    Python finds the same shortest digits that read back as the number, but sets
    the point and the exponent elsewhere.
    """
    if isinstance(number, int):
        if abs(number) > MAX_INTEGER:
            raise MalformedDocument("An integer is larger than 2^53.")
        return str(number)
    if not math.isfinite(number):
        raise MalformedDocument(f"{number} is not a JSON number.")
    if number == 0:
        return "0"
    _, figures, exponent = Decimal(repr(abs(number))).as_tuple()
    digits = "".join(map(str, figures))
    point = len(digits) + int(exponent)
    return ("-" if number < 0 else "") + _placed(digits.strip("0"), point)


def _placed(digits: str, point: int) -> str:
    """Write digits whose decimal point stands after the first `point` of them."""
    if len(digits) <= point <= _MOST_DIGITS:
        return digits.ljust(point, "0")
    if 0 < point <= _MOST_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if -_MOST_ZEROS < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"
