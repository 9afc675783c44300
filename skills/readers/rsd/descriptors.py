"""What one Rich Skill Descriptor says, wherever it stood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

_GONE: Final = ("archived", "deleted")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something stands: a JSON Pointer, or a row and its column."""

    place: str
    row: int | None = None

    def __str__(self) -> str:
        return self.place if self.row is None else f"row {self.row}"


@dataclass(frozen=True, slots=True)
class Alignment:
    """A skill elsewhere that a descriptor is aligned to."""

    spot: Spot
    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """A set of descriptors that has a name, and mostly a UUID or address as well."""

    identifier: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """One descriptor. `identifier` is blank where it has neither address nor UUID."""

    spot: Spot
    identifier: str
    uri: str
    name: str
    statement: str
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    collections: tuple[Collection, ...] = ()
    creator: str = ""
    status: str = ""
    alignments: tuple[Alignment, ...] = ()
    changed_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_retired(self) -> bool:
        """Whether its publisher has put it away."""
        return self.status.strip().lower() in _GONE
