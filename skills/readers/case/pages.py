"""Finds the parts of a CASE package, whether it came whole or as the pages of a service."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from skills.readers.case import names
from skills.readers.errors import Unreadable
from skills.readers.json_text import pointer
from skills.readers.records import DefinitionKind

MAX_ITEMS: Final = 100_000
MAX_ASSOCIATIONS: Final = 400_000
MAX_RUBRICS: Final = 10_000

_LIMITS: Final[Mapping[str, int]] = {
    "CFItems": MAX_ITEMS,
    "CFAssociations": MAX_ASSOCIATIONS,
    "CFRubrics": MAX_RUBRICS,
}

# A value, and where it stands.
Placed = tuple[str, Any]


@dataclass(slots=True)
class Parts:
    """The parts of a package, each with its place in what was given."""

    pages: list[tuple[str, dict[str, Any]]]
    documents: list[Placed] = field(default_factory=list)
    items: list[Placed] = field(default_factory=list)
    associations: list[Placed] = field(default_factory=list)
    rubrics: list[Placed] = field(default_factory=list)
    definitions: list[tuple[DefinitionKind, str, Any]] = field(default_factory=list)
    definition_pages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def parts(root: Any) -> Parts:
    """Lay a package, or a list of a service's answers that make one up, out in its parts.

    What stands on two pages in the same words counts once: lists that are read page by page
    overlap when they change meanwhile. Raises Unreadable where a part is no list, or too long.
    """
    found = Parts(list(_pages(root)))
    lists: dict[str, list[Placed]] = {name: [] for name in _LIMITS}
    for place, page in found.pages:
        found.documents += _documents(place, page)
        for name in _LIMITS:
            lists[name] += _listed(place, page, name)
        _add_definitions(found, place, page)
    for name, values in lists.items():
        if len(values) > _LIMITS[name]:
            raise _too_many(name, _LIMITS[name])
    found.items, found.associations, found.rubrics = (
        _once(lists[name]) if len(found.pages) > 1 else lists[name] for name in _LIMITS
    )
    return found


def _pages(root: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    pages = _numbered("", root) if isinstance(root, list) and root else [("", root)]
    for place, page in pages:
        if not isinstance(page, dict):
            raise Unreadable(
                "type",
                "The file is not a JSON object." if place == "" else "This is not a JSON object.",
                "Give a CASE CFPackage.",
                pointer=place,
            )
        yield place, page


def _numbered(place: str, values: list[Any]) -> list[Placed]:
    return [(pointer(place, index), value) for index, value in enumerate(values)]


def _documents(place: str, page: dict[str, Any]) -> list[Placed]:
    found = [(f"{place}/CFDocument", page["CFDocument"])] if "CFDocument" in page else []
    return found + _listed(place, page, "CFDocuments")


def _listed(place: str, page: dict[str, Any], name: str) -> list[Placed]:
    values, at = page.get(name), f"{place}/{name}"
    if values is None:
        return []
    if not isinstance(values, list):
        raise Unreadable("type", f"{name} is not a list.", "Write [...].", pointer=at)
    return _numbered(at, values)


def _add_definitions(found: Parts, place: str, page: dict[str, Any]) -> None:
    value, at = page.get("CFDefinitions"), f"{place}/CFDefinitions"
    # CASE 1.0 lets an empty list stand for none.
    if value is None or value == []:
        return
    if not isinstance(value, dict):
        raise Unreadable("type", "CFDefinitions is not an object.", "Write {...}.", pointer=at)
    found.definition_pages.append((at, value))
    for name, kind in names.DEFINITIONS.items():
        values = _listed(at, value, name)
        if len(values) > MAX_ITEMS:
            raise _too_many(f"CFDefinitions/{name}", MAX_ITEMS)
        found.definitions += [(kind, each, one) for each, one in values]


def _once(values: list[Placed]) -> list[Placed]:
    """Leave out what an earlier page has in the same words."""
    seen: dict[str, Any] = {}
    kept = []
    for place, value in values:
        identifier = value.get("identifier") if isinstance(value, dict) else None
        if isinstance(identifier, str):
            if identifier in seen and seen[identifier] == value:
                continue
            seen.setdefault(identifier, value)
        kept.append((place, value))
    return kept


def _too_many(name: str, limit: int) -> Unreadable:
    return Unreadable(
        "too_many",
        f"{name} has more than {limit:,} entries.",
        "Export the framework in parts.",
        pointer=f"/{name}",
    )
