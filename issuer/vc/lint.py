"""All that must hold before a key is touched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from issuer.vc import (
    canonical,
    classes,
    credential,
    did,
    openbadges,
    status_list,
    timestamps,
)
from issuer.vc.errors import DataLoss, Finding, LintFailed, OutOfBounds, VcError

__all__ = ["Finding", "lint", "require"]

# Canonical N-Quads escape these and implementations differ in it; some are no characters at all.
# TAB, LF and CR are fine.
_BAD_CHARACTER = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)
_DATA_MODEL = "Verifiable Credentials Data Model 2.0"
_OPEN_BADGES = "Open Badges 3.0"
_STATUS_LIST = "Bitstring Status List 1.0"


def lint(document: object, *, issuer_did: str) -> list[Finding]:
    """Return everything for which the unsigned OpenBadgeCredential must not be signed.

    Each finding has a code, a JSON Pointer, a sentence and the section it
    rests on; all are found in one pass. What is no JSON object, or too large to
    be looked at, has one finding only. An empty list means: sign.
    """
    try:
        canonical.check_bounds(document)
    except VcError as error:
        return [Finding(error.code, "", str(error), _DATA_MODEL)]
    if not isinstance(document, dict):
        raise TypeError(document)
    findings = [finding for rule in _RULES for finding in rule(document, issuer_did)]
    return findings + list(_json_ld(document, bool(findings)))


def require(document: dict[str, Any], *, issuer_did: str) -> None:
    """Raise LintFailed with the findings, if there are any."""
    findings = lint(document, issuer_did=issuer_did)
    if findings:
        raise LintFailed(findings)


def _contexts(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    if document.get("@context") != list(openbadges.CONTEXTS):
        expected = ", ".join(openbadges.CONTEXTS)
        yield Finding(
            "wrong_contexts",
            "/@context",
            f"The contexts must be, in order: {expected}.",
            _OPEN_BADGES,
        )
    yield from _inner_contexts(document, "")


def _inner_contexts(value: object, pointer: str) -> Iterator[Finding]:
    for where, inner in _members(value, pointer):
        if isinstance(inner, dict) and "@context" in inner:
            yield Finding(
                "inner_context",
                f"{where}/@context",
                "Only the document has contexts.",
                _DATA_MODEL,
            )


def _type(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    if document.get("type") != list(openbadges.TYPES):
        expected = ", ".join(openbadges.TYPES)
        yield Finding("wrong_type", "/type", f"The types must be {expected}.", _OPEN_BADGES)
    if "proof" in document:
        yield Finding("signed_already", "/proof", "The document is signed already.", _DATA_MODEL)


def _members_of_classes(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    for finding in classes.problems(document, classes.CREDENTIAL, ""):
        if finding.pointer != "/type":
            yield finding


def _issuer(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    issuer = document.get("issuer")
    if not did.is_did(issuer_did):
        yield Finding("wrong_issuer", "/issuer/id", "The key's DID is no DID.", _DATA_MODEL)
    elif isinstance(issuer, dict) and issuer.get("id") != issuer_did:
        yield Finding(
            "wrong_issuer",
            "/issuer/id",
            f"The issuer must be {issuer_did}.",
            _DATA_MODEL,
        )


def _dates(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    subject = document.get("credentialSubject")
    spans = [
        (document, "", "validFrom", "validUntil"),
        (subject, "/credentialSubject", "activityStartDate", "activityEndDate"),
    ]
    for holder, pointer, first, last in spans:
        if not isinstance(holder, dict) or first not in holder or last not in holder:
            continue
        try:
            in_order = timestamps.read(holder[first]) <= timestamps.read(holder[last])
        except VcError:
            continue
        if not in_order:
            yield Finding(
                "wrong_order",
                f"{pointer}/{last}",
                f"{last} is before {first}.",
                _DATA_MODEL,
            )


def _subject(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    subject = document.get("credentialSubject")
    if not isinstance(subject, dict):
        return
    section = f"{_OPEN_BADGES}, AchievementSubject"
    if "id" not in subject and not subject.get("identifier"):
        yield Finding(
            "missing",
            "/credentialSubject",
            "State the learner's id or identifier.",
            section,
        )
    achievement = subject.get("achievement")
    if not isinstance(achievement, dict):
        return
    criteria = achievement.get("criteria")
    if isinstance(criteria, dict) and not (criteria.get("id") or criteria.get("narrative")):
        yield Finding(
            "missing",
            "/credentialSubject/achievement/criteria",
            "State the criteria by id, narrative or both.",
            f"{_OPEN_BADGES}, Criteria",
        )


def _results(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    subject = _object(document.get("credentialSubject"))
    achievement = _object(subject.get("achievement"))
    descriptions: dict[str, dict[str, Any]] = {}
    pointer = "/credentialSubject/achievement/resultDescription"
    for index, description in enumerate(_objects(achievement.get("resultDescription"))):
        where, name = f"{pointer}/{index}", str(description.get("id"))
        if name in descriptions:
            yield Finding("twice", f"{where}/id", "Two descriptions have this id.", _OPEN_BADGES)
        descriptions[name] = description
        yield from _reference_findings(
            description,
            where,
            value="requiredValue",
            level="requiredLevel",
            of=description,
        )
    for index, result in enumerate(_objects(subject.get("result"))):
        where = f"/credentialSubject/result/{index}"
        yield from _result_findings(result, where, descriptions)


def _result_findings(
    result: dict[str, Any], pointer: str, descriptions: dict[str, dict[str, Any]]
) -> Iterator[Finding]:
    section = f"{_OPEN_BADGES}, Result"
    if "resultDescription" not in result:
        if "achievedLevel" in result:
            yield Finding("missing", pointer, "A level needs a resultDescription.", section)
        return
    description = descriptions.get(str(result["resultDescription"]))
    if description is None:
        yield Finding(
            "dangling",
            f"{pointer}/resultDescription",
            "The achievement has no such resultDescription.",
            section,
        )
        return
    if description.get("resultType") == "Status" and "status" not in result:
        yield Finding("missing", f"{pointer}/status", "The result must state a status.", section)
    yield from _reference_findings(
        result, pointer, value="value", level="achievedLevel", of=description
    )


def _reference_findings(
    holder: dict[str, Any], pointer: str, *, value: str, level: str, of: dict[str, Any]
) -> Iterator[Finding]:
    section = f"{_OPEN_BADGES}, ResultDescription"
    if isinstance(holder.get(value), str):
        problem = openbadges.value_problem(
            holder[value],
            allowed=_texts(of.get("allowedValue")),
            lowest=_text(of.get("valueMin")),
            highest=_text(of.get("valueMax")),
        )
        if problem:
            yield Finding("not_allowed", f"{pointer}/{value}", problem, section)
    levels = [known.get("id") for known in _objects(of.get("rubricCriterionLevel"))]
    if level in holder and holder[level] not in levels:
        yield Finding(
            "dangling",
            f"{pointer}/{level}",
            "The description has no such level.",
            section,
        )


def _status(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    entry = document.get("credentialStatus")
    if not isinstance(entry, dict):
        return
    list_url, index = entry.get("statusListCredential"), entry.get("statusListIndex")
    if entry.get("statusPurpose") not in (
        status_list.REVOCATION,
        status_list.SUSPENSION,
    ):
        yield Finding(
            "wrong_value",
            "/credentialStatus/statusPurpose",
            "The purpose must be revocation or suspension.",
            _STATUS_LIST,
        )
    try:
        status_list.parse_index(index)
    except VcError as error:
        yield Finding("wrong_value", "/credentialStatus/statusListIndex", str(error), _STATUS_LIST)
    if entry.get("id") != f"{list_url}#{index}":
        yield Finding(
            "wrong_value",
            "/credentialStatus/id",
            "The id must be the list's address with the index as fragment.",
            _STATUS_LIST,
        )


def _schema(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    if document.get("credentialSchema") != [openbadges.SCHEMA]:
        yield Finding(
            "wrong_value",
            "/credentialSchema",
            f"Name one schema, {openbadges.SCHEMA['id']}.",
            _OPEN_BADGES,
        )


def _values(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    for pointer, value in _members(document, ""):
        if value is None:
            yield Finding("null", pointer, "Leave out what is not stated.", _OPEN_BADGES)
        elif value == [] or value == {}:
            yield Finding("empty", pointer, "Leave out what is empty.", _OPEN_BADGES)
        elif isinstance(value, str) and _BAD_CHARACTER.search(value):
            yield Finding(
                "bad_character",
                pointer,
                "The text holds a control or no character.",
                _DATA_MODEL,
            )


def _identities(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    # RDF knows one node where JSON has two objects of one id: what one of them states could be
    # moved to the other under an intact signature.
    seen: dict[str, dict[str, Any]] = {}
    for pointer, value in [("", document), *_members(document, "")]:
        if not isinstance(value, dict) or not isinstance(value.get("id"), str):
            continue
        if seen.setdefault(value["id"], value) != value:
            yield Finding(
                "same_id",
                f"{pointer}/id",
                "Another object has this id and differs.",
                _DATA_MODEL,
            )


def _json_ld(document: dict[str, Any], has_findings: bool) -> Iterator[Finding]:
    try:
        canonical.canonize(document)
    except (DataLoss, OutOfBounds) as error:
        yield Finding(error.code, "", str(error), "VC Data Integrity 1.0, data loss")
    except VcError as error:
        # Malformed RDF mostly follows from what was found already; then it would only confuse.
        if not has_findings:
            yield Finding(error.code, "", str(error), _DATA_MODEL)


_RULES: tuple[Callable[[dict[str, Any], str], Iterator[Finding]], ...] = (
    _contexts,
    _type,
    _members_of_classes,
    _issuer,
    _dates,
    _subject,
    _results,
    _status,
    _schema,
    _values,
    _identities,
)


def _members(value: object, pointer: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        children: list[tuple[str, Any]] = [
            (name.replace("~", "~0").replace("/", "~1"), member) for name, member in value.items()
        ]
    elif isinstance(value, list):
        children = [(str(index), item) for index, item in enumerate(value)]
    else:
        return
    for name, child in children:
        yield f"{pointer}/{name}", child
        yield from _members(child, f"{pointer}/{name}")


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in credential.many(value) if isinstance(item, dict)]


def _texts(value: object) -> list[str]:
    return [item for item in credential.many(value) if isinstance(item, str)]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
