"""The night: it needs nobody, does nothing twice, and stops for a person where one is needed."""

import json
import os
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from issuer.models import Credential, Mail, SigningKey
from issuer.services import clock, ledger
from registrar import tasks
from registrar.errors import FeedRefused, NotAllowed
from registrar.models import Award, Feed, Learner, NightRun, Revision, RosterImport
from registrar.services.feeding import (
    feeds,
    night_rehearsals,
    night_steps,
    nights,
    rosters,
)
from tests.cast import College, issue
from tests.registrar.test_at_once import at_once
from tests.registrar.test_awards import automatic
from tests.registrar.test_oneroster_csv import Roster
from tests.registrar.test_rosters import put

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 8)
ENDS = ("issue", "publish", "remind", "notify")


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.FEED_DIR = str(tmp_path / "feeds")
    settings.FEED_SETTLES_SECONDS = 0
    (tmp_path / "feeds" / "banner").mkdir(parents=True)
    return tmp_path / "feeds" / "banner"


@pytest.fixture
def feed(folder: Path, clara: User) -> Feed:
    return feeds.add("Banner", "banner", by=clara)


@pytest.fixture
def roster() -> Roster:
    return Roster().drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")


def steps(run: NightRun) -> dict[tuple[str, str], str]:
    return {(step.name, step.about): step.state for step in run.steps.all()}


def whole_night() -> NightRun:
    """A night, with what workers do between its steps."""
    run = nights.carry_on(nights.begin(TODAY))
    for batch in nights.being_issued(run):
        issue(batch)
    return nights.carry_on(run)


def test_a_roster_that_was_dropped_is_applied_once(
    feed: Feed, folder: Path, roster: Roster
) -> None:
    put(roster, folder / "2026-06-08")
    run = whole_night()
    assert run.state == "done"
    assert steps(run)["apply", "Banner"] == "done"
    assert Learner.objects.filter(source=RosterImport.objects.get().source).exists()
    again = whole_night()
    assert (again.number, steps(again)["fetch", "Banner"]) == (2, "done")
    assert ("plan", "Banner") not in steps(again)
    assert RosterImport.objects.count() == 1


def test_what_was_earned_is_awarded_and_issued_by_itself_and_never_twice(
    key: SigningKey, college: College, cells: Revision, ada: Learner, clara: User, dev: User
) -> None:
    automatic(cells, clara=clara, dev=dev)
    college.enrol(ada)
    college.grade(ada, "Pass")
    run = nights.carry_on(nights.begin(TODAY))
    assert run.state == "running"
    assert ("issue", "") not in steps(run)
    for batch in nights.being_issued(run):
        issue(batch)
    run = nights.carry_on(run)
    assert run.state == "done"
    assert run.steps.get(name="issue").counts == {"issued": 1, "failed": 0}
    assert run.steps.get(name="publish").counts == {"released": 1}
    assert whole_night().steps.get(name="award").counts["new"] == 0
    assert (Award.objects.count(), Credential.objects.count()) == (1, 1)


def test_a_template_that_is_awarded_by_hand_is_left_to_people(
    college: College, cells: Revision, ada: Learner
) -> None:
    college.enrol(ada)
    college.grade(ada, "Pass")
    done = dict.fromkeys([(name, "") for name in ENDS], "done")
    assert steps(whole_night()) == done
    assert not Award.objects.exists()


@pytest.mark.parametrize("wrong", ["wrong rows", "retired"])
def test_a_brake_holds_a_roster_up_for_a_person_who_is_told_once(
    wrong: str, feed: Feed, folder: Path, roster: Roster, clara: User
) -> None:
    User.objects.filter(pk=clara.pk).update(email="clara@college.example")
    if wrong == "wrong rows":
        text = roster.texts["enrollments.csv"]
        roster.texts["enrollments.csv"] = text + b"\n".join(b"x%d,,,nothing" % n for n in range(9))
    else:
        put(roster, folder / "1")
        whole_night()
        lines = roster.texts["results.csv"].splitlines(keepends=True)
        roster.texts["results.csv"] = b"".join(lines[:2])
    put(roster, folder / "2")
    before = Learner.objects.count()
    run = whole_night()
    assert run.state == "done"
    held = run.steps.get(name="plan")
    assert held.state == "held"
    assert "At most" in held.refused[0]["reason"]
    assert ("apply", "Banner") not in steps(run)
    assert Learner.objects.count() == before
    mail = Mail.objects.get(why="night.needs_somebody")
    assert mail.to == "clara@college.example"
    assert str(run.pk) in mail.text
    assert held.roster is not None
    rosters.apply(held.roster, by=None)
    assert steps(whole_night())["fetch", "Banner"] == "done"
    assert Mail.objects.filter(why="night.needs_somebody").count() == 1


