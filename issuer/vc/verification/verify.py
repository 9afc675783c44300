"""verify(document, ...) -> Report: a list of named checks.

A credential is valid when every check passed, invalid when one failed, and
unknown when none failed but one could not be made. Never does what could not
be checked count as passed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

from issuer.vc import credential, did, status_list, timestamps
from issuer.vc.errors import MalformedDocument, Unreachable, VcError
from issuer.vc.verification import structure
from issuer.vc.verification.report import (
    Check,
    CouldNotCheck,
    Failed,
    Outcome,
    PresentationReport,
    Report,
    Verdict,
    all_of,
    made,
)
from issuer.vc.verification.signatories import Expected, Known, Policy, Signatories, Signatory
from issuer.vc.verification.structure import MAX_PROOFS, MAX_STATUSES

__all__ = [
    "CONFORMANCE",
    "MAX_PROOFS",
    "MAX_STATUSES",
    "Check",
    "Outcome",
    "Policy",
    "PresentationReport",
    "Report",
    "Verdict",
    "verify",
    "verify_presentation",
]

# By their addresses. Each takes up to a megabyte; the credentials of one college name a few.
TrustedLists = dict[str, dict[str, Any]]
MAX_TRUSTED_LISTS = 64

# Finds out whether the canonical form of a document without its proofs is known for certain, be it
# any JSON object; raises nothing.
Recognise = Callable[[dict[str, Any]], Known | None]


def nothing_known(document: dict[str, Any]) -> Known | None:
    """Recognise no document: each is expanded and canonicalised."""
    return None


STRICT = Policy()
# Documents of the public suites name issuers by web addresses and define terms of their own.
CONFORMANCE = Policy(binds_everybody=False, own_contexts=True)


def verify(
    document: object,
    *,
    resolve_did: Callable[[str], dict[str, Any]],
    fetch_status_list: Callable[[str], dict[str, Any]],
    now: datetime,
    purpose: str = did.ASSERTION,
    domain: str | None = None,
    challenge: str | None = None,
    policy: Policy = STRICT,
    trusted_lists: TrustedLists | None = None,
    recognise: Recognise = nothing_known,
) -> Report:
    """Check a credential with embedded proofs, as a stranger would.

    `resolve_did` gives the DID document of a DID, `fetch_status_list` the
    status list credential at an address; both may raise Unreachable. A did:key
    is resolved here. Nobody is asked on behalf of a document whose structure
    was not accepted. Calls for the same moment, with the same resolvers and
    policy, may share `trusted_lists`: each list is then verified once. What
    `recognise` knows takes a fraction of the time, and gets the same report.

    1. structure: bounded, known contexts in the right order, nothing undefined
       or hidden, the members of the data model, version 2.0 or 1.1
    2. issuer: the issuer's document is its own and lists the keys of its proofs
       for the purpose
    3. signature: the issuer's proofs, and those that they follow in a chain, were
       made over this document with those keys, and for the purpose, domain and
       challenge, where such are expected
    4. dates: neither too early nor too late
    5. status: the list's bit is not set, on a list that passes 1 to 4 itself;
       looked at only when 1 to 3 passed

    Who the issuer is, and whether to trust it, is not checked here.
    VC Data Model 2.0, section 7; VC Data Integrity 1.0, sections 4.4 and 4.5.
    """
    expected = Expected(purpose, domain, challenge)
    signatories = Signatories(resolve_did, now, policy)
    lists = {} if trusted_lists is None else trusted_lists
    verification = Verification(signatories, fetch_status_list, now, policy, lists, recognise)
    return verification.report(document, expected)


def verify_presentation(
    document: object,
    *,
    resolve_did: Callable[[str], dict[str, Any]],
    fetch_status_list: Callable[[str], dict[str, Any]],
    now: datetime,
    domain: str | None = None,
    challenge: str | None = None,
    open_envelope: Callable[[dict[str, Any]], Report] | None = None,
    policy: Policy = STRICT,
    recognise: Recognise = nothing_known,
) -> PresentationReport:
    """Check a presentation with embedded proofs, and each of its credentials.

    `open_envelope` verifies an EnvelopedVerifiableCredential. Who asked for the
    presentation gives the challenge that it sent: without one an old
    presentation passes again.

    1. structure: as of credentials; its credentials are objects
    2. holder: if it names one, that one's document is its own and lists the
       keys of its proofs for authentication
    3. signature: the holder's proofs were made over this presentation with those
       keys, to authenticate, and for the domain and challenge, where such are given
    4. each credential: as `verify` does; one without a proof is good only when
       its issuer is the holder who made the presentation (VC Data Model 2.0,
       "Presentations Including Holder Claims")

    VC Data Model 2.0, sections 4.13 and 7.2.
    """
    expected = Expected(did.AUTHENTICATION, domain, challenge)
    signatories = Signatories(resolve_did, now, policy)
    verification = Verification(signatories, fetch_status_list, now, policy, recognise=recognise)
    return verification.presentation(document, expected, open_envelope or _closed)


@dataclass
class Verification:
    """One verification: whom it asks, when it takes place, and what it has found so far."""

    signatories: Signatories
    fetch_status_list: Callable[[str], dict[str, Any]]
    now: datetime
    policy: Policy
    trusted_lists: TrustedLists = field(default_factory=dict)
    recognise: Recognise = nothing_known

    def report(self, document: object, expected: Expected) -> Report:
        """Make the checks 1 to 5 of `verify`."""
        return self._with_status(document, self._secured(document, expected))

    def presentation(
        self,
        document: object,
        expected: Expected,
        open_envelope: Callable[[dict[str, Any]], Report],
    ) -> PresentationReport:
        """Make the checks of `verify_presentation`."""
        # 1
        form = self._form(document, structure.of_presentation)
        if form.outcome is not Outcome.PASSED or not isinstance(document, dict):
            checks = (form, not_accepted("holder"), not_accepted("signature"))
            return PresentationReport(Report(checks), ())
        signatory = self.signatories.of(document, "holder", credential.holder_id(document))
        # 2
        holder = made("holder", partial(self.signatories.find_keys, signatory, expected))
        # 3
        signature = self.signatories.check_proofs(signatory, expected)
        presentation = Report((form, holder, signature))
        # 4
        reports = []
        for each in credential.presented(document):
            if credential.ENVELOPED_CREDENTIAL in credential.types(each):
                reports.append(open_envelope(each))
            elif "proof" in each:
                reports.append(self.report(each, Expected()))
            else:
                reports.append(self._self_asserted(each, signatory, presentation))
        return PresentationReport(presentation, tuple(reports))

    def _secured(self, document: object, expected: Expected) -> list[Check]:
        # 1
        known = self.recognise(document) if isinstance(document, dict) else None
        is_credential = partial(structure.of_credential, is_known=known is not None)
        form = self._form(document, is_credential)
        if form.outcome is not Outcome.PASSED or not isinstance(document, dict):
            return [form, *map(not_accepted, ("issuer", "signature", "dates"))]
        issuer = credential.issuer_id(document)
        signatory = self.signatories.of(document, "issuer", issuer, known)
        return [
            form,
            # 2
            made("issuer", partial(self.signatories.find_keys, signatory, expected)),
            # 3
            self.signatories.check_proofs(signatory, expected),
            # 4
            made("dates", partial(self.require_current, document)),
        ]

    def _self_asserted(
        self, document: dict[str, Any], holder: Signatory, presentation: Report
    ) -> Report:
        form = self._form(document, structure.of_credential)
        if form.outcome is not Outcome.PASSED:
            skipped = map(not_accepted, ("issuer", "signature", "dates", "status"))
            return Report((form, *skipped))
        checks = [
            form,
            made("issuer", partial(_require_own, document, holder)),
            made("signature", partial(_require_vouched_for, presentation)),
            made("dates", partial(self.require_current, document)),
        ]
        return self._with_status(document, checks)

    def _form(self, document: object, look: Callable[..., str]) -> Check:
        own_contexts = self.policy.own_contexts
        return made("structure", partial(look, document, own_contexts=own_contexts))

    def require_form(self, document: object) -> str:
        """Accept the form of a credential, or tell why not; raises what `structure` raises."""
        return structure.of_credential(document, own_contexts=self.policy.own_contexts)

    def require_current(self, document: dict[str, Any]) -> str:
        """Compare with today what version 2.0 of the data model states, and what 1.1 does."""
        begins = _moments(document, "validFrom", "issuanceDate")
        ends = _moments(document, "validUntil", "expirationDate")
        if begins and ends and min(ends) < max(begins):
            raise Failed("The credential ends before it begins.")
        if begins and max(begins) > self.now:
            raise Failed(f"The credential is not valid before {timestamps.write(max(begins))}.")
        if ends and min(ends) < self.now:
            raise Failed(f"The credential was valid until {timestamps.write(min(ends))}.")
        return "The credential is valid today."

    def _with_status(self, document: object, checks: list[Check]) -> Report:
        form, issuer, signature, _ = (check.outcome for check in checks)
        # 5
        if form is not Outcome.PASSED or not isinstance(document, dict):
            status = not_accepted("status")
        elif issuer is not Outcome.PASSED or signature is not Outcome.PASSED:
            status = not_vouched_for("status")
        else:
            status = self.status(document)
        return Report((*checks, status))

    def status(self, document: dict[str, Any]) -> Check:
        """Look up each status entry of a credential that its issuer has signed."""
        entries: list[Check] = []
        whole = made("status", partial(self._status, document, entries))
        return replace(whole, parts=tuple(entries))

    def _status(self, document: dict[str, Any], checks: list[Check]) -> str:
        entries = credential.statuses(document)
        if "credentialStatus" not in document:
            return "The credential states no status: it cannot be withdrawn."
        if not entries:
            raise Failed("The credential's status is empty.")
        checks += [self._entry(document, entry) for entry in entries]
        return all_of(checks)

    def _entry(self, document: dict[str, Any], entry: dict[str, Any]) -> Check:
        """Look up one entry: faults of the entry itself are the credential's and fail."""
        values: list[int] = []

        def look() -> str:
            stated = _read_entry(entry)
            values.append(self._value(document, stated))
            return _meaning(stated, values[0])

        check = made("status", look)
        return replace(check, value=values[0] if values else None)

    def _value(self, document: dict[str, Any], stated: status_list.Entry) -> int:
        """Read the value of one entry, in the steps of Bitstring Status List 1.0, "Validate".

        A list that cannot be had or trusted says nothing about the credential.
        """
        try:
            listed = self._trusted_list(stated.list_url, credential.issuer_id(document))
        except Unreachable:
            raise
        except (Failed, VcError) as error:
            raise CouldNotCheck(f"The status list cannot be relied on. {error}") from None
        subject = listed["credentialSubject"]
        if stated.purpose not in credential.many(subject.get("statusPurpose")):
            raise Failed(f"The status list is not one for {stated.purpose}.")
        try:
            bits = _bits(subject, stated.size)
        except VcError as error:
            raise CouldNotCheck(f"The status list cannot be relied on. {error}") from None
        return status_list.get_value(bits, stated.index, status_size=stated.size)

    def _trusted_list(self, url: str, issuer: str) -> dict[str, Any]:
        if url not in self.trusted_lists:
            listed = self.fetch_status_list(url)
            self._require_trusted(listed, url)
            if len(self.trusted_lists) >= MAX_TRUSTED_LISTS:
                self.trusted_lists.clear()
            self.trusted_lists[url] = listed
        # Several credentials of one presentation may name it, each of its own issuer.
        listed = self.trusted_lists[url]
        _require_speaks_for(credential.issuer_id(listed), issuer, url)
        return listed

    def _require_trusted(self, listed: object, url: str) -> None:
        for check in self._secured(listed, Expected()):
            if check.outcome is not Outcome.PASSED:
                raise Failed(check.detail)
        if not isinstance(listed, dict) or listed.get("id") != url:
            raise Failed("It does not bear the address it was fetched from.")
        if status_list.CREDENTIAL_TYPE not in credential.types(listed):
            raise Failed("It is not a status list credential.")
        if status_list.LIST_TYPE not in credential.types(listed["credentialSubject"]):
            raise Failed("It holds no status list.")


