"""Revoke a credential."""

from registrar.management.status_changes import StatusCommand
from registrar.services.awarding import withdrawals


class Command(StatusCommand):
    """Revokes for good."""

    help = "Revoke a credential for good. Revoking it again changes nothing."
    change = staticmethod(withdrawals.revoke)
