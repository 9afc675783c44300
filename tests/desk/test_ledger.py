"""Whether the ledger is whole, as people ask for it at the desk."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from issuer import tasks
from issuer.models import LedgerCheck, LedgerEntry
from tests.issuer.superuser import without_triggers

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


@pytest.fixture
def look(olu: User, signed_in: SignIn) -> Callable[[], str]:
    """What Olu reads on the page."""
    client = signed_in(olu)
    return lambda: client.get(reverse("admin:issuer_ledgerentry_check")).content.decode()


def test_looking_checks_nothing_and_asking_has_it_checked(
    look: Callable[[], str], olu: User, signed_in: SignIn
) -> None:
    assert "It was never checked." in look()
    assert not LedgerCheck.objects.exists()
    answer = signed_in(olu).post(reverse("admin:issuer_ledgerentry_check"))
    assert answer.status_code == 302
    page = look()
    assert "It is being checked" in page
    assert "Check it now" not in page
    tasks.check_ledger(LedgerCheck.objects.get().pk)
    page = look()
    assert "It was whole on" in page
    assert f"{LedgerEntry.objects.count()} entries were read" in page
    assert "Asked for by Olu Example" in page


def test_a_changed_entry_is_led_to_and_a_missing_one_is_named(look: Callable[[], str]) -> None:
    tasks.check_ledger()
    last = LedgerEntry.objects.latest("sequence")
    with without_triggers():
        LedgerEntry.objects.filter(pk=2).update(actor="somebody else")
    tasks.check_ledger()
    page = look()
    assert "Entry 2 does not fit" in page
    assert reverse("admin:issuer_ledgerentry_change", args=[2]) in page
    with without_triggers():
        LedgerEntry.objects.filter(pk__gte=2).delete()
    tasks.check_ledger()
    page = look()
    assert last.pk > 2
    assert "Entry 2 is missing" in page
    assert reverse("admin:issuer_ledgerentry_change", args=[2]) not in page
