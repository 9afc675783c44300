"""How an answer says that it is that of a dry run."""

from typing import Final

from django.http import HttpRequest

HEADER: Final = "Dry-Run"
SAID: Final = "true"
_ASKED: Final = "is_tried"


def mark(request: HttpRequest) -> None:
    """Let the answer say so, also where it refuses: a form asks for a dry run, not the address."""
    setattr(request, _ASKED, True)


def is_marked(request: HttpRequest) -> bool:
    """Whether a form has asked for a dry run."""
    return getattr(request, _ASKED, False)
