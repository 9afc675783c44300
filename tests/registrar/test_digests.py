"""Once a week at most, faculty and chairs read what waits for them, unless they want none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core import mail as django_mail
from django.test import Client
from django.urls import reverse

from issuer.models import LedgerEntry, Mail
from issuer.services import links, outbox
from registrar import tasks
from registrar.models import Digest, Mapping, SkillTag
from registrar.services.teaching import digests, submissions, tagging
from tests.cast import College

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def addresses(fay: User, chen: User) -> None:
    for person in (fay, chen):
        person.email = f"{person.username}@college.example"
        person.save()


@pytest.fixture
def proposed(college: College, fay: User) -> SkillTag:
    return tagging.propose(college.outcome, college.skills[0], emphasis="taught", by=fay)


@pytest.fixture
def submitted(proposed: SkillTag, fay: User) -> Mapping:
    assert proposed.mapping is not None
    return submissions.confirm(proposed.mapping, by=fay)


@pytest.fixture
def sent_back(submitted: Mapping, chen: User) -> Mapping:
    return submissions.send_back(submitted, by=chen, comment="It is practised, not taught.")


def written(at: datetime) -> dict[str, str]:
    """To whom, and what it says."""
    before = set(Mail.objects.values_list("pk", flat=True))
    digests.write_weekly(at=at)
    return {mail.to: mail.text for mail in Mail.objects.exclude(pk__in=before)}


def next_monday(at: datetime) -> datetime:
    """The first Monday morning after that."""
    later = max(MONDAY, at + timedelta(hours=1))
    return (later + timedelta(days=-later.weekday() % 7)).replace(hour=9)


def test_a_chair_reads_what_was_submitted_and_its_author_nothing(submitted: Mapping) -> None:
    mails = written(MONDAY)
    assert list(mails) == ["chen@college.example"]
    assert "- BIO 101, Spring 2026 waits for your review." in mails["chen@college.example"]


def test_what_nobody_has_submitted_waits_for_no_chair(proposed: SkillTag) -> None:
    assert written(MONDAY) == {}


def test_a_chair_reads_what_waits_of_no_term(proposed: SkillTag) -> None:
    SkillTag.objects.update(mapping=None)
    assert "- BIO 101: 1 skill waits for your review." in written(MONDAY)["chen@college.example"]


def test_who_submitted_reads_what_was_sent_back_once(sent_back: Mapping) -> None:
    at = next_monday(sent_back.reviewed_at or MONDAY)
    mails = written(at)
    assert list(mails) == ["fay@college.example"]
    assert "- BIO 101, Spring 2026 was sent back to you" in mails["fay@college.example"]
    Digest.objects.update(written_at=at)
    assert written(at + timedelta(days=7)) == {}


def test_who_proposed_for_no_term_reads_what_was_rejected(proposed: SkillTag, chen: User) -> None:
    rejected = tagging.reject(proposed, by=chen, comment="It is practised, not taught.")
    mails = written(next_monday(rejected.reviewed_at or MONDAY))
    assert list(mails) == ["fay@college.example"]
    assert "BIO 101: 1 skill you proposed was sent back" in mails["fay@college.example"]


def test_a_colleague_reads_what_was_proposed_for_them(
    college: College, fay: User, chen: User
) -> None:
    tag = tagging.propose(
        college.outcome, college.skills[0], emphasis="taught", by=chen, for_person=fay
    )
    assert "- BIO 101: 1 skill proposed for you waits" in written(MONDAY)["fay@college.example"]
    Digest.objects.all().delete()
    tagging.confirm(tag, by=fay)
    assert written(MONDAY) == {}


def test_nobody_is_written_to_twice_in_a_week(submitted: Mapping) -> None:
    assert written(MONDAY)
    Digest.objects.update(written_at=MONDAY)
    for later in (timedelta(hours=1), timedelta(days=1), timedelta(days=6, hours=16)):
        assert written(MONDAY + later) == {}
    assert written(MONDAY + timedelta(days=7))
    assert Digest.objects.count() == 2


def test_another_day_of_the_week_makes_no_second_mail_within_days(
    submitted: Mapping, settings: Any
) -> None:
    settings.DIGEST_WEEKDAY = 7
    sunday = MONDAY - timedelta(days=1)
    assert written(sunday)
    Digest.objects.update(written_at=sunday)
    settings.DIGEST_WEEKDAY = 1
    assert written(MONDAY) == {}  # another week, but only a day later


@pytest.mark.parametrize(
    ("zone", "too_early", "due"),
    [
        ("UTC", "2026-11-23T06:59+00:00", "2026-11-23T07:00+00:00"),
        ("America/Los_Angeles", "2026-11-23T14:59+00:00", "2026-11-23T15:00+00:00"),
        ("Pacific/Auckland", "2026-11-22T17:59+00:00", "2026-11-22T18:00+00:00"),
        ("Asia/Kolkata", "2026-11-23T01:29+00:00", "2026-11-23T01:30+00:00"),
        # The clocks have gone forward on the Sunday before.
        ("Europe/Berlin", "2026-03-30T04:59+00:00", "2026-03-30T05:00+00:00"),
    ],
)
def test_monday_morning_is_where_the_college_is(
    zone: str, too_early: str, due: str, submitted: Mapping, settings: Any
) -> None:
    settings.TIME_ZONE = zone
    assert written(datetime.fromisoformat(too_early)) == {}
    assert written(datetime.fromisoformat(due))


def test_a_week_in_which_monday_was_missed_is_made_up_for(submitted: Mapping) -> None:
    assert written(MONDAY + timedelta(days=3))


def test_where_nothing_waits_nobody_is_written_to_and_the_week_is_over(
    college: College, fay: User
) -> None:
    assert written(MONDAY) == {}
    tag = tagging.propose(college.outcome, college.skills[0], emphasis="taught", by=fay)
    submissions.confirm(tag.mapping, by=fay)  # type: ignore[arg-type]
    assert written(MONDAY + timedelta(days=1)) == {}


def test_it_can_be_switched_off(submitted: Mapping, settings: Any) -> None:
    settings.DIGEST_WEEKDAY = 0
    assert written(MONDAY) == {}


def test_who_has_left_has_no_address_or_wants_none_is_not_written_to(
    submitted: Mapping, chen: User
) -> None:
    for change in ({"is_active": False}, {"email": ""}):
        User.objects.filter(pk=chen.pk).update(**change)
        assert written(MONDAY) == {}
        Digest.objects.all().delete()
        User.objects.filter(pk=chen.pk).update(is_active=True, email="chen@college.example")
    digests.choose(chen, wants=False, by=chen)
    assert written(MONDAY) == {}
    Digest.objects.all().delete()
    digests.choose(chen, wants=True, by=chen)
    assert written(MONDAY)
    assert LedgerEntry.objects.filter(act="digest.chosen").count() == 2


def test_the_task_writes_and_the_mail_carries_a_link_that_stops_it(
    submitted: Mapping, chen: User, settings: Any, client: Client
) -> None:
    settings.SENDS_MAIL = True
    written(MONDAY)
    tasks.write_digest()  # once more changes nothing
    outbox.send_due(seconds=5)
    (sent,) = django_mail.outbox
    assert sent.to == ["Chen Example <chen@college.example>"]
    link = links.seal(digests.path_to_stop(chen))
    assert link in sent.body
    assert sent.extra_headers["List-Unsubscribe"] == f"<{link}>"
    path = link.removeprefix(django_settings.BASE_URL)
    page = client.get(path)
    assert "Stop the weekly mail?" in page.content.decode()
    assert not page.cookies
    assert digests.wants_it(chen)  # to look is not to stop
    assert client.post(path[:-1] + "_").status_code == 404
    stopped = client.post(path, {"List-Unsubscribe": "One-Click"})
    assert stopped.status_code == 200
    assert not digests.wants_it(chen)
    assert "no more weekly mails" in client.get(path).content.decode()


def test_everybody_chooses_on_their_own_page(fay: User, client: Client) -> None:
    client.force_login(fay, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("teach:mail")
    assert "checked" in client.get(page).content.decode()
    client.post(page, {})
    assert not digests.wants_it(fay)
    assert "checked" not in client.get(page).content.decode()
    client.post(page, {"weekly": "on"})
    assert digests.wants_it(fay)
