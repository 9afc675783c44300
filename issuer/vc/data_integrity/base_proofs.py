"""Credentials of which the holder shows parts: add the base proof, derive what is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from issuer.vc import credential
from issuer.vc.data_integrity import proofs
from issuer.vc.data_integrity.cryptosuites import ecdsa_sd_2023
from issuer.vc.errors import MalformedDocument, MalformedProof, UnsupportedProof
from issuer.vc.signers import Signer


def add(
    document: dict[str, Any],
    *,
    signer: Signer,
    verification_method: str,
    created: datetime,
    mandatory_pointers: Collection[str],
) -> dict[str, Any]:
    """Return a copy of the document with a base proof, which only the holder may get.

    For a badge the pointers are those of `mandatory_pointers.of_open_badge`.
    Two base proofs of one document differ, as the secrets are drawn anew.
    Raises MalformedDocument for a document that has a proof already or no
    contexts, and what `ecdsa_sd_2023.sign` raises, before the key is used.
    VC-DI-ECDSA 1.0, section 3.6.1.
    """
    if "proof" in document:
        raise MalformedDocument("The document carries a proof already.")
    if "@context" not in document:
        raise MalformedDocument("The document has no @context.")
    config = proofs.proof_config(
        verification_method=verification_method, created=created, cryptosuite=ecdsa_sd_2023.NAME
    )
    value = ecdsa_sd_2023.sign(
        document,
        {"@context": document["@context"], **config},
        signer=signer,
        mandatory_pointers=mandatory_pointers,
    )
    return {**document, "proof": {**config, "proofValue": value}}


def derive(document: dict[str, Any], *, selective_pointers: Iterable[str]) -> dict[str, Any]:
    """Return the part of the document that is shown, with a proof derived from its base proof.

    Other proofs of the document are left out: they are proofs of the whole.
    Raises UnsupportedProof for a document without such a proof, MalformedProof
    for one with several, and what `ecdsa_sd_2023.derive` raises.
    VC-DI-ECDSA 1.0, section 3.6.6.
    """
    found = [each for each in credential.proofs(document) if _is_of_the_suite(each)]
    if not found:
        raise UnsupportedProof(f"The document carries no proof of {ecdsa_sd_2023.NAME}.")
    if len(found) > 1:
        raise MalformedProof(f"The document carries {len(found)} base proofs, not one.")
    shown, value = ecdsa_sd_2023.derive(
        credential.unsecured(document),
        found[0].get("proofValue", ""),
        selective_pointers=selective_pointers,
    )
    return {**shown, "proof": {**found[0], "proofValue": value}}


def _is_of_the_suite(proof: dict[str, Any]) -> bool:
    return proof.get("type") == proofs.PROOF_TYPE and proof.get("cryptosuite") == ecdsa_sd_2023.NAME
