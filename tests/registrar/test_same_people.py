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
from issuer.models import Credential, LedgerEntry, VerifiableCredential
from issuer.services.clients import Client
from registrar.errors import FeedRefused, NotAllowed
from registrar.models import Award, Enrolment, Learner, Result, Revision, SamePerson
from registrar.readers.rows import Given
from registrar.services.awarding import award_file_reading, award_files, awards, corrections
from registrar.services.feeding import feeds, rosters, upserts
from registrar.services.learners import learner_sign_ins, same_people
from registrar.services.marking import participation
from tests.cast import College, Sealed, at_hand, issue
from tests.registrar.award_sheets import HEADER, line, right
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


def test_of_who_was_found_to_be_another_learner_nothing_is_changed_in_vain(
    tmp_path: Path, clara: User, sis: APIClient
) -> None:
    bring(roster(family_name="Obi"), tmp_path / "b", "canvas")
    bring(roster(), tmp_path / "a", "banner")
    former = Learner.objects.get(source="banner", sourced_id="u1")
    same_people.join(SamePerson.objects.get(), by=clara, reason="The deed was shown.")
    AccessToken.objects.update(scope="learners.read learners.write")
    said = {"given_name": "Adaeze"}
    refused = sis.patch(f"/api/v1/learners/{former.pk}", said, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert "Change that one" in refused.json()["detail"]
    changed = sis.patch("/api/v1/learners/sis:banner:u1", said, format="json").json()
    assert (changed["source"], changed["given_name"]) == ("canvas", "Adaeze")


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


FILED = {
    "learner number": "A1",
    "given name": "A.",
    "family name": "OKAFOR",
    "e-mail": "from-a-file@example.org",
}


def sheet(cells: dict[str, str]) -> bytes:
    return "\n".join([",".join(HEADER), line(right(1) | cells)]).encode()


def award_from_a_file(workshop: Revision, clara: User, **cells: str) -> Award:
    """An award that a file makes, mostly of Ada, whom nobody has heard of yet."""
    data = sheet(FILED | cells)
    kept = award_files.take(data, template=workshop.template, by=clara, file_name="people.csv")
    batch = award_files.prepare(award_files.look(kept), by=clara)
    return Award.objects.get(batch=batch)


SENT = {"sourced_id": "u1", "number": "A1", "given_name": "Ada", "family_name": "Okafor"}
BY_BANNER = SENT | {"email": "ada@example.edu"}


def test_whom_a_file_of_awards_named_first_is_the_systems_own_once_it_brings_them(
    workshop: Revision, clara: User, sis: APIClient
) -> None:
    award = award_from_a_file(workshop, clara)
    ada, others = award.learner, Learner.objects.exclude(pk=award.learner_id).count()
    assert send("banner", "learners", {**SENT}) == [("updated", ["same_person"])]
    ada.refresh_from_db()
    assert (ada.source, ada.sourced_id, ada.name) == ("banner", "u1", "Ada Okafor")
    assert ada.email == FILED["e-mail"], "what the system leaves out stays"
    assert send("banner", "learners", BY_BANNER) == [("updated", [])]
    assert send("banner", "learners", BY_BANNER) == [("unchanged", [])]
    ada.refresh_from_db()
    assert ada.email == "ada@example.edu"
    assert Learner.objects.exclude(pk=ada.pk).count() == others
    assert Award.objects.get() == award
    AccessToken.objects.update(scope="learners.read")
    for key in ("sis:banner:u1", "sis:award%20file:A1"):
        assert sis.get(f"/api/v1/learners/{key}").json()["id"] == ada.pk
    again = award_file_reading.plan(sheet(FILED), template=workshop.template)
    assert [row.learner for row in again.rows] == [ada.pk]
    assert send("banner", "learners", BY_BANNER | {"retired": True}) == [("updated", [])]
    ada.refresh_from_db()
    assert ada.retired_at is not None


def test_a_roster_that_brings_them_says_their_name_too_and_again_nothing_changes(
    workshop: Revision, clara: User, tmp_path: Path
) -> None:
    ada = award_from_a_file(workshop, clara).learner
    imported = bring(roster(), tmp_path, "banner")
    assert imported.plan["users.csv"]["changed"] == 1
    ada.refresh_from_db()
    assert (ada.source, ada.sourced_id, ada.given_name) == ("banner", "u1", "Ada")
    assert of("banner") == {"u1", "u2"}
    assert ada.enrolments.filter(source="banner").exists()
    assert changes(bring(roster(), tmp_path, "banner")) == {}


@pytest.mark.parametrize("by_roster", [False, True])
def test_what_somebody_corrected_before_the_system_brings_them_holds(
    workshop: Revision, clara: User, tmp_path: Path, by_roster: bool
) -> None:
    ada = award_from_a_file(workshop, clara, **{"given name": "Ada"}).learner
    corrections.correct_learner(ada, by=clara, reason="Passport.", given_name="Adaeze")
    if by_roster:
        bring(roster(), tmp_path, "banner")
    else:
        send("banner", "learners", BY_BANNER)
    ada.refresh_from_db()
    assert (ada.source, ada.given_name) == ("banner", "Adaeze")
    send("banner", "learners", BY_BANNER | {"given_name": "Ada Lovelace"})
    ada.refresh_from_db()
    assert ada.given_name == "Ada Lovelace", "the system says something new"


def test_what_was_issued_says_what_it_said(
    college: College, workshop: Revision, sealed: Sealed, clara: User, dev: User
) -> None:
    award = award_from_a_file(workshop, clara)
    with at_hand(sealed):
        issue(awards.approve(award.batch, by=dev))
    before = VerifiableCredential.objects.values().get()
    send("banner", "learners", BY_BANNER)
    assert VerifiableCredential.objects.values().get() == before
    assert "A. OKAFOR" in Credential.objects.get().document


def test_in_doubt_somebody_says_that_they_are_one_and_the_system_owns_them_and_takes_it_back(
    workshop: Revision, clara: User, tmp_path: Path
) -> None:
    award = award_from_a_file(workshop, clara, **{"family name": "Obi"})
    ada = award.learner
    assert send("banner", "learners", BY_BANNER) == [("created", ["maybe_the_same"])]
    bring(roster(), tmp_path, "banner")
    same = same_people.join(SamePerson.objects.get(), by=clara, reason="Passport.")
    assert send("banner", "learners", BY_BANNER) == [("updated", [])]
    ada.refresh_from_db()
    assert (ada.source, ada.name, ada.email) == ("banner", "Ada Okafor", "ada@example.edu")
    assert ada.enrolments.filter(source="banner").exists()
    assert same_people.who_is(ada) == ada
    parted = same_people.part(same, by=clara, reason="It was a mistake.")
    assert (parted.source, parted.sourced_id, parted.state) == ("banner", "u1", "apart")
    ada.refresh_from_db()
    assert (ada.source, ada.name, ada.email) == ("award file", "A. Obi", "")
    theirs = Learner.objects.get(source="banner", sourced_id="u1")
    assert (theirs.name, theirs.email, theirs.retired_at) == ("Ada Okafor", "ada@example.edu", None)
    assert theirs.enrolments.filter(source="banner").exists()
    assert not ada.enrolments.filter(source="banner").exists()
    assert Award.objects.get().learner == ada
    assert send("banner", "learners", BY_BANNER) == [("unchanged", [])]


def test_whom_a_system_took_over_is_parted_and_not_found_again(
    workshop: Revision, clara: User
) -> None:
    ada = award_from_a_file(workshop, clara).learner
    send("banner", "learners", BY_BANNER)
    same_people.part(SamePerson.objects.get(), by=clara, reason="It was a mistake.")
    ada.refresh_from_db()
    assert (ada.source, ada.sourced_id, ada.name) == ("award file", "A1", "A. OKAFOR")
    assert send("banner", "learners", BY_BANNER) == [("updated", [])], "its address is new"
    assert send("banner", "learners", BY_BANNER) == [("unchanged", [])]
    theirs = Learner.objects.get(source="banner", sourced_id="u1")
    assert (theirs.name, theirs.number) == ("Ada Okafor", "A1")


def test_parted_again_nobody_has_the_address_of_the_other(workshop: Revision, clara: User) -> None:
    ada = award_from_a_file(workshop, clara).learner
    assert send("banner", "learners", {**SENT}) == [("updated", ["same_person"])]
    same_people.part(SamePerson.objects.get(), by=clara, reason="It was a mistake.")
    ada.refresh_from_db()
    theirs = Learner.objects.get(source="banner", sourced_id="u1")
    assert (theirs.name, theirs.email, ada.email) == ("Ada Okafor", "", "")


def test_who_is_parted_before_the_system_said_more_of_them_is_as_before(
    workshop: Revision, clara: User
) -> None:
    ada = award_from_a_file(workshop, clara, **{"family name": "Obi"}).learner
    assert send("banner", "learners", BY_BANNER) == [("created", ["maybe_the_same"])]
    same = same_people.join(SamePerson.objects.get(), by=clara, reason="Passport.")
    same_people.part(same, by=clara, reason="It was a mistake.")
    ada.refresh_from_db()
    theirs = Learner.objects.get(source="banner", sourced_id="u1")
    assert (theirs.name, theirs.email) == ("Ada Okafor", "ada@example.edu")
    assert (ada.name, ada.email) == ("A. Obi", "")


def test_two_of_a_system_are_not_both_whom_a_file_named(workshop: Revision, clara: User) -> None:
    award_from_a_file(workshop, clara)
    send("banner", "learners", BY_BANNER, BY_BANNER | {"sourced_id": "u2"})
    first, second = SamePerson.objects.order_by("sourced_id")
    same_people.join(first, by=clara, reason="Passport.")
    with pytest.raises(WrongState, match="somebody else of that system"):
        same_people.join(second, by=clara, reason="Passport, too.")


def test_a_number_that_is_given_again_leads_to_nobodys_account_but_their_own(
    workshop: Revision, clara: User
) -> None:
    ada = award_from_a_file(workshop, clara).learner
    send("banner", "learners", BY_BANNER)
    send("banner", "learners", BY_BANNER | {"number": "B1"})
    ben = award_from_a_file(
        workshop, clara, **{"given name": "Ben", "family name": "Ortiz", "e-mail": "b@example.org"}
    ).learner
    assert (ben.number, ben == ada) == ("A1", False)
    assert same_people.who_is(ben) == ben


def test_of_several_with_a_number_the_one_of_the_name_is_awarded_and_that_is_said(
    workshop: Revision, clara: User
) -> None:
    for source, family_name in (("north", "Okafor"), ("south", "Obi")):
        send(source, "learners", SENT | {"family_name": family_name})
    data = sheet(FILED | {"given name": "Ada", "family name": "Obi"})
    planned = award_file_reading.plan(data, template=workshop.template)
    (problem,) = planned.rows[0].problems
    assert (problem.code, problem.severity) == ("number_of_several", "warning")
    meant = Learner.objects.get(source="south")
    assert planned.rows[0].learner == meant.pk
    assert "south" in problem.reason
    send("south", "learners", SENT)
    data = data.replace(b"Obi", b"Okafor")
    (problem,) = award_file_reading.plan(data, template=workshop.template).rows[0].problems
    assert (problem.code, problem.severity) == ("several_learners", "error")
    assert "sis:<source>:<sourcedId>" in problem.fix


def test_an_address_that_the_system_no_longer_says_opens_nothing(
    workshop: Revision, clara: User
) -> None:
    award_from_a_file(workshop, clara, **{"family name": "Obi"})
    send("banner", "learners", BY_BANNER | {"email": "old@example.edu"})
    same_people.join(SamePerson.objects.get(), by=clara, reason="Passport.")
    send("banner", "learners", BY_BANNER | {"email": "new@example.edu"})
    asked = {
        name: learner_sign_ins.ask(f"{name}@example.edu", leads_to="/", address="192.0.2.1")
        for name in ("old", "new")
    }
    assert asked == {"old": 0, "new": 1}
