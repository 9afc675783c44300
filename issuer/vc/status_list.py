"""Bitstring Status List 1.0: set, read, encode, and the two objects around it."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from issuer.vc import multibase, timestamps
from issuer.vc.contexts import CREDENTIALS_V2
from issuer.vc.errors import (
    ForbiddenValue,
    IndexOutOfRange,
    MalformedMultibase,
    MalformedStatusList,
)

# 16 KiB of bits, the least that the specification accepts, so that an entry hides among many.
MIN_SIZE = 131_072
MAX_BYTES = 16 * 1024 * 1024

ENTRY_TYPE = "BitstringStatusListEntry"
LIST_TYPE = "BitstringStatusList"
CREDENTIAL_TYPE = "BitstringStatusListCredential"
REVOCATION = "revocation"
SUSPENSION = "suspension"
PURPOSES = frozenset({REVOCATION, SUSPENSION, "refresh", "message"})

_INDEX = re.compile(r"0|[1-9][0-9]{0,11}")


def new_bits(size: int = MIN_SIZE) -> bytearray:
    """Return a list of so many bits, none set; raises ForbiddenValue for fewer than 131,072."""
    if size < MIN_SIZE or size % 8:
        raise ForbiddenValue(f"A status list has at least {MIN_SIZE} bits, in whole bytes.")
    return bytearray(size // 8)


def set_bits(indexes: Iterable[int], size: int = MIN_SIZE) -> bytearray:
    """Return a list of so many bits in which exactly these are set; raises IndexOutOfRange."""
    bits = new_bits(size)
    for index in indexes:
        _require_in_range(bits, index)
        bits[index >> 3] |= 0x80 >> (index & 7)
    return bits


def get(bits: bytes | bytearray, index: int) -> bool:
    """Tell whether a bit is set; index 0 is the most significant bit of the first byte."""
    _require_in_range(bits, index)
    return bool(bits[index >> 3] & (0x80 >> (index & 7)))


def encode(bits: bytes | bytearray) -> str:
    """Return the bits as encodedList: "u", and base64url of their GZIP form.

    The same bits give the same text with the same zlib; readers compare bits, never texts.
    """
    return multibase.encode_base64url(gzip.compress(bytes(bits), mtime=0))


def decode(encoded: str, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the bits of an encodedList.

    Raises MalformedStatusList when it is no single whole GZIP member, and when
    it grows beyond max_bytes: no more than that is ever inflated (a gigabyte
    of zeros is one megabyte of GZIP).
    """
    try:
        packed = multibase.decode_base64url(encoded)
    except MalformedMultibase as error:
        raise MalformedStatusList(str(error)) from None
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        bits = inflater.decompress(packed, max_bytes + 1)
    except zlib.error as error:
        raise MalformedStatusList(f"The list is not GZIP: {error}.") from None
    if len(bits) > max_bytes:
        raise MalformedStatusList(f"The list has more than {max_bytes} bytes.")
    if not inflater.eof or inflater.unused_data:
        raise MalformedStatusList("The list is cut off or followed by something else.")
    return bits


def parse_index(text: object) -> int:
    """Read a statusListIndex, a whole number in decimal text; raises ForbiddenValue."""
    if not isinstance(text, str) or not _INDEX.fullmatch(text):
        raise ForbiddenValue(f"{text!r} is not a statusListIndex: a decimal number as text.")
    return int(text)


def entry(*, list_url: str, index: int, purpose: str) -> dict[str, Any]:
    """Return the credentialStatus that points to one bit of a list.

    Its id is the list's address with the index as fragment: the specification
    forbids the bare address.
    """
    _require_purpose(purpose)
    if index < 0:
        raise IndexOutOfRange()
    return {
        "id": f"{list_url}#{index}",
        "type": ENTRY_TYPE,
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": list_url,
    }


def status_list_credential(
    *,
    url: str,
    issuer: str,
    purpose: str,
    encoded_list: str,
    valid_from: datetime,
    valid_until: datetime,
    ttl_ms: int,
) -> dict[str, Any]:
    """Return the unsigned credential that publishes a list at its address.

    The purpose and the issuer are plain texts: the 1EdTech validator fails on an array of purposes.
    """
    _require_purpose(purpose)
    if valid_until <= valid_from:
        raise ForbiddenValue("A status list must be valid for some time.")
    return {
        "@context": [CREDENTIALS_V2],
        "id": url,
        "type": ["VerifiableCredential", CREDENTIAL_TYPE],
        "issuer": issuer,
        "validFrom": timestamps.write(valid_from),
        "validUntil": timestamps.write(valid_until),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": LIST_TYPE,
            "statusPurpose": purpose,
            "encodedList": encoded_list,
            "ttl": ttl_ms,
        },
    }


def _require_purpose(purpose: str) -> None:
    if purpose not in PURPOSES:
        raise ForbiddenValue(f"{purpose!r} is not a purpose of a status list.")


def _require_in_range(bits: bytes | bytearray, index: int) -> None:
    if not 0 <= index < len(bits) * 8:
        raise IndexOutOfRange(f"The list has no entry {index}.")
