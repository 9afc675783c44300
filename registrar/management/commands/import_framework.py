"""Import a framework of skills from a file."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from issuer.errors import Refusal
from issuer.management.outcomes import OutcomeCommand, content_of
from registrar.management import reports
from registrar.services import vocabulary
from skills.errors import ImportRefused, SkillsError
from skills.services.frameworks import Plan


class Command(OutcomeCommand):
    """Safe to run again: the same file changes nothing."""

    help = (
        "Import a framework of skills: what is new is added, what is reworded is changed, what "
        "is gone is retired. A file with errors is refused as a whole."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which file, and whether it is the college's own."""
        parser.add_argument("path", metavar="PATH", help="the file")
        parser.add_argument("--format", choices=sorted(vocabulary.FORMATS), default="case")
        parser.add_argument("--own", action="store_true", help="mark it as the college's own")
        reports.add_arguments(parser)
        super().add_arguments(parser)

    def carry_out(self, **options: Any) -> None:
        """Read, compare, and apply unless it is a dry run."""
        by = reports.person(options["by"])
        path = options["path"]
        try:
            planned = vocabulary.plan(
                _content(path), file_name=Path(path).name, format_name=options["format"]
            )
            if not options["dry_run"]:
                is_own = True if options["own"] else None
                vocabulary.apply(planned, by=by, source=path, is_own=is_own)
        except ImportRefused as refused:
            self._refuse(refused, as_json=options["json"])
        except (SkillsError, Refusal) as error:
            raise CommandError(str(error)) from error
        self._report(planned, dry_run=options["dry_run"], as_json=options["json"])

    def _refuse(self, refused: ImportRefused, *, as_json: bool) -> None:
        problems = [asdict(problem) for problem in refused.problems]
        if as_json:
            counts = dict.fromkeys(("new", "changed", "retired", "unchanged"), 0)
            errors = [problem for problem in problems if problem["severity"] != "warning"]
            self.tell({**counts, "errors": errors})
        else:
            reports.print_problems(self.stdout, problems)
        raise CommandError(str(refused))

    def _report(self, planned: Plan, *, dry_run: bool, as_json: bool) -> None:
        skills, associations = _counts(planned.skills), _counts(planned.associations)
        would = " would be" if dry_run else ""
        for name, counts in (("Skills", skills), ("Associations", associations)):
            said = ", ".join(f"{number:,}{would} {what}" for what, number in counts.items())
            self.stdout.write(f"{planned.title}. {name}: {said}.")
        warnings = [asdict(problem) for problem in planned.warnings]
        reports.print_problems(self.stdout, warnings)
        if as_json:
            extra = {"associations": associations, "warnings": warnings, "errors": []}
            self.tell({**skills, **extra})

    def failure(self, reason: str, **options: Any) -> dict[str, Any]:
        counts = dict.fromkeys(("new", "changed", "retired", "unchanged"), 0)
        return {**counts, "errors": [reports.whole_file(options["path"], reason)]}


def _content(path: str) -> bytes:
    if "://" in path:
        raise CommandError(
            f"{path} is an address. Frameworks cannot be fetched from an address yet: download "
            "the file and give its path."
        )
    return content_of(Path(path))


def _counts(changes: Any) -> dict[str, int]:
    return {
        "new": len(changes.new),
        "changed": len(changes.changed),
        "retired": len(changes.retired),
        "unchanged": changes.unchanged,
    }
