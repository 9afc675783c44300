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
# Of numbers those that every reader of JSON reads alike.
_JSON_VALUE: Final[dict[str, Any]] = {
    "type": ["object", "array", "string", "number", "boolean", "null"],
    "minimum": -(2**53),
    "maximum": 2**53,
    "items": {"$ref": "#/components/schemas/JsonValue"},
    "additionalProperties": {"$ref": "#/components/schemas/JsonValue"},
}
_SAYS_MORE: Final = frozenset({"enum", "const", "format", "pattern", "contentMediaType"})
_JSON: Final = "application/json"
_KNOWN_BY: Final = "/{id}"
_JOBS: Final = "/api/v1/jobs"
# What an answer tells of something that lies elsewhere: with which status, where it stands, where.
_REVISIONS: Final = "/api/v1/revisions"
_LEADS_ELSEWHERE: Final = {
    ("post", "/api/v1/templates"): [("201", "$response.body#/revisions/0/id", _REVISIONS)],
    ("post", "/api/v1/templates/{id}/revisions"): [("201", "$response.body#/id", _REVISIONS)],
    ("post", "/api/v1/award-files"): [("201", "$response.body#/batch", "/api/v1/batches")],
}


def bound(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook: no member but those described, and no text that holds what nobody sees."""
    components = result["components"]["schemas"]
    components |= {name: dict(schema) for name, schema in _TEXTS.items()}
    components["JsonValue"] = dict(_JSON_VALUE)
    for component in _of_requests(result):
        if "properties" in components[component]:
            components[component]["additionalProperties"] = False
        if names := components[component].pop("x-one-of", ()):
            components[component]["oneOf"] = [{"required": [name]} for name in names]
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
    for keyword in ("oneOf", "anyOf", "allOf"):
        for inner in schema.get(keyword, ()):
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
    """Hook: an answer that holds an id, whatever was asked, links to all that takes it."""
    operations = dict(_operations(result))
    for (method, path), operation in operations.items():
        answers = operation["responses"]
        if method == "get" and path.endswith(_KNOWN_BY):
            _link(answers["200"], "$response.body#/id", operations, path, but=operation)
        if method == "post" and path + _KNOWN_BY in result["paths"]:
            if _takes_rows(operation):
                known = "sis:{$request.query.source}:{$response.body#/rows/0/key}"
                _link(answers["200"], known, operations, path + _KNOWN_BY)
                _link(answers["202"], "$response.body#/id", operations, _JOBS + _KNOWN_BY)
            else:
                _link(answers["201"], "$response.body#/id", operations, path + _KNOWN_BY)
        for status, known, other in _LEADS_ELSEWHERE.get((method, path), ()):
            _link(answers[status], known, operations, other + _KNOWN_BY)
    return result


def _link(
    answer: dict[str, Any],
    known: str,
    operations: dict[tuple[str, str], dict[str, Any]],
    path: str,
    *,
    but: dict[str, Any] | None = None,
) -> None:
    for (_method, other), target in operations.items():
        if not other.startswith(path) or other.count("{") > 1 or target is but:
            continue
        name = target["operationId"]
        links = answer.setdefault("links", {})
        links[name] = {"operationId": name, "parameters": {"id": known}}


def _takes_rows(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == "source" for parameter in operation.get("parameters", ()))


def _operations(
    result: dict[str, Any],
) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            yield (method, path), operation
