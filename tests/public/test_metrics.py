"""What operators watch: the right figures, for them alone, and nothing of people."""

import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config.celery import app
from config.metrics import CountRequests
from issuer.models import Batch, Chunk, Credential, LedgerEntry, StatusList
from issuer.services import batches, credentials, publishing, signing, status
from registrar.models import Award, Feed, NightRun
from registrar.services.awarding import composition
from registrar.services.feeding import feeds, nights, rosters
from tests.moved_clock import moved_to
from tests.registrar.test_oneroster_csv import Roster
from tests.registrar.test_rosters import put
from tests.web_server import ask, served

pytestmark = pytest.mark.django_db

Sample = tuple[str, frozenset[tuple[str, str]]]


def read(text: str) -> dict[Sample, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client: Client) -> dict[Sample, float]:
    answer = client.get("/metrics", headers={"host": "localhost"})
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/plain; version=")
    return read(answer.content.decode())


def figure(found: dict[Sample, float], name: str, **labels: str) -> float:
    return found[f"issuer_{name}", frozenset(labels.items())]


@pytest.mark.parametrize(
    ("address", "host", "header", "status"),
    [
        ("127.0.0.1", "localhost", {}, 200),
        ("127.0.0.1", "localhost:8000", {}, 200),
        ("::1", "[::1]:8000", {}, 200),
        ("10.1.2.3", "10.9.9.9:8000", {}, 200),
        ("::ffff:10.1.2.3", "10.9.9.9", {}, 200),
        ("8.8.8.8", "localhost", {}, 403),
        ("::ffff:8.8.8.8", "localhost", {}, 403),
        ("2001:4860:4860::8888", "localhost", {}, 403),
        ("", "localhost", {}, 403),
        ("127.0.0.1", "credentials.college.example", {}, 403),
        ("127.0.0.1", "localhost", {"x-forwarded-for": "127.0.0.1"}, 403),
        ("127.0.0.1", "localhost", {"forwarded": "for=127.0.0.1"}, 403),
        ("127.0.0.1", "localhost", {"authorization": "Bearer guess"}, 403),
    ],
)
def test_only_a_private_address_that_asks_directly_may_look(
    client: Client, settings: Any, address: str, host: str, header: dict, status: int
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    answer = client.get("/metrics", headers={"host": host, **header}, REMOTE_ADDR=address)
    assert answer.status_code == status
    assert (b"issuer_" in answer.content) == (status == 200)


def test_a_token_opens_it_from_anywhere(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a token of the operators"
    settings.ALLOWED_HOSTS = ["credentials.college.example"]
    away = {"headers": {"host": "credentials.college.example"}, "REMOTE_ADDR": "8.8.8.8"}
    refused = client.get("/metrics", **away)
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"] == "Bearer"
    for given in ("Bearer a token", "a token of the operators", "Bearer 🙂"):
        away["headers"]["authorization"] = given
        assert client.get("/metrics", **away).status_code == 401
    away["headers"]["authorization"] = "Bearer a token of the operators"
    answer = client.get("/metrics", **away)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"


def test_a_night_tells_how_long_it_took_how_old_it_is_and_what_of_it_waits(
    client: Client, clara: User, settings: Any, tmp_path: Path
) -> None:
    settings.FEED_DIR = str(tmp_path)
    (tmp_path / "late").mkdir()
    for name in ("late", "gone"):
        feeds.add(name, name, by=clara)
    run = nights.carry_on(nights.begin(timezone.localdate()))
    before = timezone.now() - timedelta(hours=3)
    NightRun.objects.filter(pk=run.pk).update(
        began_at=before - timedelta(minutes=20), ended_at=before
    )
    found = scrape(client)
    # One held since nothing has come, one failed.
    assert figure(found, "night_steps_waiting") == 2
    assert figure(found, "night_duration_seconds") == 20 * 60
    assert 3 * 3600 <= figure(found, "night_age_seconds") < 3 * 3600 + 60


@pytest.fixture
def folders(settings: Any, tmp_path: Path, clara: User) -> Path:
    """Two feeds with a folder each, Banner's and another's."""
    settings.FEED_DIR, settings.FEED_SETTLES_SECONDS = str(tmp_path), 0
    for name in ("Banner", "Canvas"):
        (tmp_path / name).mkdir()
        feeds.add(name, name, by=clara)
    return tmp_path


def of_feeds(client: Client) -> dict[tuple[str, str], float]:
    """The figures of feeds, by name and feed."""
    return {
        (name.removeprefix("issuer_feed_"), dict(labels)["feed"]): value
        for (name, labels), value in scrape(client).items()
        if name.startswith("issuer_feed_")
    }


def test_of_each_feed_it_is_told_how_old_it_is_how_long_it_waits_and_how_often_it_failed(
    client: Client, folders: Path, clara: User
) -> None:
    assert of_feeds(client) == {("failures", "Banner"): 0, ("failures", "Canvas"): 0}
    begin = timezone.now()

    def after(hours: float) -> Any:
        return moved_to(begin + timedelta(hours=hours))

    def told(hours: float) -> dict[tuple[str, str], float]:
        """Times in whole hours."""
        with after(hours):
            found = of_feeds(client)
        hour = {"age_seconds": 3600, "lag_seconds": 3600}
        return {key: round(value / hour.get(key[0], 1)) for key, value in found.items()}

    roster = Roster().drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")
    put(roster, folders / "Banner" / "1")
    with after(0):
        nights.carry_on(nights.begin(timezone.localdate()))
    canvas = {("failures", "Canvas"): 1}
    fresh = {("failures", "Banner"): 0, ("lag_seconds", "Banner"): 0}
    assert told(2) == fresh | canvas | {("age_seconds", "Banner"): 2}
    roster.texts["results.csv"] = roster.texts["results.csv"].split(b"\n", 1)[0] + b"\n"
    put(roster, folders / "Banner" / "2")
    with after(24):
        run = nights.carry_on(nights.begin(timezone.localdate()))
    held = {("failures", "Banner"): 1, ("failures", "Canvas"): 2}
    assert told(30) == held | {("age_seconds", "Banner"): 30, ("lag_seconds", "Banner"): 6}
    assert figure(scrape(client), "night_steps_waiting") == 2
    with after(31):
        rosters.apply(run.steps.get(name="plan").roster, by=clara)
    assert told(33) == {
        ("failures", "Banner"): 0,
        ("age_seconds", "Banner"): 2,
        ("lag_seconds", "Banner"): 7,
        ("failures", "Canvas"): 2,
    }
    assert figure(scrape(client), "night_steps_waiting") == 1
    feeds.retire(Feed.objects.get(name="Canvas"), by=clara, reason="Replaced.")
    assert {feed for _, feed in of_feeds(client)} == {"Banner"}


def test_every_alarm_that_is_proposed_is_about_figures_that_there_are(
    client: Client, folders: Path
) -> None:
    put(Roster(), folders / "Banner" / "1")
    nights.carry_on(nights.begin(timezone.localdate()))
    found = {name for name, _ in scrape(client)}
    proposed = yaml.safe_load((settings.ROOT / "deploy" / "alarms.yaml").read_text())
    rules = [rule for group in proposed["groups"] for rule in group["rules"]]
    asked = {rule["alert"]: re.findall(r"issuer_\w+", rule["expr"]) for rule in rules}
    assert len(asked) == len(rules) > 5
    assert [name for names in asked.values() for name in names if name not in found] == []
    assert all(asked.values())
    assert all({"summary", "description"} <= rule["annotations"].keys() for rule in rules)


def test_an_empty_house_has_all_figures(client: Client) -> None:
    found = scrape(client)
    assert figure(found, "credentials_issued_total") == 0
    assert figure(found, "awards_waiting", **{"for": "approval"}) == 0
    assert figure(found, "status_change_unpublished_seconds") == 0
    assert {name for name, _ in found} >= {"issuer_build_info", "issuer_queue_length"}


def test_the_figures_follow_a_batch(
    client: Client, adas_batch: Batch, dev: Any, clara: Any, key: Any
) -> None:
    found = scrape(client)
    assert figure(found, "awards_waiting", **{"for": "approval"}) == 1
    assert figure(found, "batches", state="prepared") == 1

    batches.approve(adas_batch, by=dev)
    chunk = batches.claim(Chunk.State.APPROVED, batch=adas_batch)
    assert chunk is not None
    found = scrape(client)
    assert figure(found, "awards_waiting", **{"for": "approval"}) == 0
    assert figure(found, "awards_waiting", **{"for": "statement"}) == 1
    assert figure(found, "chunk_leases_overdue") == 0
    silent = Chunk.objects.filter(pk=chunk.pk)
    silent.update(lease_until=timezone.now() - timedelta(minutes=1))
    assert figure(scrape(client), "chunk_leases_overdue") == 1

    silent.update(lease_until=chunk.lease_until)
    credentials.request(chunk, composition.compose(Award.objects.filter(batch=adas_batch)))
    assert figure(scrape(client), "awards_waiting", **{"for": "signature"}) == 1
    chunk = batches.claim(Chunk.State.REQUESTED, batch=adas_batch)
    assert chunk is not None
    signing.sign(chunk)
    batches.close_if_done(adas_batch)
    found = scrape(client)
    assert figure(found, "credentials_issued_total") == 1
    assert figure(found, "credentials_failed") == 0
    assert figure(found, "batches", state="issued") == 1
    assert figure(found, "ledger_entries_total") == LedgerEntry.objects.count()

    status.revoke(Credential.objects.get(), reason="By mistake.", by=clara)
    assert 0 < figure(scrape(client), "status_change_unpublished_seconds") < 60
    publishing.publish(StatusList.objects.get())
    assert figure(scrape(client), "status_change_unpublished_seconds") == 0


def test_messages_that_wait_are_counted(client: Client, settings: Any) -> None:
    queue = settings.QUEUE_SIGNING = f"tests-{uuid.uuid4()}"
    assert figure(scrape(client), "queue_length", queue=queue) == 0
    app.send_task("issuer.sign", ["nothing"], queue=queue)
    assert figure(scrape(client), "queue_length", queue=queue) == 1
    with app.connection_for_write() as connection:
        connection.default_channel.queue_purge(queue)
    assert figure(scrape(client), "queue_length", queue=queue) == 0


def test_without_a_broker_the_other_figures_are_told(client: Client, settings: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.conf, "broker_read_url", "redis://127.0.0.1:1/0")
        found = scrape(client)
    assert figure(found, "credentials_issued_total") == 0
    assert "issuer_queue_length" not in {name for name, _ in found}


def test_requests_are_counted_by_view_and_never_by_address(client: Client) -> None:
    labels = {"method": "GET", "view": "livez", "status": "200"}
    before = scrape(client).get(("issuer_http_requests_total", frozenset(labels.items())), 0)
    client.get("/livez")
    client.generic("GREET-ADA-BYRON", "/livez")
    client.get("/credentials/an-address-that-only-ada-byron-knows")
    client.get("/achievements/ada-byron")
    found = scrape(client)
    assert figure(found, "http_requests_total", **labels) == before + 1
    seconds = found[
        "issuer_http_request_duration_seconds_count",
        frozenset({"method": "GET", "view": "livez"}.items()),
    ]
    assert seconds >= before + 1
    assert not [sample for sample in found if "ada-byron" in str(sample).lower()]


def test_a_server_removes_the_counts_of_those_that_have_ended(
    settings: Any, tmp_path: Path
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    ours, its, running, another = (
        tmp_path / f"counts-{name}" for name in (os.getppid(), ended.pid, os.getpid(), "kept")
    )
    for folder in (its, running, another):
        folder.mkdir()
    settings.METRICS_DIR = str(ours)
    CountRequests(lambda request: HttpResponse())
    assert sorted(tmp_path.iterdir()) == sorted((ours, running, another))


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[int]:
    """A real web server with two processes; its port."""
    with served(tmp_path) as port:
        yield port


@pytest.mark.worker
def test_all_processes_of_a_server_are_added_up_whichever_is_asked(
    server: int, tmp_path: Path
) -> None:
    labels = {"method": "GET", "view": "livez", "status": "200"}
    before = figure(read(ask(server, "/metrics")), "http_requests_total", **labels)
    asked, end = 0, time.monotonic() + 60
    with ThreadPoolExecutor(8) as people:
        while asked < 40 or len(list((tmp_path / "metrics").glob("counter_*.db"))) < 2:
            assert time.monotonic() < end, "one process answers everybody"
            asked += len(list(people.map(lambda _: ask(server, "/livez"), range(8))))
    told = [
        figure(read(ask(server, "/metrics")), "http_requests_total", **labels) for _ in "123456"
    ]
    assert told == [before + asked] * 6
