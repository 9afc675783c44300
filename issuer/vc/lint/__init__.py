"""All that must hold before a key is touched."""

from __future__ import annotations

from typing import Any, cast

from issuer.vc import canonical
from issuer.vc.errors import Finding, LintFailed, VcError
from issuer.vc.lint import data_model, json_ld
from issuer.vc.lint.profiles import COLLEGE, COMPOSED_ELSEWHERE, CONFORMANCE, Profile

__all__ = [
    "COLLEGE",
    "COMPOSED_ELSEWHERE",
    "CONFORMANCE",
    "Finding",
    "Profile",
    "lint",
    "require",
]


def lint(document: object, *, issuer_did: str, profile: Profile = COLLEGE) -> list[Finding]:
    """Return everything for which the unsigned credential must not be signed.

    `issuer_did` is the DID of the key that is to sign. Each finding has a code,
    a JSON Pointer, a sentence and the section it rests on; all are found in one
    pass. What is no JSON object, or too large to be looked at, has one finding
    only. An empty list means: sign.
    """
    try:
        canonical.check_bounds(document)
    except VcError as error:
        return [Finding(error.code, "", str(error), data_model.SECTION)]
    stated = cast(dict[str, Any], document)
    findings = [finding for rule in profile.rules_for(stated) for finding in rule(stated)]
    findings += data_model.bound_issuer(stated, issuer_did)
    findings += json_ld.findings(stated, has_others=bool(findings))
    # Two rules may see one fault: the first says it.
    return list({(each.code, each.pointer): each for each in reversed(findings)}.values())[::-1]


def require(document: dict[str, Any], *, issuer_did: str, profile: Profile = COLLEGE) -> None:
    """Raise LintFailed with the findings, if there are any."""
    findings = lint(document, issuer_did=issuer_did, profile=profile)
    if findings:
        raise LintFailed(findings)
