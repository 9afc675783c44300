"""Suspend a credential."""

from registrar.management.status_changes import StatusCommand
from registrar.services.awarding import withdrawals


class Command(StatusCommand):
    """Suspends until somebody reinstates."""

    help = "Suspend a credential until it is reinstated; its template must allow that."
    change = staticmethod(withdrawals.suspend)
