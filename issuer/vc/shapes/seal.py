"""Seals: the key and the options of proofs that are made together, hashed once."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from datetime import datetime
from typing import Any

from issuer.vc import canonical, jcs, multibase
from issuer.vc.data_integrity import proofs
from issuer.vc.data_integrity.cryptosuites import (
    ecdsa_jcs_2019,
    ecdsa_rdfc_2019,
    eddsa_jcs_2022,
    eddsa_rdfc_2022,
    hashing,
)
from issuer.vc.errors import UnsupportedProof
from issuer.vc.json_text import write_json
from issuer.vc.signers import Signer

_COVER_STATEMENTS = {suite.NAME: suite.KINDS for suite in (eddsa_rdfc_2022, ecdsa_rdfc_2019)}
_COVER_JSON = {suite.NAME: suite.KINDS for suite in (eddsa_jcs_2022, ecdsa_jcs_2019)}


class Seal:
    """Makes proofs with one key at one moment, for documents of the same contexts.

    The moment is stated in each proof, so a seal serves one batch.
    """

    def __init__(
        self,
        *,
        context: Any,
        signer: Signer,
        verification_method: str,
        created: datetime,
        cryptosuite: str = proofs.EDDSA_RDFC_2022,
    ) -> None:
        """Raise UnsupportedProof or UnsupportedKey as `proofs.add_proof` does."""
        kinds = (_COVER_STATEMENTS | _COVER_JSON).get(cryptosuite)
        if kinds is None:
            raise UnsupportedProof(f"Nobody seals with {cryptosuite!r} here.")
        self.context = deepcopy(context)
        self.covers_json = cryptosuite in _COVER_JSON
        self.digest = hashing.digest_for(signer.kind, kinds, cryptosuite)
        config = proofs.proof_config(
            verification_method=verification_method, created=created, cryptosuite=cryptosuite
        )
        if self.covers_json:
            config |= {"@context": self.context}
            options = jcs.canonize(config)
        else:
            options = canonical.canonize({"@context": self.context, **config}, digest=self.digest)
        self._hash = getattr(hashlib, self.digest)
        self._hash_of_options: bytes = self._hash(options).digest()
        self._sign = signer.sign
        text = write_json({**config, "proofValue": ""})
        self._head = b',"proof":' + text[:-2].encode()

    def proof_value(self, covered: bytes) -> str:
        """Return the proofValue of a document whose canonical form this is.

        The form is that of RDF, or of JSON for the suites that cover JSON.
        """
        message = self._hash_of_options + self._hash(covered).digest()
        return multibase.encode_base58btc(self._sign(message))

    def member(self, covered: bytes) -> bytes:
        """Return the proof as the last member of a document in JSON, comma and all."""
        return b"".join((self._head, self.proof_value(covered).encode(), b'"}'))
