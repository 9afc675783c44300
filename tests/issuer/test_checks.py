"""`check --deploy` refuses what would be dangerous outside a laptop."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


def found() -> set[str]:
    """The ids of the issuer's problems."""
    problems = run_checks(include_deployment_checks=True)
    return {str(problem.id) for problem in problems if str(problem.id).startswith("issuer.")}


@pytest.fixture
def sound(settings: Any, keystore: Path) -> None:
    """A deployment as it should be."""
    keystore.mkdir(mode=0o700)
    settings.BASE_URL = "https://credentials.college.example"
    settings.ISSUER_DID = "did:web:credentials.college.example"
    settings.MAIL_URL = "smtp+tls://mail.college.example"
    settings.MAIL_FROM = settings.MAIL_BOUNCES_TO = "credentials@college.example"


def test_a_sound_deployment_has_no_problems(sound: None) -> None:
    assert found() == set()


def test_a_process_without_the_secret_is_sound_too(sound: None, settings: Any) -> None:
    settings.KEYSTORE_DIR = settings.KEYSTORE_SECRET_FILE = None
    assert found() == set()


def test_a_laptop_is_no_deployment(settings: Any) -> None:
    settings.BASE_URL = "http://localhost:8000"
    settings.ISSUER_DID = "did:web:localhost%3A8000"
    assert {"issuer.E001", "issuer.E002"} <= found()


def test_a_secret_that_others_can_read_is_refused(sound: None, settings: Any) -> None:
    Path(settings.KEYSTORE_SECRET_FILE).chmod(0o440)
    assert found() == {"issuer.E003"}


def test_a_keystore_that_others_can_enter_is_refused(sound: None, keystore: Path) -> None:
    keystore.chmod(0o755)
    assert found() == {"issuer.E004"}


def test_a_secret_among_the_keys_is_refused(sound: None, settings: Any, keystore: Path) -> None:
    inside = keystore / "secret"
    inside.write_text("correct horse battery staple, forty bytes")
    inside.chmod(0o400)
    settings.KEYSTORE_SECRET_FILE = str(inside)
    assert found() == {"issuer.E005"}


def test_a_secret_that_is_not_there_is_refused(sound: None, settings: Any) -> None:
    settings.KEYSTORE_SECRET_FILE += ".gone"
    assert found() == {"issuer.E003"}


def test_lists_that_outlive_their_validity_are_refused(sound: None, settings: Any) -> None:
    settings.STATUS_LIST_TTL = settings.STATUS_LIST_VALIDITY
    assert found() == {"issuer.E006"}


def test_issuers_for_public_test_suites_are_refused(sound: None, settings: Any) -> None:
    settings.CONFORMANCE = True
    assert found() == {"issuer.E008"}


@pytest.mark.parametrize(
    "address", ["sqs://", "memory://", "pyamqp://a", "sentinel://a", "amqp://a;sqs://b", "a:5672"]
)
def test_a_broker_without_a_guard_is_refused(sound: None, settings: Any, address: str) -> None:
    settings.CELERY_BROKER_URL = address
    assert found() == {"issuer.E011"}


def test_several_nodes_of_a_broker_are_fine(sound: None, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "amqps://a.college.example/;amqps://b.college.example/"
    assert found() == set()


def test_a_proxy_that_is_not_counted_is_refused(sound: None, settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert found() == {"issuer.E010"}
    settings.PROXIES = 1
    assert found() == set()


def test_a_role_that_owns_the_tables_is_warned_of(db: None) -> None:
    def warned() -> set[str]:
        problems = run_checks(include_deployment_checks=True, databases=["default"])
        return {str(problem.id) for problem in problems} & {"issuer.W001"}

    assert warned()
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE owns_nothing_in_a_test")
        cursor.execute("SET LOCAL ROLE owns_nothing_in_a_test")
        assert not warned()
        cursor.execute("RESET ROLE")


@pytest.mark.thorough
def test_nothing_at_all_is_said_of_a_deployment_as_the_example_has_it() -> None:
    example = (ROOT / "deploy" / "env.example").read_text()
    shown = dict(re.findall(r"^([A-Z_]+)=(.+)$", example, re.MULTILINE))
    chosen = {"SECRET_KEY": secrets.token_urlsafe(50), "HSTS_SECONDS": "31536000"}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"PATH": os.defpath, "DATABASE_URL": "postgres://web@db.example/credentials"}
        | shown
        | chosen,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "no issues" in ended.stdout


def test_mail_that_would_never_go_or_tell_its_password_is_noticed(
    sound: None, settings: Any
) -> None:
    settings.MAIL_URL = ""
    assert found() == {"issuer.W002"}
    settings.MAIL_URL = "smtp://mail.college.example"
    settings.EMAIL_HOST_PASSWORD = "secret"
    assert found() == {"issuer.E012"}
    settings.EMAIL_USE_TLS = True
    assert found() == set()
    settings.MAIL_FROM = "The college <credentials@college.example>"
    assert found() == {"issuer.E013"}
