"""Batches: open, decide, pause, cancel, and the chunks in which workers get through them."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Max, Q, QuerySet, Sum
from django.db.models.functions import Now

from issuer.errors import NotPreparer, ReasonMissing, SamePerson, WrongState
from issuer.models import Batch, Chunk, Credential
from issuer.services import clock, events, ledger
from issuer.services.clients import Client

# A worker that dies does so mostly for no fault of the row; three times on one row is no accident.
MAX_ATTEMPTS = 3
DIED = f"The worker died {MAX_ATTEMPTS} times on this row."
# As many as a page can show; the chunks hold them all.
MAX_ERRORS = 100

_WAITING = (Chunk.State.APPROVED, Chunk.State.REQUESTED)
_END_OF_REST = {
    "paused_at": None,
    "begins_at": None,
    "rested": F("rested") + (Now() - F("paused_at")),
}


@dataclass(frozen=True)
class RowError:
    """Why the credential at this position of its batch was not issued."""

    position: int
    error: str


@dataclass(frozen=True)
class Progress:
    """How far the work on a batch is, in credentials.

    `waiting` are still to be composed, `requested` to be signed, `cancelled` will never be. The
    rate is the average since the approval, pauses left out; it and the seconds left are None
    while there is nothing to tell them from.
    `waits_for` says why work was given back and is not done yet; it is empty when all goes well.
    """

    count: int
    requested: int
    signed: int
    failed: int
    cancelled: int
    waiting: int
    rate_per_second: float | None
    seconds_left: float | None
    started_at: datetime | None
    errors: tuple[RowError, ...]
    waits_for: str


@transaction.atomic
def open(
    name: str, *, count: int, by: User, client: Client | str = "", id: uuid.UUID | None = None
) -> Batch:
    """Prepare a batch of so many credentials, at the positions 0 to count - 1.

    Where a system prepares it, `client` names that, and `by` stands for nobody.
    `id` is for who stores what refers to it first. Others who write in the ledger wait until this
    transaction ends: open late in it.
    """
    batch = Batch.objects.create(
        id=id or uuid.uuid4(), name=name, count=count, prepared_by=by, client=str(client)
    )
    events.tell(events.BATCH_PREPARED, lambda: events.thing(batch.pk, at=events.BATCHES))
    actor = client if isinstance(client, Client) else by
    ledger.append("batch.prepared", batch, by=actor, details={"count": count})
    return batch


@transaction.atomic
def approve_alone(batch: Batch, *, by: User, reason: str) -> Batch:
    """Let the workers issue a correction, also when the same person has prepared it.

    That one person is enough is for the caller to know: the college has settled it. Raises
    WrongState when it is decided already.
    """
    Batch.objects.filter(pk=batch.pk).update(decided_alone=True)
    batch.refresh_from_db()
    return approve(batch, by=by, reason=reason)


def begin(name: str, *, by: Client) -> Chunk:
    """Open a batch of one for what a client composed, approved already, and lease its chunk.

    To be called in the transaction that freezes the credential, so that no worker meets it before.
    """
    batch = Batch.objects.create(
        name=name, count=1, client=by.name, state=Batch.State.APPROVED, decided_at=Now()
    )
    return _lease(Chunk.objects.create(batch=batch, first=0, last=0))


@transaction.atomic
def approve(
    batch: Batch, *, by: User, reason: str = "", begins_at: datetime | None = None
) -> Batch:
    """Let the workers issue a batch that somebody else prepared, now or from `begins_at` on.

    Raises SamePerson for whoever prepared it, and WrongState when it is decided already.
    """
    _refuse_preparer(batch, by=by)
    _decide(batch, Batch.State.APPROVED, by=by, reason=reason)
    size = settings.CHUNK_SIZE
    Chunk.objects.bulk_create(
        Chunk(batch=batch, first=first, last=min(first + size, batch.count) - 1)
        for first in range(0, batch.count, size)
    )
    details: dict[str, object] = {"count": batch.count}
    if begins_at is not None and begins_at > clock.now():
        Batch.objects.filter(pk=batch.pk).update(paused_at=Now(), begins_at=begins_at)
        batch.refresh_from_db()
        details["begins_at"] = begins_at.isoformat()
    events.tell(events.BATCH_APPROVED, lambda: events.thing(batch.pk, at=events.BATCHES))
    ledger.append("batch.approved", batch, by=by, reason=reason, details=details)
    return batch


@transaction.atomic
def decline(batch: Batch, *, by: User, reason: str) -> Batch:
    """Refuse a batch that somebody else prepared, for good.

    Raises ReasonMissing, and what `approve` raises.
    """
    if not reason.strip():
        raise ReasonMissing()
    _refuse_preparer(batch, by=by)
    return _decline("batch.declined", batch, by=by, reason=reason)


@transaction.atomic
def withdraw(batch: Batch, *, by: User, reason: str) -> Batch:
    """Decline for good a batch that one prepared oneself, before anybody has decided on it.

    Raises ReasonMissing, NotPreparer for everybody else, and WrongState when it is decided already.
    """
    if not reason.strip():
        raise ReasonMissing()
    if by.pk != batch.prepared_by_id:
        raise NotPreparer()
    return _decline("batch.withdrawn", batch, by=by, reason=reason)


@transaction.atomic
def note_decline_seen(batch: Batch, *, by: User) -> Batch:
    """Note that whoever prepared a batch knows that it was declined; no more is said of it.

    Raises NotPreparer for everybody else, and WrongState when it was not declined.
    """
    if by.pk != batch.prepared_by_id:
        raise NotPreparer()
    declined = Batch.objects.filter(pk=batch.pk, state=Batch.State.DECLINED)
    if not declined.update(decline_seen_at=Now()):
        raise WrongState()
    batch.refresh_from_db()
    return batch


def unseen_declines(person: User) -> QuerySet[Batch]:
    """Batches of this person that somebody else declined, and of which they have not seen it."""
    declined = Batch.objects.filter(state=Batch.State.DECLINED, decline_seen_at=None)
    return declined.filter(prepared_by=person).exclude(decided_by=person)


@transaction.atomic
def pause(batch: Batch, *, by: User, reason: str = "") -> Batch:
    """Let a batch that is being issued rest: what a worker has in hand is finished, no more taken.

    Raises WrongState unless it is being issued, and if it rests already.
    """
    running = Batch.objects.filter(pk=batch.pk, state=Batch.State.APPROVED, paused_at=None)
    if not running.update(paused_at=Now()):
        raise WrongState("Only a batch that is being issued can be paused.")
    batch.refresh_from_db()
    ledger.append("batch.paused", batch, by=by, reason=reason)
    return batch


@transaction.atomic
def resume(batch: Batch, *, by: User | str, reason: str = "") -> Batch:
    """Let the workers go on with a paused batch; raises WrongState unless it is one."""
    resting = Batch.objects.filter(pk=batch.pk, paused_at__isnull=False)
    if not resting.update(**_END_OF_REST):
        raise WrongState("This batch is not paused.")
    batch.refresh_from_db()
    ledger.append("batch.resumed", batch, by=by, reason=reason)
    return batch


@transaction.atomic
def reschedule(batch: Batch, *, begins_at: datetime, by: User, reason: str = "") -> Batch:
    """Let an approved batch begin at another moment; raises WrongState once it has begun."""
    waiting = Batch.objects.filter(pk=batch.pk, begins_at__isnull=False)
    if not waiting.update(begins_at=begins_at):
        raise WrongState("This batch has begun, or is not planned for later.")
    batch.refresh_from_db()
    details = {"begins_at": begins_at.isoformat()}
    ledger.append("batch.rescheduled", batch, by=by, reason=reason, details=details)
    return batch


def begin_due(*, at: datetime | None = None) -> list[Batch]:
    """Let those batches begin that were to rest until now; which these are."""
    due = Batch.objects.filter(begins_at__lte=at or clock.now(), paused_at__isnull=False)
    begun = []
    for batch in due:
        with suppress(WrongState):  # somebody has let it go on meanwhile
            begun.append(resume(batch, by="system"))
    return begun


@transaction.atomic
def cancel(batch: Batch, *, by: User, reason: str) -> int:
    """Give up, for good, whatever of an approved batch is not frozen yet; how many that are.

    What is frozen is still signed, so that nothing stays half done, also in a paused batch, which
    ends its rest. A worker that has a chunk in hand finds that it is gone. Raises ReasonMissing,
    and WrongState when nothing is left to cancel.
    """
    if not reason.strip():
        raise ReasonMissing()
    chunks = Chunk.objects.filter(batch=batch)
    left = chunks.filter(state=Chunk.State.APPROVED)
    # Waits for a worker that halves one of them: the other half is there only when it has done.
    list(left.select_for_update().values_list("pk"))
    if not left.update(
        state=Chunk.State.CANCELLED, error=reason, lease=None, lease_until=None, changed_at=Now()
    ):
        raise WrongState("Nothing of this batch can be cancelled (any longer).")
    cancelled = sum(chunk.size for chunk in chunks.filter(state=Chunk.State.CANCELLED))
    Batch.objects.filter(pk=batch.pk, paused_at__isnull=False).update(**_END_OF_REST)
    batch.refresh_from_db()
    ledger.append("batch.cancelled", batch, by=by, reason=reason, details={"count": cancelled})
    return cancelled


def progress(batch: Batch) -> Progress:
    """How far the work is, told from the chunks alone."""
    by_state = Chunk.objects.filter(batch=batch).order_by().values_list("state")
    size = F("last") - F("first") + 1
    of = {
        state: (count, newest)
        for state, count, newest in by_state.annotate(rows=Sum(size), newest=Max("changed_at"))
    }
    counts = {state: of.get(state, (0, None))[0] for state in Chunk.State}
    signed, failed = counts[Chunk.State.SIGNED], counts[Chunk.State.FAILED]
    cancelled = counts[Chunk.State.CANCELLED]
    rate = _rate(signed, batch, until=of.get(Chunk.State.SIGNED, (0, None))[1])
    return Progress(
        count=batch.count,
        requested=counts[Chunk.State.REQUESTED],
        signed=signed,
        failed=failed,
        cancelled=cancelled,
        waiting=counts[Chunk.State.APPROVED],
        rate_per_second=rate,
        seconds_left=(batch.count - signed - failed - cancelled) / rate if rate else None,
        started_at=batch.decided_at,
        errors=tuple(
            RowError(position, error)
            for position, error in Chunk.objects.filter(batch=batch, state=Chunk.State.FAILED)
            .order_by("first")
            .values_list("first", "error")[:MAX_ERRORS]
        ),
        waits_for=held_up().filter(batch=batch).values_list("error", flat=True).first() or "",
    )


def why_failed(batch: Batch | uuid.UUID | str, position: int) -> str:
    """Why the row at this position could not be issued; blank unless it failed."""
    never = Chunk.objects.filter(state__in=[Chunk.State.FAILED, Chunk.State.CANCELLED])
    found = never.filter(batch_id=_pk(batch), first__lte=position, last__gte=position).first()
    if found is None:
        return ""
    return f"Cancelled: {found.error}" if found.state == Chunk.State.CANCELLED else found.error


def held_up() -> QuerySet[Chunk]:
    """Chunks that were given back with a reason and are not done yet, the newest first."""
    waiting = Chunk.objects.filter(state__in=_WAITING, batch__paused_at__isnull=True)
    return waiting.exclude(error="").order_by("-changed_at")


# What workers do with chunks


@transaction.atomic
def claim(state: Chunk.State, *, batch: Batch | uuid.UUID | str | None = None) -> Chunk | None:
    """Lease a free chunk in this state to the caller, or return None when there is none.

    A chunk is free when nobody holds it or when its lease has run out, as it does when a worker
    dies. Then it is halved, so that a row on which workers die ends alone; on the third death
    of a lone row it is failed, and the others are long issued.
    """
    free = _free(state)
    if batch is not None:
        free = free.filter(batch_id=_pk(batch))
    # Locked, because two workers must never lease the same chunk; whoever is second looks further.
    while chunk := free.select_for_update(skip_locked=True, of=("self",)).order_by("pk").first():
        if chunk.size == 1 and chunk.attempts >= MAX_ATTEMPTS:
            _fail(chunk)
            continue
        if chunk.size > 1 and chunk.attempts:
            _halve(chunk)
        return _lease(chunk)
    return None


def finish(
    chunk: Chunk,
    state: Chunk.State,
    *,
    refused: Mapping[int, str] | None = None,
    signed_as_a_whole: int = 0,
) -> None:
    """Move a leased chunk on, and set the refused positions apart as failed, each with its reason.

    To be called first in the transaction that stores what was done: it locks the chunk, and
    raises WrongState when the lease has gone to another worker, whose work then counts.
    """
    mine = Chunk.objects.filter(pk=chunk.pk, lease=chunk.lease)
    freed = {"lease": None, "lease_until": None, "attempts": 0, "error": "", "changed_at": Now()}
    if not mine.update(state=state, signed_as_a_whole=signed_as_a_whole, **freed):
        raise WrongState("Another worker has taken over this chunk.")
    if refused:
        first, *others = _pieces(chunk, state, refused)
        Chunk.objects.filter(pk=chunk.pk).update(
            last=first.last, state=first.state, error=first.error
        )
        Chunk.objects.bulk_create(others)


def give_back(chunk: Chunk, *, reason: str = "") -> None:
    """Free a leased chunk at once and do not count the attempt: the fault was not in its rows.

    The reason is shown as what the batch waits for until the chunk is finished.
    """
    Chunk.objects.filter(pk=chunk.pk, lease=chunk.lease).update(
        lease=None,
        lease_until=None,
        attempts=F("attempts") - 1,
        error=reason,
        changed_at=Now(),
    )


@transaction.atomic
def close_if_done(batch: Batch | uuid.UUID | str) -> bool:
    """Mark an approved batch as issued when no chunk of it waits; tell whether this call did so."""
    pk = _pk(batch)
    chunks = Chunk.objects.filter(batch_id=pk)
    if chunks.filter(state__in=_WAITING).exists():
        return False
    approved = Batch.objects.filter(pk=pk, state=Batch.State.APPROVED)
    # Whoever paused it may have done so when all that was left was in hand.
    if not approved.update(state=Batch.State.ISSUED, issued_at=Now(), paused_at=None):
        return False
    issued = Batch.objects.get(pk=pk)
    done = progress(issued)
    _tell(issued, done)
    ledger.append(
        "batch.issued",
        issued,
        by="system",
        details={"signed": done.signed, "failed": done.failed, "cancelled": done.cancelled},
    )
    return True


def _tell(batch: Batch, done: Progress) -> None:
    """Tell others of the whole batch in two events: one for each credential would slow it down."""
    events.tell(
        events.BATCH_SETTLED,
        lambda: events.Settled(
            id=str(batch.pk),
            url=f"{events.BATCHES}/{batch.pk}",
            issued=done.signed,
            failed=done.failed,
            cancelled=done.cancelled,
        ),
    )
    signed = Credential.objects.filter(batch=batch, verifiable_credentials__secured__isnull=False)
    if done.signed:
        events.tell(
            events.CREDENTIAL_ISSUED,
            lambda: events.in_batch(signed, batch.pk, count=done.signed, at=events.CREDENTIALS),
        )


def waiting(state: Chunk.State) -> list[uuid.UUID]:
    """The batches with a free chunk in this state, for which somebody should ring."""
    return list(_free(state).order_by().values_list("batch", flat=True).distinct())


def backlog(state: Chunk.State) -> int:
    """How many chunks are in this state, of all batches that do not rest."""
    return Chunk.objects.filter(state=state, batch__paused_at__isnull=True).count()


def done() -> QuerySet[Batch]:
    """Approved batches of which no chunk waits: those that `close_if_done` would close."""
    return Batch.objects.filter(state=Batch.State.APPROVED).exclude(chunks__state__in=_WAITING)


def _pk(batch: Batch | uuid.UUID | str) -> uuid.UUID | str:
    return batch.pk if isinstance(batch, Batch) else batch


def _refuse_preparer(batch: Batch, *, by: User) -> None:
    if by.pk == batch.prepared_by_id and not batch.decided_alone:
        raise SamePerson()


def _decline(act: str, batch: Batch, *, by: User, reason: str) -> Batch:
    _decide(batch, Batch.State.DECLINED, by=by, reason=reason)
    events.tell(events.BATCH_DECLINED, lambda: events.thing(batch.pk, at=events.BATCHES))
    ledger.append(act, batch, by=by, reason=reason, details={"count": batch.count})
    return batch


def _decide(batch: Batch, state: Batch.State, *, by: User, reason: str) -> None:
    prepared = Batch.objects.filter(pk=batch.pk, state=Batch.State.PREPARED)
    if not prepared.update(state=state, decided_at=Now(), decided_by=by, decision_reason=reason):
        raise WrongState()
    batch.refresh_from_db()


def _free(state: Chunk.State) -> QuerySet[Chunk]:
    return Chunk.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()),
        state=state,
        batch__paused_at__isnull=True,
    )


def _lease(chunk: Chunk) -> Chunk:
    chunk.lease = uuid.uuid4()
    chunk.attempts += 1
    Chunk.objects.filter(pk=chunk.pk).update(
        lease=chunk.lease,
        lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS),
        attempts=chunk.attempts,
        changed_at=Now(),
    )
    return chunk


def _halve(chunk: Chunk) -> None:
    middle = (chunk.first + chunk.last) // 2
    second = Chunk(batch_id=chunk.batch_id, state=chunk.state, first=middle + 1, last=chunk.last)
    chunk.last, chunk.attempts = middle, 0
    Chunk.objects.filter(pk=chunk.pk).update(last=middle)
    # The first half makes room before the second takes it.
    second.save(force_insert=True)


def _fail(chunk: Chunk) -> None:
    Chunk.objects.filter(pk=chunk.pk).update(
        state=Chunk.State.FAILED,
        error=DIED,
        lease=None,
        lease_until=None,
        changed_at=Now(),
    )
    ledger.append(
        "batch.row_failed",
        chunk.batch,
        by="system",
        reason=DIED,
        details={"position": chunk.first, "state": chunk.state},
    )


def _pieces(chunk: Chunk, state: Chunk.State, refused: Mapping[int, str]) -> Iterator[Chunk]:
    first = chunk.first
    for position in sorted(refused):
        if first < position:
            yield Chunk(batch_id=chunk.batch_id, first=first, last=position - 1, state=state)
        yield Chunk(
            batch_id=chunk.batch_id,
            first=position,
            last=position,
            state=Chunk.State.FAILED,
            error=refused[position],
        )
        first = position + 1
    if first <= chunk.last:
        yield Chunk(batch_id=chunk.batch_id, first=first, last=chunk.last, state=state)


def _rate(signed: int, batch: Batch, *, until: datetime | None) -> float | None:
    if not signed or batch.decided_at is None or until is None:
        return None
    worked = until - batch.decided_at - batch.rested
    return signed / max(worked.total_seconds(), 0.001)
