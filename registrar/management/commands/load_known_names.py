"""Load the names that colleges share: NACE's competencies and AAC&U's VALUE rubrics."""

from typing import Any

from django.core.management.base import BaseCommand

from registrar.services.vocabularies import vocabulary


class Command(BaseCommand):
    """Safe to run again: what is there is left as it is."""

    help = (
        "Load the names of NACE's eight career readiness competencies and of AAC&U's sixteen "
        "VALUE rubrics, as frameworks to link the college's own statements to."
    )

    def handle(self, **options: Any) -> None:
        """Each list is a framework."""
        for imported in vocabulary.load_known_names():
            self.stdout.write(f"{imported.framework}: {imported.new + imported.unchanged} names.")
