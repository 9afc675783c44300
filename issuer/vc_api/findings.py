"""What a verification has found, as VCALM 1.0 answers it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from issuer.vc import credential
from issuer.vc.verification.inspection import Inspection
from issuer.vc.verification.report import Check, Outcome, Verdict
from issuer.vc.verification.shown import Wrapping
from issuer.vc_api import messages
from issuer.vc_api.messages import Message

OPTIONS = ("returnResults", "returnProblemDetails")

# What a member of a document stands or falls with.
_DECIDED_BY = {
    "proof": "signature",
    "validFrom": "dates",
    "validUntil": "dates",
    "credentialStatus": "status",
    "credentialSchema": "schema",
}
_ONE_EACH = ("validFrom", "validUntil")


def answer(inspected: Inspection, message: Message, *, sent: dict[str, Any]) -> dict[str, Any]:
    """The answer to a verification, with what the options ask for.

    `verified` is true only when every check of it and of all inside has passed: what could not be
    checked is never verified. Problems and results are told unless the options say no.
    """
    found = {"verified": inspected.verdict is Verdict.VALID, **sent}
    if message.flag("returnProblemDetails", otherwise=True):
        found["problemDetails"] = list(_problems(inspected))
    if message.flag("returnResults", otherwise=True):
        found["results"] = _results(inspected)
    return found


def _problems(inspected: Inspection) -> Iterator[dict[str, Any]]:
    for place, each in _with_all_inside(inspected):
        for problem in messages.of_report(each.report):
            yield problem | {"pointer": place} if place else problem


def _results(inspected: Inspection) -> dict[str, Any]:
    results: dict[str, Any] = {
        "checks": [
            {
                "id": check.id,
                "outcome": check.outcome,
                "detail": check.detail,
                "pointer": place,
            }
            for place, each in _with_all_inside(inspected)
            for check in each.checks
        ],
        "remarks": list(inspected.remarks),
    }
    outcomes = {check.id: check for check in inspected.checks}
    document = inspected.document or {}
    # Of a token its own signature is looked at, not what stands inside as a proof.
    passed_over = {"proof"} if Wrapping.TOKEN in inspected.wrappings else set()
    for member, name in _DECIDED_BY.items():
        check = outcomes.get(name)
        if check is not None and member in document and member not in passed_over:
            stated = credential.many(document[member])
            parts = check.parts or (check,) * len(stated)
            judged = [_judged(*each) for each in zip(stated, parts, strict=True)]
            results[member] = judged[0] if member in _ONE_EACH and judged else judged
    return results


def _judged(value: Any, check: Check) -> dict[str, Any]:
    judged = {"verified": check.outcome is Outcome.PASSED, "input": value}
    return judged if check.value is None else {"value": check.value, **judged}


def _with_all_inside(inspected: Inspection, place: str = "") -> Iterator[tuple[str, Inspection]]:
    yield place, inspected
    for inner in inspected.contains:
        yield from _with_all_inside(inner, place + inner.place)
