"""Learners sign in by a link that is mailed to the address in their record. There is no password.

Whoever reads the mail is the learner; the link works once, for a short while, and only when a
button is pressed, since programs follow the links in mails too.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, QuerySet
from django.template.loader import render_to_string

from issuer.errors import BadAddress
from issuer.models import Institution
from issuer.services import clock, ledger, outbox
from registrar.errors import LinkUsedUp
from registrar.models import Learner, LearnerAccount, SignInLink
from registrar.services.college import patience
from registrar.services.learners import learner_access, same_people

LINK_LASTS: Final = timedelta(minutes=15)
SESSION_LASTS: Final = timedelta(minutes=30)
# Within a quarter of an hour: links for one address, from anywhere; and asked for by one origin.
LINKS_FOR_AN_ADDRESS: Final = 5
FROM_ONE_ADDRESS: Final = 20
# Of learners who share an address each gets a link of their own.
MOST_AT_AN_ADDRESS: Final = 5

_KEPT: Final = timedelta(days=1)


@transaction.atomic
def ask(email: str, *, leads_to: str, address: str) -> int:
    """Mail a link to every learner with this e-mail address; how many these are is told nobody.

    Who is known to two systems and was found to be one person gets one.

    Raises TooManyAttempts for an origin that asks too often. To one address no more than a few
    links are sent, whoever asks.
    """
    patience.demand(
        "link",
        email.lower(),
        address=address,
        at_name=FROM_ONE_ADDRESS,
        from_address=FROM_ONE_ADDRESS,
    )
    now = clock.now()
    SignInLink.objects.filter(made_at__lt=now - _KEPT).delete()
    if patience.count("link", email.lower(), address=address) > LINKS_FOR_AN_ADDRESS:
        return 0
    found = Learner.objects.filter(email__iexact=email).exclude(email="").order_by("pk")
    people = [(same_people.who_is(learner), learner) for learner in found[:MOST_AT_AN_ADDRESS]]
    # What goes by the key of a file of awards is what the system said before: it may say another.
    people = [
        (learner, recorded)
        for learner, recorded in people
        if learner == recorded or recorded.source != same_people.AWARD_FILE
    ]
    # Once the access numbers are read: who still has the address now had it at that number.
    still = set(found.values_list("pk", flat=True))
    to = {learner: recorded.email for learner, recorded in people if recorded.pk in still}
    for learner, email_recorded in to.items():
        _mail(learner, email_recorded, leads_to, now)
    return len(to)


def find(pk: UUID, *, at: datetime | None = None) -> SignInLink | None:
    """The link if it still opens anything."""
    now = at or clock.now()
    return _open(pk, now).select_related("learner").first()


def _open(pk: UUID, now: datetime) -> QuerySet[SignInLink]:
    links = SignInLink.objects.filter(pk=pk, used_at=None, ends_at__gt=now)
    return links.filter(learner__access_number=F("access_number"))


@transaction.atomic
def enter(link: SignInLink) -> LearnerAccount:
    """Use the link up, and return the account of whoever it was sent to. Raises LinkUsedUp.

    Who comes in has the access number of the link, which may be over a moment later.
    """
    now = clock.now()
    if not _open(link.pk, now).update(used_at=now):
        raise LinkUsedUp()
    account = account_of(link.learner)
    ledger.append("learner.signed_in", link.learner, by="link in a mail")
    return account


def account_of(learner: Learner) -> LearnerAccount:
    """The learner as tokens know them; made when it is first asked for."""
    held = LearnerAccount.objects.select_related("user").filter(learner=learner).first()
    if held is not None:
        return held
    with transaction.atomic():
        Learner.objects.select_for_update(no_key=True).get(pk=learner.pk)
        held = LearnerAccount.objects.filter(learner=learner).first()
        if held is not None:
            return held
        return LearnerAccount.objects.create(learner=learner, user=learner_access.new_user())


def learner_of(user: User | None) -> Learner | None:
    """Whose token it is, where it is a learner's."""
    if user is None:
        return None
    held = LearnerAccount.objects.select_related("learner").filter(user=user).first()
    return held.learner if held else None


def _mail(learner: Learner, to: str, leads_to: str, now: datetime) -> None:
    link = SignInLink.objects.create(
        learner=learner,
        access_number=learner.access_number,
        leads_to=leads_to,
        ends_at=now + LINK_LASTS,
    )
    institution = Institution.objects.first()
    words = {
        "learner": learner.name,
        "number": learner.number,
        "institution": institution.name if institution else "",
        "minutes": LINK_LASTS.seconds // 60,
    }
    try:
        outbox.write(
            to=to,
            to_name=learner.name,
            subject="Your link to sign in",
            text=render_to_string("registrar/mail/sign_in.txt", words),
            why="learner.sign_in",
            link=path_of(link),
        )
    except BadAddress:
        link.delete()


def path_of(link: SignInLink) -> str:
    """The page that the link opens; the mail seals it for them."""
    return f"/learner/enter/{link.pk}"
