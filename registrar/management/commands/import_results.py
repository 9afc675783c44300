"""Import results for single outcomes: Canvas's report, or a sheet with named columns."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from issuer.errors import Refusal
from issuer.management.outcomes import OutcomeCommand
from registrar.management import reports
from registrar.readers.outcome_results import FIELDS, ResultColumns
from registrar.services.marking import result_imports
from registrar.services.marking.result_imports import State

_COUNTS = ("new", "changed", "unchanged")


class Command(OutcomeCommand):
    """Safe to run again: the same file changes nothing."""

    help = (
        "Import results for single outcomes from CSV. Canvas's outcome results are known by their "
        "columns; of another sheet say what its columns hold. Rows with errors are left out and "
        "listed, the good ones go on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which file, and what its columns hold."""
        parser.add_argument("path", metavar="PATH", type=Path, help="a CSV file")
        parser.add_argument("--source", default="", help="what to call where it came from")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="what a column holds; may be given again. Fields: " + ", ".join(FIELDS),
        )
        reports.add_arguments(parser)
        super().add_arguments(parser)

    def carry_out(self, **options: Any) -> None:
        """Read, compare, and apply unless it is a dry run."""
        by = reports.person(options["by"])
        said = {"source": options["source"], "columns": _columns(options["column"])}
        try:
            if options["dry_run"]:
                planned = result_imports.plan(options["path"], **said)
                counts, is_refused = planned.counts, planned.is_fatal
                problems = [asdict(problem) for problem in planned.problems]
                is_unmapped = planned.columns is None
            else:
                kept = result_imports.read(options["path"], by=by, **said)
                counts, problems = kept.plan, kept.problems
                is_refused, is_unmapped = kept.state == State.REFUSED, kept.waits_for_columns
                if is_unmapped:
                    result_imports.discard(kept, by=by)
                elif not is_refused:
                    result_imports.apply(kept, by=by)
        except Refusal as error:
            raise CommandError(str(error)) from error
        if is_unmapped and not is_refused:
            raise CommandError(
                "Nobody has said what the columns of this sheet hold. Write --column FIELD=COLUMN "
                "for at least learner, outcome, and level, points or met."
            )
        self._report(counts, problems, options)
        if is_refused:
            raise CommandError("The file cannot be read; nothing was changed.")

    def _report(
        self, counts: dict[str, int], problems: list[dict[str, Any]], options: dict[str, Any]
    ) -> None:
        would = " would be" if options["dry_run"] else ""
        said = ", ".join(f"{counts[name]:,}{would} {name}" for name in _COUNTS)
        self.stdout.write(f"Results: {said}.")
        reports.print_problems(self.stdout, problems)
        if options["json"]:
            self.tell({name: counts[name] for name in _COUNTS} | _by_severity(problems))
        if options["dry_run"]:
            self.stderr.write("Nothing was written: it was a dry run.")

    def failure(self, reason: str, **options: Any) -> dict[str, Any]:
        found = [reports.whole_file(options["path"].name, reason)]
        return dict.fromkeys(_COUNTS, 0) | _by_severity(found)


def _by_severity(problems: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {
        "errors": [each for each in problems if each["severity"] != "warning"],
        "warnings": [each for each in problems if each["severity"] == "warning"],
    }


def _columns(given: list[str]) -> ResultColumns | None:
    """What the columns hold, as it was said on the command line."""
    pairs = [each.partition("=")[::2] for each in given]
    if unknown := sorted({name for name, column in pairs if name not in FIELDS or not column}):
        raise CommandError(
            f"{', '.join(unknown)} is nothing that a column can hold. Write FIELD=COLUMN, with a "
            f"field among {', '.join(FIELDS)}."
        )
    return ResultColumns(**dict(pairs)) if pairs else None
