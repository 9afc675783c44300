"""What CASE says beyond our own fields, kept under CASE's names so that it can be given back."""

from collections.abc import Collection
from typing import Any

from skills.readers import texts
from skills.readers.members import Members


def of(
    members: Members,
    *,
    plain: Collection[str] = (),
    lists: Collection[str] = (),
    links: Collection[str] = (),
    link_lists: Collection[str] = (),
) -> dict[str, Any]:
    """The extensions of an object and these texts, lists of texts and links, where it has them.

    A link without an address that may be followed, and extensions that are no object, are left
    out with a warning.
    """
    found: dict[str, Any] = {name: members.text(name, limit=20_000) for name in plain}
    found |= {name: list(members.texts(name, or_one=True)) for name in lists}
    found |= {name: link(members, name) for name in links}
    found |= {name: _links(members, name) for name in link_lists}
    found["extensions"] = _extensions(members)
    return {name: value for name, value in found.items() if value}


def _extensions(members: Members) -> Any:
    value = members.get("extensions")
    if value is None or isinstance(value, dict):
        return value
    # The published schema wants a list of objects at the levels of a rubric, and there alone.
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return value
    members.warn("extensions", "type", "extensions is not an object.", "Write {...}.")
    return None


def link(members: Members, name: str) -> dict[str, str]:
    """A link that can be done without: none where it has no address that may be followed."""
    value = members.get(name)
    found = _link(value)
    if value is not None and not found:
        _warn(members, name)
    return found


def _links(members: Members, name: str) -> list[dict[str, str]]:
    value = members.get(name)
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    found = [each for one in values if (each := _link(one))]
    if len(found) < len(values):
        _warn(members, name)
    return found


def _link(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    found = {
        name: texts.composed(part)
        for name in ("title", "identifier", "uri")
        if isinstance(part := value.get(name), str) and len(part) <= 1_000
    }
    return found if texts.is_address(found.get("uri", "")) else {}


def _warn(members: Members, name: str) -> None:
    members.warn(
        name,
        "bad_link",
        f"{name} has a link without a whole address; it is not read.",
        "Write it as an object with title, identifier and uri.",
    )
