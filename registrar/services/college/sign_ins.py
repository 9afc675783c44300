"""Slow down who guesses passwords, without letting them lock anybody else out."""

import unicodedata
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac

from issuer.models import LedgerEntry
from issuer.services import clock, ledger
from registrar.errors import TooManyAttempts
from registrar.models import SignInAttempt

WINDOW: Final = timedelta(minutes=15)
# One origin at one account: a person who has forgotten which password it was.
AT_AN_ACCOUNT_FROM_ONE_ORIGIN: Final = 5
# One address at all accounts: a room full of people who share it.
FROM_ONE_ADDRESS: Final = 50
# All addresses at one account: somebody who has many of them.
AT_AN_ACCOUNT: Final = 100

_FAILURES: Final = "sign_in.failures"
_WINDOW_OPENED: Final = Now() - WINDOW


def begin(username: str, *, address: str, browser: str = "") -> SignInAttempt:
    """Let somebody try a password, or raise TooManyAttempts; to be called before it is looked at.

    `browser` names a browser in which this very account has signed in before. It is judged by its
    own attempts alone, so that strangers who guess elsewhere cannot lock its owner out; everybody
    else is judged by address too, and by what all strangers together try at this account.

    The attempt counts from now on, also before its outcome is known: of many at the same moment
    no more are let through. It is not one transaction, for the others must see it at once.
    """
    SignInAttempt.objects.filter(at__lt=_WINDOW_OPENED).delete()
    origin = f"browser:{browser}" if browser else network(address)
    attempt = SignInAttempt.objects.create(account=digest(username), origin=origin)
    limits = [(Q(account=attempt.account, origin=origin), AT_AN_ACCOUNT_FROM_ONE_ORIGIN)]
    if not browser:
        limits += [
            (Q(origin=origin), FROM_ONE_ADDRESS),
            (Q(account=attempt.account), AT_AN_ACCOUNT),
        ]
    for counted, limit in limits:
        others = _recent().filter(counted).exclude(pk=attempt.pk)
        if others.count() >= limit:
            attempt.delete()
            raise TooManyAttempts(_time_until_the_first_leaves(others))
    return attempt


def fail(attempt: SignInAttempt, username: str) -> None:
    """Note in the ledger that an account meets with wrong passwords again and again.

    There is one entry for each account in each window, and none for names that nobody has.
    """
    failures = _recent().filter(account=attempt.account)
    if failures.count() < AT_AN_ACCOUNT_FROM_ONE_ORIGIN:
        return
    person = User.objects.filter(username=_normal(username)).first()
    if person is None:
        return
    entered = LedgerEntry.objects.filter(subject=ledger.name_of(person), act=_FAILURES)
    if not entered.filter(at__gte=_WINDOW_OPENED).exists():
        origins = failures.values("origin").distinct().count()
        details = {"failures": failures.count(), "origins": origins}
        ledger.append(_FAILURES, person, by="sign-in", details=details)


def succeed(attempt: SignInAttempt) -> None:
    """Forget this attempt, and those with which the same person came near."""
    SignInAttempt.objects.filter(account=attempt.account, origin=attempt.origin).delete()


def digest(username: str) -> str:
    """What stands for a user name, as somebody typed it, where it must not be read."""
    return salted_hmac("registrar.sign_ins", _normal(username)).hexdigest()


def _normal(username: str) -> str:
    """As Django compares user names, which differ in capital and small letters."""
    return unicodedata.normalize("NFKC", username)


def network(address: str) -> str:
    """The address; of IPv6 the network, of which everybody has as many addresses as they like."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network((int(found), 64), strict=False))
    return str(found)


def _recent() -> QuerySet[SignInAttempt]:
    return SignInAttempt.objects.filter(at__gte=_WINDOW_OPENED)


def _time_until_the_first_leaves(attempts: QuerySet[SignInAttempt]) -> timedelta:
    first = attempts.order_by("at").first()
    return first.at + WINDOW - clock.now() if first else timedelta()
