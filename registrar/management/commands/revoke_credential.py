"""Revoke a credential."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from issuer import tasks
from issuer.errors import Refusal
from issuer.services import credentials
from registrar.management import reports
from registrar.services import awards


class Command(BaseCommand):
    """Revokes a credential in the name of a person who may do so in the unit that awarded it."""

    help = "Revoke a credential for good. Revoking it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which credential, why, and in whose name."""
        parser.add_argument("credential", help="its id: a UUID, or urn:uuid: and the UUID")
        parser.add_argument("--reason", required=True, help="why; it is kept in the ledger")
        parser.add_argument("--by", required=True, help="the user name of who revokes it")

    def handle(self, **options: Any) -> None:
        """Revoke, and ring for the publication."""
        person = cast(User, reports.person(options["by"]))
        try:
            credential = credentials.find(options["credential"])
            change = awards.revoke(credential, reason=options["reason"], by=person)
        except Refusal as error:
            raise CommandError(str(error)) from error
        tasks.publish_soon()
        self.stdout.write(f"{credential.urn} is revoked since {change.at:%Y-%m-%d %H:%M:%S} UTC.")
