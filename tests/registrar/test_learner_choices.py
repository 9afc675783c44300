"""Learners are chosen by what is on record, and awarded through the same gate as a file's."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from issuer.models import Credential, SigningKey
from registrar.errors import ImportRefused, NotAllowed, PlanOutdated
from registrar.models import (
    Award,
    AwardFile,
    Learner,
    OrganizationUnit,
    Programme,
    ProgrammeCourse,
    Result,
    Revision,
)
from registrar.services.awarding import award_files, awards, learner_choices, withdrawals
from registrar.services.awarding.chosen_awards import Common
from registrar.services.awarding.learner_choices import Choice
from tests.cast import SIS, College, issue

BIO = Choice(opportunity="BIO 101")


def names(choice: Choice) -> list[str]:
    return [learner.given_name for learner in learner_choices.find(choice)]


def chosen(
    revision: Revision, by: User, choice: Choice = BIO, common: Common | None = None, **options: str
) -> AwardFile:
    kept = award_files.choose(
        choice, template=revision.template, by=by, common=common or Common(), **options
    )
    return award_files.look(kept)


def test_learners_are_found_by_all_that_is_on_record(
    college: College, ada: Learner, ben: Learner
) -> None:
    college.enrol(ada)
    club = college.offer(college.course_named("CLUB", kind="activity"))
    college.enrol(ben, club)
    college.grade(ada, "Pass")
    college.grade(ada, "Met", outcome=college.outcome)
    science = Programme.objects.create(
        source=SIS, sourced_id="sci", code="SCI", title="Science", unit=college.science
    )
    place = ProgrammeCourse.objects.create(programme=science, opportunity=college.course)
    code = college.outcome.code
    for choice, expected in (
        (BIO, ["Ada"]),
        (Choice(opportunity=college.course.key), ["Ada"]),
        (Choice(term=college.term.key), ["بن", "Ada"]),
        (Choice(offering=club.pk), ["بن"]),
        (Choice(programme=science.pk), ["Ada"]),
        (Choice(term=college.term.key, results=("Pass", "Distinction")), ["Ada"]),
        (Choice(opportunity="CLUB", results=("Pass",)), []),
        (Choice(outcome=code), ["Ada"]),
        (Choice(outcome=code, results=("Met",)), ["Ada"]),
        (Choice(outcome=code, results=("Not met",)), []),
        (Choice(learners=(ben.pk,)), ["بن"]),
        (Choice(), []),
    ):
        assert sorted(names(choice)) == sorted(expected), choice
        assert Choice.from_data(choice.as_data()) == choice
    assert learner_choices.words(BIO) == [("Pass", 1)]
    place.holds_from, place.holds_until = date(2026, 1, 12), date(2026, 1, 11)
    place.save()
    assert names(Choice(programme=science.pk)) == []
    Learner.objects.filter(pk=ada.pk).update(retired_at=timezone.now())
    assert names(BIO) == []


def test_a_choice_is_said_in_words(college: College, workshop: Revision) -> None:
    choice = Choice(
        opportunity="BIO 101",
        term=college.term.key,
        results=("Pass", "Distinction"),
        lacks=workshop.template.slug,
    )
    assert learner_choices.in_words(choice) == (
        f"Learners who have Pass or Distinction as a result in {college.course} "
        f"in {college.term} and do not hold Workshop"
    )
    assert learner_choices.in_words(Choice(learners=(1, 2))) == "Learners of a list of 2"


def test_who_holds_a_credential_and_who_does_not(
    adas_credential: Credential, cells: Revision, ada: Learner, ben: Learner, clara: User
) -> None:
    slug = cells.template.slug
    assert names(Choice(holds=slug)) == ["Ada"]
    assert names(Choice(lacks=slug)) == ["بن"]
    withdrawals.revoke(adas_credential, by=clara, reason="Not hers.")
    assert (names(Choice(holds=slug)), len(names(Choice(lacks=slug)))) == ([], 2)


def test_who_was_chosen_is_awarded_what_was_said_of_all(
    key: SigningKey,
    college: College,
    workshop: Revision,
    ada: Learner,
    ben: Learner,
    clara: User,
    dev: User,
) -> None:
    college.enrol(ada)
    college.enrol(ben)
    # What a file could not say is on record all the same.
    Learner.objects.filter(pk=ben.pk).update(email="", family_name="", given_name="2!")
    day = timezone.localdate()
    common = Common(
        awarded_on=day - timedelta(days=3),
        valid_until=day + timedelta(days=300),
        evidence_text="A chair that stands.",
        why="The workshop kept no list.",
    )
    kept = chosen(workshop, clara, common=common)
    assert (kept.state, kept.total, kept.counts["new"], kept.counts["ok"]) == ("read", 2, 2, 2)
    assert len(award_files.samples(kept)) == 2
    batch = award_files.prepare(kept, by=clara)
    issue(awards.approve(batch, by=dev))
    first, second = Award.objects.filter(batch=batch).with_state()
    assert {first.learner, second.learner} == {ada, ben}
    assert (first.state, first.awarded_on, first.valid_until) == (
        "valid",
        common.awarded_on,
        common.valid_until,
    )
    assert first.evidence == [{"narrative": "A chair that stands."}]
    assert first.reasons[1:] == ["The workshop kept no list."]
    assert "BIO 101" in first.reasons[0]
    again = chosen(workshop, clara)
    assert (again.counts["already"], again.counts["ok"]) == (2, 0)
    replacing = chosen(workshop, clara, duplicates=AwardFile.Duplicates.REPLACE)
    assert replacing.counts["replace"] == 2


def test_results_on_record_stand_in_the_credential(
    college: College, cells: Revision, ada: Learner, ben: Learner, clara: User
) -> None:
    for learner in (ada, ben):
        college.enrol(learner)
    college.grade(ada, "Distinction")
    unsaid = chosen(cells, clara)
    assert (unsaid.counts["new"], unsaid.counts["warned"]) == (2, 1)
    college.grade(ben, "Fail")
    kept = chosen(cells, clara)
    assert kept.rows.get(learner=ben).problems[0]["code"] == "below_required"
    (award,) = Award.objects.filter(batch=award_files.prepare(kept, by=clara))
    assert [each["value"] for each in award.results] == ["Distinction"]


def test_nobody_is_awarded_who_does_not_fit_any_more(
    college: College, workshop: Revision, ada: Learner, ben: Learner, clara: User
) -> None:
    for learner in (ada, ben):
        college.enrol(learner)
        college.grade(learner, "Pass")
    kept = chosen(workshop, clara, Choice(opportunity="BIO 101", results=("Pass",)))
    Result.objects.filter(learner=ada).update(superseded_at=timezone.now())
    with pytest.raises(PlanOutdated):
        award_files.prepare(kept, by=clara)
    award_files.describe(kept, by=clara)
    assert (kept.counts["new"], kept.counts["wrong"]) == (1, 1)
    (award,) = Award.objects.filter(batch=award_files.prepare(kept, by=clara))
    assert award.learner == ben


def test_what_cannot_be_said_or_done_is_refused(
    college: College, workshop: Revision, cells: Revision, ada: Learner, clara: User, dev: User
) -> None:
    template = workshop.template
    later = timezone.localdate() + timedelta(days=2)
    for revision, choice, common in (
        (workshop, Choice(), Common()),
        (workshop, BIO, Common(awarded_on=later)),
        (workshop, BIO, Common(valid_until=date(2020, 1, 1))),
        (workshop, BIO, Common(evidence_link="no address")),
        (cells, BIO, Common(evidence_text="It has none.")),
    ):
        with pytest.raises(ImportRefused):
            award_files.choose(choice, template=revision.template, by=clara, common=common)
    with pytest.raises(NotAllowed):
        award_files.choose(BIO, template=template, by=dev, common=Common())
    nobody = chosen(workshop, clara)
    assert (nobody.state, nobody.problems[0]["code"]) == ("refused", "no_rows")
    college.enrol(ada)
    kept = chosen(workshop, clara)
    with pytest.raises(ImportRefused):
        award_files.mend(kept, {1: ["1", "Zoe", "Quill", "z@example.org"]}, by=clara)
    OrganizationUnit.objects.create(source=SIS, sourced_id="law", name="Law")
    assert award_files.unread() == []
