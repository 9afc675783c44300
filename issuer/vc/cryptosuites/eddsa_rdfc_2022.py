"""Cryptosuite eddsa-rdfc-2022: RDFC-1.0, SHA-256, Ed25519."""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Any

from issuer.vc import canonical, multibase
from issuer.vc.keys import PublicKey
from issuer.vc.signers import Signer

NAME = "eddsa-rdfc-2022"

# Characters; our own options have a fifth of it, and strangers shall not fill the memory.
MAX_REMEMBERED = 4096


def hash_data(document: dict[str, Any], proof_config: dict[str, Any]) -> bytes:
    """Return the 64 bytes that are signed: the hash of the proof's options, then the document's.

    The document is without proof; the options are without proofValue and carry
    the document's contexts. Raises what `canonical.canonize` raises.
    """
    return _hash_of_options(proof_config) + _hash(document)


def sign(document: dict[str, Any], proof_config: dict[str, Any], *, signer: Signer) -> str:
    """Return the proofValue of the document under these options."""
    return multibase.encode_base58btc(signer.sign(hash_data(document, proof_config)))


def check(
    document: dict[str, Any], proof_config: dict[str, Any], proof_value: str, *, public_key: str
) -> None:
    """Raise WrongSignature unless the proofValue belongs to document, options and key."""
    signature = multibase.decode_base58btc(proof_value)
    PublicKey.from_multikey(public_key).check(hash_data(document, proof_config), signature)


def _hash(document: dict[str, Any]) -> bytes:
    return hashlib.sha256(canonical.canonize(document)).digest()


def _hash_of_options(proof_config: dict[str, Any]) -> bytes:
    """Hash the options, which are the same for all that is signed together, only once."""
    text = json.dumps(proof_config, sort_keys=True)
    return _remembered(text) if len(text) <= MAX_REMEMBERED else _hash(proof_config)


@functools.lru_cache(maxsize=64)
def _remembered(text: str) -> bytes:
    return _hash(json.loads(text))
