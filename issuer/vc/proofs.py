"""VC Data Integrity: add a proof, check a proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from issuer.vc import credential, timestamps
from issuer.vc.cryptosuites import eddsa_rdfc_2022
from issuer.vc.errors import MalformedDocument, MalformedProof, UnsupportedProof
from issuer.vc.signers import Signer

PROOF_TYPE = "DataIntegrityProof"
ASSERTION = "assertionMethod"

_SUITES = {eddsa_rdfc_2022.NAME: eddsa_rdfc_2022}


def proof_config(*, verification_method: str, created: datetime) -> dict[str, Any]:
    """Return the options of a proof: all its members but proofValue."""
    return {
        "type": PROOF_TYPE,
        "cryptosuite": eddsa_rdfc_2022.NAME,
        "created": timestamps.write(created),
        "verificationMethod": verification_method,
        "proofPurpose": ASSERTION,
    }


def add_proof(
    document: dict[str, Any], *, signer: Signer, verification_method: str, created: datetime
) -> dict[str, Any]:
    """Return a copy of the document with one eddsa-rdfc-2022 proof, a lone object.

    Open Badges 3.0 and VC Data Integrity allow a list too, but not every verifier reads one.

    The same document, key and moment give the same bytes every time. Nothing
    but JSON-LD is checked here: `lint` comes first.

    Raises MalformedDocument for a document that has a proof already, and what
    `canonical.canonize` raises, before the key is used.
    """
    if "proof" in document:
        raise MalformedDocument("The document carries a proof already.")
    if "@context" not in document:
        raise MalformedDocument("The document has no @context.")
    config = proof_config(verification_method=verification_method, created=created)
    secured_config = {"@context": document["@context"], **config}
    value = eddsa_rdfc_2022.sign(document, secured_config, signer=signer)
    return {**document, "proof": {**config, "proofValue": value}}


def is_supported(proof: dict[str, Any]) -> bool:
    """Tell whether the proof is of a type, cryptosuite and form that can be checked here.

    A proof chain is not: its signature covers the earlier proofs as well.
    """
    suite = proof.get("cryptosuite")
    return (
        proof.get("type") == PROOF_TYPE
        and isinstance(suite, str)
        and suite in _SUITES
        and "previousProof" not in proof
    )


def verify_proof(document: dict[str, Any], *, public_key: str) -> None:
    """Raise unless the document's one proof was made with this key (a Multikey).

    Raises what `check` raises, and MalformedProof for none or several proofs.
    """
    found = credential.proofs(document)
    if len(found) != 1:
        raise MalformedProof(f"The document carries {len(found)} proofs, not one.")
    check(document, found[0], public_key=public_key)


def check(document: dict[str, Any], proof: dict[str, Any], *, public_key: str) -> None:
    """Raise unless the proof over the document without its proofs was made with this key.

    Whether the key is the issuer's and whether the proof's dates hold is for
    the caller to find out. Raises UnsupportedProof, MalformedProof,
    WrongSignature, the errors of keys, and what `canonical.canonize` raises.
    """
    if not is_supported(proof):
        raise UnsupportedProof()
    if "@context" in proof:
        raise MalformedProof("The proof brings contexts of its own.")
    if proof.get("proofPurpose") != ASSERTION:
        raise MalformedProof(f"The proof's purpose is not {ASSERTION}.")
    for name in ("verificationMethod", "proofValue"):
        if not isinstance(proof.get(name), str):
            raise MalformedProof(f"The proof has no {name}.")
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    _SUITES[proof["cryptosuite"]].check(
        credential.unsecured(document),
        {"@context": document.get("@context", []), **config},
        proof["proofValue"],
        public_key=public_key,
    )
