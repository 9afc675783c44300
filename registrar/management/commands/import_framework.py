"""Import a framework of skills from a file, a folder or an address."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.management.base import CommandError, CommandParser

from issuer.errors import Refusal
from issuer.management.outcomes import OutcomeCommand, content_of
from registrar import tasks
from registrar.management import reports
from registrar.services.vocabularies import vocabulary
from skills import sources
from skills.errors import ImportRefused, ManyRetired, MoreToSay, SkillsError
from skills.models import Skill
from skills.readers.mapping import FIELDS
from skills.readers.packed import MAX_BYTES, MAX_FILES
from skills.services.frameworks import Plan

_MORE: Final = " Say it with --framework-id and --title, and of a sheet with --column FIELD=COLUMN."
_ACCEPT: Final = " If that is meant, say it with --accept-retirements."


class Command(OutcomeCommand):
    """Safe to run again: the same file changes nothing."""

    help = (
        "Import a framework of skills: what is new is added, what is reworded is changed, what "
        "is gone is retired. A file with errors is refused as a whole."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which file, and whether it is the college's own."""
        parser.add_argument(
            "path", metavar="PATH|URL", help="a file, a folder (O*NET, ESCO), or an address"
        )
        parser.add_argument(
            "--format", choices=sorted(vocabulary.FORMATS), default="", help="default: recognised"
        )
        parser.add_argument(
            "--framework-id",
            default="",
            metavar="ID",
            help="which framework it is, for a file that does not say so",
        )
        parser.add_argument("--title", default="", help="what that framework is called")
        parser.add_argument("--creator", default="", help="whose it is")
        parser.add_argument(
            "--kind",
            choices=Skill.Kind.values,
            default=vocabulary.NOTHING.kind,
            help="of a sheet's rows that say none; default: %(default)s",
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="what a column of a sheet holds; may be given again. Fields: " + ", ".join(FIELDS),
        )
        parser.add_argument("--own", action="store_true", help="mark it as the college's own")
        parser.add_argument(
            "--accept-retirements",
            action="store_true",
            help="import it also where it retires more than a fifth of the framework",
        )
        reports.add_arguments(parser)
        super().add_arguments(parser)

    def carry_out(self, **options: Any) -> None:
        """Read, compare, and apply unless it is a dry run."""
        by = reports.person(options["by"])
        path = options["path"]
        choices = vocabulary.Choices(
            format=options["format"],
            framework_id=options["framework_id"],
            title=options["title"],
            creator=options["creator"],
            kind=options["kind"],
            columns=_columns(options["column"]),
        )
        try:
            reading = _read(path, choices)
            if not options["dry_run"]:
                is_own = True if options["own"] else None
                vocabulary.apply(
                    reading,
                    by=by,
                    source=path,
                    is_own=is_own,
                    accept_retirements=options["accept_retirements"],
                )
                tasks.learn_soon()
        except ImportRefused as refused:
            self._refuse(refused, as_json=options["json"])
        except (SkillsError, Refusal) as error:
            raise CommandError(str(error)) from error
        self._report(reading.plan, dry_run=options["dry_run"], as_json=options["json"])

    def _refuse(self, refused: ImportRefused, *, as_json: bool) -> None:
        problems = [asdict(problem) for problem in refused.problems]
        if as_json:
            counts = dict.fromkeys(("new", "changed", "retired", "unchanged"), 0)
            warnings = [each for each in problems if each["severity"] == "warning"]
            errors = [each for each in problems if each["severity"] != "warning"]
            self.tell({**counts, "warnings": warnings, "errors": errors})
        else:
            reports.print_problems(self.stdout, problems)
        raise CommandError(f"{refused}{_remedy(refused)}")

    def _report(self, planned: Plan, *, dry_run: bool, as_json: bool) -> None:
        skills, associations = planned.skills.counts, planned.associations.counts
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


def _remedy(refused: ImportRefused) -> str:
    """The options that would help."""
    if isinstance(refused, MoreToSay):
        return _MORE
    return _ACCEPT if isinstance(refused, ManyRetired) else ""


def _read(path: str, choices: vocabulary.Choices) -> vocabulary.Reading:
    if "://" in path:
        name = urlsplit(path).path.rpartition("/")[2]
        return vocabulary.plan(sources.fetch(path), file_name=name, choices=choices)
    file = Path(path)
    if file.is_dir():
        files = {each.name: content_of(each) for each in _files(file)}
        return vocabulary.plan_folder(files, name=file.name, choices=choices)
    return vocabulary.plan(content_of(file), file_name=file.name, choices=choices)


def _files(folder: Path) -> list[Path]:
    """Those that may be a framework's; what a system hides in a folder is none."""
    found = [each for each in sorted(folder.iterdir()) if each.is_file()]
    found = [each for each in found if not each.name.startswith(".")]
    if not found or len(found) > MAX_FILES:
        raise CommandError(f"{folder} has {len(found) or 'no'} files. Name the framework's own.")
    if sum(each.stat().st_size for each in found) > MAX_BYTES:
        raise CommandError(f"The files in {folder} have more than {MAX_BYTES >> 20} MiB.")
    return found


def _columns(given: list[str]) -> dict[str, str]:
    """What the columns hold, as it was said on the command line."""
    pairs = [each.partition("=")[::2] for each in given]
    if unknown := sorted({name for name, column in pairs if name not in FIELDS or not column}):
        raise CommandError(
            f"{', '.join(unknown)} is nothing that a column can hold. Write FIELD=COLUMN, with a "
            f"field among {', '.join(FIELDS)}."
        )
    return dict(pairs)
