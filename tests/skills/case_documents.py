"""A small CASE package to spoil."""

from typing import Any

DOCUMENT = "d0000000-0000-4000-8000-000000000000"
ITEMS = [f"10000000-0000-4000-8000-00000000000{n}" for n in range(3)]
LINKS = [f"a0000000-0000-4000-8000-00000000000{n}" for n in range(3)]
ELSEWHERE = "e0000000-0000-4000-8000-000000000000"
CHANGED = "2026-01-01T00:00:00Z"


def end(identifier: str) -> dict[str, str]:
    return {"title": "x", "identifier": identifier, "uri": f"https://a.example/{identifier}"}


def association(number: int, origin: str, destination: str) -> dict[str, Any]:
    identifier = f"a0000000-0000-4000-8000-{number:012}"
    return {
        "identifier": identifier,
        "uri": f"https://a.example/CFAssociations/{identifier}",
        "associationType": "isChildOf",
        "originNodeURI": end(origin),
        "destinationNodeURI": end(destination),
        "lastChangeDateTime": CHANGED,
    }


def item(number: int) -> dict[str, Any]:
    identifier = f"10000000-0000-4000-8000-{number:012}"
    return {
        "identifier": identifier,
        "uri": f"https://a.example/CFItems/{identifier}",
        "fullStatement": f"Statement {number}",
        "lastChangeDateTime": CHANGED,
    }


def package() -> dict[str, Any]:
    """Item 0 is at the top, items 1 and 2 are its children."""
    return {
        "CFDocument": {
            "identifier": DOCUMENT,
            "uri": f"https://a.example/CFDocuments/{DOCUMENT}",
            "creator": "Quillhaven College",
            "title": "Practical skills",
            "lastChangeDateTime": CHANGED,
        },
        "CFItems": [item(0), item(1), item(2)],
        "CFAssociations": [
            association(0, ITEMS[0], DOCUMENT),
            association(1, ITEMS[1], ITEMS[0]),
            association(2, ITEMS[2], ITEMS[0]),
        ],
    }


def object_(kind: str, number: int, **members: Any) -> dict[str, Any]:
    """An object of any other kind: a rubric, a criterion, a definition."""
    identifier = f"c{kind}000000-0000-4000-8000-{number:012}"
    return {
        "identifier": identifier,
        "uri": f"https://a.example/{identifier}",
        "lastChangeDateTime": CHANGED,
        **members,
    }
