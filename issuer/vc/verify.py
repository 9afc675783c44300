"""verify(document, ...) -> Report: a list of named checks.

A credential is valid when every check passed, invalid when one failed, and
unknown when none failed but one could not be made. Never does what could not
be checked count as passed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from issuer.vc import canonical, contexts, credential, did, proofs, status_list, timestamps
from issuer.vc.errors import (
    MalformedDid,
    MalformedDocument,
    MalformedJson,
    OutOfBounds,
    UnknownContext,
    Unreachable,
    UnsupportedProof,
    VcError,
)

# Clocks of signers and verifiers differ a little.
CLOCK_SKEW = timedelta(minutes=5)
# Each proof costs a canonical form of the document, each status a list that is verified itself.
MAX_PROOFS = 4
MAX_STATUSES = 4

_LIFE_CYCLE = frozenset(
    {"validFrom", "validUntil", "credentialStatus", "issuer", "credentialSubject"}
)


class Outcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    COULD_NOT_CHECK = "could_not_check"


class Verdict(StrEnum):
    """What the checks amount to."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, how it ended, and a sentence that says why."""

    id: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True)
class Report:
    """The checks of one credential: structure, issuer, signature, dates, status."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """Invalid if a check failed, else unknown if one could not be made, else valid."""
        outcomes = {check.outcome for check in self.checks}
        if Outcome.FAILED in outcomes:
            return Verdict.INVALID
        return Verdict.VALID if outcomes == {Outcome.PASSED} else Verdict.UNKNOWN

    def check(self, id: str) -> Check:
        """Return the check of that name."""
        return next(check for check in self.checks if check.id == id)


def verify(
    document: object,
    *,
    resolve_did: Callable[[str], dict[str, Any]],
    fetch_status_list: Callable[[str], dict[str, Any]],
    now: datetime,
) -> Report:
    """Check a credential with an embedded proof, as a stranger would.

    `resolve_did` gives the DID document of a DID, `fetch_status_list` the
    status list credential at an address; both may raise Unreachable. A did:key
    is resolved here. Nobody is asked on behalf of a document whose structure
    was not accepted.

    1. structure: bounded, known contexts in the right order, nothing undefined
       or hidden, the members of the data model
    2. issuer: the issuer's document is its own and lists the proof's key
    3. signature: the proof was made over this document with that key
    4. dates: neither too early nor too late
    5. status: the list's bit is not set, on a list that passes 1 to 4 itself;
       looked at only when 1 to 3 passed

    Who the issuer is, and whether to trust it, is not checked here.
    """
    return _Verification(resolve_did, fetch_status_list, now).report(document)


class _Failed(Exception):
    """Ends a check as failed."""


class _CouldNotCheck(Exception):
    """Ends a check as one that could not be made."""


# The worse ending of several status entries comes first.
_ENDINGS: dict[Outcome, type[Exception]] = {
    Outcome.FAILED: _Failed,
    Outcome.COULD_NOT_CHECK: _CouldNotCheck,
}


@dataclass
class _Verification:
    resolve_did: Callable[[str], dict[str, Any]]
    fetch_status_list: Callable[[str], dict[str, Any]]
    now: datetime
    resolved: dict[str, dict[str, Any]] = field(default_factory=dict)
    trusted_lists: dict[str, dict[str, Any]] = field(default_factory=dict)

    def report(self, document: object) -> Report:
        checks = self._secured(document)
        structure, issuer, signature, _ = (check.outcome for check in checks)
        # 5
        if structure is not Outcome.PASSED or not isinstance(document, dict):
            checks.append(_not_accepted("status"))
        elif issuer is not Outcome.PASSED or signature is not Outcome.PASSED:
            checks.append(_not_vouched_for("status"))
        else:
            checks.append(_check("status", lambda: self._status(document)))
        return Report(tuple(checks))

    def _secured(self, document: object) -> list[Check]:
        # 1
        structure = _check("structure", lambda: _structure(document))
        if structure.outcome is not Outcome.PASSED or not isinstance(document, dict):
            return [structure, *(_not_accepted(id_) for id_ in ("issuer", "signature", "dates"))]
        # 2
        keys: dict[str, did.RetrievedMethod] = {}
        issuer = _check("issuer", lambda: self._issuer(document, keys))
        # 3
        signature = _check("signature", lambda: self._signature(document, keys))
        # 4
        dates = _check("dates", lambda: self._dates(document))
        return [structure, issuer, signature, dates]

    def _issuer(self, document: dict[str, Any], keys: dict[str, did.RetrievedMethod]) -> str:
        issuer = credential.issuer_id(document)
        identifier_document = self._identifier_document(issuer)
        if identifier_document.get("id") != issuer:
            raise _Failed(f"The document found for {issuer} is not its own.")
        own = _issuers_proofs(document)
        if not own and credential.proofs(document):
            raise _Failed("The proof's key is not one of the issuer.")
        # Of proofs that are not understood the first tells whether the issuer's key is known.
        for proof in [each for each in own if proofs.is_supported(each)] or own[:1]:
            method = did.retrieve_method(identifier_document, proof["verificationMethod"])
            self._require_usable(method, proof)
            keys[proof["verificationMethod"]] = method
        return f"The document of {issuer} was found and is its own."

    def _require_usable(self, method: did.RetrievedMethod, proof: dict[str, Any]) -> None:
        if method.revoked is not None and method.revoked <= self.now:
            raise _Failed("The issuer has revoked the proof's key.")
        if method.expires is not None:
            created = timestamps.read(proof["created"]) if "created" in proof else self.now
            if created > method.expires:
                raise _Failed("The proof was made after its key was retired.")

    def _identifier_document(self, identifier: str) -> dict[str, Any]:
        if identifier.startswith("did:key:"):
            return did.resolve_key(identifier)
        if not identifier.startswith("did:web:"):
            raise _CouldNotCheck("Only issuers named by did:web or did:key can be looked up.")
        if not did.is_did(identifier):
            raise MalformedDid(f"{identifier!r} is not a DID.")
        # A credential and its status list mostly have one issuer, who is asked for once.
        if identifier not in self.resolved:
            try:
                found: object = self.resolve_did(identifier)
            except (MalformedJson, OutOfBounds) as error:
                # It may as well be the page of a network that wants us to sign in.
                raise _CouldNotCheck(f"What {identifier} answered is unreadable. {error}") from None
            if not isinstance(found, dict):
                raise _Failed(f"What was found for {identifier} is not a document.")
            self.resolved[identifier] = found
        return self.resolved[identifier]

    def _signature(self, document: dict[str, Any], keys: dict[str, did.RetrievedMethod]) -> str:
        """Check each proof that the issuer's keys are said to have made; there must be one.

        In a set others may have proofs of their own (VC Data Integrity, "Proof Sets"): they say
        nothing for the issuer, nor against.
        """
        if not credential.proofs(document):
            raise _Failed("The credential carries no proof.")
        supported = [proof for proof in _issuers_proofs(document) if proofs.is_supported(proof)]
        if not supported:
            raise _CouldNotCheck("The issuer has made no proof of a kind that is understood here.")
        for proof in supported:
            method = keys.get(proof["verificationMethod"])
            if method is None:
                raise _CouldNotCheck("The issuer's key is not known.")
            if method.public_multibase is None:
                raise _CouldNotCheck("The issuer's key is of a kind that is not understood here.")
            self._require_current(proof)
            proofs.check(document, proof, public_key=method.public_multibase)
        return "The signature belongs to this document and to the issuer's key."

    def _require_current(self, proof: dict[str, Any]) -> None:
        if "created" in proof and timestamps.read(proof["created"]) > self.now + CLOCK_SKEW:
            raise _Failed("The proof is dated in the future.")
        if "expires" in proof and timestamps.read(proof["expires"]) < self.now:
            raise _Failed("The proof has expired.")

    def _dates(self, document: dict[str, Any]) -> str:
        begins = timestamps.read(document["validFrom"]) if "validFrom" in document else None
        ends = timestamps.read(document["validUntil"]) if "validUntil" in document else None
        if begins is not None and ends is not None and ends < begins:
            raise _Failed("The credential ends before it begins.")
        if begins is not None and begins > self.now:
            raise _Failed(f"The credential is not valid before {document['validFrom']}.")
        if ends is not None and ends < self.now:
            raise _Failed(f"The credential was valid until {document['validUntil']}.")
        return "The credential is valid today."

    def _status(self, document: dict[str, Any]) -> str:
        entries = credential.statuses(document)
        if "credentialStatus" not in document:
            return "The credential states no status: it cannot be withdrawn."
        if not entries:
            raise _Failed("The credential's status is empty.")
        checks = [_check("status", partial(self._entry, document, entry)) for entry in entries]
        for outcome, ending in _ENDINGS.items():
            for check in checks:
                if check.outcome is outcome:
                    raise ending(check.detail)
        return " ".join(check.detail for check in checks)

    def _entry(self, document: dict[str, Any], entry: dict[str, Any]) -> str:
        """Read the bit of one entry, in the steps of Bitstring Status List 1.0, "Validate".

        Faults of the entry itself are the credential's and fail. A list that
        cannot be had or trusted says nothing about the credential.
        """
        url, purpose, index = _read_entry(entry)
        try:
            listed = self._trusted_list(url, credential.issuer_id(document))
        except Unreachable:
            raise
        except (_Failed, VcError) as error:
            raise _CouldNotCheck(f"The status list cannot be relied on. {error}") from None
        subject = listed["credentialSubject"]
        if purpose not in credential.many(subject.get("statusPurpose")):
            raise _Failed(f"The status list is not one for {purpose}.")
        try:
            bits = _bits(subject)
        except VcError as error:
            raise _CouldNotCheck(f"The status list cannot be relied on. {error}") from None
        if not status_list.get(bits, index):
            return f"The issuer states no {purpose}."
        if purpose == status_list.REVOCATION:
            raise _Failed("The issuer has revoked the credential.")
        if purpose == status_list.SUSPENSION:
            raise _Failed("The issuer has suspended the credential.")
        if purpose in status_list.PURPOSES:
            return f"The issuer has something to tell about the credential ({purpose})."
        raise _CouldNotCheck(f"What the status {purpose!r} means is not known here.")

    def _trusted_list(self, url: str, issuer: str) -> dict[str, Any]:
        if url not in self.trusted_lists:
            listed = self.fetch_status_list(url)
            self._require_trusted(listed, url, issuer)
            self.trusted_lists[url] = listed
        return self.trusted_lists[url]

    def _require_trusted(self, listed: object, url: str, issuer: str) -> None:
        for check in self._secured(listed):
            if check.outcome is not Outcome.PASSED:
                raise _Failed(check.detail)
        if not isinstance(listed, dict) or listed.get("id") != url:
            raise _Failed("It does not bear the address it was fetched from.")
        if status_list.CREDENTIAL_TYPE not in credential.types(listed):
            raise _Failed("It is not a status list credential.")
        if status_list.LIST_TYPE not in credential.types(listed["credentialSubject"]):
            raise _Failed("It holds no status list.")
        _require_speaks_for(credential.issuer_id(listed), issuer, url)


def _structure(document: object) -> str:
    """Accept the document's form, or tell why not.

    Contexts that are not pinned, and such as the document brings along, may
    be quite right: what they mean is not known here, so the check could not be
    made. Anything undefined, and anything hidden from whoever reads the terms,
    makes it fail.
    """
    canonical.check_bounds(document)
    if not isinstance(document, dict):
        raise MalformedDocument()
    _require_known_contexts(credential.unsecured(document), top=True)
    if document["@context"][0] != contexts.CREDENTIALS_V2:
        raise _CouldNotCheck("The credential is not of version 2.0 of the data model.")
    if "VerifiableCredential" not in credential.types(document):
        raise _Failed("The document is not a verifiable credential.")
    if "id" in document and not credential.is_uri(document["id"]):
        raise _Failed("The credential's id is not an absolute URI.")
    credential.issuer_id(document)
    if len(credential.proofs(document)) > MAX_PROOFS:
        raise OutOfBounds(f"The credential carries more than {MAX_PROOFS} proofs.")
    if len(credential.statuses(document)) > MAX_STATUSES:
        raise OutOfBounds(f"The credential has more than {MAX_STATUSES} status entries.")
    subjects = credential.many(document.get("credentialSubject"))
    if not all(isinstance(subject, dict) and subject for subject in subjects):
        raise _Failed("The credential has no subject.")
    _require_badge(document, subjects)
    _refuse_second_self(document)
    canonical.expand(credential.unsecured(document))
    return "The document is a credential and states nothing that its contexts do not define."


def _require_known_contexts(value: object, *, top: bool = False) -> None:
    if isinstance(value, list):
        for item in value:
            _require_known_contexts(item)
    elif isinstance(value, dict):
        if top or "@context" in value:
            _require_known_list(value)
        for name, member in value.items():
            if name != "@context":
                _require_known_contexts(member)


def _require_known_list(node: dict[str, Any]) -> None:
    urls = node.get("@context")
    if not isinstance(urls, list) or not urls:
        raise _Failed("The contexts must be a list.")
    if any(not isinstance(url, str) for url in urls):
        raise _CouldNotCheck("The document brings a context of its own, which could mean anything.")
    for url in urls:
        if url not in contexts.PINNED:
            raise UnknownContext(f"The context {url} is not known here.")
    if len(set(urls)) != len(urls):
        raise _Failed("A context is listed twice.")
    if "VerifiableCredential" not in credential.types(node):
        raise _Failed("Only a credential may state contexts.")


def _require_badge(document: dict[str, Any], subjects: list[dict[str, Any]]) -> None:
    if not {"OpenBadgeCredential", "AchievementCredential"} & set(credential.types(document)):
        return
    if len(subjects) != 1 or "AchievementSubject" not in credential.types(subjects[0]):
        raise _Failed("The badge's subject is not one AchievementSubject.")
    if "id" not in subjects[0] and not subjects[0].get("identifier"):
        raise _Failed("The badge does not say whose it is, by id or identifier.")
    if "Achievement" not in credential.types(subjects[0].get("achievement")):
        raise _Failed("The badge states no achievement.")
    if not isinstance(document["issuer"], dict) or "Profile" not in credential.types(
        document["issuer"]
    ):
        raise _Failed("The badge's issuer is not a Profile.")
    for name in ("id", "validFrom"):
        if name not in document:
            raise _Failed(f"The badge states no {name}.")


def _refuse_second_self(document: dict[str, Any]) -> None:
    """Refuse a nested object that bears the credential's own id and makes statements.

    RDF knows one node where JSON has two objects: an expiry or a status moved
    there would leave the signature intact and be out of every reader's sight.
    """
    own_id = document.get("id")

    def search(value: object) -> None:
        if isinstance(value, list):
            for item in value:
                search(item)
        elif isinstance(value, dict):
            if value is not document and own_id and value.get("id") == own_id:
                hidden = set(value) & _LIFE_CYCLE
                if hidden:
                    raise _Failed(f"{hidden.pop()} stands where readers do not look for it.")
            for member in value.values():
                search(member)

    search(document)


def _issuers_proofs(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The proofs that name a key of the issuer."""
    issuer = credential.issuer_id(document)

    def names_issuer(proof: dict[str, Any]) -> bool:
        method_id = proof.get("verificationMethod")
        return isinstance(method_id, str) and method_id.partition("#")[0] == issuer

    return [proof for proof in credential.proofs(document) if names_issuer(proof)]


