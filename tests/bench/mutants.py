"""Mutants of documents, tokens and images: the same dice give the same mutants."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from typing import Any

# What has hurt readers before.
_HOSTILE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**53 + 1,
    1e308,
    0.1,
    "",
    " ",
    "\u0000",
    "\ud800",
    "\u202e",
    "a" * 5000,
    "http://",
    "did:key:z",
    "did:web:localhost",
    "data:,",
    "urn:x",
    "//x",
    "@id",
    "_:b0",
    "2026-02-30T00:00:00Z",
    "u" + "A" * 200,
    "z" + "1" * 200,
    [],
    {},
    [[]],
    [None],
    {"@context": {"@vocab": "urn:x:"}},
    {"@id": "_:b0"},
    {"@list": [{"@list": []}]},
    {"@value": 1, "@type": "@json"},
    {"@graph": []},
    ["https://www.w3.org/ns/credentials/v2"] * 40,
)


def mutate(content: bytes, dice: random.Random) -> bytes:
    """One to three changes, of the JSON inside where there is some, else of the bytes."""
    mutant = content
    for _ in range(dice.randint(1, 3)):
        change = dice.choice((_bytes_changed, _structure_changed, _structure_changed))
        mutant = change(mutant, dice)
    return mutant


def _structure_changed(content: bytes, dice: random.Random) -> bytes:
    if content[:1] == b"{":
        return _json_changed(content, dice)
    if content[:2] == b"ey":
        return _part_changed(content, dice)
    return _bytes_changed(content, dice)


def _json_changed(content: bytes, dice: random.Random) -> bytes:
    try:
        document = json.loads(content)
    except ValueError:
        return _bytes_changed(content, dice)
    places = list(_places(document))
    if not places:
        return _bytes_changed(content, dice)
    holder, key = dice.choice(places)
    how = dice.randrange(6)
    if how == 0:
        del holder[key]
    elif how == 1:
        other_holder, other_key = dice.choice(places)
        holder[key] = json.loads(json.dumps(other_holder.get(other_key)))
    elif how == 2:
        holder[key] = [holder[key]] * dice.choice((0, 1, 2, 30))
    elif how == 3 and isinstance(holder[key], str):
        holder[key] = _text_changed(holder[key], dice)
    elif how == 4:
        holder[_text_changed(str(key), dice)] = holder.pop(key)
    else:
        holder[key] = dice.choice(_HOSTILE)
    return json.dumps(document, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")


def _places(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield value, key
            yield from _places(member)
    elif isinstance(value, list):
        for item in value:
            yield from _places(item)


def _part_changed(content: bytes, dice: random.Random) -> bytes:
    """Change one part of a token; if it is JSON inside, that."""
    parts = content.split(b".")
    at = dice.randrange(len(parts))
    try:
        inner = base64.urlsafe_b64decode(parts[at] + b"=" * (-len(parts[at]) % 4))
    except ValueError:
        return _bytes_changed(content, dice)
    changed = _json_changed(inner, dice) if inner[:1] == b"{" else _bytes_changed(inner, dice)
    parts[at] = base64.urlsafe_b64encode(changed).rstrip(b"=")
    return b".".join(parts)


def _text_changed(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text) + 1)
    return (
        text[:at]
        + dice.choice(("", "\u0000", "x", "\ud800", "%", "#", "𝔘", "z" * 300))
        + text[at + 1 :]
    )


def _bytes_changed(content: bytes, dice: random.Random) -> bytes:
    if not content:
        return content
    at = dice.randrange(len(content))
    how = dice.randrange(5)
    if how == 0:
        return content[:at] + bytes([content[at] ^ (1 << dice.randrange(8))]) + content[at + 1 :]
    if how == 1:
        return content[:at]
    if how == 2:
        return content[:at] + dice.randbytes(dice.randint(1, 8)) + content[at:]
    until = min(len(content), at + dice.randint(1, 64))
    if how == 3:
        return content[:at] + content[until:]
    return content[:until] + content[at:until] * dice.choice((1, 50)) + content[until:]
