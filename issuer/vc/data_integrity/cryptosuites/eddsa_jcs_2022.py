"""Cryptosuite eddsa-jcs-2022: RFC 8785, SHA-256, Ed25519 (VC-DI-EdDSA 1.0, section 3.3)."""

from __future__ import annotations

from typing import Any

from issuer.vc import canonical, keys, multibase
from issuer.vc.data_integrity.cryptosuites import hashing
from issuer.vc.keys import PublicKey
from issuer.vc.signers import Signer

NAME = "eddsa-jcs-2022"
# The kinds of keys, and the digest that goes with each.
KINDS = {keys.ED25519: canonical.SHA_256}


def hash_data(
    document: dict[str, Any], proof_config: dict[str, Any], *, kind: str = keys.ED25519
) -> bytes:
    """Return what a key of this kind signs; see `hashing.hash_json`. Raises UnsupportedKey."""
    digest = hashing.digest_for(kind, KINDS, NAME)
    return hashing.hash_json(document, proof_config, digest=digest)


def sign(document: dict[str, Any], proof_config: dict[str, Any], *, signer: Signer) -> str:
    """Return the proofValue of the document under these options.

    Raises what `hash_data` raises, before the key is used.
    """
    message = hash_data(document, proof_config, kind=signer.kind)
    return multibase.encode_base58btc(signer.sign(message))


def check(
    document: dict[str, Any], proof_config: dict[str, Any], proof_value: str, *, public_key: str
) -> None:
    """Raise WrongSignature unless the proofValue belongs to document, options and key.

    The key is a Multikey. Raises MalformedMultibase, MalformedProof, the
    errors of keys, and what `hash_data` raises.
    """
    key = PublicKey.from_multikey(public_key)
    signature = multibase.decode_base58btc(proof_value)
    key.check(hash_data(document, proof_config, kind=key.kind), signature)
