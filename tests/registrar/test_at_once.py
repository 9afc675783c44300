"""Two people decide at the same moment: one of them wins, and nothing is there twice."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.errors import Refusal
from issuer.models import Achievement, Batch, Credential, LedgerEntry
from issuer.services.clients import Client
from registrar.models import (
    Award,
    Correction,
    Learner,
    Mapping,
    NightRun,
    OrganizationUnit,
    Revision,
    SamePerson,
    SkillTag,
)
from registrar.readers.rows import Given
from registrar.services.awarding import award_files, awards, corrections
from registrar.services.drafting import templates
from registrar.services.feeding import feeds, nights, rosters, upserts
from registrar.services.learners import same_people
from registrar.services.teaching import policies, submissions, tagging
from tests.cast import College, member_of_staff
from tests.registrar.test_oneroster_csv import Roster
from tests.registrar.test_rosters import delta, put

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at the same time, each on a connection of its own: what each came to."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=10)
            return call()
        except Refusal as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def overlapping(leading: Callable[[], Any], following: Callable[[], Any]) -> list[Any]:
    """Run the second while the first has written and not committed: what each came to."""
    written = threading.Event()

    @transaction.atomic
    def lead() -> Any:
        found = leading()
        written.set()
        time.sleep(0.5)  # the other writes now, or waits
        return found

    def follow() -> Any:
        written.wait(timeout=10)
        return following()

    return at_once(lead, follow)


def test_two_who_prepare_at_once_award_everybody_once(
    college: College, cells: Revision, ada: Learner, ben: Learner, clara: User
) -> None:
    for learner in (ada, ben):
        college.enrol(learner)
        college.grade(learner, "Pass")
    evaluation = awards.evaluate(cells, at=timezone.now())
    assert len(evaluation.awards) == 2
    made = at_once(*[partial(awards.prepare, evaluation, by=clara)] * 4)
    (batch,) = [each for each in made if each is not None]
    assert Batch.objects.get() == batch
    assert batch.count == 2
    found = Award.objects.order_by("position").values_list("batch", "position", "generation")
    assert list(found) == [(batch.pk, 0, 1), (batch.pk, 1, 1)]
    assert set(Award.objects.values_list("learner", flat=True)) == {ada.pk, ben.pk}
    assert LedgerEntry.objects.filter(act="award.decided").count() == 1


def test_a_learner_is_corrected_while_a_batch_that_awards_them_is_prepared(
    college: College, cells: Revision, ada: Learner, clara: User
) -> None:
    college.enrol(ada)
    college.grade(ada, "Pass")
    evaluation = awards.evaluate(cells, at=timezone.now())
    correct = partial(corrections.correct_learner, ada, by=clara, reason="The deed was shown.")
    batch, made = overlapping(
        partial(awards.prepare, evaluation, by=clara), partial(correct, family_name="King")
    )
    assert (batch.count, made.state) == (1, Correction.State.MADE)
    ada.refresh_from_db()
    assert ada.family_name == "King"


def test_a_credential_is_corrected_while_others_of_its_template_are_prepared(
    licensed: Credential, college: College, ben: Learner, clara: User
) -> None:
    issued = Award.objects.get(credential_id=licensed.pk)
    college.enrol(ben)
    college.grade(ben, "Pass")
    evaluation = awards.evaluate(issued.revision, at=timezone.now())
    begun = threading.Event()

    @transaction.atomic
    def prepare() -> Batch | None:
        awards.begin(evaluation.revision, by=clara)
        begun.set()
        time.sleep(0.5)  # the other writes now, or waits
        return awards.prepare(evaluation, by=clara)

    def correct() -> Correction:
        begun.wait(timeout=10)
        return corrections.correct_award(issued, by=clara, reason="The deed was shown.")

    batch, made = at_once(prepare, correct)
    assert batch is not None and made.state == Correction.State.MADE
    assert Award.objects.get(replaces=issued).batch == made.batch


def test_two_who_approve_at_once_publish_once(
    college: College, draft: Revision, root: User, clara: User, dev: User
) -> None:
    submitted = templates.submit(draft, by=clara)
    second = member_of_staff(root, "second", "approver", college.top)
    copies = [(Revision.objects.get(pk=submitted.pk), who) for who in (dev, second, dev, second)]
    made = at_once(*(partial(templates.approve, copy, by=who) for copy, who in copies))
    assert sorted(map(str, made)).count("wrong_state") == 3
    (approved,) = [each for each in made if each != "wrong_state"]
    draft.refresh_from_db()
    assert draft.state == Revision.State.APPROVED
    assert draft.approved_by == approved.approved_by
    assert Achievement.objects.get() == draft.achievement
    assert LedgerEntry.objects.filter(act="revision.approved").count() == 1


def test_of_two_revisions_begun_at_once_there_is_one(cells: Revision, clara: User) -> None:
    made = at_once(*[partial(templates.revise, cells.template, by=clara)] * 3)
    assert made.count("wrong_state") == 2
    assert list(cells.template.revisions.order_by("number").values_list("number", flat=True)) == [
        1,
        2,
    ]


def test_of_two_third_skills_proposed_at_once_one_is_too_many(
    college: College, fay: User, chen: User
) -> None:
    policies.settle(by=User.objects.get(username="root"), reason="Few.", max_tags=2)
    observe, draw, explain = college.skills
    tagging.propose(college.outcome, observe, emphasis="taught", by=fay)
    made = at_once(
        partial(tagging.propose, college.outcome, draw, emphasis="taught", by=fay),
        partial(tagging.propose, college.outcome, explain, emphasis="taught", by=chen),
    )
    assert made.count("too_many_tags") == 1
    assert SkillTag.objects.count() == 2


def test_two_who_tag_the_same_at_once_tag_it_once(college: College, fay: User, chen: User) -> None:
    skill = college.skills[0]
    made = at_once(
        *(
            partial(tagging.propose, college.outcome, skill, emphasis="taught", by=who)
            for who in (fay, chen, fay, chen)
        )
    )
    assert {tag.pk for tag in made} == {SkillTag.objects.get().pk}


def test_a_mapping_that_two_accept_at_once_is_accepted_once(
    college: College, root: User, fay: User, chen: User
) -> None:
    tag = tagging.propose(college.outcome, college.skills[0], emphasis="taught", by=fay)
    assert tag.mapping is not None
    mapping = submissions.confirm(tag.mapping, by=fay)
    second = member_of_staff(root, "second", "chair", college.science)
    copies = [(Mapping.objects.get(pk=mapping.pk), who) for who in (chen, second)]
    made = at_once(
        *(partial(submissions.accept, copy, by=who) for copy, who in copies),
        partial(submissions.send_back, Mapping.objects.get(pk=mapping.pk), by=chen, comment="Why?"),
    )
    assert made.count("wrong_state") == 2
    assert LedgerEntry.objects.filter(act__in=["mapping.accepted", "mapping.returned"]).count() == 1


def test_what_is_proposed_while_another_submits_is_in_it_or_refused(
    college: College, fay: User, chen: User
) -> None:
    tag = tagging.propose(college.outcome, college.skills[0], emphasis="taught", by=fay)
    assert tag.mapping is not None
    late = partial(tagging.propose, college.outcome, college.skills[1], emphasis="taught", by=chen)
    _, proposed = at_once(partial(submissions.confirm, tag.mapping, by=fay), late)
    is_in_it = isinstance(proposed, SkillTag)
    assert is_in_it or proposed == "wrong_state"
    assert Mapping.objects.get().tags.count() == (2 if is_in_it else 1)


def test_two_who_begin_a_night_at_once_begin_one(root: User) -> None:
    day = timezone.localdate()
    runs = at_once(*[partial(nights.begin, day)] * 4)
    assert {run.pk for run in runs} == {NightRun.objects.get().pk}
    assert LedgerEntry.objects.filter(act="night.began").count() == 1


def test_two_organisations_moved_below_one_another_at_once_close_no_circle(
    college: College,
) -> None:
    by = Client("sis", "SIS")

    @transaction.atomic
    def send(source: str, parent: str) -> str:
        top = {"sourced_id": "top", "name": "Top", "parent": parent}
        others = [{"sourced_id": str(number), "name": "Other"} for number in range(200)]
        given = [Given(index, row) for index, row in enumerate([top, *others])]
        return upserts.apply("organisations", given, source=source, by=by)[0].status

    institution = college.science.parent
    assert institution is not None
    above = f"sis:{institution.source}:{institution.sourced_id}"
    assert [send(source, above) for source in ("north", "south")] == ["created"] * 2
    made = at_once(partial(send, "north", "sis:south:top"), partial(send, "south", "sis:north:top"))
    assert sorted(made) == ["error", "updated"]


@pytest.mark.parametrize("first", ["the file", "the system"])
def test_a_file_of_awards_and_a_system_that_bring_somebody_at_once_make_one_learner(
    workshop: Revision, clara: User, first: str
) -> None:
    feeds.add("SIS", kind="api", source="sis", shares_numbers=True, by=clara)
    data = b"number,given_name,family_name,email\nA1,Ada,Okafor,ada@example.org"
    taken = award_files.take(data, template=workshop.template, by=clara, file_name="a.csv")
    kept = award_files.look(taken)
    row = {"sourced_id": "u1", "number": "A1", "given_name": "Ada", "family_name": "Okafor"}
    calls: list[Callable[[], Any]] = [
        partial(award_files.prepare, kept, by=clara),
        partial(upserts.apply, "learners", [Given(0, row)], source="sis", by=Client("sis", "SIS")),
    ]
    _, done = overlapping(*(calls if first == "the file" else reversed(calls)))
    ada = Learner.objects.get(number="A1")
    assert (ada.source, ada.sourced_id) == ("sis", "u1")
    if first == "the file":
        assert Award.objects.get().learner == ada
    else:
        assert (done, Award.objects.exists()) == ("plan_outdated", False)


def test_who_is_changed_while_they_are_said_to_be_another_systems_stays_what_was_said(
    workshop: Revision, clara: User, sis: APIClient
) -> None:
    feeds.add("SIS", kind="api", source="sis", shares_numbers=True, by=clara)
    data = b"number,given_name,family_name,email\nA1,Ada,Obi,ada@example.org"
    taken = award_files.take(data, template=workshop.template, by=clara, file_name="a.csv")
    award_files.prepare(award_files.look(taken), by=clara)
    row = {"sourced_id": "u1", "number": "A1", "given_name": "Ada", "family_name": "Okafor"}
    upserts.apply("learners", [Given(0, row)], source="sis", by=Client("sis", "SIS"))
    theirs = Learner.objects.get(source="sis")
    AccessToken.objects.update(scope="learners.read learners.write")
    assert sis.get(f"/api/v1/learners/{theirs.pk}").json()["source"] == "sis"
    _, answer = overlapping(
        partial(same_people.join, SamePerson.objects.get(), by=clara, reason="Passport."),
        partial(sis.patch, f"/api/v1/learners/{theirs.pk}", {"given_name": "X"}, format="json"),
    )
    assert answer.status_code == 409, answer.content
    assert not Learner.objects.filter(given_name="X").exists()


@pytest.fixture
def crossed() -> dict[str, OrganizationUnit]:
    """Two systems' units, one of each put under one of the other; two more links close a circle."""
    units = {
        f"{source} {sourced_id}": OrganizationUnit.objects.create(
            source=source, sourced_id=sourced_id, name=sourced_id, kind="school"
        )
        for source in ("north", "south")
        for sourced_id in ("o1", "o2")
    }
    for below, above in (("north o1", "south o2"), ("south o1", "north o2")):
        OrganizationUnit.objects.filter(pk=units[below].pk).update(parent=units[above])
    return units


