"""Turns what a OneRoster REST server answers into rows of the CSV files of the same names.

Only the columns that the reader of CSV takes are filled in: passwords and telephone numbers are
dropped here. Rosters of 1.2 and of 1.1 become files of 1.2.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from registrar.readers.errors import Unreadable
from registrar.readers.oneroster_layout import COMMON, DATE, LAYOUTS, Column

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
# The files that a collection becomes, besides the one of its own name.
FURTHER: Final = {
    "users": ("roles",),
    "lineItems": ("lineItemLearningObjectiveIds",),
    "results": ("resultLearningObjectiveIds",),
}

Cells = list[str]

_LONGEST_KEY: Final = 255
_LONGEST_TEXT: Final = 100_000
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T.*")
# Where a member is called otherwise than the column.
_MEMBERS: Final = {
    "preferredGivenName": ("preferredGivenName", "preferredFirstName"),
    "preferredFamilyName": ("preferredFamilyName", "preferredLastName"),
    "academicSessionSourcedId": ("academicSession", "gradingPeriod"),
    "termSourcedIds": ("terms",),
}


class _Odd(Exception):
    """A member is not of the form that OneRoster gives it."""


def read_page(content: bytes, collection: str) -> list[Any]:
    """The objects of one answer. Raises Unreadable when it is not a list of the collection."""
    try:
        found = json.loads(content, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise Unreadable(
            "not_json", f"{collection}: the answer is no JSON.", "Check the address."
        ) from None
    things = found.get(collection) if isinstance(found, dict) else None
    if not isinstance(things, list):
        raise Unreadable(
            "no_collection",
            f"{collection}: there is no list of that name in the answer.",
            "Check the address, and that it speaks OneRoster 1.2 or 1.1.",
        )
    return things


def rows(collection: str, thing: Any) -> Iterator[tuple[str, Cells]]:
    """The rows that one object becomes, each with the name of its file.

    Of an object that has not the form of OneRoster's the sourcedId alone is kept, so that its row
    is refused and counted like any other that is wrong.
    """
    said = thing if isinstance(thing, dict) else {}
    try:
        found = list(_rows(collection, said))
    except _Odd:
        found = [(collection, _row(collection, {name: _bare(said.get(name)) for name in COMMON}))]
    yield from found


def _rows(collection: str, said: dict[str, Any]) -> Iterator[tuple[str, Cells]]:
    common = {
        "sourcedId": _text(said.get("sourcedId")),
        "status": _text(said.get("status")),
        "dateLastModified": _moment(_text(said.get("dateLastModified"))),
    }
    if said:
        taken = {column.name: _cell(column, said) for column in LAYOUTS[collection].taken}
        yield collection, _row(collection, common | taken)
    else:
        yield collection, _row(collection, common)
    if collection == "users":
        yield from _roles(common, said)
    elif collection == "lineItems":
        for source, objective in _objectives(said, "learningObjectiveIds"):
            own = {"source": source, "learningObjectiveId": _text(objective)}
            yield _of_objective("lineItem", common, own)
    elif collection == "results":
        for source, objective in _objectives(said, "learningObjectiveResults"):
            if not isinstance(objective, dict):
                raise _Odd
            names = ("learningObjectiveId", "score", "textScore")
            own = {"source": source} | {name: _text(objective.get(name)) for name in names}
            yield _of_objective("result", common, own)


def _roles(common: dict[str, str], said: dict[str, Any]) -> Iterator[tuple[str, Cells]]:
    """The roles of a user: a list in 1.2; in 1.1 one role, in each of the user's organisations."""
    roles = _list(said.get("roles"))
    if not roles and said.get("role"):
        roles = [
            {"role": said["role"], "org": org, "roleType": "secondary" if number else "primary"}
            for number, org in enumerate(_list(said.get("orgs")))
        ]
    for number, role in enumerate(roles):
        if not isinstance(role, dict):
            raise _Odd
        own = {column.name: _cell(column, role) for column in LAYOUTS["roles"].taken}
        own["userSourcedId"] = common["sourcedId"]
        own["roleType"] = own["roleType"] or "primary"
        key = _key(common["sourcedId"], str(number))
        yield "roles", _row("roles", common | own | {"sourcedId": key})


def _objectives(said: dict[str, Any], member: str) -> Iterator[tuple[str, Any]]:
    """The learning objectives of an object, each with the name of where it comes from."""
    for each in _list(said.get("learningObjectiveSet")):
        if not isinstance(each, dict):
            raise _Odd
        for objective in _list(each.get(member)):
            yield _text(each.get("source")), objective


def _of_objective(what: str, common: dict[str, str], own: dict[str, str]) -> tuple[str, Cells]:
    file = f"{what}LearningObjectiveIds"
    key = _key(common["sourcedId"], own["learningObjectiveId"])
    of = {f"{what}SourcedId": common["sourcedId"], "sourcedId": key}
    return file, _row(file, common | own | of)


def _key(*parts: str) -> str:
    """A sourcedId for what has none of its own, the same every time."""
    key = "/".join(parts)
    if len(key) <= _LONGEST_KEY:
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _row(file: str, cells: dict[str, str]) -> Cells:
    return [cells.get(name, "") for name in LAYOUTS[file].header]


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
    if not isinstance(value, dict):
        raise _Odd
    return f"{_text(value.get('type'))}:{_text(value.get('identifier'))}"


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
    raise _Odd


def _bare(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST_TEXT else ""


def _moment(text: str) -> str:
    """When it was changed, in UTC; as it stands where it is no moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