def _read_entry(entry: dict[str, Any]) -> status_list.Entry:
    if entry.get("type") != status_list.ENTRY_TYPE:
        raise CouldNotCheck(f"The kind of status {entry.get('type')!r} is not understood here.")
    size = entry.get("statusSize", 1)
    if isinstance(size, int) and size > status_list.MAX_STATUS_SIZE:
        raise CouldNotCheck(f"Statuses of {size} bits are not understood here.")
    return status_list.read_entry(entry)


def _meaning(stated: status_list.Entry, value: int) -> str:
    message = stated.messages.get(value)
    if message is not None and stated.purpose == status_list.MESSAGE:
        return f"The issuer says of the credential: {message}."
    if not value:
        return f"The issuer states no {stated.purpose}."
    if stated.purpose == status_list.REVOCATION:
        raise Failed("The issuer has revoked the credential.")
    if stated.purpose == status_list.SUSPENSION:
        raise Failed("The issuer has suspended the credential, which may change again.")
    if stated.purpose in status_list.PURPOSES:
        return f"The issuer has something to tell about the credential ({stated.purpose})."
    raise CouldNotCheck(f"What the status {stated.purpose!r} means is not known here.")


def _bits(subject: dict[str, Any], status_size: int) -> bytes:
    bits = _unpacked(str(subject.get("encodedList", "")))
    if len(bits) * 8 // status_size < status_list.MIN_SIZE:
        raise MalformedDocument(f"It has fewer than {status_list.MIN_SIZE} entries.")
    return bits


