"""Every error of the REST API as an RFC 9457 problem: the one place where errors meet HTTP."""

from typing import Any

from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from issuer.errors import IssuerError
from registrar.errors import RegistrarError
from skills.errors import SkillsError


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer with `application/problem+json`; the code is stable, the words may change."""
    if isinstance(error, IssuerError | RegistrarError | SkillsError):
        error = _as_conflict(error)
    response = exception_handler(error, context)
    if response is None:
        return None
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": response.status_text,
        "status": response.status_code,
    }
    if isinstance(error, ValidationError):
        body["code"] = "invalid"
        body["errors"] = error.get_full_details()
    elif isinstance(error, APIException):
        body["code"] = error.get_codes()
        body["detail"] = str(error.detail)
    response.data = body
    response.content_type = "application/problem+json"
    return response


def _as_conflict(error: IssuerError | RegistrarError | SkillsError) -> APIException:
    conflict = APIException(detail=str(error), code=error.code)
    conflict.status_code = 409
    return conflict
