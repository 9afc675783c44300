"""What the commands have in common that revoke, suspend and reinstate."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from issuer import tasks
from issuer.errors import Refusal
from issuer.models import StatusChange
from issuer.services import credentials
from registrar.management import reports


class StatusCommand(BaseCommand):
    """Changes one credential in the name of a person who may do so in the unit that awarded it.

    `change` is the service that does it.
    """

    change: ClassVar[Callable[..., StatusChange]]

    def add_arguments(self, parser: CommandParser) -> None:
        """Which credential, why, and in whose name."""
        parser.add_argument("credential", help="its id, or its UUID alone")
        parser.add_argument("--reason", required=True, help="why; it is kept in the ledger")
        parser.add_argument("--by", required=True, help="the user name of who does it")

    def handle(self, **options: Any) -> None:
        """Change it, and ring for the publication."""
        person = cast(User, reports.person(options["by"]))
        try:
            credential = credentials.find(options["credential"])
            change = self.change(credential, reason=options["reason"], by=person)
        except Refusal as error:
            raise CommandError(str(error)) from error
        tasks.publish_soon()
        since = f"{change.at:%Y-%m-%d %H:%M:%S} UTC"
        self.stdout.write(f"{credential.reference} is {change.act} since {since}.")