def _read_entry(entry: dict[str, Any]) -> tuple[str, str, int]:
    if entry.get("type") != status_list.ENTRY_TYPE:
        raise _CouldNotCheck(f"The kind of status {entry.get('type')!r} is not understood here.")
    size = entry.get("statusSize", 1)
    if size != 1 or isinstance(size, bool):
        raise _CouldNotCheck("Statuses of more than one bit are not understood here.")
    url, purpose = entry.get("statusListCredential"), entry.get("statusPurpose")
    if not credential.is_uri(url) or entry.get("id") == url:
        raise _Failed("The status does not name its list as it should.")
    if not isinstance(purpose, str):
        raise _Failed("The status has no purpose.")
    return str(url), purpose, status_list.parse_index(entry.get("statusListIndex"))


def _bits(subject: dict[str, Any]) -> bytes:
    bits = status_list.decode(subject.get("encodedList", ""))
    if len(bits) * 8 < status_list.MIN_SIZE:
        raise MalformedDocument(f"It has fewer than {status_list.MIN_SIZE} entries.")
    return bits


def _require_speaks_for(list_issuer: str, issuer: str, url: str) -> None:
    """Accept a list of the credential's own issuer, or of the host that the address names.

    Anyone else could put an empty list of their own in its place.
    """
    if list_issuer == issuer:
        return
    host = urlsplit(url).netloc.lower()
    if not list_issuer.startswith("did:web:"):
        raise _Failed("It is of another issuer than the credential.")
    if urlsplit(did.did_web_url(list_issuer)).netloc.lower() != host:
        raise _Failed("It is of another issuer than the credential, and of another host.")


def _check(id_: str, look: Callable[[], str]) -> Check:
    try:
        return Check(id_, Outcome.PASSED, look())
    except (_CouldNotCheck, Unreachable, UnknownContext, UnsupportedProof) as error:
        return Check(id_, Outcome.COULD_NOT_CHECK, str(error))
    except (_Failed, VcError) as error:
        return Check(id_, Outcome.FAILED, str(error))


def _not_accepted(id_: str) -> Check:
    return Check(id_, Outcome.COULD_NOT_CHECK, "Not looked at, as the structure was not accepted.")


def _not_vouched_for(id_: str) -> Check:
    return Check(
        id_, Outcome.COULD_NOT_CHECK, "Not looked at, as the issuer did not prove to have signed."
    )
