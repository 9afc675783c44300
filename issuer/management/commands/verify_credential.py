"""Verify whatever holds a credential, ours or anybody's."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from issuer.management.outcomes import OutcomeCommand, content_of
from issuer.services import verification
from issuer.vc.verification.inspection import Inspection
from issuer.vc.verification.verify import Verdict

STANDARD_INPUT = Path("-")


class Command(OutcomeCommand):
    """Prints every check of a credential and of all inside of it, and what they amount to."""

    help = (
        "Verify the credential in a file: JSON, a token, a presentation, or a PNG or SVG that "
        "holds one. Ends with status 1 unless it is valid, and so is all that is inside of it; "
        "with --json the verdict stands in the outcome."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the file; - for standard input")
        parser.add_argument(
            "--person",
            default="",
            help="check too that it is about this person: an e-mail address, name, number or id",
        )
        super().add_arguments(parser)

    def carry_out(self, **options: Any) -> None:
        found = verification.verify(_content(options["file"]), person=options["person"])
        if options["json"]:
            self.tell(_as_json(found))
            return
        for line in _lines(found):
            self.stdout.write(line)
        self.stdout.write(found.verdict)
        if found.verdict is not Verdict.VALID:
            raise CommandError("The credential is not shown to be valid.")

    def failure(self, reason: str, **options: Any) -> dict[str, Any]:
        return {"verdict": Verdict.UNKNOWN, "checks": [], "contains": [], "error": reason}


def _content(file: Path) -> bytes:
    return sys.stdin.buffer.read() if file == STANDARD_INPUT else content_of(file)


def _as_json(found: Inspection) -> dict[str, Any]:
    return {
        "verdict": found.verdict,
        "kind": found.thing,
        "wrappings": found.wrappings,
        "issuer": found.issuer_id,
        "checks": [
            {"id": check.id, "outcome": check.outcome, "detail": check.detail}
            for check in found.checks
        ],
        "remarks": found.remarks,
        "contains": [{"place": inner.place, **_as_json(inner)} for inner in found.contains],
    }


def _lines(found: Inspection, indent: str = "") -> Iterator[str]:
    for check in found.checks:
        yield f"{indent}{check.outcome:<16} {check.id:<10} {check.detail}"
    for remark in found.remarks:
        yield f"{indent}{'remark':<16} {'':<10} {remark}"
    for inner in found.contains:
        yield f"{indent}{inner.place}: {inner.thing}, {inner.verdict}"
        yield from _lines(inner, f"{indent}    ")
