"""The database lets each process do its work, and nothing else."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from issuer.models import Batch, Chunk, Credential, SigningKey
from issuer.services import (
    batches,
    composed,
    credentials,
    keys,
    ledger_checks,
    outbox,
    publishing,
    status,
)
from issuer.services.clients import Client
from issuer.vc import contexts
from registrar import tasks
from registrar.management import privileges
from registrar.models import Award, LearnerApp
from registrar.services.awarding import awards, composition, corrections, successions, withdrawals
from registrar.services.learners import learner_apps
from registrar.services.marking import results
from tests.cast import College
from tests.issuer import badges
from tests.public.learner_door import metadata

pytestmark = pytest.mark.thorough

As = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def as_role(db: None) -> As:
    """Lets what follows be done by a process of this role. The roles go with the test."""
    # Roles belong to the whole server, on which other tests run at the same time.
    prefix = f"test_{secrets.token_hex(4)}_"
    printed = StringIO()
    call_command("database_roles", "--prefix", prefix, stdout=printed)
    with connection.cursor() as cursor:
        cursor.execute(printed.getvalue())

    @contextmanager
    def act(role: str) -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {prefix}{role}")
            try:
                yield
            finally:
                cursor.execute("RESET ROLE")

    return act


def is_refused(sql: str, as_role: As, role: str) -> bool:
    with as_role(role):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
        except DatabaseError as error:
            return isinstance(error.__cause__, InsufficientPrivilege)
    return False


def test_every_process_can_do_its_work(
    as_role: As, key: SigningKey, adas_batch: Batch, adas_award: Award, dev: User, clara: User
) -> None:
    def issued(batch: Batch) -> Credential:
        with as_role("worker"):
            chunk = batches.claim(Chunk.State.APPROVED, batch=batch)
            assert chunk is not None
            made = Award.objects.filter(batch=batch)
            credentials.request(chunk, composition.compose(made))
        with as_role("signer"):
            badges.sign_all(batch)
        return Credential.objects.get(batch=batch)

    with as_role("web"):
        batch = awards.approve(adas_batch, by=dev)
    credential = issued(batch)
    assert status.state_of(credential) == "valid"
    with as_role("web"):
        correction = corrections.correct_award(adas_award, by=clara, reason="A typo.")
    assert correction.batch is not None
    issued(correction.batch)
    with as_role("worker"):
        assert successions.settle_some() == 1
    assert status.state_of(credential) == "revoked"
    with as_role("web"):
        corrected = Award.objects.get(batch=correction.batch)
        withdrawals.withdraw(corrected, by=clara, reason="Awarded by mistake")
    with as_role("publisher"):
        (changed,) = status.lists_to_publish()
        publishing.publish(changed)
        assert not status.lists_to_publish()
    with as_role("web"):
        check = ledger_checks.ask(by=clara)
    with as_role("worker"):
        assert not ledger_checks.go_on(check)


def test_what_a_system_composes_is_frozen_by_a_web_process_of_its_own(
    as_role: As, key: SigningKey
) -> None:
    document = {
        "@context": [contexts.CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": key.did,
        "validFrom": "2026-05-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:ada"},
    }
    client = Client(id="1", name="Careers service")
    with as_role("web"), pytest.raises(DatabaseError), transaction.atomic():
        composed.request(document, by=client)
    with as_role("vc_api"):
        credential = composed.request(document, by=client)
    assert status.state_of(credential) == "requested"


def test_what_the_web_writes_the_worker_sends(as_role: As, settings: Any, clara: User) -> None:
    settings.SENDS_MAIL = True
    with as_role("web"):
        mail = outbox.write(
            to="ada@home.example", subject="Hello", text="Hello", why="test.written"
        )
    with as_role("worker"):
        outbox.send_due(seconds=5)
    with as_role("web"):
        outbox.resend(mail, by=clara)
    mail.refresh_from_db()
    assert mail.state == "sent"
    assert is_refused("UPDATE issuer_mail SET state = 'queued'", as_role, "web")
    assert is_refused("SELECT * FROM issuer_mail", as_role, "signer")


def test_keys_are_made_by_the_signer(as_role: As, key: SigningKey, root: User) -> None:
    with as_role("signer"):
        second = keys.activate(keys.create(did=key.did, by="system"), by="system")
    key.refresh_from_db()
    assert (key.state, second.state) == ("retired", "active")


@pytest.mark.parametrize("role", privileges.roles())
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE issuer_ledgerentry SET reason = ''",
        "DELETE FROM issuer_ledgerentry",
        "TRUNCATE issuer_ledgerentry",
        "ALTER TABLE issuer_ledgerentry DISABLE TRIGGER ALL",
        "SET LOCAL session_replication_role = replica",
        "UPDATE issuer_credential SET text = ''",
        "DELETE FROM issuer_secureddocument",
        "UPDATE issuer_statuschange SET value = false",
        "UPDATE registrar_award SET results = '[]'",
        "CREATE TABLE mine (id int)",
    ],
)
def test_nobody_rewrites_a_fact_or_switches_a_trigger_off(role: str, sql: str, as_role: As) -> None:
    assert is_refused(sql, as_role, role)


@pytest.mark.parametrize(
    ("role", "sql"),
    [
        # Neither web nor worker signs, and the web knows no entry before it is handed out.
        ("web", "INSERT INTO issuer_secureddocument DEFAULT VALUES"),
        ("web", "INSERT INTO issuer_credential DEFAULT VALUES"),
        ("web", "INSERT INTO issuer_release DEFAULT VALUES"),
        ("web", "UPDATE issuer_signingkey SET state = 'active'"),
        ("web", "INSERT INTO issuer_signingkey DEFAULT VALUES"),
        ("web", "INSERT INTO issuer_statuslistpublication DEFAULT VALUES"),
        ("web", "SELECT permutation FROM issuer_statuslist"),
        ("web", "UPDATE issuer_statuslist SET taken = 0"),
        ("web", "UPDATE issuer_chunk SET state = 'signed'"),
        ("vc_api", "INSERT INTO issuer_secureddocument DEFAULT VALUES"),
        ("vc_api", "UPDATE issuer_signingkey SET state = 'active'"),
        ("worker", "INSERT INTO issuer_secureddocument DEFAULT VALUES"),
        ("worker", "INSERT INTO issuer_batch DEFAULT VALUES"),
        ("worker", "UPDATE issuer_batch SET decided_by_id = prepared_by_id"),
        ("worker", "UPDATE issuer_signingkey SET state = 'active'"),
        ("worker", "UPDATE issuer_statuslist SET permutation = ''"),
        # The signer decides nothing, and learns of nobody but through what it signs.
        ("signer", "INSERT INTO issuer_batch DEFAULT VALUES"),
        ("signer", "INSERT INTO issuer_credential DEFAULT VALUES"),
        ("signer", "INSERT INTO issuer_statuschange DEFAULT VALUES"),
        ("signer", "SELECT permutation FROM issuer_statuslist"),
        ("signer", "SELECT * FROM registrar_learner"),
        ("signer", "SELECT * FROM auth_user"),
        ("signer", "SELECT * FROM django_session"),
        ("publisher", 'SELECT "values" FROM issuer_credential'),
        ("publisher", "SELECT text FROM issuer_secureddocument"),
        ("publisher", "INSERT INTO issuer_secureddocument DEFAULT VALUES"),
        ("publisher", "INSERT INTO issuer_statuschange DEFAULT VALUES"),
        ("publisher", "SELECT * FROM registrar_award"),
    ],
)
def test_no_process_does_the_work_of_another(role: str, sql: str, as_role: As) -> None:
    assert is_refused(sql, as_role, role)


def test_a_result_is_superseded_by_the_web_and_never_edited(
    as_role: As, college: College, ada: object, clara: User
) -> None:
    result = college.grade(ada, "Fail")  # type: ignore[arg-type]
    assert is_refused("UPDATE registrar_result SET text = 'Pass'", as_role, "web")
    assert is_refused("DELETE FROM registrar_result", as_role, "web")
    with as_role("web"):
        corrected = results.correct(result, by=clara, text="Pass", reason="Counted anew")
    assert corrected.text == "Pass"


def test_it_is_decided_of_every_table_of_the_issuer_who_may_what() -> None:
    decided = {model for rights in privileges.ISSUER.values() for model in rights}
    assert decided == set(apps.get_app_config("issuer").get_models())


def test_making_the_roles_again_takes_rights_away_that_are_too_many(as_role: As) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '^test_.*_web$'")
        (web,) = cursor.fetchone()
        cursor.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {web}")
        assert not is_refused("UPDATE issuer_chunk SET attempts = 0", as_role, "web")
        cursor.execute(";".join(privileges.sql(prefix=web.removesuffix("web"))))
    assert is_refused("UPDATE issuer_chunk SET attempts = 0", as_role, "web")


def test_a_worker_forgets_what_is_over(as_role: As, college: College, monkeypatch: Any) -> None:
    said = metadata()
    learner_apps.register(said, address="192.0.2.1")
    monkeypatch.setattr(learner_apps, "FORGOTTEN_AFTER", timedelta(0))
    with as_role("worker"):
        tasks.sweep_answers()
    assert not LearnerApp.objects.exists()
