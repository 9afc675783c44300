"""Award everyone whom a file names: CSV or XLSX with any columns."""

from argparse import BooleanOptionalAction
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser

from issuer.errors import Refusal
from issuer.management.outcomes import OutcomeCommand, content_of
from registrar.management import reports
from registrar.models import AwardFile, CredentialTemplate
from registrar.readers.award_records import DATES
from registrar.readers.encodings import ENCODINGS
from registrar.services.awarding import award_file_reading, award_files

_TOLD: Final = ("row", "column", "value", "code", "reason", "fix")
_OUTCOMES: Final = ("new", "replace", "again", "already", "wrong")


class Command(OutcomeCommand):
    """Prepares a batch, which a second person approves. The same file again awards nobody twice."""

    help = (
        "Award everyone whom a file names, as a batch that a second person approves at the desk. "
        "Columns are known by their names; rows with errors are listed and left out. Of a learner "
        "who is on record the number, or sis:<source>:<sourcedId>, is enough."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which file, by which template, and what its cells do not say."""
        parser.add_argument("file", metavar="FILE", type=Path, help="CSV or XLSX")
        parser.add_argument("--template", required=True, metavar="SLUG", help="what is awarded")
        parser.add_argument(
            "--duplicates",
            choices=AwardFile.Duplicates.values,
            default=AwardFile.Duplicates.SKIP,
            help="who has the credential already (default: %(default)s)",
        )
        parser.add_argument(
            "--dates",
            choices=["day-first", "month-first"],
            help="which comes first where the days themselves do not tell",
        )
        parser.add_argument("--encoding", choices=list(ENCODINGS), default="", help="of a CSV file")
        parser.add_argument(
            "--mail",
            action=BooleanOptionalAction,
            help="send each learner the link (default: as the template says)",
        )
        reports.add_arguments(parser)
        super().add_arguments(parser)

    def carry_out(self, **options: Any) -> None:
        """Read it, and prepare the batch unless it is a dry run or nobody is left."""
        by = reports.person(options["by"])
        template = CredentialTemplate.objects.filter(slug=options["template"]).first()
        if template is None:
            raise CommandError(f"There is no template {options['template']}.")
        data, order = content_of(options["file"]), (options["dates"] or "").replace("-", " ")
        said = {
            "template": template,
            "duplicates": options["duplicates"],
            "orders": dict.fromkeys(DATES, order) if order else {},
            "encoding": options["encoding"],
        }
        try:
            if options["dry_run"]:
                planned = award_file_reading.plan(data, file=options["file"].name, **said)
                rows = [each for row in planned.rows for each in row.problems]
                problems = [asdict(each) for each in (*planned.problems, *rows)]
                told = {"days": planned.days, "read_as": list(planned.read_as)}
                self._report(planned.counts, problems, told, options)
                return
            kept = award_files.take(
                data, by=by, file_name=options["file"].name, sends_mail=options["mail"], **said
            )
            award_files.look(kept)
            self._prepare(kept, options, by)
        except Refusal as error:
            raise CommandError(str(error)) from error

    def _prepare(self, kept: AwardFile, options: Mapping[str, Any], by: Any) -> None:
        listed = kept.rows.exclude(problems=[]).values_list("problems", flat=True)
        problems = [*kept.problems, *(each for row in listed for each in row)]
        batch = None
        if any(kept.counts.get(name) for name in ("new", "replace", "again")):
            batch = award_files.prepare(kept, by=by)
        else:
            award_files.discard(kept, by=by)
        told = {
            "days": kept.days,
            "read_as": kept.read_as,
            "batch": str(batch.pk) if batch else None,
        }
        self._report(kept.counts, problems, told, options)

    def _report(
        self,
        counts: Mapping[str, int],
        problems: list[dict[str, Any]],
        told: Mapping[str, Any],
        options: Mapping[str, Any],
    ) -> None:
        would = "would be " if options["dry_run"] else ""
        said = ", ".join(f"{counts.get(name, 0):,} {name}" for name in _OUTCOMES)
        self.stdout.write(f"Rows: {said}. Awarded {would}those new, replaced and again.")
        if people := counts.get("people"):
            self.stdout.write(f"Not on record yet: {people:,}. The batch adds them as learners.")
        for each in told.get("read_as", ()):
            self.stdout.write(f"{each}.")
        reports.print_problems(self.stdout, problems)
        if told.get("batch"):
            self.stdout.write(f"Prepared as batch {told['batch']}; a second person approves it.")
        if options["json"]:
            self.tell({**_outcome(counts, problems), **told})
        if options["dry_run"]:
            self.stderr.write("Nothing was written: it was a dry run.")
        if any(problem["severity"] == "fatal" for problem in problems):
            raise CommandError("The file cannot be read as it is; nobody is awarded.")

    def failure(self, reason: str, **options: Any) -> dict[str, Any]:
        return _outcome({}, [reports.whole_file(options["file"].name, reason)])


def _outcome(counts: Mapping[str, int], problems: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    problems = list(problems)
    named = {name: counts.get(name, 0) for name in _OUTCOMES}
    return {
        "ok": counts.get("ok", 0),
        "warnings": [_told(each) for each in problems if each["severity"] == "warning"],
        "errors": [_told(each) for each in problems if each["severity"] != "warning"],
        "total": sum(named.values()),
        "people": counts.get("people", 0),
        **named,
    }


def _told(problem: Mapping[str, Any]) -> dict[str, Any]:
    return {name: problem[name] for name in _TOLD}
