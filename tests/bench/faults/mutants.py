"""Bugs for the harness to find: each changes the product's own code in a worker that begins.

Each names the scene that must show it and the invariant that it breaks. Two of them are bugs only
in a database without a constraint that the product has; that is taken away for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A bug, the scene in which it shows, and the invariant that is broken then."""

    name: str
    scene: str
    breaks: str
    seed: Callable[[], None]
    # Run in the scene's database first.
    sql: str = ""
    # Whether its worker, too, holds the secret of the keys.
    worker_signs: bool = False


def seed(name: str) -> None:
    """Make a mutant of this process."""
    MUTANTS[name].seed()


def _without_fence() -> None:
    """The lease is not looked at, and what is there already is passed over."""
    from issuer.models import Chunk, Release, SecuredDocument
    from issuer.services import batches, copying

    finish, insert = batches.finish, copying.insert

    def finish_anyhow(chunk: Chunk, *arguments: Any, **options: Any) -> None:
        chunk.lease = Chunk.objects.values_list("lease", flat=True).get(pk=chunk.pk)
        finish(chunk, *arguments, **options)

    def insert_new(model: Any, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        if model in (SecuredDocument, Release):
            there = set(model.objects.values_list("pk", flat=True))
            rows = [row for row in rows if row[0] not in there]
        insert(model, names, rows)

    batches.finish, copying.insert = finish_anyhow, insert_new


def _time_of_signing() -> None:
    """The proof bears the time at which it is made, not the one that was frozen."""
    from issuer.services import clock, signing

    frozen, secure = signing._frozen, signing._Work.secure

    def frozen_now(chunk: Any) -> Any:
        now = clock.now().replace(microsecond=0)
        return [each._replace(proof_created_at=now) for each in frozen(chunk)]

    def secure_as_texts(work: Any, **_: Any) -> Any:
        return secure(work, by_shape=False)

    signing._frozen = frozen_now
    signing._Work.secure = secure_as_texts  # type: ignore[method-assign]


def _signed_before_commit() -> None:
    """Whoever freezes signs as well, before what was frozen is committed."""
    from issuer.services import ledger, signing

    append = ledger.append

    def append_signed(act: str, subject: Any, **options: Any) -> Any:
        if act == "credentials.requested":
            details = options["details"]
            part = SimpleNamespace(
                batch_id=subject.pk, first=details["first"], last=details["last"]
            )
            signing._Work(signing._frozen(part)).secure()  # type: ignore[arg-type]
        return append(act, subject, **options)

    ledger.append = append_signed


def _next_index() -> None:
    """The next index is one more than the greatest, and nobody is kept from reading the same."""
    from django.db.models import F, Max

    from issuer.models import StatusList, VerifiableCredential
    from issuer.services import status

    def take(count: int, purpose: str, format: str) -> list[status.Entry]:
        kind = StatusList.objects.filter(purpose=purpose, format=format, taken__lt=F("size"))
        pk = kind.values_list("pk", flat=True).first()
        if pk is None:
            return []
        used = VerifiableCredential.objects.filter(status_list=pk)
        newest = used.aggregate(newest=Max("status_index"))["newest"]
        first = 0 if newest is None else newest + 1
        return [status.Entry(pk, first + number) for number in range(count)]

    status._take = take


def _entries_taken_back() -> None:
    """What fails gives its status entries back, though others may have got theirs since."""
    from django.db.models import F

    from issuer.models import StatusList
    from issuer.services import credentials

    request = credentials.request

    def request_or_take_back(chunk: Any, statements: Sequence[Any], **options: Any) -> None:
        try:
            request(chunk, statements, **options)
        except Exception:
            filling = StatusList.objects.filter(taken__gte=len(statements))
            filling.update(taken=F("taken") - len(statements))
            raise

    credentials.request = request_or_take_back


def _hasty_commits() -> None:
    """No commit waits for the disk."""
    from django.db import connections

    options = connections["default"].settings_dict["OPTIONS"]
    options["options"] = "-c synchronous_commit=off"


def _without_sweep() -> None:
    """Work that nobody rings for is not looked for."""
    from celery import current_app

    for name in ("registrar.sweep", "issuer.sweep"):
        current_app.tasks[name].run = lambda: None


def _early_acknowledgement() -> None:
    """A message is thrown away before its task begins, and nobody sweeps."""
    from celery import current_app

    _without_sweep()
    current_app.conf.task_acks_late = False
    for task in current_app.tasks.values():
        task.acks_late = task.reject_on_worker_lost = False


def _unanswered_message() -> None:
    """A message that could not be acknowledged is held on to, as kombu itself does."""
    from kombu.transport import redis

    from config import broker

    broker.Channel.QoS = redis.QoS


def _endless_lease() -> None:
    """Who has claimed a chunk holds it, dead or alive."""
    from issuer.services import batches

    free = batches._free
    batches._free = lambda state: free(state).filter(lease_until__isnull=True)


def _endless_attempts() -> None:
    """A row on which workers die is tried again and again."""
    from issuer.services import batches

    batches.MAX_ATTEMPTS = 10**4


def _unverified() -> None:
    """What is signed is released without a look."""
    from issuer.vc.data_integrity import proofs

    proofs.verify_proof = lambda *_, **__: None


def _done_before_stored() -> None:
    """A chunk is committed as signed before its documents are stored."""
    from django.db import connection

    from issuer.services import batches

    finish = batches.finish

    def finish_at_once(chunk: Any, state: Any, **options: Any) -> None:
        finish(chunk, state, **options)
        if state == "signed":
            connection.connection.commit()

    batches.finish = finish_at_once


def _ledger_afterwards() -> None:
    """What is signed is committed before the ledger is told."""
    from django.db import connection

    from issuer.services import credentials

    release = credentials.release

    def release_at_once(ids: Iterable[Any]) -> None:
        release(ids)
        connection.connection.commit()

    credentials.release = release_at_once


_NO_CONSTRAINT = "alter table issuer_verifiablecredential drop constraint status_entry_is_used_once"
_ALL = (
    Mutant(
        name="stores without a fence",
        scene="a signer hangs beyond its lease",
        breaks="doubled",
        seed=_without_fence,
    ),
    Mutant(
        name="proof bears the time of signing",
        scene="killed with everything signed",
        breaks="doubled",
        seed=_time_of_signing,
    ),
    Mutant(
        name="signs before the intent is committed",
        scene="killed before the intent is committed",
        breaks="doubled",
        seed=_signed_before_commit,
        worker_signs=True,
    ),
    Mutant(
        name="next index is the greatest and one",
        scene="two workers at once",
        breaks="shared",
        seed=_next_index,
        sql=_NO_CONSTRAINT,
    ),
    Mutant(
        name="takes status entries back",
        scene="a worker hangs beyond its lease",
        breaks="shared",
        seed=_entries_taken_back,
        sql=_NO_CONSTRAINT,
    ),
    Mutant(
        name="commits without waiting for the disk",
        scene="the database crashes after signing",
        breaks="doubled",
        seed=_hasty_commits,
    ),
    Mutant(
        name="acknowledges early and never sweeps",
        scene="a pool child dies",
        breaks="stuck",
        seed=_early_acknowledgement,
    ),
    Mutant(
        name="work is in the message only",
        scene="the broker forgets everything",
        breaks="stuck",
        seed=_without_sweep,
    ),
    Mutant(
        name="holds what it could not acknowledge",
        scene="the broker dies as it is answered",
        breaks="stuck",
        seed=_unanswered_message,
    ),
    Mutant(
        name="lease without an end",
        scene="killed with everything signed",
        breaks="stuck",
        seed=_endless_lease,
    ),
    Mutant(
        name="deadly row is tried for ever",
        scene="a row on which workers die",
        breaks="stuck",
        seed=_endless_attempts,
    ),
    Mutant(
        name="releases what was not verified",
        scene="the key signs wrongly",
        breaks="lost",
        seed=_unverified,
    ),
    Mutant(
        name="done before it is stored",
        scene="killed before the release",
        breaks="lost",
        seed=_done_before_stored,
    ),
    Mutant(
        name="tells the ledger afterwards",
        scene="killed before the ledger is told",
        breaks="lost",
        seed=_ledger_afterwards,
    ),
)
MUTANTS = {mutant.name: mutant for mutant in _ALL}
