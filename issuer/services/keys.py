"""Signing keys: create, activate, retire, mark as compromised, and publish their public parts."""

import secrets
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from issuer import keystores
from issuer.errors import NoActiveKey, NotSetUp, ReasonMissing, WrongState
from issuer.models import SigningKey
from issuer.services import ledger
from issuer.vc.did import VerificationMethod
from issuer.vc.did import did_document as write_did_document
from issuer.vc.keys import PublicKey

State = SigningKey.State


def create(*, did: str, by: User | str) -> SigningKey:
    """Draw a new key, seal it in the keystore, and stage it: published, not signing yet.

    Raises KeystoreClosed in a process without the keystore's secret.
    """
    handle = f"key-{secrets.token_hex(8)}"
    # Outside the transaction: a sealed key that no row names does no harm, the other way it would.
    public_multibase = keystores.create(handle)
    with transaction.atomic():
        key = SigningKey.objects.create(public_multibase=public_multibase, did=did, handle=handle)
        ledger.append("key.created", key, by=by, details={"key": public_multibase})
    return key


@transaction.atomic
def activate(key: SigningKey, *, by: User | str) -> SigningKey:
    """Sign with this staged key from now on, and retire the one that was active.

    Raises WrongState for a key that is not staged.
    """
    # All keys are locked, in one order, before any of them moves: an entry in the ledger made in
    # between would be a lock held while waiting for the next key.
    every = list(SigningKey.objects.select_for_update().filter(did=key.did).order_by("pk"))
    moved = [
        _move(former, (State.ACTIVE,), State.RETIRED, "retired_at")
        for former in every
        if former.state == State.ACTIVE
    ]
    moved.append(_move(key, (State.STAGED,), State.ACTIVE, "activated_at"))
    for each in moved:
        _enter(each, by=by)
    return key


@transaction.atomic
def retire(key: SigningKey, *, by: User | str) -> SigningKey:
    """Request nothing more under this key; what it signed, or was asked to sign, stays good.

    Raises WrongState for a key that is neither staged nor active.
    """
    _move(key, (State.STAGED, State.ACTIVE), State.RETIRED, "retired_at")
    _enter(key, by=by)
    return key


@transaction.atomic
def mark_compromised(key: SigningKey, *, by: User | str, reason: str) -> SigningKey:
    """Take back everything this key has signed: verifiers see it in the DID document.

    Raises ReasonMissing, and WrongState when it is marked already.
    """
    if not reason.strip():
        raise ReasonMissing()
    sound = (State.STAGED, State.ACTIVE, State.RETIRED)
    _move(key, sound, State.COMPROMISED, "compromised_at")
    _enter(key, by=by, reason=reason)
    return key


def active(did: str) -> SigningKey:
    """The key that signs now; raises NoActiveKey."""
    try:
        return SigningKey.objects.get(did=did, state=State.ACTIVE)
    except SigningKey.DoesNotExist:
        raise NoActiveKey() from None


def did_document(did: str) -> dict[str, Any]:
    """The DID document as published: every key but the compromised may make assertions.

    Retired keys carry no `expires`: there are verifiers that compare it with today's date and
    would refuse what the key signed in its time. Raises NotSetUp before the first key.
    """
    methods = [
        VerificationMethod(
            key=PublicKey.from_multikey(key.public_multibase), revoked=key.compromised_at
        )
        for key in SigningKey.objects.filter(did=did).order_by("created_at", "pk")
    ]
    if not methods:
        raise NotSetUp()
    return write_did_document(did, methods)


def _move(key: SigningKey, before: tuple[State, ...], after: State, moment: str) -> SigningKey:
    moved = SigningKey.objects.filter(pk=key.pk, state__in=before)
    if not moved.update(state=after, **{moment: Now()}):
        key.refresh_from_db()
        raise WrongState(
            f"This key is {key.state}: only {' and '.join(before)} keys become {after}."
        )
    key.refresh_from_db()
    return key


def _enter(key: SigningKey, *, by: User | str, reason: str = "") -> None:
    details = {"key": key.public_multibase}
    ledger.append(f"key.{key.state}", key, by=by, reason=reason, details=details)
