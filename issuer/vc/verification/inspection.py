"""Inspect whatever somebody shows, with all that is inside of it, to one result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from issuer.vc import credential, walk
from issuer.vc.errors import VcError
from issuer.vc.verification import (
    embedded,
    named_schemas,
    presented_tokens,
    recipients,
    shown,
    verify,
)
from issuer.vc.verification.embedded import Embedded, Role
from issuer.vc.verification.report import (
    Check,
    CouldNotCheck,
    Outcome,
    Report,
    Verdict,
    made,
    unreadable,
)
from issuer.vc.verification.shown import Shown, Thing, Wrapping
from issuer.vc.verification.structure import MAX_CREDENTIALS
from issuer.vc.verification.verify_tokens import verify_token

# A record of fifty courses, with a few endorsements. Each costs all that a credential costs.
MAX_PARTS = 64

_ABOUT_PEOPLE = frozenset({Thing.BADGE, Thing.RECORD, Thing.CREDENTIAL})
_PRESENTED = "verifiableCredential"
_NOT_CHALLENGED = (
    "Who presents it was not asked to prove it anew: whoever has a copy can show it again."
)


@dataclass(frozen=True)
class Sources:
    """Where the documents of issuers come from, and when it takes place; see `verify.verify`.

    Whoever inspects several things at one moment may have them share `trusted_lists`. What
    `recognise` knows is not canonicalised.
    """

    resolve_did: Callable[[str], dict[str, Any]]
    fetch_status_list: Callable[[str], dict[str, Any]]
    fetch_status_token: Callable[[str], str]
    now: datetime
    trusted_lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    recognise: verify.Recognise = verify.nothing_known


@dataclass(frozen=True)
class Occasion:
    """What whoever asked for a presentation has sent along, for the holder to sign with it."""

    challenge: str | None = None
    domain: str | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What one should know of a presentation that answers no challenge."""
        return () if self.challenge is not None else (_NOT_CHALLENGED,)


@dataclass(frozen=True)
class Inspection:
    """What was found about one thing: what it is, what it states, its checks, and what it contains.

    `place` is where it stands in what contains it (a JSON Pointer). `remarks` are sentences on
    what was not looked at, and need not be for the verdict.
    """

    thing: Thing
    wrappings: tuple[Wrapping, ...]
    document: dict[str, Any] | None
    report: Report
    contains: tuple[Inspection, ...] = ()
    remarks: tuple[str, ...] = ()
    place: str = ""

    @property
    def checks(self) -> tuple[Check, ...]:
        """Its own checks, without those of what it contains."""
        return self.report.checks

    def check(self, id: str) -> Check:
        """Return its own check of that name."""
        return self.report.check(id)

    @property
    def verdict(self) -> Verdict:
        """The worst of its own and of all that it contains: valid only when all of it is."""
        return Report(tuple(self._all_checks())).verdict

    @property
    def issuer_id(self) -> str:
        """Who says to have issued it; nothing where that cannot be read."""
        document = self.document or {}
        try:
            return credential.issuer_id(document)
        except VcError:
            named = document.get("iss")
            return named if isinstance(named, str) else ""

    @property
    def is_signed(self) -> bool:
        """Whether it was signed by who says to have issued it."""
        passed = {check.id for check in self.checks if check.outcome is Outcome.PASSED}
        return {"structure", "issuer", "signature"} <= passed

    def _all_checks(self) -> Iterator[Check]:
        yield from self.checks
        for inner in self.contains:
            yield from inner._all_checks()


def inspect(
    content: bytes | dict[str, Any],
    sources: Sources,
    *,
    person: str = "",
    occasion: Occasion | None = None,
) -> Inspection:
    """Inspect what somebody shows: bytes as they were sent, or a document that was read already.

    1. it is opened: out of an image, an envelope, a token (`shown.open`)
    2. it is verified as what it is: structure, issuer (of a presentation the holder), signature,
       dates, status (`verify`, `verify_tokens`)
    3. schema: it has the form of the schemas of 1EdTech that it names (`named_schemas`)
    4. recipient: only if a person is given, it is about that one (`recipients`)
    5. what is inside goes through 1 to 4 for itself: the credentials of a presentation or record,
       and the endorsements at any place, each of which must be of something beside it
    6. it is valid only when all checks of it, and of all that is inside, have passed

    Raises nothing for what is sent. MAX_PARTS is how much is looked at inside; where there is
    more, the check `contents` could not be made. A newer edition is not asked for (Open Badges
    3.0, "Verification", 3), and the holder of a presentation has proved it anew only to who gives
    the `occasion` with its challenge: `remarks` says so.
    """
    found = shown.open(content) if isinstance(content, bytes) else shown.of_document(content)
    return _Inspector(sources, person, occasion or Occasion()).inspect(found)


