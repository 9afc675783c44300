"""The proof values of ecdsa-sd-2023: CBOR under a header, written and strictly read.

VC-DI-ECDSA 1.0, sections 3.5.2 to 3.5.8.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import cbor2

from issuer.vc import multibase
from issuer.vc.errors import BaseProof, MalformedProof

_BASE = b"\xd9\x5d\x00"
_DERIVED = b"\xd9\x5d\x01"

_SIGNATURE_BYTES = 64
# The prefix of a Multikey and a compressed point; in one place the specification has 36.
_KEY_BYTES = 35
_HASH_BYTES = 32

_Item = TypeVar("_Item")


@dataclass(frozen=True, repr=False)
class BaseProofValue:
    """What the issuer gives to the holder, and nobody else may see: it holds the HMAC key."""

    base_signature: bytes
    public_key: bytes
    hmac_key: bytes
    signatures: tuple[bytes, ...]
    mandatory_pointers: tuple[str, ...]


@dataclass(frozen=True)
class DerivedProofValue:
    """What the holder shows with a part of the document.

    `labels` gives for the number of a canonical label the 32 bytes of the label
    that was signed.
    """

    base_signature: bytes
    public_key: bytes
    signatures: tuple[bytes, ...]
    labels: Mapping[int, bytes]
    mandatory_indexes: tuple[int, ...]


def write_base(value: BaseProofValue) -> str:
    """Return the proofValue of a base proof."""
    return _write(
        _BASE,
        value.base_signature,
        value.public_key,
        value.hmac_key,
        list(value.signatures),
        list(value.mandatory_pointers),
    )


def read_base(text: str) -> BaseProofValue:
    """Read the proofValue of a base proof; raises MalformedMultibase or MalformedProof."""
    data = multibase.decode_base64url(text)
    if not data.startswith(_BASE):
        raise MalformedProof("The proof is not a base proof of ecdsa-sd-2023.")
    signature, key, hmac_key, signatures, pointers = _read(data[len(_BASE) :])
    return BaseProofValue(
        _bytes(signature, _SIGNATURE_BYTES),
        _bytes(key, _KEY_BYTES),
        _bytes(hmac_key, _HASH_BYTES),
        _many(signatures, _signature),
        _many(pointers, _text),
    )


def write_derived(value: DerivedProofValue) -> str:
    """Return the proofValue of a derived proof."""
    return _write(
        _DERIVED,
        value.base_signature,
        value.public_key,
        list(value.signatures),
        dict(value.labels),
        list(value.mandatory_indexes),
    )


def read_derived(text: str) -> DerivedProofValue:
    """Read the proofValue of a derived proof.

    Two labels that are one would let a holder show one object as two. Raises
    MalformedMultibase, MalformedProof, and BaseProof for what only the holder
    should have.
    """
    data = multibase.decode_base64url(text)
    if data.startswith(_BASE):
        raise BaseProof()
    if not data.startswith(_DERIVED):
        raise MalformedProof("The proof value does not begin as one of ecdsa-sd-2023.")
    signature, key, signatures, labels, indexes = _read(data[len(_DERIVED) :])
    if type(labels) is not dict:
        raise MalformedProof("The labels of the proof are not a map.")
    value = DerivedProofValue(
        _bytes(signature, _SIGNATURE_BYTES),
        _bytes(key, _KEY_BYTES),
        _many(signatures, _signature),
        {_index(number): _bytes(label, _HASH_BYTES) for number, label in labels.items()},
        _many(indexes, _index),
    )
    _require_distinct(tuple(value.labels.values()), "Two labels of the proof are one.")
    _require_distinct(value.mandatory_indexes, "An index of the proof stands twice.")
    return value


def _write(header: bytes, *parts: object) -> str:
    return multibase.encode_base64url(header + cbor2.dumps(list(parts)))


def _read(data: bytes) -> list[Any]:
    """Read five parts, written in the one shortest way (RFC 8949, section 4.2.1) and no more."""
    try:
        parts = cbor2.loads(
            data,
            max_depth=3,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=defaultdict(lambda: _refuse_tag),
        )
    except cbor2.CBORError as error:
        raise MalformedProof(f"The proof value is not CBOR of its kind: {error}") from error
    if type(parts) is not list or len(parts) != 5:
        raise MalformedProof("The proof value does not have five parts.")
    if cbor2.dumps(parts) != data:
        raise MalformedProof("The proof value is not written in the shortest way.")
    return parts


def _refuse_tag(*_: object) -> None:
    # What tags stand for is made before anybody asks: dates, regular expressions, e-mails.
    raise MalformedProof("The proof value has tags.")


def _bytes(item: object, size: int) -> bytes:
    if type(item) is not bytes or len(item) != size:
        raise MalformedProof(f"A part of the proof value is not {size} bytes.")
    return item


def _signature(item: object) -> bytes:
    return _bytes(item, _SIGNATURE_BYTES)


def _text(item: object) -> str:
    if type(item) is not str:
        raise MalformedProof("A part of the proof value is not text.")
    return item


def _index(item: object) -> int:
    if type(item) is not int or item < 0:
        raise MalformedProof("A part of the proof value is not a number to count with.")
    return item


def _many(item: object, read: Callable[[object], _Item]) -> tuple[_Item, ...]:
    if type(item) is not list:
        raise MalformedProof("A part of the proof value is not a list.")
    return tuple(read(each) for each in item)


def _require_distinct(items: tuple[object, ...], fault: str) -> None:
    if len(set(items)) < len(items):
        raise MalformedProof(fault)
