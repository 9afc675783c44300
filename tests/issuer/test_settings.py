"""What the settings make of the addresses of services in the environment."""

import runpy
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings import ROOT

REDIS = "redis://localhost:6379/0"


def told(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    """The settings in this environment."""
    for name in ("BROKER_URL", "REDIS_URL", "REPLICA_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "config" / "settings.py"))


def test_a_replica_is_named_by_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgres://web:x@replica:5432,primary:5432/issuer?target_session_attrs=prefer-standby"
    found = told(monkeypatch, REPLICA_DATABASE_URL=url)
    replica = found["DATABASES"]["replica"]
    assert replica["HOST"] == "replica,primary"
    assert replica["OPTIONS"] == {"target_session_attrs": "prefer-standby"}
    assert replica["TEST"] == {"MIRROR": "default"}
    assert replica["CONN_HEALTH_CHECKS"]
    without = told(monkeypatch, REPLICA_DATABASE_URL="")
    assert "replica" not in without["DATABASES"] and "DATABASE_ROUTERS" not in without


@pytest.mark.parametrize(
    "address", [REDIS, "rediss://cache.college.example", "redis+socket:///run/valkey"]
)
def test_of_a_redis_kombu_is_told_when_to_give_up_on_a_worker(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    for given in ({"REDIS_URL": address}, {"BROKER_URL": address, "REDIS_URL": "redis://other"}):
        found = told(monkeypatch, **given)
        assert found["CELERY_BROKER_URL"] == address
        patience = found["CELERY_BROKER_TRANSPORT_OPTIONS"]["visibility_timeout"]
        assert patience > found["CELERY_TASK_TIME_LIMIT"]


@pytest.mark.parametrize("address", ["amqp://u:p@mq", "amqps://mq/", "amqp://a;amqp://b"])
def test_rabbitmq_is_told_nothing_that_is_for_redis(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    found = told(monkeypatch, BROKER_URL=address)
    assert found["CELERY_BROKER_URL"] == address
    assert found["CELERY_BROKER_TRANSPORT_OPTIONS"] == {}


def test_a_broker_by_tls_must_show_a_certificate_for_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def tls(address: str) -> Any:
        return told(monkeypatch, BROKER_URL=address)["CELERY_BROKER_USE_SSL"]

    assert tls("rediss://h") == {"ssl_cert_reqs": "required"}
    assert tls("amqps://h") == {"server_hostname": None}
    assert tls("amqp://h") is tls(REDIS) is False


@pytest.mark.parametrize("name", ["CHUNK_SIZE", "VERIFY_EVERY", "SHAPE_TRIALS", "LEASE_SECONDS"])
def test_numbers_with_which_nothing_would_be_done_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert told(monkeypatch, **{name: "1"})[name] == 1
    for number in ("0", "-1"):
        with pytest.raises(ImproperlyConfigured, match=name):
            told(monkeypatch, **{name: number})


def test_a_mail_server_is_named_by_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def mail(address: str) -> tuple[Any, ...]:
        found = told(monkeypatch, MAIL_URL=address)
        return tuple(found[f"EMAIL_{name}"] for name in ("PORT", "USE_TLS", "USE_SSL"))

    assert mail("smtp+tls://post.college.example") == (587, True, False)
    assert mail("smtp+ssl://post.college.example") == (465, False, True)
    assert mail("smtp://post.college.example:2525") == (2525, False, False)
    found = told(monkeypatch, MAIL_URL="smtp+tls://clara%40college:p%2Fw%40@post.college.example")
    assert found["EMAIL_BACKEND"] == "issuer.smtp.Backend"
    assert found["EMAIL_HOST"] == "post.college.example"
    assert found["EMAIL_HOST_USER"] == "clara@college"
    assert found["EMAIL_HOST_PASSWORD"] == "p/w@"
    assert told(monkeypatch, MAIL_URL="filemail:////var/mails")["EMAIL_FILE_PATH"] == "/var/mails"
    without = told(monkeypatch, MAIL_URL="", BASE_URL="https://credentials.college.example")
    assert without["SENDS_MAIL"] is False
    assert without["MAIL_FROM"] == "no-reply@credentials.college.example"
