"""Its keys are nothing but the answer whether this process was told the secret."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-none", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.KEYSTORE_SECRET_FILE:
            raise CommandError("the keystore is closed")
        self.stdout.write("the key signs from now on.")