def test_one_dead_feed_stops_neither_the_others_nor_the_awards(
    feed: Feed,
    folder: Path,
    roster: Roster,
    key: SigningKey,
    college: College,
    cells: Revision,
    ada: Learner,
    clara: User,
    dev: User,
) -> None:
    feeds.add("A system that is gone", "nowhere", by=clara)
    (folder.parent / "broken").mkdir()
    (folder.parent / "broken" / "roster.zip").write_bytes(b"PK half of a zip")
    feeds.add("Broken", "broken", by=clara)
    put(roster, folder / "1")
    automatic(cells, clara=clara, dev=dev)
    college.enrol(ada)
    college.grade(ada, "Pass")
    run = whole_night()
    found = steps(run)
    assert found["fetch", "A system that is gone"] == "failed"
    assert found["plan", "Broken"] == "failed"
    assert found["apply", "Banner"] == "done"
    assert run.steps.get(name="issue").counts["issued"] == 1


def test_a_roster_that_does_not_come_is_missed(
    feed: Feed, folder: Path, roster: Roster, clara: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=clara.pk).update(email="clara@college.example")
    assert steps(whole_night())["fetch", "Banner"] == "held"
    (mail,) = Mail.objects.all()
    assert (mail.to, "No roster has come yet." in mail.text) == ("clara@college.example", True)
    put(roster, folder / "1")
    assert steps(whole_night())["fetch", "Banner"] == "done"
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert steps(whole_night())["fetch", "Banner"] == "held"
    assert "No new roster has come." in Mail.objects.order_by("written_at").last().text
    Feed.objects.update(is_expected_daily=False)
    assert steps(whole_night())["fetch", "Banner"] == "done"
    assert Mail.objects.count() == 2


def test_what_is_still_being_written_is_left_alone(feed: Feed, folder: Path) -> None:
    for name in ("roster.zip.part", ".roster.zip", "roster.zip.filepart", "notes.txt"):
        (folder / name).write_bytes(b"half")
    assert feeds.newest(feed) is None


