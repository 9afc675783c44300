"""What ends soon and would shut a door: secrets, keys, certificates. Those who can act are told.

They are told 30 days, 7 days and 1 day before, once each, by the nightly run.
"""

import logging
import socket
import ssl
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import formats, timezone

from issuer.models import SigningKey
from issuer.services import clock, ledger, outbox
from registrar.models import ApiClient, ExpiryWarning, Feed, FormerSecret
from registrar.services.college import roles

log = logging.getLogger(__name__)

RIGHT: Final = "registrar.view_apiclient"
FEEDS_RIGHT: Final = "registrar.import_roster"
STAGES: Final = (30, 7, 1)
SOON: Final = timedelta(days=max(STAGES))
# After so long a signing key is better changed, as certificate authorities do.
KEY_AGE: Final = timedelta(days=365)
_PATIENCE: Final = 5


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that ends, what to do before, and the permission of those who can."""

    subject: str
    what: str
    ends_at: datetime
    fix: str
    right: str = RIGHT


@dataclass(frozen=True, slots=True)
class Notice:
    """What one person is told of: all that has come to a stage, the next first."""

    person: User
    subject: str
    lines: list[str]


def soon(rights: Collection[str], *, at: datetime | None = None) -> list[Ending]:
    """What ends within 30 days and has not ended, the next first, for who has these permissions.

    The certificate is not asked for.
    """
    now = at or clock.now()
    return _within(_stored(rights), now)


@transaction.atomic
def notices(*, at: datetime | None = None) -> list[Notice]:
    """What has come to a stage since the last time, for each who can act; told from now on.

    Asks the web server for its certificate.
    """
    now = at or clock.now()
    found = chain(_stored(_STORED), _certificate())
    new = [each for each in _within(found, now) if _is_new(each, now)]
    if not new:
        return []
    told = []
    for person in User.objects.filter(is_active=True).exclude(email="").order_by("pk"):
        rights = {each.right for each in new}
        may = {right for right in rights if roles.may_for_all(person, right)}
        if own := [each for each in new if each.right in may]:
            subject = f"{own[0].what} ends in {_days(own[0].ends_at - now)}"[:300]
            told.append(Notice(person, subject, [_line(each, now) for each in own]))
    return told


def write(notice: Notice) -> None:
    """A mail of its own, to who is told of nothing else."""
    person = notice.person
    words = {"name": person.get_full_name() or person.get_username(), "lines": notice.lines}
    outbox.write(
        to=person.email,
        to_name=person.get_full_name(),
        subject=notice.subject,
        text=render_to_string("registrar/mail/ending.txt", words | {"address": settings.BASE_URL}),
        why="expiry.warned",
    )


def _within(found: Iterable[Ending], now: datetime) -> list[Ending]:
    soon = (each for each in found if now < each.ends_at <= now + SOON)
    return sorted(soon, key=lambda each: each.ends_at)


def _is_new(ending: Ending, now: datetime) -> bool:
    """Whether this stage is reached for the first time; stages that were missed are passed over."""
    stage = min(days for days in STAGES if ending.ends_at <= now + timedelta(days=days))
    _, is_new = ExpiryWarning.objects.get_or_create(
        subject=ending.subject, ends_at=ending.ends_at, days=stage
    )
    return is_new


def _line(ending: Ending, now: datetime) -> str:
    left = _days(ending.ends_at - now)
    return f"{ending.what}: {_day(ending.ends_at)} (in {left}). {ending.fix}"


def _day(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def _days(left: timedelta) -> str:
    days = -(-left // timedelta(days=1))
    return "1 day" if days == 1 else f"{days} days"


# What ends


def _clients() -> Iterator[Ending]:
    for held in ApiClient.objects.select_related("application", "former_secret"):
        if held.secret_ends_at:
            what = f"The secret of “{held.application}”"
            fix = "Give the client a new secret at the desk, and the system the new one."
            yield Ending(_subject(held, "secret"), what, held.secret_ends_at, fix)
        former: FormerSecret | None = getattr(held, "former_secret", None)
        if former:
            what = f"The secret that “{held.application}” had before"
            fix = "See to it that the system uses the new one."
            yield Ending(_subject(held, "former secret"), what, former.ends_at, fix)
        if held.keys_end_at:
            what = f"Signing with the keys of “{held.application}”"
            fix = "Register new keys at the desk, or say until when these are good."
            yield Ending(_subject(held, "keys"), what, held.keys_end_at, fix)


def _signing_keys() -> Iterator[Ending]:
    fix = "Create another with create_key, where the keystore is; what this one signed stays good."
    for key in SigningKey.objects.filter(state=SigningKey.State.ACTIVE):
        if key.activated_at:
            ends_at = key.activated_at + KEY_AGE
            yield Ending(ledger.name_of(key), "The first year of the signing key", ends_at, fix)


def _feeds() -> Iterator[Ending]:
    """The secrets by which servers know us, where somebody has said until when they hold."""
    fix = "Have its operator give another, and say it on the page of the feed."
    for feed in Feed.objects.filter(retired_at=None):
        if feed.secret_ends_on:
            what = f"The secret for the feed “{feed}”"
            subject = f"{ledger.name_of(feed)} secret"
            yield Ending(subject, what, clock.end_of(feed.secret_ends_on), fix, FEEDS_RIGHT)


def _certificate() -> Iterator[Ending]:
    """The certificate that visitors see, where there is one and it can be asked for."""
    parts = urlsplit(settings.BASE_URL)
    if parts.scheme != "https" or not parts.hostname:
        return
    try:
        shown = _shown(parts.hostname, parts.port or 443)
        ends_at = x509.load_der_x509_certificate(shown).not_valid_after_utc
    except (OSError, ValueError) as error:
        log.info("the certificate of this service cannot be seen: %s", type(error).__name__)
        return
    what = f"The certificate of {parts.hostname}"
    fix = "Renew it where the web server has it."
    yield Ending(f"certificate {parts.netloc}"[:200], what, ends_at.astimezone(UTC), fix)


def _shown(host: str, port: int) -> bytes:
    """The certificate that a web server shows; it is looked at, not trusted."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, port), timeout=_PATIENCE) as line,
        context.wrap_socket(line, server_hostname=host) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


# By the permission of those who can do something about it.
_STORED: Final[Mapping[str, tuple[Callable[[], Iterator[Ending]], ...]]] = {
    RIGHT: (_clients, _signing_keys),
    FEEDS_RIGHT: (_feeds,),
}


def _stored(rights: Iterable[str]) -> Iterator[Ending]:
    return chain.from_iterable(source() for right in rights for source in _STORED[right])


def _subject(held: ApiClient, part: str) -> str:
    return f"{ledger.name_of(held.application)} {part}"
