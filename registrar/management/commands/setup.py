"""Set up a real installation: the institution, its first administrator, its top unit."""

import getpass
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from issuer.errors import Refusal
from issuer.management.outcomes import content_of
from issuer.services import institutions
from registrar.services.college import people

# Option, and the institution's field of the same name.
OPTIONAL = (
    "email",
    "phone",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "country_code",
)


class Command(BaseCommand):
    """Safe to run again: what is there is kept, and given details of the institution change."""

    help = (
        "Enter the institution, its first administrator and its top organisation unit. "
        "The administrator's password is read from ADMIN_PASSWORD, or from the file that "
        "ADMIN_PASSWORD_FILE names, or asked for. Run create_key next."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What the institution is called, where it is, and who looks after the service."""
        parser.add_argument("--name", required=True)
        parser.add_argument("--url", required=True, help="its web site")
        parser.add_argument("--did", default=settings.ISSUER_DID, help="default: %(default)s")
        for field in OPTIONAL:
            parser.add_argument("--" + field.replace("_", "-"), default=None)
        parser.add_argument(
            "--sandbox",
            action="store_true",
            help="a deployment to try things out: every credential says that it is not real; it "
            "cannot be changed once there are credentials",
        )
        parser.add_argument("--admin", required=True, help="user name of the administrator")

    def handle(self, **options: Any) -> None:
        """Administrator first: everything after is entered in the ledger as their act."""
        fields = {name: options[name] for name in OPTIONAL if options[name] is not None}
        if options["sandbox"]:
            fields["is_sandbox"] = True
        try:
            admin = people.administrator(options["admin"]) or people.add_administrator(
                options["admin"], password=_password(options["admin"])
            )
            institution = institutions.set_up(
                by=admin, name=options["name"], url=options["url"], did=options["did"], **fields
            )
            unit = people.add_unit(
                institution.name, sourced_id=people.INSTITUTION, kind="institution", by=admin
            )
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        except Refusal as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{institution.name} ({institution.did}) is set up, with {unit} on top.")
        self.stdout.write(f"{admin.get_username()} may sign in at {settings.BASE_URL}/admin/")


def _password(username: str) -> str:
    if path := os.environ.get("ADMIN_PASSWORD_FILE"):
        return content_of(Path(path)).decode().strip()
    if given := os.environ.get("ADMIN_PASSWORD"):
        return given
    first = getpass.getpass(f"Password for {username}: ")
    if first != getpass.getpass("Once more: "):
        raise CommandError("The two passwords differ.")
    return first
