"""What a learner's e-mail address has opened, to the learner and to applications; and ending it.

Whoever reads the mail is the learner: once the address is another's, nothing that was opened by it
may stay open. Sessions and links keep the number of `Learner.access_number`, and fit no other.
Codes and tokens keep a user, and hold while it is the one of the account. So nothing has to be
found to be ended: what others make before the transaction is through is over with it too.
"""

import uuid
from collections.abc import Collection, Mapping
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken

from issuer.services import clock, ledger
from registrar.models import Learner, LearnerAccount, SamePerson, SignInLink

_TOKENS: Final = (Grant, RefreshToken, AccessToken)
_QUERY: Final = 10_000
# How the users begin that stand in learners' tokens, also those that do no more.
USERS_BEGIN: Final = "learner-"


def apps_with_access(account: LearnerAccount) -> list[Application]:
    """The applications that can reach the learner's credentials now, by name."""
    now = clock.now()
    tokens = AccessToken.objects.filter(user=account.user, expires__gt=now).values("application")
    renewable = RefreshToken.objects.filter(user=account.user, revoked=None).values("application")
    found = Application.objects.filter(pk__in=tokens) | Application.objects.filter(pk__in=renewable)
    return list(found.select_related("described").order_by("name", "pk").distinct())


@transaction.atomic
def end_app(account: LearnerAccount, application: Application) -> None:
    """Let an application reach nothing of the learner's from now on."""
    for tokens in _TOKENS:
        tokens.objects.filter(user=account.user, application=application).delete()
    ledger.append(
        "learner.access_ended",
        account.learner,
        by="learner",
        details={"client": application.client_id},
    )


@transaction.atomic
def end(learners: Collection[int], *, why: str) -> None:
    """End sessions, links, codes and tokens of these learners, given by their keys.

    Also of those whom they were found to be: a link that is sent to one opens for the other.
    """
    keys = {*learners, *_found_to_be(learners)}
    Learner.objects.filter(pk__in=keys).update(access_number=F("access_number") + 1)
    SignInLink.objects.filter(learner__in=keys).delete()
    for account in LearnerAccount.objects.filter(learner__in=keys).select_related("learner"):
        LearnerAccount.objects.filter(pk=account.pk).update(user=new_user())
        ledger.append("learner.access_ended", account.learner, by="system", details={"why": why})


def new_user() -> User:
    """A user who stands in the tokens of a learner, and can do nothing else."""
    user = User(username=f"{USERS_BEGIN}{uuid.uuid4()}", is_active=False)
    user.set_unusable_password()
    user.save()
    return user


def end_where_moved(addresses: Mapping[int, str]) -> list[int]:
    """End what was opened by the addresses of learners who are about to get these other ones.

    For who writes many, in their transaction and before they do. Returns whose these are.
    """
    keys = sorted(addresses)
    moved = [
        pk
        for start in range(0, len(keys), _QUERY)
        for pk, email in Learner.objects.filter(pk__in=keys[start : start + _QUERY])
        .exclude(email="")
        .values_list("pk", "email")
        if email.casefold() != addresses[pk].casefold()
    ]
    if moved:
        end(moved, why="address changed")
    return moved


def _found_to_be(learners: Collection[int]) -> list[int]:
    same = Learner.objects.filter(
        pk__in=learners, source=OuterRef("source"), sourced_id=OuterRef("sourced_id")
    )
    found = SamePerson.objects.filter(Exists(same), state=SamePerson.State.JOINED)
    return list(found.values_list("learner", flat=True))
