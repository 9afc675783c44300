"""Who sees how learners were marked: the college's setting."""

from django.contrib.auth.models import User
from django.db import transaction

from issuer.errors import ReasonMissing, WrongState
from issuer.services import ledger
from registrar.models import MarkingPolicy
from registrar.services import roles

SET = "registrar.change_markingpolicy"


def current() -> MarkingPolicy:
    """The policy that holds; the default where nobody has set one."""
    return MarkingPolicy.objects.first() or MarkingPolicy()


@transaction.atomic
def settle(seen_by: str, *, by: User, reason: str) -> MarkingPolicy:
    """Set for the whole college who sees marks, and say why. The same again changes nothing.

    Raises ReasonMissing, NotAllowed, and WrongState for what is no choice.
    """
    roles.demand_for_all(by, SET)
    if not reason.strip():
        raise ReasonMissing
    if seen_by not in MarkingPolicy.SeenBy.values:
        raise WrongState("Choose one of the groups that there are.")
    held = current()
    if held.pk and held.seen_by == seen_by:
        return held
    policy = MarkingPolicy.objects.create(seen_by=seen_by, reason=reason, by=by)
    details = {"seen_by": seen_by}
    ledger.append("marking_policy.settled", policy, by=by, reason=reason, details=details)
    return policy
