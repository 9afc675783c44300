"""Scopes on the command line: each is listed with what it is for."""

from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser, DjangoHelpFormatter

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


class ListsScopes(BaseCommand):
    """A command whose help ends with all scopes."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """The parser, with the list."""
        said = {"epilog": f"Scopes\n\n{_scopes()}", "formatter_class": _Listed}
        return super().create_parser(prog_name, subcommand, **said, **kwargs)


def a_scope(said: str) -> str:
    """One that there is; else ArgumentTypeError, which lists them."""
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
