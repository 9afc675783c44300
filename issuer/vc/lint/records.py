"""What CLR 2.0 asks of a learner's record beyond the form of its classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from issuer.vc import classes, clr, walk
from issuer.vc.errors import Finding
from issuer.vc.lint import allowed_contexts, open_badges

_SECTION = f"{clr.SPECIFICATION}, ClrSubject"


def record(document: dict[str, Any]) -> Iterator[Finding]:
    """A record that somebody else composed is one, and its associations have both ends."""
    if "ClrCredential" not in walk.types(document):
        return
    section = f"{clr.SPECIFICATION}, ClrCredential"
    yield from allowed_contexts.beginning(document, clr.CONTEXTS[:3], "", section)
    yield from classes.problems(document, clr.ClrCredential, "", compact=True)
    yield from open_badges.named_schema(document, clr.SCHEMA_ID, "", clr.SPECIFICATION)
    yield from open_badges.learner(document)
    subject = document.get("credentialSubject")
    if isinstance(subject, dict):
        for pointer, stated in walk.each_object(subject, "achievement", "/credentialSubject"):
            yield from open_badges.criteria(stated, pointer)
        yield from _associations(subject)


def _associations(subject: dict[str, Any]) -> Iterator[Finding]:
    embedded = [each for _, each in walk.each_object(subject, "verifiableCredential")]
    stated = [each.get("id") for _, each in walk.each_object(subject, "achievement")]
    known = [*stated, *clr.achievement_ids(embedded)]
    for pointer, association in walk.each_object(subject, "association", "/credentialSubject"):
        for end in ("sourceId", "targetId"):
            if end in association and association[end] not in known:
                message = "The record has no such achievement."
                yield Finding("dangling", f"{pointer}/{end}", message, _SECTION)
