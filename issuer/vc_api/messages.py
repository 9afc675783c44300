"""Requests and answers of the VC API: members read strictly, refusals as problem details."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse

from issuer.vc.errors import Finding, VcError
from issuer.vc.json_text import MAX_BYTES, parse_json
from issuer.vc.verification.report import Check, Outcome, Report

PROBLEM = "application/problem+json"
_DATA_MODEL = "https://www.w3.org/TR/vc-data-model#"
_VCALM = "https://www.w3.org/TR/vcalm#"
_STATUS_LIST = "https://www.w3.org/ns/credentials/status-list#"
_NAMES = {"structure": "MALFORMED_VALUE_ERROR", "dates": "RANGE_ERROR"}


class Refused(Exception):
    """The request can't be done as it stands; the problems say why, `detail` in other words."""

    def __init__(
        self,
        *problems: dict[str, Any],
        status: int = 400,
        code: str = "",
        detail: str = "",
        retry_after: int | None = None,
    ) -> None:
        self.problems = problems
        self.status = status
        self.code = code or problems[0]["title"].lower().replace(" ", "_")
        self.retry_after = retry_after
        *before, last = [problem["detail"] for problem in problems]
        super().__init__(detail or "; ".join([*(said.removesuffix(".") for said in before), last]))


@dataclass(frozen=True)
class Message:
    """The JSON body of a request: its members, and those of its options."""

    members: Mapping[str, Any]
    options: Mapping[str, Any]

    def document(self, name: str) -> dict[str, Any]:
        """The member that holds a document; raises Refused when it is no object."""
        value = self.members.get(name)
        if not isinstance(value, dict):
            raise Refused(problem("PARSING_ERROR", f"The request has no object {name}."))
        return value

    def texts(self, name: str) -> list[str]:
        """The option that lists texts, none when it is not given."""
        value = self.options.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Refused(problem("MALFORMED_VALUE_ERROR", f"{name} is not a list of texts."))
        return value

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        """The option that is true or false, `otherwise` when it is not given."""
        value = self.options.get(name, otherwise)
        if not isinstance(value, bool):
            raise Refused(problem("MALFORMED_VALUE_ERROR", f"{name} is neither true nor false."))
        return value

    def text(self, name: str) -> str | None:
        """The option that is one text, None when it is not given."""
        value = self.options.get(name)
        if value is not None and not isinstance(value, str):
            raise Refused(problem("MALFORMED_VALUE_ERROR", f"{name} is not a text."))
        return value


def read(
    request: HttpRequest, *, members: Collection[str], options: Collection[str] | None
) -> Message:
    """Read a request of these members and options; raises Refused for any other (VCALM, 2.4).

    `options` None takes any option: public suites send some that no draft has known.
    """
    try:
        body = parse_json(_content(request))
    except VcError as error:
        raise Refused(problem("PARSING_ERROR", str(error))) from None
    given = body.get("options", {})
    if given is None and options is None:
        given = {}
    if not isinstance(given, dict):
        raise Refused(problem("MALFORMED_VALUE_ERROR", "The options are not an object."))
    unknown = [name for name in body if name not in (*members, "options")]
    if options is not None:
        unknown += [f"options.{name}" for name in given if name not in options]
    if unknown:
        are = "is" if len(unknown) == 1 else "are"
        known = ", ".join([*members, *(f"options.{name}" for name in options or ())])
        raise Refused(
            *(unknown_option(name) for name in unknown),
            detail=f"{', '.join(unknown)} {are} not known here. The request has: {known}.",
        )
    return Message(body, given)


def _content(request: HttpRequest) -> bytes:
    with suppress(RequestDataTooBig):
        if len(request.body) <= MAX_BYTES:
            return request.body
    said = plain(413, f"The body has more than {MAX_BYTES:,} bytes.")
    raise Refused(said, status=413, code="too_large")


def problem(name: str, detail: str, *, pointer: str | None = None) -> dict[str, Any]:
    """A problem of the data model (VC Data Model 2.0, "Problem Details"; RFC 9457)."""
    written = _problem(_DATA_MODEL, name, detail)
    return written if pointer is None else {**written, "pointer": pointer}


def _problem(vocabulary: str, name: str, detail: str) -> dict[str, Any]:
    title = name.replace("_", " ").capitalize()
    return {"type": f"{vocabulary}{name}", "title": title, "detail": detail}


def plain(status: int, detail: str) -> dict[str, Any]:
    """A problem that says no more than its status (RFC 9457, section 4.2.1)."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "detail": detail}


def unknown_option(name: str, detail: str = "") -> dict[str, Any]:
    """The problem of a member, an option or a value that this service does not know."""
    return {
        "type": f"{_VCALM}UNKNOWN_OPTION_PROVIDED",
        "title": "Unknown option provided",
        "detail": detail or f"{name} is not known here.",
    }


def of_findings(findings: Collection[Finding]) -> list[dict[str, Any]]:
    """What lint found, as problems."""
    return [
        problem(
            "MALFORMED_VALUE_ERROR", f"{found.message} ({found.section})", pointer=found.pointer
        )
        for found in findings
    ]


def of_report(report: Report) -> list[dict[str, Any]]:
    """The checks that did not pass, as problems: what could not be checked is never valid."""
    return [
        _problem(*_type(check), check.detail)
        for check in report.checks
        if check.outcome is not Outcome.PASSED
    ]


def _type(check: Check) -> tuple[str, str]:
    """The type of problem, by vocabulary and name.

    No specification has one for a status that was read and speaks against the credential: that
    one is ours. What is in the way of reading it is told as Bitstring Status List 1.0 does.
    """
    if check.id != "status":
        return _DATA_MODEL, _NAMES.get(check.id, "CRYPTOGRAPHIC_SECURITY_ERROR")
    if check.outcome is Outcome.FAILED:
        return f"{settings.BASE_URL}/vc-api#", "CREDENTIAL_STATUS_ERROR"
    return _STATUS_LIST, "STATUS_VERIFICATION_ERROR"


def refusal(refused: Refused) -> JsonResponse:
    """The answer of the conformance profile: the problem is a result as well."""
    return _answer(refused, {"verified": False, "errors": list(refused.problems)})


def problem_answer(refused: Refused) -> JsonResponse:
    """The answer to a request that is refused; `code` is a stable word, as in the REST API."""
    answer = _answer(refused, {"code": refused.code, "errors": list(refused.problems)})
    if refused.retry_after is not None:
        answer["Retry-After"] = str(refused.retry_after)
    return answer


def _answer(refused: Refused, members: dict[str, Any]) -> JsonResponse:
    """One problem that holds all."""
    first = refused.problems[0]
    body = {
        "type": first["type"],
        "title": first["title"],
        "status": refused.status,
        "detail": str(refused),
        **members,
    }
    return JsonResponse(body, status=refused.status, content_type=PROBLEM)
