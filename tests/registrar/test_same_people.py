"""One person whom two systems know is one learner, where numbers are agreed and names agree."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.errors import WrongState
from issuer.models import LedgerEntry
from issuer.services.clients import Client
from registrar.errors import FeedRefused, NotAllowed
from registrar.models import Enrolment, Learner, Result, Revision, SamePerson
from registrar.readers.rows import Given
from registrar.services.awarding import awards
from registrar.services.feeding import feeds, rosters, upserts
from registrar.services.learners import learner_sign_ins, same_people
from registrar.services.marking import participation
from tests.cast import College
from tests.registrar.test_awards import evaluate
from tests.registrar.test_oneroster_csv import Roster
from tests.registrar.test_rosters import GONE, changes, delta, put

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def agreed(clara: User) -> None:
    """The numbers of both systems are the college's own."""
    for source in ("banner", "canvas"):
        feeds.add(source, source, source=source, shares_numbers=True, by=clara)


def roster(number: str = "A1", family_name: str = "Okafor") -> Roster:
    """Ada and Ben, of whom Ada has this number and name."""
    made = Roster().drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")
    return made.change("users", "Ada,Okafor,,,ada", f"Ada,{family_name},,{number},ada")


def bring(made: Roster, folder: Path, source: str) -> Any:
    return rosters.apply(rosters.read(put(made, folder), by=None, source=source), by=None)


def of(source: str) -> set[str]:
    """The sourced ids of the learners whom a source has of its own, unless they left."""
    living = Learner.objects.filter(source=source, retired_at=None)
    return set(living.values_list("sourced_id", flat=True))


def test_the_same_number_and_family_name_are_one_person_and_again_nothing_changes(
    tmp_path: Path,
) -> None:
    bring(roster(), tmp_path / "a", "banner")
    bring(roster(family_name="OKAFOR"), tmp_path / "b", "canvas")
    ada = Learner.objects.get(source="banner", sourced_id="u1")
    assert of("canvas") == {"u2"}
    assert set(ada.enrolments.values_list("source", flat=True)) == {"banner", "canvas"}
    assert Result.objects.filter(source="canvas", learner=ada).count() == 2
    same = SamePerson.objects.get()
    assert (same.state, same.learner, same.decided_by) == ("joined", ada, None)
    assert changes(bring(roster(), tmp_path / "a", "banner")) == {}
    assert changes(bring(roster(), tmp_path / "b", "canvas")) == {}
    ada.refresh_from_db()
    assert ada.family_name == "Okafor"  # the first system owns the name
    gone = delta(users=[f"u1{GONE}true,ada,,Ada,Okafor,,A1,,,,,,,,,,,o1,"])
    bring(gone, tmp_path / "b", "canvas")
    ada.refresh_from_db()
    assert ada.retired_at is None


def send(source: str, kind: str, *rows: dict[str, Any]) -> list[tuple[str, list[str]]]:
    given = [Given(index, row) for index, row in enumerate(rows)]
    done = upserts.apply(kind, given, source=source, by=Client("lms", "LMS"))
    assert not [row.flaws for row in done if row.flaws]
    return [(row.status, [note.code for note in row.notes]) for row in done]


ADA = {"sourced_id": "u1", "number": "A1", "given_name": "A.", "family_name": "OKAFOR"}


def test_whom_a_system_sends_is_matched_like_whom_a_roster_brings(
    tmp_path: Path, sis: APIClient
) -> None:
    bring(roster(), tmp_path, "banner")
    ada = Learner.objects.get(source="banner", sourced_id="u1")
    assert send("canvas", "learners", ADA) == [("updated", ["same_person"])]
    assert send("canvas", "learners", ADA | {"retired": True}) == [("unchanged", ["same_person"])]
    assert (of("canvas"), SamePerson.objects.get().state) == (set(), "joined")
    org = {"sourced_id": "o", "name": "College"}
    send("canvas", "organisations", org)
    send("canvas", "courses", {"sourced_id": "c", "title": "Chess", "organisation": "o"})
    send("canvas", "offerings", {"sourced_id": "p", "title": "Chess A", "course": "c"})
    send("canvas", "enrolments", {"sourced_id": "e", "offering": "p", "learner": "u1"})
    send("canvas", "line-items", {"sourced_id": "i", "offering": "p", "title": "Final"})
    send("canvas", "results", {"sourced_id": "r", "line_item": "i", "learner": "u1", "score": 1})
    assert Enrolment.objects.get(source="canvas").learner == ada
    assert Result.objects.get(source="canvas").learner == ada
    AccessToken.objects.update(scope="learners.read")
    assert sis.get("/api/v1/learners/sis:canvas:u1").json()["id"] == ada.pk
    (enrolled,) = sis.get("/api/v1/enrolments?source=canvas&learner=sis:canvas:u1").json()[
        "results"
    ]
    assert enrolled["sourced_id"] == "e"


def test_whom_a_system_sends_in_doubt_is_decided_by_somebody(tmp_path: Path) -> None:
    bring(roster(), tmp_path, "banner")
    ben = ADA | {"family_name": "Obi"}
    assert send("canvas", "learners", ben) == [("created", ["maybe_the_same"])]
    assert send("canvas", "learners", ben) == [("unchanged", [])]
    assert (of("canvas"), SamePerson.objects.get().state) == ({"u1"}, "waiting")
    assert send("a partner", "learners", ADA) == [("created", ["number_known"])], "not agreed"


