"""Print the SQL that makes a database role for each process, with the least privileges."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from registrar.management import privileges


class Command(BaseCommand):
    """Prints what the owner of the tables carries out with psql."""

    help = (
        "Print SQL that makes a role for each process (web, worker, signer, publisher) and gives "
        "it the least privileges. Carry it out as the owner of the tables after each migrate: "
        "manage.py database_roles | psql --single-transaction --set ON_ERROR_STOP=1 ..."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """How the roles are called."""
        parser.add_argument(
            "--prefix", default="credentials_", help="what their names begin with (%(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for statement in privileges.sql(prefix=options["prefix"]):
            self.stdout.write(f"{statement};")
