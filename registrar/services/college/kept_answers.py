"""Keep what the API answered to a write, so that whoever sends it again gets the same answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from registrar.models import KeptAnswer

KEPT_FOR: Final = timedelta(hours=24)
# Tells our advisory locks by text from those of others.
_SEED: Final = 0x6B657973


@dataclass(frozen=True, slots=True)
class Asked:
    """A client's key; of a try it is another than of the write."""

    application: int
    key: str
    is_dry: bool = False


def hold(asked: Asked) -> bool:
    """Hold a client's key to the end of the transaction; False while another request holds it.

    The lock is the database session's own: whatever becomes of the process, none is left behind.
    """
    name = f"{asked.application}:{asked.key}"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))",
            # No key has a space in it.
            [f"{name} dry" if asked.is_dry else name, _SEED],
        )
        (held,) = cursor.fetchone()
    return bool(held)


def find(asked: Asked, *, at: datetime | None = None) -> KeptAnswer | None:
    """What was answered under this key within the last day. To be called while holding it."""
    return _under(asked).filter(at__gt=(at or timezone.now()) - KEPT_FOR).first()


def keep(
    asked: Asked, *, digest: str, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    """Keep an answer in the transaction of the write itself, so that there is both or neither."""
    _under(asked).delete()
    KeptAnswer.objects.create(
        application_id=asked.application,
        key=asked.key,
        is_dry=asked.is_dry,
        digest=digest,
        status=status,
        headers=dict(headers),
        body=body,
    )


def _under(asked: Asked) -> QuerySet[KeptAnswer]:
    return KeptAnswer.objects.filter(
        application=asked.application, key=asked.key, is_dry=asked.is_dry
    )


def sweep(*, at: datetime | None = None) -> int:
    """Forget answers that are older than a day; how many."""
    forgotten, _ = KeptAnswer.objects.filter(at__lte=(at or timezone.now()) - KEPT_FOR).delete()
    return forgotten
