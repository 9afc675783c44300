"""Who corrects what was issued: one person, or two; the college's setting."""

from django.contrib.auth.models import User
from django.db import transaction

from issuer.errors import ReasonMissing
from issuer.services import ledger
from registrar.models import CorrectionPolicy
from registrar.services import roles

SET = "registrar.change_correctionpolicy"


def current() -> CorrectionPolicy:
    """The policy that holds; the default where nobody has set one."""
    return CorrectionPolicy.objects.first() or CorrectionPolicy()


@transaction.atomic
def settle(needs_second: bool, *, by: User, reason: str) -> CorrectionPolicy:
    """Set for the whole college whether two people correct, and say why. The same changes nothing.

    Raises ReasonMissing and NotAllowed.
    """
    roles.demand_for_all(by, SET)
    if not reason.strip():
        raise ReasonMissing
    held = current()
    if held.pk and held.needs_second == needs_second:
        return held
    policy = CorrectionPolicy.objects.create(needs_second=needs_second, reason=reason, by=by)
    details = {"needs_second": needs_second}
    ledger.append("correction_policy.settled", policy, by=by, reason=reason, details=details)
    return policy
