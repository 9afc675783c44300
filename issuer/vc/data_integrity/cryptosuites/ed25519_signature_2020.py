"""Proofs of the type Ed25519Signature2020, which others have made: RDFC-1.0, SHA-256, Ed25519.

The suite is older than Data Integrity's, and superseded by eddsa-rdfc-2022; it
hashes and signs the same things, and nothing is signed with it here.
"""

from __future__ import annotations

from typing import Any

from issuer.vc import canonical, keys, multibase
from issuer.vc.data_integrity.cryptosuites import hashing
from issuer.vc.keys import PublicKey

NAME = "Ed25519Signature2020"
# The kinds of keys, and the digest that goes with each.
KINDS = {keys.ED25519: canonical.SHA_256}


def hash_data(
    document: dict[str, Any], proof_config: dict[str, Any], *, kind: str = keys.ED25519
) -> bytes:
    """Return what a key of this kind signs; see `hashing.hash_rdf`. Raises UnsupportedKey."""
    digest = hashing.digest_for(kind, KINDS, NAME)
    return hashing.hash_rdf(document, proof_config, digest=digest)


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