def test_what_was_written_to_a_moment_ago_is_waited_for_but_not_for_ever(
    feed: Feed, folder: Path, roster: Roster, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FEED_SETTLES_SECONDS = 30
    place = put(roster, folder / "1")
    run = nights.carry_on(nights.begin(TODAY))
    assert (run.state, steps(run)) == ("running", {})
    (told, *_) = night_rehearsals.rehearse()
    assert (told.state, told.refused[0]["reason"]) == ("held", "1 is still being written to.")
    before = timezone.now().timestamp() - 40
    for file in place.iterdir():
        os.utime(file, (before, before))
    os.utime(place / "users.csv")
    assert nights.carry_on(run).state == "running"
    os.utime(place / "users.csv", (before, before))
    assert steps(nights.carry_on(run))["apply", "Banner"] == "done"
    put(roster.change("courses", "Botany", "Plants"), folder / "2")
    run = nights.carry_on(nights.begin(TODAY))
    later = timezone.now() + timedelta(minutes=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert steps(nights.carry_on(run))["fetch", "Banner"] == "held"


def test_a_file_that_ends_in_the_middle_of_a_row_is_held_however_little_is_missing(
    folder: Path, roster: Roster, clara: User
) -> None:
    feeds.add("Banner", "banner", by=clara, most_wrong=100, most_retired=100)
    roster.texts["results.csv"] = roster.texts["results.csv"][:-20]
    put(roster, folder / "1")
    held = whole_night().steps.get(name="plan")
    assert held.state == "held"
    assert held.refused[0]["reason"] == "results.csv ends within row 4: it was cut off."


def test_of_rows_that_are_wrong_alike_the_first_is_told_and_how_many_there_are(
    feed: Feed, folder: Path, roster: Roster
) -> None:
    for number in range(30):
        roster.add("users", f"x{number},,,maybe,x{number},,A,B,,,,,,,,,,,,,o1,")
    roster.add("users", "z1,,,maybe")
    put(roster, folder / "1")
    refused = whole_night().steps.get(name="plan").refused
    assert [each["reason"] for each in refused[1:]] == [
        "users.csv, row 4: enabledUser is neither true nor false. So it is with 29 more rows.",
        "users.csv, row 34: The row has 4 cells, the header has 22.",
    ]
    for name, text in roster.texts.items():
        roster.texts[name] = text.replace(b",", b";")
    put(roster, folder / "2")
    (refused,) = whole_night().steps.get(name="plan").refused
    assert "not by commas. So it is with 9 more files." in refused["reason"]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda place: [each.unlink() for each in place.iterdir()], "There is no file in it."),
        (
            lambda place: (place.parent / "2.zip").write_bytes(b"PK\3\4 half"),
            "2.zip: The file is no zip that is whole.",
        ),
    ],
)
def test_what_is_empty_or_half_is_said_to_be_that(
    spoil: Any, why: str, feed: Feed, folder: Path, roster: Roster
) -> None:
    spoil(put(roster, folder / "1"))
    (refused,) = whole_night().steps.get(name="plan").refused
    assert why in refused["reason"] and "None" not in refused["reason"]


