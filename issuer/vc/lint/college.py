"""What the college asks of the badges that it composes: narrower than the specifications."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from issuer.vc import classes, openbadges, walk
from issuer.vc.errors import Finding
from issuer.vc.openbadges import AchievementCredential

_SECTION = "Open Badges 3.0"
# Overrides and isolates of direction make a text read as another one; of what has no width (but
# joiners, which letters and emoji need) nobody sees that it is there.
MISLEADING = re.compile("[\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def exact_types(document: dict[str, Any]) -> Iterator[Finding]:
    """The badge is an OpenBadgeCredential and nothing more."""
    if document.get("type") != list(openbadges.TYPES):
        message = f"The types must be {', '.join(openbadges.TYPES)}."
        yield Finding("wrong_type", "/type", message, _SECTION)


def exact_schema(document: dict[str, Any]) -> Iterator[Finding]:
    """The badge names the one schema of Open Badges."""
    if document.get("credentialSchema") != [openbadges.SCHEMA]:
        message = f"Name one schema, {openbadges.SCHEMA['id']}."
        yield Finding("wrong_value", "/credentialSchema", message, _SECTION)


def named(document: dict[str, Any]) -> Iterator[Finding]:
    """The badge has a name, which displays show, although Open Badges does not ask for one."""
    if "name" not in document:
        yield Finding("missing", "/name", "State the badge's name.", _SECTION)
    elif isinstance(document["name"], str) and not document["name"].strip():
        yield Finding("wrong_value", "/name", "This must not be empty.", _SECTION)


def members(document: dict[str, Any]) -> Iterator[Finding]:
    """The badge has the members of its class, written in full."""
    return classes.problems(document, AchievementCredential, "")


def reads_as_written(document: dict[str, Any]) -> Iterator[Finding]:
    """What was achieved, and the skills in it, read as they are written.

    Learners' names are theirs, and may be written as their script asks.
    """
    subject = document.get("credentialSubject")
    if isinstance(subject, dict):
        yield from misleading(subject.get("achievement"), "/credentialSubject/achievement")


def misleading(value: object, pointer: str) -> Iterator[Finding]:
    """Every text inside a value that reads otherwise than it is written."""
    for where, text in walk.members(value, pointer):
        if isinstance(text, str) and (found := MISLEADING.search(text)):
            message = f"The text holds a character that nobody sees (U+{ord(found.group()):04X})."
            yield Finding("misleading_text", where, message, _SECTION)
