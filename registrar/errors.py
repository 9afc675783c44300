"""What can go wrong at the registrar's desk. Each docstring is the default message."""


class RegistrarError(Exception):
    """Something that could not be done at the registrar's desk."""

    code = "registrar_error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class NotAllowed(RegistrarError):
    """Your roles do not allow this here."""

    code = "not_allowed"


class SamePerson(RegistrarError):
    """Whoever wrote it cannot approve it. Ask a second person."""

    code = "same_person"


class WrongState(RegistrarError):
    """Somebody else was faster: it is no longer in the state in which this can be done."""

    code = "wrong_state"


class Incomplete(RegistrarError):
    """Something is still missing."""

    code = "incomplete"

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__("Still missing: " + ", ".join(missing) + ".")


class NothingPasses(RegistrarError):
    """No final result passes, so nobody could be awarded anything."""

    code = "nothing_passes"


class ReasonMissing(RegistrarError):
    """Say why. The reason is kept in the ledger."""

    code = "reason_missing"


class CodeTaken(RegistrarError):
    """Something else in the catalogue has this code."""

    code = "code_taken"


class ImportRefused(RegistrarError):
    """The files cannot be read as a roster; nothing was changed."""

    code = "import_refused"


class PlanOutdated(RegistrarError):
    """The roster has changed since this plan was made. Read the files again."""

    code = "plan_outdated"
