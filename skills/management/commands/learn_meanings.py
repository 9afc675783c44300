"""Learn what skills mean, so that they are suggested by it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from skills.errors import ModelUnusable
from skills.services import meanings


class Command(BaseCommand):
    """Keeps the meaning of skills that are new or were renamed."""

    help = "Keep the meaning of skills that are new or were renamed, to suggest skills by it."

    def handle(self, *args: Any, **options: Any) -> None:
        if not meanings.are_wanted():
            raise CommandError("Set SUGGEST_BY_MEANING first.")
        learnt = 0
        try:
            while some := meanings.learn_some():
                learnt += some
        except ModelUnusable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{learnt:,} meanings learnt.")
