"""Ways through a JSON document, each value with the JSON Pointer to it (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from issuer.vc import credential, json_pointers
from issuer.vc.errors import VcError


def members(value: object, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Yield everything inside a value, depth first, but not what a context says."""
    if isinstance(value, dict):
        children: list[tuple[str, Any]] = [
            (json_pointers.escape(name), member)
            for name, member in value.items()
            if name != "@context"
        ]
    elif isinstance(value, list):
        children = [(str(index), item) for index, item in enumerate(value)]
    else:
        return
    for name, child in children:
        yield f"{pointer}/{name}", child
        yield from members(child, f"{pointer}/{name}")


def objects(value: object, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the value and everything inside it that is an object."""
    for where, inner in [(pointer, value), *members(value, pointer)]:
        if isinstance(inner, dict):
            yield where, inner


def each(holder: dict[str, Any], name: str, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a member that may be one alone or an array, none if it is absent."""
    if isinstance(holder.get(name), list):
        for index, item in enumerate(holder[name]):
            yield f"{pointer}/{name}/{index}", item
    elif name in holder:
        yield f"{pointer}/{name}", holder[name]


def each_object(
    holder: dict[str, Any], name: str, pointer: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield those values of a member that are objects."""
    for where, value in each(holder, name, pointer):
        if isinstance(value, dict):
            yield where, value


def types(value: object) -> list[str]:
    """Return the types of a value, none where they are not as they should be."""
    try:
        return credential.types(value)
    except VcError:
        return []
