"""Who tries too often has to wait: attempts are counted for a quarter of an hour, by origin.

Staff who sign in are counted by `sign_ins`, which also knows their browsers.
"""

from datetime import timedelta
from typing import Final

from django.db.models import QuerySet
from django.db.models.functions import Now

from issuer.services import clock
from registrar.errors import TooManyAttempts
from registrar.models import SignInAttempt
from registrar.services.college import sign_ins

_WINDOW_OPENED: Final = Now() - sign_ins.WINDOW


def demand(what: str, name: str, *, address: str, at_name: int, from_address: int) -> None:
    """Raise TooManyAttempts where one origin has tried this too often, at one name or at all."""
    of_origin = _recent().filter(origin=_origin(what, address))
    for attempts, limit in (
        (of_origin.filter(account=_account(what, name)), at_name),
        (of_origin, from_address),
    ):
        if attempts.count() >= limit:
            first = attempts.order_by("at").first()
            raise TooManyAttempts(
                first.at + sign_ins.WINDOW - clock.now() if first else timedelta()
            )


def count(what: str, name: str, *, address: str) -> int:
    """Count an attempt; how many there are at this name, from anywhere."""
    SignInAttempt.objects.filter(at__lt=_WINDOW_OPENED).delete()
    account = _account(what, name)
    SignInAttempt.objects.create(account=account, origin=_origin(what, address))
    return _recent().filter(account=account).count()


def _account(what: str, name: str) -> str:
    return sign_ins.digest(f"{what} {name}")


def _origin(what: str, address: str) -> str:
    return f"{what} {sign_ins.network(address)}"


def _recent() -> QuerySet[SignInAttempt]:
    return SignInAttempt.objects.filter(at__gte=_WINDOW_OPENED)
