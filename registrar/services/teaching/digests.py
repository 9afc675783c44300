"""The weekly mail: what was sent back to faculty, and what waits for chairs. Never more often."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from issuer.models import Institution
from issuer.services import clock, ledger, outbox
from registrar.models import Digest, DigestChoice, Mapping, Role, SkillTag
from registrar.services.college import roles

WEEK: Final = timedelta(days=7)
# Shorter than a week, so that it may be an hour earlier when the clocks change.
_AT_LEAST: Final = timedelta(days=6)
_READERS: Final = (Role.Kind.FACULTY, Role.Kind.ADVOCATE, Role.Kind.CHAIR)


@transaction.atomic
def write_weekly(*, at: datetime | None = None) -> Digest | None:
    """Write this week's mails, once: from DIGEST_WEEKDAY and DIGEST_HOUR on, in the local zone.

    Whoever has nothing to read, no address, or wants none gets none. None if they are not due or
    were written.
    """
    now = at or clock.now()
    if not _is_due(now):
        return None
    year, week, _ = timezone.localtime(now).isocalendar()
    digest, is_new = Digest.objects.get_or_create(week=f"{year}-W{week:02}")
    if not is_new:
        return None
    last = Digest.objects.exclude(pk=digest.pk).first()
    since = last.written_at if last else now - WEEK
    mails = sum(_write(person, digest, since) for person in _readers())
    Digest.objects.filter(pk=digest.pk).update(mails=mails)
    digest.refresh_from_db()
    return digest


def wants_it(user: User) -> bool:
    """Whether the weekly mail goes to this person."""
    return not DigestChoice.objects.filter(user=user, wants_it=False).exists()


@transaction.atomic
def choose(user: User, *, wants: bool, by: User | str) -> None:
    """Let the weekly mail go to this person, or not. To choose the same again changes nothing."""
    if wants_it(user) == wants:
        return
    DigestChoice.objects.update_or_create(user=user, defaults={"wants_it": wants})
    ledger.append("digest.chosen", user, by=by, details={"wants": wants})


def path_to_stop(user: User) -> str:
    """The page on which the weekly mail to this person is ended; the mail seals it for them."""
    return f"/mail/stop/{user.pk}"


def _is_due(now: datetime) -> bool:
    local = timezone.localtime(now)
    wanted = (settings.DIGEST_WEEKDAY, settings.DIGEST_HOUR)
    if not settings.DIGEST_WEEKDAY or (local.isoweekday(), local.hour) < wanted:
        return False
    return not Digest.objects.filter(written_at__gt=now - _AT_LEAST).exists()


def _readers() -> QuerySet[User]:
    people = User.objects.filter(is_active=True, roles__kind__in=_READERS).exclude(email="")
    return people.exclude(digest_choice__wants_it=False).distinct().order_by("pk")


def _write(person: User, digest: Digest, since: datetime) -> bool:
    lines = [line for source in _SOURCES for line in source(person, since)]
    if not lines:
        return False
    institution = Institution.objects.first()
    name = institution.name if institution else ""
    words = {"name": person.get_full_name(), "lines": lines, "address": settings.BASE_URL}
    outbox.write(
        to=person.email,
        to_name=person.get_full_name(),
        subject=f"What waits for you at {name}" if name else "What waits for you",
        text=render_to_string("registrar/mail/digest.txt", words),
        why="digest.weekly",
        about=digest,
        stop=path_to_stop(person),
    )
    return True


def _sent_back(person: User, since: datetime) -> Iterable[str]:
    """What this person had a hand in and that came back, with a comment."""
    proposed = Q(tags__proposed_by=person) | Q(tags__for_person=person)
    returned = Mapping.objects.filter(
        Q(owner=person) | Q(submitted_by=person) | Q(confirmations__by=person) | proposed,
        state=Mapping.State.RETURNED,
        reviewed_at__gte=since,
    )
    for mapping in _in_order(returned.distinct()):
        yield f"{mapping} was sent back to you, with a comment."
    rejected = SkillTag.objects.filter(
        proposed_by=person,
        state=SkillTag.State.REJECTED,
        reviewed_at__gte=since,
        outcome__retired_at=None,
    )
    for code, count in _by_course(rejected):
        yield f"{code}: {_skills(count)} you proposed {_was(count)} sent back, with a comment."


def _to_confirm(person: User, since: datetime) -> Iterable[str]:
    """By course, the skills that somebody proposed for this person."""
    waiting = SkillTag.objects.proposed().filter(
        for_person=person, confirmed_at=None, outcome__retired_at=None
    )
    for code, count in _by_course(waiting):
        yield f"{code}: {_skills(count)} proposed for you {_wait(count)} for you to confirm."


def _to_review(person: User, since: datetime) -> Iterable[str]:
    """What was submitted to this person, and by course the skills of no term."""
    units = roles.reach(person, "registrar.review_skilltag")
    submitted = Mapping.objects.waiting().filter(opportunity__unit__in=units)
    own = Mapping.objects.of_author(person).values("pk")
    for mapping in _in_order(submitted.exclude(pk__in=own)):
        yield f"{mapping} waits for your review."
    of_no_term = SkillTag.objects.proposed().filter(
        mapping=None, outcome__retired_at=None, outcome__opportunity__unit__in=units
    )
    for code, count in _by_course(of_no_term.exclude(Q(proposed_by=person) | Q(for_person=person))):
        yield f"{code}: {_skills(count)} {_wait(count)} for your review."


_SOURCES: Final[tuple[Callable[[User, datetime], Iterable[str]], ...]] = (
    _sent_back,
    _to_confirm,
    _to_review,
)


def _in_order(found: QuerySet[Mapping]) -> QuerySet[Mapping]:
    named = found.select_related("opportunity", "term")
    return named.order_by("opportunity__code", "term__starts_on", "pk")


def _by_course(tags: QuerySet[SkillTag]) -> list[tuple[str, int]]:
    codes = tags.order_by().values_list("outcome__opportunity__code", flat=True)
    return sorted(Counter(codes).items())


def _skills(count: int) -> str:
    return "1 skill" if count == 1 else f"{count} skills"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"
