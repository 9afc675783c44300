"""Pulls: a OneRoster server ends in the same rows as its CSV, and a dead one harms nothing."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from issuer.services import clock
from registrar.errors import FeedRefused, NotAllowed, SourceRefuses
from registrar.models import Course, Enrolment, Feed, Learner, NightRun, Pull, Result, RosterImport
from registrar.services.feeding import feeds, night_rehearsals, nights, pulls, rosters
from registrar.sources import paged_rest
from tests.bench.night import change, everybody_fails
from tests.registrar.sis_server import CLIENT, SECRET, SisServer, serving
from tests.registrar.test_oneroster_csv import Roster
from tests.registrar.test_rosters import changes, held

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 8)
LATER = "2099-01-01T00:00:00.000Z"


@pytest.fixture
def server(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SisServer]:
    monkeypatch.setattr(paged_rest, "PAUSES", (0,))
    settings.UPLOAD_DIR = str(tmp_path)
    with serving() as sis:
        settings.FEED_ORIGINS = [sis.origin]
        yield sis


@pytest.fixture
def feed(server: SisServer, clara: User) -> Feed:
    return connect(server, clara)


def connect(server: SisServer, by: User, **said: Any) -> Feed:
    own = {
        "name": "Banner",
        "kind": Feed.Kind.ONEROSTER,
        "address": f"{server.origin}/ims/oneroster",
        "token_address": f"{server.origin}/token",
        "account": CLIENT,
        "secret": SECRET,
        "source": "sis-1",
    }
    return feeds.add(by=by, **own | said)


def night() -> NightRun:
    """A night of as many turns as it takes."""
    run = nights.begin(TODAY)
    for _ in range(10):
        if nights.carry_on(run).state == "done":
            return run
    raise AssertionError("no end")


def step(run: NightRun, name: str) -> Any:
    return run.steps.get(name=name, about="Banner")


@pytest.fixture
def roster() -> Roster:
    return Roster().drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")


def test_a_real_presentation_gives_the_same_rows_as_its_files(
    server: SisServer, feed: Feed, shared_data: Path, tmp_path: Path
) -> None:
    real = of_learners(100, shared_data / "oulad" / "oneroster12-BBB-2013J")
    server.serve(real)
    assert step(night(), "apply").counts["errors"] == 0
    assert (Learner.objects.count(), Enrolment.objects.count()) == (100, 100)
    before = held()
    (tmp_path / "files").mkdir()
    for name, data in real.items():
        (tmp_path / "files" / name).write_bytes(data)
    from_files = rosters.apply(rosters.read(tmp_path / "files", by=None, source="sis-1"), by=None)
    assert (changes(from_files), from_files.problem_count) == ({}, 0)
    Feed.objects.update(full_every=0)
    again = step(night(), "apply").counts
    assert (again["new"], again["changed"], again["retired"], again["errors"]) == (0, 0, 0, 0)
    assert again["unchanged"] == sum(count["unchanged"] for count in from_files.plan.values())
    assert held() == before


def of_learners(count: int, folder: Path) -> dict[str, bytes]:
    """The files of a bundle, with what is said of its first learners alone."""
    files = {found.name: found.read_bytes() for found in folder.glob("*.csv")}
    users = files["users.csv"].splitlines(keepends=True)
    left_out = {line.split(b",")[0] for line in users[count + 1 :]}
    for name in ("users.csv", "roles.csv", "enrollments.csv", "results.csv"):
        lines = files[name].splitlines(keepends=True)
        files[name] = b"".join(line for line in lines if left_out.isdisjoint(line.split(b",")))
    return files


def test_the_next_night_asks_for_changes_alone_and_what_is_deleted_is_retired(
    server: SisServer, clara: User, roster: Roster
) -> None:
    connect(server, clara, most_retired=35)
    for number in (2, 3):
        roster.add("courses", f"co{number},,,y1,Zoology,ZOO{number},,o2,,")
    server.serve(roster.files())
    assert step(night(), "apply").counts["errors"] == 0
    assert step(night(), "fetch").counts == dict.fromkeys(server.collections, 0)
    results = {each["sourcedId"]: each for each in server.collections["results"]}
    results["re2"] |= {"score": 70, "dateLastModified": LATER}
    results["re3"] |= {"status": "tobedeleted", "dateLastModified": LATER}
    course = server.collections["courses"][1]
    course |= {"status": "tobedeleted", "dateLastModified": LATER}
    run = night()
    assert {name: n for name, n in step(run, "fetch").counts.items() if n} == {
        "courses": 1,
        "results": 2,
    }
    assert changes(step(run, "apply").roster) == {"courses": (0, 0, 1), "results": (0, 1, 1)}
    assert Result.objects.current().get(sourced_id="re2").score == 70
    assert Course.objects.get(code="ZOO2").retired_at is not None
    assert Enrolment.objects.filter(retired_at=None).count() == 2


def test_a_truncated_answer_trips_the_brake(server: SisServer, clara: User, roster: Roster) -> None:
    connect(server, clara, full_every=0)
    server.serve(roster.files())
    night()
    del server.collections["results"][1:]
    run = night()
    assert step(run, "plan").state == "held"
    assert "would be retired" in step(run, "plan").refused[0]["reason"]
    assert Result.objects.current().count() == 3


def test_changed_results_are_counted_once_whatever_dies_meanwhile(
    server: SisServer, clara: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(server, clara, most_wrong=5)
    server.collections = everybody_fails(40)
    night()
    change(server, wrong=1)

    class Killed(BaseException):
        """The worker is gone."""

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    with serving() as dying, monkeypatch.context() as patch:
        settings.FEED_ORIGINS = [server.origin, dying.origin]
        dying.collections, dying.dies_after = everybody_fails(40), 4
        connect(dying, clara, name="Dying", source="dying")
        patch.setattr(rosters, "apply", killed)
        with pytest.raises(Killed):
            nights.carry_on(nights.begin(TODAY))
        patch.undo()
        run = night()
    counts = step(run, "apply").counts
    assert (counts["changed"], counts["errors"], counts["new"]) == (39, 1, 0)
    assert run.steps.get(about="Dying").state == "failed"
    assert Result.objects.filter(superseded_at__isnull=False).count() == 39
    assert Result.objects.current().exclude(text="Fail").count() == 39


@pytest.mark.parametrize("dies_after", [0, 3, 9])
def test_a_server_that_dies_changes_nothing_and_the_next_night_goes_on_there(
    dies_after: int, server: SisServer, feed: Feed, roster: Roster
) -> None:
    server.serve(roster.files())
    server.most_rows = 2
    server.dies_after = dies_after
    run = night()
    assert run.state == "done"
    assert step(run, "fetch").state == "failed"
    assert "503" in step(run, "fetch").refused[0]["reason"]
    assert not RosterImport.objects.exists() and not Learner.objects.exists()
    server.dies_after = None
    server.asked.clear()
    assert step(night(), "apply").counts["errors"] == 0
    assert any("/orgs?" in url for url in server.asked) == (dies_after == 0)
    assert (Learner.objects.count(), Result.objects.current().count()) == (2, 3)
    assert Pull.objects.get().since is None


def test_what_was_broken_off_long_ago_is_asked_for_anew(
    server: SisServer, feed: Feed, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.serve(roster.files())
    server.dies_after = 3
    night()
    server.dies_after = None
    server.asked.clear()
    later = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert step(night(), "apply").state == "done"
    assert "/orgs?" in server.asked[0]


@pytest.mark.parametrize("says_total", [True, False])
@pytest.mark.parametrize("says_links", [True, False])
@pytest.mark.parametrize("most_rows", [1, 2, 60])
def test_pages_are_turned_however_the_server_counts_them(
    says_total: bool, says_links: bool, most_rows: int, server: SisServer, feed: Feed
) -> None:
    server.says_total, server.says_links, server.most_rows = says_total, says_links, most_rows
    server.collections = {
        "orgs": [
            {"sourcedId": f"o{n:02}", "name": "Sciences", "type": "department", "status": "active"}
            for n in range(47)
        ]
    }
    pull = pulls.carry_on(feed, nights.begin(TODAY))
    assert (pull.state, pull.rows) == ("done", {"orgs": 47})
    read = rosters.plan(Path(pull.stored_at))
    assert (read.counts["orgs.csv"].new, read.problem_count) == (47, 0)
    assert len(pull.notes) == 8


def test_a_server_that_gives_fewer_than_it_says_is_not_believed(
    server: SisServer, feed: Feed, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.serve(roster.files())
    pages = server.page

    def fewer(url: str, bearer: str) -> Any:
        status, said, headers = pages(url, bearer)
        return status, said, headers | {"X-Total-Count": "9"}

    monkeypatch.setattr(server, "page", fewer)
    assert "9 are said to be there" in step(night(), "fetch").refused[0]["reason"]


def of_orgs(count: int) -> dict[str, Any]:
    return {
        "orgs": [{"sourcedId": f"o{n:02}", "name": "A", "status": "active"} for n in range(count)]
    }


def test_a_server_that_does_not_turn_its_pages_is_given_up(
    server: SisServer, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.says_total = server.says_links = False
    server.collections = of_orgs(3)
    pages = server.page

    def first(url: str, bearer: str) -> Any:
        return pages(re.sub(r"offset=\d+", "offset=0", url), bearer)

    monkeypatch.setattr(server, "page", first)
    pull = pulls.carry_on(feed, nights.begin(TODAY))
    assert (pull.state, len(server.asked)) == ("broken", 2)
    assert "the first page comes again and again" in pull.error


def test_a_server_that_sends_more_than_a_roster_can_be_is_given_up(
    server: SisServer, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulls, "MOST_ROOM", 3 * 4096)
    server.most_rows = 2
    server.collections = of_orgs(60)
    pull = pulls.carry_on(feed, nights.begin(TODAY))
    assert (pull.state, pull.error) == (
        "broken",
        "It sends more than 12,288 bytes, and no roster is so long.",
    )
    assert len(list(Path(pull.folder).iterdir())) == 4


def test_objects_that_are_not_as_they_should_be_are_refused_one_by_one(
    server: SisServer, clara: User, roster: Roster
) -> None:
    feed = connect(server, clara, most_wrong=100)
    server.serve(roster.files())
    server.collections["users"] += [
        {"sourcedId": "u8", "status": "active", "givenName": {"no": "text"}},
        {"sourcedId": "u9", "status": "active", "username": "x" * 200_000},
    ]
    server.collections["classes"].append(
        {"sourcedId": "c9", "terms": [{"sourcedId": "x" * 90_000}, {"sourcedId": "y" * 90_000}]}
    )
    server.collections["orgs"][0]["dateLastModified"] = "0001-01-01T00:00:00+01:00"
    server.collections["results"][0]["comment"] = "line\r\nbreak \x00 and \ud800"
    server.collections["courses"][0]["title"] = "Bot\nany"
    run = nights.begin(TODAY)
    pull = pulls.carry_on(feed, run)
    planned = rosters.plan(Path(pull.stored_at))
    assert not planned.is_fatal
    found = {(p.file, p.code) for p in planned.problems if p.severity == "error"}
    assert ("users.csv", "required") in found
    assert ("courses.csv", "line_break") in found
    assert len(planned.changes["users.csv"].new) == 2


def serve_as(version: str, server: SisServer, roster: Roster) -> None:
    """Serve the roster in the JSON of a version."""
    server.serve(roster.files())
    if version == "v1p2":
        return
    for user in server.collections["users"]:
        user["role"], user["orgs"] = "student", [{"sourcedId": "o1"}]
        del user["roles"]
    for item in server.collections["lineItems"]:
        item["gradingPeriod"] = item.pop("academicSession")
        del item["school"]


def test_rosters_of_one_dot_one_are_asked_for_by_its_names(
    server: SisServer, clara: User, roster: Roster
) -> None:
    connect(server, clara, address=f"{server.origin}/ims/oneroster/v1p1")
    serve_as("v1p1", server, roster)
    run = night()
    assert step(run, "apply").counts["errors"] == 0
    assert all(url.startswith("/ims/oneroster/v1p1/") for url in server.asked)
    assert Result.objects.count() == 3


@pytest.mark.parametrize(
    ("names", "results"),
    [
        (("v1p2/scope/roster", "v1p2/scope/gradebook"), 3),
        (("v1p1/scope/roster", "v1p1/scope/gradebook"), 3),
        (("v1p2/scope/roster-core", "v1p2/scope/gradebook-core"), 3),
        (("v1p1/scope/roster-core", "v1p1/scope/gradebook"), 3),
        (("v1p2/scope/roster",), 0),
        (("v1p2/scope/roster-core",), 0),
        (("v1p1/scope/roster-core",), 0),
    ],
)
def test_a_server_is_asked_for_the_scopes_that_it_knows_and_for_what_they_open(
    names: tuple[str, ...], results: int, server: SisServer, feed: Feed, roster: Roster
) -> None:
    server.serve(roster.files())
    own = [f"https://purl.imsglobal.org/spec/or/{name}.readonly" for name in names]
    server.knows = frozenset(own)
    run = night()
    assert step(run, "apply").counts["errors"] == 0
    assert server.granted == server.knows
    assert (Learner.objects.count(), Result.objects.count()) == (2, results)
    notes = " ".join(Pull.objects.get().notes)
    assert ("results: the server does not give them (403)." in notes) == (not results)


def test_scopes_that_the_operator_names_are_asked_for_and_no_others(
    server: SisServer, clara: User, roster: Roster
) -> None:
    own = "https://sis.example/scope/all"
    feed = connect(server, clara, scopes=own)
    server.serve(roster.files())
    server.scopes = own
    assert feeds.try_connection(feed, by=clara)["users"] == 2
    assert server.granted == {own}
    server.scopes = "https://purl.imsglobal.org/spec/or/v1p1/scope/roster.readonly"
    with pytest.raises(SourceRefuses, match="invalid_scope"):
        feeds.try_connection(feed, by=clara)


@pytest.mark.parametrize("version", ["v1p1", "v1p2"])
@pytest.mark.parametrize("full_every", [0, 7])
@pytest.mark.parametrize("gone", ["tobedeleted", "inactive"])
def test_what_a_server_says_is_gone_is_retired_by_either_word_in_whole_and_in_part(
    gone: str, full_every: int, version: str, server: SisServer, clara: User, roster: Roster
) -> None:
    end = "/v1p1" if version == "v1p1" else ""
    connect(
        server,
        clara,
        address=f"{server.origin}/ims/oneroster{end}",
        full_every=full_every,
        most_retired=60,
    )
    serve_as(version, server, roster)
    assert step(night(), "apply").counts["errors"] == 0
    results = {each["sourcedId"]: each for each in server.collections["results"]}
    results["re3"] |= {"status": gone, "dateLastModified": LATER}
    server.asked.clear()
    counts = step(night(), "apply").counts
    assert (counts["retired"], counts["errors"], counts["new"]) == (1, 0, 0)
    assert set(Result.objects.current().values_list("sourced_id", flat=True)) == {"re1", "re2"}
    assert any("filter=" in url for url in server.asked) == bool(full_every)


@pytest.mark.parametrize("full_every", [0, 7])
def test_a_status_that_nobody_knows_costs_its_row_and_retires_nothing(
    full_every: int, server: SisServer, clara: User, roster: Roster
) -> None:
    connect(server, clara, full_every=full_every, most_wrong=100)
    server.serve(roster.files())
    night()
    results = {each["sourcedId"]: each for each in server.collections["results"]}
    results["re3"] |= {"status": "archived", "dateLastModified": LATER}
    applied = step(night(), "apply")
    assert (applied.counts["errors"], applied.counts["retired"]) == (1, 0)
    (wrong,) = [each for each in applied.roster.problems if each["severity"] == "error"]
    assert (wrong["file"], wrong["column"], wrong["value"]) == ("results.csv", "status", "archived")
    assert Result.objects.current().count() == 3


def test_objectives_within_results_become_results_for_outcomes(
    server: SisServer, feed: Feed, roster: Roster, tmp_path: Path
) -> None:
    server.serve(Roster().files())
    (tmp_path / "files").mkdir()
    night()
    counts = RosterImport.objects.get().plan
    assert counts["resultLearningObjectiveIds.csv"]["warnings"] == 2
    assert counts["lineItemLearningObjectiveIds.csv"]["warnings"] == 1


def test_one_sees_what_a_server_has_before_anything_is_taken(
    server: SisServer, feed: Feed, roster: Roster, clara: User, chen: User
) -> None:
    server.serve(roster.files())
    found = feeds.try_connection(feed, by=clara)
    assert (found["users"], found["results"]) == (2, 3)
    server.calls_tokens = "jetón"
    with pytest.raises(SourceRefuses):
        feeds.try_connection(feed, by=clara)
    server.calls_tokens = "token"
    with pytest.raises(NotAllowed):
        feeds.try_connection(feed, by=chen)
    (told,) = night_rehearsals.rehearse(asks_for_all=False)[:1]
    assert (told.state, told.counts["results"]) == ("done", 3)
    assert not Pull.objects.exists()
    feeds.change_secret(feed, "another", by=clara)
    with pytest.raises(SourceRefuses, match="invalid_client") as refused:
        feeds.try_connection(feed, by=clara)
    assert "another" not in str(refused.value)


def told_ahead() -> list[tuple[str, str, dict[str, int]]]:
    """What a rehearsal tells of the feed, which leaves nothing behind."""
    before = (held(), Pull.objects.count(), len(list(Path(settings.UPLOAD_DIR).iterdir())))
    told = night_rehearsals.rehearse()
    after = (held(), Pull.objects.count(), len(list(Path(settings.UPLOAD_DIR).iterdir())))
    assert after == before
    return [(each.name, each.state, each.counts) for each in told if each.about]


def test_a_rehearsal_turns_all_pages_and_says_what_the_night_then_does(
    server: SisServer, feed: Feed, roster: Roster
) -> None:
    server.serve(roster.files())
    server.most_rows = 1
    told = told_ahead()
    run = night()
    assert told == [
        (each.name, each.state, each.counts) for each in run.steps.filter(about="Banner")
    ]
    (changed,) = (thing for thing in server.collections["results"] if thing["sourcedId"] == "re1")
    changed |= {"textScore": "Fail", "dateLastModified": "2099-01-01T00:00:00.000Z"}
    told = told_ahead()
    assert told[0][2]["results"] == 1
    assert told[2] == ("apply", "done", told[1][2])
    assert (told[2][2]["changed"], told[2][2]["retired"]) == (1, 0)
    run = night()
    assert told == [
        (each.name, each.state, each.counts) for each in run.steps.filter(about="Banner")
    ]


def test_a_rehearsal_tells_of_a_server_that_dies_and_leaves_what_was_broken_off_to_the_night(
    server: SisServer, feed: Feed, roster: Roster
) -> None:
    server.serve(roster.files())
    server.most_rows, server.dies_after = 2, 3
    night()
    asked = Pull.objects.get().position
    told = night_rehearsals.rehearse()
    assert (told[0].state, told[0].refused[0]["fix"]) == ("failed", "Ask who runs sis-1.")
    assert "503" in told[0].refused[0]["reason"]
    assert Pull.objects.get().position == asked
    server.dies_after = None
    assert [state for _, state, _ in told_ahead()] == ["done", "done", "done"]
    assert Pull.objects.get().position == asked
    assert step(night(), "apply").state == "done"


def test_a_secret_opens_for_its_own_address_alone_and_is_nowhere_in_the_clear(
    server: SisServer, feed: Feed, clara: User, settings: Any
) -> None:
    assert SECRET.encode() not in bytes(feed.sealed_secret)
    assert SECRET not in repr(pulls._server(feed))
    feed.address = "https://thief.example"
    with pytest.raises(FeedRefused, match="does not open"):
        feeds.try_connection(feed, by=clara)
    feed.refresh_from_db()
    settings.SECRET_KEY = "another key of this server"
    with pytest.raises(FeedRefused, match="does not open"):
        feeds.try_connection(feed, by=clara)


@pytest.mark.parametrize("address", ["http://sis.example.edu", "ftp://x", "https://", "", "https"])
def test_a_server_is_at_an_https_address_or_one_that_the_operator_names(
    address: str, server: SisServer, clara: User
) -> None:
    with pytest.raises(FeedRefused, match="no https address"):
        connect(server, clara, address=address)
    with pytest.raises(FeedRefused, match="the secret"):
        connect(server, clara, secret="")


def test_a_private_address_is_not_asked_unless_the_operator_names_it(
    server: SisServer, feed: Feed, roster: Roster, settings: Any
) -> None:
    server.serve(roster.files())
    settings.FEED_ORIGINS = []
    assert step(night(), "fetch").state == "failed"
    assert not server.asked and not server.tokens
