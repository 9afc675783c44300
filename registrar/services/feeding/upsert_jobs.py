"""Write many rows that a system sent, piece by piece; whoever dies midway loses nothing."""

import itertools
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from issuer.services import events
from issuer.services.clients import Client
from registrar.errors import SourceNotAllowed
from registrar.models import UpsertedRow, UpsertJob
from registrar.readers import rows as readers
from registrar.readers.errors import Unreadable
from registrar.readers.row_members import MEMBERS
from registrar.readers.rows import Flaw, Given
from registrar.services.college import event_types, uploads
from registrar.services.feeding import upsert_rows, upserts
from registrar.services.feeding.upsert_rows import Doubles, Row

State = UpsertJob.State
# Nobody takes up a job that is at its end.
_UNFINISHED: Final = (State.WAITING, State.RUNNING)

# So many rows are written in one transaction.
PIECE: Final = 1_000
# A piece that ends its worker so often is not tried again.
MOST_ATTEMPTS: Final = 5


def read(stream: Any, media_type: str, kind: str) -> Iterator[Given]:
    """The rows of a kind, as they were sent. Raises Unreadable, also midway."""
    known = frozenset(member.name for member in MEMBERS[kind])
    return readers.read(stream, media_type, known=known)


def take(
    file: File,
    *,
    application: int,
    kind: str,
    source: str,
    media_type: str,
    total: int,
    dry_run: bool,
) -> UpsertJob:
    """Keep rows that were counted, to be written by a worker."""
    path = uploads.keep(file)
    return UpsertJob.objects.create(
        application_id=application,
        kind=kind,
        source=source,
        media_type=media_type,
        total=total,
        dry_run=dry_run,
        stored_at=str(path),
    )


def waiting() -> list[UUID]:
    """The jobs that are not at their end."""
    unfinished = UpsertJob.objects.filter(state__in=_UNFINISHED).order_by("taken_at")
    return list(unfinished.values_list("pk", flat=True))


def carry_on(job_id: UUID | str, *, seconds: float) -> bool:
    """Write the next pieces for so long; whether there is more. One worker at a time does.

    Each piece is a transaction with its effect, what became of its rows, and how far it is. One
    that cannot be read, or has ended its worker again and again, fails the job; what was written
    before stays.
    """
    unfinished = UpsertJob.objects.filter(pk=job_id, state__in=_UNFINISHED)
    job = unfinished.first()
    if job is None:
        return False
    # On its own: a piece that ends the worker must have been counted.
    unfinished.update(state=State.RUNNING, attempts=F("attempts") + 1)
    job.state = State.RUNNING
    if job.attempts >= MOST_ATTEMPTS:
        return _fail(job, "Writing it has failed again and again.")
    try:
        with Path(job.stored_at).open("rb") as stream:
            return _carry_on(job, stream, end=time.monotonic() + seconds)
    except Unreadable as error:
        return _fail(job, error.reason)
    except SourceNotAllowed as error:
        return _fail(job, str(error))
    except FileNotFoundError:
        return _fail(job, "The rows were not kept long enough.")


def _carry_on(job: UpsertJob, stream: Any, *, end: float) -> bool:
    doubles = Doubles(job.kind, read(stream, job.media_type, job.kind))
    stream.seek(0)
    given = itertools.islice(read(stream, job.media_type, job.kind), job.done, None)
    while _write_piece(job, given, doubles):
        if time.monotonic() >= end:
            return True
    return False


@transaction.atomic
def _write_piece(job: UpsertJob, given: Iterator[Given], doubles: Doubles) -> bool:
    """Write the next rows; whether there are more. False also where somebody else does."""
    locked = UpsertJob.objects.select_for_update(skip_locked=True).filter(
        pk=job.pk, state__in=_UNFINISHED, done=job.done
    )
    if not locked.exists():
        return False
    piece = list(itertools.islice(given, PIECE))
    rows = _tried(job, piece, doubles) if job.dry_run else _applied(job, piece, doubles)
    counted = Counter(row.status for row in rows)
    job.done += len(rows)
    for name, status in (
        ("created", upsert_rows.CREATED),
        ("updated", upsert_rows.UPDATED),
        ("unchanged", upsert_rows.UNCHANGED),
        ("errors", upsert_rows.ERROR),
    ):
        setattr(job, name, getattr(job, name) + counted[status])
    job.attempts = 0
    if job.done >= job.total or not rows:
        _end(job, State.DONE)
    job.save()
    UpsertedRow.objects.bulk_create(
        UpsertedRow(
            job=job,
            index=row.index,
            key=row.key,
            status=row.status,
            errors=told(row.index, row.flaws),
            notes=told(row.index, row.notes),
        )
        for row in rows
    )
    return job.state in _UNFINISHED


def _applied(job: UpsertJob, piece: list[Given], doubles: Doubles) -> list[Row]:
    application = job.application
    return upserts.apply(
        job.kind,
        piece,
        source=job.source,
        by=Client(id=application.client_id, name=application.name),
        is_text=job.media_type == readers.CSV,
        doubles=doubles,
    )


def _tried(job: UpsertJob, piece: list[Given], doubles: Doubles) -> list[Row]:
    with transaction.atomic():
        rows = _applied(job, piece, doubles)
        transaction.set_rollback(True)
    return rows


def told(index: int, flaws: Iterable[Flaw]) -> list[dict[str, str]]:
    """What is wrong with a row, or worth a look: JSON Pointer, code, reason, remedy."""
    return [
        {
            "pointer": readers.pointer(index, flaw.member),
            "code": flaw.code,
            "reason": flaw.reason,
            "remedy": flaw.remedy,
        }
        for flaw in flaws
    ]


def sweep(*, at: datetime | None = None) -> int:
    """Forget jobs that came to their end long ago; how many."""
    ended = UpsertJob.objects.exclude(state__in=_UNFINISHED)
    late = ended.filter(ended_at__lt=uploads.expiry(at=at))
    count = late.count()
    late.delete()
    return count


def _fail(job: UpsertJob, reason: str) -> bool:
    with transaction.atomic():
        held = UpsertJob.objects.select_for_update().get(pk=job.pk)
        if held.state in _UNFINISHED:
            held.reason = reason[:300]
            _end(held, State.FAILED)
            held.save()
    return False


def _finished(job: UpsertJob) -> event_types.FinishedJob:
    where = events.thing(job.pk, at="/api/v1/jobs")
    return event_types.FinishedJob(
        where.id,
        where.url,
        state=job.state,
        dry_run=job.dry_run,
        total=job.total,
        created=job.created,
        updated=job.updated,
        unchanged=job.unchanged,
        errors=job.errors,
    )


def _end(job: UpsertJob, state: str) -> None:
    job.state, job.ended_at = state, timezone.now()
    events.tell(
        event_types.JOB_FINISHED,
        lambda: _finished(job),
        client=job.application.client_id,
    )
    transaction.on_commit(partial(uploads.discard, job.stored_at))
