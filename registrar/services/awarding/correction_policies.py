"""Who corrects what was issued: one person, or two; the college's setting."""

from django.contrib.auth.models import User

from registrar.models import CorrectionPolicy
from registrar.services.college import settling


def current() -> CorrectionPolicy:
    """The policy that holds."""
    return settling.current(CorrectionPolicy)


def settle(needs_second: bool, *, by: User, reason: str) -> CorrectionPolicy:
    """Set for the whole college whether two people correct; raises what `settling.settle` does."""
    return settling.settle(CorrectionPolicy, by=by, reason=reason, needs_second=needs_second)