def moved(source: str, folder: Path) -> Any:
    """What a roster of the source says that puts its second unit under its first."""
    row = "o2,active,2026-06-08T09:30:00.000Z,o2,school,,o1"
    return rosters.read(put(delta(orgs=[row]), folder / source), by=None, source=source)


@pytest.mark.parametrize("second", ["a roster", "the API"])
@pytest.mark.parametrize("first", ["a roster", "the API"])
def test_a_roster_and_another_system_close_no_circle_at_once(
    crossed: dict[str, OrganizationUnit], tmp_path: Path, first: str, second: str
) -> None:
    def call(source: str, by: str) -> Callable[[], Any]:
        if by == "a roster":
            return partial(rosters.apply, moved(source, tmp_path), by=None)
        given = [Given(0, {"sourced_id": "o2", "parent": "o1"})]
        client = Client("sis", "SIS")
        return partial(upserts.apply, "organisations", given, source=source, by=client)

    _, done = overlapping(call("north", first), call("south", second))
    told = done if second == "a roster" else done[0].flaws[0].code
    assert told == ("plan_outdated" if second == "a roster" else "circle")
    parents = {
        name: OrganizationUnit.objects.get(pk=unit.pk).parent for name, unit in crossed.items()
    }
    assert (parents["north o2"], parents["south o2"]) == (crossed["north o1"], None)


