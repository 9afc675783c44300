"""Publishing status lists: what everybody may know of revocations, signed anew for each edition."""

import hashlib
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from issuer.errors import RefusedByOwnVerifier, RevocationLost, WrongState
from issuer.models import StatusList, StatusListPublication
from issuer.services import clock, keys, ledger, status
from issuer.services.keyring import Keyring
from issuer.vc import status_list as bitstring
from issuer.vc.errors import VcError
from issuer.vc.json_text import write_json


def publish(status_list: StatusList) -> StatusListPublication:
    """Sign the list's bits as they are now and put the edition in the place of the one before.

    Signed by the active key, checked by our own verifier, one version higher.

    Raises RevocationLost when a revocation of the edition before is no longer there,
    RefusedByOwnVerifier, NoActiveKey, KeystoreClosed, KeyUnreadable or KeyFails, and WrongState
    when somebody else has published meanwhile.
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
        body = write_json(Keyring([key]).add_proof(document, key, now))
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


def publish_first(list_ids: Collection[int]) -> None:
    """Publish the lists to which nobody could have referred yet."""
    for status_list in StatusList.objects.defer("permutation").filter(pk__in=list_ids):
        if status.newest_publication(status_list) is None:
            with suppress(WrongState):  # another signer did it at the same moment
                publish(status_list)


def _refuse_to_clear(before: bytes, after: bytes) -> None:
    if any(old & ~new for old, new in zip(before, after, strict=True)):
        raise RevocationLost()
