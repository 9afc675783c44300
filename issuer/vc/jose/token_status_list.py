"""Token Status List: the states of many tokens in one signed one (IETF Token Status List).

Beside the Bitstring Status List everything is the other way round: the lowest
bits come first, zlib packs it, and its time to live is in seconds.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issuer.vc import credential, status_list
from issuer.vc.errors import (
    ClaimMismatch,
    ForbiddenValue,
    IndexOutOfRange,
    MalformedStatusList,
    MalformedToken,
)
from issuer.vc.jose import jws, numeric_dates
from issuer.vc.keys import PublicKey

TYPE = "statuslist+jwt"
MAX_BYTES = status_list.MAX_BYTES

VALID = 0x00
INVALID = 0x01
SUSPENDED = 0x02

BITS = frozenset({1, 2, 4, 8})

_MAX_INDEX = MAX_BYTES * 8 - 1


# The list


def pack(statuses: Mapping[int, int], *, size: int, bits: int = 1) -> bytearray:
    """Return a list of so many entries in which these have these states, all others VALID.

    Token Status List, "Status List". Raises ForbiddenValue for a width other than
    1, 2, 4 or 8 bits, a size that does not fill whole bytes, and a state that does
    not fit in; IndexOutOfRange.
    """
    _require_width(bits)
    if not 0 < size <= MAX_BYTES * 8 // bits or size * bits % 8:
        raise ForbiddenValue("The entries of a status list fill whole bytes, 16 MiB at most.")
    packed = bytearray(size * bits // 8)
    for index, status in statuses.items():
        if not 0 <= status < 1 << bits:
            raise ForbiddenValue(f"The state {status} does not fit into {bits} bits.")
        place, shift = _place(packed, index, bits)
        packed[place] = packed[place] & ~(_mask(bits) << shift) | status << shift
    return packed


def get(packed: bytes | bytearray, index: int, *, bits: int = 1) -> int:
    """Return the state of one entry; raises ForbiddenValue and IndexOutOfRange."""
    _require_width(bits)
    place, shift = _place(packed, index, bits)
    return packed[place] >> shift & _mask(bits)


def encode(packed: bytes | bytearray) -> str:
    """Return a list as `lst`: base64url of its zlib form, packed as tightly as it gets."""
    return jws.encode(zlib.compress(bytes(packed), 9))


def decode(text: object, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the list of an `lst`.

    Raises MalformedStatusList when it is no single whole zlib stream, and when
    it grows beyond max_bytes: no more than that is ever inflated.
    """
    if not isinstance(text, str):
        raise MalformedStatusList("The list is not a text.")
    try:
        packed = jws.decode(text)
    except MalformedToken:
        raise MalformedStatusList("The list is not base64url without padding.") from None
    return status_list.inflate(packed, wbits=zlib.MAX_WBITS, max_bytes=max_bytes)


def _require_width(bits: object) -> None:
    if isinstance(bits, bool) or not isinstance(bits, int) or bits not in BITS:
        raise ForbiddenValue("A state has 1, 2, 4 or 8 bits.")


def _mask(bits: int) -> int:
    return (1 << bits) - 1


def _place(packed: bytes | bytearray, index: int, bits: int) -> tuple[int, int]:
    if not 0 <= index < len(packed) * 8 // bits:
        raise IndexOutOfRange(f"The list has no entry {index}.")
    place, within = divmod(index * bits, 8)
    return place, within


# The reference in a token


@dataclass(frozen=True)
class Reference:
    """Where the state of a token is found: the address of a list, and which entry."""

    uri: str
    index: int


def reference(*, uri: str, index: int) -> dict[str, Any]:
    """Return the claim `status` of a token whose state stands there ("Referenced Token in JOSE").

    Raises ForbiddenValue and IndexOutOfRange.
    """
    if not credential.is_uri(uri):
        raise ForbiddenValue(f"{uri!r} is not the address of a status list.")
    if not 0 <= index <= _MAX_INDEX:
        raise IndexOutOfRange()
    return {"status_list": {"idx": index, "uri": uri}}


