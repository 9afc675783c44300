"""What can go wrong at the registrar's desk. Each docstring is the default message."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import NamedTuple

from issuer.errors import Refusal


class RegistrarError(Refusal):
    """Something that could not be done at the registrar's desk."""

    code = "registrar_error"


class NotAllowed(RegistrarError):
    """Your roles do not allow this here."""

    code = "not_allowed"


class Gap(NamedTuple):
    """One thing that is missing: at which member (a JSON Pointer), and what to do about it."""

    pointer: str
    code: str
    needs: str
    remedy: str

    @property
    def reason(self) -> str:
        """The same as a sentence."""
        return f"It still needs {self.needs}."


class Incomplete(RegistrarError):
    """Something is still missing."""

    code = "incomplete"

    def __init__(self, missing: Sequence[Gap | str]) -> None:
        self.gaps = tuple(gap for gap in missing if isinstance(gap, Gap))
        self.missing = [gap.needs if isinstance(gap, Gap) else gap for gap in missing]
        super().__init__("Still missing: " + ", ".join(self.missing) + ".")


class NoApprover(Incomplete):
    """Nobody could approve it."""

    code = "no_approver"


class UnsoundImage(RegistrarError):
    """The picture cannot be used as the image of a credential."""

    code = "unsound_image"


class NothingToCorrect(RegistrarError):
    """Nothing is different from what is there already."""

    code = "nothing_to_correct"


class FeedRefused(RegistrarError):
    """The feed cannot be used as it is."""

    code = "feed_refused"


class SourceSilent(RegistrarError):
    """The server of the feed did not answer as it should. It is asked again later."""

    code = "source_silent"


class SourceRefuses(RegistrarError):
    """The server of the feed does not give what it is asked for."""

    code = "source_refuses"


class NotServed(SourceRefuses):
    """The server of the feed does not have this."""

    code = "not_served"


class NothingPasses(RegistrarError):
    """No final result passes, so nobody could be awarded anything."""

    code = "nothing_passes"


class TooManyAttempts(RegistrarError):
    """Too many attempts to sign in have failed."""

    code = "too_many_attempts"

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, ceil(wait.total_seconds()))
        minutes = ceil(self.seconds / 60)
        super().__init__(
            f"Too many attempts have failed here. Wait {minutes} "
            f"{'minute' if minutes == 1 else 'minutes'}, then try again. The account itself is "
            "not locked."
        )


class CodeTaken(RegistrarError):
    """Something else in the catalogue has this code."""

    code = "code_taken"


class ImportRefused(RegistrarError):
    """The files cannot be read as a roster; nothing was changed."""

    code = "import_refused"


class NoSource(RegistrarError):
    """No system can be called so: it is blank, longer than 100 characters, or the college's own."""

    code = "no_source"


class SourceNotAllowed(NotAllowed):
    """The client does not send rows as that system."""

    code = "source_not_allowed"


class PlanOutdated(RegistrarError):
    """The roster has changed since this plan was made. Read the files again."""

    code = "plan_outdated"


class NoScope(RegistrarError):
    """Choose at least one thing that the system may do, of those that there are."""

    code = "no_scope"


class RegisteredItself(RegistrarError):
    """An application that registered itself may do what learners let it do, and nothing else."""

    code = "registered_itself"


class ClientShut(RegistrarError):
    """A client that is closed cannot give itself a secret. Ask who administers it."""

    code = "client_shut"


class TwoSecrets(RegistrarError):
    """Two secrets of this client are good already. End the older one first."""

    code = "two_secrets"


class UnsoundKeys(RegistrarError):
    """These are no public keys with which a client can sign."""

    code = "unsound_keys"


class BadAssertion(RegistrarError):
    """What the client signed does not prove who it is."""

    code = "bad_assertion"


class UnsoundApp(RegistrarError):
    """The application cannot be registered as it describes itself."""

    code = "unsound_app"


class LinkUsedUp(RegistrarError):
    """The link was used before, or its time is over. Ask for another."""

    code = "link_used_up"


class NotHosted(RegistrarError):
    """The credential is not kept here."""

    code = "not_hosted"


class ProfileRefused(RegistrarError):
    """The profile cannot be changed like this."""

    code = "profile_refused"


class TakesNoPart(RegistrarError):
    """The learner takes no part in it. Record the participation first."""

    code = "takes_no_part"


class AskedThemselves(RegistrarError):
    """Nobody confirms what they learned themselves, nor what they asked for. Ask somebody else."""

    code = "asked_themselves"


class AnsweredAlready(RegistrarError):
    """The question has been answered already, or was withdrawn. It is answered once."""

    code = "answered_already"


class LinkExpired(RegistrarError):
    """The time to answer is over. Write to who asked you, if you still want to."""

    code = "link_expired"


class TermSettled(RegistrarError):
    """What holds in this term is settled for good. Make the change for a later one."""

    code = "term_settled"


class TooManyTags(RegistrarError):
    """The outcome would claim more skills than the college's rule allows."""

    code = "too_many_tags"


class ShareTooSmall(RegistrarError):
    """Too small a share of the grade is tied to the skill."""

    code = "share_too_small"


class Unconfirmed(RegistrarError):
    """Somebody who teaches it has still to confirm."""

    code = "unconfirmed"


class NotMarkable(RegistrarError):
    """Nothing can be marked here."""

    code = "not_markable"


class MarkedMeanwhile(RegistrarError):
    """Somebody else has marked this meanwhile. Load the page again to see how."""

    code = "marked_meanwhile"
