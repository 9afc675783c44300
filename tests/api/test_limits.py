"""A client is told how many requests are left, and has to wait when there are none."""

import pytest
from django.conf import LazySettings
from redis.exceptions import RedisError

from config import limits

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("broker", ["as it is", "amqp://elsewhere", "redis://127.0.0.1:1/0"])
def test_each_client_may_ask_so_often_in_a_minute(
    sis, client, settings: LazySettings, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_counters", limits._Counters())
    monkeypatch.setattr(limits.time, "time", lambda: 1_900_000_000)
    settings.API_RATE_LIMIT = 2
    if broker != "as it is":
        settings.CELERY_BROKER_URL = broker
        monkeypatch.setattr(limits, "_client", _no_broker)
    answers = [sis.get("/api/v1/terms") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert [each["RateLimit"] for each in answers] == [
        f'"client";r={left};t=20' for left in (1, 0, 0)
    ]
    assert {each["RateLimit-Policy"] for each in answers} == {'"client";q=2;w=60'}
    assert (answers[2]["Retry-After"], answers[2].json()["code"]) == ("20", "throttled")
    # Others are not concerned.
    assert client.get("/api/v1/schema").status_code == 200
    monkeypatch.setattr(limits.time, "time", lambda: 1_900_000_060)
    assert sis.get("/api/v1/terms").status_code == 200


def _no_broker() -> None:
    raise RedisError("down")


def test_nobody_counts_where_there_is_no_limit(sis, settings: LazySettings) -> None:
    settings.API_RATE_LIMIT = 0
    assert "RateLimit" not in sis.get("/api/v1/terms")
