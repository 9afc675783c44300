"""Wait for the workers: until batches are issued, until a revocation is published."""

import time
from collections.abc import Callable, Collection

from django.conf import settings
from django.core.management.base import CommandError

from issuer import tasks as issuer_tasks
from issuer.models import Batch, Credential, StatusList
from issuer.services import batches, status
from issuer.vc import status_list as bitstring
from registrar import tasks

# How long nothing may move: the chunk of a worker that died is free when its lease has run out,
# and is found by a sweep of each queue.
PATIENCE = settings.LEASE_SECONDS + 2 * settings.SWEEP_SECONDS + 60.0
_PAUSE = 0.1


def wait_until_issued(
    waiting: Collection[Batch], *, report: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Ring for approved batches and wait until the workers have issued all of them.

    Returns how many credentials that are. Raises CommandError when no worker answers, and when
    a credential was refused.
    """
    for batch in waiting:
        tasks.freeze.delay(str(batch.pk))
    total = sum(batch.count for batch in waiting)
    moved_at, last = time.monotonic(), -1
    while True:
        progress = [batches.progress(batch) for batch in waiting]
        done = sum(each.signed + each.failed for each in progress)
        report(done, total)
        if done == total:
            break
        moved = done + sum(each.requested for each in progress)
        if moved != last:
            moved_at, last = time.monotonic(), moved
        elif time.monotonic() - moved_at > PATIENCE:
            raise CommandError(
                f"No worker has moved anything for {PATIENCE:.0f} seconds ({done} of {total} are "
                "issued). Is there a worker on the default queue, and the signer on its own?"
            )
        time.sleep(_PAUSE)
    failed = sum(each.failed for each in progress)
    if failed:
        first = next(error for each in progress for error in each.errors)
        raise CommandError(
            f"{failed} of {total} were not issued; the one at {first.position}: {first.error}"
        )
    return total


def wait_until_published(credential: Credential) -> None:
    """Ring for publication and wait until verifiers see the credential as revoked.

    Raises CommandError when the signer does not answer.
    """
    issuer_tasks.publish.delay()
    until = time.monotonic() + PATIENCE
    while not _is_published(credential):
        if time.monotonic() > until:
            raise CommandError(
                f"The revocation was not published within {PATIENCE:.0f} seconds. Is there a "
                "signer?"
            )
        time.sleep(_PAUSE)


def is_set(credential: Credential, bits: bytes, status_list: StatusList) -> bool:
    """Whether these bits of the list say that some form of the credential is revoked."""
    forms = credential.verifiable_credentials.filter(status_list=status_list)
    indexes = forms.values_list("status_index", flat=True)
    return any(bitstring.get(bits, index) for index in indexes)


def _is_published(credential: Credential) -> bool:
    forms = credential.verifiable_credentials.select_related("status_list").all()
    for form in forms.defer("status_list__permutation"):
        newest = status.newest_publication(form.status_list)
        if newest is None or not bitstring.get(status.published_bits(newest), form.status_index):
            return False
    return True
