"""The inspectors: which probes are run on a badge, a record, an endorsement and a status list."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import additions, credential_probes, forms, linked_data, proof_probes, status_probes
from .credential_probes import Document, Fetch, many, types
from .forms import Baking, Jwt, Parsed
from .report import Abort, Fault, Report, fatal

BADGE_TYPES = {"AchievementCredential", "OpenBadgeCredential"}


def inspect_badge(source: Any, *, fetch: Fetch, now: datetime) -> Report:
    """OB30Inspector, and what it leaves out."""
    return _Inspection(fetch, now).run(source, forms.BADGE, _Inspection.badge)


def inspect_clr(source: Any, *, fetch: Fetch, now: datetime) -> Report:
    """CLR20Inspector, and what it leaves out: it has OB30Inspector look at embedded badges."""
    return _Inspection(fetch, now).run(source, forms.RECORD, _Inspection.record)


def inspect_endorsement(source: Any, *, fetch: Fetch, now: datetime) -> Report:
    """EndorsementInspector for an endorsement that stands alone."""
    return _Inspection(fetch, now).run(source, forms.BADGE, _Inspection.lone_endorsement)


def inspect_status_list(source: Any, *, fetch: Fetch, now: datetime) -> Report:
    """BitstringStatusListCredentialInspector, and what it leaves out."""
    return _Inspection(fetch, now).run(source, forms.BADGE, _Inspection.status_list)


@dataclass
class _Inspection:
    fetch: Fetch
    now: datetime
    refreshed: bool = False
    report: Report = field(default_factory=Report)
    document: Document = field(default_factory=dict)
    jwt: Jwt | None = None

    def run(self, source: Any, baking: Baking, inspect: Any) -> Report:
        """Parse, and go on with what the inspector does; a fatal finding ends it."""
        with suppress(Abort):
            self.report.probe("CredentialParseProbe", self._parse(source, baking, inspect))
            inspect(self)
        return self.report

    def badge(self) -> None:
        """Steps 2 to 16 of OB30Inspector."""
        self._linked_data()
        self._contexts(credential_probes.BADGE_CONTEXTS)
        self._types(credential_probes.BADGE_TYPES)
        self._schemas("ob_v3p0_achievementcredential")
        probe = self.report.probe
        probe("CredentialSubjectProbe", credential_probes.achievement_subject(self.document))
        self._parties()
        self._additions_for_learners()
        self._proof_and_life()
        self._endorsements()

    def record(self) -> None:
        """Steps 2 to 11 of CLR20Inspector."""
        self._linked_data()
        self._contexts(credential_probes.CLR_CONTEXTS)
        self._types(credential_probes.CLR_TYPES)
        self._schemas("clr_v2p0_clrcredential")
        probe = self.report.probe
        probe("ClrSubjectProbe", credential_probes.clr_subject(self.document))
        self._parties()
        self._additions_for_learners()
        probe("AssociationsProbe", additions.associations(self.document))
        probe("EmbeddedCredentialsProbe", additions.embedded_credentials(self.document))
        self._proof_and_life()
        self._endorsements()
        for index, inner in enumerate(
            many(self.document["credentialSubject"].get("verifiableCredential"))
        ):
            if BADGE_TYPES & types(inner):
                self._inspect(f"verifiableCredential[{index}]", inner, _Inspection.badge)

    def lone_endorsement(self) -> None:
        """An endorsement, its schema and its subject."""
        self._linked_data()
        self._schemas("ob_v3p0_endorsementcredential")
        self.report.probe(
            "CredentialSubjectProbe",
            credential_probes.has_subject(self.document, "EndorsementSubject"),
        )
        self.endorsement()

    def endorsement(self) -> None:
        """What is looked at in an endorsement that is embedded."""
        self._contexts(credential_probes.BADGE_CONTEXTS)
        self._types(credential_probes.ENDORSEMENT_TYPES)
        self._inline_schemas()
        self._additions()
        self._proof_and_life()

    def status_list(self) -> None:
        """A bitstring status list credential."""
        probe = self.report.probe
        self._contexts(credential_probes.BADGE_CONTEXTS[:1])
        self._types(credential_probes.STATUS_LIST_TYPES)
        probe(
            "CredentialSubjectProbe",
            credential_probes.has_subject(self.document, "BitstringStatusList"),
        )
        self._linked_data()
        probe("ValuesProbe", additions.values(self.document))
        probe("PeriodProbe", additions.period(self.document))
        probe("StatusListProbe", status_probes.status_list(self.document))
        self._proof()
        probe("ExpirationProbe", credential_probes.expiration(self.document, self.now))
        probe("IssuanceProbe", credential_probes.issuance(self.document, self.now))

    # The probes that several inspectors run

    def _parse(self, source: Any, baking: Baking, inspect: Any) -> Iterator[Fault]:
        try:
            whole = inspect is not _Inspection.record
            self._take(forms.parse(source, baking, takes_jwt_of_whole=whole))
        except ValueError as reason:
            yield fatal(f"the credential cannot be read: {reason}")

    def _take(self, parsed: Parsed) -> None:
        self.document, self.jwt = parsed.document, parsed.jwt

    def _linked_data(self) -> None:
        self.report.probe("JsonLDValidationProbe", linked_data.dropped(self.document))

    def _contexts(self, positions: Any) -> None:
        probe = credential_probes.contexts(self.document, positions)
        self.report.probe("ContextPropertyProbe", probe)

    def _types(self, expected: Any) -> None:
        self.report.probe("TypePropertyProbe", credential_probes.has_types(self.document, expected))

    def _schemas(self, name: str) -> None:
        self.report.probe("JsonSchemaProbe", credential_probes.schema(self.document, name))
        self._inline_schemas()

    def _inline_schemas(self) -> None:
        probe = credential_probes.inline_schemas(self.document, self.fetch)
        self.report.probe("InlineJsonSchemaProbe", probe)

    def _parties(self) -> None:
        self.report.probe("EvidenceProbe", credential_probes.evidence(self.document))
        self.report.probe("IssuerProbe", credential_probes.issuer(self.document, self.fetch))

    def _proof_and_life(self) -> None:
        self._proof()
        self._refresh()
        probe = self.report.probe
        probe(
            "RevocationListProbe",
            status_probes.revocation(self.document, self.fetch, self._inspect_list),
        )
        probe("ExpirationProbe", credential_probes.expiration(self.document, self.now))
        probe("IssuanceProbe", credential_probes.issuance(self.document, self.now))

    def _proof(self) -> None:
        probe = self.report.probe
        if self.jwt is None:
            probe("EmbeddedProofProbe", proof_probes.embedded(self.document, self.fetch, self.now))
            probe("ProofDatesProbe", additions.proof_dates(self.document, self.now))
            probe("DidDocumentProbe", additions.did_document(self.document, self.fetch))
            return
        of_list = "BitstringStatusListCredential" in types(self.document)
        issuer = proof_probes.issuer_id(self.document) if of_list else None
        probe(
            "ExternalProofProbe",
            proof_probes.external(self.jwt, self.fetch, self.now, fragments_of=issuer),
        )

    def _refresh(self) -> None:
        service = self.document.get("refreshService", {})
        if service.get("type") != "1EdTechCredentialRefresh" or self.refreshed:
            return
        try:
            newest = self.fetch(service["id"])
        except Exception:  # noqa: BLE001 - then the credential stands as it is
            return
        again = _Inspection(self.fetch, self.now, refreshed=True)
        inspect = (
            _Inspection.record if "ClrCredential" in types(self.document) else _Inspection.badge
        )
        self.report.include("refresh", again.run(newest, forms.BADGE, inspect))

    def _additions_for_learners(self) -> None:
        self._additions()
        self.report.probe("RecipientProbe", additions.recipient(self.document))
        self.report.probe("ReferencesProbe", additions.references(self.document))

    def _additions(self) -> None:
        probe = self.report.probe
        probe("ValuesProbe", additions.values(self.document))
        probe("PeriodProbe", additions.period(self.document))
        probe("StatusEntryProbe", additions.status_entry(self.document))
        if self.jwt is not None:
            probe("ClaimsProbe", additions.claims(self.jwt, self.document))

    def _endorsements(self) -> None:
        for member in ("endorsement", "endorsementJwt"):
            for index, found in enumerate(_members(self.document, member)):
                self._inspect(f"{member}[{index}]", found, _Inspection.endorsement)

    # Inspections inside

    def _inspect(self, prefix: str, source: Any, inspect: Any) -> None:
        inner = _Inspection(self.fetch, self.now)
        self.report.include(prefix, inner.run(source, forms.BADGE, inspect))

    def _inspect_list(self, fetched: Any) -> Report:
        return inspect_status_list(fetched, fetch=self.fetch, now=self.now)


def _members(value: Any, name: str) -> Iterator[Any]:
    """Find all members of this name at any depth, each alone."""
    if isinstance(value, list):
        for item in value:
            yield from _members(item, name)
    elif isinstance(value, dict):
        yield from many(value.get(name))
        for member in value.values():
            yield from _members(member, name)
