"""Keep what the API answered to a write, so that whoever sends it again gets the same answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from registrar.models import KeptAnswer

KEPT_FOR: Final = timedelta(hours=24)
# Tells our advisory locks by text from those of others.
_SEED: Final = 0x6B657973


def hold(application: int, key: str) -> bool:
    """Hold a client's key to the end of the transaction; False while another request holds it.

    The lock is the database session's own: whatever becomes of the process, none is left behind.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))",
            [f"{application}:{key}", _SEED],
        )
        (held,) = cursor.fetchone()
    return bool(held)


def find(application: int, key: str, *, at: datetime | None = None) -> KeptAnswer | None:
    """What was answered under this key within the last day. To be called while holding it."""
    answers = KeptAnswer.objects.filter(application=application, key=key)
    return answers.filter(at__gt=(at or timezone.now()) - KEPT_FOR).first()


def keep(
    application: int,
    key: str,
    *,
    digest: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
) -> None:
    """Keep an answer in the transaction of the write itself, so that there is both or neither."""
    KeptAnswer.objects.filter(application=application, key=key).delete()
    KeptAnswer.objects.create(
        application_id=application,
        key=key,
        digest=digest,
        status=status,
        headers=dict(headers),
        body=body,
    )


def sweep(*, at: datetime | None = None) -> int:
    """Forget answers that are older than a day; how many."""
    forgotten, _ = KeptAnswer.objects.filter(at__lte=(at or timezone.now()) - KEPT_FOR).delete()
    return forgotten
