"""Systems read what a night did, step by step; what they are told of it leads there."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.models import Event, SigningKey, WebhookEndpoint
from issuer.services import deliveries
from registrar.models import Learner, NightRun, Revision
from registrar.services.feeding import feeds, nights, rosters
from tests.cast import College, issue
from tests.registrar.test_awards import automatic
from tests.registrar.test_oneroster_csv import Roster
from tests.registrar.test_rosters import put

pytestmark = pytest.mark.django_db

PATH = "/api/v1/nights"


@pytest.fixture
def night(
    key: SigningKey,
    college: College,
    cells: Revision,
    ada: Learner,
    clara: User,
    dev: User,
    settings: Any,
    tmp_path: Path,
) -> NightRun:
    """A night that awards Ada, and to which a feed brings nothing."""
    settings.FEED_DIR = str(tmp_path)
    (tmp_path / "banner").mkdir()
    feeds.add("Banner", "banner", by=clara)
    WebhookEndpoint.objects.create(
        url="https://hooks.example/", types=["night.held", "night.ended"]
    )
    automatic(cells, clara=clara, dev=dev)
    college.enrol(ada)
    college.grade(ada, "Pass")
    run = nights.carry_on(nights.begin(date(2026, 6, 8)))
    for batch in nights.being_issued(run):
        issue(batch)
    return nights.carry_on(run)


@pytest.fixture
def monitor(sis: APIClient) -> APIClient:
    AccessToken.objects.update(scope="nights.read")
    return sis


def test_a_night_is_read_step_by_step(night: NightRun, monitor: APIClient) -> None:
    (told,) = monitor.get(PATH).json()["results"]
    assert (told["id"], told["date"], told["number"]) == (str(night.pk), "2026-06-08", 1)
    assert (told["state"], told["held"], told["failed"]) == ("done", 1, 0)
    assert monitor.get(f"{PATH}/{night.pk}").json() == told
    steps = monitor.get(f"{PATH}/{night.pk}/steps").json()["results"]
    assert len(steps) == told["taken"]
    by_name = {step["name"]: step for step in steps}
    assert [*by_name] == ["fetch", "award", "issue", "publish", "remind", "notify"]
    fetch, award = by_name["fetch"], by_name["award"]
    assert (fetch["about"], fetch["state"]) == ("Banner", "held")
    (refused,) = fetch["refused"]
    assert set(refused) == {"reason", "remedy"} and all(refused.values())
    assert (award["about"], award["counts"]["new"]) == ("cells", 1)
    assert award["batch"] is not None and award["began_at"] <= award["ended_at"]
    assert by_name["issue"]["counts"] == {"issued": 1, "failed": 0}
    assert "Byron" not in str(steps) and "1001" not in str(steps)


def test_nights_are_narrowed_and_their_steps_paged(night: NightRun, monitor: APIClient) -> None:
    for asked, count in (
        ("date=2026-06-08", 1),
        ("date=2026-06-07", 0),
        ("since=2026-06-01&state=done", 1),
        ("since=2026-06-09", 0),
        ("state=running", 0),
    ):
        assert len(monitor.get(f"{PATH}?{asked}").json()["results"]) == count, asked
    assert monitor.get(f"{PATH}?since=yesterday").status_code == 400
    page = monitor.get(f"{PATH}/{night.pk}/steps?limit=4").json()
    rest = monitor.get(page["next"]).json()
    assert [len(page["results"]), len(rest["results"]), rest["next"]] == [4, 2, None]


def test_what_is_told_of_a_night_leads_to_it(night: NightRun, monitor: APIClient) -> None:
    events = Event.objects.filter(type__startswith="night.")
    assert {event.type for event in events} == {"night.held", "night.ended"}
    for event in events:
        assert f"{PATH}/{night.pk}".encode() in deliveries.compose(event)
        assert monitor.get(event.data["url"]).json()["id"] == str(night.pk)


def test_nights_are_read_with_a_scope_of_their_own_and_never_written(
    night: NightRun, sis: APIClient
) -> None:
    refused = sis.get(PATH)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    AccessToken.objects.update(scope="nights.read")
    assert sis.post(PATH).status_code == 405
    assert sis.get(f"{PATH}/{night.pk}/steps?learner=1").status_code == 400


def test_a_step_that_was_held_says_what_somebody_has_done_since(
    college: College, clara: User, monitor: APIClient, settings: Any, tmp_path: Path
) -> None:
    settings.FEED_DIR, settings.FEED_SETTLES_SECONDS = str(tmp_path), 0
    (tmp_path / "banner").mkdir()
    feeds.add("Banner", "banner", most_wrong=0, by=clara)
    roster = Roster()
    roster.texts["users.csv"] += b"broken\n"
    put(roster, tmp_path / "banner" / "1")
    run = nights.carry_on(nights.begin(date(2026, 6, 8)))

    def told() -> tuple[int, str, str]:
        night = monitor.get(f"{PATH}/{run.pk}").json()
        steps = monitor.get(f"{PATH}/{run.pk}/steps").json()["results"]
        (plan,) = [step for step in steps if step["name"] == "plan"]
        return night["held"], plan["state"], plan["standing"]

    assert told() == (1, "held", "held")
    held = run.steps.get(name="plan").roster
    assert held is not None
    rosters.apply(held, by=clara)
    assert told() == (0, "held", "applied")
