"""What suites have in common whose one signature covers the document as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from issuer.vc import multibase
from issuer.vc.data_integrity.cryptosuites import hashing
from issuer.vc.keys import PublicKey
from issuer.vc.signers import Signer


@dataclass(frozen=True)
class WholeDocuments:
    """A suite by its name, its kinds of keys with the digest that goes with each, and its hash.

    The hash is `hashing.hash_rdf` or `hashing.hash_json`.
    """

    name: str
    kinds: Mapping[str, str]
    hash: Callable[..., bytes]

    def hash_data(
        self, document: dict[str, Any], proof_config: dict[str, Any], *, kind: str
    ) -> bytes:
        """Return what a key of this kind signs.

        Raises UnsupportedKey, and what the hash raises.
        """
        digest = hashing.digest_for(kind, self.kinds, self.name)
        return self.hash(document, proof_config, digest=digest)

    def sign(
        self, document: dict[str, Any], proof_config: dict[str, Any], *, signer: Signer
    ) -> str:
        """Return the proofValue of the document under these options.

        Raises what `hash_data` raises, before the key is used.
        """
        message = self.hash_data(document, proof_config, kind=signer.kind)
        return multibase.encode_base58btc(signer.sign(message))

    def check(
        self,
        document: dict[str, Any],
        proof_config: dict[str, Any],
        proof_value: str,
        *,
        public_key: str,
    ) -> None:
        """Raise WrongSignature unless the proofValue belongs to document, options and key.

        The key is a Multikey. Raises MalformedMultibase, MalformedProof, the
        errors of keys, and what `hash_data` raises.
        """
        key = PublicKey.from_multikey(public_key)
        signature = multibase.decode_base58btc(proof_value)
        key.check(self.hash_data(document, proof_config, kind=key.kind), signature)
