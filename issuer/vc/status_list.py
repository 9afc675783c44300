"""Bitstring Status List 1.0: set, read, encode, and the two objects around it."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from issuer.vc import credential, multibase, timestamps
from issuer.vc.contexts import CREDENTIALS_V2
from issuer.vc.errors import (
    ForbiddenValue,
    IndexOutOfRange,
    MalformedMultibase,
    MalformedStatusList,
)

# The least number of entries that the specification accepts: 16 KiB of single bits, so that one
# hides among many.
MIN_SIZE = 131_072
MAX_BYTES = 16 * 1024 * 1024
# An entry of eight bits needs 256 messages; nobody has written more.
MAX_STATUS_SIZE = 8

ENTRY_TYPE = "BitstringStatusListEntry"
LIST_TYPE = "BitstringStatusList"
CREDENTIAL_TYPE = "BitstringStatusListCredential"
REVOCATION = "revocation"
SUSPENSION = "suspension"
REFRESH = "refresh"
MESSAGE = "message"
PURPOSES = frozenset({REVOCATION, SUSPENSION, REFRESH, MESSAGE})

_INDEX = re.compile(r"0|[1-9][0-9]{0,11}")
_STATUS = re.compile(r"0x[0-9a-fA-F]{1,4}")


@dataclass(frozen=True)
class Entry:
    """What a credential's status entry says: which bits of which list tell what about it."""

    purpose: str
    index: int
    list_url: str
    size: int = 1
    messages: Mapping[int, str] = field(default_factory=dict)


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


def set_values(
    values: Mapping[int, int], *, status_size: int, entries: int = MIN_SIZE
) -> bytearray:
    """Return a list of entries of several bits, in which these have these values, others none.

    Raises IndexOutOfRange, and ForbiddenValue for a value that needs more bits.
    """
    _require_status_size(status_size)
    bits = new_bits(entries * status_size)
    for index, value in values.items():
        if not 0 <= value < 2**status_size:
            raise ForbiddenValue(f"An entry of {status_size} bits cannot hold {value}.")
        for place in range(status_size):
            if value >> (status_size - 1 - place) & 1:
                position = index * status_size + place
                _require_in_range(bits, position)
                bits[position >> 3] |= 0x80 >> (position & 7)
    return bits


def get(bits: bytes | bytearray, index: int) -> bool:
    """Tell whether a bit is set; index 0 is the most significant bit of the first byte."""
    _require_in_range(bits, index)
    return bool(bits[index >> 3] & (0x80 >> (index & 7)))


def get_value(bits: bytes | bytearray, index: int, *, status_size: int) -> int:
    """Return the value of an entry of several bits, the most significant first."""
    _require_status_size(status_size)
    value = 0
    for place in range(status_size):
        value = value << 1 | get(bits, index * status_size + place)
    return value


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
    return inflate(packed, wbits=16 + zlib.MAX_WBITS, max_bytes=max_bytes)


def inflate(packed: bytes, *, wbits: int, max_bytes: int) -> bytes:
    """Return what was packed, in the form that `wbits` stands for; raises MalformedStatusList."""
    inflater = zlib.decompressobj(wbits=wbits)
    try:
        unpacked = inflater.decompress(packed, max_bytes + 1)
    except zlib.error as error:
        raise MalformedStatusList(f"The list cannot be unpacked: {error}.") from None
    if len(unpacked) > max_bytes:
        raise MalformedStatusList(f"The list has more than {max_bytes} bytes.")
    if not inflater.eof or inflater.unused_data:
        raise MalformedStatusList("The list is cut off or followed by something else.")
    return unpacked


def parse_index(text: object) -> int:
    """Read a statusListIndex, a whole number in decimal text; raises ForbiddenValue."""
    if not isinstance(text, str) or not _INDEX.fullmatch(text):
        raise ForbiddenValue(f"{text!r} is not a statusListIndex: a decimal number as text.")
    return int(text)


