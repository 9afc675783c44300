"""What ends soon is told in time, to who can act, once a stage."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from config import waiting
from issuer.models import Mail
from registrar.models import ApiClient
from registrar.services.college import api_clients, expiries
from registrar.services.feeding import nights
from tests.issuer.stranger import World, world

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


def test_a_secret_that_ends_is_told_of_30_days_7_days_and_1_day_before(told: User) -> None:
    ends_at = ApiClient.objects.get().secret_ends_at
    assert ends_at is not None
    mails = []
    for left in (MONTH + DAY, MONTH, MONTH - DAY, WEEK, WEEK - DAY, DAY, timedelta(hours=1), -DAY):
        mails.append(expiries.warn(at=ends_at - left))
    assert mails == [0, 1, 0, 1, 0, 1, 0, 0]
    subjects = [mail.subject for mail in Mail.objects.order_by("written_at")]
    assert subjects == [
        f"The secret of “SIS” ends in {days}" for days in ("30 days", "7 days", "1 day")
    ]
    assert {mail.to for mail in Mail.objects.all()} == {told.email}
    assert "Give the client a new secret" in Mail.objects.all()[0].text


def test_it_waits_at_home_and_is_urgent_in_the_last_week(told: User) -> None:
    assert "secret or key ends within 30 days" not in [each.what for each in waiting.tasks(told)]
    for left, is_urgent in ((MONTH - DAY, False), (WEEK - DAY, True)):
        ApiClient.objects.update(secret_ends_at=timezone.now() + left)
        (task,) = [each for each in waiting.tasks(told) if "ends within" in each.what]
        assert (task.number, task.is_urgent) == (1, is_urgent)


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
