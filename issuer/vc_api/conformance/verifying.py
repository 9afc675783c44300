"""Verify what a caller sends, and answer as the VC API has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import JsonResponse

from issuer.vc import credential as vc
from issuer.vc import did
from issuer.vc.errors import VcError
from issuer.vc.jose import jose_envelope
from issuer.vc.verification import presented_tokens, verify, verify_tokens
from issuer.vc.verification.report import CouldNotCheck, Outcome, Report, unreadable
from issuer.vc_api import messages

# What a caller may ask for by name: the checks of ours that it stands for.
_PROOF = ("structure", "issuer", "holder", "signature")
_ASKED = {"credentialStatus": ("status",)}


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where a verification gets the documents of issuers, and when it takes place."""

    resolve_did: Callable[[str], dict[str, Any]]
    fetch_status_list: Callable[[str], dict[str, Any]]
    fetch_status_token: Callable[[str], str]
    now: datetime
    policy: verify.Policy


def credential(
    document: dict[str, Any],
    sources: Sources,
    *,
    purpose: str | None = None,
    challenge: str | None = None,
    domain: str | None = None,
) -> Report:
    """Verify a credential with a proof, or in an envelope.

    Of embedded proofs purpose, challenge and domain are compared when they are given; a proof is
    for assertions otherwise.
    """
    if vc.ENVELOPED_CREDENTIAL in vc.types(document):
        return _enveloped(document, sources)
    return verify.verify(
        document,
        resolve_did=sources.resolve_did,
        fetch_status_list=sources.fetch_status_list,
        now=sources.now,
        policy=sources.policy,
        purpose=purpose or did.ASSERTION,
        challenge=challenge,
        domain=domain,
    )


def _enveloped(document: dict[str, Any], sources: Sources) -> Report:
    try:
        token = verify_tokens.open_envelope(document)
    except (VcError, CouldNotCheck) as error:
        return unreadable(error)
    return verify_tokens.verify_token(
        token,
        resolve_did=sources.resolve_did,
        fetch_status_list=sources.fetch_status_list,
        fetch_status_token=sources.fetch_status_token,
        now=sources.now,
        policy=sources.policy,
    )


def presentation(
    document: dict[str, Any],
    sources: Sources,
    *,
    challenge: str | None,
    domain: str | None,
) -> Report:
    """Verify a presentation, with a proof or in an envelope, and the credentials in it.

    All is one report.
    """
    if jose_envelope.ENVELOPED_PRESENTATION in vc.types(document):
        return _presented_in_envelope(document, sources, challenge=challenge, domain=domain)
    found = verify.verify_presentation(
        document,
        resolve_did=sources.resolve_did,
        fetch_status_list=sources.fetch_status_list,
        now=sources.now,
        policy=sources.policy,
        challenge=challenge,
        domain=domain,
        open_envelope=lambda envelope: _enveloped(envelope, sources),
    )
    return _together(found.presentation, *found.credentials)


def _presented_in_envelope(
    document: dict[str, Any], sources: Sources, *, challenge: str | None, domain: str | None
) -> Report:
    try:
        token = presented_tokens.open_envelope(document)
        presented = jose_envelope.read_presentation(token).presentation
    except (VcError, CouldNotCheck) as error:
        return unreadable(error)
    report = presented_tokens.verify(
        token,
        resolve_did=sources.resolve_did,
        now=sources.now,
        policy=sources.policy,
        challenge=challenge,
        domain=domain,
    )
    if report.check("structure").outcome is not Outcome.PASSED:
        return report
    return _together(report, *(_enveloped(each, sources) for each in vc.presented(presented)))


def _together(*reports: Report) -> Report:
    return Report(tuple(check for report in reports for check in report.checks))


def only(report: Report, asked: list[str]) -> Report:
    """The checks that the caller asked for, and always the proof's; all when it asked for none."""
    if not asked:
        return report
    named = {*_PROOF, *(name for each in asked for name in _ASKED.get(each, ()))}
    return Report(tuple(check for check in report.checks if check.id in named))


def result(report: Report) -> dict[str, Any]:
    """The result as VCALM 1.0, "Verify Credential", has it, and the named checks."""
    problems = messages.of_report(report)
    return {
        "verified": not problems,
        "checks": [check.id for check in report.checks],
        "warnings": [],
        "errors": problems,
        "problemDetails": problems,
        "results": [
            {"id": check.id, "outcome": check.outcome, "detail": check.detail}
            for check in report.checks
        ],
    }


def answer_or_refuse(report: Report) -> JsonResponse:
    """200 for what is valid and 400 for all else, as public suites ask."""
    is_valid = all(check.outcome is Outcome.PASSED for check in report.checks)
    return JsonResponse(result(report), status=200 if is_valid else 400)
