"""The nights at the desk: begun by hand, told step by step, their feeds named."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from issuer.pages import thing_url
from registrar.models import Feed, NightRun, NightStep
from registrar.services.feeding import feeds, nights
from tests.desk.reading import SignIn, text
from tests.registrar.sis_server import CLIENT, SECRET, serving
from tests.registrar.test_oneroster_csv import Roster
from tests.registrar.test_rosters import put

pytestmark = pytest.mark.django_db


def test_a_feed_is_added_and_the_night_looks_into_it(
    college: Any, clara: User, signed_in: SignIn, settings: Any, tmp_path: Path
) -> None:
    settings.FEED_DIR, settings.FEED_SETTLES_SECONDS = str(tmp_path), 0
    client = signed_in(clara)
    address = reverse("admin:registrar_feed_new")
    said = {"name": "Banner", "folder": "../up", "most_wrong": "2", "most_retired": "20"}
    assert client.post(address, said).status_code == 409
    assert client.post(address, said | {"most_wrong": "200"}).status_code == 422
    added = client.post(address, said | {"folder": "banner"}, follow=True)
    assert f"looks into {tmp_path}/banner" in text(added)
    feed = Feed.objects.get()
    begin = reverse("admin:registrar_nightrun_begin")
    looked = text(client.get(begin + "?look=1"))
    assert "cannot be read" in looked
    assert not NightRun.objects.exists()
    begun = client.post(begin, follow=True)
    assert "The night has begun" in text(begun)
    run = NightRun.objects.get()
    nights.carry_on(run)
    page = text(client.get(thing_url(run)))
    assert "One step waits for a person" in page
    assert "step of the last night waits" in text(client.get("/admin/"))
    assert "Waits for a person" in text(client.get(reverse("admin:registrar_nightrun_changelist")))
    assert "cannot be read" in text(client.get(thing_url(feed)))
    assert "Failed" in text(client.get(reverse("admin:registrar_feed_changelist")))
    client.post(thing_url(feed), {"act": "retire", "reason": "Replaced."})
    assert "Retire the feed" not in text(client.get(thing_url(feed)))


def test_counts_stand_in_the_order_in_which_they_are_read(
    college: Any, clara: User, signed_in: SignIn, settings: Any, tmp_path: Path
) -> None:
    settings.FEED_DIR, settings.FEED_SETTLES_SECONDS = str(tmp_path), 0
    (tmp_path / "banner").mkdir()
    put(Roster(), tmp_path / "banner" / "1")
    feeds.add("Banner", "banner", by=clara)
    run = nights.carry_on(nights.begin(timezone.localdate(), by=clara))
    read = re.sub(r"\s+", " ", text(signed_in(clara).get(thing_url(run))))
    named = re.findall(r">(new|changed|retired|unchanged|errors): ", read)
    assert named[:5] == ["new", "changed", "retired", "unchanged", "errors"]


def test_who_operates_the_service_sees_the_nights_and_is_led_nowhere_else(
    college: Any, clara: User, olu: User, signed_in: SignIn, settings: Any, tmp_path: Path
) -> None:
    settings.FEED_DIR, settings.FEED_SETTLES_SECONDS = str(tmp_path), 0
    (tmp_path / "banner").mkdir()
    put(Roster(), tmp_path / "banner" / "1")
    feeds.add("Banner", "banner", by=clara)
    run = nights.carry_on(nights.begin(timezone.localdate(), by=clara))
    roster = thing_url(run.steps.get(name="plan").roster)
    assert roster in text(signed_in(clara).get(thing_url(run)))
    client = signed_in(olu)
    assert reverse("admin:registrar_nightrun_changelist") in text(client.get("/admin/"))
    listed = text(client.get(reverse("admin:registrar_nightrun_changelist")))
    assert thing_url(run) in listed and "Run a night now" not in listed
    page = text(client.get(thing_url(run)))
    assert "Read and compare" in page and roster not in page
    assert client.get(reverse("admin:registrar_nightrun_begin")).status_code == 403


def test_what_a_brake_holds_says_why_where_it_is_decided_and_waits_until_then(
    college: Any, clara: User, signed_in: SignIn, settings: Any, tmp_path: Path
) -> None:
    settings.FEED_DIR, settings.FEED_SETTLES_SECONDS = str(tmp_path), 0
    (tmp_path / "banner").mkdir()
    feed = feeds.add("Banner", "banner", by=clara)
    roster = Roster().drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")
    put(roster, tmp_path / "banner" / "1")
    nights.carry_on(nights.begin(timezone.localdate()))
    client = signed_in(clara)
    lists = [reverse(f"admin:registrar_{name}_changelist") for name in ("feed", "nightrun")]

    def say(what: str) -> list[bool]:
        """Whether the lists, the page of the feed and that of the newest night say so."""
        pages = [*lists, thing_url(feed), thing_url(NightRun.objects.all()[0])]
        return [what in text(client.get(page)) for page in pages]

    assert not any(say("Waits for a person"))
    roster.texts["results.csv"] = roster.texts["results.csv"].splitlines(keepends=True)[0]
    put(roster, tmp_path / "banner" / "2")
    run = nights.carry_on(nights.begin(timezone.localdate()))
    held = run.steps.get(name="plan")
    assert all(say("Waits for a person"))
    page = text(client.get(thing_url(held.roster)))
    assert "held it up, as it came by the feed" in page
    assert "results.csv: 3 of 3 would be retired (100 %). At most 20 % may be." in page
    assert "which may be this one again" in page
    client.post(thing_url(held.roster), {"act": "apply"})
    assert not any(say("Waits for a person"))
    assert say("Applied since then") == [False, False, True, True]


def test_a_night_that_missed_something_waits_for_nobody_once_there_was_another(
    college: Any, clara: User, signed_in: SignIn, settings: Any, tmp_path: Path
) -> None:
    settings.FEED_DIR, settings.FEED_SETTLES_SECONDS = str(tmp_path), 0
    (tmp_path / "banner").mkdir()
    feeds.add("Banner", "banner", by=clara)
    nights.carry_on(nights.begin(timezone.localdate()))
    nights_list = reverse("admin:registrar_nightrun_changelist")
    assert "Waits for a person" in text(signed_in(clara).get(nights_list))
    put(Roster(), tmp_path / "banner" / "1")
    nights.carry_on(nights.begin(timezone.localdate()))
    assert "Waits for a person" not in text(signed_in(clara).get(nights_list))


def test_of_a_system_that_sends_rows_it_is_said_whose_its_numbers_are(
    college: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:registrar_feed_sender")
    assert client.post(address, {"name": "Banner"}).status_code == 422
    said = {"name": "Banner", "source": "banner", "shares_numbers": "on"}
    page = text(client.post(address, said, follow=True))
    assert "the college's own" in page and "rows that it sends to the API" in page
    feed = Feed.objects.get()
    assert (feed.shares_numbers, feed.is_pulled) == (True, False)
    nights.carry_on(nights.begin(timezone.localdate(), by=clara))
    assert not NightStep.objects.filter(about=feed.name).exists()


def test_a_server_is_added_tried_and_given_another_secret(
    college: Any, clara: User, signed_in: SignIn, settings: Any
) -> None:
    client = signed_in(clara)
    with serving() as sis:
        settings.FEED_ORIGINS = [sis.origin]
        sis.collections = {"orgs": [], "users": [{"sourcedId": f"u{n}"} for n in range(1200)]}
        said = {
            "name": "Banner",
            "address": f"{sis.origin}/ims/oneroster",
            "token_address": f"{sis.origin}/token",
            "account": CLIENT,
            "most_wrong": "2",
            "most_retired": "20",
            "full_every": "7",
            "secret_ends_on": "2030-01-31",
        }
        address = reverse("admin:registrar_feed_server")
        assert client.post(address, said).status_code == 422
        wrong = said | {"secret": SECRET, "address": "http://elsewhere.example"}
        assert client.post(address, wrong).status_code == 409
        added = client.post(address, said | {"secret": "not it"}, follow=True)
        assert "Try the connection" in text(added)
        assert "31 Jan 2030" in text(added)
        page = thing_url(Feed.objects.get())
        refused = client.post(page, {"act": "try"})
        assert (refused.status_code, "invalid_client" in text(refused)) == (409, True)
        secret = reverse("admin:registrar_feed_secret", args=[Feed.objects.get().pk])
        client.post(secret, {"secret": SECRET, "secret_ends_on": "2031-02-28"})
        assert Feed.objects.get().secret_ends_on == date(2031, 2, 28)
        tried = client.post(page, {"act": "try"}, follow=True)
        assert "orgs 0, users 1,200" in text(tried)
        assert SECRET not in tried.content.decode()
