"""Let a system into the API; its secret is printed once."""

import json
from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from typing import Any, Final, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    DjangoHelpFormatter,
)

from issuer.errors import Refusal
from registrar.management import reports
from registrar.services.college import api_clients

# Every scope once, in the groups of config/settings.py.
GROUPS: Final = (
    ("What a student information system reads; the default", settings.API_SCOPES),
    ("What a system reads besides", settings.MORE_SCOPES),
    ("What a student information system also sends", settings.SIS_WRITE_SCOPES),
    (
        "What a system may write",
        {
            scope: what
            for scope, what in settings.WRITE_SCOPES.items()
            if scope not in settings.SIS_WRITE_SCOPES
        },
    ),
    ("What a system may do through the VC API", settings.VC_API_SCOPES),
)


class _Listed(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Leaves the list of scopes as it is."""


class Command(BaseCommand):
    """Whoever may run commands on the server may let a system in."""

    help = "Add a client of the API and print its id and its secret, this once."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """The parser, whose help ends with all scopes."""
        said = {"epilog": f"Scopes\n\n{_scopes()}", "formatter_class": _Listed}
        return super().create_parser(prog_name, subcommand, **said, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """What the system is called, and what it may do."""
        parser.add_argument("name", help="for example the system and who runs it")
        parser.add_argument(
            "--by", required=True, metavar="USERNAME", help="whose act it is: who sees the secret"
        )
        parser.add_argument(
            "--scope",
            action="append",
            type=_scope,
            metavar="SCOPE",
            help="what it may do, of the list below; again for each. Default: what a student "
            "information system reads. To send rows a scope to write is enough; to change single "
            "ones (PATCH), to draft, revoke or propose it needs the scope to read the same as well",
        )
        parser.add_argument(
            "--source",
            action="append",
            default=[],
            metavar="NAME",
            help="as which system it may send rows; again for each. What came from another it then "
            "neither changes nor retires, but may refer to: enrol learners of others, and give "
            "results for assessments of others. Default: as any, also as one that somebody else "
            "runs",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, **options: Any) -> None:
        try:
            client, secret = api_clients.add(
                options["name"],
                by=cast(User, reports.person(options["by"])),
                scopes=options["scope"],
                sources=options["source"],
            )
        except Refusal as error:
            raise CommandError(str(error)) from error
        made = {"client_id": client.client_id, "secret": secret}
        if options["json"]:
            self.stdout.write(json.dumps(made))
            return
        for name, value in made.items():
            self.stdout.write(f"{name}: {value}")


def _scope(said: str) -> str:
    if said not in settings.ALL_SCOPES:
        raise ArgumentTypeError(f"There is no scope {said}. These there are:\n\n{_scopes()}")
    return said


def _scopes() -> str:
    """All scopes and what each is for."""
    width = max(map(len, settings.ALL_SCOPES))
    return "\n\n".join(
        "\n".join([title, *(f"  {scope:<{width}}  {what}" for scope, what in scopes.items())])
        for title, scopes in GROUPS
    )
