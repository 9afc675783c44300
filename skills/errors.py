"""What can go wrong with the vocabulary. Each docstring is the default message."""

from collections.abc import Sequence
from typing import Any


class SkillsError(Exception):
    """Something that could not be done with a framework or skill."""

    code = "skills_error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class ImportRefused(SkillsError):
    """The file has errors; nothing was changed."""

    code = "import_refused"

    def __init__(self, message: str = "", *, problems: Sequence[Any] = ()) -> None:
        self.problems = problems
        super().__init__(message)


class PlanOutdated(SkillsError):
    """The vocabulary has changed since this plan was made. Read the file again."""

    code = "plan_outdated"
