"""The issuer's pipeline: sign what was requested, publish what has changed, post, check, sweep."""

import logging
import time

from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from issuer.errors import Refusal, WrongState
from issuer.models import Batch, Chunk, LedgerCheck
from issuer.services import (
    batches,
    deliveries,
    ledger_checks,
    outbox,
    publishing,
    signing,
    status,
)

log = logging.getLogger(__name__)

# A task ends long before its message would be delivered again, and rings for the rest: behind the
# messages of other batches, so that a small batch waits this long for a large one at most.
DRAIN_SECONDS = 2
# The database may be away for a moment; after a few seconds the next sweep is as good.
_TRY_AGAIN = {
    "autoretry_for": (OperationalError, InterfaceError),
    "retry_backoff": True,
    "max_retries": 3,
}


@shared_task(name="issuer.sign", **_TRY_AGAIN)
def sign(batch_id: str) -> None:
    """Sign the requested chunks of a batch, for as long as a task may last; then ring again."""
    end = time.monotonic() + DRAIN_SECONDS
    while chunk := batches.claim(Chunk.State.REQUESTED, batch=batch_id):
        try:
            signing.sign(chunk)
        except WrongState:
            log.warning("batch %s: chunk %s went to another worker", batch_id, chunk.pk)
        except Refusal as error:
            batches.give_back(chunk, reason=str(error))
            raise
        if time.monotonic() > end:
            sign.delay(batch_id)
            return
    batches.close_if_done(batch_id)


@shared_task(name="issuer.publish", **_TRY_AGAIN)
def publish() -> None:
    """Publish the status lists that changed or grow old; one that fails holds up no other."""
    for status_list in status.lists_to_publish():
        try:
            publishing.publish(status_list)
        except Refusal:
            log.exception("status list %s is not published", status_list.name)


@shared_task(name="issuer.check_ledger", **_TRY_AGAIN)
def check_ledger(check_id: int | None = None) -> None:
    """Go on with a check of the ledger, or begin one, for a stretch; then ring again."""
    check = LedgerCheck.objects.get(pk=check_id) if check_id else ledger_checks.ask()
    if check.state == LedgerCheck.State.RUNNING and ledger_checks.go_on(check):
        check_ledger.delay(check.pk)


@shared_task(name="issuer.post")
def post() -> None:
    """Send the mails that are due, for as long as a task may last; then ring again."""
    outbox.send_due(seconds=DRAIN_SECONDS)
    if outbox.is_waiting():
        post.delay()


@shared_task(name="issuer.deliver", **_TRY_AGAIN)
def deliver() -> None:
    """Send the events that are due, for as long as a task may last; then ring again."""
    if deliveries.send_due(seconds=DRAIN_SECONDS) and deliveries.is_waiting():
        deliver.delay()


@shared_task(name="issuer.sweep_events")
def sweep_events() -> None:
    """Forget events that were told long ago."""
    deliveries.sweep()


@shared_task(name="issuer.sweep")
def sweep() -> None:
    """Ring for chunks, checks and mails that nobody works on, and close batches that are done."""
    if lost := outbox.note_lost():
        log.warning("%d mails were perhaps sent: look at them in the outbox", lost)
    if outbox.is_waiting():
        post.delay()
    for check in ledger_checks.silent():
        check_ledger.delay(check.pk)
    for batch_id in batches.waiting(Chunk.State.REQUESTED):
        sign.delay(str(batch_id))
    for batch in batches.done():
        batches.close_if_done(batch)


def sign_soon(batch: Batch) -> None:
    """Ring for a batch of which something may wait to be signed, after the commit."""
    transaction.on_commit(lambda: sign.delay(str(batch.pk)), robust=True)


def check_ledger_soon(check: LedgerCheck) -> None:
    """Ring for a check of the ledger after the commit."""
    transaction.on_commit(lambda: check_ledger.delay(check.pk), robust=True)


def post_soon() -> None:
    """Ring for the outbox after the commit; without workers the next sweep finds it."""
    transaction.on_commit(post.delay, robust=True)


def deliver_soon() -> None:
    """Ring for events after the commit; without it the clock does, within DELIVER_SECONDS."""
    transaction.on_commit(deliver.delay, robust=True)


def publish_soon() -> None:
    """Ring for publication after the commit, where changes show at once and not by rounds."""
    if settings.STATUS_PUBLISH_AT_ONCE:
        transaction.on_commit(publish.delay, robust=True)
