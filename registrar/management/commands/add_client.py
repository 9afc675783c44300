"""Let a system into the API; its secret is printed once."""

import json
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser

from issuer.errors import Refusal
from registrar.management import reports
from registrar.management.scopes import ListsScopes, a_scope
from registrar.services.college import api_clients


class Command(ListsScopes):
    """Whoever may run commands on the server may let a system in."""

    help = "Add a client of the API and print its id and its secret, this once."

    def add_arguments(self, parser: CommandParser) -> None:
        """What the system is called, and what it may do."""
        parser.add_argument("name", help="for example the system and who runs it")
        parser.add_argument(
            "--by", required=True, metavar="USERNAME", help="whose act it is: who sees the secret"
        )
        parser.add_argument(
            "--scope",
            action="append",
            type=a_scope,
            metavar="SCOPE",
            help="what it may do, of the list below; again for each. Default: what a student "
            "information system reads. To send rows a scope to write is enough; to change single "
            "ones (PATCH), to draft, revoke or propose it needs the scope to read the same as well",
        )
        parser.add_argument(
            "--source",
            action="append",
            default=[],
            metavar="NAME",
            help="as which system it may send rows; again for each. What came from another it then "
            "neither changes nor retires, but may refer to: enrol learners of others, and give "
            "results for assessments of others. Default: as any, also as one that somebody else "
            "runs",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, **options: Any) -> None:
        try:
            client, secret = api_clients.add(
                options["name"],
                by=cast(User, reports.person(options["by"])),
                scopes=options["scope"],
                sources=options["source"],
            )
        except Refusal as error:
            raise CommandError(str(error)) from error
        made = {"client_id": client.client_id, "secret": secret}
        if options["json"]:
            self.stdout.write(json.dumps(made))
            return
        for name, value in made.items():
            self.stdout.write(f"{name}: {value}")
