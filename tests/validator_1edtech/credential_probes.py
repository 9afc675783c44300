"""The probes of what a credential says: contexts, types, schema, subject, evidence, issuer, dates.

A probe yields faults; what it trips over becomes an exception, as in the validator.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import jsonschema

from . import shared
from .report import Fault, error, fatal, not_run, warning
from .shared import CLR, CREDENTIALS_V1, CREDENTIALS_V2, OB

Document = dict[str, Any]
Fetch = Callable[[str], Any]

BADGE_TYPES = ({"VerifiableCredential"}, {"OpenBadgeCredential", "AchievementCredential"})
CLR_TYPES = ({"VerifiableCredential"}, {"ClrCredential"})
ENDORSEMENT_TYPES = ({"VerifiableCredential"}, {"EndorsementCredential"})
STATUS_LIST_TYPES = ({"VerifiableCredential"}, {"BitstringStatusListCredential"})

_VC_ALIASES = re.compile(re.escape(CREDENTIALS_V1))
_OB_ALIASES = re.compile(
    rf"{re.escape(OB)}/context(-\d\.\d\.\d)?\.json"
    r"|https://purl\.imsglobal\.org/spec/ob/v3p0/context/ob_v3p0\.jsonld"
)
_CLR_ALIASES = re.compile(rf"{re.escape(CLR)}/context(-\d\.\d\.\d)?\.json")

_VC_POSITION = (CREDENTIALS_V2, _VC_ALIASES)
_OB_POSITION = (f"{OB}/context-3.0.3.json", _OB_ALIASES)
_CLR_POSITION = (f"{CLR}/context-2.0.1.json", _CLR_ALIASES)
BADGE_CONTEXTS = (_VC_POSITION, _OB_POSITION)
CLR_CONTEXTS = (_VC_POSITION, _CLR_POSITION, _OB_POSITION)

SCHEMA_TYPE = "1EdTechJsonSchemaValidator2019"
_SCHEMA_URL = re.compile(rf"(?:{re.escape(OB)}|{re.escape(CLR)})/schema/json/(\w+\.json)")
_DATE_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_FORMATS = jsonschema.FormatChecker(("date",))


@_FORMATS.checks("date-time")
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or _DATE_TIME.fullmatch(value) is not None


def many(value: Any) -> list[Any]:
    """Return what may stand alone or in an array as a list, and nothing as an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def types(node: Any) -> set[str]:
    """Return the types of an object."""
    return set(many(node["type"])) if "type" in node else set()


# Contexts and types


def contexts(
    document: Document, positions: tuple[tuple[str, re.Pattern[str]], ...]
) -> Iterator[Fault]:
    """ContextPropertyProbe."""
    if "@context" not in document:
        yield not_run("there are no contexts")
        return
    listed = many(document["@context"])
    for number, (expected, aliases) in enumerate(positions):
        found = listed[number] if number < len(listed) else None
        if found == expected:
            continue
        if isinstance(found, str) and aliases.fullmatch(found):
            yield warning(f"at {number} there is {found} instead of {expected}")
        else:
            yield error(f"at {number} there is {found!r} instead of {expected}")


def has_types(document: Document, expected: tuple[set[str], ...]) -> Iterator[Fault]:
    """TypePropertyProbe: one of each of the groups."""
    for group in expected:
        if not group & types(document):
            yield fatal(f"the type is none of {sorted(group)}")


# Schemas


def schema(document: Document, name: str) -> Iterator[Fault]:
    """JSON Schema Validation: by the schema of a class, like ob_v3p0_achievementcredential.

    What it allows, and its strict form does not, is a warning.
    """
    name = f"{name}_schema.json"
    found = shared.schema(name)
    if CREDENTIALS_V2 not in many(document.get("@context")) or found is None:
        yield not_run("the schema for documents of this version is not at hand")
        return
    violations = list(_violations(document, found))
    yield from map(error, violations)
    if not violations:
        yield from map(warning, _violations(document, shared.in_arrays(name)))


def inline_schemas(document: Document, fetch: Fetch) -> Iterator[Fault]:
    """InlineJsonSchemaProbe: those of the document's own that are not of the specifications."""
    for entry in many(document.get("credentialSchema")):
        if entry["type"] != SCHEMA_TYPE or _SCHEMA_URL.fullmatch(entry["id"]):
            continue
        try:
            found = fetch(entry["id"])
            jsonschema.Draft201909Validator.check_schema(found)
        except Exception as reason:  # noqa: BLE001 - unreadable for whatever reason
            yield error(f"the schema {entry['id']} cannot be read: {reason}")
            continue
        yield from map(error, _violations(document, found))


