"""Change what a client of the API may do, and as which systems it sends rows."""

import json
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from oauth2_provider.models import Application

from issuer.errors import Refusal
from registrar.management import reports
from registrar.management.scopes import ListsScopes, a_scope
from registrar.services.college import api_clients


class Command(ListsScopes):
    """What is not named stays as it is."""

    help = (
        "Grant a client of the API scopes or take some away, and say as which systems it sends "
        "rows. Tokens with a scope that is taken away end at once; for one that is granted it asks "
        "for another token. Its secret and keys stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which client, and what changes."""
        parser.add_argument("client_id")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="whose act it is")
        parser.add_argument(
            "--grant",
            action="append",
            default=[],
            type=a_scope,
            metavar="SCOPE",
            help="what it may do besides, of the list below; again for each",
        )
        parser.add_argument(
            "--take-away",
            action="append",
            default=[],
            metavar="SCOPE",
            help="what it may do no more; again for each",
        )
        sources = parser.add_mutually_exclusive_group()
        sources.add_argument(
            "--source",
            action="append",
            metavar="NAME",
            help="as which system alone it may send rows from now on; again for each",
        )
        sources.add_argument(
            "--any-source", action="store_true", help="let it send rows as any system"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, **options: Any) -> None:
        client = Application.objects.filter(client_id=options["client_id"]).first()
        if client is None:
            raise CommandError("There is no such client. The desk lists them.")
        grant, take_away = {*options["grant"]}, {*options["take_away"]}
        if both := grant & take_away:
            raise CommandError(f"Grant {', '.join(sorted(both))} or take it away, not both.")
        try:
            with transaction.atomic():
                has = {*api_clients.hold(client).scopes.split()}
                if strange := take_away - has:
                    raise CommandError(f"It was not granted {', '.join(sorted(strange))}.")
                changed = api_clients.change(
                    client,
                    by=cast(User, reports.person(options["by"])),
                    scopes=(has | grant) - take_away if grant or take_away else None,
                    sources=[] if options["any_source"] else options["source"],
                )
        except Refusal as error:
            raise CommandError(str(error)) from error
        if not options["json"]:
            self.stdout.write(str(changed))
            return
        held = api_clients.granted_to(client)
        found = {
            "client_id": client.client_id,
            "scopes": api_clients.scopes_of(client),
            "sources": api_clients.sources_of(held),
            "added": changed.added,
            "taken_away": changed.taken_away,
        }
        self.stdout.write(json.dumps(found))
