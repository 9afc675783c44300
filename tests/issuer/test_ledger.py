"""The ledger has no gap, and shows every later change."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.db.models import F, QuerySet

from issuer.models import Achievement, LedgerEntry, SigningKey
from issuer.services import ledger
from tests.issuer import badges
from tests.issuer.superuser import without_triggers


@pytest.fixture
def five(registrar: User) -> list[LedgerEntry]:
    """Five entries."""
    return [
        ledger.append("thing.done", f"thing:{n}", by=registrar, reason="Why not", details={"n": n})
        for n in range(5)
    ]


def test_an_untouched_ledger_is_in_order(five: list[LedgerEntry]) -> None:
    assert ledger.check() == ledger.Verdict(entries=5, ok=True, first_bad=None)


def test_an_empty_ledger_is_in_order(db: None) -> None:
    assert ledger.check() == ledger.Verdict(entries=0, ok=True, first_bad=None)


def test_an_entry_tells_who_did_what_to_what_and_why(registrar: User) -> None:
    made = ledger.append("person.praised", registrar, by=registrar, reason="Good work")
    assert (made.actor, made.user, made.act) == (registrar.username, registrar, "person.praised")
    assert (made.subject, made.reason) == (f"auth.user:{registrar.pk}", "Good work")
    assert ledger.append("night.fell", "world", by="system").actor == "system"


def entry(sequence: int) -> QuerySet[LedgerEntry]:
    """One entry, to be tampered with."""
    return LedgerEntry.objects.filter(sequence=sequence)


@pytest.mark.parametrize(
    "change",
    [
        {"at": F("at") + timedelta(microseconds=1)},
        {"actor": "somebody else"},
        {"user": None},
        {"act": "thing.undone"},
        {"subject": "thing:9"},
        {"reason": ""},
        {"details": {"n": 9}},
        {"previous_hash": ledger.NO_HASH},
        {"hash": ledger.NO_HASH},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_entry_is_found(change: dict[str, Any], five: list[LedgerEntry]) -> None:
    with without_triggers():
        entry(3).update(**change)
    assert ledger.check() == ledger.Verdict(entries=5, ok=False, first_bad=3)


@pytest.mark.parametrize("gone", [1, 3, 4])
def test_an_entry_that_was_taken_out_is_found(gone: int, five: list[LedgerEntry]) -> None:
    with without_triggers():
        entry(gone).delete()
    assert ledger.check() == ledger.Verdict(entries=4, ok=False, first_bad=gone)


def test_an_entry_that_was_put_in_is_found(five: list[LedgerEntry]) -> None:
    with without_triggers():
        entry(5).update(sequence=6)
        forged = five[3]
        forged.sequence, forged.previous_hash, forged.hash = 5, forged.hash, "f" * 64
        forged.save(force_insert=True)
    assert ledger.check() == ledger.Verdict(entries=6, ok=False, first_bad=5)


def test_two_entries_that_changed_places_are_found(five: list[LedgerEntry]) -> None:
    with without_triggers():
        for before, after in ((2, 9), (3, 2), (9, 3)):
            entry(before).update(sequence=after)
    assert ledger.check().first_bad == 2


@pytest.mark.parametrize("sql", ["UPDATE {} SET reason = ''", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_to_rewrite_history(sql: str, five: list[LedgerEntry]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format("issuer_ledgerentry"))
    assert ledger.check().entries == 5


def test_an_act_that_fails_leaves_neither_entry_nor_gap(five: list[LedgerEntry]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        ledger.append("thing.tried", "thing:5", by="system")
        raise RuntimeError
    ledger.append("thing.done", "thing:5", by="system")
    assert ledger.check() == ledger.Verdict(entries=6, ok=True, first_bad=None)


def test_many_who_write_at_once_make_one_chain(transactional_db: None) -> None:
    def write(number: int) -> None:
        try:
            for turn in range(10):
                with transaction.atomic():
                    ledger.append("thing.done", f"thing:{number}", by="system", details={"n": turn})
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    assert ledger.check() == ledger.Verdict(entries=60, ok=True, first_bad=None)


def test_the_ledger_of_a_batch_names_no_learner(
    approved: Callable[..., Any], achievement: Achievement, key: SigningKey
) -> None:
    badges.request_all(approved(3), achievement)
    for details in LedgerEntry.objects.values_list("details", flat=True):
        text = json.dumps(details)
        assert "learner" not in text
        assert "salt" not in text


def test_the_merkle_root_is_that_of_rfc_6962() -> None:
    leaves = [bytes([n]) for n in range(3)]
    hashed = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    pair = hashlib.sha256(b"\1" + hashed[0] + hashed[1]).digest()
    assert ledger.merkle_root([]) == hashlib.sha256().hexdigest()
    assert ledger.merkle_root(leaves[:1]) == hashed[0].hex()
    assert ledger.merkle_root(leaves) == hashlib.sha256(b"\1" + pair + hashed[2]).hexdigest()
