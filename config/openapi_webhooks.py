"""What is sent to webhooks, as the API describes it: one entry for each kind of event."""

from dataclasses import fields
from typing import Any, get_args, get_origin

from issuer.services.events import MOST_IDS, TEST, EventType
from registrar.services.college.event_types import SENT

_TYPES = {str: "string", int: "integer", bool: "boolean"}
_HEADERS = {
    "webhook-id": "Stays the same when the message is sent again",
    "webhook-timestamp": "When this try was made, in seconds since 1970",
    "webhook-signature": "Signatures of `id.timestamp.body`, with spaces between: `v1,` is "
    "HMAC-SHA256 by the secret, `v1a,` is Ed25519 by the key",
}
_ANSWERS = {
    "204": "It was taken; any other 2xx says so too.",
    "410": "No more is wanted: the webhook is switched off.",
    "429": "Later, please: after `Retry-After`.",
    "500": "It was not taken, as with any other status: it is sent again, for three days.",
}
# Nobody is left alone or switched off for a test.
_ANSWERS_TO_A_TEST = {
    "204": _ANSWERS["204"],
    "500": "It was not taken, as with any other status: a test is sent once.",
}
_MEMBERS = {
    "url": "Where the rest is read",
    "state": "`done`, or `failed`: then rows may be left that were not reached",
    "dry_run": "True: nothing was written, and the counts say what would be",
    "errors": "How many rows are wrong, and changed nothing",
    "count": "How many they are, also where `ids` is empty",
    "ids": f"All of them; empty where they are more than {MOST_IDS}: page through `url` then",
}


def describe(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook: add `webhooks`, which OpenAPI 3.1 has for what the service sends by itself."""
    return result | {"webhooks": {each.name: {"post": _described(each)} for each in SENT.values()}}


def _described(type: EventType) -> dict[str, Any]:
    body = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "const": type.name},
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "description": "When it happened",
            },
            "data": _data(type.data),
        },
    }
    reads = type.scope or type.read_with
    scope = {"description": f"What it names is read with `{reads}`."} if reads else {}
    answers = _ANSWERS_TO_A_TEST if type is TEST else _ANSWERS
    return {
        "summary": type.says,
        **scope,
        "parameters": [
            {
                "in": "header",
                "name": name,
                "required": True,
                "schema": {"type": "string"},
                "description": what,
            }
            for name, what in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {status: {"description": what} for status, what in answers.items()},
    }


def _data(members: type[Any]) -> dict[str, Any]:
    described = {each.name: _member(each.name, each.type) for each in fields(members)}
    return {"type": "object", "required": [*described], "properties": described}


def _member(name: str, type: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"type": "array" if get_origin(type) is list else _TYPES[type]}
    if items := get_args(type):
        described["items"] = {"type": _TYPES[items[0]]}
        described["maxItems"] = MOST_IDS
    if name == "url":
        described["format"] = "uri"
    if name in _MEMBERS:
        described["description"] = _MEMBERS[name]
    return described
