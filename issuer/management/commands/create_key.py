"""Create a signing key and activate it; to be run where the keystore's secret is."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from issuer.errors import NoActiveKey, Refusal
from issuer.services import keys


class Command(BaseCommand):
    """Creates a key, publishes it in the DID document and signs with it from now on."""

    help = (
        "Create a signing key, sealed with the secret in KEYSTORE_SECRET_FILE, and sign with it "
        "from now on. A key that was active is retired: what it signed stays good."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether a key that signs already is left in its place."""
        parser.add_argument(
            "--if-none", action="store_true", help="do nothing if there is a key that signs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_none"] and self._has_active_key():
            return
        try:
            key = keys.create(did=settings.ISSUER_DID, by="system")
            keys.activate(key, by="system")
        except Refusal as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{key.verification_method} signs from now on.")

    def _has_active_key(self) -> bool:
        try:
            keys.active(settings.ISSUER_DID)
        except NoActiveKey:
            return False
        return True
