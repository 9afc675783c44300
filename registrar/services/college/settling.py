"""What the college settles for itself: the newest row of a policy holds, with its reason."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import transaction

from issuer.errors import ReasonMissing
from issuer.services import ledger
from registrar.models.policies import Policy
from registrar.services.college import roles

AnyPolicy = TypeVar("AnyPolicy", bound=Policy)


def current(policy: type[AnyPolicy]) -> AnyPolicy:
    """What holds; the defaults where nobody has settled anything."""
    return policy._default_manager.first() or policy()


def _soundly(settled: Any) -> None:
    """Nothing that is said can be wrong."""


@transaction.atomic
def settle(
    policy: type[AnyPolicy],
    *,
    by: User,
    reason: str,
    check: Callable[[AnyPolicy], None] = _soundly,
    **said: Any,
) -> AnyPolicy:
    """Settle it anew for the whole college, and say why; what is not said stays as it is.

    The same again changes nothing. Raises ReasonMissing, NotAllowed, and what `check` raises of
    the new row before it is kept.
    """
    roles.demand_for_all(by, right_to_settle(policy))
    if not reason.strip():
        raise ReasonMissing
    held = current(policy)
    terms = {name: getattr(held, name) for name in policy.terms()} | said
    settled = policy(**terms, reason=reason, by=by)
    if held.pk and all(getattr(held, name) == value for name, value in terms.items()):
        return held
    check(settled)
    settled.save()
    act = f"{policy._meta.verbose_name}.settled".replace(" ", "_")
    ledger.append(act, settled, by=by, reason=reason, details=terms)
    return settled


def right_to_settle(policy: type[Policy]) -> str:
    """The permission that it takes."""
    return f"{policy._meta.app_label}.change_{policy._meta.model_name}"
