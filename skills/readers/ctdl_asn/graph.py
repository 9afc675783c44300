"""Finds the nodes of a JSON-LD document that we know, wherever they stand in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from skills.readers.ctdl_asn.properties import CHILDREN
from skills.readers.ctdl_asn.values import each, local
from skills.readers.errors import Unreadable
from skills.readers.json_text import pointer
from skills.readers.problems import Problems

MAX_NODES: Final = 100_000

Node = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Graph:
    """The nodes by what they are, each with its place."""

    frameworks: list[Node] = field(default_factory=list)
    competencies: list[Node] = field(default_factory=list)
    concepts: list[Node] = field(default_factory=list)


def nodes(document: Any, problems: Problems) -> Graph:
    """Sort the document's nodes. Those of another type are told of, once a type, and passed over.

    Raises Unreadable where there are none, or too many.
    """
    graph, others = Graph(), set()
    lists = {
        "CompetencyFramework": graph.frameworks,
        "Competency": graph.competencies,
        "Concept": graph.concepts,
    }
    count = 0
    for place, value in _found(document):
        count += 1
        if count > MAX_NODES:
            raise Unreadable(
                "too_many",
                f"The graph has more than {MAX_NODES:,} nodes.",
                "Export the framework in parts.",
            )
        if not isinstance(value, dict):
            problems.add(place, code="type", reason="This is not an object.", fix="Write {...}.")
            continue
        type_ = _type(value)
        if type_ in lists:
            lists[type_].append((place, value))
        elif type_ not in others:
            others.add(type_)
            _warn_of(place, type_, problems)
    return graph


def _found(document: Any) -> Iterator[tuple[str, Any]]:
    """The nodes in their order, each followed by those within it."""
    waiting = list(_outermost(document))[::-1]
    while waiting:
        place, value = waiting.pop()
        yield place, value
        if isinstance(value, dict):
            waiting += list(_within(place, value))[::-1]


def _outermost(document: Any) -> Iterator[tuple[str, Any]]:
    # A request to publish has the graph inside.
    place, inner = "", document
    if isinstance(document, dict) and isinstance(document.get("GraphInput"), dict):
        place, inner = "/GraphInput", document["GraphInput"]
    if isinstance(inner, dict) and "@graph" in inner:
        place, inner = pointer(place, "@graph"), inner["@graph"]
    if not isinstance(inner, dict | list):
        raise Unreadable(
            "type", "There is no graph of JSON objects.", "Give a @graph.", pointer=place
        )
    return each(place, inner)


def _within(place: str, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if local(name) in CHILDREN:
            for at, one in each(pointer(place, name), inner):
                if isinstance(one, dict) and _type(one):
                    yield at, one


def _type(value: dict[str, Any]) -> str:
    """The type without its prefix; of several the first that we know."""
    given = value.get("@type", value.get("type"))
    values = given if isinstance(given, list) else [given]
    types = [local(one) for one in values if isinstance(one, str)]
    known = [one for one in types if one in ("CompetencyFramework", "Competency", "Concept")]
    return (known or types or [""])[0]


def _warn_of(place: str, type_: str, problems: Problems) -> None:
    problems.add(
        place,
        value=type_,
        code="unknown_type",
        reason="Nodes of this type are not read." if type_ else "A node without @type is not read.",
        fix="Nothing, if they are not competencies; else correct @type.",
        severity="warning",
    )
