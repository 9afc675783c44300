"""Turns what an Edu-API server answers into rows of the files that a roster is read from."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from registrar.readers import server_json
from registrar.readers.edu_api_layout import FILES, VERSION
from registrar.readers.errors import Unreadable
from registrar.readers.oneroster_json import Cells, moment
from registrar.readers.oneroster_layout import COMMON
from registrar.readers.server_json import Odd

COLLECTIONS: Final = tuple(FILES)
# Asked for in full each time: an enrolment that is new may be in a component that is not.
WHOLE: Final = frozenset({"componentOfferings"})

_LONGEST: Final = 10_000
# What a person's number may be called, the best first.
_NUMBERS: Final = ("sisSourcedId", "systemId", "accountId", "identifier")

Thing = dict[str, Any]


def read_page(content: bytes, collection: str) -> list[Any]:
    """The objects of one answer. Raises Unreadable when it is no list."""
    found = server_json.parse(content, collection)
    if not isinstance(found, list):
        raise Unreadable(
            "no_collection",
            f"{collection}: the answer is no list.",
            "Check the address, and that it speaks Edu-API 1.0.",
        )
    return found


def files(collection: str) -> tuple[str, ...]:
    """The file that the objects of a collection become."""
    return (FILES[collection],)


def rows(collection: str, thing: Any) -> Iterator[tuple[str, Cells]]:
    """The row that one object becomes, with the name of its file.

    Who is enrolled in a whole programme is passed over: that is no offering. Of an object that has
    not the form of Edu-API's the sourcedId alone is kept, so that its row is refused and counted.
    """
    said = thing if isinstance(thing, dict) else {}
    if collection == "enrollments" and said.get("offeringType") == "collection":
        return
    sourced_id = said.get("sourcedId")
    cells = {"sourcedId": sourced_id if isinstance(sourced_id, str) else ""}
    try:
        cells |= _common(said) | _TAKEN[collection](said)
    except Odd:
        cells |= {"status": "active"}
    file = FILES[collection]
    yield file, [cells.get(name, "")[:_LONGEST] for name in VERSION.layouts[file].header]


def _common(said: Thing) -> dict[str, str]:
    stated = {
        "sourcedId": _text(said.get("sourcedId")),
        "status": _text(said.get("recordStatus")),
        "dateLastModified": moment(_text(said.get("dateLastModified"))),
    }
    return {name: stated[name] for name in COMMON}


def _organization(said: Thing) -> dict[str, str]:
    return {
        "name": _words(said, "name"),
        "organizationType": _text(said.get("organizationType")),
        "primaryCode": _code(said),
        "parent": _text(said.get("parent")),
    }


def _session(said: Thing) -> dict[str, str]:
    return {
        "title": _words(said, "title") or _code(said) or _text(said.get("sourcedId")),
        "sessionType": _text(said.get("sessionType")),
        "startDate": _day(said, "startDate"),
        "endDate": _day(said, "endDate"),
        "parent": _text(said.get("parent")),
    }


def _course(said: Thing) -> dict[str, str]:
    return {
        "title": _words(said, "title"),
        "primaryCode": _code(said),
        "organization": _text(said.get("organization")),
    }


def _offering(said: Thing) -> dict[str, str]:
    return {
        "title": _words(said, "title"),
        "primaryCode": _code(said),
        "course": _text(said.get("course")),
        "academicSession": _text(said.get("academicSession")),
    }


def _component(said: Thing) -> dict[str, str]:
    parents = said.get("parent") or []
    if not isinstance(parents, list):
        raise Odd
    return {"parent": _text(parents[0]) if parents else ""}


def _person(said: Thing) -> dict[str, str]:
    known = {
        _text(each.get("identifierType")): _text(each.get("identifier"))
        for each in _objects(said.get("otherIdentifiers"))
    }
    legal = _object(said.get("legalName"))
    names = [each for each in _objects(said.get("otherNames")) if _is_preferred(each)]
    preferred = names[0] if names else {}
    return {
        "username": known.get("userName") or _text(said.get("sourcedId")),
        "identifier": next((known[kind] for kind in _NUMBERS if known.get(kind)), ""),
        "givenName": _text(legal.get("givenName")) or ("" if legal else _formatted(said)),
        "familyName": _family(legal),
        "middleName": _text(legal.get("additionalName")),
        "preferredGivenName": _text(preferred.get("givenName")),
        "preferredFamilyName": _family(preferred),
        "primaryEmail": _text(_object(said.get("primaryEmail")).get("email")),
    }


def _formatted(said: Thing) -> str:
    return _text(said.get("formattedName"))


def _is_preferred(name: Thing) -> bool:
    return name.get("nameType") == "preferredName"


def _family(name: Thing) -> str:
    parts = (_text(name.get("familyNamePrefix")), _text(name.get("familyName")))
    return " ".join(part for part in parts if part)


def _enrollment(said: Thing) -> dict[str, str]:
    """A place is gone when it is not active, unless because it is finished."""
    takes_part = said.get("isActive") is not False or said.get("enrollmentStatus") == "finished"
    return {
        "educationOffering": _text(said.get("educationOffering")),
        "person": _text(said.get("person")),
        "role": _text(said.get("role")),
        "startDate": _day(said, "startDate"),
        "endDate": _day(said, "endDate"),
    } | ({} if takes_part else {"status": "deleted"})


_TAKEN: Final[dict[str, Callable[[Thing], dict[str, str]]]] = {
    "organizations": _organization,
    "academicSessions": _session,
    "courseTemplates": _course,
    "courseOfferings": _offering,
    "componentOfferings": _component,
    "persons": _person,
    "enrollments": _enrollment,
}


# Properties


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and len(value) <= _LONGEST:
        return value
    raise Odd


def _object(value: Any) -> Thing:
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise Odd


def _objects(value: Any) -> list[Thing]:
    if value is None:
        return []
    if isinstance(value, list):
        return [_object(each) for each in value]
    raise Odd


def _words(said: Thing, name: str) -> str:
    """Of a text in several languages the one in the record's own, else the first."""
    found = [each for each in _objects(said.get(name)) if each.get("value")]
    own = said.get("recordLanguage")
    found.sort(key=lambda each: each.get("recordLanguage") != own)
    return _text(found[0]["value"]) if found else ""


def _code(said: Thing) -> str:
    return _text(_object(said.get("primaryCode")).get("identifier"))


def _day(said: Thing, name: str) -> str:
    """The day of a moment, as it is written there."""
    return _text(said.get(name))[:10]
