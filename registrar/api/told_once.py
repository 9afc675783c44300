"""Secrets in answers: told this once, and never kept to be told again."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response


class ToldOnce(Response):
    """An answer with a secret; `kept_content` is what is given again, and has none."""

    kept_content: bytes

    def __init__(self, told: Mapping[str, Any], *, secret: str, status: int) -> None:
        super().__init__({**told, "secret": secret}, status=status)
        self.kept_content = JSONRenderer().render({**told, "secret": None})
