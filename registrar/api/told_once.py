"""Members beside what a serializer says, such as secrets that are told this once."""

from typing import Any

from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.utils.serializer_helpers import ReturnDict


def beside(told: ReturnDict, **members: Any) -> ReturnDict:
    """The same with more members; a dry run still knows of what it speaks."""
    return ReturnDict({**told, **members}, serializer=told.serializer)


class ToldOnce(Response):
    """An answer with a secret; `kept_content` is what is given again, and has none."""

    kept_content: bytes

    def __init__(self, told: ReturnDict, *, secret: str, status: int) -> None:
        super().__init__(beside(told, secret=secret), status=status)
        self.kept_content = JSONRenderer().render({**told, "secret": None})
