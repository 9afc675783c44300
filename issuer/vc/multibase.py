"""Multibase base58btc and base64url, and Ed25519 public keys as Multikey."""

from __future__ import annotations

import base64
import re

from issuer.vc.errors import MalformedKey, MalformedMultibase, WeakKey

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {character: value for value, character in enumerate(_ALPHABET)}
# Base 58 takes quadratic time; the longest thing written in it here is a signature, 88 characters.
_MAX_BASE58 = 256
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")

_ED25519_PUBLIC = b"\xed\x01"
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
# The y of the eight points of order 1, 2, 4 and 8: with such a key one signature fits any message.
_SMALL_ORDER_Y = frozenset(
    {
        0,
        1,
        _P - 1,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    }
)


def encode_base58btc(data: bytes) -> str:
    """Write bytes as multibase base58btc: "z", and the digits of Bitcoin's base 58."""
    number = int.from_bytes(data)
    digits = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + "1" * zeros + "".join(reversed(digits))


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


def encode_multikey(public_key: bytes) -> str:
    """Write the 32 bytes of an Ed25519 public key as Multikey ("z6Mk...")."""
    _require_sound(public_key)
    return encode_base58btc(_ED25519_PUBLIC + public_key)


def decode_multikey(text: str) -> bytes:
    """Return the 32 bytes of an Ed25519 public key written as Multikey.

    Raises MalformedMultibase, MalformedKey for other kinds of keys and for what
    is no point of the curve in its one canonical encoding, and WeakKey for the
    points of small order.
    """
    data = decode_base58btc(text)
    if data[:2] != _ED25519_PUBLIC:
        raise MalformedKey("The Multikey is not that of an Ed25519 public key.")
    _require_sound(data[2:])
    return data[2:]


def _require_sound(public_key: bytes) -> None:
    if len(public_key) != 32:
        raise MalformedKey("An Ed25519 public key has 32 bytes.")
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    if y >= _P:
        raise MalformedKey("The Ed25519 public key is not in canonical encoding.")
    if y in _SMALL_ORDER_Y:
        raise WeakKey()
    # On the curve when x^2 = (y^2 - 1) / (d y^2 + 1) is a square: Euler's criterion.
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(x_squared, (_P - 1) // 2, _P) != 1:
        raise MalformedKey("The Ed25519 public key is not a point of the curve.")
