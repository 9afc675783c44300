"""Takes in the objects of a document one by one, and knows where each of them stands."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from skills.readers.json_text import Text, pointer
from skills.readers.members import Members
from skills.readers.problems import Problems


class Identified(Protocol):
    """Anything that is known by an identifier."""

    @property
    def identifier(self) -> str: ...


Record = TypeVar("Record", bound=Identified)


class Intake:
    """What has been taken from a document, and what of it was refused, by identifier."""

    def __init__(self, text: Text, problems: Problems) -> None:
        self.problems = problems
        self.places: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self._strangers: set[tuple[str, str]] = set()
        self._spoiled: set[str] = set()
        for place in text.spoiled:
            self._spoil(place)

    def is_spoiled(self, place: str) -> bool:
        """Whether what stands there, or anything within it, must not be believed."""
        return place in self._spoiled

    def take(
        self,
        place: str,
        value: Any,
        *,
        build: Callable[[Members], Record],
        known: frozenset[str] | None = None,
        kind: str = "",
    ) -> Record | None:
        """Build a record of the object at `place`; None, with the reasons reported, if refused.

        Members that are not `known` are told of, once for each kind of object.
        """
        if not isinstance(value, dict):
            self.problems.add(
                place, code="type", reason="This is not an object.", fix="Write {...}."
            )
            return None
        if known is not None:
            self.warn_of_strangers(place, value, known, kind)
        members = Members(place, value, self.problems)
        record = build(members)
        return record if self._accepts(members, record.identifier) else None

    def warn_of_strangers(
        self, place: str, value: Mapping[str, Any], known: frozenset[str], kind: str
    ) -> None:
        """Warn once of each member, of each kind of object, that the format does not know."""
        for name in value:
            if name not in known and (kind, name) not in self._strangers:
                self._strangers.add((kind, name))
                self.problems.add(
                    pointer(place, name),
                    code="unknown_member",
                    reason="This member is not known here; it is not read.",
                    fix="Correct its name, or move it into extensions.",
                    severity="warning",
                )

    def _accepts(self, members: Members, identifier: str) -> bool:
        place = members.place
        if identifier and (first := self.places.get(identifier)) is not None:
            members.refuse(
                members.identified_by,
                "duplicate",
                f"The same identifier stands at {first}.",
                "Keep one of the two, or give this one an identifier of its own.",
            )
            return False
        if not members.good or self.is_spoiled(place):
            self.refused.setdefault(identifier, place)
            return False
        self.places[identifier] = place
        return True

    def _spoil(self, place: str) -> None:
        """Mark a place and all that it is part of."""
        while place not in self._spoiled:
            self._spoiled.add(place)
            place = place.rpartition("/")[0]
