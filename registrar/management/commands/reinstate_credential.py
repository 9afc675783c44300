"""Reinstate a credential that is suspended."""

from registrar.management.status_changes import StatusCommand
from registrar.services.awarding import withdrawals


class Command(StatusCommand):
    """Lifts a suspension."""

    help = "Lift the suspension of a credential."
    change = staticmethod(withdrawals.reinstate)
