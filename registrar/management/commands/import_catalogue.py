"""Import a catalogue: Edu-API's JSON, or a sheet of courses and outcomes."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from issuer.errors import Refusal
from issuer.management.outcomes import OutcomeCommand, content_of
from registrar.management import reports
from registrar.models import Term
from registrar.services.teaching import catalogue_import
from registrar.services.teaching.catalogue_plan import Plan


class Command(OutcomeCommand):
    """Safe to run again: the same file changes nothing."""

    help = (
        "Import units, terms, programmes, courses and offerings from JSON in the shape of Edu-API, "
        "or courses and their outcomes from CSV. Entries with errors are left out and listed, the "
        "good ones go on; what is not named stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which file, and from which system and term."""
        parser.add_argument("path", metavar="PATH", type=Path, help="a JSON or CSV file")
        parser.add_argument(
            "--source", required=True, help="the system that it came from, always called the same"
        )
        parser.add_argument(
            "--since",
            metavar="TERM",
            help="the term from which outcomes and courses of programmes hold, by its title",
        )
        reports.add_arguments(parser)
        super().add_arguments(parser)

    def carry_out(self, **options: Any) -> None:
        """Read, compare, and apply unless it is a dry run."""
        by = reports.person(options["by"])
        data = content_of(options["path"])
        said = {"source": options["source"], "since": _term(options["since"])}
        try:
            plan = catalogue_import.plan(data, **said)
            if not options["dry_run"] and not plan.is_fatal:
                catalogue_import.apply(data, fingerprint=plan.fingerprint, by=by, **said)
        except Refusal as error:
            raise CommandError(str(error)) from error
        self._report(plan, options)
        if plan.is_fatal:
            raise CommandError("The file cannot be read; nothing was changed.")

    def _report(self, plan: Plan, options: dict[str, Any]) -> None:
        for kind, counts in plan.counts.items():
            said = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
            self.stdout.write(f"{kind}s: {said}")
        problems = [asdict(problem) for problem in plan.problems]
        reports.print_problems(self.stdout, problems)
        if options["json"]:
            self.tell({"counts": plan.counts, "problems": problems})
        if options["dry_run"]:
            self.stderr.write("Nothing was written: it was a dry run.")

    def failure(self, reason: str, **options: Any) -> dict[str, Any]:
        return {"counts": {}, "problems": [reports.whole_file(options["path"].name, reason)]}


def _term(title: str | None) -> Term | None:
    if title is None:
        return None
    found = list(Term.objects.filter(title=title, children=None))
    if len(found) != 1:
        raise CommandError(f"{len(found) or 'No'} terms have the title {title}.")
    return found[0]
