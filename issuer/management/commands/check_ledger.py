"""Check that the ledger is whole and that what was issued is still what it entered."""

import dataclasses
from typing import Any

from django.core.management.base import CommandError

from issuer.management.outcomes import OutcomeCommand
from issuer.services import audit


class Command(OutcomeCommand):
    """Follows the chain of the ledger and compares it with the stored documents."""

    help = (
        "Compute the hash of every ledger entry and the Merkle root of every chunk of documents "
        "anew. Ends with status 1 when one is wrong; with --json that stands in the outcome."
    )

    def carry_out(self, **options: Any) -> None:
        verdict = audit.check()
        if options["json"]:
            self.tell(dataclasses.asdict(verdict))
        elif verdict.ok:
            self.stdout.write(f"{verdict.entries} entries, all in order.")
        else:
            raise CommandError(
                f"Of {verdict.entries} ledger entries not all are in order.\n"
                + "\n".join(verdict.faults)
            )

    def failure(self, reason: str, **options: Any) -> dict[str, Any]:
        return {"entries": 0, "ok": False, "first_bad": None, "faults": [reason]}
