"""Stands in for the registrar's tasks: freezes statements that the tests make up."""

import time

from celery import shared_task

from issuer import tasks
from issuer.models import Achievement, Chunk
from issuer.services import batches, credentials
from tests.issuer import badges


@shared_task(name="tests.freeze")
def freeze(batch_id: str) -> None:
    """Freeze the approved chunks of a batch, and ring the signer after each."""
    achievement = Achievement.objects.get()
    end = time.monotonic() + tasks.DRAIN_SECONDS
    while chunk := batches.claim(Chunk.State.APPROVED, batch=batch_id):
        credentials.request(chunk, badges.statements(chunk, achievement))
        tasks.sign.delay(batch_id)
        if time.monotonic() > end:
            freeze.delay(batch_id)
            return


@shared_task(name="tests.sweep")
def sweep() -> None:
    """Ring for approved chunks that nobody works on."""
    for batch_id in batches.waiting(Chunk.State.APPROVED):
        freeze.delay(str(batch_id))
