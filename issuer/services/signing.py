"""Signing: the only user of a private key, and only in the signer process."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from issuer import keystores
from issuer.errors import KeyUnreadable, RefusedByOwnVerifier, RevocationLost, WrongState
from issuer.models import (
    Chunk,
    SecuredDocument,
    SigningKey,
    StatusList,
    StatusListPublication,
    VerifiableCredential,
)
from issuer.services import batches, clock, credentials, keys, ledger, status
from issuer.vc import did
from issuer.vc import status_list as bitstring
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import VcError
from issuer.vc.signers import Signer


def sign(chunk: Chunk) -> None:
    """Sign a leased chunk, check every signature, and store and release what is good.

    1. Read what was frozen, and nothing else: the same rows give the same bytes every time.
    2. Publish a status list that these credentials are the first to refer to.
    3. Sign each, and check it as a stranger would, by the published DID document. What our own
       verifier does not accept is set apart as failed.
    4. Store and release all in one transaction, with their Merkle root in the ledger.

    Raises WrongState when another worker has taken over the chunk, and what `publish` raises
    when the fault is in no row; nothing is stored then.
    """
    # 1
    forms = list(_frozen(chunk))
    # 2
    for status_list in {form.status_list for form in forms}:
        if status.newest_publication(status_list) is None:
            with suppress(WrongState):  # another signer did it at the same moment
                publish(status_list)
    # 3
    desk = _Desk()
    secured: list[tuple[VerifiableCredential, str]] = []
    refused: dict[int, str] = {}
    for form in forms:
        try:
            secured.append((form, credentials.write_json(desk.secure(form))))
        except VcError as error:
            refused[form.credential.position] = f"{RefusedByOwnVerifier()} {error}"
    # 4
    with transaction.atomic():
        batches.finish(chunk, Chunk.State.SIGNED, refused=refused)
        digests = _store(secured)
        credentials.release(form.credential for form, _ in secured)
        ledger.append(
            "credentials.signed",
            chunk.batch,
            by="signer",
            details={
                "first": chunk.first,
                "last": chunk.last,
                "count": len(secured),
                "refused": len(refused),
                "root": ledger.merkle_root(digests),
            },
        )


def publish(status_list: StatusList) -> StatusListPublication:
    """Sign the list's bits as they are now and put the edition in the place of the one before.

    Signed by the active key, checked by our own verifier, one version higher.

    Raises RevocationLost when a revocation of the edition before is no longer there,
    RefusedByOwnVerifier, NoActiveKey, KeystoreClosed or KeyUnreadable, and WrongState when
    somebody else has published meanwhile.
    """
    # Read before the bits: whoever publishes in between takes the version, not our newer bits.
    before = status.newest_publication(status_list)
    last_change = status.newest_change(status_list)
    bits = status.bits(status_list)
    if before is not None and status_list.purpose == StatusList.Purpose.REVOCATION:
        _refuse_to_clear(status.published_bits(before), bits)
    now = clock.now().replace(microsecond=0)
    valid_until = now + timedelta(seconds=settings.STATUS_LIST_VALIDITY)
    key = keys.active(settings.ISSUER_DID)
    document = bitstring.status_list_credential(
        url=status_list.url,
        issuer=key.did,
        purpose=status_list.purpose,
        encoded_list=bitstring.encode(bits),
        valid_from=now,
        valid_until=valid_until,
        ttl_ms=status.seconds_to_keep() * 1000,
    )
    try:
        body = credentials.write_json(_Desk().add_proof(document, key, now))
    except VcError as error:
        raise RefusedByOwnVerifier(f"{RefusedByOwnVerifier()} {error}") from error
    publication = StatusListPublication(
        status_list=status_list,
        version=before.version + 1 if before else 1,
        body=body,
        sha256=hashlib.sha256(body.encode()).hexdigest(),
        last_change=last_change,
        valid_until=valid_until,
    )
    try:
        with transaction.atomic():
            publication.save(force_insert=True)
            ledger.append(
                "status_list.published",
                status_list,
                by="signer",
                details={"version": publication.version, "sha256": publication.sha256},
            )
    except IntegrityError:
        raise WrongState("Somebody else has just published this status list.") from None
    return publication


class _Desk:
    """Where documents are signed: keys are opened once, and DID documents looked up once."""

    def __init__(self) -> None:
        self._signers: dict[str, Signer] = {}
        self._did_documents: dict[str, dict[str, Any]] = {}

    def secure(self, form: VerifiableCredential) -> dict[str, Any]:
        """The signed document of one frozen form."""
        document = json.loads(form.credential.document)
        document["credentialStatus"] = bitstring.entry(
            list_url=form.status_list.url,
            index=form.status_index,
            purpose=form.status_list.purpose,
        )
        return self.add_proof(document, form.key, form.proof_created_at)

    def add_proof(
        self, document: dict[str, Any], key: SigningKey, created: datetime
    ) -> dict[str, Any]:
        """Sign the document and check the signature, canonicalising anew, by what is published."""
        method = key.verification_method
        secured = proofs.add_proof(
            document,
            signer=self._signer(key),
            verification_method=method,
            created=created,
        )
        public_key = did.find_method(self._did_document(key.did), method)
        proofs.verify_proof(secured, public_key=public_key)
        return secured

    def _signer(self, key: SigningKey) -> Signer:
        if key.handle not in self._signers:
            signer = keystores.open(key.handle)
            if signer.public_multibase != key.public_multibase:
                raise KeyUnreadable(f"The keystore holds another key under {key.handle}.")
            self._signers[key.handle] = signer
        return self._signers[key.handle]

    def _did_document(self, name: str) -> dict[str, Any]:
        if name not in self._did_documents:
            self._did_documents[name] = keys.did_document(name)
        return self._did_documents[name]


def _frozen(chunk: Chunk) -> QuerySet[VerifiableCredential]:
    return (
        VerifiableCredential.objects.filter(
            credential__batch=chunk.batch_id,
            credential__position__range=(chunk.first, chunk.last),
        )
        .select_related("credential", "key", "status_list")
        .defer("status_list__permutation")
        .order_by("credential__position")
    )


def _store(secured: Sequence[tuple[VerifiableCredential, str]]) -> list[bytes]:
    digests = [credentials.digest(body) for _, body in secured]
    SecuredDocument.objects.bulk_create(
        SecuredDocument(verifiable_credential=form, body=body, sha256=digest)
        for (form, body), digest in zip(secured, digests, strict=True)
    )
    return digests


def _refuse_to_clear(before: bytes, after: bytes) -> None:
    if any(old & ~new for old, new in zip(before, after, strict=True)):
        raise RevocationLost()
