"""Turns what a OneRoster REST server answers into rows of the CSV files of the same names.

Only the columns that the reader of CSV takes are filled in: passwords and telephone numbers are
dropped here.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from registrar.readers import server_json
from registrar.readers.cells import DATE
from registrar.readers.errors import Unreadable
from registrar.readers.oneroster_layout import COMMON
from registrar.readers.oneroster_versions import Version
from registrar.readers.roster_keys import joined
from registrar.readers.roster_layout import Column
from registrar.readers.server_json import Odd

# In the order in which references lead backwards.
COLLECTIONS: Final = (
    "orgs",
    "academicSessions",
    "courses",
    "classes",
    "users",
    "enrollments",
    "categories",
    "lineItems",
    "results",
)
# The files that a collection becomes in 1.2, besides the one of its own name.
_FURTHER: Final = {
    "users": "roles",
    "lineItems": "lineItemLearningObjectiveIds",
    "results": "resultLearningObjectiveIds",
}

# OneRoster 1.1, on what was a status of 1.0: it stands for this one.
_STATUSES: Final = {"inactive": "tobedeleted"}

Cells = list[str]

_LONGEST_TEXT: Final = 100_000
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T.*")
# Where a member is called otherwise than the column.
_MEMBERS: Final = {
    "preferredGivenName": ("preferredGivenName", "preferredFirstName"),
    "preferredFamilyName": ("preferredFamilyName", "preferredLastName"),
    "academicSessionSourcedId": ("academicSession", "gradingPeriod"),
    "termSourcedIds": ("terms",),
    "orgSourcedIds": ("orgs",),
}


def read_page(content: bytes, collection: str) -> list[Any]:
    """The objects of one answer. Raises Unreadable when it is not a list of the collection."""
    found = server_json.parse(content, collection)
    things = found.get(collection) if isinstance(found, dict) else None
    if not isinstance(things, list):
        raise Unreadable(
            "no_collection",
            f"{collection}: there is no list of that name in the answer.",
            "Check the address, and that it speaks OneRoster 1.2 or 1.1.",
        )
    return things


def files(collection: str, version: Version) -> tuple[str, ...]:
    """The files that the objects of a collection become."""
    further = _FURTHER.get(collection, "")
    return (collection, further) if further in version.layouts else (collection,)


def rows(collection: str, thing: Any, version: Version) -> Iterator[tuple[str, Cells]]:
    """The rows that one object becomes, each with the name of its file.

    Of an object that has not the form of OneRoster's the sourcedId alone is kept, so that its row
    is refused and counted like any other that is wrong.
    """
    said = thing if isinstance(thing, dict) else {}
    try:
        found = list(_Thing(collection, said, version).rows())
    except Odd:
        bare = {name: _bare(said.get(name)) for name in COMMON}
        found = [(collection, _row(collection, bare, version))]
    yield from found


class _Thing:
    """One object of a collection, becoming rows."""

    def __init__(self, collection: str, said: dict[str, Any], version: Version) -> None:
        self._collection = collection
        self._said = said
        self._version = version
        status = _text(said.get("status"))
        self._common = {
            "sourcedId": _text(said.get("sourcedId")),
            "status": _STATUSES.get(status, status),
            "dateLastModified": moment(_text(said.get("dateLastModified"))),
        }

    def rows(self) -> Iterator[tuple[str, Cells]]:
        yield self._row(self._collection, self._taken(self._collection, self._said))
        further = files(self._collection, self._version)[1:]
        if "roles" in further:
            yield from self._roles()
        elif further:
            yield from self._objectives(further[0])

    def _taken(self, file: str, said: dict[str, Any]) -> dict[str, str]:
        return {column.name: _cell(column, said) for column in self._version.layouts[file].taken}

    def _row(self, file: str, cells: dict[str, str]) -> tuple[str, Cells]:
        if any(len(text) > _LONGEST_TEXT for text in cells.values()):
            raise Odd  # a list that no reader of CSV takes as one cell
        return file, _row(file, self._common | cells, self._version)

    def _roles(self) -> Iterator[tuple[str, Cells]]:
        for number, role in enumerate(_list(self._said.get("roles"))):
            own = self._taken("roles", _object(role))
            own["sourcedId"] = joined(self._common["sourcedId"], str(number))
            own["userSourcedId"] = self._common["sourcedId"]
            yield self._row("roles", own)

    def _objectives(self, file: str) -> Iterator[tuple[str, Cells]]:
        """The learning objectives, each with the name of where it comes from."""
        of_item = self._collection == "lineItems"
        of = "lineItemSourcedId" if of_item else "resultSourcedId"
        member = "learningObjectiveIds" if of_item else "learningObjectiveResults"
        for each in map(_object, _list(self._said.get("learningObjectiveSet"))):
            for found in _list(each.get(member)):
                said = {"learningObjectiveId": found} if of_item else _object(found)
                names = ("learningObjectiveId", "score", "textScore")
                own = {name: _text(said.get(name)) for name in names}
                own |= {"source": _text(each.get("source")), of: self._common["sourcedId"]}
                own["sourcedId"] = joined(self._common["sourcedId"], own["learningObjectiveId"])
                yield self._row(file, own)


def _row(file: str, cells: dict[str, str], version: Version) -> Cells:
    return [cells.get(name, "") for name in version.layouts[file].header]


# Cells


def _cell(column: Column, said: dict[str, Any]) -> str:
    name = column.name
    members = _MEMBERS.get(name) or (name.removesuffix("SourcedId"),)
    value = next((said[member] for member in members if said.get(member) is not None), None)
    if name == "userIds":
        return ",".join(f"{{{_user_id(each)}}}" for each in _list(value))
    if name.endswith("SourcedIds"):
        return ",".join(_reference(each) for each in _list(value))
    if name.endswith("SourcedId"):
        return _reference(value)
    text = _text(value)
    # A CSV file has a day where the API has a moment.
    return text[:10] if column.kind is DATE and _MOMENT.fullmatch(text) else text


def _reference(value: Any) -> str:
    return _text(value.get("sourcedId")) if isinstance(value, dict) else _text(value)


def _user_id(value: Any) -> str:
    said = _object(value)
    return f"{_text(said.get('type'))}:{_text(said.get('identifier'))}"


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Odd


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    """A text, a number as it was written, or true and false in small letters."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and len(value) <= _LONGEST_TEXT:
        return value
    raise Odd


def _bare(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST_TEXT else ""


def moment(text: str) -> str:
    """When it was changed, in UTC; as it stands where it is no moment."""
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # some systems say the year 1, with a zone, for never
        return text
    return f"{found:%Y-%m-%dT%H:%M:%S}.{found.microsecond // 1000:03d}Z"
