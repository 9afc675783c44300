"""Ways to touch a document: every value and member of it, and how its text is written."""

import copy
import json
from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]
Path = tuple[str | int, ...]

_OTHERS: tuple[Any, ...] = ("", "x", None, 1, 1.0, True, [], {}, "\u0007", "e\u0301", "<>\"\\'")


def values(document: Document) -> Iterator[tuple[str, Document]]:
    """Yield documents in which one value, member or item is another, with what was done."""
    for path in list(_paths(document)):
        name = "/".join(map(str, path))
        value = _at(document, path)
        for other in _others(value):
            yield f"{name} is {other!r}", _with(document, path, other)
        yield f"{name} is gone", _without(document, path)
        if isinstance(value, dict):
            for added in ("extra", "__proto__", "@id", "proof", "name", "validUntil"):
                yield f"{name} has {added}", _with(document, (*path, added), "2020-01-01T00:00:00Z")
            backwards = {each: value[each] for each in reversed(value)}
            yield f"{name} is backwards", _with(document, path, backwards)
        if isinstance(value, list):
            yield f"{name} has each twice", _with(document, path, [*value, *value])


def texts(document: Document) -> Iterator[tuple[str, bytes]]:
    """Yield texts that say the same otherwise, or seem to, with what was done."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    yield "indented", json.dumps(document, indent=2).encode()
    yield "escaped", json.dumps(document, ensure_ascii=True).encode()
    yield "sorted", json.dumps(document, sort_keys=True).encode()
    yield "with a byte order mark and blanks", b"\xef\xbb\xbf\r\n " + text.encode() + b" \n"
    yield "in UTF-16", text.encode("utf-16")
    yield "cut off", text[:-1].encode()
    yield "followed by another", (text + text).encode()
    for name in ("id", "@context", "credentialSubject", "validFrom", "proof", "value", "issuer"):
        for twice in (
            f'"{name}":"other","{name}":',
            f'"\\u{ord(name[0]):04x}{name[1:]}":1,"{name}":',
        ):
            yield f"{name} twice: {twice}", text.replace(f'"{name}":', twice, 1).encode()
    yield "with a name spelt out", text.replace('"name":', '"n\\u0061me":', 1).encode()
    yield "with slashes spelt out", text.replace("/", "\\/").encode()
    yield "with half a character", text.replace('"name":"', '"name":"\\ud83d', 1).encode()
    yield "with a zero", text.replace('"name":"', '"name":"\\u0000', 1).encode()
    yield "with a number written otherwise", text.replace('":5,', '":5.0,').encode()
    yield "with a number as a power", text.replace('":5,', '":5e0,').encode()


def _others(value: Any) -> Iterator[Any]:
    yield from _OTHERS
    if isinstance(value, str):
        yield from (value + "x", value + " ", value.swapcase(), value[1:], f'{value}","x":"y')
    yield [value]
    yield {"@value": value}


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for name in value if isinstance(value, dict) else range(len(value)):
            yield from _paths(value[name], (*path, name))


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _with(document: Document, path: Path, value: Any) -> Document:
    changed = copy.deepcopy(document)
    _at(changed, path[:-1])[path[-1]] = value
    return changed


def _without(document: Document, path: Path) -> Document:
    changed = copy.deepcopy(document)
    del _at(changed, path[:-1])[path[-1]]
    return changed
