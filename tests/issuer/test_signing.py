"""What was frozen is signed, always alike, checked, and stored once."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from issuer import keystores, tasks
from issuer.errors import KeyFails, KeystoreClosed, KeyUnreadable, WrongState
from issuer.models import (
    Achievement,
    Batch,
    Chunk,
    Credential,
    LedgerEntry,
    Release,
    SecuredDocument,
    SigningKey,
)
from issuer.services import batches, credentials, keys, ledger, signing, verification
from issuer.vc.signers import Ed25519Signer
from issuer.vc.verification.verify import Verdict
from tests.issuer import badges
from tests.issuer.superuser import without_triggers


@pytest.fixture
def requested(approved: Callable[..., Batch], achievement: Achievement, key: SigningKey) -> Batch:
    """Four credentials that wait for the signer."""
    batch = approved(4)
    badges.request_all(batch, achievement)
    return batch


def claim(batch: Batch) -> Chunk:
    """The next requested chunk."""
    chunk = batches.claim(Chunk.State.REQUESTED, batch=batch)
    assert chunk
    return chunk


def bodies() -> list[str]:
    """What is signed, in order."""
    secured = SecuredDocument.objects.order_by("verifiable_credential__credential__position")
    return [each.body for each in secured.whole()]


def test_what_is_signed_is_valid_and_says_what_was_frozen(requested: Batch) -> None:
    badges.sign_all(requested)
    frozen = Credential.objects.order_by("position")
    for credential, body in zip(frozen, bodies(), strict=True):
        assert verification.verify(body.encode()).verdict is Verdict.VALID
        signed = json.loads(body)
        assert signed.pop("proof") and signed.pop("credentialStatus")
        assert signed == json.loads(credential.document)


def test_signing_the_same_rows_again_makes_the_same_bytes(requested: Batch) -> None:
    chunk = claim(requested)
    with transaction.atomic():
        signing.sign(chunk)
        first = bodies()
        transaction.set_rollback(True)
    assert bodies() == []
    signing.sign(chunk)
    assert bodies() == first


def test_a_signed_credential_is_released_at_an_address_nobody_can_guess(requested: Batch) -> None:
    assert not Release.objects.exists()
    badges.sign_all(requested)
    addresses = set(Release.objects.values_list("address", flat=True))
    assert len(addresses) == 4
    assert {len(address) for address in addresses} == {43}


def test_the_ledger_vouches_for_what_was_signed(requested: Batch) -> None:
    badges.sign_all(requested)
    entry = LedgerEntry.objects.get(act="credentials.signed")
    root = ledger.merkle_root([credentials.digest(body) for body in bodies()])
    assert entry.details == {"first": 0, "last": 3, "count": 4, "refused": 0, "root": root}
    assert entry.actor == "signer"
    for secured in SecuredDocument.objects.all():
        assert bytes(secured.sha256) == credentials.digest(secured.body)


def test_whoever_lost_the_chunk_stores_nothing(requested: Batch) -> None:
    chunk = claim(requested)
    batches.give_back(chunk)
    with pytest.raises(WrongState):
        signing.sign(chunk)
    assert bodies() == []
    assert not Release.objects.exists()


def test_without_the_secret_nothing_is_signed(requested: Batch, settings: Any) -> None:
    settings.KEYSTORE_SECRET_FILE = None
    with pytest.raises(KeystoreClosed):
        signing.sign(claim(requested))
    assert bodies() == []


def test_a_key_that_cannot_be_unsealed_fails_no_row(
    requested: Batch, keystore: Path, key: SigningKey
) -> None:
    (keystore / f"{key.handle}.json").unlink()
    with pytest.raises(KeyUnreadable):
        signing.sign(claim(requested))
    assert batches.progress(requested).failed == 0


def test_a_row_that_cannot_be_signed_fails_alone(requested: Batch) -> None:
    with without_triggers():
        broken = Credential.objects.get(position=2)
        Credential.objects.filter(pk=broken.pk).update(
            shape=None, values="", text=broken.document.replace('"name"', '"favouriteColour"', 1)
        )
    badges.sign_all(requested)
    progress = batches.progress(requested)
    assert (progress.signed, progress.failed) == (3, 1)
    (error,) = progress.errors
    assert error.position == 2 and "favouriteColour" in error.error
    requested.refresh_from_db()
    assert requested.state == Batch.State.ISSUED


def test_nothing_is_signed_by_another_key_than_the_one_that_was_asked(
    requested: Batch, key: SigningKey, registrar: User
) -> None:
    other = keys.create(did=key.did, by=registrar)
    SigningKey.objects.filter(pk=other.pk).update(handle="aside")
    SigningKey.objects.filter(pk=key.pk).update(handle=other.handle)
    with pytest.raises(KeyUnreadable):
        badges.sign_all(requested)
    assert bodies() == []
    assert batches.progress(requested).failed == 0


def test_what_a_compromised_key_was_asked_to_sign_is_refused(
    requested: Batch, key: SigningKey, registrar: User
) -> None:
    keys.mark_compromised(key, by=registrar, reason="The server was broken into")
    keys.activate(keys.create(did=key.did, by=registrar), by=registrar)
    badges.sign_all(requested)
    assert bodies() == []
    assert batches.progress(requested).failed == 4


def test_a_retired_key_still_signs_what_it_was_asked_to(
    requested: Batch, key: SigningKey, registrar: User
) -> None:
    keys.activate(keys.create(did=key.did, by=registrar), by=registrar)
    badges.sign_all(requested)
    assert key.public_multibase in bodies()[0]
    assert verification.verify(bodies()[0].encode()).verdict is Verdict.VALID


class SlowSigner(Ed25519Signer):
    """A key in a module that takes a while for each signature, and several orders at a time."""

    at_once = 4

    def __init__(self, secret: bytes) -> None:
        super().__init__(secret)
        self._lock = threading.Lock()
        self.now, self.most = 0, 0

    def sign(self, message: bytes) -> bytes:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self._lock:
            self.now -= 1
        return super().sign(message)


def test_several_signatures_wait_for_a_slow_key_at_the_same_time(
    requested: Batch, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = keystores.open(key.handle)
    assert isinstance(quick, Ed25519Signer)
    slow = SlowSigner(quick._secret[:32])
    # The keystore is what is replaced: no module of hardware is at hand.
    monkeypatch.setattr(keystores, "open", lambda handle: slow)
    badges.sign_all(requested)
    assert slow.most == 4
    in_order = zip(Credential.objects.order_by("position"), bodies(), strict=True)
    assert all(str(credential.pk) in body for credential, body in in_order)
    assert all(verification.verify(body.encode()).verdict is Verdict.VALID for body in bodies())


class FailingSigner(SlowSigner):
    """A key in a module that fails at one signature."""

    def __init__(self, secret: bytes, fault: Callable[[bytes], bytes]) -> None:
        super().__init__(secret)
        self._fault = fault
        self._left = 3  # the list's, and two credentials'

    def sign(self, message: bytes) -> bytes:
        signature = super().sign(message)
        with self._lock:
            self._left -= 1
            is_due = self._left == -1
        return self._fault(signature) if is_due else signature


def lose(signature: bytes) -> bytes:
    raise TimeoutError("The module does not answer.")


FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "no answer": lose,
    "cut off": lambda signature: signature[:40],
    "too long": lambda signature: signature * 5,
    "nothing": lambda signature: b"",
    "of another": lambda signature: Ed25519Signer(b"somebody" * 4).sign(signature),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_key_elsewhere_that_fails_once_costs_no_row_and_no_wrong_signature_is_released(
    requested: Batch, key: SigningKey, monkeypatch: pytest.MonkeyPatch, settings: Any, fault: str
) -> None:
    settings.VERIFY_EVERY = 1000
    quick = keystores.open(key.handle)
    assert isinstance(quick, Ed25519Signer)
    failing = FailingSigner(quick._secret[:32], FAULTS[fault])
    monkeypatch.setattr(keystores, "open", lambda handle: failing)
    with pytest.raises(KeyFails):
        tasks.sign(str(requested.pk))
    assert bodies() == [] and not Release.objects.exists()
    progress = batches.progress(requested)
    assert (progress.requested, progress.failed) == (4, 0)
    assert KeyFails().args[0] in progress.waits_for
    tasks.sign(str(requested.pk))
    assert all(verification.verify(body.encode()).verdict is Verdict.VALID for body in bodies())
    assert batches.progress(requested).signed == 4
