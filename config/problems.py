"""Every error of the REST API as an RFC 9457 problem: the one place where errors meet HTTP."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import UUIDField
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler

from config.rest import API
from issuer.bodies import HERE
from issuer.errors import Refusal
from registrar.api import file_problems
from registrar.api.references import KnownElsewhere
from registrar.errors import Incomplete, NotAllowed
from registrar.readers.row_members import ELSEWHERE
from skills.errors import ImportRefused, SkillsError

MEDIA_TYPE = "application/problem+json"


class RefusedFile(APIException):
    """A file that cannot be imported, with all that is wrong with it."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, refused: ImportRefused) -> None:
        super().__init__(detail=str(refused), code=refused.code)
        told = [file_problems.told(problem) for problem in refused.problems]
        self.errors = [each for each in told if each["severity"] != "warning"]
        self.warnings = [each for each in told if each["severity"] == "warning"]


class Unready(APIException):
    """Something that lacks this and that, each told with what to do about it."""

    status_code = HTTPStatus.CONFLICT

    def __init__(self, error: Incomplete) -> None:
        super().__init__(detail=str(error), code=error.code)
        self.errors = [
            {"pointer": gap.pointer, "code": gap.code, "reason": gap.reason, "remedy": gap.remedy}
            for gap in error.gaps
        ]


class ProblemRenderer(JSONRenderer):
    """What a problem is written with, whatever the client would rather have had."""

    media_type = MEDIA_TYPE


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer with `application/problem+json`; the code is stable, the words may change."""
    error = _as_api_exception(error, context)
    if type(error) is exceptions.UnsupportedMediaType:
        error.detail = ErrorDetail(_unread(context), error.default_code)
    response = exception_handler(error, context)
    if response is None or not isinstance(error, APIException):
        return None
    response.data = _body_of(error)
    # Also where the view itself answers in something else, as the schema does in YAML.
    request = context["request"]
    request.accepted_renderer = ProblemRenderer()
    request.accepted_media_type = MEDIA_TYPE
    return response


def body(status: int, code: str, detail: str) -> dict[str, Any]:
    """The members that every problem has."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }


def answer(status: int, code: str, detail: str) -> JsonResponse:
    """A problem from outside of the API's views."""
    return JsonResponse(body(status, code, detail), status=status, content_type=MEDIA_TYPE)


def _as_api_exception(error: Exception, context: dict[str, Any]) -> Exception:
    if isinstance(error, ImportRefused):
        return RefusedFile(error)
    if isinstance(error, Incomplete) and error.gaps:
        return Unready(error)
    if isinstance(error, NotAllowed):
        return exceptions.PermissionDenied(str(error), error.code)
    if isinstance(error, Refusal | SkillsError):
        conflict = APIException(detail=str(error), code=error.code)
        conflict.status_code = HTTPStatus.CONFLICT
        return conflict
    if isinstance(error, Http404):
        return exceptions.NotFound(_nothing_of(context["view"]))
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    return error


def _nothing_of(view: Any) -> str:
    """What is said where nothing is found: of what cannot be an id also what can."""
    said = "There is nothing with this id."
    queryset, key = getattr(view, "queryset", None), view.kwargs.get("pk")
    if queryset is None or key is None:
        return said
    if isinstance(view, KnownElsewhere) and key.startswith(ELSEWHERE):
        return said
    ours = queryset.model._meta.pk
    try:
        ours.to_python(key)
    except InvalidValue:
        kind = "a UUID" if isinstance(ours, UUIDField) else "a number"
        return f"{said} An id is {kind}{getattr(view, 'other_ids', '')}."
    return said


def _unread(context: dict[str, Any]) -> str:
    """What is said of a media type that is not read: which are."""
    *others, last = [parser.media_type for parser in context["view"].get_parsers()]
    read = f"{', '.join(others)} or {last}" if others else last
    said = (context["request"].content_type or "").partition(";")[0].strip()
    which = f"{said[:64]} is not read here" if said else "Nothing says what the body is"
    return f"{which}: send {read}, and say so in Content-Type."


def _body_of(error: APIException) -> dict[str, Any]:
    if isinstance(error, RefusedFile):
        said = body(error.status_code, str(error.get_codes()), str(error.detail))
        return said | {"errors": error.errors, "warnings": error.warnings}
    if isinstance(error, Unready):
        said = body(error.status_code, str(error.get_codes()), str(error.detail))
        return said | {"errors": error.errors}
    if not isinstance(error, ValidationError):
        return body(error.status_code, str(error.get_codes()), str(error.detail))
    errors = list(_flat(error.get_full_details()))
    return body(error.status_code, "invalid", "The request has errors.") | {"errors": errors}


def _flat(details: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """Every single error with a JSON Pointer to where it is."""
    if _is_message(details):
        yield {"pointer": pointer, "code": details["code"], "reason": str(details["message"])}
    elif isinstance(details, dict):
        for name, inner in details.items():
            yield from _flat(inner, pointer if name is HERE else f"{pointer}/{_step(name)}")
    else:
        for number, inner in enumerate(details):
            yield from _flat(inner, pointer if _is_message(inner) else f"{pointer}/{number}")


def _is_message(details: Any) -> bool:
    """Whether it is one error; a body may have members of these names as well."""
    return isinstance(details, dict) and isinstance(details.get("message"), str)


def _step(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")


# Where no view of the API was reached, people get a page and systems a problem.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the host is none of ours, or the request is not well-formed."""
    if request.path.startswith(API):
        if isinstance(exception, APIException):
            return answer(400, str(exception.get_codes()), str(exception.detail))
        return answer(400, "bad_request", "The request is not well-formed.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the address is shut."""
    if request.path.startswith(API):
        return answer(403, "permission_denied", "This address is shut.")
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such address."""
    if request.path.startswith(API):
        return answer(404, "not_found", "There is no such address; /api/v1/schema lists them.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault."""
    if request.path.startswith(API):
        return answer(500, "server_error", "Something broke on our side; it has been noted.")
    return defaults.server_error(request)
