"""Verify a credential in a file, ours or anybody's."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from issuer.services import verification
from issuer.vc.verify import Verdict


class Command(BaseCommand):
    """Prints every check of a credential and what they amount to."""

    help = "Verify the credential in a file. Ends with status 1 unless it is valid."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a credential as JSON")
        parser.add_argument(
            "--json",
            action="store_true",
            help="print one JSON object and end with status 0",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        report = verification.verify(content)
        checks = [
            {"id": check.id, "outcome": check.outcome, "detail": check.detail}
            for check in report.checks
        ]
        if options["json"]:
            self.stdout.write(json.dumps({"verdict": report.verdict, "checks": checks}))
            return
        for check in report.checks:
            self.stdout.write(f"{check.outcome:<16} {check.id:<10} {check.detail}")
        self.stdout.write(report.verdict)
        if report.verdict is not Verdict.VALID:
            raise CommandError("The credential is not shown to be valid.")
