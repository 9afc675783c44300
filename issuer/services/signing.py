"""Signing: the credentials of one chunk, as they were frozen, and only in the signer process."""

import hashlib
import json
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

import orjson
from django.conf import settings
from django.db import transaction

from issuer.errors import RefusedByOwnVerifier
from issuer.models import (
    Chunk,
    SecuredDocument,
    Shape,
    SigningKey,
    StatusList,
    VerifiableCredential,
)
from issuer.services import batches, clock, copying, credentials, ledger, publishing
from issuer.services.keyring import Keyring
from issuer.vc import status_list as bitstring
from issuer.vc.errors import VcError
from issuer.vc.json_text import write_json
from issuer.vc.shapes import NotExpressible, Seal

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

    Raises WrongState when another worker has taken over the chunk, and what
    `publishing.publish` raises when the fault is in no row; nothing is stored then.
    """
    # 1
    frozen = _frozen(chunk)
    # 2
    publishing.publish_first({each.status_list_id for each in frozen})
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


class _Refused(NamedTuple):
    """A position whose form our own verifier does not accept, and why."""

    position: int
    error: VcError


class _Work:
    """Signs the frozen forms of one chunk, through their shapes or as a whole."""

    def __init__(self, frozen: Sequence[_Frozen]) -> None:
        self._frozen = frozen
        self._samples = {each.pk for each in (*frozen[:: settings.VERIFY_EVERY], *frozen[-1:])}
        self._lists = StatusList.objects.defer("permutation").in_bulk(
            {each.status_list_id for each in frozen}
        )
        self._keys = SigningKey.objects.in_bulk({each.key_id for each in frozen})
        self._keyring = Keyring(self._keys.values())
        named = {
            (each.credential__shape_id, each.key_id, each.proof_created_at)
            for each in frozen
            if each.credential__shape_id is not None
        }
        self._shapes = Shape.objects.in_bulk({shape for shape, _, _ in named})
        self._seals = {each: self._seal(*each) for each in named}

    def secure(self, *, by_shape: bool = True) -> tuple[list[_Secured], dict[int, str]]:
        """Sign all; of those that our own verifier does not accept tell why, by position."""
        secured: list[_Secured] = []
        refused: dict[int, str] = {}
        try:
            for outcome in self._outcomes(self._through_shape if by_shape else self._as_a_whole):
                if isinstance(outcome, _Secured):
                    secured.append(outcome)
                else:
                    position, error = outcome
                    refused[position] = f"{RefusedByOwnVerifier()} {error}"
        except _Deviation:
            return self.secure(by_shape=False)
        return secured, refused

    def _outcomes(self, way: Callable[[_Frozen], _Secured]) -> Iterator[_Secured | _Refused]:
        """What comes of each, in their order; where a key is slow, several wait for it at once."""

        def outcome(frozen: _Frozen) -> _Secured | _Refused:
            try:
                return way(frozen)
            except VcError as error:
                return _Refused(frozen.credential__position, error)

        at_once = self._keyring.at_once
        if at_once == 1:
            yield from map(outcome, self._frozen)
            return
        # The database was asked for all before, so no thread takes a connection of its own.
        with ThreadPoolExecutor(at_once) as waiting:
            yield from waiting.map(outcome, self._frozen)

    def _through_shape(self, frozen: _Frozen) -> _Secured:
        """Sign one form through its shape, or as a whole if that can't say it; raises VcError."""
        if frozen.credential__shape_id is None:
            return self._as_a_whole(frozen)
        shape = self._shapes[frozen.credential__shape_id]
        seal = self._seals[shape.pk, frozen.key_id, frozen.proof_created_at]
        try:
            body = shape.compiled.secure(self._values(frozen), seal)
        except NotExpressible:
            return self._as_a_whole(frozen)
        if frozen.pk in self._samples:
            self._check(body, frozen)
        return _Secured(frozen, _proof_value(body), "", hashlib.sha256(body).digest())

    def _check(self, body: bytes, frozen: _Frozen) -> None:
        try:
            self._keyring.check(json.loads(body), self._keys[frozen.key_id])
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
        text = write_json(self._keyring.add_proof(document, key, frozen.proof_created_at))
        return _Secured(frozen, "", text, credentials.digest(text))

    def _values(self, frozen: _Frozen) -> list[str]:
        name = self._lists[frozen.status_list_id].name
        return [*orjson.loads(frozen.credential__values), name, str(frozen.status_index)]

    def _seal(self, shape_id: int, key_id: int, created: datetime) -> Seal:
        key = self._keys[key_id]
        return Seal(
            context=self._shapes[shape_id].compiled.document["@context"],
            signer=self._keyring.signer(key),
            verification_method=key.verification_method,
            created=created,
        )


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


def _store(secured: Sequence[_Secured]) -> None:
    now = clock.now()
    names = ("verifiable_credential_id", "proof_value", "text", "sha256", "signed_at")
    rows = ((each.frozen.pk, each.proof_value, each.text, each.digest, now) for each in secured)
    copying.insert(SecuredDocument, names, rows)
