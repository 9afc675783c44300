"""Import a roster and its results: a OneRoster CSV bundle, or Canvas's SIS CSV."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from issuer.errors import Refusal
from issuer.management.outcomes import OutcomeCommand
from registrar.management import reports
from registrar.services.feeding import rosters
from registrar.services.feeding.roster_tables import READ_ALONG

_Counts = Mapping[str, Mapping[str, int]]
_Problems = Iterable[Mapping[str, Any]]


class Command(OutcomeCommand):
    """Safe to run again: the same bundle changes nothing."""

    help = (
        "Import a OneRoster CSV bundle, 1.2 or 1.1, or Canvas's SIS CSV: a folder or a zip, of "
        "Canvas also one file. Rows with errors are left out and listed, the good ones go on. A "
        "bundle that cannot be trusted as a whole changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which bundle, and from which system."""
        parser.add_argument(
            "path", metavar="PATH", type=Path, help="the bundle: a folder, a zip, a file"
        )
        parser.add_argument("--source", help="the system's name, if the manifest should not say it")
        parser.add_argument(
            "--lists-all",
            action="store_true",
            help="who is absent from Canvas's files has left the sections named there",
        )
        reports.add_arguments(parser)
        super().add_arguments(parser)

    def carry_out(self, **options: Any) -> None:
        """Read, compare, and apply unless it is a dry run."""
        by = reports.person(options["by"])
        path = options["path"]
        how = {"source": options["source"], "lists_all": options["lists_all"]}
        try:
            if options["dry_run"]:
                planned = rosters.plan(path, **how)
                counts = planned.counts_as_json()
                problems = [asdict(problem) for problem in planned.problems]
                is_refused = planned.is_fatal
            else:
                kept = rosters.read(path, by=by, **how)
                counts, problems = kept.plan, kept.problems
                is_refused = kept.state == rosters.State.REFUSED
                if not is_refused:
                    rosters.apply(kept, by=by)
        except Refusal as error:
            raise CommandError(str(error)) from error
        self._report(counts, problems, at_most=None if options["dry_run"] else reports.SHOWN)
        if options["json"]:
            self.tell(_by_file(counts, problems))
        if is_refused:
            raise CommandError("The roster cannot be applied; nothing was changed.")
        if options["dry_run"]:
            self.stderr.write("Nothing was written: it was a dry run.")

    def failure(self, reason: str, **options: Any) -> dict[str, Any]:
        counts = dict.fromkeys(("new", "changed", "retired", "unchanged", "warnings"), 0)
        file = options["path"].name
        return {file: {**counts, "errors": 1, "problems": [reports.whole_file(file, reason)]}}

    def _report(self, counts: _Counts, problems: _Problems, *, at_most: int | None) -> None:
        names = ("new", "changed", "retired", "unchanged", "errors")
        width = max((len(file) for file in counts), default=0)
        self.stdout.write(" ".join([" " * width, *(f"{name:>9}" for name in names)]))
        for file, count in counts.items():
            cells = [f"{count[name]:>9,}" for name in names]
            self.stdout.write(" ".join([file.ljust(width), *cells]))
        if along := sorted(READ_ALONG & counts.keys()):
            self.stdout.write(f"Unchanged, as nothing of their own is kept: {', '.join(along)}.")
        reports.print_problems(self.stdout, problems, at_most=at_most)


def _by_file(counts: _Counts, problems: _Problems) -> dict[str, dict[str, Any]]:
    """The counts of each file, with its problems beside them."""
    outcome: dict[str, dict[str, Any]] = {
        file: {**count, "problems": []} for file, count in counts.items()
    }
    for problem in problems:
        outcome[problem["file"]]["problems"].append(problem)
    return outcome
