"""How tests of the desk sign people in and read its pages."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

SignIn = Callable[[User], Client]


def text(answer: Any) -> str:
    """What the page says, as HTML."""
    return answer.content.decode()