def test_a_night_that_was_broken_off_goes_on_where_it_stopped(
    feed: Feed, folder: Path, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(roster, folder / "1")

    class Killed(BaseException):
        """The worker is gone."""

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(rosters, "apply", killed)
        with pytest.raises(Killed):
            nights.carry_on(nights.begin(TODAY))
    run = NightRun.objects.get()
    assert set(steps(run)) == {("fetch", "Banner"), ("plan", "Banner")}
    assert nights.begin(TODAY) == run
    assert nights.carry_on(run).state == "done"
    assert RosterImport.objects.get().state == "applied"


def test_a_process_that_took_steps_for_long_leaves_the_others_to_the_next_ring(
    feed: Feed, folder: Path, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(roster, folder / "1")
    with monkeypatch.context() as patch:
        patch.setattr(nights, "LONG", -1)
        run = nights.carry_on(nights.begin(TODAY))
    assert (run.state, steps(run)) == ("running", {})
    assert nights.carry_on(run).state == "done"
    assert RosterImport.objects.get().state == "applied"


def test_a_rehearsal_says_what_the_night_then_does_and_changes_nothing(
    folder: Path,
    roster: Roster,
    key: SigningKey,
    college: College,
    cells: Revision,
    ada: Learner,
    clara: User,
    dev: User,
) -> None:
    feeds.add("Banner", "banner", by=clara, most_wrong=20)
    automatic(cells, clara=clara, dev=dev)
    college.enrol(ada)
    college.grade(ada, "Pass")
    put(roster.change("courses", "BOT101", "BIO 101").add("users", "u3,,,maybe,"), folder / "1")
    before = rows()
    told = night_rehearsals.rehearse()
    assert rows() == before
    run = whole_night()
    for step in told[:4]:
        did = run.steps.get(name=step.name)
        found = (step.about, step.state, step.counts, step.refused)
        assert found == (did.about, did.state, did.counts, did.refused)
    read, awarded = told[1], told[3]
    assert (read.counts["errors"], len(read.refused)) == (1, 1)
    # One by what is held already, one by what would be applied.
    assert awarded.counts["new"] == 2
    assert (told[4].name, told[4].counts) == ("issue", {"to issue": 2})
    assert run.steps.get(name="issue").counts["issued"] == 2


def test_a_rehearsal_says_what_a_brake_would_hold_and_who_would_be_told(
    feed: Feed, folder: Path, roster: Roster, clara: User
) -> None:
    User.objects.filter(pk=clara.pk).update(email="clara@college.example")
    put(roster, folder / "1")
    whole_night()
    lines = roster.texts["results.csv"].splitlines(keepends=True)
    roster.texts["results.csv"] = b"".join(lines[:2])
    put(roster, folder / "2")
    before = rows()
    told = {step.name: step for step in night_rehearsals.rehearse()}
    assert (told["plan"].state, "apply" in told) == ("held", False)
    assert told["plan"].refused[0]["reason"] == (
        "results.csv: 2 of 3 would be retired (67 %). At most 20 % may be."
    )
    assert told["notify"].counts == {"mails": 1}
    assert rows() == before


def rows() -> dict[str, int]:
    """How many rows each table has."""
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


@pytest.mark.django_db(transaction=True)
def test_while_a_night_is_rehearsed_others_write_in_the_ledger(
    feed: Feed, folder: Path, roster: Roster, clara: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(roster, folder / "1")
    evaluate = night_steps.automatic

    def meanwhile() -> list[Revision]:
        assert Learner.objects.filter(source="sis-1").exists()
        at_once(write)
        return evaluate()

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '5s'")
        ledger.append("test.written", "elsewhere", by="system")

    monkeypatch.setattr(night_steps, "automatic", meanwhile)
    assert "apply" in [step.name for step in night_rehearsals.rehearse()]
    assert not Learner.objects.filter(source="sis-1").exists()


def test_the_clock_begins_one_night_a_day_from_its_hour_on(settings: Any) -> None:
    settings.TIME_ZONE, settings.NIGHT_HOUR = "UTC", 2
    early = timezone.now().replace(hour=1)
    late = early.replace(hour=2)
    assert nights.due(at=early) is None
    assert nights.due(at=late) == late.date()
    nights.begin(late.date())
    assert nights.due(at=late) is None
    settings.NIGHT_HOUR = None
    assert nights.due(at=late + timedelta(days=1)) is None


def test_the_clock_rings_for_the_night_each_minute(settings: Any) -> None:
    rings = {each["task"]: each["schedule"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
    assert rings[tasks.night.name] <= 60


def test_links_that_lead_out_of_the_folder_and_pipes_are_passed_over(
    feed: Feed, folder: Path, roster: Roster, tmp_path: Path
) -> None:
    put(roster, tmp_path / "elsewhere")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "broken.zip").symlink_to(tmp_path / "nothing")
    (folder / "loop.zip").symlink_to(folder / "loop.zip")
    os.mkfifo(folder / "pipe.zip")
    put(roster, folder / "half")
    (folder / "half" / "users.csv").unlink()
    (folder / "half" / "users.csv").symlink_to(tmp_path / "elsewhere" / "users.csv")
    assert feeds.newest(feed) is None
    put(roster, folder / "2026-06-08")
    (folder / "newest").symlink_to(folder / "2026-06-08")
    found = feeds.newest(feed)
    assert found is not None and found.path.resolve().name == "2026-06-08"


def test_a_feed_lies_in_the_folder_of_all_feeds(feed: Feed, clara: User, chen: User) -> None:
    for name in ("../etc", "a/../../b", "a//b", "", ".hidden", "a/.b"):
        with pytest.raises(FeedRefused):
            feeds.add(f"Feed {name}", name, by=clara)
    with pytest.raises(FeedRefused, match="Another"):
        feeds.add("Banner", "elsewhere", by=clara)
    with pytest.raises(NotAllowed):
        feeds.add("Mine", "mine", by=chen)


def test_the_command_ends_with_what_was_done(
    feed: Feed, folder: Path, roster: Roster, tmp_path: Path
) -> None:
    put(roster, folder / "1")
    for options in (["--dry-run"], []):
        out = StringIO()
        call_command("run_nightly", "--date", "2026-06-08", "--json", *options, stdout=out)
        told = json.loads(out.getvalue().splitlines()[-1])
        assert set(told) == {"steps", "refused", "issued"}
        assert [step["name"] for step in told["steps"]][:3] == ["fetch", "plan", "apply"]
        assert told["steps"][1]["files"]["results.csv"] == {"new": 3}
    assert NightRun.objects.get().state == "done"
