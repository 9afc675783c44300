"""Check that the ledger is whole and that what was issued is still what it entered."""

import dataclasses
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from issuer.services import audit


class Command(BaseCommand):
    """Follows the chain of the ledger and compares it with the stored documents."""

    help = (
        "Compute the hash of every ledger entry and the Merkle root of every chunk of documents "
        "anew. Ends with status 1 when one is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json",
            action="store_true",
            help="print one JSON object and end with status 0",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = audit.check()
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(verdict)))
        elif verdict.ok:
            self.stdout.write(f"{verdict.entries} entries, all in order.")
        else:
            raise CommandError(
                f"Of {verdict.entries} ledger entries not all are in order.\n"
                + "\n".join(verdict.faults)
            )
