"""Public reads from a replica: what goes there, and what it must not bring about."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pgtrigger
import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from issuer.models import Credential, LedgerEntry, SigningKey, StatusList
from issuer.public.replica import ALIAS
from issuer.services import ledger, publishing, status
from tests.public.test_case_service import bring
from tests.skills.case_documents import full_package

JSON = {"accept": "application/ld+json"}


BOTH = pytest.mark.django_db(transaction=True, databases=[DEFAULT_DB_ALIAS, ALIAS])


@pytest.fixture(scope="module", autouse=True)
def mirror(django_db_setup: None) -> Iterator[None]:
    """A second connection to the test database, as Django makes it of TEST MIRROR."""
    connections.settings[ALIAS] = connection.settings_dict | {
        "TEST": connection.settings_dict["TEST"] | {"MIRROR": DEFAULT_DB_ALIAS}
    }
    connections[ALIAS].creation.set_as_test_mirror(connection.settings_dict)
    yield
    connections[ALIAS].close()
    del connections[ALIAS]
    del connections.settings[ALIAS]


@pytest.fixture
def replica(settings: Any) -> Any:
    """The replica's connection, in a process that has one."""
    settings.DATABASE_ROUTERS = ["issuer.public.replica.Router"]
    return connections[ALIAS]


@pytest.fixture
def stand_still(replica: Any) -> Iterator[Callable[[], None]]:
    """Lets the replica show for ever what is there now: it has fallen behind."""
    held = transaction.atomic(using=ALIAS)

    def hold() -> None:
        held.__enter__()
        with replica.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT count(*) FROM issuer_statuslist")

    yield hold
    if replica.in_atomic_block:
        held.__exit__(None, None, None)


@pytest.fixture
def where(replica: Any) -> Callable[..., tuple[Any, int, int]]:
    """Asks for an address; the answer, and how often replica and primary were asked."""

    def ask(path: str, **headers: str) -> tuple[Any, int, int]:
        there, here = CaptureQueriesContext(replica), CaptureQueriesContext(connection)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with there, here:
            answer = Client().get(path.removeprefix(settings.BASE_URL), headers=named)
        return answer, len(there), len(here)

    return ask


def list_url() -> str:
    return StatusList.objects.get().url


@BOTH
def test_what_is_published_is_read_from_the_replica_alone(where, adas_credential) -> None:
    achievement = f"/achievements/{adas_credential.achievement_id}"
    for path, headers in (
        ("/.well-known/did.json", {}),
        (list_url(), {}),
        (achievement, JSON),
        (achievement, {}),
        (achievement + "/image.svg", {}),
    ):
        answer, there, here = where(path, **headers)
        assert answer.status_code == 200
        assert there and not here, path


@BOTH
def test_the_vocabulary_is_read_from_the_replica_and_who_uses_it_from_the_primary(where) -> None:
    framework = bring(full_package())
    skill = framework.skills.latest("pk")
    case = "/ims/case/v1p1"
    for path in (
        f"/skills/{skill.uuid}.json",
        f"/skills/{skill.uuid}.jsonld",
        "/frameworks",
        f"/frameworks/{framework.uuid}",
        f"/frameworks/{framework.uuid}.csv",
        f"{case}/CFDocuments",
        f"{case}/CFPackages/{framework.identifier}",
        f"{case}/CFItems/{skill.identifier}",
    ):
        answer, there, here = where(path)
        assert answer.status_code == 200, path
        assert there and not here, path
        assert answer["Cache-Control"] == "public, max-age=300"
        answer.close()
    answer, there, here = where(f"/skills/{skill.uuid}")
    assert answer.status_code == 200
    assert there > here
    # The primary may have what the replica does not have yet.
    _, there, here = where(f"{case}/CFItems/{uuid4()}")
    assert there and here


@BOTH
def test_whether_a_credential_holds_is_never_asked_of_the_replica(where, adas_credential) -> None:
    url = adas_credential.release.url
    for path in (url, url + "/download", "/", "/verify", "/readyz", "/admin/login/"):
        answer, there, _ = where(path)
        assert answer.status_code == 200, path
        assert path == "/readyz" or not there


