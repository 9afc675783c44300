"""What Open Badges 3.0 asks of badges and endorsements beyond the form of their classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from issuer.vc import classes, contexts, credential, openbadges, walk
from issuer.vc.endorsements import SCHEMA_ID as ENDORSEMENT_SCHEMA
from issuer.vc.endorsements import EndorsementCredential
from issuer.vc.errors import Finding
from issuer.vc.lint import allowed_contexts, data_model
from issuer.vc.openbadges import AchievementCredential

_NAME = "Open Badges 3.0"
_FIRST_CONTEXTS = (contexts.CREDENTIALS_V2, contexts.OPEN_BADGES)
BADGE_TYPES = frozenset({"OpenBadgeCredential", "AchievementCredential"})
_ENDORSEMENT = "EndorsementCredential"


def badge(document: dict[str, Any]) -> Iterator[Finding]:
    """A badge that somebody else composed is one, and 1EdTech's validator accepts it."""
    if not BADGE_TYPES & set(walk.types(document)):
        return
    section = f"{_NAME}, Serialization"
    yield from allowed_contexts.beginning(document, _FIRST_CONTEXTS, "", section)
    yield from classes.problems(document, AchievementCredential, "", compact=True)
    yield from named_schema(document, openbadges.SCHEMA["id"], "", _NAME)
    yield from learner(document)
    yield from achievement(document)
    yield from results(document)


def endorsement(document: dict[str, Any]) -> Iterator[Finding]:
    """An endorsement that somebody else composed is one."""
    if _ENDORSEMENT in walk.types(document):
        yield from _endorsement(document, "")


def embedded_endorsements(document: dict[str, Any]) -> Iterator[Finding]:
    """Whatever stands under `endorsement` is a signed endorsement with contexts of its own."""
    for pointer, holder in walk.objects(document):
        for where, embedded in walk.each_object(holder, "endorsement", pointer):
            yield from _endorsement(embedded, where)


def _endorsement(document: dict[str, Any], pointer: str) -> Iterator[Finding]:
    section = f"{_NAME}, EndorsementCredential"
    yield from allowed_contexts.beginning(document, _FIRST_CONTEXTS, pointer, section)
    yield from classes.problems(document, EndorsementCredential, pointer, compact=True)
    yield from named_schema(document, ENDORSEMENT_SCHEMA, pointer, _NAME)


def named_schema(
    document: dict[str, Any], schema: str, pointer: str, specification: str
) -> Iterator[Finding]:
    """Where schemas are named, the one of the specification is among them."""
    named = [found.get("id") for _, found in walk.each_object(document, "credentialSchema")]
    if "credentialSchema" in document and schema not in named:
        yield Finding(
            "wrong_value",
            f"{pointer}/credentialSchema",
            f"One of the schemas must be {schema}.",
            f"{specification}, credentialSchema",
        )


def learner(document: dict[str, Any]) -> Iterator[Finding]:
    """The subject says whose the credential is; an identifier that is hashed is a hash."""
    subject = document.get("credentialSubject")
    if not isinstance(subject, dict):
        return
    if "id" not in subject and not subject.get("identifier"):
        message = "State the learner's id or identifier."
        yield Finding("missing", "/credentialSubject", message, f"{_NAME}, AchievementSubject")
    for pointer, identity in walk.each_object(subject, "identifier", "/credentialSubject"):
        found = identity.get("identityHash")
        if identity.get("hashed") is True and isinstance(found, str):
            if not openbadges.is_identity_hash(found):
                message = 'A hash is "sha256$" and 64 hexadecimal digits.'
                section = f"{_NAME}, IdentityObject"
                yield Finding("wrong_value", f"{pointer}/identityHash", message, section)


def achievement(document: dict[str, Any]) -> Iterator[Finding]:
    """The achievement says how it is earned; the activity does not end before it begins."""
    subject = document.get("credentialSubject")
    if not isinstance(subject, dict):
        return
    section = f"{_NAME}, AchievementSubject"
    yield from data_model.period(
        subject, "/credentialSubject", "activityStartDate", "activityEndDate", section
    )
    for pointer, found in walk.each_object(subject, "achievement", "/credentialSubject"):
        yield from criteria(found, pointer)


def criteria(of: dict[str, Any], pointer: str) -> Iterator[Finding]:
    """An achievement's criteria have an id, a narrative or both."""
    found = of.get("criteria")
    if isinstance(found, dict) and not (found.get("id") or found.get("narrative")):
        message = "State the criteria by id, narrative or both."
        yield Finding("missing", f"{pointer}/criteria", message, f"{_NAME}, Criteria")


def results(document: dict[str, Any]) -> Iterator[Finding]:
    """Results name a description of the achievement, and are what it allows."""
    subject = _map(document.get("credentialSubject"))
    found = _map(subject.get("achievement"))
    descriptions: dict[str, dict[str, Any]] = {}
    at = "/credentialSubject/achievement"
    for pointer, description in walk.each_object(found, "resultDescription", at):
        name = str(description.get("id"))
        if name in descriptions:
            message = "Two descriptions have this id."
            yield Finding("twice", f"{pointer}/id", message, f"{_NAME}, ResultDescription")
        descriptions[name] = description
        yield from _references(
            description, pointer, value="requiredValue", level="requiredLevel", of=description
        )
    for pointer, result in walk.each_object(subject, "result", "/credentialSubject"):
        yield from _result(result, pointer, descriptions)


def _result(
    result: dict[str, Any], pointer: str, descriptions: dict[str, dict[str, Any]]
) -> Iterator[Finding]:
    section = f"{_NAME}, Result"
    if "resultDescription" not in result:
        if "achievedLevel" in result:
            yield Finding("missing", pointer, "A level needs a resultDescription.", section)
        return
    description = descriptions.get(str(result["resultDescription"]))
    if description is None:
        message = "The achievement has no such resultDescription."
        yield Finding("dangling", f"{pointer}/resultDescription", message, section)
        return
    if description.get("resultType") == "Status" and "status" not in result:
        yield Finding("missing", f"{pointer}/status", "The result must state a status.", section)
    yield from _references(result, pointer, value="value", level="achievedLevel", of=description)


def _references(
    holder: dict[str, Any], pointer: str, *, value: str, level: str, of: dict[str, Any]
) -> Iterator[Finding]:
    section = f"{_NAME}, ResultDescription"
    if isinstance(holder.get(value), str):
        allowed = credential.many(of.get("allowedValue", []))
        problem = openbadges.value_problem(
            holder[value],
            allowed=[each for each in allowed if isinstance(each, str)],
            lowest=_text(of.get("valueMin")),
            highest=_text(of.get("valueMax")),
        )
        if problem:
            yield Finding("not_allowed", f"{pointer}/{value}", problem, section)
    levels = [known.get("id") for _, known in walk.each_object(of, "rubricCriterionLevel")]
    if level in holder and holder[level] not in levels:
        message = "The description has no such level."
        yield Finding("dangling", f"{pointer}/{level}", message, section)


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
