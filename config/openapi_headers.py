"""The headers that the API answers with, described at each answer that may have them."""

from collections.abc import Iterator
from typing import Any, Final

from config import limits, writes
from config.rest import REQUEST_ID
from registrar.api import tries
from registrar.api.versions import ETAG

_TEXT: Final = {"type": "string"}
_SAID: Final[dict[str, tuple[dict[str, Any], str]]] = {
    REQUEST_ID: (
        {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        "What to name when asking about this answer: what the request had in this header, or else "
        "a new UUID",
    ),
    "RateLimit": (
        {"type": "string", "pattern": '^"client";r=[0-9]+;t=[0-9]+$'},
        "How many requests are left (`r`) until the window ends, in `t` seconds. Absent where the "
        "service sets no limit",
    ),
    "RateLimit-Policy": (
        {"type": "string", "pattern": f'^"client";q=[0-9]+;w={limits.WINDOW}$'},
        "How many requests (`q`) a client has in a window of `w` seconds",
    ),
    ETAG: (
        _TEXT,
        "The version that was answered, for `If-None-Match` and, of one thing, for `If-Match`",
    ),
    "Location": (_TEXT, "Where what was made is read; of several at once, where they are listed"),
    "LocationOfWork": (_TEXT, "Where it is read what becomes of it; absent in a dry run"),
    "Retry-After": (
        {"type": "string", "pattern": "^[0-9]+$"},
        "For how many seconds to wait, where it helps to wait",
    ),
    "WWW-Authenticate": (
        {"type": "string", "pattern": "^Bearer "},
        "RFC 6750: `error` is `invalid_token` for one that opens nothing, `insufficient_scope` "
        "with the scopes that are needed in `scope`, and absent where no token was sent; "
        "`resource_metadata` leads to where tokens come from (RFC 9728)",
    ),
    tries.HEADER: (
        {"type": "string", "enum": [tries.SAID]},
        "Stands at every answer to a dry run, also where it refuses: nothing was changed",
    ),
    "Idempotency-Replayed": (
        {"type": "string", "enum": ["true"]},
        f"The answer to an earlier request with this `{writes.KEY}`, given again",
    ),
}
_ALWAYS: Final = frozenset({REQUEST_ID, "Location"})
# By the status of a write: as which of these it says where to go on.
_LEADING_ON: Final = {"201": "Location", "202": "LocationOfWork"}
# Answered before requests are counted, or not by this service at all.
_UNCOUNTED: Final = frozenset({"401", "403"})
_OF_THE_WEB_SERVER: Final = "414"


def describe(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook: which headers each answer has."""
    result["components"]["headers"] = {
        name: {"description": words, "schema": schema, "required": name in _ALWAYS}
        for name, (schema, words) in _SAID.items()
    }
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                names = {name: name for name in _names(method, path, status)}
                if status in _LEADING_ON and _has_effect(operation):
                    names["Location"] = _LEADING_ON[status]
                if names:
                    answer["headers"] = {
                        name: {"$ref": f"#/components/headers/{component}"}
                        for name, component in names.items()
                    }
    return result


def _has_effect(operation: dict[str, Any]) -> bool:
    """Whether something is made; what is derived of a credential is kept by nobody."""
    return writes.KEY in {each["name"] for each in operation.get("parameters", ())}


def _names(method: str, path: str, status: str) -> Iterator[str]:
    if status == _OF_THE_WEB_SERVER:
        return
    yield REQUEST_ID
    if writes.is_write(method.upper(), path):
        yield tries.HEADER
    if status in _UNCOUNTED:
        yield "WWW-Authenticate"
        return
    if status in ("409", "429"):
        yield "Retry-After"
    if writes.is_write(method.upper(), path) and status != "429":
        yield "Idempotency-Replayed"
    if not path.startswith(writes.API):
        return
    yield from ("RateLimit", "RateLimit-Policy")
    if (method, status) in (("get", "200"), ("get", "304"), ("patch", "200")):
        yield ETAG