@BOTH
def test_pasting_a_credential_does_not_ask_the_replica(replica, adas_credential) -> None:
    url = adas_credential.release.url.removeprefix(settings.BASE_URL)
    body = Client().get(url, headers={"accept": "application/vc"}).content.decode()
    with CaptureQueriesContext(replica) as there:
        page = Client().post("/verify", {"text": body}).content.decode()
    assert "This credential is valid." in page
    assert not len(there)


@BOTH
def test_a_query_is_answered_by_the_primary(where, adas_credential) -> None:
    _, there, here = where(list_url() + "?timestamp=2026-01-01T00:00:00Z")
    assert here and not there


@BOTH
def test_a_cache_never_gets_an_edition_older_than_its_own(
    where, stand_still, adas_credential, root
) -> None:
    stand_still()
    old, *_ = where(list_url())
    status.revoke(adas_credential, reason="Awarded by mistake.", by=root)
    publishing.publish(StatusList.objects.get())
    # What a cache got from a replica that was ahead of this one.
    new, *_ = where(list_url() + "?now")
    assert old.content != new.content
    again, *_ = where(list_url(), if_none_match=new["ETag"])
    assert again.status_code == 304
    # And one that keeps to the old one may, for as long as the replica may be behind.
    again, there, here = where(list_url(), if_none_match=old["ETag"])
    assert again.status_code == 304
    assert there and not here


@BOTH
def test_a_cache_with_an_edition_that_is_over_gets_the_newest(where, adas_credential, root) -> None:
    old, *_ = where(list_url())
    status.revoke(adas_credential, reason="Awarded by mistake.", by=root)
    publishing.publish(StatusList.objects.get())
    again, *_ = where(list_url(), if_none_match=old["ETag"])
    assert again.status_code == 200
    assert json.loads(again.content)["validFrom"] >= json.loads(old.content)["validFrom"]
    assert again["ETag"] != old["ETag"]


@BOTH
def test_what_the_replica_does_not_have_yet_is_found(where, stand_still, key, request) -> None:
    stand_still()
    credential: Credential = request.getfixturevalue("adas_credential")
    answer, there, here = where(list_url())
    assert answer.status_code == 200
    assert there and here
    answer, *_ = where(f"/achievements/{credential.achievement_id}", **JSON)
    assert answer.status_code == 200
    assert where("/status/nothing")[0].status_code == 404


@BOTH
def test_while_the_replica_does_not_answer_the_primary_does(
    replica, adas_credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica.close()
    nowhere = {**replica.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}
    monkeypatch.setattr(replica, "settings_dict", nowhere)
    path = list_url().removeprefix(settings.BASE_URL)
    assert Client().get(path).status_code == 200
    assert Client().get("/.well-known/did.json").status_code == 200


@BOTH
def test_what_is_read_from_the_replica_is_written_to_the_primary(replica, key) -> None:
    read = SigningKey.objects.using(ALIAS).get(pk=key.pk)
    with CaptureQueriesContext(replica) as there:
        read.save()
    assert not len(there)


def ready() -> tuple[int, Any]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()["checks"]


@BOTH
def test_a_replica_that_is_far_behind_is_not_ready(stand_still, replica, key, root) -> None:
    assert ready() == (200, {"database": True, "broker": True, "replica": True})
    stand_still()
    ledger.append("a.thing", "somewhere", by=root)
    assert ready()[0] == 200
    with pgtrigger.ignore():
        last = LedgerEntry.objects.using(DEFAULT_DB_ALIAS).latest("pk")
        behind = timedelta(seconds=settings.STATUS_LIST_TTL / 8 + 1)
        LedgerEntry.objects.filter(pk=last.pk).update(at=last.at - behind)
    assert ready() == (503, {"database": True, "broker": True, "replica": False})
    lag = "issuer_replica_lag_seconds 3"
    assert (
        lag
        in Client(REMOTE_ADDR="127.0.0.1").get("/metrics", HTTP_HOST="localhost").content.decode()
    )


@BOTH
def test_a_replica_that_is_away_is_not_ready(replica, key) -> None:
    replica.close()
    replica.settings_dict = {**replica.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}
    assert ready() == (503, {"database": True, "broker": True, "replica": False})


@pytest.mark.django_db
def test_without_a_replica_nothing_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(connections.settings, ALIAS)
    assert ready() == (200, {"database": True, "broker": True})
