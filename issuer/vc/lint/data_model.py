"""What the data model asks of any credential: version 2.0, and 1.1 for the conformance profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issuer.vc import credential, did, kinds, timestamps, walk
from issuer.vc.errors import Finding, VcError

SECTION = "Verifiable Credentials Data Model 2.0"


@dataclass(frozen=True)
class Part:
    """A member that holds one or many objects, each with a type and perhaps an id."""

    member: str
    section: str
    id_required: bool = False


# What must have a type, by the sections "Types" and "Reserved Extension Points".
PARTS = (
    Part("credentialStatus", "Status"),
    Part("credentialSchema", "Data Schemas", id_required=True),
    Part("refreshService", "Refreshing"),
    Part("termsOfUse", "Terms of Use"),
    Part("evidence", "Evidence"),
    Part("confidenceMethod", "Reserved Extension Points"),
    Part("renderMethod", "Reserved Extension Points"),
)
PARTS_1_1 = (
    Part("credentialStatus", "Status", id_required=True),
    Part("credentialSchema", "Data Schemas", id_required=True),
    Part("refreshService", "Refreshing", id_required=True),
    Part("termsOfUse", "Terms of Use"),
    Part("evidence", "Evidence"),
)


def unsigned(document: dict[str, Any]) -> Iterator[Finding]:
    """The document carries no proof yet."""
    if "proof" in document:
        yield Finding("signed_already", "/proof", "The document is signed already.", SECTION)


def types(document: dict[str, Any]) -> Iterator[Finding]:
    """The types are texts, and VerifiableCredential is among them (section "Types")."""
    section = f"{SECTION}, Types"
    if "type" not in document:
        yield Finding("missing", "/type", "State the types of the credential.", section)
        return
    problem = _types_problem(document["type"])
    if problem is None and "VerifiableCredential" not in credential.many(document["type"]):
        problem = "One of the types must be VerifiableCredential."
    if problem:
        yield Finding("wrong_type", "/type", problem, section)


def identifiers(document: dict[str, Any]) -> Iterator[Finding]:
    """Every id, wherever it stands, is a single URL (section "Identifiers")."""
    for pointer, inner in walk.objects(document):
        if "id" in inner and not credential.is_uri(inner["id"]):
            message = f"{inner['id']!r} is not a single absolute URL."
            yield Finding("wrong_value", f"{pointer}/id", message, f"{SECTION}, Identifiers")


def issuer(document: dict[str, Any]) -> Iterator[Finding]:
    """The issuer is a URL, or an object whose id is one (section "Issuer")."""
    section = f"{SECTION}, Issuer"
    if "issuer" not in document:
        yield Finding("missing", "/issuer", "State who issues the credential.", section)
        return
    stated = document["issuer"]
    if isinstance(stated, dict):
        if "id" not in stated:
            yield Finding("missing", "/issuer/id", "State the issuer's id.", section)
    elif not credential.is_uri(stated):
        message = "The issuer must be a URL, or an object with an id."
        yield Finding("wrong_value", "/issuer", message, section)


def bound_issuer(document: dict[str, Any], issuer_did: str) -> Iterator[Finding]:
    """The issuer is the DID whose key is to sign."""
    stated = document.get("issuer")
    pointer = "/issuer/id" if isinstance(stated, dict) else "/issuer"
    found = stated.get("id") if isinstance(stated, dict) else stated
    section = f"{SECTION}, Issuer"
    if not did.is_did(issuer_did):
        yield Finding("wrong_issuer", "/issuer/id", "The key's DID is no DID.", section)
    elif found != issuer_did:
        yield Finding("wrong_issuer", pointer, f"The issuer must be {issuer_did}.", section)


def subjects(document: dict[str, Any]) -> Iterator[Finding]:
    """There is one subject or several, and something is said of each ("Credential Subject")."""
    section = f"{SECTION}, Credential Subject"
    if "credentialSubject" not in document:
        message = "State what the credential is about."
        yield Finding("missing", "/credentialSubject", message, section)
    elif document["credentialSubject"] == []:
        message = "State at least one subject."
        yield Finding("empty", "/credentialSubject", message, section)
    for pointer, subject in walk.each(document, "credentialSubject"):
        if not isinstance(subject, dict):
            yield Finding("wrong_kind", pointer, "A subject must be an object.", section)
        elif not subject:
            yield Finding("empty", pointer, "Say something of the subject.", section)


def validity(document: dict[str, Any]) -> Iterator[Finding]:
    """The dates of validity have a zone and are in order (section "Validity Period")."""
    yield from _period(document, "validFrom", "validUntil", f"{SECTION}, Validity Period")


def issuance_and_expiry(document: dict[str, Any]) -> Iterator[Finding]:
    """The day of issue is stated, and the credential does not expire before it (version 1.1)."""
    section = "Verifiable Credentials Data Model 1.1, Issuance Date and Expiration"
    if "issuanceDate" not in document:
        yield Finding("missing", "/issuanceDate", "State when the credential is issued.", section)
    yield from _period(document, "issuanceDate", "expirationDate", section)


def parts(document: dict[str, Any]) -> Iterator[Finding]:
    """Statuses, schemas, services, policies and evidence are typed objects, some with an id."""
    return _parts(document, PARTS)


def parts_1_1(document: dict[str, Any]) -> Iterator[Finding]:
    """The same in version 1.1, where more of them need an id."""
    return _parts(document, PARTS_1_1)


def names(document: dict[str, Any]) -> Iterator[Finding]:
    """Names and descriptions are texts or language value objects ("Names and Descriptions")."""
    section = f"{SECTION}, Names and Descriptions"
    holders = [("", document), *walk.each_object(document, "issuer")]
    for pointer, holder in holders:
        for member in ("name", "description"):
            for where, value in walk.each(holder, member, pointer):
                problem = _language_problem(value)
                if problem:
                    yield Finding("wrong_value", where, problem, section)


def no_directions(document: dict[str, Any]) -> Iterator[Finding]:
    """No text states its direction: most who verify would not see it signed."""
    for pointer, inner in walk.objects(document):
        if "@direction" in inner:
            message = "The direction of text is not signed by everybody alike; leave it out."
            section = "JSON-LD 1.1, base direction; VC Data Integrity 1.0, data loss"
            yield Finding("data_loss", f"{pointer}/@direction", message, section)


def period(
    holder: dict[str, Any], pointer: str, first: str, last: str, section: str
) -> Iterator[Finding]:
    """Find whether one moment of an object is before another that must not be."""
    begins, ends = _moment(holder, first), _moment(holder, last)
    if begins is not None and ends is not None and ends < begins:
        message = f"{last} is before {first}."
        yield Finding("wrong_order", f"{pointer}/{last}", message, section)


def _period(document: dict[str, Any], first: str, last: str, section: str) -> Iterator[Finding]:
    for name in (first, last):
        message = kinds.problem(document[name], kinds.Kind.TIME) if name in document else None
        if message:
            yield Finding("wrong_value", f"/{name}", message, section)
    yield from period(document, "", first, last, section)


def _moment(holder: dict[str, Any], name: str) -> datetime | None:
    try:
        return timestamps.read(holder.get(name))
    except VcError:
        return None


def _parts(document: dict[str, Any], listed: tuple[Part, ...]) -> Iterator[Finding]:
    for part in listed:
        section = f"{SECTION}, {part.section}"
        for pointer, value in walk.each(document, part.member):
            if not isinstance(value, dict):
                yield Finding("wrong_kind", pointer, "This must be an object.", section)
                continue
            if "type" not in value:
                yield Finding("missing", f"{pointer}/type", "State its type.", section)
            elif problem := _types_problem(value["type"]):
                yield Finding("wrong_type", f"{pointer}/type", problem, section)
            if part.id_required and "id" not in value:
                yield Finding("missing", f"{pointer}/id", "State its id, a URL.", section)


def _types_problem(value: object) -> str | None:
    listed = credential.many(value)
    if not listed or not all(isinstance(name, str) and name for name in listed):
        return "A type must be a term or an absolute URL."
    return "A type is listed twice." if len(set(listed)) != len(listed) else None


def _language_problem(value: object) -> str | None:
    if isinstance(value, str):
        return None
    if not isinstance(value, dict) or not isinstance(value.get("@value"), str):
        return "This must be text, or an object with text under @value."
    other = sorted(value.keys() - {"@value", "@language", "@direction"})
    if other:
        return f"Beside @value only @language and @direction may stand here, not {other[0]}."
    if "@language" in value and not isinstance(value["@language"], str):
        return "@language must be the tag of a language."
    if value.get("@direction", "ltr") not in ("ltr", "rtl"):
        return "@direction must be ltr or rtl."
    return None
