"""Verify a credential in a file, ours or anybody's."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from issuer.management.outcomes import OutcomeCommand, content_of
from issuer.services import verification
from issuer.vc.verify import Verdict


class Command(OutcomeCommand):
    """Prints every check of a credential and what they amount to."""

    help = (
        "Verify the credential in a file. Ends with status 1 unless it is valid; with --json the "
        "verdict stands in the outcome."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a credential as JSON")
        super().add_arguments(parser)

    def carry_out(self, **options: Any) -> None:
        report = verification.verify(content_of(options["file"]))
        checks = [
            {"id": check.id, "outcome": check.outcome, "detail": check.detail}
            for check in report.checks
        ]
        if options["json"]:
            self.tell({"verdict": report.verdict, "checks": checks})
            return
        for check in report.checks:
            self.stdout.write(f"{check.outcome:<16} {check.id:<10} {check.detail}")
        self.stdout.write(report.verdict)
        if report.verdict is not Verdict.VALID:
            raise CommandError("The credential is not shown to be valid.")

    def failure(self, reason: str, **options: Any) -> dict[str, Any]:
        return {"verdict": Verdict.UNKNOWN, "checks": [], "error": reason}