def entry(
    *,
    list_url: str,
    index: int,
    purpose: str,
    messages: Sequence[str] = (),
    references: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the credentialStatus that points to the bits of one entry of a list.

    Its id is the list's address with the index as fragment: the specification
    forbids the bare address. With messages, one for each value, the entry has
    as many bits as they need: two messages one bit, four two, and so on.
    Raises ForbiddenValue, and IndexOutOfRange for a negative index.
    """
    _require_purpose(purpose)
    if purpose == MESSAGE and not messages:
        raise ForbiddenValue("An entry that is to tell something needs messages.")
    if index < 0:
        raise IndexOutOfRange()
    made: dict[str, Any] = {
        "id": f"{list_url}#{index}",
        "type": ENTRY_TYPE,
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": list_url,
    }
    if len(messages) > 2:
        made["statusSize"] = (len(messages) - 1).bit_length()
    if messages:
        made["statusMessage"] = [
            {"status": hex(value), "message": text} for value, text in enumerate(messages)
        ]
    if references:
        made["statusReference"] = list(references)
    for member, problem in entry_problems(made):
        raise ForbiddenValue(f"{member}: {problem}")
    return made


def read_entry(stated: Mapping[str, Any]) -> Entry:
    """Read a status entry of this kind; raises ForbiddenValue for the first thing wrong in it."""
    for member, problem in entry_problems(stated):
        raise ForbiddenValue(f"{member}: {problem}")
    return Entry(
        purpose=stated["statusPurpose"],
        index=parse_index(stated["statusListIndex"]),
        list_url=stated["statusListCredential"],
        size=stated.get("statusSize", 1),
        messages={
            int(each["status"], 16): each["message"]
            for each in credential.many(stated.get("statusMessage", []))
        },
    )


def entry_problems(stated: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each member of a status entry that is not as it must be, and why (section "Entry")."""
    purpose, url = stated.get("statusPurpose"), stated.get("statusListCredential")
    if not isinstance(purpose, str) or not purpose:
        yield "statusPurpose", "An entry has one purpose, as text."
    try:
        parse_index(stated.get("statusListIndex"))
    except ForbiddenValue as error:
        yield "statusListIndex", str(error)
    if not credential.is_uri(url):
        yield "statusListCredential", "This must be the URL of the list."
    elif stated.get("id") == url:
        yield "id", "The id may not be the URL of the list; add the index as fragment."
    for reference in credential.many(stated.get("statusReference", [])):
        if not credential.is_uri(reference):
            yield "statusReference", f"{reference!r} is not a URL."
    yield from _message_problems(stated)


def _message_problems(stated: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    size = stated.get("statusSize", 1)
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= MAX_STATUS_SIZE:
        yield "statusSize", f"An entry has between 1 and {MAX_STATUS_SIZE} bits."
        return
    if "statusMessage" not in stated:
        if size > 1:
            yield "statusMessage", f"State what each of the {2**size} values means."
        return
    found = credential.many(stated["statusMessage"])
    values = [_message_value(each) for each in found]
    if None in values:
        yield "statusMessage", 'A message is an object with status, "0x" and digits, and message.'
    elif len(values) != 2**size or set(values) != set(range(2**size)):
        yield "statusMessage", f"There must be one message for each of the {2**size} values."


def _message_value(stated: object) -> int | None:
    if not isinstance(stated, dict) or not isinstance(stated.get("message"), str):
        return None
    status = stated.get("status")
    if not isinstance(status, str) or not _STATUS.fullmatch(status):
        return None
    return int(status, 16)


def status_list_credential(
    *,
    url: str,
    issuer: str,
    purpose: str,
    encoded_list: str,
    valid_from: datetime,
    valid_until: datetime,
    ttl_ms: int | None = None,
) -> dict[str, Any]:
    """Return the unsigned credential that publishes a list at its address.

    The purpose and the issuer are plain texts: the 1EdTech validator fails on an array of purposes.
    `ttl_ms` is how long a verifier may keep the list, if that is to be stated.
    """
    _require_purpose(purpose)
    if valid_until <= valid_from:
        raise ForbiddenValue("A status list must be valid for some time.")
    if ttl_ms is not None and ttl_ms <= 0:
        raise ForbiddenValue("A status list must be kept for some time.")
    kept = {} if ttl_ms is None else {"ttl": ttl_ms}
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
            **kept,
        },
    }


def _require_purpose(purpose: str) -> None:
    if purpose not in PURPOSES:
        raise ForbiddenValue(f"{purpose!r} is not a purpose of a status list.")


def _require_status_size(size: int) -> None:
    if not 0 < size <= MAX_STATUS_SIZE:
        raise ForbiddenValue(f"An entry has between 1 and {MAX_STATUS_SIZE} bits.")


def _require_in_range(bits: bytes | bytearray, index: int) -> None:
    if not 0 <= index < len(bits) * 8:
        raise IndexOutOfRange(f"The list has no entry {index}.")