def _violations(document: Document, found: Document) -> Iterator[str]:
    validator = jsonschema.Draft201909Validator(found, format_checker=_FORMATS)
    for fault in validator.iter_errors(document):
        yield f"{fault.json_path}: {fault.message[:200]}"


# Subjects


def achievement_subject(document: Document) -> Iterator[Fault]:
    """CredentialSubjectProbe for AchievementSubject, and for what is achieved."""
    subject = document["credentialSubject"]
    yield from _of_a_learner(subject, "AchievementSubject")
    if "achievement" not in subject:
        yield error("the subject has no achievement")
    for achievement in many(subject.get("achievement")):
        yield from _of_an_achievement(achievement)


def clr_subject(document: Document) -> Iterator[Fault]:
    """ClrSubjectProbe."""
    subject = document["credentialSubject"]
    yield from _of_a_learner(subject, "ClrSubject")
    for achievement in many(subject.get("achievement")):
        yield from _of_an_achievement(achievement)


def has_subject(document: Document, expected: str) -> Iterator[Fault]:
    """CredentialSubjectProbe for other subjects."""
    yield from _typed(document["credentialSubject"], expected)


def _of_a_learner(subject: Document, expected: str) -> Iterator[Fault]:
    yield from _typed(subject, expected)
    # Weak as in the validator, which does not miss an identifier that is not there at all.
    if not subject.get("id") and subject.get("identifier") == []:
        yield error("the subject has neither id nor identifier")
    yield from _all_typed(subject, "identifier", "IdentityObject")
    yield from _all_typed(subject, "result", "Result")
    yield from _all_typed(subject, "source", "Profile")


def _of_an_achievement(achievement: Document) -> Iterator[Fault]:
    yield from _all_typed(achievement, "resultDescription", "ResultDescription")
    criteria = achievement["criteria"]
    if criteria.get("id") is None and criteria.get("narrative") is None:
        yield error("the criteria have neither id nor narrative")


def evidence(document: Document) -> Iterator[Fault]:
    """EvidenceProbe."""
    yield from _all_typed(document, "evidence", "Evidence")


def issuer(document: Document, fetch: Fetch) -> Iterator[Fault]:
    """IssuerProbe; an issuer that is a text is tripped over."""
    if "issuer" not in document:
        yield error("there is no issuer")
        return
    profile = document["issuer"]
    if isinstance(profile, str):
        raise TypeError("the issuer is not an object")
    yield from _typed(profile, "Profile")
    yield from _all_typed(profile, "otherIdentifier", "IdentifierEntry")
    yield from _all_typed(profile, "parentOrg", "Profile")
    if "url" in profile:
        try:
            fetch(profile["url"])
        except Exception as reason:  # noqa: BLE001 - unreachable for whatever reason
            yield warning(f"{profile['url']} does not answer: {reason}")


def _all_typed(holder: Document, member: str, expected: str) -> Iterator[Fault]:
    for node in many(holder.get(member)):
        yield from _typed(node, expected)


def _typed(node: Document, expected: str) -> Iterator[Fault]:
    if expected not in types(node):
        yield error(f"an object is not of the type {expected}")


# Dates


def moment(text: str) -> datetime:
    """Read a date with time and zone; raises ValueError."""
    if not _DATE_TIME.fullmatch(text):
        raise ValueError(f"{text!r} is not a moment")
    return datetime.fromisoformat(text.upper().replace("Z", "+00:00"))


def first_of(document: Document, *names: str) -> Any:
    """Return the first member of these names that there is."""
    return next((document[name] for name in names if name in document), None)


def expiration(document: Document, now: datetime) -> Iterator[Fault]:
    """ExpirationProbe."""
    ends = first_of(document, "validUntil", "expirationDate")
    if ends is not None and now > moment(ends):
        yield fatal(f"the credential has expired at {ends}")


def issuance(document: Document, now: datetime) -> Iterator[Fault]:
    """IssuanceProbe."""
    begins = first_of(document, "validFrom", "issuanceDate")
    if begins is not None and now < moment(begins):
        yield fatal(f"the credential is not valid before {begins}")
