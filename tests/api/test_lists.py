"""Lists are narrowed, cut to what is wanted, and tell what changed so that nothing is missed."""

import gzip
import threading
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.models import Batch
from issuer.services import clock
from registrar.models import Learner
from registrar.services.awarding import withdrawals
from tests.cast import SIS, College


def rows(sis: APIClient, address: str) -> list[dict[str, Any]]:
    answer = sis.get(f"/api/v1/{address}" if "://" not in address else address)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def numbers(sis: APIClient, address: str) -> list[str]:
    return [row["number"] for row in rows(sis, address)]


def begin_another_transaction() -> None:
    """What follows bears a later time, as it would after a commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('changes.at', '', true)")


@pytest.fixture
def writer(sis: APIClient) -> APIClient:
    AccessToken.objects.update(scope=" ".join([*settings.API_SCOPES, *settings.SIS_WRITE_SCOPES]))
    return sis


# Members and filters


@pytest.mark.django_db
def test_only_the_members_that_are_asked_for_are_told_and_always_the_id(sis, ada) -> None:
    asked = "learners?fields=family_name,number"
    assert rows(sis, asked) == [{"id": ada.pk, "family_name": "Byron", "number": "1001"}]
    one = sis.get(f"/api/v1/learners/{ada.pk}?fields=email")
    assert one.json() == {"id": ada.pk, "email": "1001@college.example"}
    for address in ("learners?fields=number,pin", f"learners/{ada.pk}?fields=*", "skills?fields="):
        refused = sis.get(f"/api/v1/{address}")
        assert (refused.status_code, refused.json()["code"]) == (400, "unknown_field")
    assert "`pin`" in sis.get("/api/v1/learners?fields=pin").json()["detail"]
    assert "family_name" in sis.get("/api/v1/learners?fields=pin").json()["detail"]


@pytest.mark.django_db
def test_lists_are_narrowed_by_what_rows_say_and_lead_to(sis, college, ada, ben) -> None:
    college.enrol(ada)
    college.enrol(ben)
    assert numbers(sis, "learners?number=1002") == ["1002"]
    assert numbers(sis, "learners?source=elsewhere") == []
    for key in (ada.pk, f"sis:{SIS}:stu-1001"):
        found = rows(sis, f"enrolments?learner={key}")
        assert [row["learner"] for row in found] == [f"sis:{SIS}:stu-1001"]
    assert len(rows(sis, "courses?organisation=sis:own:sci&current=true")) == 1
    assert rows(sis, "courses?current=false") == []
    assert rows(sis, "credentials?state=revoked") == []
    for wrong in ("enrolments?learner=x", "learners?current=maybe", "credentials?state=lost"):
        refused = sis.get(f"/api/v1/{wrong}").json()
        assert (refused["status"], refused["code"]) == (400, "invalid"), wrong
        assert refused["errors"][0]["pointer"] in ("/learner", "/current", "/state")
    (error,) = sis.get("/api/v1/learners?current=maybe").json()["errors"]
    assert error["reason"] == "It is one of: true, false."
    (error,) = sis.get("/api/v1/skills?search=x&framework=99999").json()["errors"]
    assert (error["pointer"], error["code"]) == ("/framework", "unknown_reference")
    assert "/api/v1/frameworks" in error["reason"]


# What changed since


@pytest.mark.django_db
def test_what_was_changed_or_retired_since_is_told_in_that_order(sis, ada, ben) -> None:
    begin_another_transaction()
    since = clock.now()
    assert numbers(sis, "learners?updated_since=" + since.isoformat()) == []
    Learner.objects.filter(pk=ben.pk).update(retired_at=since)
    begin_another_transaction()
    Learner.objects.filter(pk=ada.pk).update(family_name="Lovelace")
    told = rows(sis, "learners?updated_since=" + since.isoformat())
    assert [row["number"] for row in told] == ["1002", "1001"]
    assert told[0]["retired_at"] and told[1]["family_name"] == "Lovelace"
    # What is set to what it was has not changed.
    begin_another_transaction()
    since = clock.now()
    Learner.objects.filter(pk=ada.pk).update(family_name="Lovelace")
    assert numbers(sis, "learners?updated_since=" + since.isoformat()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("said", ["yesterday", "2026-02-30T00:00:00Z", "2026-02-01", "", "\u0661"])
def test_what_is_no_time_with_its_zone_is_refused(sis, said: str) -> None:
    refused = sis.get("/api/v1/learners", {"updated_since": said})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_time")


@pytest.mark.django_db
def test_pages_of_changes_lose_nothing_that_changes_meanwhile(sis, college: College) -> None:
    learners = [
        Learner.objects.create(source=SIS, sourced_id=f"l-{each}", number=str(each))
        for each in range(7)
    ]
    first = sis.get("/api/v1/learners?updated_since=2020-01-01T00:00:00Z&limit=3").json()
    assert [row["number"] for row in first["results"]] == ["0", "1", "2"]
    begin_another_transaction()
    Learner.objects.filter(pk=learners[1].pk).update(given_name="New")
    second = sis.get(first["next"]).json()
    assert [row["number"] for row in second["results"]] == ["3", "4", "5"]
    third = sis.get(second["next"]).json()
    assert [row["number"] for row in third["results"]] == ["6", "1"]
    assert third["next"] is None
    assert first["updated_until"] == second["updated_until"] == third["updated_until"]
    assert sis.get(third["previous"]).json()["results"] == second["results"]
    bent = first["next"].partition("cursor=")[2].partition("&")[0]
    assert sis.get(f"/api/v1/learners?cursor={bent[1:]}").json()["code"] == "bad_cursor"


@pytest.mark.django_db(transaction=True)
def test_what_is_still_being_written_is_told_the_next_time(sis) -> None:
    wrote, looked = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            Learner.objects.create(source=SIS, sourced_id="slow", number="slow")
            wrote.set()
            assert looked.wait(60)
        connections.close_all()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert wrote.wait(60)
    # It bears a later time than the one that is not to be seen yet.
    Learner.objects.create(source=SIS, sourced_id="quick", number="quick")
    first = sis.get("/api/v1/learners").json()
    looked.set()
    writer.join()
    assert [row["number"] for row in first["results"]] == ["quick"]
    again = "learners?updated_since=" + first["updated_until"]
    assert numbers(sis, again) == ["slow", "quick"]


@pytest.mark.django_db
def test_credentials_and_awards_change_with_their_batch_and_status(
    sis, adas_credential, clara
) -> None:
    begin_another_transaction()
    since = clock.now().isoformat()
    assert rows(sis, f"credentials?updated_since={since}") == []
    assert rows(sis, f"awards?updated_since={since}") == []
    withdrawals.revoke(adas_credential, by=clara, reason="Awarded by mistake")
    (told,) = rows(sis, f"credentials?updated_since={since}&fields=state")
    assert told == {"id": str(adas_credential.pk), "state": "revoked"}
    Batch.objects.update(name="Spring")
    (told,) = rows(sis, f"awards?updated_since={since}")
    assert told["credential"] == str(adas_credential.pk)
    assert len(rows(sis, f"batches?updated_since={since}")) == 1


@pytest.mark.django_db
def test_a_record_changes_with_the_status_of_each_credential_in_it(
    sis, adas_licence, ben, clara
) -> None:
    for act, state in [
        (withdrawals.suspend, "suspended"),
        (withdrawals.reinstate, "valid"),
        (withdrawals.revoke, "revoked"),
    ]:
        begin_another_transaction()
        since = clock.now().isoformat()
        assert rows(sis, f"records?updated_since={since}") == []
        act(adas_licence, by=clara, reason="Looked into")
        (told,) = rows(sis, f"records?updated_since={since}")
        assert [award["state"] for award in told["awards"]] == [state]
        assert datetime.fromisoformat(told["updated_at"]) >= datetime.fromisoformat(since)
        assert told["updated_at"] == sis.get(f"/api/v1/records/{told['id']}").json()["updated_at"]
    # It comes where it changed: after whom nothing has happened to since.
    begin_another_transaction()
    Learner.objects.filter(pk=ben.pk).update(family_name="Other")
    page = sis.get("/api/v1/records?updated_since=2020-01-01T00:00:00Z&limit=1").json()
    found = [*page["results"]]
    while page["next"]:
        page = sis.get(page["next"]).json()
        found += page["results"]
    assert [row["number"] for row in found][-2:] == ["1001", "1002"]
    assert [row["updated_at"] for row in found] == sorted(row["updated_at"] for row in found)


@pytest.mark.django_db
def test_a_template_changes_with_its_revisions(sis, draft) -> None:
    begin_another_transaction()
    since = clock.now().isoformat()
    assert rows(sis, f"templates?updated_since={since}") == []
    type(draft).objects.filter(pk=draft.pk).update(name="Renamed")
    (told,) = rows(sis, f"templates?updated_since={since}")
    assert told["revisions"][0]["name"] == "Renamed"


# Conditional requests


@pytest.mark.django_db
def test_whoever_has_an_answer_is_told_that_there_is_nothing_new(sis, ada) -> None:
    for address in (f"learners/{ada.pk}", "learners", "schema"):
        first = sis.get(f"/api/v1/{address}")
        tag = first["ETag"]
        assert tag.startswith("W/") == (address == "learners")
        for known in (tag, f'"other", {tag}', "*"):
            again = sis.get(f"/api/v1/{address}", headers={"if-none-match": known})
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
            assert again["Cache-Control"] == "no-store"
        other = sis.get(f"/api/v1/{address}", headers={"if-none-match": '"other"'})
        assert other.status_code == 200
    begin_another_transaction()
    tags = {address: sis.get(f"/api/v1/{address}")["ETag"] for address in ("learners",)}
    Learner.objects.filter(pk=ada.pk).update(email="ada@college.example")
    changed = sis.get("/api/v1/learners", headers={"if-none-match": tags["learners"]})
    assert changed.status_code == 200


@pytest.mark.django_db
def test_one_row_is_changed_as_it_was_seen_or_not_at_all(writer, ada) -> None:
    address = f"/api/v1/learners/sis:{SIS}:stu-1001"
    tag = writer.get(address + "?fields=email", headers={"accept-encoding": "gzip"})["ETag"]
    changed = writer.patch(
        address, {"family_name": "Lovelace"}, format="json", headers={"if-match": tag}
    )
    assert (changed.status_code, changed.json()["family_name"]) == (200, "Lovelace")
    assert changed.json()["email"] == "1001@college.example"
    assert changed["ETag"] == writer.get(address)["ETag"] != tag
    late = writer.patch(address, {"family_name": "B"}, format="json", headers={"if-match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    ada.refresh_from_db()
    assert ada.family_name == "Lovelace"
    retired = writer.patch(address, {"retired": True}, format="json").json()
    assert retired["retired_at"]
    # What is left out stays as it is.
    again = writer.patch(address, {"number": "7"}, format="json").json()
    assert (again["number"], again["retired_at"]) == ("7", retired["retired_at"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ('{"nickname": "A"}', "unknown_field", "/nickname"),
        ('{"email": "no address"}', "bad_email", "/email"),
        ('{"sourced_id": "other"}', "fixed", "/sourced_id"),
        ("{}, {}", "no_object", None),
        ("[]", "no_object", None),
        ('{"number": "1", "number": "2"}', "duplicate_key", None),
        ("{", "parse_error", None),
        ("", "body_required", None),
    ],
)
def test_a_change_that_cannot_be_made_says_why(writer, ada, body, code, pointer) -> None:
    refused = writer.patch(
        f"/api/v1/learners/{ada.pk}", body, content_type="application/json"
    ).json()
    assert refused["status"] == 400
    if pointer is None:
        assert refused["code"] == code
    else:
        (error,) = refused["errors"]
        assert (error["pointer"], error["code"]) == (pointer, code)


@pytest.mark.django_db
def test_only_who_may_write_changes_a_row_and_nobody_what_is_ours(
    sis, college, ada, root, settings
) -> None:
    address = f"/api/v1/learners/{ada.pk}"
    assert sis.patch(address, {"number": "7"}, format="json").status_code == 403
    AccessToken.objects.update(scope="catalog.write catalog.read")
    ours = sis.patch(f"/api/v1/organisations/{college.top.pk}", {"name": "Mine"}, format="json")
    assert (ours.status_code, ours.json()["code"]) == (409, "no_source")


# Compressed


@pytest.mark.django_db
def test_long_answers_are_compressed_for_who_takes_that(sis, college) -> None:
    address = "/api/v1/schema"
    plain = sis.get(address)
    assert "Content-Encoding" not in plain
    assert "Accept-Encoding" in plain["Vary"]
    packed = sis.get(address, headers={"accept-encoding": "br;q=1.0, gzip;q=0.8"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content)
    # Another sequence of bytes, another tag, but known all the same.
    assert packed["ETag"] != plain["ETag"]
    known = sis.get(address, headers={"if-none-match": packed["ETag"]})
    assert known.status_code == 304
    for refusing in ("gzip;q=0", "identity", "gzip;q=0.000"):
        answer = sis.get(address, headers={"accept-encoding": refusing})
        assert "Content-Encoding" not in answer
