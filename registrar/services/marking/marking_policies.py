"""Who sees how learners were marked: the college's setting."""

from django.contrib.auth.models import User

from issuer.errors import WrongState
from registrar.models import MarkingPolicy
from registrar.services.college import settling


def current() -> MarkingPolicy:
    """The policy that holds."""
    return settling.current(MarkingPolicy)


def settle(seen_by: str, *, by: User, reason: str) -> MarkingPolicy:
    """Set for the whole college who sees marks. Raises WrongState for what is no choice.

    It also raises what `settling.settle` raises.
    """
    return settling.settle(MarkingPolicy, by=by, reason=reason, check=_check, seen_by=seen_by)


def _check(policy: MarkingPolicy) -> None:
    if policy.seen_by not in MarkingPolicy.SeenBy.values:
        raise WrongState("Choose one of the groups that there are.")
