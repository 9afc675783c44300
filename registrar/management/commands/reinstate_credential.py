"""Reinstate a credential that is suspended."""

from registrar.management.status_changes import StatusCommand
from registrar.services import awards


class Command(StatusCommand):
    """Lifts a suspension."""

    help = "Lift the suspension of a credential."
    change = staticmethod(awards.reinstate)
