"""Proofs as others make them with pyld: canonicalise, hash, sign; nothing of our own but the key.

The contexts are in memory, and tagged so that pyld shares what it made of them.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from pyld import jsonld

from issuer.vc import contexts, multibase, timestamps
from issuer.vc.signers import Signer

_OPTIONS = {
    "algorithm": "URDNA2015",
    "format": "application/n-quads",
    "documentLoader": contexts.document_loader,
}


def canonize(document: dict[str, Any]) -> bytes:
    """The canonical N-Quads."""
    text: str = jsonld.normalize(document, _OPTIONS)
    return text.encode()


def add_proof(
    document: dict[str, Any], signer: Signer, method: str, created: datetime
) -> dict[str, Any]:
    """The document with a proof of eddsa-rdfc-2022."""
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": timestamps.write(created),
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    options = {"@context": document["@context"], **proof}
    message = b"".join(hashlib.sha256(canonize(each)).digest() for each in (options, document))
    return {
        **document,
        "proof": {**proof, "proofValue": multibase.encode_base58btc(signer.sign(message))},
    }
