"""Load the built-in example: a small invented college with life on every page."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from registrar.management.drawn import DrawnSecrets
from registrar.management.example_college import ExampleCollege
from registrar.management.narration import Narrator

SECRETS_FILE = "example-secrets.json"


def drawn_secrets(path: Path | None) -> DrawnSecrets:
    """The file with what was drawn before: the one given, else the one in DATA_DIR."""
    if path is None and settings.DATA_DIR is None:
        raise CommandError("Say with --passwords-to FILE where the passwords are to be kept.")
    return DrawnSecrets(path or Path(settings.DATA_DIR) / SECRETS_FILE)


class Command(BaseCommand):
    """Safe to run again: it loads what is missing and leaves alone what is there."""

    help = (
        "Load the built-in example college: people who can sign in, courses, learners, results, "
        "templates, awards. Meant for an empty database. The workers issue what was approved; "
        "run it again afterwards to withdraw the awards that a correction has undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the passwords that are drawn go."""
        parser.add_argument("--passwords-to", type=Path, metavar="FILE")
        parser.add_argument("--print", action="store_true", help="print the passwords, too")

    def handle(self, **options: Any) -> None:
        """Part by part, then who can sign in."""
        college = ExampleCollege(drawn_secrets(options["passwords_to"]))
        narrator = Narrator(self.stdout, is_for_people=True)
        for part in college.parts:
            with narrator.step(part.name) as step:
                step.count = part.load()
        with narrator.step("awards withdrawn") as step:
            step.count = college.withdraw_lapsed()
        if options["print"]:
            for person in college.sign_ins:
                line = "{role:<14} {username:<20} {password:<18} {start}"
                self.stdout.write(line.format(**person))
