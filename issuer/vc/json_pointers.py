"""JSON Pointers (RFC 6901) into a document, and the part of it that they choose."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

from issuer.vc.errors import PointsNowhere

# RFC 6901, section 3: a tilde stands only before 0 or 1.
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
# Section 4: no sign, no zero in front.
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


class _Paths(dict[str, "_Paths"]):
    """The paths that go on from one place; `whole` when a pointer ends there."""

    whole = False

    def add(self, tokens: list[str]) -> None:
        """Add the path of one pointer."""
        paths = self
        for token in tokens:
            paths = paths.setdefault(token, _Paths())
        paths.whole = True


def parse(pointer: object) -> list[str]:
    """Return the reference tokens of a JSON Pointer; raises PointsNowhere for what is none."""
    if not isinstance(pointer, str) or not _POINTER.fullmatch(pointer):
        raise PointsNowhere(f"{pointer!r} is not a JSON Pointer.")
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def escape(name: str) -> str:
    """Return the name of a member as a reference token of a JSON Pointer (section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def exists(document: Any, pointer: str) -> bool:
    """Tell whether the pointer points to something in the document."""
    value = document
    for token in parse(pointer):
        try:
            value = _member(value, token)
        except LookupError:
            return False
    return True


def require(document: Any, pointers: Iterable[str]) -> None:
    """Raise PointsNowhere unless each of the pointers points to something in the document."""
    for pointer in pointers:
        if not exists(document, pointer):
            raise PointsNowhere(f"{pointer} points to nothing in the document.")


def select(document: Mapping[str, Any], pointers: Iterable[str]) -> dict[str, Any]:
    """Return what the pointers choose, and of every object on their ways its id and type.

    The contexts come along; without any pointer nothing is chosen. Arrays close
    up: what was at 0 and 2 is afterwards at 0 and 1. Nothing is shared with the
    document. Raises PointsNowhere as `require` does.
    VC-DI-ECDSA 1.0, section 3.4.13.
    """
    pointers = tuple(pointers)
    if not pointers:
        return {}
    require(document, pointers)
    paths = _Paths()
    for pointer in pointers:
        paths.add(parse(pointer))
    chosen: dict[str, Any] = _chosen(document, paths)
    along = _copied(document, ("@context",))
    return along | chosen | along


def _chosen(value: Any, paths: _Paths) -> Any:
    if paths.whole:
        return copy.deepcopy(value)
    parts = {token: _chosen(_member(value, token), further) for token, further in paths.items()}
    if isinstance(value, list):
        return [parts[token] for token in sorted(parts, key=int)]
    # In front for the reader, and whole even where a pointer chose one of several types.
    along = _copied(value, ("id", "type"))
    return along | parts | along


def _copied(value: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: copy.deepcopy(value[name]) for name in names if name in value}


def _member(value: Any, token: str) -> Any:
    if isinstance(value, list) and _INDEX.fullmatch(token):
        return value[int(token)]
    if isinstance(value, Mapping):
        return value[token]
    raise LookupError(token)
