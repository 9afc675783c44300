"""The contexts and schemas beside the checkout."""

import functools
import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

CREDENTIALS_V1 = "https://www.w3.org/2018/credentials/v1"
CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OB = "https://purl.imsglobal.org/spec/ob/v3p0"
CLR = "https://purl.imsglobal.org/spec/clr/v2p0"

_CONTEXTS = {
    CREDENTIALS_V1: "2018-credentials-v1.jsonld",
    CREDENTIALS_V2: "credentials-v2.jsonld",
    f"{OB}/context.json": "ob-v3p0.json",
    f"{OB}/context-3.0.1.json": "ob-v3p0-3.0.1.json",
    f"{OB}/context-3.0.2.json": "ob-v3p0-3.0.2.json",
    f"{OB}/context-3.0.3.json": "ob-v3p0-3.0.3.json",
    f"{OB}/extensions.json": "ob-v3p0-extensions.json",
    f"{CLR}/context.json": "clr-v2p0.json",
    f"{CLR}/context-2.0.1.json": "clr-v2p0-2.0.1.json",
    "https://w3id.org/security/suites/ed25519-2020/v1": "security-suites-ed25519-2020-v1.jsonld",
    "https://w3id.org/security/data-integrity/v1": "data-integrity-v1.jsonld",
    "https://w3id.org/security/v1": "security-v1.jsonld",
    "https://w3id.org/security/v2": "security-v2.jsonld",
    "https://www.w3.org/ns/did/v1": "did-v1.jsonld",
}


def document_loader(url: str, options: object) -> dict[str, Any]:
    """Give pyld a context that the validator bundles; no other can be had."""
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": _read(f"contexts/{_CONTEXTS[url]}"),
    }


def schema(name: str) -> dict[str, Any] | None:
    """The published schema of a file name that begins with ob_ or clr_, if it is at hand."""
    folder = "ob-v3p0" if name.startswith("ob_") else "clr-v2p0"
    path = f"schemas/{folder}/{name}"
    return _read(path) if (DATA / path).exists() else None


@functools.cache
def in_arrays(name: str) -> dict[str, Any]:
    """The same schema without the leave to write a single value instead of an array of one.

    Only a lone proof is still allowed: it is what every verifier reads. The schema is at hand.
    """
    found: dict[str, Any] = _in_arrays(schema(name))
    return found


def _in_arrays(node: Any) -> Any:
    if isinstance(node, list):
        return [_in_arrays(item) for item in node]
    if not isinstance(node, dict):
        return node
    choices = node.get("oneOf", [])
    if len(choices) == 2 and [_is_array(choice) for choice in choices] == [False, True]:
        node = {key: value for key, value in node.items() if key != "oneOf"} | choices[1]
    return {key: value if key == "proof" else _in_arrays(value) for key, value in node.items()}


def _is_array(node: dict[str, Any]) -> bool:
    return node.get("type") == "array" or bool(
        node.get("allOf") and all(map(_is_array, node["allOf"]))
    )


@functools.cache
def _read(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / path).read_text())
    return found
