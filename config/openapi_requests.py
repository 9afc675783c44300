"""What requests may hold, described as strictly as it is read; and how one request leads to others.

Both are hooks of drf-spectacular, which knows serializers and views, but not the parser before them
nor the ids that answers hold.
"""

from collections.abc import Iterator
from typing import Any, Final

# What has no place in a text: see skills/readers/texts.py. Tags, above U+FFFF, are left to it.
_REFUSED: Final = (
    r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069"
    r"\ufdd0-\ufdef\ufffe\uffff"
)
_ANY: Final = f"[^{_REFUSED}]*"
_TEXTS: Final[dict[str, dict[str, Any]]] = {
    "Text": {
        "type": "string",
        "pattern": f"^{_ANY}$",
        "description": "No control characters, no marks that turn the order of what is read",
    },
    "FilledText": {
        "type": "string",
        "minLength": 1,
        "pattern": rf"^{_ANY}[^\s{_REFUSED}]{_ANY}$",
        "description": "The same, and not blank",
    },
}
_SAYS_MORE: Final = frozenset({"enum", "const", "format", "pattern", "contentMediaType"})
_JSON: Final = "application/json"
_KNOWN_BY: Final = "/{id}"


def bound(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook: no member but those described, and no text that holds what nobody sees."""
    components = result["components"]["schemas"]
    components |= {name: dict(schema) for name, schema in _TEXTS.items()}
    for component in _of_requests(result):
        if "properties" in components[component]:
            components[component]["additionalProperties"] = False
        for schema in _texts(components[component]):
            _bind(schema)
    for _place, operation in _operations(result):
        if "requestBody" in operation and _is_needed(operation["requestBody"], components):
            operation["requestBody"]["required"] = True
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                for schema in _texts(parameter["schema"]):
                    _bind(schema)
    return result


def _is_needed(body: dict[str, Any], components: dict[str, Any]) -> bool:
    """Whether something must be sent: of a row something is changed, of options none is needed."""
    names = [*_references(body)]
    return any(name.endswith("RowRequest") or "required" in components[name] for name in names)


def _bind(schema: dict[str, Any]) -> None:
    name = "FilledText" if schema.pop("minLength", 0) else "Text"
    del schema["type"]
    schema["$ref"] = f"#/components/schemas/{name}"


def _texts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every text in it of which nothing is said but how long it is."""
    if schema.get("type") == "string" and not _SAYS_MORE & set(schema):
        yield schema
    for inner in schema.get("properties", {}).values():
        yield from _texts(inner)
    if "items" in schema:
        yield from _texts(schema["items"])


def _of_requests(result: dict[str, Any]) -> set[str]:
    """The components that bodies of requests are made of."""
    components = result["components"]["schemas"]
    bodies = (operation.get("requestBody", {}) for _place, operation in _operations(result))
    waiting, found = [*_references([*bodies])], set[str]()
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += _references(components[name])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(said := node.get("$ref"), str):
            yield said.rpartition("/")[2]
        node = [*node.values()]
    if isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def linked(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook: an answer with ids links to whatever takes them."""
    operations = dict(_operations(result))
    for (method, path), operation in operations.items():
        for status, of_one in (("200", "results/0/id"), ("201", "id")):
            answer = operation["responses"].get(status)
            if answer is None or _JSON not in answer.get("content", {}):
                continue
            if (method == "get") == (status == "200"):
                given = f"$response.body#/{of_one}"
                _link(answer, {"id": given}, operations, path)
        if method == "post" and _takes_rows(operation):
            given = "sis:{$request.query.source}:{$response.body#/rows/0/key}"
            _link(operation["responses"]["200"], {"id": given}, operations, path)
    return result


def _link(
    answer: dict[str, Any],
    given: dict[str, str],
    operations: dict[tuple[str, str], dict[str, Any]],
    path: str,
) -> None:
    for (_method, other), target in operations.items():
        if not other.startswith(path + _KNOWN_BY) or other.count("{") > 1:
            continue
        name = target["operationId"]
        links = answer.setdefault("links", {})
        links[name] = {"operationId": name, "parameters": given}


def _takes_rows(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == "source" for parameter in operation.get("parameters", ()))


def _operations(
    result: dict[str, Any],
) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            yield (method, path), operation
