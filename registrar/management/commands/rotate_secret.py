"""Give a client of the API a new secret; the one before goes on opening for a while."""

import json
from datetime import timedelta
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from oauth2_provider.models import Application

from issuer.errors import Refusal
from registrar.management import reports
from registrar.services.college import api_clients


class Command(BaseCommand):
    """Shows the new secret, once."""

    help = (
        "Give a client of the API a new secret and print it, this once. The one before goes on "
        "opening for --overlap-days, so that the system can be changed without a gap; when it "
        "has been, --end-former ends the old one at once. After a leak say --overlap-days 0. "
        "Tokens that were got by a secret that is ended at once end with it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which client, and for how long the secret before is good."""
        parser.add_argument("client_id")
        parser.add_argument(
            "--by", required=True, metavar="USERNAME", help="whose act it is: who sees the secret"
        )
        parser.add_argument(
            "--overlap-days",
            type=int,
            default=api_clients.OVERLAP.days,
            choices=range(api_clients.LONGEST_OVERLAP.days + 1),
            metavar="DAYS",
            help=f"0 to {api_clients.LONGEST_OVERLAP.days}; default: %(default)s",
        )
        parser.add_argument(
            "--end-former", action="store_true", help="make no secret; end the one before"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, **options: Any) -> None:
        client = Application.objects.filter(client_id=options["client_id"]).first()
        if client is None:
            raise CommandError("There is no such client. The desk lists them.")
        person = cast(User, reports.person(options["by"]))
        if options["end_former"]:
            try:
                ended = api_clients.end_former_secret(client, by=person)
            except Refusal as error:
                raise CommandError(str(error)) from error
            said = "The secret before is ended." if ended else "There was no secret before."
            self._tell({"client_id": client.client_id, "ended": ended}, said, options)
            return
        overlap = timedelta(days=options["overlap_days"])
        try:
            secret = api_clients.rotate_secret(client, by=person, overlap=overlap)
        except Refusal as error:
            raise CommandError(str(error)) from error
        self._tell({"client_id": client.client_id, "secret": secret}, secret, options)

    def _tell(self, found: dict[str, Any], words: str, options: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(found) if options["json"] else words)
