"""Secure what somebody else composed: lint first, then the form that the instance makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from issuer.vc import contexts, lint
from issuer.vc import credential as vc
from issuer.vc.data_integrity import base_proofs, proofs
from issuer.vc.jose import jose_envelope
from issuer.vc_api import messages
from issuer.vc_api.conformance.instances import ENVELOPE, Instance


def in_the_name_of(document: dict[str, Any], issuer: str) -> dict[str, Any]:
    """The document with this issuer in the place of another URL; what is no URL stays as it is.

    An instance sets the issuer as it was configured (VCALM 1.0, "Issue Credential").
    """
    stated = document.get("issuer")
    if vc.is_uri(stated):
        return {**document, "issuer": issuer}
    if isinstance(stated, dict) and vc.is_uri(stated.get("id")):
        return {**document, "issuer": {**stated, "id": issuer}}
    return document


def secure(
    document: dict[str, Any],
    instance: Instance,
    *,
    created: datetime,
    mandatory_pointers: Sequence[str] = (),
) -> dict[str, Any]:
    """The document with a proof, or in an envelope, as the instance makes them.

    Raises Refused with all that lint finds, and VcError for what a suite does not take.
    """
    document = _with_proof_context(document)
    findings = lint.lint(document, issuer_did=instance.issuer, profile=lint.CONFORMANCE)
    if findings:
        raise messages.Refused(*messages.of_findings(findings))
    if instance.form == ENVELOPE:
        token = jose_envelope.secure_credential(
            document, signer=instance.signer, key_id=instance.verification_method
        )
        return jose_envelope.envelop_credential(token)
    created = created.replace(microsecond=0)
    if instance.is_selective:
        return base_proofs.add(
            document,
            signer=instance.signer,
            verification_method=instance.verification_method,
            created=created,
            mandatory_pointers=mandatory_pointers,
        )
    return proofs.add_proof(
        document,
        signer=instance.signer,
        verification_method=instance.verification_method,
        created=created,
        cryptosuite=instance.form,
    )


def _with_proof_context(document: dict[str, Any]) -> dict[str, Any]:
    """In the data model 1.1 the terms of a proof come from a context of their own."""
    listed = document.get("@context")
    if not isinstance(listed, list) or listed[:1] != [contexts.CREDENTIALS_V1]:
        return document
    if contexts.DATA_INTEGRITY_V2 in listed:
        return document
    return {**document, "@context": [*listed, contexts.DATA_INTEGRITY_V2]}
