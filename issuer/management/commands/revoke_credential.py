"""Revoke a credential."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from issuer import tasks
from issuer.errors import IssuerError
from issuer.services import credentials, status


class Command(BaseCommand):
    """Revokes a credential in the name of a person who may do so."""

    help = "Revoke a credential for good. Revoking it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("credential", help="its id: a UUID, or urn:uuid: and the UUID")
        parser.add_argument("--reason", required=True, help="why; it is kept in the ledger")
        parser.add_argument("--by", required=True, help="the user name of who revokes it")

    def handle(self, *args: Any, **options: Any) -> None:
        person = get_user_model().objects.filter(username=options["by"], is_active=True).first()
        if person is None or not person.has_perm("issuer.revoke_credential"):
            raise CommandError(f"{options['by']} may not revoke credentials.")
        try:
            credential = credentials.find(options["credential"])
            change = status.revoke(credential, reason=options["reason"], by=person)
        except IssuerError as error:
            raise CommandError(str(error)) from error
        tasks.publish_soon()
        self.stdout.write(f"{credential.urn} is revoked since {change.at:%Y-%m-%d %H:%M:%S} UTC.")
