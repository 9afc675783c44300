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


class ManyRetired(ImportRefused):
    """It would retire much of the framework; nothing was changed."""

    code = "many_retired"


class PlanOutdated(SkillsError):
    """The vocabulary has changed since this plan was made. Read the file again."""

    code = "plan_outdated"


class SourceUnreachable(SkillsError):
    """The address could not be fetched."""

    code = "source_unreachable"


class MoreToSay(ImportRefused):
    """The file does not say which framework it is, or what its columns are."""

    code = "more_to_say"

    def __init__(
        self, message: str = "", *, problems: Sequence[Any] = (), format: str = ""
    ) -> None:
        self.format = format
        super().__init__(message, problems=problems)


class NotReady(SkillsError):
    """A competency is published with components and a context only."""

    code = "not_ready"


class NotCurrent(SkillsError):
    """The skill is retired or a mere heading. Choose a current one."""

    code = "not_current"


class NotOurOwn(SkillsError):
    """Only in a framework of our own can something be written here."""

    code = "not_our_own"


class NotPublished(SkillsError):
    """Only what is published can be revised; a draft is edited."""

    code = "not_published"


class NoDraft(SkillsError):
    """The competency is published and does not change. Revise it."""

    code = "no_draft"


class CannotPropose(SkillsError):
    """Some of these links cannot be proposed; none was."""

    code = "cannot_propose"

    def __init__(self, message: str = "", *, problems: Sequence[tuple[int, str]] = ()) -> None:
        """`problems` say what is wrong, each with the position of its link, counted from 0."""
        self.problems = problems
        said = " ".join(dict.fromkeys(reason for _, reason in problems))
        super().__init__(message or said)


class OwnProposal(SkillsError):
    """Whoever proposed a link cannot review it. Ask a second person."""

    code = "own_proposal"


class NotWaiting(SkillsError):
    """The link does not wait for review any more: it was reviewed or withdrawn."""

    code = "not_waiting"


class NotProposedHere(SkillsError):
    """A framework says this link. Import a newer edition of it instead."""

    code = "not_proposed_here"


class NotYours(SkillsError):
    """Only whoever proposed a link can withdraw it while it waits. A reviewer can reject it."""

    code = "not_yours"


class NoReason(SkillsError):
    """Say why. Whoever proposed the link reads it."""

    code = "no_reason"


class ModelUnusable(SkillsError):
    """The model that tells what skills mean can not be used here."""

    code = "model_unusable"
