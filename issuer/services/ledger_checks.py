"""Checks of the whole ledger, asked for by people and nightly, gone through by a worker."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.functions import Now

from issuer.models import LedgerCheck, LedgerEntry
from issuer.services import ledger
from issuer.services.ledger import Stretch

State = LedgerCheck.State

# Entries that are followed at a time: a few seconds.
STRETCH = 50_000
# After so long a silence the message that should go on with a check is lost.
SILENCE = timedelta(minutes=1)


def ask(*, by: User | None = None) -> LedgerCheck:
    """Ask for a check, or join the one that runs."""
    check, _ = LedgerCheck.objects.get_or_create(
        state=State.RUNNING, defaults={"asked_by": by, "hash": ledger.NO_HASH}
    )
    return check


def go_on(check: LedgerCheck) -> bool:
    """Follow the chain for a stretch, keep how far it is whole, and tell whether it goes on.

    Whoever is second to take the same stretch changes nothing.
    """
    found = ledger.follow(check.checked, check.hash, count=STRETCH)
    is_over = found.last < check.checked + STRETCH
    first_bad = found.first_bad or (_first_missed(found) if is_over else None)
    state = State.BROKEN if first_bad else State.WHOLE if is_over else State.RUNNING
    LedgerCheck.objects.filter(pk=check.pk, state=State.RUNNING, checked=check.checked).update(
        state=state, checked=found.last, hash=found.hash, first_bad=first_bad, changed_at=Now()
    )
    return state == State.RUNNING


def silent() -> QuerySet[LedgerCheck]:
    """Running checks with which nobody has gone on for a while."""
    return LedgerCheck.objects.filter(state=State.RUNNING, changed_at__lt=Now() - SILENCE)


def _first_missed(found: Stretch) -> int | None:
    """Where the chain is no longer the one that an earlier check has found whole."""
    earlier = LedgerCheck.objects.filter(state=State.WHOLE, checked__gt=0)
    for check in earlier.order_by("-checked")[:1]:
        if found.last < check.checked:
            return found.last + 1
        if not LedgerEntry.objects.filter(pk=check.checked, hash=check.hash).exists():
            return check.checked
    return None
