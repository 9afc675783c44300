"""Credentials: freeze what is to be signed, find, release."""

import hashlib
import json
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from issuer.errors import NeverIssued, NotIssued, RefusedByLint
from issuer.models import (
    Achievement,
    Chunk,
    Credential,
    Release,
    SecuredDocument,
    StatusList,
    VerifiableCredential,
)
from issuer.services import batches, clock, keys, ledger, status
from issuer.vc import timestamps
from issuer.vc.lint import COLLEGE, Profile, lint

# Whoever knows the address may read: 256 bits, as the model says.
ADDRESS_BYTES = 32
NO_STATEMENT = "There is no statement for this row."


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is to be said at one position of a batch: the document without status and proof.

    What was composed elsewhere has no achievement, and may bear an `id` of its own.
    `status_purpose` tells whether it can be revoked, or suspended.
    """

    credential_id: uuid.UUID
    position: int
    achievement: Achievement | None
    document: dict[str, Any]
    composed_id: str = ""
    status_purpose: str = StatusList.Purpose.REVOCATION


def request(
    chunk: Chunk,
    statements: Sequence[Statement],
    *,
    refused: Mapping[int, str] | None = None,
    profile: Profile = COLLEGE,
) -> None:
    """Freeze the statements of a leased chunk in one transaction, for the signer to find.

    1. Lint each by the profile. What a strict verifier would not accept is set apart as failed,
       with the findings, and so is what the caller has `refused`, each position with its reason,
       and a position of the chunk for which there is no statement.
    2. Store each with the active key, the time its proof will bear and a status entry of its
       own: all that enters the signed bytes.
    3. Enter the documents in the ledger by their Merkle root.

    Raises NoActiveKey, and WrongState when another worker has taken over the chunk.
    """
    # 1
    stated = {statement.position for statement in statements}
    missing = set(range(chunk.first, chunk.last + 1)) - stated
    refused = dict.fromkeys(missing, NO_STATEMENT) | dict(refused or {})
    for statement in statements:
        findings = lint(statement.document, issuer_did=settings.ISSUER_DID, profile=profile)
        if findings:
            said = (f"{finding.pointer or '/'}: {finding.message}" for finding in findings)
            refused[statement.position] = f"{RefusedByLint()} {'; '.join(said)}"
    accepted = [statement for statement in statements if statement.position not in refused]
    key = keys.active(settings.ISSUER_DID)
    with transaction.atomic():
        batches.finish(chunk, Chunk.State.REQUESTED, refused=refused)
        # 2
        credentials = Credential.objects.bulk_create(
            Credential(
                id=statement.credential_id,
                batch_id=chunk.batch_id,
                position=statement.position,
                achievement=statement.achievement,
                composed_id=statement.composed_id,
                document=write_json(statement.document),
                valid_until=_valid_until(statement.document),
            )
            for statement in accepted
        )
        format_ = VerifiableCredential.Format.EDDSA_RDFC_2022
        created = clock.now().replace(microsecond=0)
        purposes = [statement.status_purpose for statement in accepted]
        entries = status.allocate_each(purposes, format=format_)
        VerifiableCredential.objects.bulk_create(
            VerifiableCredential(
                credential=credential,
                format=format_,
                key=key,
                proof_created_at=created,
                status_list_id=entry.status_list_id,
                status_index=entry.index,
            )
            for credential, entry in zip(credentials, entries, strict=True)
        )
        # 3
        ledger.append(
            "credentials.requested",
            chunk.batch,
            by="system",
            details={
                "first": chunk.first,
                "last": chunk.last,
                "count": len(credentials),
                "refused": len(refused),
                "root": ledger.merkle_root([digest(each.document) for each in credentials]),
            },
        )


def release(credentials: Iterable[Credential]) -> list[Release]:
    """Release signed credentials: each is found at an address that nobody can guess."""
    return Release.objects.bulk_create(
        Release(credential=credential, address=secrets.token_urlsafe(ADDRESS_BYTES))
        for credential in credentials
    )


def find(name: str) -> Credential:
    """The credential with this `id` in its document, or this UUID; raises NotIssued."""
    # Most are composed by the college, and have none. PostgreSQL takes no NUL.
    given = Credential.objects.exclude(composed_id="").filter(composed_id=name.replace("\0", " "))
    if composed := given.first():
        return composed
    try:
        return Credential.objects.get(pk=uuid.UUID(name))
    except (ValueError, Credential.DoesNotExist):
        raise NotIssued(f"No credential with the id {name} has been issued.") from None


def signed(credential: Credential) -> str | None:
    """The signed document, or None while it waits for the signer; raises NeverIssued."""
    bodies = SecuredDocument.objects.filter(verifiable_credential__credential=credential)
    if body := bodies.values_list("body", flat=True).first():
        return body
    if reason := batches.why_failed(credential.batch_id, credential.position):
        raise NeverIssued(reason)
    return None


def write_json(document: dict[str, Any]) -> str:
    """A document as the text that is stored and served; the same document, the same text."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def digest(text: str) -> bytes:
    """The SHA-256 of a stored text."""
    return hashlib.sha256(text.encode()).digest()


def _valid_until(document: dict[str, Any]) -> datetime | None:
    return timestamps.read(document["validUntil"]) if "validUntil" in document else None
