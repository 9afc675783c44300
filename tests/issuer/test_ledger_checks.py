"""The whole ledger is checked in stretches by a worker, and what came out is kept."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now

from issuer import tasks
from issuer.models import LedgerCheck, LedgerEntry
from issuer.services import ledger, ledger_checks
from tests.issuer.superuser import without_triggers

State = LedgerCheck.State


@pytest.fixture
def write(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Enters so many acts; two of them make a stretch."""
    monkeypatch.setattr(ledger_checks, "STRETCH", 2)

    def enter(count: int) -> None:
        for number in range(count):
            ledger.append("thing.done", f"thing:{number}", by="system")

    return enter


def checked() -> LedgerCheck:
    """A check that has run to its end."""
    check = ledger_checks.ask()
    while ledger_checks.go_on(check):
        check.refresh_from_db()
    check.refresh_from_db()
    return check


def test_a_whole_ledger_is_followed_stretch_by_stretch(write: Callable[[int], None]) -> None:
    write(5)
    check = ledger_checks.ask()
    assert ledger_checks.go_on(check)
    check.refresh_from_db()
    assert (check.state, check.checked) == (State.RUNNING, 2)
    done = checked()
    assert done == check
    assert (done.state, done.checked, done.first_bad) == (State.WHOLE, 5, None)
    assert done.hash == LedgerEntry.objects.get(pk=5).hash


def test_whoever_asks_while_a_check_runs_joins_it(write: Callable[[int], None], db: None) -> None:
    write(3)
    first = ledger_checks.ask()
    assert ledger_checks.ask() == first
    assert checked() == first
    assert ledger_checks.ask() != first


def test_the_same_stretch_twice_changes_nothing(write: Callable[[int], None]) -> None:
    write(5)
    first, second = ledger_checks.ask(), ledger_checks.ask()
    ledger_checks.go_on(first)
    ledger_checks.go_on(second)
    assert LedgerCheck.objects.get().checked == 2


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_a_changed_entry_is_named(number: int, write: Callable[[int], None]) -> None:
    write(5)
    with without_triggers():
        LedgerEntry.objects.filter(pk=number).update(actor="somebody else")
    check = checked()
    assert (check.state, check.first_bad, check.checked) == (State.BROKEN, number, number - 1)


def test_entries_cut_off_at_the_end_are_found_by_the_next_check(
    write: Callable[[int], None],
) -> None:
    write(5)
    assert checked().state == State.WHOLE
    with without_triggers():
        LedgerEntry.objects.filter(pk__gt=3).delete()
    assert ledger.check().ok
    check = checked()
    assert (check.state, check.first_bad) == (State.BROKEN, 4)


def test_a_chain_that_was_written_anew_is_found_by_the_next_check(
    write: Callable[[int], None],
) -> None:
    write(5)
    checked()
    with without_triggers():
        LedgerEntry.objects.all().delete()
    write(6)
    assert ledger.check().ok
    check = checked()
    assert (check.state, check.first_bad) == (State.BROKEN, 5)


def test_the_nightly_task_begins_a_check_and_the_sweep_finds_one_that_was_left(
    write: Callable[[int], None],
) -> None:
    write(1)
    tasks.check_ledger()
    check = LedgerCheck.objects.get()
    assert (check.state, check.asked_by) == (State.WHOLE, None)
    left = ledger_checks.ask()
    assert not ledger_checks.silent()
    LedgerCheck.objects.filter(pk=left.pk).update(changed_at=Now() - timedelta(minutes=2))
    assert list(ledger_checks.silent()) == [left]


def test_a_person_asks_for_a_check_and_sees_what_came_out(
    write: Callable[[int], None], registrar: User
) -> None:
    write(3)
    check = ledger_checks.ask(by=registrar)
    for _ in range(2):
        tasks.check_ledger(check.pk)
    check.refresh_from_db()
    assert (check.state, check.asked_by) == (State.WHOLE, registrar)
