"""The ends of associations, gathered by the skill that they lead from or to."""

import re
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from skills.readers.records import AssociationRecord

_UUID: Final = re.compile(r"(?:ce-)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


class End(NamedTuple):
    """What an association leads to: all that has to stay in memory of it."""

    type: str
    type_word: str
    identifier: str
    uri: str
    title: str
    sequence: int | None


def destination(record: AssociationRecord) -> End:
    """Where it leads to."""
    return End(
        record.type,
        record.type_word,
        record.destination,
        record.destination_uri,
        record.destination_title,
        record.sequence,
    )


def origin(record: AssociationRecord) -> End:
    """Where it leads from."""
    return End(
        record.type,
        record.type_word,
        record.origin,
        record.origin_uri,
        record.origin_title,
        record.sequence,
    )


def by_origin(records: Iterable[AssociationRecord]) -> dict[str, list[End]]:
    """Where the associations of each skill lead to."""
    found: dict[str, list[End]] = {}
    for record in records:
        found.setdefault(record.origin, []).append(destination(record))
    return found


def both_ways(
    records: Iterable[AssociationRecord], *, arriving: Collection[str]
) -> tuple[dict[str, list[End]], dict[str, list[End]]]:
    """Where the associations of each skill lead to; and where those of some kinds come from."""
    away: dict[str, list[End]] = {}
    here: dict[str, list[End]] = {}
    for record in records:
        away.setdefault(record.origin, []).append(destination(record))
        if record.type in arriving:
            here.setdefault(record.destination, []).append(origin(record))
    return away, here


def uuid_in(identifier: str) -> str:
    """The UUID that the identifier is, a CTID's too; '' where it is none."""
    found = _UUID.fullmatch(identifier)
    return found[1].lower() if found else ""
