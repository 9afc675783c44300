"""Checks a signature, in whatever process: plain Python, no database."""

import json
from typing import Any

from issuer.vc import did
from issuer.vc.data_integrity import proofs


def is_good(body: str, did_document: dict[str, Any]) -> bool:
    """Whether the signature belongs to the document and to a published key; raises if not."""
    document = json.loads(body)
    method = document["proof"]["verificationMethod"]
    proofs.verify_proof(document, public_key=did.find_method(did_document, method))
    return True