# The same list is looked up for one credential after the other; a large one takes 16 MB.
@lru_cache(maxsize=2)
def _unpacked(encoded: str) -> bytes:
    return status_list.decode(encoded)


def _require_speaks_for(list_issuer: str, issuer: str, url: str) -> None:
    """Accept a list of the credential's own issuer, or of the host that the address names.

    Anyone else could put an empty list of their own in its place.
    """
    if list_issuer == issuer:
        return
    host = urlsplit(url).netloc.lower()
    if not list_issuer.startswith("did:web:"):
        raise Failed("It is of another issuer than the credential.")
    if urlsplit(did.did_web_url(list_issuer)).netloc.lower() != host:
        raise Failed("It is of another issuer than the credential, and of another host.")


def _moments(document: dict[str, Any], *names: str) -> list[datetime]:
    return [timestamps.read(document[name]) for name in names if name in document]


def _require_own(document: dict[str, Any], holder: Signatory) -> str:
    if holder.name is None or credential.issuer_id(document) != holder.name:
        raise Failed("The credential carries no proof, and its issuer is not the holder.")
    return "The holder states this of its own accord."


def _require_vouched_for(presentation: Report) -> str:
    if presentation.verdict is not Verdict.VALID:
        raise CouldNotCheck("The presentation, whose proof would cover it, is not valid.")
    return "The signature of the presentation covers the credential."


def _closed(envelope: dict[str, Any]) -> Report:
    ids = ("structure", "issuer", "signature", "dates", "status")
    detail = "Envelopes are not opened here."
    return Report(tuple(Check(id, Outcome.COULD_NOT_CHECK, detail) for id in ids))


def not_accepted(id: str) -> Check:
    """The check that was left out because the document's form was not accepted."""
    return Check(id, Outcome.COULD_NOT_CHECK, "Not looked at, as its form was not accepted.")


def not_vouched_for(id: str) -> Check:
    """The check that was left out because nobody is known to have signed the document."""
    return Check(
        id, Outcome.COULD_NOT_CHECK, "Not looked at, as the issuer did not prove to have signed."
    )
