"""Multibase: base58btc and base64url."""

from __future__ import annotations

import base64
import re

from issuer.vc.errors import MalformedMultibase

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# Digits are written in pairs, from parts of a number that a machine word holds: twice as fast.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_PAIR, _TWO_PAIRS, _FOUR_PAIRS = 58**2, 58**4, 58**8
_DIGITS = {character: value for value, character in enumerate(_ALPHABET)}
# Base 58 takes quadratic time; the longest thing written in it here is a signature, 132 characters.
_MAX_BASE58 = 256
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def encode_base58btc(data: bytes) -> str:
    """Write bytes as multibase base58btc: "z", and the digits of Bitcoin's base 58."""
    number = int.from_bytes(data)
    pairs: list[str] = []
    while number:
        number, part = divmod(number, _FOUR_PAIRS)
        high, low = divmod(part, _TWO_PAIRS)
        pairs += _PAIRS[low % _PAIR], _PAIRS[low // _PAIR]
        pairs += _PAIRS[high % _PAIR], _PAIRS[high // _PAIR]
    zeros = len(data) - len(data.lstrip(b"\0"))
    pairs.reverse()
    return "z" + "1" * zeros + "".join(pairs).lstrip("1")


def decode_base58btc(text: str) -> bytes:
    """Read multibase base58btc of at most 256 characters; raises MalformedMultibase."""
    if not isinstance(text, str) or not text.startswith("z") or len(text) > _MAX_BASE58:
        raise MalformedMultibase("The text is not base58btc multibase of a usable length.")
    digits = text[1:]
    number = 0
    for character in digits:
        if character not in _DIGITS:
            raise MalformedMultibase(f"{character!r} is not a digit of base 58.")
        number = number * 58 + _DIGITS[character]
    zeros = len(digits) - len(digits.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def encode_base64url(data: bytes) -> str:
    """Write bytes as multibase base64url: "u", and base64url without padding."""
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """Read multibase base64url; raises MalformedMultibase, also for padding and stray bits."""
    if not isinstance(text, str) or not text.startswith("u"):
        raise MalformedMultibase('The text is not base64url multibase: it does not begin with "u".')
    digits = text[1:]
    if not _BASE64URL.fullmatch(digits) or len(digits) % 4 == 1:
        raise MalformedMultibase("The text holds what is not base64url without padding.")
    data = base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
    # Several texts would stand for the same bytes if the unused bits were free.
    if encode_base64url(data) != text:
        raise MalformedMultibase("The last digit holds bits that belong to no byte.")
    return data
