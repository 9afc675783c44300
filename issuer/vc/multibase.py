"""Multibase: base58btc and base64url."""

from __future__ import annotations

import base64
import re

from gmpy2 import mpz

from issuer.vc.errors import MalformedMultibase

_ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# The digits that GMP has for the same base.
_OF_GMP = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
_FROM_GMP = bytes.maketrans(_OF_GMP, _ALPHABET)
_TO_GMP = bytes.maketrans(_ALPHABET, _OF_GMP)
_NO_DIGIT = re.compile(f"[^{_ALPHABET.decode()}]")
# Base 58 takes quadratic time; the longest thing written in it here is a signature, 132 characters.
_MAX_BASE58 = 256
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def encode_base58btc(data: bytes) -> str:
    """Write bytes as multibase base58btc: "z", and the digits of Bitcoin's base 58."""
    significant = data.lstrip(b"\0")
    zeros = "1" * (len(data) - len(significant))
    if not significant:
        return f"z{zeros}"
    digits = mpz(int.from_bytes(significant)).digits(58).encode()
    return f"z{zeros}{digits.translate(_FROM_GMP).decode()}"


def decode_base58btc(text: str) -> bytes:
    """Read multibase base58btc of at most 256 characters; raises MalformedMultibase."""
    if not isinstance(text, str) or not text.startswith("z") or len(text) > _MAX_BASE58:
        raise MalformedMultibase("The text is not base58btc multibase of a usable length.")
    digits = text[1:]
    if wrong := _NO_DIGIT.search(digits):
        raise MalformedMultibase(f"{wrong.group()!r} is not a digit of base 58.")
    significant = digits.lstrip("1")
    zeros = bytes(len(digits) - len(significant))
    if not significant:
        return zeros
    number = int(mpz(significant.encode().translate(_TO_GMP).decode(), 58))
    return zeros + number.to_bytes((number.bit_length() + 7) // 8)


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
