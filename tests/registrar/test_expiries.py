"""What ends soon is told in time, to who can act, once a stage."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from config import waiting
from issuer import tasks as issuer_tasks
from issuer.models import Mail
from registrar import tasks
from registrar.models import ApiClient, NightRun
from registrar.services.college import api_clients
from registrar.services.feeding import feeds, nights
from tests.issuer.stranger import World, world
from tests.moved_clock import moved_to
from tests.post_office import PostOffice, open_post_office
from tests.registrar.sis_server import serving
from tests.registrar.test_oneroster_csv import Roster
from tests.registrar.test_pulls import connect

__all__ = ["world"]

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=30)
WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@pytest.fixture
def told(root: User, olu: User, clara: User) -> User:
    """The operator, who has an address; so has Clara, whom it does not concern."""
    User.objects.filter(pk=olu.pk).update(email="olu@college.example")
    User.objects.filter(pk=clara.pk).update(email="clara@college.example")
    api_clients.add("SIS", by=root)
    return User.objects.get(pk=olu.pk)


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    """A mail server that the settings name."""
    with open_post_office() as found:
        settings.SENDS_MAIL = True
        settings.EMAIL_BACKEND = "issuer.smtp.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        yield found


def nightly(day: date, office: PostOffice) -> dict[str, str]:
    """What the clock rings for on a day, twice; the mails that arrive, by recipient."""
    before = len(office.delivered)
    with moved_to(datetime.combine(day, time(3), UTC)):
        for _ in range(2):
            tasks.night()
        assert NightRun.objects.get(date=day).state == "done"
        issuer_tasks.post()
    new = office.delivered[before:]
    mails = {each.recipient: str(each.letter["Subject"]).strip() for each in new}
    assert len(mails) == len(new), "one mail a night at most"
    return mails


def days_of_mail(last: date, office: PostOffice, *, days: int = 33) -> dict[int, dict[str, str]]:
    """By days left until the last day the mails of that night, while the clock goes over it."""
    found = {left: nightly(last - timedelta(days=left), office) for left in range(days, -3, -1)}
    return {left: mails for left, mails in found.items() if mails}


def test_as_the_clock_goes_on_each_secret_is_told_of_three_times_to_who_can_change_it(
    told: User, root: User, office: PostOffice
) -> None:
    ends_at = ApiClient.objects.get().secret_ends_at
    assert ends_at is not None
    # Nights are at three o'clock; a stage is told of by the first that is within it.
    at_night = timedelta(hours=3)
    last = (ends_at - at_night).astimezone(UTC).date()
    subjects = {
        left: {told.email: f"The secret of “SIS” ends in {days}"}
        for left, days in ((29, "30 days"), (6, "7 days"), (0, "1 day"))
    }
    assert days_of_mail(last, office) == subjects
    assert "Give the client a new secret" in office.delivered[0].letter.get_content()


def test_the_last_day_of_a_feeds_secret_is_told_to_who_can_change_it_there(
    told: User, clara: User, office: PostOffice, settings: Any
) -> None:
    ApiClient.objects.all().delete()
    last = timezone.localdate() + timedelta(days=40)
    with serving() as sis:
        settings.FEED_ORIGINS = [sis.origin]
        sis.serve(Roster().files())
        connect(sis, clara, secret_ends_on=last)
        found = days_of_mail(last, office)
    assert {left: [*mails] for left, mails in found.items()} == {
        left: ["clara@college.example"] for left in (29, 6, 0)
    }
    (subject,) = found[0].values()
    assert subject == "The secret for the feed “Banner” ends in 1 day"


def test_who_is_needed_by_a_night_and_by_what_ends_gets_one_mail_with_both(
    told: User, root: User, clara: User, office: PostOffice, settings: Any, tmp_path: Path
) -> None:
    settings.FEED_DIR = str(tmp_path)
    User.objects.filter(pk=root.pk).update(email="root@college.example")
    feeds.add("Banner", "nowhere", by=clara)
    ends_at = ApiClient.objects.get().secret_ends_at
    assert ends_at is not None
    mails = nightly((ends_at - timedelta(days=5)).date(), office)
    assert {name.partition("@")[0]: subject.split()[-1] for name, subject in mails.items()} == {
        "root": "you",
        "clara": "you",
        "olu": "days",
    }
    texts = {each.recipient: each.letter.get_content() for each in office.delivered}
    for name, both in (("root", True), ("clara", False)):
        text = texts[f"{name}@college.example"]
        assert "cannot be read" in text
        assert ("Give the client a new secret" in text) == both


def test_it_waits_at_home_and_is_urgent_in_the_last_week(told: User) -> None:
    assert "secret or key ends within 30 days" not in [each.what for each in waiting.tasks(told)]
    for left, is_urgent in ((MONTH - DAY, False), (WEEK - DAY, True)):
        ApiClient.objects.update(secret_ends_at=timezone.now() + left)
        (task,) = [each for each in waiting.tasks(told) if "ends within" in each.what]
        assert (task.number, task.is_urgent) == (1, is_urgent)


def test_the_secret_of_a_feed_waits_at_home_for_who_may_change_it(
    told: User, clara: User, settings: Any
) -> None:
    ApiClient.objects.all().delete()
    with serving() as sis:
        settings.FEED_ORIGINS = [sis.origin]
        connect(sis, clara, secret_ends_on=timezone.localdate() + timedelta(days=20))
    (task,) = [each for each in waiting.tasks(clara) if "ends within" in each.what]
    assert (task.number, task.url) == (1, "/admin/registrar/feed/")
    assert not [each for each in waiting.tasks(told) if "ends within" in each.what]


def test_everything_that_ends_at_once_is_told_in_one_mail_by_the_night(
    told: User, root: User, world: World, settings: Any
) -> None:
    settings.BASE_URL = "https://stranger.example"
    held = ApiClient.objects.get()
    api_clients.rotate_secret(held.application, by=root, overlap=WEEK)
    ApiClient.objects.update(keys_end_at=timezone.now() + WEEK)
    run = nights.carry_on(nights.begin(timezone.localdate()))
    assert run.steps.get(name="notify").counts == {"mails": 1}
    text = Mail.objects.get().text
    assert "The certificate of stranger.example" in text
    assert "The secret that “SIS” had before" in text
    assert "Signing with the keys of “SIS”" in text
