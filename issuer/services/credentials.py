"""Credentials: freeze what is to be signed, find, release."""

import hashlib
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
    Chunk,
    Credential,
    Release,
    SecuredDocument,
    Shape,
    VerifiableCredential,
)
from issuer.models.credentials import frozen_digest
from issuer.services import batches, clock, copying, keys, ledger, status, wordings
from issuer.services.wordings import Statement, Wording
from issuer.vc import timestamps
from issuer.vc.errors import LintFailed
from issuer.vc.json_text import write_json
from issuer.vc.lint import COLLEGE, Profile, require

# Whoever knows the address may read: 256 bits, as the model says.
ADDRESS_BYTES = 32
NO_STATEMENT = "There is no statement for this row."

_CREDENTIAL = (
    "id",
    "batch_id",
    "position",
    "achievement_id",
    "composed_id",
    "shape_id",
    "values",
    "text",
    "valid_until",
    "requested_at",
)
_VERIFIABLE_CREDENTIAL = (
    "credential_id",
    "format",
    "key_id",
    "proof_created_at",
    "status_list_id",
    "status_index",
)


@dataclass(frozen=True, kw_only=True)
class _Accepted:
    """A statement that may be signed, as it is stored."""

    statement: Statement
    shape: Shape | None = None
    values: str = ""
    text: str = ""
    valid_until: datetime | None = None

    @property
    def digest(self) -> bytes:
        return frozen_digest(self.shape, self.values or self.text)


def request(
    chunk: Chunk,
    statements: Sequence[Statement],
    *,
    refused: Mapping[int, str] | None = None,
    profile: Profile = COLLEGE,
) -> None:
    """Freeze the statements of a leased chunk in one transaction, for the signer to find.

    1. Lint each by the profile: of a wording a sample and what fills its places. What a strict
       verifier would not accept is set apart as failed, with the findings, and so is what the
       caller has `refused`, each position with its reason, and a position of the chunk for which
       there is no statement.
    2. Store each with the active key, the time its proof will bear and a status entry of its
       own: all that enters the signed bytes.
    3. Enter them in the ledger by their Merkle root.

    Raises NoActiveKey, and WrongState when another worker has taken over the chunk.
    """
    # 1
    stated = {statement.position for statement in statements}
    missing = set(range(chunk.first, chunk.last + 1)) - stated
    refused = dict.fromkeys(missing, NO_STATEMENT) | dict(refused or {})
    accepted: list[_Accepted] = []
    gate = _Gate(profile)
    for number, statement in enumerate(statements):
        if statement.position in refused:
            continue
        is_sample = number in (0, len(statements) - 1)
        try:
            accepted.append(gate.accept(statement, is_sample=is_sample))
        except LintFailed as error:
            refused[statement.position] = _told(error)
    key = keys.active(settings.ISSUER_DID)
    now = clock.now()
    with transaction.atomic():
        batches.finish(chunk, Chunk.State.REQUESTED, refused=refused)
        # 2
        copying.insert(Credential, _CREDENTIAL, (_row(chunk, each, now) for each in accepted))
        format_ = VerifiableCredential.Format.EDDSA_RDFC_2022
        created = now.replace(microsecond=0)
        entries = status.allocate_each(
            [each.statement.status_purpose for each in accepted], format=format_
        )
        copying.insert(
            VerifiableCredential,
            _VERIFIABLE_CREDENTIAL,
            (
                (
                    each.statement.credential_id,
                    format_.value,
                    key.pk,
                    created,
                    entry.status_list_id,
                    entry.index,
                )
                for each, entry in zip(accepted, entries, strict=True)
            ),
        )
        # 3
        ledger.append(
            "credentials.requested",
            chunk.batch,
            by="system",
            details={
                "first": chunk.first,
                "last": chunk.last,
                "count": len(accepted),
                "refused": len(refused),
                "root": ledger.merkle_root([each.digest for each in accepted]),
            },
        )


def why_refused(statement: Statement, *, profile: Profile = COLLEGE) -> str:
    """Why `request` would set it apart as failed; blank if it would not. Writes nothing."""
    try:
        require(statement.said(), issuer_did=settings.ISSUER_DID, profile=profile)
    except LintFailed as error:
        return _told(error)
    return ""


def release(credential_ids: Iterable[uuid.UUID]) -> None:
    """Release signed credentials: each is found at an address that nobody can guess."""
    now = clock.now()
    rows = ((pk, secrets.token_urlsafe(ADDRESS_BYTES), now) for pk in credential_ids)
    copying.insert(Release, ("credential_id", "address", "released_at"), rows)


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
    found = SecuredDocument.objects.filter(verifiable_credential__credential=credential)
    if secured := found.whole().first():
        return secured.body
    if reason := batches.why_failed(credential.batch_id, credential.position):
        raise NeverIssued(reason)
    return None


def digest(text: str) -> bytes:
    """The SHA-256 of a stored text."""
    return hashlib.sha256(text.encode()).digest()


class _Gate:
    """Lets through the statements that may be signed, in the form in which they are stored.

    What has a wording goes through its shape, if values fit into it; whatever else, the sample
    of each wording, and the first and the last of all, is linted as a whole.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._shapes: dict[tuple[Wording, str], Shape | None] = {}

    def accept(self, statement: Statement, *, is_sample: bool) -> _Accepted:
        """The statement as it is to be stored; raises LintFailed."""
        shape = self._shape(statement)
        if shape is None or not wordings.fit(shape, statement):
            return self._as_a_whole(statement)
        if is_sample and not _is_linted(statement):
            self._lint(statement.said())
        return _Accepted(
            statement=statement,
            shape=shape,
            values=write_json(statement.values),
            valid_until=_valid_until(statement),
        )

    def _as_a_whole(self, statement: Statement) -> _Accepted:
        document = statement.said()
        self._lint(document)
        return _Accepted(
            statement=statement, text=write_json(document), valid_until=_valid_until(statement)
        )

    def _lint(self, document: dict[str, Any]) -> None:
        require(document, issuer_did=settings.ISSUER_DID, profile=self._profile)

    def _shape(self, statement: Statement) -> Shape | None:
        """The shape of its wording, None without one and where a shape can't say it."""
        if statement.wording is None:
            return None
        key = (statement.wording, statement.status_purpose)
        if key not in self._shapes:
            self._shapes[key] = self._shape_of(*key)
        return self._shapes[key]

    def _shape_of(self, wording: Wording, purpose: str) -> Shape | None:
        try:
            self._lint(wording.sample)
        except LintFailed:
            # The fault may be the sample's own: each is looked at by itself.
            return None
        return wordings.shape_of(wording, purpose)


def _told(error: LintFailed) -> str:
    said = (f"{each.pointer or '/'}: {each.message}" for each in error.findings)
    return f"{RefusedByLint()} {'; '.join(said)}"


def _row(chunk: Chunk, accepted: _Accepted, now: datetime) -> tuple[Any, ...]:
    """The values of `_CREDENTIAL`."""
    statement = accepted.statement
    return (
        statement.credential_id,
        chunk.batch_id,
        statement.position,
        statement.achievement.pk if statement.achievement else None,
        statement.composed_id,
        accepted.shape.pk if accepted.shape else None,
        accepted.values,
        accepted.text,
        accepted.valid_until,
        now,
    )


def _is_linted(statement: Statement) -> bool:
    """Whether it is the sample of its wording, which came first and was linted then."""
    return statement.wording is not None and statement.said() == statement.wording.sample


def _valid_until(statement: Statement) -> datetime | None:
    text = statement.member("validUntil")
    return None if text is None else timestamps.read(text)
