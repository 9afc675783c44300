"""JSON text of strangers, read strictly (RFC 8259, and what I-JSON, RFC 7493, asks)."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from issuer.vc.errors import MalformedJson, NotUtf8, OutOfBounds, RepeatedName, TooDeep

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
# Beyond this, JSON readers that hold numbers as IEEE doubles see different integers.
_MAX_INTEGER = 2**53


def parse_json(content: bytes, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Read one JSON object, refusing whatever two readers could understand differently.

    Raises MalformedJson for names that occur twice, NaN, Infinity, numbers
    beyond a double, integers beyond 2^53, lone surrogates, anything but UTF-8,
    and anything but an object; OutOfBounds when it is too long or nested too deeply.
    """
    document = _parse(content, max_bytes)
    if not isinstance(document, dict):
        raise MalformedJson("The text is not a JSON object.")
    return document


def parse_array(content: bytes, *, max_bytes: int = MAX_BYTES) -> list[Any]:
    """Read one JSON array as strictly as `parse_json` reads an object."""
    items = _parse(content, max_bytes)
    if not isinstance(items, list):
        raise MalformedJson("The text is not a JSON array.")
    return items


def holds_nul(value: object) -> bool:
    """Whether a text in it, or a name, holds NUL: JSON may, but PostgreSQL keeps no such text."""
    if isinstance(value, dict):
        return any(map(holds_nul, (*value, *value.values())))
    if isinstance(value, list):
        return any(map(holds_nul, value))
    return isinstance(value, str) and "\0" in value


def _parse(content: bytes, max_bytes: int) -> Any:
    if len(content) > max_bytes:
        raise OutOfBounds(f"The text has more than {max_bytes} bytes.")
    try:
        text = content.decode("utf-8")
        document = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NotUtf8(f"Byte {error.start} (line {line}) is not UTF-8.") from None
    except RecursionError:
        raise TooDeep(f"The text is nested more than {MAX_DEPTH} deep.") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(f"The text is not JSON: {error}.") from None
    _require_bounded(document)
    # Only what is spelt out can be half a character: the text itself was UTF-8.
    if "\\u" in text:
        _require_characters(document)
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RepeatedName(f"The name {twice!r} occurs twice in one object.")
    return found


def _constant(text: str) -> NoReturn:
    raise MalformedJson(f"{text} is not a JSON number.")


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _MAX_INTEGER:
        raise MalformedJson("An integer is larger than 2^53.")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedJson("A number is too large.")
    return number


def _require_bounded(document: object) -> None:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
        if not inner:
            return
        level = inner
    raise TooDeep(f"The text is nested more than {MAX_DEPTH} deep.")


def _require_characters(document: object) -> None:
    try:
        write_json(document).encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedJson("A text holds half a character (a lone surrogate).") from None


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def write_json(document: object) -> str:
    """Write what is stored and served: without spaces, in its order; the same, the same text."""
    return _write(document)