def find_reference(claims: Mapping[str, Any]) -> Reference | None:
    """Return where the state of a token is found, None when it states no `status` at all.

    Raises MalformedToken for a `status` that is not a status list's.
    """
    if "status" not in claims:
        return None
    status = claims["status"]
    listed = status.get("status_list") if isinstance(status, dict) else None
    if not isinstance(listed, dict):
        raise MalformedToken("The token's status is not in a status list.")
    uri, index = listed.get("uri"), listed.get("idx")
    if not credential.is_uri(uri) or isinstance(index, bool) or not isinstance(index, int):
        raise MalformedToken("The token does not name its entry in a status list.")
    if not 0 <= index <= _MAX_INDEX:
        raise MalformedToken("The token's entry in its status list cannot be.")
    return Reference(str(uri), index)


# The token of the list


@dataclass(frozen=True)
class StatusToken:
    """The token of a status list as it was read: who made it is not known yet."""

    token: jws.Token
    packed: bytes
    bits: int
    ttl: int | float | None

    def status(self, index: int) -> int:
        """Return the state of one entry; raises IndexOutOfRange."""
        return get(self.packed, index, bits=self.bits)


def sign(
    packed: bytes | bytearray,
    *,
    bits: int,
    uri: str,
    issued: datetime,
    signer: jws.KeyHolder,
    key_id: str,
    expires: datetime | None = None,
    ttl: int | None = None,
) -> str:
    """Return the token that publishes a list at its address ("Status List Token in JWT Format").

    `ttl` is for how many seconds it may be kept before asking again. Raises
    ForbiddenValue, and what `numeric_dates.write` and `jws.sign` raise.
    """
    _require_width(bits)
    if not credential.is_uri(uri) or not credential.is_uri(key_id):
        raise ForbiddenValue("A status list and its key have addresses.")
    if expires is not None and expires <= issued:
        raise ForbiddenValue("A status list must be valid for some time.")
    if ttl is not None and ttl <= 0:
        raise ForbiddenValue("A status list may be kept for some time.")
    claims: dict[str, Any] = {"sub": uri, "iat": numeric_dates.write(issued)}
    if expires is not None:
        claims["exp"] = numeric_dates.write(expires)
    if ttl is not None:
        claims["ttl"] = ttl
    claims["status_list"] = {"bits": bits, "lst": encode(packed)}
    return jws.sign({"typ": TYPE, "kid": key_id}, claims, signer=signer)


def read(text: object) -> StatusToken:
    """Take the token of a status list apart, trusting nothing of it ("Validation Rules").

    Raises MalformedToken for another `typ`, without `iat` and for claims of another type
    than theirs; what `jws.read` raises, and of the list what `decode` raises.
    """
    token = jws.read(text)
    if token.media_type("typ") != TYPE:
        raise MalformedToken(f"The token is not typed as {TYPE}.")
    listed = token.claims.get("status_list")
    if not isinstance(listed, dict):
        raise MalformedToken("The token holds no status list.")
    bits = listed.get("bits")
    if isinstance(bits, bool) or not isinstance(bits, int) or bits not in BITS:
        raise MalformedToken("The states in the list have 1, 2, 4 or 8 bits.")
    return StatusToken(token, decode(listed.get("lst")), bits, _ttl(token.claims))


def check(found: StatusToken, *, uri: str, public_key: PublicKey) -> None:
    """Raise unless the token was signed with this key and is the list of this address.

    Whose the key is, and whether it is of this time (`numeric_dates.require_current`), is for
    the caller to find out. Raises UnsupportedProof, WrongSignature, ClaimMismatch
    and MalformedToken.
    """
    jws.check(found.token, public_key=public_key, algorithms=jws.ALGORITHMS)
    if found.token.claims.get("sub") != uri:
        raise ClaimMismatch(f"The list is not that of {uri}.")
    numeric_dates.read(found.token.claims.get("iat"))


def _ttl(claims: Mapping[str, Any]) -> int | float | None:
    ttl = claims.get("ttl")
    if "ttl" in claims and (isinstance(ttl, bool) or not isinstance(ttl, int | float) or ttl <= 0):
        raise MalformedToken("How long the list may be kept is not a number of seconds.")
    return ttl
