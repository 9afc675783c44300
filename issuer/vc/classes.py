"""The classes of Open Badges 3.0 as tables: which member, of which kind, required, one or many."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from issuer.vc import credential, openbadges, timestamps
from issuer.vc.errors import Finding, VcError

# JSON-LD writes a number with a fraction in 16 digits; with more than 15, implementations differ.
MAX_DIGITS = 15


@dataclass(frozen=True)
class Class:
    """A class: its name in `type`, and a rule for each of its members.

    `type_is_text` marks the few classes whose type is one text and not an array.
    """

    name: str
    members: Mapping[str, Rule] = field(default_factory=dict)
    typed: bool = True
    type_is_text: bool = False


@dataclass(frozen=True)
class Rule:
    """What a member may hold: a kind of text or number, a term, or an object of a class."""

    kind: str | frozenset[str] | Class
    required: bool = False
    many: bool = False


TEXT, URI, TIME, NUMBER, BOOLEAN = "text", "URI", "date-time", "number", "boolean"


def _one(kind: str | frozenset[str] | Class) -> Rule:
    return Rule(kind)


def _must(kind: str | frozenset[str] | Class) -> Rule:
    return Rule(kind, required=True)


def _any(kind: str | frozenset[str] | Class) -> Rule:
    return Rule(kind, many=True)


IMAGE = Class("Image", {"id": _must(URI), "caption": _one(TEXT)}, type_is_text=True)
IDENTIFIER_ENTRY = Class(
    "IdentifierEntry",
    {"identifier": _must(TEXT), "identifierType": _must(openbadges.IDENTIFIER_TYPES)},
    type_is_text=True,
)
IDENTITY_OBJECT = Class(
    "IdentityObject",
    {
        "hashed": _must(BOOLEAN),
        "identityHash": _must(TEXT),
        "identityType": _must(openbadges.IDENTIFIER_TYPES),
        "salt": _one(TEXT),
    },
    type_is_text=True,
)
ADDRESS = Class(
    "Address",
    dict.fromkeys(
        (
            "addressCountry",
            "addressCountryCode",
            "addressRegion",
            "addressLocality",
            "streetAddress",
            "postOfficeBoxNumber",
            "postalCode",
        ),
        _one(TEXT),
    ),
)
_PROFILE_MEMBERS = {
    "id": _must(URI),
    **dict.fromkeys(("name", "phone", "description", "email", "official"), _one(TEXT)),
    "url": _one(URI),
    "image": _one(IMAGE),
    "address": _one(ADDRESS),
    "otherIdentifier": _any(IDENTIFIER_ENTRY),
}
PARENT = Class("Profile", _PROFILE_MEMBERS)
PROFILE = Class("Profile", {**_PROFILE_MEMBERS, "parentOrg": _one(PARENT)})
ALIGNMENT = Class(
    "Alignment",
    {
        "targetName": _must(TEXT),
        "targetUrl": _must(URI),
        **dict.fromkeys(("targetCode", "targetDescription", "targetFramework"), _one(TEXT)),
        "targetType": _one(openbadges.TARGET_TYPES),
    },
)
LEVEL = Class(
    "RubricCriterionLevel",
    {
        "id": _must(URI),
        "name": _must(TEXT),
        **dict.fromkeys(("description", "level", "points"), _one(TEXT)),
        "alignment": _any(ALIGNMENT),
    },
)
RESULT_DESCRIPTION = Class(
    "ResultDescription",
    {
        "id": _must(URI),
        "name": _must(TEXT),
        "resultType": _must(openbadges.RESULT_TYPES),
        "alignment": _any(ALIGNMENT),
        "allowedValue": _any(TEXT),
        "requiredLevel": _one(URI),
        **dict.fromkeys(("requiredValue", "valueMin", "valueMax"), _one(TEXT)),
        "rubricCriterionLevel": _any(LEVEL),
    },
)
RESULT = Class(
    "Result",
    {
        "resultDescription": _one(URI),
        "achievedLevel": _one(URI),
        "value": _one(TEXT),
        "status": _one(openbadges.RESULT_STATUSES),
        "alignment": _any(ALIGNMENT),
    },
)
CRITERIA = Class("Criteria", {"id": _one(URI), "narrative": _one(TEXT)}, typed=False)
ACHIEVEMENT = Class(
    "Achievement",
    {
        "id": _must(URI),
        "name": _must(TEXT),
        "description": _must(TEXT),
        "criteria": _must(CRITERIA),
        "alignment": _any(ALIGNMENT),
        "achievementType": _one(openbadges.ACHIEVEMENT_TYPES),
        "creator": _one(PROFILE),
        "creditsAvailable": _one(NUMBER),
        **dict.fromkeys(
            ("fieldOfStudy", "specialization", "humanCode", "inLanguage", "version"), _one(TEXT)
        ),
        "image": _one(IMAGE),
        "otherIdentifier": _any(IDENTIFIER_ENTRY),
        "resultDescription": _any(RESULT_DESCRIPTION),
        "tag": _any(TEXT),
    },
)
SUBJECT = Class(
    "AchievementSubject",
    {
        "id": _one(URI),
        "identifier": _any(IDENTITY_OBJECT),
        "achievement": _must(ACHIEVEMENT),
        "activityStartDate": _one(TIME),
        "activityEndDate": _one(TIME),
        "creditsEarned": _one(NUMBER),
        "image": _one(IMAGE),
        "result": _any(RESULT),
        "source": _one(PROFILE),
        **dict.fromkeys(("licenseNumber", "narrative", "role", "term"), _one(TEXT)),
    },
)
EVIDENCE = Class(
    "Evidence",
    {
        "id": _one(URI),
        **dict.fromkeys(("name", "narrative", "description", "genre", "audience"), _one(TEXT)),
    },
)
STATUS_ENTRY = Class(
    "BitstringStatusListEntry",
    {
        "id": _must(URI),
        "statusPurpose": _must(TEXT),
        "statusListIndex": _must(TEXT),
        "statusListCredential": _must(URI),
    },
    type_is_text=True,
)
CREDENTIAL_SCHEMA = Class("1EdTechJsonSchemaValidator2019", {"id": _must(URI)}, type_is_text=True)
CREDENTIAL = Class(
    "OpenBadgeCredential",
    {
        "id": _must(URI),
        "name": _must(TEXT),
        "description": _one(TEXT),
        "image": _one(IMAGE),
        "awardedDate": _one(TIME),
        "credentialSubject": _must(SUBJECT),
        "evidence": _any(EVIDENCE),
        "issuer": _must(PROFILE),
        "validFrom": _must(TIME),
        "validUntil": _one(TIME),
        "credentialSchema": _any(CREDENTIAL_SCHEMA),
        "credentialStatus": _one(STATUS_ENTRY),
    },
)


def problems(value: object, class_: Class, pointer: str) -> Iterator[Finding]:
    """Yield every place where the value is not of the class, depth first.

    Members that the class does not name are passed over: whether they are
    defined at all is for the JSON-LD expansion to say.
    """
    section = f"Open Badges 3.0, {class_.name}"
    if not isinstance(value, dict):
        yield Finding("wrong_kind", pointer, f"This must be one {class_.name} object.", section)
        return
    if class_.typed:
        yield from _type_problems(value, class_, pointer, section)
    for name, rule in class_.members.items():
        where = f"{pointer}/{name}"
        if name not in value:
            if rule.required:
                yield Finding("missing", where, f"{class_.name} must state {name}.", section)
        elif rule.many:
            yield from _many_problems(value[name], rule, where, section)
        else:
            yield from _kind_problems(value[name], rule, where, section)


def _type_problems(
    value: dict[str, Any], class_: Class, pointer: str, section: str
) -> Iterator[Finding]:
    found = value.get("type")
    if class_.type_is_text:
        if found != class_.name:
            yield Finding(
                "wrong_type", f"{pointer}/type", f'This must be "{class_.name}".', section
            )
    elif not isinstance(found, list) or class_.name not in found:
        yield Finding(
            "wrong_type", f"{pointer}/type", f'This must be an array with "{class_.name}".', section
        )


def _many_problems(value: object, rule: Rule, pointer: str, section: str) -> Iterator[Finding]:
    if not isinstance(value, list):
        yield Finding("wrong_kind", pointer, "This must be an array, also for one value.", section)
        return
    for index, item in enumerate(value):
        yield from _kind_problems(item, rule, f"{pointer}/{index}", section)


def _kind_problems(value: object, rule: Rule, pointer: str, section: str) -> Iterator[Finding]:
    if isinstance(rule.kind, Class):
        yield from problems(value, rule.kind, pointer)
        return
    message = _simple_problem(value, rule)
    if message:
        yield Finding("wrong_value", pointer, message, section)


def _simple_problem(value: object, rule: Rule) -> str | None:
    kind = rule.kind
    if isinstance(kind, frozenset):
        known = openbadges.is_term(value, kind)
        return None if known else f"{value!r} is no term of the vocabulary."
    if kind == BOOLEAN:
        return None if isinstance(value, bool) else "This must be true or false."
    if kind == NUMBER:
        return _number_problem(value)
    if not isinstance(value, str):
        return "This must be text."
    if rule.required and not value.strip():
        return "This must not be empty."
    if kind == URI and not credential.is_uri(value):
        return f"{value!r} is not an absolute URI."
    return _time_problem(value) if kind == TIME else None


def _number_problem(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "This must be a number."
    if not math.isfinite(value):
        return "This must be a finite number."
    digits = Decimal(repr(value)).normalize().as_tuple().digits
    if len(digits) > MAX_DIGITS or abs(value) >= 10**MAX_DIGITS:
        return f"A number may have at most {MAX_DIGITS} digits."
    return None


def _time_problem(value: str) -> str | None:
    try:
        timestamps.read(value)
    except VcError as error:
        return str(error)
    return None
