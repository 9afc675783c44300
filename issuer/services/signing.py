"""Signing: the only user of a private key, and only in the signer process."""

import hashlib
import json
import logging
import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction

from issuer import keystores
from issuer.errors import KeyUnreadable, RefusedByOwnVerifier, RevocationLost, WrongState
from issuer.models import (
    Chunk,
    SecuredDocument,
    Shape,
    SigningKey,
    StatusList,
    StatusListPublication,
    VerifiableCredential,
)
from issuer.services import batches, clock, copying, credentials, keys, ledger, status
from issuer.vc import did
from issuer.vc import status_list as bitstring
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import VcError
from issuer.vc.json_text import write_json
from issuer.vc.shapes import NotExpressible, Seal
from issuer.vc.signers import Signer

log = logging.getLogger(__name__)


def sign(chunk: Chunk) -> None:
    """Sign a leased chunk, check every signature, and store and release what is good.

    1. Read what was frozen, and nothing else: the same rows give the same bytes every time.
    2. Publish a status list that these credentials are the first to refer to.
    3. Sign each through its shape, and check the first, the last and every `VERIFY_EVERY`-th as
       a stranger would, by the published DID document. What has no shape, and the whole chunk if
       a check fails, is canonicalised and checked one by one; what our own verifier does not
       accept then is set apart as failed.
    4. Store and release all in one transaction, with their Merkle root in the ledger.

    Raises WrongState when another worker has taken over the chunk, and what `publish` raises
    when the fault is in no row; nothing is stored then.
    """
    # 1
    frozen = _frozen(chunk)
    # 2
    _publish_first({each.status_list_id for each in frozen})
    # 3
    secured, refused = _Work(frozen).secure()
    # 4
    with transaction.atomic():
        as_a_whole = sum(not each.proof_value for each in secured)
        batches.finish(chunk, Chunk.State.SIGNED, refused=refused, signed_as_a_whole=as_a_whole)
        _store(secured)
        credentials.release(each.frozen.credential_id for each in secured)
        ledger.append(
            "credentials.signed",
            chunk.batch,
            by="signer",
            details={
                "first": chunk.first,
                "last": chunk.last,
                "count": len(secured),
                "refused": len(refused),
                "root": ledger.merkle_root([each.digest for each in secured]),
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
        body = write_json(_Desk().add_proof(document, key, now))
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


class _Frozen(NamedTuple):
    """What was frozen of one secured form: all that enters the signed bytes."""

    pk: int
    key_id: int
    proof_created_at: datetime
    status_list_id: int
    status_index: int
    credential_id: uuid.UUID
    credential__position: int
    credential__shape_id: int | None
    credential__values: str
    credential__text: str


class _Secured(NamedTuple):
    """A frozen form that is signed: its proofValue where it has a shape, else all as a text."""

    frozen: _Frozen
    proof_value: str
    text: str
    digest: bytes


class _Desk:
    """Where documents are signed: keys are opened once, and DID documents looked up once."""

    def __init__(self) -> None:
        self._signers: dict[str, Signer] = {}
        self._did_documents: dict[str, dict[str, Any]] = {}

    def add_proof(
        self, document: dict[str, Any], key: SigningKey, created: datetime
    ) -> dict[str, Any]:
        """Sign the document and check the signature, canonicalising anew, by what is published."""
        secured = proofs.add_proof(
            document,
            signer=self.signer(key),
            verification_method=key.verification_method,
            created=created,
        )
        self.check(secured, key)
        return secured

    def check(self, secured: dict[str, Any], key: SigningKey) -> None:
        """Verify a proof as a stranger would, by what is published; raises VcError."""
        method = did.find_method(self._did_document(key.did), key.verification_method)
        proofs.verify_proof(secured, public_key=method)

    def signer(self, key: SigningKey) -> Signer:
        """Opens the private key; raises KeystoreClosed or KeyUnreadable."""
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


class _Work:
    """Signs the frozen forms of one chunk, through their shapes or as a whole."""

    def __init__(self, frozen: Sequence[_Frozen]) -> None:
        self._frozen = frozen
        self._desk = _Desk()
        self._lists = StatusList.objects.defer("permutation").in_bulk(
            {each.status_list_id for each in frozen}
        )
        self._keys = SigningKey.objects.in_bulk({each.key_id for each in frozen})
        self._shapes = Shape.objects.in_bulk(
            {each.credential__shape_id for each in frozen if each.credential__shape_id}
        )
        self._seals: dict[tuple[int, int, datetime], Seal] = {}

    def secure(self, *, by_shape: bool = True) -> tuple[list[_Secured], dict[int, str]]:
        """Sign all; of those that our own verifier does not accept tell why, by position."""
        secured: list[_Secured] = []
        refused: dict[int, str] = {}
        last = len(self._frozen) - 1
        for number, each in enumerate(self._frozen):
            is_sample = number % settings.VERIFY_EVERY == 0 or number == last
            try:
                if by_shape and (found := self._through_shape(each, is_sample=is_sample)):
                    secured.append(found)
                else:
                    secured.append(self._as_a_whole(each))
            except _Deviation:
                return self.secure(by_shape=False)
            except VcError as error:
                refused[each.credential__position] = f"{RefusedByOwnVerifier()} {error}"
        return secured, refused

    def _through_shape(self, frozen: _Frozen, *, is_sample: bool) -> _Secured | None:
        """Sign one form, None if its shape can't say it."""
        if frozen.credential__shape_id is None:
            return None
        shape = self._shapes[frozen.credential__shape_id]
        values = self._values(frozen)
        seal = self._seal(frozen, shape)
        try:
            body = shape.compiled.secure(values, seal)
        except NotExpressible:
            return None
        if is_sample:
            self._check(body, frozen)
        return _Secured(frozen, _proof_value(body), "", hashlib.sha256(body).digest())

    def _check(self, body: bytes, frozen: _Frozen) -> None:
        try:
            self._desk.check(json.loads(body), self._keys[frozen.key_id])
        except VcError:
            shape = frozen.credential__shape_id
            log.exception("shape %s deviates: its chunk is signed as a whole", shape)
            raise _Deviation from None

    def _as_a_whole(self, frozen: _Frozen) -> _Secured:
        """Canonicalise, sign and check one form; raises VcError."""
        if frozen.credential__shape_id is None:
            status_list = self._lists[frozen.status_list_id]
            document = json.loads(frozen.credential__text)
            document["credentialStatus"] = bitstring.entry(
                list_url=status_list.url, index=frozen.status_index, purpose=status_list.purpose
            )
        else:
            shape = self._shapes[frozen.credential__shape_id]
            document = json.loads(shape.compiled.write(self._values(frozen)))
        key = self._keys[frozen.key_id]
        text = write_json(self._desk.add_proof(document, key, frozen.proof_created_at))
        return _Secured(frozen, "", text, credentials.digest(text))

    def _values(self, frozen: _Frozen) -> list[str]:
        name = self._lists[frozen.status_list_id].name
        return [*json.loads(frozen.credential__values), name, str(frozen.status_index)]

    def _seal(self, frozen: _Frozen, shape: Shape) -> Seal:
        named = (shape.pk, frozen.key_id, frozen.proof_created_at)
        if named not in self._seals:
            key = self._keys[frozen.key_id]
            self._seals[named] = Seal(
                context=shape.compiled.document["@context"],
                signer=self._desk.signer(key),
                verification_method=key.verification_method,
                created=frozen.proof_created_at,
            )
        return self._seals[named]


class _Deviation(Exception):
    """What a shape made is not what signing as a whole makes."""


def _proof_value(body: bytes) -> str:
    """The proofValue with which a document ends that was signed through a shape."""
    return body[body.rindex(b'"', 0, -3) + 1 : -3].decode()


def _frozen(chunk: Chunk) -> list[_Frozen]:
    forms = VerifiableCredential.objects.filter(
        credential__batch=chunk.batch_id,
        credential__position__range=(chunk.first, chunk.last),
    )
    rows = forms.order_by("credential__position").values_list(*_Frozen._fields)
    return [_Frozen._make(row) for row in rows]


def _publish_first(list_ids: Collection[int]) -> None:
    """Publish the lists to which nobody could have referred yet."""
    for status_list in StatusList.objects.defer("permutation").filter(pk__in=list_ids):
        if status.newest_publication(status_list) is None:
            with suppress(WrongState):  # another signer did it at the same moment
                publish(status_list)


def _store(secured: Sequence[_Secured]) -> None:
    now = clock.now()
    names = ("verifiable_credential_id", "proof_value", "text", "sha256", "signed_at")
    rows = ((each.frozen.pk, each.proof_value, each.text, each.digest, now) for each in secured)
    copying.insert(SecuredDocument, names, rows)


def _refuse_to_clear(before: bytes, after: bytes) -> None:
    if any(old & ~new for old, new in zip(before, after, strict=True)):
        raise RevocationLost()
