"""System checks: what is switched on can be done here."""

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from skills.errors import ModelUnusable
from skills.services import meanings

_HINT = (
    "pip install --require-hashes -r requirements/suggest.txt. Until then skills are suggested by "
    "words alone."
)


@register
def packages_for_meanings_are_there(**options: Any) -> list[CheckMessage]:
    """Warn where skills should be suggested by their meaning and nobody can tell it."""
    if not meanings.are_wanted() or not (missing := meanings.missing()):
        return []
    said = f"SUGGEST_BY_MEANING is on, and {', '.join(missing)} not installed."
    return [Warning(said, hint=_HINT, id="skills.W001")]


@register(deploy=True)
def model_of_meanings_can_be_used(**options: Any) -> list[CheckMessage]:
    """Warn where the packages are there and the model does not run: this tries it."""
    if not meanings.are_possible():
        return []
    try:
        meanings.try_model()
    except ModelUnusable as error:
        return [Warning(f"SUGGEST_BY_MEANING is on. {error}", hint=_HINT, id="skills.W002")]
    return []
