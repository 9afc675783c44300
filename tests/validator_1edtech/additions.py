"""What the specifications ask for and the validator does not look at."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from . import proof_probes, public_keys
from .credential_probes import Document, Fetch, first_of, many, moment, types
from .forms import Jwt
from .public_keys import NoKey
from .report import Fault, error

_JOSE_HEADER = {"alg", "kid", "jwk", "typ"}
_PUBLIC_MEMBERS = {"kty", "crv", "x", "y", "n", "e", "alg", "use", "kid", "key_ops"}
_TEXTS = ("name", "description", "narrative", "caption", "endorsementComment", "humanCode", "term")


def recipient(document: Document) -> Iterator[Fault]:
    """RecipientProbe: the subject has an id, or an identifier."""
    subject = document["credentialSubject"]
    if not subject.get("id") and not subject.get("identifier"):
        yield error("the subject has neither id nor identifier")


def values(document: Document) -> Iterator[Fault]:
    """ValuesProbe: no nulls, no empty arrays, and texts only where texts belong."""
    yield from _values(document, "$")


def _values(value: Any, path: str) -> Iterator[Fault]:
    if value is None or value == []:
        yield error(f"{path} is {value!r}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _values(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        if value.keys() & {"@value", "@language", "@direction"}:
            yield error(f"{path} is a value with a language")
        for name, member in value.items():
            if name in _TEXTS and isinstance(member, dict):
                yield error(f"{path}.{name} is not a text")
            yield from _values(member, f"{path}.{name}")


def period(document: Document) -> Iterator[Fault]:
    """PeriodProbe: the credential begins before it ends. What is no moment trips others."""
    begins = first_of(document, "validFrom", "issuanceDate")
    ends = first_of(document, "validUntil", "expirationDate")
    with suppress(ValueError):
        if begins is not None and ends is not None and moment(begins) > moment(ends):
            yield error(f"the credential ends at {ends} before it begins at {begins}")


def proof_dates(document: Document, now: datetime) -> Iterator[Fault]:
    """ProofDatesProbe: no proof is made in the future, or has expired."""
    for proof in many(document.get("proof")):
        if "created" in proof and moment(proof["created"]) > now:
            yield error(f"the proof is made at {proof['created']}, in the future")
        if "expires" in proof and moment(proof["expires"]) < now:
            yield error(f"the proof has expired at {proof['expires']}")


def status_entry(document: Document) -> Iterator[Fault]:
    """StatusEntryProbe: there is one status at most, and its members have the right form."""
    if "credentialStatus" not in document:
        return
    entry = document["credentialStatus"]
    if not isinstance(entry, dict):
        yield error("the status is not exactly one object")
        return
    if entry.get("type") != "BitstringStatusListEntry":
        return
    index = entry["statusListIndex"]
    if not (isinstance(index, str) and index.isascii() and index.isdigit()):
        yield error(f"the index {index!r} is not a text of digits")
    if entry.get("id") == entry["statusListCredential"]:
        yield error("the id of the status is that of the list")


def did_document(document: Document, fetch: Fetch) -> Iterator[Fault]:
    """DidDocumentProbe: an issuer's DID document lists the key also for those who fetch it."""
    issuer, proof = proof_probes.issuer_id(document), proof_probes.chosen_proof(document)
    if proof is None or not issuer.startswith("did:web:"):
        return
    method = proof["verificationMethod"]
    try:
        found = public_keys.method_of_did(issuer, method, fetch)
    except NoKey as reason:
        yield error(str(reason))
        return
    if found["controller"] != issuer:
        yield error(f"{method} is controlled by {found['controller']}")
    elif found["publicKeyMultibase"] != method.partition("#")[2]:
        yield error(f"{method} is not the key that it is named by")


# Results and associations


