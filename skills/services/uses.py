"""What the rest of the house does with a skill, in words for its page.

Skills knows nobody: whoever puts the pages together hands in who tells.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from skills.models import Skill


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that uses the skill: what it is called, and more about it in a few lines."""

    name: str
    lines: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class Uses:
    """Things of one sort that use the skill; `more` are there beyond those shown."""

    title: str
    shown: tuple[Use, ...]
    more: int = 0


Teller = Callable[[Skill], Sequence[Uses]]


def nobody(skill: Skill) -> Sequence[Uses]:
    """Tell of no use."""
    return ()
