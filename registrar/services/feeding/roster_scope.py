"""What a roster speaks of: from which source, of which offerings, and what it lists in full."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q

from registrar.readers.records import Bundle
from registrar.services.feeding.roster_tables import BY_SOURCED_ID, mode_name
from registrar.services.feeding.staged_rows import offerings_named


@dataclass(frozen=True)
class Scope:
    """A bundle and the source that it is of."""

    bundle: Bundle
    source: str

    @cached_property
    def _offerings(self) -> set[str]:
        return offerings_named(self.bundle)

    def here(self, path: str) -> Q:
        """What belongs to the offerings that the bundle names."""
        keys = {
            f"{path}__source": self.source,
            f"{path}{BY_SOURCED_ID}__in": self._offerings,
        }
        return Q(**keys)

    def is_bulk(self, file: str) -> bool:
        """Whether the file lists all that there is in those offerings."""
        return self.bundle.modes.get(mode_name(file)) == "bulk"