def references(document: Document) -> Iterator[Fault]:
    """ReferencesProbe: results are of the achievement, and what they state is allowed there."""
    subject = document["credentialSubject"]
    described = {
        description["id"]: description
        for achievement in many(subject.get("achievement"))
        for description in many(achievement.get("resultDescription"))
    }
    for description in described.values():
        yield from _description(description)
    for result in many(subject.get("result")):
        if "resultDescription" in result:
            yield from _result(result, described.get(result["resultDescription"]))


def _description(description: Document) -> Iterator[Fault]:
    yield from _allowed(description.get("requiredValue"), description)
    yield from _level(description.get("requiredLevel"), description)


def _result(result: Document, description: Document | None) -> Iterator[Fault]:
    if description is None:
        yield error(f"the achievement does not describe {result['resultDescription']}")
        return
    yield from _allowed(result.get("value"), description)
    yield from _level(result.get("achievedLevel"), description)
    if description["resultType"] == "Status" and "status" not in result:
        yield error("a result of the type Status has no status")


def _allowed(value: str | None, description: Document) -> Iterator[Fault]:
    if value is None:
        return
    if "allowedValue" in description and value not in description["allowedValue"]:
        yield error(f"{value!r} is not among the allowed values")
    least, most = (description.get(name) for name in ("valueMin", "valueMax"))
    if least is not None and float(value) < float(least):
        yield error(f"{value} is less than {least}")
    if most is not None and float(value) > float(most):
        yield error(f"{value} is more than {most}")


def _level(level: str | None, description: Document) -> Iterator[Fault]:
    levels = {each["id"] for each in many(description.get("rubricCriterionLevel"))}
    if level is not None and level not in levels:
        yield error(f"the description has no level {level}")


def associations(document: Document) -> Iterator[Fault]:
    """AssociationsProbe: both ends of an association are achievements of the record."""
    subject = document["credentialSubject"]
    known = {achievement["id"] for achievement in _achievements(subject)}
    for association in many(subject.get("association")):
        for end in ("sourceId", "targetId"):
            if association[end] not in known:
                yield error(f"{end} {association[end]} is no achievement of the record")


def _achievements(subject: Document) -> Iterator[Document]:
    yield from many(subject.get("achievement"))
    for inner in many(subject.get("verifiableCredential")):
        for each in many(inner.get("credentialSubject")):
            yield from _achievements(each)


def embedded_credentials(document: Document) -> Iterator[Fault]:
    """EmbeddedCredentialsProbe: each is an object with contexts, a type and a proof of its own."""
    embedded = many(document["credentialSubject"].get("verifiableCredential"))
    if not embedded:
        yield error("the record holds no credential")
    for index, inner in enumerate(embedded):
        if not isinstance(inner, dict) or not {"@context", "proof"} <= inner.keys():
            yield error(f"credential {index} is not an object with contexts and proof")
        elif "VerifiableCredential" not in types(inner):
            yield error(f"credential {index} is not of the type VerifiableCredential")


# JWS


def claims(jwt: Jwt, document: Document) -> Iterator[Fault]:
    """ClaimsProbe: the claims say what the credential says, and the header nothing else."""
    expected: Document = {
        "iss": proof_probes.issuer_id(document),
        "jti": document.get("id"),
        "sub": document["credentialSubject"].get("id"),
        "nbf": _seconds(document, "validFrom", "issuanceDate"),
        "exp": _seconds(document, "validUntil", "expirationDate"),
    }
    for name, value in expected.items():
        if jwt.claims.get(name) != value or (value is None and name != "exp"):
            yield error(f"{name} is {jwt.claims.get(name)!r}, the credential says {value!r}")
    if foreign := jwt.header.keys() - _JOSE_HEADER:
        yield error(f"the header has {sorted(foreign)}")
    if jwt.header.get("typ", "JWT") != "JWT":
        yield error(f"typ is {jwt.header['typ']!r}")
    if shown := jwt.header.get("jwk", {}).keys() - _PUBLIC_MEMBERS:
        yield error(f"the key shows {sorted(shown)}")


def _seconds(document: Document, *names: str) -> float | None:
    found = first_of(document, *names)
    return None if found is None else moment(found).timestamp()
