"""Two people decide; workers lease, finish and give back; nothing is lost between them."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import ReasonMissing, SamePerson, WrongState
from issuer.models import Batch, Chunk, LedgerEntry
from issuer.services import batches

APPROVED, REQUESTED, SIGNED, FAILED, _ = Chunk.State

Approved = Callable[..., Batch]


def spans(batch: Batch) -> list[tuple[int, int, str]]:
    """First, last and state of its chunks."""
    return list(batch.chunks.order_by("first").values_list("first", "last", "state"))


def let_leases_run_out() -> None:
    """As if all workers had died a while ago."""
    past = timezone.now() - timedelta(seconds=1)
    Chunk.objects.filter(lease__isnull=False).update(lease_until=past)


def finish(chunk: Chunk, state: Chunk.State, refused: dict[int, str] | None = None) -> None:
    """Finish a chunk in a transaction of its own."""
    with transaction.atomic():
        batches.finish(chunk, state, refused=refused)


def test_whoever_prepared_a_batch_cannot_decide_on_it(registrar: User) -> None:
    batch = batches.open("Badges", count=3, by=registrar)
    with pytest.raises(SamePerson):
        batches.approve(batch, by=registrar)
    with pytest.raises(SamePerson):
        batches.decline(batch, by=registrar, reason="No")
    assert not batch.chunks.exists()


def test_an_approved_batch_is_cut_into_chunks(approved: Approved) -> None:
    assert spans(approved(9)) == [(0, 3, APPROVED), (4, 7, APPROVED), (8, 8, APPROVED)]


def test_a_batch_is_decided_once(approved: Approved, approver: User) -> None:
    batch = approved(4)
    with pytest.raises(WrongState):
        batches.approve(batch, by=approver)
    with pytest.raises(WrongState):
        batches.decline(batch, by=approver, reason="Second thoughts")
    assert len(spans(batch)) == 1


def test_a_declined_batch_has_no_work_and_a_reason(registrar: User, approver: User) -> None:
    batch = batches.open("Badges", count=3, by=registrar)
    with pytest.raises(ReasonMissing):
        batches.decline(batch, by=approver, reason="")
    batches.decline(batch, by=approver, reason="Wrong term")
    assert (batch.state, batch.decision_reason) == (Batch.State.DECLINED, "Wrong term")
    assert batches.claim(APPROVED) is None


def test_every_decision_is_in_the_ledger(approved: Approved) -> None:
    batch = approved(4)
    acts = LedgerEntry.objects.filter(subject=f"issuer.batch:{batch.pk}").order_by("sequence")
    assert [entry.act for entry in acts] == ["batch.prepared", "batch.approved"]


def test_a_chunk_is_leased_to_one(approved: Approved) -> None:
    batch = approved(8)
    first, second = batches.claim(APPROVED), batches.claim(APPROVED, batch=batch)
    assert first and second and first != second
    assert batches.claim(APPROVED) is None
    assert batches.claim(REQUESTED) is None


def test_a_chunk_of_another_batch_is_left_alone(approved: Approved) -> None:
    one, other = approved(1), approved(1)
    claimed = batches.claim(APPROVED, batch=str(other.pk))
    assert claimed and claimed.batch == other
    assert batches.waiting(APPROVED) == [one.pk]


def test_workers_that_claim_at_once_get_different_chunks(
    transactional_db: None, approved: Approved
) -> None:
    approved(40, chunk_size=1)

    def claim_all(_: int) -> list[int]:
        claimed = []
        while chunk := batches.claim(APPROVED):
            claimed.append(chunk.first)
        connection.close()
        return claimed

    with ThreadPoolExecutor(4) as pool:
        positions = list(chain.from_iterable(pool.map(claim_all, range(4))))
    # A chunk that another is just claiming is passed over, so a few may be left for the next.
    assert len(positions) == len(set(positions))
    assert sorted(positions + claim_all(0)) == list(range(40))


def test_a_finished_chunk_moves_on_with_a_clean_slate(approved: Approved) -> None:
    approved(4)
    chunk = batches.claim(APPROVED)
    assert chunk
    finish(chunk, REQUESTED)
    chunk.refresh_from_db()
    assert (chunk.state, chunk.attempts, chunk.lease) == (REQUESTED, 0, None)


def test_when_a_lease_runs_out_the_chunk_is_halved(approved: Approved) -> None:
    batch = approved(5, chunk_size=5)
    assert batches.claim(APPROVED)
    let_leases_run_out()
    chunk = batches.claim(APPROVED)
    assert chunk and (chunk.first, chunk.last, chunk.attempts) == (0, 2, 1)
    assert spans(batch) == [(0, 2, APPROVED), (3, 4, APPROVED)]


def test_whoever_lost_the_lease_finishes_nothing(approved: Approved) -> None:
    batch = approved(1)
    zombie = batches.claim(APPROVED)
    let_leases_run_out()
    heir = batches.claim(APPROVED)
    assert zombie and heir and zombie == heir
    with pytest.raises(WrongState):
        finish(zombie, REQUESTED, {0: "Late"})
    batches.give_back(zombie)
    finish(heir, REQUESTED)
    with pytest.raises(WrongState):
        finish(heir, REQUESTED)
    assert spans(batch) == [(0, 0, REQUESTED)]


def test_a_row_on_which_workers_die_three_times_fails_and_the_others_go_on(
    approved: Approved,
) -> None:
    batch = approved(4)
    deadly, deaths = 2, 0
    for _ in range(20):
        chunk = batches.claim(APPROVED)
        if chunk and chunk.first <= deadly <= chunk.last:
            deaths += 1
            let_leases_run_out()
        elif chunk:
            finish(chunk, REQUESTED)
    assert spans(batch) == [
        (0, 1, REQUESTED),
        (2, 2, FAILED),
        (3, 3, REQUESTED),
    ]
    # Twice in company, until it is alone; then three times.
    assert deaths == 5
    assert batches.progress(batch).errors == (batches.RowError(deadly, batches.DIED),)
    entry = LedgerEntry.objects.get(act="batch.row_failed")
    assert entry.details == {"position": deadly, "state": APPROVED}


def test_a_chunk_given_back_is_free_at_once_and_has_lost_no_attempt(approved: Approved) -> None:
    approved(4)
    for _ in range(5):
        chunk = batches.claim(APPROVED)
        assert chunk and (chunk.size, chunk.attempts) == (4, 1)
        batches.give_back(chunk)


def test_refused_rows_are_set_apart_with_their_reasons(approved: Approved) -> None:
    batch = approved(6, chunk_size=6)
    chunk = batches.claim(APPROVED)
    assert chunk
    finish(chunk, REQUESTED, {0: "No name", 3: "No date", 4: "No result"})
    assert spans(batch) == [
        (0, 0, FAILED),
        (1, 2, REQUESTED),
        (3, 3, FAILED),
        (4, 4, FAILED),
        (5, 5, REQUESTED),
    ]
    errors = batches.progress(batch).errors
    assert [error.error for error in errors] == ["No name", "No date", "No result"]


@given(first=st.integers(0, 50), size=st.integers(1, 30), data=st.data())
def test_the_pieces_of_a_chunk_cover_it_and_exactly_the_refused_fail(
    first: int, size: int, data: st.DataObject
) -> None:
    chunk = Chunk(first=first, last=first + size - 1)
    refused = data.draw(st.sets(st.integers(chunk.first, chunk.last)))
    pieces = list(batches._pieces(chunk, SIGNED, dict.fromkeys(refused, "Refused")))
    rows = [(row, piece.state) for piece in pieces for row in range(piece.first, piece.last + 1)]
    assert [row for row, _ in rows] == list(range(chunk.first, chunk.last + 1))
    assert {row for row, state in rows if state == FAILED} == refused


def test_progress_counts_every_credential_once(approved: Approved) -> None:
    batch = approved(10, chunk_size=2)
    for state in (SIGNED, SIGNED, REQUESTED):
        chunk = batches.claim(APPROVED)
        assert chunk
        finish(chunk, state)
    chunk = batches.claim(APPROVED)
    assert chunk
    batches.finish(chunk, REQUESTED, refused={6: "Too long.", 7: "Too short."})
    progress = batches.progress(batch)
    assert (progress.signed, progress.requested, progress.failed, progress.waiting) == (4, 2, 2, 2)
    assert progress.count == 10
    assert progress.rate_per_second and progress.rate_per_second > 0
    assert progress.seconds_left == pytest.approx(4 / progress.rate_per_second)


def test_a_pause_does_not_count_in_the_rate(approved: Approved, registrar: User) -> None:
    batch = approved(8, chunk_size=4)
    now = timezone.now()
    paused = {"decided_at": now - timedelta(seconds=100), "paused_at": now - timedelta(seconds=60)}
    Batch.objects.filter(pk=batch.pk).update(**paused)
    batch = batches.resume(batch, by=registrar)
    chunk = batches.claim(APPROVED)
    assert chunk
    finish(chunk, SIGNED)
    assert batches.progress(batch).rate_per_second == pytest.approx(4 / 40, rel=0.05)


def test_progress_before_the_approval_tells_no_rate(registrar: User) -> None:
    progress = batches.progress(batches.open("Badges", count=3, by=registrar))
    assert (progress.count, progress.waiting, progress.rate_per_second) == (3, 0, None)
    assert progress.seconds_left is progress.started_at is None


def test_a_batch_is_issued_when_nothing_of_it_waits(approved: Approved) -> None:
    batch = approved(2, chunk_size=1)
    for state in (SIGNED, FAILED):
        assert not batches.close_if_done(batch)
        chunk = batches.claim(APPROVED)
        assert chunk
        finish(chunk, state)
    assert list(batches.done()) == [batch]
    assert batches.close_if_done(batch)
    assert not batches.close_if_done(batch.pk)
    batch.refresh_from_db()
    assert batch.state == Batch.State.ISSUED and batch.issued_at
    assert LedgerEntry.objects.get(act="batch.issued").details == {
        "signed": 1,
        "failed": 1,
        "cancelled": 0,
    }


def test_a_prepared_batch_is_not_closed(registrar: User, settings: Any) -> None:
    batch = batches.open("Badges", count=3, by=registrar)
    assert not batches.close_if_done(batch)
    assert not batches.done().exists()


# Pausing and cancelling


def test_nobody_takes_up_more_of_a_paused_batch_until_it_goes_on(
    approved: Approved, registrar: User
) -> None:
    batch = approved(8)
    in_hand = batches.claim(APPROVED)
    assert in_hand
    batch = batches.pause(batch, by=registrar)
    assert batch.paused_at
    assert batches.claim(APPROVED) is None
    assert batches.waiting(APPROVED) == []
    finish(in_hand, REQUESTED)
    assert batches.claim(REQUESTED, batch=batch) is None
    assert batches.resume(batch, by=registrar).paused_at is None
    assert batches.claim(REQUESTED, batch=batch) and batches.claim(APPROVED)


def test_a_batch_that_is_paused_when_all_that_was_left_is_in_hand_ends_its_rest(
    approved: Approved, registrar: User
) -> None:
    batch = approved(4)
    chunk = batches.claim(APPROVED)
    assert chunk
    batches.pause(batch, by=registrar)
    finish(chunk, SIGNED)
    assert batches.close_if_done(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.paused_at) == (Batch.State.ISSUED, None)
    with pytest.raises(WrongState):
        batches.resume(batch, by=registrar)


def test_a_paused_batch_holds_up_no_other(approved: Approved, registrar: User) -> None:
    batches.pause(approved(4), by=registrar)
    other = approved(4)
    chunk = batches.claim(APPROVED)
    assert chunk and chunk.batch == other


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_only_what_runs_is_paused_and_only_what_rests_goes_on(
    approved: Approved, registrar: User, act: str
) -> None:
    batch = approved(4)
    if act == "pause":
        batches.pause(batch, by=registrar)
    with pytest.raises(WrongState):
        getattr(batches, act)(batch, by=registrar)
    with pytest.raises(WrongState):
        getattr(batches, act)(batches.open("Badges", count=3, by=registrar), by=registrar)


def test_what_is_frozen_is_still_signed_when_the_rest_is_cancelled(
    approved: Approved, registrar: User
) -> None:
    batch = approved(12)
    frozen, in_hand = batches.claim(APPROVED), batches.claim(APPROVED)
    assert frozen and in_hand
    finish(frozen, REQUESTED)
    batches.pause(batch, by=registrar)
    assert batches.cancel(batch, by=registrar, reason="The wrong term.") == 8
    with pytest.raises(WrongState):
        finish(in_hand, REQUESTED)
    chunk = batches.claim(REQUESTED, batch=batch)
    assert chunk
    finish(chunk, SIGNED)
    assert batches.close_if_done(batch)
    progress = batches.progress(batch)
    assert (progress.signed, progress.cancelled, progress.waiting) == (4, 8, 0)
    assert batches.why_failed(batch, 11) == "Cancelled: The wrong term."
    assert batches.why_failed(batch, 3) == ""
    assert LedgerEntry.objects.get(act="batch.cancelled").details == {"count": 8}


def test_what_a_worker_halves_at_the_moment_is_cancelled_and_counted_whole(
    transactional_db: None, approved: Approved, registrar: User
) -> None:
    batch = approved(4)
    assert batches.claim(APPROVED)
    let_leases_run_out()

    def cancel() -> int:
        try:
            return batches.cancel(batch, by=registrar, reason="The wrong term.")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            half = batches.claim(APPROVED)
            assert half and half.size == 2
            cancelled = pool.submit(cancel)
            _wait_until_somebody_waits_for_a_lock()
        assert cancelled.result(timeout=10) == 4
    assert {state for _, _, state in spans(batch)} == {Chunk.State.CANCELLED}


def _wait_until_somebody_waits_for_a_lock() -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    until = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            if cursor.execute(waiting).fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("Nobody waits.")


def test_to_cancel_takes_a_reason_and_something_to_cancel(
    approved: Approved, registrar: User
) -> None:
    batch = approved(4)
    with pytest.raises(ReasonMissing):
        batches.cancel(batch, by=registrar, reason=" ")
    chunk = batches.claim(APPROVED)
    assert chunk
    finish(chunk, REQUESTED)
    with pytest.raises(WrongState):
        batches.cancel(batch, by=registrar, reason="The wrong term.")
