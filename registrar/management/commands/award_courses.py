"""Award the completion of every course that came with a roster."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from issuer.errors import Refusal
from registrar import tasks
from registrar.management import reports
from registrar.models import Offering
from registrar.services.awarding import completions
from registrar.services.awarding.completions import Passing


def add_passing(parser: CommandParser) -> None:
    """The options that say who has passed."""
    parser.add_argument(
        "--passing",
        default="Pass,Distinction",
        help="final results that pass, from the least to the best (default: %(default)s)",
    )
    parser.add_argument(
        "--final-category",
        default="Module result",
        help="category of the line item with the final result (default: %(default)s)",
    )


def passing_from(options: dict[str, Any]) -> Passing:
    """What these options say."""
    results = tuple(dict.fromkeys(filter(None, map(str.strip, options["passing"].split(",")))))
    if not results:
        raise CommandError("--passing names no result. Write it like Pass,Distinction.")
    return Passing(results, options["final_category"].strip())


def _person(username: str) -> User:
    found = reports.person(username)
    if found is None:
        raise CommandError("Say with --author and --approver who decides.")
    return found


class Command(BaseCommand):
    """Safe to run again: templates that are there are used, and nobody is awarded twice."""

    help = (
        "For each course of a roster make a template for its completion, approve it, and award "
        "everyone whose final result passes. The workers issue what was approved."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which roster, who decides, who has passed."""
        parser.add_argument("--source", required=True, help="the system that the roster came from")
        parser.add_argument("--author", required=True, help="user name of registrar staff")
        parser.add_argument("--approver", required=True, help="user name of the approver")
        add_passing(parser)

    def handle(self, **options: Any) -> None:
        """One template and at most one batch for each course."""
        passing = passing_from(options)
        author, approver = _person(options["author"]), _person(options["approver"])
        courses = completions.courses_of(options["source"])
        if not courses:
            raise CommandError(f"There are no courses from {options['source']}.")
        try:
            offerings = Offering.objects.filter(opportunity__in=courses)
            completions.require_results(offerings, passing)
            for sentence in completions.near_misses(offerings, passing):
                self.stdout.write(sentence)
            for course in courses:
                revision = completions.template_for(
                    course, passing, author=author, approver=approver
                )
                batch = completions.award(revision, author=author, approver=approver)
                if batch is not None:
                    tasks.freeze_soon(batch)
                self.stdout.write(f"{course}: {batch.count if batch else 0:,} awarded")
        except Refusal as error:
            raise CommandError(str(error)) from error