@dataclass
class _Inspector:
    sources: Sources
    person: str
    occasion: Occasion
    parts_left: int = MAX_PARTS

    def inspect(self, found: Shown) -> Inspection:
        if found.thing is not Thing.PRESENTATION or found.document is None:
            return self._with_contents(found, self._verify(found))
        if found.token is not None:
            return self._presented_as_token(found, found.token, found.document)
        return self._presented(found, found.document)

    def _verify(self, found: Shown) -> Report:
        # 2
        sources = self.sources
        if found.fault is not None:
            return unreadable(found.fault)
        if found.token is not None:
            return verify_token(
                found.token,
                resolve_did=sources.resolve_did,
                fetch_status_list=sources.fetch_status_list,
                fetch_status_token=sources.fetch_status_token,
                now=sources.now,
            )
        return verify.verify(
            found.document,
            resolve_did=sources.resolve_did,
            fetch_status_list=sources.fetch_status_list,
            now=sources.now,
            trusted_lists=sources.trusted_lists,
            recognise=sources.recognise,
        )

    def _presented(self, found: Shown, document: dict[str, Any]) -> Inspection:
        sources = self.sources
        verified = verify.verify_presentation(
            document,
            resolve_did=sources.resolve_did,
            fetch_status_list=sources.fetch_status_list,
            now=sources.now,
            domain=self.occasion.domain,
            challenge=self.occasion.challenge,
            open_envelope=lambda envelope: self._verify(shown.of_document(envelope)),
            recognise=sources.recognise,
        )
        presented = walk.each(document, _PRESENTED)
        contains = tuple(
            self._with_contents(shown.of_document(content), report, place=place)
            for (place, content), report in zip(presented, verified.credentials, strict=False)
        )
        return _as_found(found, verified.presentation, contains, self.occasion.remarks)

    def _presented_as_token(self, found: Shown, text: str, document: dict[str, Any]) -> Inspection:
        sources = self.sources
        report = presented_tokens.verify(
            text,
            resolve_did=sources.resolve_did,
            now=sources.now,
            domain=self.occasion.domain,
            challenge=self.occasion.challenge,
        )
        contains = []
        for place, content in islice(walk.each(document, _PRESENTED), MAX_CREDENTIALS):
            inner = shown.of_document(content)
            contains.append(self._with_contents(inner, self._verify(inner), place=place))
        return _as_found(found, report, tuple(contains), self.occasion.remarks)

    def _with_contents(self, found: Shown, report: Report, *, place: str = "") -> Inspection:
        document = found.document
        if document is None:
            return replace(_as_found(found, report), place=place)
        checks = [*report.checks]
        # 3
        schema = named_schemas.check(document)
        if schema is not None:
            checks.append(schema)
        # 4
        if self.person and found.thing in _ABOUT_PEOPLE:
            checks.append(recipients.check(document, self.person))
        # 5
        contains: list[Inspection] = []
        looked_at = made("contents", lambda: self._look_inside(document, contains))
        if looked_at.outcome is not Outcome.PASSED:
            checks.append(looked_at)
        remarks = tuple(_remarks(document))
        whole = _as_found(found, Report(tuple(checks)), tuple(contains), remarks)
        return replace(whole, place=place)

    def _look_inside(self, document: dict[str, Any], contains: list[Inspection]) -> str:
        for part in embedded.find(document):
            if not self.parts_left:
                raise CouldNotCheck(f"It contains more than the {MAX_PARTS} that are looked at.")
            self.parts_left -= 1
            contains.append(self._part(part, document))
        return "All that it contains was looked at."

    def _part(self, part: Embedded, holder: dict[str, Any]) -> Inspection:
        content = part.content
        found = shown.of_token(content) if isinstance(content, str) else shown.of_document(content)
        inner = self._with_contents(found, self._verify(found), place=part.pointer)
        if part.role is Role.CREDENTIAL:
            return inner
        endorsed = embedded.endorsed(inner.document, holder)
        return replace(inner, report=Report((*inner.checks, endorsed)))


def _as_found(
    found: Shown,
    report: Report,
    contains: tuple[Inspection, ...] = (),
    remarks: tuple[str, ...] = (),
) -> Inspection:
    return Inspection(found.thing, found.wrappings, found.document, report, contains, remarks)


def _remarks(document: dict[str, Any]) -> Iterator[str]:
    for address in named_schemas.unknown(document):
        yield (
            f"It names the schema {address}, which is not known here: that it has this form is "
            "not shown. Who issued it, and whether it still holds, does not depend on it."
        )
    if "vct" in document and "cnf" in document:
        yield _NOT_CHALLENGED
    if "refreshService" in document:
        yield "Its issuer may have a newer edition of it, which was not asked for."
    subjects = document.get("credentialSubject")
    if isinstance(subjects, list) and len(subjects) > 1:
        yield f"It is about {len(subjects)} subjects; only the first is shown."