@pytest.mark.parametrize(
    ("second", "doubt"),
    [
        (roster(family_name="Obi"), "the family names differ"),
        (
            roster().change("users", "Ben,Ortiz,,,", "Ben,Okafor,,A1,"),
            "the number stands for several people",
        ),
    ],
    ids=["another name", "a number for two"],
)
def test_where_there_is_doubt_they_stay_apart_until_somebody_decides(
    second: Roster, doubt: str, tmp_path: Path
) -> None:
    bring(roster(), tmp_path / "a", "banner")
    imported = bring(second, tmp_path / "b", "canvas")
    assert of("canvas") == {"u1", "u2"}
    assert {(same.state, same.doubt) for same in SamePerson.objects.all()} == {("waiting", doubt)}
    told = [each["reason"] for each in imported.problems if each["code"] == "maybe_the_same"]
    assert told and doubt in told[0]
    count = SamePerson.objects.count()
    assert changes(bring(second, tmp_path / "b", "canvas")) == {}
    assert SamePerson.objects.count() == count


def test_two_learners_of_one_roster_with_one_number_are_kept_and_it_is_said(tmp_path: Path) -> None:
    imported = bring(
        roster().change("users", "Ben,Ortiz,,,", "Ben,Ortiz,,A1,"), tmp_path, "a partner"
    )
    assert of("a partner") == {"u1", "u2"}
    told = [each for each in imported.problems if each["code"] == "number_of_several"]
    assert [(each["row"], each["severity"]) for each in told] == [(2, "warning"), (3, "warning")]
    assert told[0]["reason"].startswith("u2 ") and told[1]["reason"].startswith("u1 ")


def test_numbers_that_are_not_agreed_join_nobody(tmp_path: Path) -> None:
    bring(roster(), tmp_path / "a", "banner")
    imported = bring(roster(), tmp_path / "b", "a partner")
    assert of("a partner") == {"u1", "u2"}
    told = [each for each in imported.problems if each["code"] == "number_known"]
    assert [(each["row"], each["severity"]) for each in told] == [(2, "warning")]
    assert not SamePerson.objects.exists()


def test_who_was_here_twice_before_is_joined_by_hand_and_parted_again(
    tmp_path: Path, clara: User, chen: User
) -> None:
    bring(roster(family_name="Obi"), tmp_path / "b", "canvas")
    bring(roster(), tmp_path / "a", "banner")
    same = SamePerson.objects.get()
    obi = Learner.objects.get(source="canvas", sourced_id="u1")
    assert (same.source, same.learner) == ("banner", obi)
    with pytest.raises(NotAllowed):
        same_people.join(same, by=chen, reason="Passport.")
    same_people.join(same, by=clara, reason="The deed was shown.")
    assert of("banner") == {"u2"}
    current = Result.objects.current().filter(source="banner", learner=obi)
    assert set(current.values_list("sourced_id", flat=True)) == {"re1", "re2"}
    assert Result.objects.filter(source="banner", superseded_at__isnull=False).count() == 2
    assert participation.find_learners("A1")[0] == [obi]
    with pytest.raises(WrongState):
        same_people.join(same, by=clara, reason="Again.")
    assert changes(bring(roster(), tmp_path / "a", "banner")) == {}
    let_in = learner_sign_ins.account_of(obi).user
    AccessToken.objects.create(user=let_in, token="t", expires=timezone.now() + timedelta(1))
    before = obi.access_number
    same_people.part(same, by=clara, reason="It was a mistake.")
    assert learner_sign_ins.learner_of(let_in) is None, "the other may have let somebody in"
    obi.refresh_from_db()
    assert obi.access_number == before + 1, "or who is signed in"
    assert of("banner") == {"u1", "u2"}
    assert not Result.objects.current().filter(source="banner", learner=obi).exists()
    assert not Enrolment.objects.filter(source="banner", learner=obi).exists()
    assert changes(bring(roster(), tmp_path / "a", "banner")) == {}
    acts = LedgerEntry.objects.filter(subject=f"registrar.sameperson:{same.pk}").order_by("pk")
    assert list(acts.values_list("act", flat=True)) == ["person.joined", "person.parted"]


def test_whoever_was_awarded_something_stays_and_it_is_said_why(
    tmp_path: Path, clara: User, college: College, cells: Revision
) -> None:
    bring(roster(), tmp_path / "a", "banner")
    bring(roster(family_name="Obi"), tmp_path / "b", "canvas")
    obi = Learner.objects.get(source="canvas", sourced_id="u1")
    college.enrol(obi)
    college.grade(obi, "Pass")
    assert awards.prepare(evaluate(cells), by=clara) is not None
    with pytest.raises(WrongState, match="something was awarded"):
        same_people.join(SamePerson.objects.get(), by=clara, reason="Passport.")


def test_a_system_whose_numbers_are_the_colleges_has_a_name(clara: User) -> None:
    with pytest.raises(FeedRefused, match="Name the system"):
        feeds.add("Moodle", "moodle", shares_numbers=True, by=clara)
