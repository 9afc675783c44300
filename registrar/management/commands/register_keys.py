"""Let a client of the API sign with keys of its own instead of keeping a secret."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date
from oauth2_provider.models import Application

from issuer.errors import Refusal
from issuer.management.outcomes import content_of
from issuer.services import clock
from registrar.management import reports
from registrar.services.college import client_keys


class Command(BaseCommand):
    """What is registered takes the place of what was."""

    help = (
        "Let a client of the API prove itself by what it signs (private_key_jwt): with the public "
        "keys in a file, or with those that it serves. Its secret goes on opening until it ends. "
        "Tokens that were got by keys that are not among these end at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which client, and which keys."""
        parser.add_argument("client_id")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="whose act it is")
        keys = parser.add_mutually_exclusive_group(required=True)
        keys.add_argument("--jwks", type=Path, metavar="FILE", help="a JWK Set of public keys")
        keys.add_argument("--jwks-uri", default="", help="the https address of one")
        keys.add_argument("--none", action="store_true", help="let it sign no more")
        parser.add_argument("--until", metavar="DAY", help="the last day on which they are good")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, **options: Any) -> None:
        client = Application.objects.filter(client_id=options["client_id"]).first()
        if client is None:
            raise CommandError("There is no such client. The desk lists them.")
        jwks = content_of(options["jwks"]).decode("utf-8", "replace") if options["jwks"] else ""
        try:
            held = client_keys.register(
                client,
                by=cast(User, reports.person(options["by"])),
                jwks=jwks,
                jwks_uri=options["jwks_uri"],
                ends_at=_end_of(options["until"]),
            )
        except Refusal as error:
            raise CommandError(str(error)) from error
        kids = [str(key.get("kid", "")) for key in (held.jwks or {}).get("keys", [])]
        if options["json"]:
            self.stdout.write(json.dumps({"client_id": client.client_id, "kids": kids}))
        else:
            self.stdout.write(
                f"{client}: of keys these count from now on, and no others. Its secret goes on."
            )


def _end_of(day: str | None) -> datetime | None:
    if day is None:
        return None
    try:
        found = parse_date(day)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{day} is not a day, YYYY-MM-DD.")
    return clock.end_of(found)
