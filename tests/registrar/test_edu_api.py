"""Edu-API 1.0: a server gives the same rows as the files of the same college."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from registrar.models import Enrolment, Feed, Learner, OrganizationUnit, Pull
from registrar.readers import edu_api_json
from registrar.services.feeding import feeds, nights, pulls, rosters
from registrar.sources import paged_rest
from tests.registrar.sis_server import CLIENT, SECRET, EduApiServer, serving
from tests.registrar.test_oneroster_csv import Roster
from tests.registrar.test_pulls import LATER, TODAY, night, step
from tests.registrar.test_rosters import bring, changes, held

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, roster: Roster
) -> Iterator[EduApiServer]:
    monkeypatch.setattr(paged_rest, "PAUSES", (0,))
    (tmp_path / "uploads").mkdir()
    settings.UPLOAD_DIR = str(tmp_path / "uploads")
    with serving(EduApiServer) as sis:
        settings.FEED_ORIGINS = [sis.origin]
        sis.serve(roster.files())
        yield sis


@pytest.fixture
def roster() -> Roster:
    """What Edu-API has words for: no gradebook."""
    roster = Roster()
    for name in ("categories", "lineItems", "results"):
        roster.drop(name)
    return roster.drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")


@pytest.fixture
def feed(server: EduApiServer, clara: User) -> Feed:
    return connect(server, clara)


def connect(server: EduApiServer, by: User, **said: Any) -> Feed:
    own = {
        "name": "Banner",
        "kind": Feed.Kind.EDU_API,
        "address": f"{server.origin}/ims/eduapi/base/v1p0",
        "token_address": f"{server.origin}/token",
        "account": CLIENT,
        "secret": SECRET,
        "source": "sis-1",
        "most_retired": 50,
    }
    return feeds.add(by=by, **own | said)


@pytest.mark.parametrize("most_rows", [1, 700])
def test_it_gives_the_same_rows_as_the_files_and_again_none(
    most_rows: int, server: EduApiServer, feed: Feed, roster: Roster, tmp_path: Path
) -> None:
    server.most_rows = most_rows
    run = night()
    assert step(run, "apply").counts["errors"] == 0
    assert (Learner.objects.count(), Enrolment.objects.count()) == (2, 2)
    before = held()
    from_files = bring(roster, tmp_path / "files", source="sis-1")
    assert (changes(from_files), from_files.problem_count) == ({}, 0)
    Feed.objects.update(full_every=0)
    again = step(night(), "apply").counts
    assert (again["new"], again["changed"], again["retired"], again["errors"]) == (0, 0, 0, 0)
    assert held() == before
    assert Pull.objects.latest("pk").rows["persons"] == 2
    assert not any("2004-02-29" in str(row) for rows in before.values() for row in rows)


def test_only_what_has_changed_is_asked_for_the_next_night(
    server: EduApiServer, feed: Feed
) -> None:
    night()
    server.asked.clear()
    ada, ben = server.collections["enrollments"]
    ada |= {"isActive": False, "enrollmentStatus": "finished", "dateLastModified": LATER}
    ben |= {"isActive": False, "enrollmentStatus": "withdrawn", "dateLastModified": LATER}
    run = night()
    assert changes(step(run, "apply").roster) == {"enrollments": (0, 0, 1)}
    assert Enrolment.objects.get(retired_at=None).sourced_id == "e1"
    filtered = {url.split("?")[0].rsplit("/")[-1] for url in server.asked if "filter=" in url}
    assert filtered == {*edu_api_json.COLLECTIONS} - {"componentOfferings"}


def test_who_is_enrolled_in_a_component_is_enrolled_in_its_course(
    server: EduApiServer, feed: Feed
) -> None:
    server.collections["componentOfferings"].append(
        {"sourcedId": "lab", "recordStatus": "active", "parent": ["cl1"]}
    )
    for number, (place, kind) in enumerate([("lab", "component"), ("bsc", "collection")]):
        server.collections["enrollments"].append(
            server.collections["enrollments"][1]
            | {"sourcedId": f"e{number}x", "educationOffering": place, "offeringType": kind}
        )
    assert step(night(), "apply").counts["errors"] == 0
    assert Enrolment.objects.get(sourced_id="e0x").offering.sourced_id == "cl1"
    assert Enrolment.objects.count() == 3
    late = server.collections["enrollments"][2] | {"sourcedId": "e9", "dateLastModified": LATER}
    server.collections["enrollments"].append(late)
    assert changes(step(night(), "apply").roster) == {"enrollments": (1, 0, 0)}


def test_what_is_wrong_is_said_object_by_object_in_the_words_of_edu_api(
    server: EduApiServer, feed: Feed
) -> None:
    server.collections["persons"] += [
        {"sourcedId": "u8", "recordStatus": "active", "legalName": "Ada"},
        {"sourcedId": "u9", "recordStatus": "active"},
    ]
    server.collections["courseOfferings"][1]["course"] = "nowhere"
    server.collections["enrollments"][1]["role"] = "boss"
    server.collections["organizations"][0]["parent"] = "o2"
    pull = pulls.carry_on(feed, nights.begin(TODAY))
    planned = rosters.plan(Path(pull.stored_at))
    told = {(each.file, each.column, each.code) for each in planned.problems}
    assert {
        ("persons", "username", "required"),
        ("persons", "familyName", "required"),
        ("courseOfferings", "course", "unknown_reference"),
        ("enrollments", "role", "bad_word"),
        ("organizations", "parent", "circle"),
    } <= told
    assert planned.counts["persons"].new == 1


@pytest.mark.parametrize("full_every", [0, 7])
@pytest.mark.parametrize(
    ("status", "counts"), [("inactive", (1, 0)), ("deleted", (1, 0)), ("archived", (0, 1))]
)
def test_the_statuses_of_edu_api_are_heeded_in_whole_and_in_part(
    status: str, counts: tuple[int, int], full_every: int, server: EduApiServer, clara: User
) -> None:
    connect(server, clara, full_every=full_every, most_wrong=100)
    night()
    server.collections["enrollments"][1] |= {"recordStatus": status, "dateLastModified": LATER}
    applied = step(night(), "apply")
    assert (applied.counts["retired"], applied.counts["errors"]) == counts
    assert Enrolment.objects.filter(retired_at=None).count() == 2 - counts[0]
    told = [each["reason"] for each in applied.roster.problems if each["column"] == "status"]
    assert told == ["status is not active, nor deleted or inactive."] * counts[1]


def test_a_truncated_answer_trips_the_brake(server: EduApiServer, clara: User) -> None:
    connect(server, clara, full_every=0, most_retired=20)
    night()
    del server.collections["enrollments"][1:]
    held_up = step(night(), "plan")
    assert held_up.state == "held"
    assert "would be retired" in held_up.refused[0]["reason"]
    assert Enrolment.objects.filter(retired_at=None).count() == 2


def test_without_the_scope_for_people_nothing_comes(server: EduApiServer, feed: Feed) -> None:
    server.scopes = "another"
    assert "invalid_scope" in step(night(), "fetch").refused[0]["reason"]
    assert not OrganizationUnit.objects.filter(source="sis-1").exists()


def test_names_and_numbers_are_taken_where_edu_api_has_them() -> None:
    person = {
        "sourcedId": "p1",
        "recordStatus": "inactive",
        "recordLanguage": "nl-NL",
        "legalName": {"givenName": "Jan", "familyNamePrefix": "de", "familyName": "Boer"},
        "otherNames": [{"nameType": "preferredName", "givenName": "Janneke"}],
        "otherIdentifiers": [
            {"identifierType": "identifier", "identifier": "x"},
            {"identifierType": "sisSourcedId", "identifier": "000123"},
        ],
        "dateLastModified": "2026-01-01T01:00:00+01:00",
    }
    ((file, cells),) = edu_api_json.rows("persons", person)
    assert (file, cells[:3]) == ("users", ["p1", "inactive", "2026-01-01T00:00:00.000Z"])
    assert cells[3:] == ["p1", "000123", "Jan", "de Boer", "", "Janneke", "", ""]
    for odd in (None, [], "x", {"sourcedId": 7}, {"sourcedId": "p", "legalName": []}):
        assert len(list(edu_api_json.rows("persons", odd))) == 1
