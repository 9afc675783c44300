"""Check that no entry of the ledger was changed, taken out or put in."""

import dataclasses
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from issuer.services import ledger


class Command(BaseCommand):
    """Follows the chain of the ledger from its first entry."""

    help = "Compute the hash of every ledger entry anew. Ends with status 1 when one is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json",
            action="store_true",
            help="print one JSON object and end with status 0",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = ledger.check()
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(verdict)))
        elif verdict.ok:
            self.stdout.write(f"{verdict.entries} entries, all in order.")
        else:
            raise CommandError(
                f"The ledger was changed: of {verdict.entries} entries the first that is wrong "
                f"is number {verdict.first_bad}."
            )