def test_a_roster_closes_no_circle_by_way_of_another_systems_units(
    crossed: dict[str, OrganizationUnit], tmp_path: Path
) -> None:
    rosters.apply(moved("north", tmp_path), by=None)
    (problem,) = moved("south", tmp_path).problems
    assert (problem["row"], problem["column"], problem["code"]) == (2, "parentSourcedId", "circle")


def test_while_a_roster_is_tried_out_others_write(clara: User, tmp_path: Path) -> None:
    for source in ("north", "south"):
        feeds.add(source, kind="api", source=source, shares_numbers=True, by=clara)
    planned = rosters.plan(put(Roster(), tmp_path / "north"), source="north")
    is_tried, is_written = threading.Event(), threading.Event()

    @transaction.atomic
    def rehearse() -> bool:
        rosters.try_out(planned)
        is_tried.set()
        found = is_written.wait(timeout=10)
        transaction.set_rollback(True)
        return found

    def write() -> None:
        is_tried.wait(timeout=10)
        client = Client("lms", "LMS")
        rows = {"learners": {"sourced_id": "u9", "number": "N9", "given_name": "Eve"}}
        rows |= {"organisations": {"sourced_id": "o9", "name": "Other"}}
        for kind, row in rows.items():
            upserts.apply(kind, [Given(0, row)], source="south", by=client)
        is_written.set()

    assert at_once(rehearse, write)[0] is True
