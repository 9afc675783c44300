"""What operations answer and take alike: described once, and named by each."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

# A list or a mapping, and where in it something is described.
_Place = tuple[Any, Any]


def share(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook: of what has one name, the description that most of them have becomes a component.

    Answers have one name where a status is answered to the same kind of operation; what an answer
    with 2xx holds is told where it is answered.
    """
    answers, parameters = defaultdict(list), defaultdict(list)
    for kind, operation in _operations(result):
        for status in operation["responses"]:
            if kind == "Webhook" or not status.startswith("2"):
                answers[f"{kind}{status}"].append((operation["responses"], status))
        for number, parameter in enumerate(said := operation.get("parameters", [])):
            parameters[parameter["name"]].append((said, number))
    result["components"]["responses"] = _shared("responses", answers)
    result["components"]["parameters"] = _shared("parameters", parameters)
    return result


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each operation, and of which kind it is."""
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            place = "Vc" if path.startswith("/vc-api/") else ""
            yield f"{place}{'Read' if method == 'get' else 'Write'}", operation
    for methods in result.get("webhooks", {}).values():
        yield from (("Webhook", operation) for operation in methods.values())


def _shared(section: str, places: dict[str, list[_Place]]) -> dict[str, Any]:
    """Put a reference in place of what more than half of a name's places say; the components."""
    components = {}
    for name, found in sorted(places.items()):
        texts = [json.dumps(told[at], sort_keys=True) for told, at in found]
        ((usual, count),) = Counter(texts).most_common(1)
        if count < 2 or 2 * count <= len(texts):
            continue
        for (told, at), text in zip(found, texts, strict=True):
            if text == usual:
                components[name] = told[at]
                told[at] = {"$ref": f"#/components/{section}/{name}"}
    return components
