"""What can go wrong in the issuer, in the domain's words. Each docstring is the default message.

What the registrar refuses for the same reasons stands here, too: it may know the issuer's words.
"""


class Refusal(Exception):
    """Something cannot be done. The message tells the person who asked for it why."""

    code = "refused"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class WrongState(Refusal):
    """Somebody else was faster: it is no longer in the state in which this can be done."""

    code = "wrong_state"


class SamePerson(Refusal):
    """Whoever prepared it cannot decide on it. Ask a second person."""

    code = "same_person"


class NotPreparer(Refusal):
    """Only whoever prepared it can do this."""

    code = "not_preparer"


class ReasonMissing(Refusal):
    """Say why. The reason is kept in the ledger."""

    code = "reason_missing"


class IssuerError(Refusal):
    """Something the issuer could not do."""

    code = "issuer_error"


class NotSetUp(IssuerError):
    """There is no institution yet. Run the `setup` command first."""

    code = "not_set_up"


class DidIsFixed(IssuerError):
    """The DID stands in credentials that are out, so it cannot be changed any more."""

    code = "did_is_fixed"


class SandboxIsFixed(IssuerError):
    """Credentials are out that say whether this is a sandbox; it can't be changed any more."""

    code = "sandbox_is_fixed"


class NoActiveKey(IssuerError):
    """There is no active signing key. Run the `create_key` command first."""

    code = "no_active_key"


class KeystoreClosed(IssuerError):
    """Private keys are closed to this process; only the signer can open them."""

    code = "keystore_closed"


class KeyUnreadable(IssuerError):
    """The sealed key cannot be opened: wrong secret, or the file was changed."""

    code = "key_unreadable"


class KeyFails(IssuerError):
    """The key gives no signature, or not its own. Nothing was stored; it is tried again."""

    code = "key_fails"


class NotIssued(IssuerError):
    """No such credential has been issued, so there is nothing to revoke."""

    code = "not_issued"


class NotSuspendable(IssuerError):
    """A credential of this template can be revoked, not suspended."""

    code = "not_suspendable"


class NotSuspended(IssuerError):
    """It is not suspended, so there is nothing to lift."""

    code = "not_suspended"


class WithdrawnForGood(IssuerError):
    """It was withdrawn for good, which nobody can lift. Award it again instead."""

    code = "withdrawn_for_good"


class RevocationLost(IssuerError):
    """A revocation that verifiers have seen is missing now, so the list is not published."""

    code = "revocation_lost"


class RefusedByLint(IssuerError):
    """The statement would not be accepted by a strict verifier, so it is not signed."""

    code = "refused_by_lint"


class RefusedByOwnVerifier(IssuerError):
    """Our own verifier does not accept what was just signed, so it is not stored."""

    code = "refused_by_own_verifier"


class NeverIssued(IssuerError):
    """The credential could not be issued, and never will be."""

    code = "never_issued"


class IdTaken(IssuerError):
    """Another credential bears this id already. Give this one an id of its own."""

    code = "id_taken"


class BodyLost(IssuerError):
    """What is stored no longer makes the bytes that were signed."""

    code = "body_lost"


class BadAddress(IssuerError):
    """Mail cannot be sent to this. Write one e-mail address, like name@example.org."""

    code = "bad_address"


class NoReport(IssuerError):
    """The message says nothing about a mail of ours."""

    code = "no_report"


class BadReceiver(IssuerError):
    """Events are sent to public https addresses, on port 443 and without a user name."""

    code = "bad_receiver"


class TooManyWebhooks(IssuerError):
    """The system has as many webhooks as it may. Change or retire one of them."""

    code = "too_many_webhooks"
