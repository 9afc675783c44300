"""What a service of 1EdTech answers when something is wrong: imsx_StatusInfo."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


class Failure(Exception):
    """The request cannot be answered."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description

    def answer(self) -> JsonResponse:
        """The StatusInfo; errors are for everyone to read, and for nobody to keep."""
        field = {
            "imsx_codeMinorFieldName": "TargetEndSystem",
            "imsx_codeMinorFieldValue": self.code,
        }
        body = {
            "imsx_codeMajor": "failure",
            "imsx_severity": "error",
            "imsx_description": self.description,
            "imsx_codeMinor": {"imsx_codeMinorField": [field]},
        }
        headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
        return JsonResponse(body, status=self.status, headers=headers)


def unknown() -> Failure:
    """There is no such object."""
    return Failure(404, "unknownobject", "There is nothing with this identifier.")


def told(view: View) -> View:
    """Answer a failure with its StatusInfo."""

    @wraps(view)
    def telling(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Failure as failure:
            return failure.answer()

    return telling
