"""Awards: who has earned what and why, decided once, for a second person to approve."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from issuer.errors import NotIssued, ReasonMissing, SamePerson, WrongState
from issuer.models import Batch, Chunk, Credential, LedgerEntry, SigningKey
from issuer.services import batches, status
from registrar.errors import NotAllowed
from registrar.models import Award, Learner, LineItem, Offering, Result, Revision, Term
from registrar.services.awarding import awards, awards_again, withdrawals
from registrar.services.deciding import eligibility
from registrar.services.drafting import readiness, templates
from registrar.services.marking.results import GRADED
from registrar.services.teaching import tagging
from tests.cast import SIS, College, issue, member_of_staff
from tests.registrar.test_marks import rubric


def evaluate(revision: Revision, **options: Any) -> awards.Evaluation:
    return awards.evaluate(revision, at=timezone.now(), **options)


def learners(candidates: Any) -> set[int]:
    return {candidate.learner_id for candidate in candidates}


def needs(revision: Revision) -> list[str]:
    """What it lacks, in words."""
    return [gap.needs for gap in readiness.missing(revision)]


def with_rule(revision: Revision, rule: Any, *, clara: User, dev: User) -> Revision:
    """The next revision of the template, with another rule."""
    second = templates.revise(revision.template, by=clara)
    templates.edit(second, by=clara, rule=rule)
    return templates.approve(templates.submit(second, by=clara), by=dev)


def test_who_passed_is_awarded_and_who_failed_is_told_why(
    college: College, cells: Revision, ada: Learner, ben: Learner
) -> None:
    for learner, result in ((ada, "Pass"), (ben, "Fail")):
        college.enrol(learner)
        college.grade(learner, result)
    found = evaluate(cells)
    (adas,), (bens,) = found.awards, found.not_met
    assert (adas.learner_id, adas.offering_id) == (ada.pk, college.offering.pk)
    assert adas.occasion == "offering:sis:bio-101-26S"
    assert "is Pass" in adas.reasons[0]
    assert adas.results == ({"description": cells.result_descriptions[0]["id"], "value": "Pass"},)
    assert bens.learner_id == ben.pk
    assert "Fail" in bens.reasons[0]
    assert (found.learners, found.by_learner[ben.pk]) == (2, [bens])


def test_who_takes_part_without_a_result_is_looked_at_too(
    college: College, cells: Revision, ada: Learner
) -> None:
    college.enrol(ada)
    assert learners(evaluate(cells).not_met) == {ada.pk}


def test_results_that_are_not_final_count_for_nothing(
    college: College, cells: Revision, ada: Learner
) -> None:
    college.enrol(ada)
    college.grade(ada, "Pass", status="partially graded")
    college.grade(ada, "", status="not submitted")
    assert not evaluate(cells).awards


def test_only_the_current_result_counts(college: College, cells: Revision, ada: Learner) -> None:
    college.enrol(ada)
    corrected = college.supersede(college.grade(ada, "Fail"), "Pass")
    assert learners(evaluate(cells).awards) == {ada.pk}
    college.supersede(corrected, "Fail")
    assert not evaluate(cells).awards


def test_who_has_left_the_college_is_passed_over(
    college: College, cells: Revision, ada: Learner
) -> None:
    college.enrol(ada)
    college.grade(ada, "Pass")
    Learner.objects.update(retired_at=timezone.now())
    assert evaluate(cells).learners == 0


def test_a_course_passed_twice_is_awarded_for_each_class(
    college: College, cells: Revision, ada: Learner
) -> None:
    again = college.offer(college.course, "bio-101-26F")
    college.grade(ada, "Pass")
    college.grade(ada, "Distinction", on=college.assess(again, "Module result"))
    found = evaluate(cells)
    assert [(each.occasion, each.results[0]["value"]) for each in found.awards] == [
        ("offering:sis:bio-101-26S", "Pass"),
        ("offering:sis:bio-101-26F", "Distinction"),
    ]
    assert learners(evaluate(cells, offerings=[again]).awards) == {ada.pk}
    assert len(evaluate(cells, offerings=[again]).awards) == 1


def test_classes_with_very_long_ids_are_occasions_of_their_own(
    college: College, cells: Revision, ada: Learner
) -> None:
    Offering.objects.update(source="s" * 100)
    for number in range(2):
        again = college.offer(college.course, "c" * 250 + str(number))
        Offering.objects.filter(pk=again.pk).update(source="s" * 100)
        college.grade(ada, "Pass", on=college.assess(again, "Module result"))
    assert len({each.occasion for each in evaluate(cells).awards}) == 2


def test_a_rule_about_one_course_is_met_in_one_class_or_not_at_all(
    college: College, cells: Revision, ada: Learner, clara: User, dev: User
) -> None:
    exam = {"score": {"course": "BIO 101", "category": "Exam", "at_least": 60}}
    both = with_rule(cells, {"all": [cells.rule, exam]}, clara=clara, dev=dev)
    again = college.offer(college.course, "bio-101-26F")
    college.grade(ada, "Pass")
    college.grade(ada, score=70, on=college.assess(again, "Exam"))
    found = evaluate(both)
    assert not found.awards
    assert found.not_met[0].reasons[-1] == eligibility.NOT_TOGETHER
    college.grade(ada, score=61, on=college.assess(college.offering, "Exam"))
    assert len(evaluate(both).awards) == 1


def test_a_rule_over_several_things_is_awarded_once(
    college: College, cells: Revision, ada: Learner, ben: Learner, clara: User, dev: User
) -> None:
    club = college.course_named("club", kind="activity")
    rule = {
        "at_least": 2,
        "of": [
            cells.rule,
            {"activity": {"activity": "club"}},
            {"outcome": {"outcome": "BIO101-1", "at_least": 50}},
        ],
    }
    several = with_rule(cells, rule, clara=clara, dev=dev)
    college.grade(ada, "Pass")
    college.complete(ada, club)
    college.grade(ben, score=80, outcome=college.outcome)
    found = evaluate(several)
    (adas,) = found.awards
    assert (adas.occasion, adas.offering_id) == ("", None)
    assert adas.results[0]["value"] == "Pass"
    assert len(adas.reasons) == 3
    assert learners(found.not_met) == {ben.pk}


def test_an_activity_that_was_left_is_not_done(
    college: College, cells: Revision, ada: Learner, clara: User, dev: User
) -> None:
    club = college.course_named("club", kind="activity")
    done = with_rule(cells, {"activity": {"activity": "club"}}, clara=clara, dev=dev)
    item = college.assess(college.offer(club), "Participation")
    college.grade(ada, "Withdrew", on=item)
    assert not evaluate(done).awards
    college.complete(ada, club)
    assert learners(evaluate(done).awards) == {ada.pk}


TUTORED = {"every_score": {"course": "BIO 101", "category": "Essay", "at_least": 40}}


def test_every_essay_counts_also_one_that_nobody_has_marked(
    college: College, cells: Revision, ada: Learner, ben: Learner, clara: User, dev: User
) -> None:
    rule = {"all": [cells.rule, TUTORED]}
    strict = with_rule(cells, rule, clara=clara, dev=dev)
    first, second = (college.assess(college.offering, "Essay", f"Essay {n}") for n in (1, 2))
    for learner, scores in ((ada, (40, 41)), (ben, (38, None))):
        college.enrol(learner)
        college.grade(learner, "Pass")
        for item, score in zip((first, second), scores, strict=True):
            if score is not None:
                college.grade(learner, score=score, on=item)
    found = evaluate(strict)
    assert learners(found.awards) == {ada.pk}
    (bens,) = found.not_met
    assert bens.reasons == [
        "The final result in BIO 101 Cells is Pass (Cells, spring 2026), as needed: "
        "Pass or Distinction",
        "Not every score for Essay in BIO 101 Cells (Cells, spring 2026) is at least 40: "
        "Essay 1 is 38, 2 short; Essay 2 has no score",
    ]
    college.grade(ben, score=44, on=first)
    LineItem.objects.filter(pk=second.pk).update(retired_at=timezone.now())
    assert learners(evaluate(strict).awards) == {ada.pk, ben.pk}


def test_a_rule_may_ask_for_certain_terms(
    college: College, cells: Revision, ada: Learner, clara: User, dev: User
) -> None:
    earlier = college.term_named(
        "Fall 2025", starts_on=date(2025, 8, 20), ends_on=date(2025, 12, 20)
    )
    college.grade(ada, "Pass")
    passed = cells.rule["final_result"]
    for number, (window, is_met) in enumerate(
        [
            ({"to": "Fall 2025"}, False),
            ({"from": earlier.key}, True),
            ({"from": "Fall 2025", "to": college.term.title}, True),
            ({"from": college.term.key, "to": college.term.key}, True),
        ]
    ):
        rule = {"final_result": {**passed, "within": window}}
        revision = with_rule(cells, rule, clara=clara, dev=dev)
        assert bool(evaluate(revision).awards) == is_met, number
    Term.objects.filter(pk=earlier.pk).update(sourced_id="renamed")
    college.term_named("Fall 2025", starts_on=date(2026, 8, 20), ends_on=date(2026, 12, 20))
    rule = {"final_result": {**passed, "within": {"from": "Fall 2025", "to": "No such"}}}
    second = templates.edit(templates.revise(cells.template, by=clara), by=clara, rule=rule)
    assert not evaluate(second).awards
    assert [(gap.pointer, gap.needs) for gap in readiness.missing(second)] == [
        (
            "/rule/final_result/within/from",
            "the key of one term in the place of Fall 2025, as several are called so",
        ),
        ("/rule/final_result/within/to", "term No such in the catalogue"),
    ]


def test_a_rule_may_ask_for_another_credential_or_leave_out_who_holds_it(
    college: College,
    cells: Revision,
    adas_credential: Credential,
    ada: Learner,
    ben: Learner,
    clara: User,
    dev: User,
) -> None:
    def parent(slug: str, rule: Any) -> Revision:
        wording = {"name": slug, "description": "x", "criteria": "x", "assessment": "parts"}
        made = templates.draft(
            slug,
            unit=college.science,
            by=clara,
            rule=rule,
            hours=Decimal(9),
            skills=college.skills,
            **wording,
        )
        return templates.approve(templates.submit(made, by=clara), by=dev)

    college.grade(ben, "Pass")
    held = {"credential": {"template": cells.template.slug}}
    stack, others = parent("stack", held), parent("others", {"all": [cells.rule, {"not": held}]})
    (adas,) = evaluate(stack).awards
    assert (adas.learner_id, adas.occasion, evaluate(stack).learners) == (ada.pk, "", 1)
    (bens,) = evaluate(others).awards
    assert (bens.learner_id, bens.offering_id) == (ben.pk, college.offering.pk)
    assert bens.reasons[1].endswith("is not held, as needed")
    (adas,) = evaluate(others).not_met
    assert "is held (awarded" in adas.reasons[1]
    assert "which rules it out" in adas.reasons[1]
    status.revoke(adas_credential, by=dev, reason="A mistake.")
    assert not evaluate(stack).awards
    assert "is revoked" in evaluate(stack).not_met[0].reasons[0]
    itself = templates.draft("own", unit=college.science, by=clara, name="x", rule=None)
    templates.edit(itself, by=clara, rule={"credential": {"template": "own"}})
    assert "a rule that does not ask for this same credential" in needs(itself)


def test_a_level_is_enough_by_the_order_of_the_rubric(
    college: College,
    cells: Revision,
    ada: Learner,
    ben: Learner,
    clara: User,
    dev: User,
    fay: User,
    chen: User,
) -> None:
    tag = tagging.propose(college.outcome, college.skills[1], emphasis="taught", by=fay)
    tagging.accept(tag, by=chen)
    rubric(college.skills[1], ("Begun", 1), ("Excellent", 3), ("Sound", 2))
    rule = {"outcome": {"outcome": "BIO101-1", "level_at_least": "Sound"}}
    sound = with_rule(cells, rule, clara=clara, dev=dev)
    college.grade(ada, "Excellent", outcome=college.outcome)
    college.grade(ben, "Begun", outcome=college.outcome)
    found = evaluate(sound)
    assert learners(found.awards) == {ada.pk}
    assert found.not_met[0].reasons[0].endswith("but Sound or better is needed")
    rule = {"outcome": {"outcome": "BIO101-1", "level_at_least": "Superb"}}
    second = templates.edit(templates.revise(cells.template, by=clara), by=clara, rule=rule)
    assert "level Superb of the outcome BIO101-1 in the catalogue" in needs(second)


def test_values_that_their_description_does_not_allow_are_left_out(
    college: College, cells: Revision, ada: Learner, clara: User, dev: User
) -> None:
    rule = {"final_result": {"course": "BIO 101", "category": "Module result", "one_of": ["Merit"]}}
    merit = with_rule(cells, rule, clara=clara, dev=dev)
    college.grade(ada, "Merit")
    assert evaluate(merit).awards[0].results == ()


def test_a_score_becomes_a_percentage(
    college: College, cells: Revision, ada: Learner, clara: User, dev: User
) -> None:
    second = templates.revise(cells.template, by=clara)
    percent = {
        "name": "Exam",
        "result_type": "Percent",
        "value_min": "0",
        "value_max": "100",
        "source": {"course": "BIO 101", "category": "Exam"},
    }
    templates.edit(second, by=clara, result_descriptions=[percent])
    exam = college.assess(college.offering, "Exam")
    exam.maximum = 40
    exam.save()
    college.grade(ada, score=30, on=exam)
    college.grade(ada, "Pass")
    assert evaluate(second).awards[0].results[0]["value"] == "75"


def test_a_revision_without_a_rule_awards_nobody(
    college: College, cells: Revision, ada: Learner, clara: User
) -> None:
    college.grade(ada, "Pass")
    second = templates.edit(templates.revise(cells.template, by=clara), by=clara, rule=None)
    assert evaluate(second).learners == 0


@pytest.mark.thorough
def test_evaluation_takes_the_same_number_of_queries_for_any_number_of_learners(
    college: College, cells: Revision
) -> None:
    def enrol(first: int, last: int) -> None:
        people = Learner.objects.bulk_create(
            Learner(source=SIS, sourced_id=f"many-{n}", number=str(n)) for n in range(first, last)
        )
        for person in people:
            college.enrol(person)
            college.grade(person, "Pass" if person.pk % 2 else "Fail")

    enrol(0, 10)
    with CaptureQueriesContext(connection) as ten:
        assert evaluate(cells).learners == 10
    enrol(10, 1000)
    with CaptureQueriesContext(connection) as thousand:
        assert evaluate(cells).learners == 1000
    assert len(thousand) == len(ten) < 12


def test_a_batch_holds_each_award_once_and_says_why(
    college: College, cells: Revision, adas_batch: Batch, adas_award: Award, clara: User
) -> None:
    assert (adas_batch.state, adas_batch.count, adas_batch.prepared_by) == ("prepared", 1, clara)
    assert adas_award.position == 0
    assert adas_award.awarded_on == timezone.now().date()
    assert "is Distinction" in adas_award.reasons[0]
    acts = LedgerEntry.objects.order_by("sequence").values_list("act", flat=True)
    assert list(acts)[-2:] == ["batch.prepared", "award.decided"]


def test_the_ledger_is_not_held_while_awards_are_stored(
    college: College, cells: Revision, ada: Learner, clara: User
) -> None:
    college.grade(ada, "Pass")
    found = evaluate(cells)
    with CaptureQueriesContext(connection) as queries:
        awards.prepare(found, by=clara)
    said = [query["sql"] for query in queries]
    stored = next(i for i, sql in enumerate(said) if 'INTO "registrar_award"' in sql)
    locked = next(i for i, sql in enumerate(said) if "pg_advisory" in sql)
    assert stored < locked


def test_nobody_is_awarded_twice(
    cells: Revision, adas_batch: Batch, clara: User, ada: Learner
) -> None:
    again = evaluate(cells)
    assert (len(again.awards), learners(again.already)) == (0, {ada.pk})
    assert (learners(again.waiting), again.granted) == ({ada.pk}, ())
    assert awards.prepare(again, by=clara) is None


def test_whoever_was_awarded_since_the_evaluation_is_left_out(
    college: College, cells: Revision, ada: Learner, clara: User
) -> None:
    college.grade(ada, "Pass")
    first, second = evaluate(cells), evaluate(cells)
    assert awards.prepare(first, by=clara) is not None
    assert awards.prepare(second, by=clara) is None


def test_a_declined_batch_leaves_nobody_awarded(
    cells: Revision, adas_batch: Batch, dev: User, clara: User
) -> None:
    awards.decline(adas_batch, by=dev, reason="The results are not confirmed yet.")
    found = evaluate(cells)
    assert len(found.awards) == 1
    batch = awards.prepare(found, by=clara)
    assert Award.objects.get(batch=batch).generation == 2


def test_a_batch_is_not_approved_once_a_result_in_it_was_corrected(
    college: College, cells: Revision, ada: Learner, ben: Learner, clara: User, dev: User
) -> None:
    adas = college.grade(ada, "Pass")
    college.grade(ben, "Pass")
    batch = awards.prepare(evaluate(cells), by=clara)
    assert batch is not None
    corrected = college.supersede(adas, "Fail")
    with pytest.raises(WrongState, match=r"^1 of the awards no longer hold: decline the batch"):
        awards.approve(batch, by=dev)
    batch.refresh_from_db()
    assert batch.state == "prepared"
    assert not Chunk.objects.filter(batch=batch).exists()
    college.supersede(corrected, "Pass")
    assert awards.approve(batch, by=dev).state == "approved"


def test_a_batch_by_a_rule_over_several_things_is_looked_at_again_too(
    college: College, cells: Revision, ada: Learner, clara: User, dev: User
) -> None:
    club = college.course_named("club", kind="activity")
    rule = {"all": [cells.rule, {"activity": {"activity": "club"}}]}
    both = with_rule(cells, rule, clara=clara, dev=dev)
    passed = college.grade(ada, "Pass")
    college.complete(ada, club)
    batch = awards.prepare(evaluate(both), by=clara)
    assert batch is not None
    corrected = college.supersede(passed, "Fail")
    with pytest.raises(WrongState, match="no longer hold"):
        awards.approve(batch, by=dev)
    college.supersede(corrected, "Distinction")
    assert awards.approve(batch, by=dev).state == "approved"


def test_whoever_prepared_a_batch_cannot_approve_it(adas_batch: Batch, root: User) -> None:
    clara = adas_batch.prepared_by
    clara.is_superuser = True
    with pytest.raises(SamePerson):
        awards.approve(adas_batch, by=clara)


def test_roles_reach_no_further_than_their_unit(
    college: College, cells: Revision, adas_batch: Batch, root: User, dev: User, ada: Learner
) -> None:
    registrar = member_of_staff(root, "art-registrar", "registrar", college.arts)
    approver = member_of_staff(root, "art-approver", "approver", college.arts)
    with pytest.raises(NotAllowed):
        awards.prepare(evaluate(cells), by=registrar)
    with pytest.raises(NotAllowed):
        awards.prepare(evaluate(cells), by=dev)
    with pytest.raises(NotAllowed):
        awards.approve(adas_batch, by=approver)
    with pytest.raises(NotAllowed):
        awards.decline(adas_batch, by=registrar, reason="No.")


def test_nothing_is_awarded_by_a_revision_that_is_not_approved(
    college: College, draft: Revision, ada: Learner, clara: User
) -> None:
    college.grade(ada, "Pass")
    with pytest.raises(WrongState):
        awards.prepare(evaluate(draft), by=clara)


def test_an_award_never_changes(adas_award: Award) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Award.objects.update(awarded_on=date(2020, 1, 1))
    with pytest.raises(DatabaseError), transaction.atomic():
        adas_award.delete()


def test_awarding_again_is_an_act_of_its_own(
    cells: Revision, key: SigningKey, adas_batch: Batch, adas_award: Award, clara: User, dev: User
) -> None:
    issue(awards.approve(adas_batch, by=dev))
    with pytest.raises(WrongState, match="still in force"):
        awards_again.award(adas_award, by=clara, reason="She asked for it.")
    withdrawals.withdraw(adas_award, by=clara, reason="Issued to the wrong address.")
    assert status.state_of(adas_award.credential) == "revoked"
    assert not evaluate(cells).awards

    with pytest.raises(ReasonMissing):
        awards_again.award(adas_award, by=clara, reason="")
    batch = awards_again.award(adas_award, by=clara, reason="The address is right now.")
    second = Award.objects.get(batch=batch)
    assert (second.generation, second.replaces) == (2, adas_award)
    assert second.credential_id != adas_award.credential_id
    with pytest.raises(WrongState, match="replaced"):
        awards_again.award(adas_award, by=clara, reason="Once more.")
    issue(awards.approve(batch, by=dev))
    assert status.state_of(second.credential) == "valid"


def test_what_was_declined_and_prepared_anew_is_not_awarded_a_second_time(
    cells: Revision, adas_batch: Batch, adas_award: Award, clara: User, dev: User
) -> None:
    awards.decline(adas_batch, by=dev, reason="Not confirmed yet.")
    second = awards.prepare(evaluate(cells), by=clara)
    with pytest.raises(WrongState, match="newer"):
        awards_again.award(adas_award, by=clara, reason="Confirmed.")
    assert set(Award.objects.values_list("batch", flat=True)) == {adas_batch.pk, second.pk}


def test_what_could_not_be_issued_is_awarded_again_once(
    college: College, cells: Revision, ada: Learner, ben: Learner, clara: User, dev: User
) -> None:
    college.grade(ada, "Pass")
    college.grade(ben, "Pass")
    batch = awards.approve(awards.prepare(evaluate(cells), by=clara), by=dev)
    chunk = batches.claim(Chunk.State.APPROVED, batch=batch)
    batches.finish(chunk, Chunk.State.REQUESTED, refused={1: "Its name is too long."})
    issued, lost = Award.objects.filter(batch=batch).order_by("position")
    states = Award.objects.with_state().order_by("position").values_list("state", flat=True)
    assert list(states.filter(batch=batch)) == ["requested", "failed"]
    assert not evaluate(cells).awards
    with pytest.raises(WrongState, match="in force"):
        awards_again.award(issued, by=clara, reason="Both.")
    awards_again.award(lost, by=clara, reason="The name is shorter.")
    with pytest.raises(WrongState, match="newer"):
        awards_again.award(lost, by=clara, reason="Once more.")


def failed_batch(
    college: College, cells: Revision, clara: User, dev: User, *, failed: int = 4
) -> Batch:
    """A batch of which only the first is issued."""
    for number in range(failed + 1):
        learner = Learner.objects.create(
            source=SIS, sourced_id=f"{failed}-{number}", number=f"{number}", given_name="L"
        )
        college.grade(learner, "Pass")
    batch = awards.approve(awards.prepare(evaluate(cells), by=clara), by=dev)
    chunk = batches.claim(Chunk.State.APPROVED, batch=batch)
    refused = dict.fromkeys(range(1, failed + 1), "The award date is missing.")
    batches.finish(chunk, Chunk.State.REQUESTED, refused=refused)
    return batch


def test_all_that_failed_in_a_batch_is_awarded_again_at_once(
    college: College, cells: Revision, clara: User, dev: User
) -> None:
    batch = failed_batch(college, cells, clara, dev)
    first, second, third, fourth = awards_again.failed(batch).order_by("position")
    awards_again.award(second, by=clara, reason="She was in a hurry.")
    college.supersede(third.learner.results.current().get(), "Fail")
    assert set(awards_again.open_failures().values_list("first", flat=True)) == {1, 3, 4}

    with pytest.raises(ReasonMissing):
        awards_again.award_failed(batch, by=clara, reason=" ")
    with pytest.raises(NotAllowed):
        awards_again.award_failed(batch, by=dev, reason="No right.")
    again = awards_again.award_failed(batch, by=clara, reason="The date is there now.")
    made = Award.objects.filter(batch=again).order_by("position")
    assert [(each.replaces, each.generation, each.position) for each in made] == [
        (first, 2, 0),
        (fourth, 2, 1),
    ]
    assert (again.count, again.name, again.state) == (2, f"{batch.name}, again", "prepared")
    assert made[0].results and made[0].reasons
    entry = LedgerEntry.objects.filter(act="award.decided_again").latest("sequence")
    assert entry.subject == f"issuer.batch:{batch.pk}"
    assert (entry.actor, entry.reason) == ("clara", "The date is there now.")
    assert entry.details == {"batch": str(again.pk), "count": 2}
    assert list(awards_again.failed(batch)) == [third]
    with pytest.raises(WrongState, match="nobody is left"):
        awards_again.award_failed(batch, by=clara, reason="Once more.")


def test_awarding_again_asks_the_database_as_often_for_many_as_for_two(
    college: College, cells: Revision, clara: User, dev: User
) -> None:
    asked = []
    for number in (2, 9):
        batch = failed_batch(college, cells, clara, dev, failed=number)
        with CaptureQueriesContext(connection) as queries:
            awards_again.award_failed(batch, by=clara, reason="The date is there now.")
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_nothing_is_awarded_again_without_an_approved_revision(
    college: College, cells: Revision, clara: User, dev: User
) -> None:
    batch = failed_batch(college, cells, clara, dev)
    templates.retire(cells, by=dev, reason="No longer taught.")
    with pytest.raises(WrongState, match="No revision"):
        awards_again.award_failed(batch, by=clara, reason="The date is there now.")
    assert awards_again.failed(batch).count() == 4


def test_what_is_no_longer_earned_is_not_awarded_again(
    college: College,
    cells: Revision,
    key: SigningKey,
    adas_batch: Batch,
    adas_award: Award,
    clara: User,
    dev: User,
    ada: Learner,
) -> None:
    issue(awards.approve(adas_batch, by=dev))
    assert evaluate(cells).lapsed == ()
    college.supersede(ada.results.current().get(), "Fail")
    assert evaluate(cells).lapsed == (adas_award,)
    withdrawals.withdraw(adas_award, by=clara, reason="The mark was another learner's.")
    with pytest.raises(WrongState, match="no longer met"):
        awards_again.award(adas_award, by=clara, reason="Try.")


def test_to_award_again_by_hand_drops_what_the_revision_no_longer_describes(
    cells: Revision, adas_batch: Batch, adas_award: Award, clara: User, dev: User
) -> None:
    awards.decline(adas_batch, by=dev, reason="Wait.")
    assert adas_award.results
    second = templates.revise(cells.template, by=clara)
    templates.edit(second, by=clara, rule=None, result_descriptions=[])
    templates.approve(templates.submit(second, by=clara), by=dev)
    batch = awards_again.award(adas_award, by=clara, reason="Confirmed.")
    assert Award.objects.get(batch=batch).results == []


def test_an_award_that_was_not_issued_cannot_be_withdrawn(adas_award: Award, clara: User) -> None:
    with pytest.raises(NotIssued):
        withdrawals.withdraw(adas_award, by=clara, reason="Too early.")


def test_withdrawing_needs_the_right_and_a_reason(
    key: SigningKey, adas_batch: Batch, adas_award: Award, dev: User, clara: User
) -> None:
    issue(awards.approve(adas_batch, by=dev))
    with pytest.raises(NotAllowed):
        withdrawals.withdraw(adas_award, by=dev, reason="No right.")
    first = withdrawals.withdraw(adas_award, by=clara, reason="Wrong address.")
    assert withdrawals.withdraw(adas_award, by=clara, reason="Again.") == first


# Suspending, and a whole batch


def test_who_may_revoke_may_suspend_and_reinstate(
    adas_licence: Credential, college: College, root: User, clara: User, dev: User
) -> None:
    outsider = member_of_staff(root, "art-registrar", "registrar", college.arts)
    for person in (dev, outsider):
        with pytest.raises(NotAllowed):
            withdrawals.suspend(adas_licence, by=person, reason="Under review")
        with pytest.raises(NotAllowed):
            withdrawals.reinstate(adas_licence, by=person, reason="Reviewed")
        with pytest.raises(NotAllowed):
            withdrawals.revoke_all(adas_licence.batch, by=person, reason="The exam was void")
        assert not withdrawals.may_revoke_all(person, adas_licence.batch)
    withdrawals.suspend(adas_licence, by=clara, reason="Under review")
    award = Award.objects.with_state().get()
    assert award.state == "suspended"
    with pytest.raises(WrongState, match="still in force"):
        awards_again.award(award, by=clara, reason="Once more")
    withdrawals.reinstate(adas_licence, by=clara, reason="Reviewed")
    assert status.state_of(adas_licence) == "valid"
    assert withdrawals.may_revoke_all(clara, adas_licence.batch)
    assert withdrawals.revoke_all(adas_licence.batch, by=clara, reason="The exam was void") == 1
    assert awards_again.award(award, by=clara, reason="A new exam").count == 1


def test_a_batch_without_awards_is_not_revoked_as_a_whole(root: User) -> None:
    batch = batches.open("Nobody's", count=1, by=root)
    assert not withdrawals.may_revoke_all(root, batch)
    with pytest.raises(NotIssued):
        withdrawals.revoke_all(batch, by=root, reason="The exam was void")


def automatic(revision: Revision, *, clara: User, dev: User) -> Revision:
    """The next revision of the template, which awards by itself."""
    second = templates.revise(revision.template, by=clara)
    templates.edit(second, by=clara, awarding="automatic")
    return templates.approve(templates.submit(second, by=clara), by=dev)


def test_what_awards_by_itself_was_approved_with_its_revision(
    college: College, cells: Revision, ada: Learner, clara: User, dev: User
) -> None:
    college.enrol(ada)
    college.grade(ada, "Pass")
    with pytest.raises(WrongState, match="by itself"):
        awards.prepare_automatically(evaluate(cells))
    revision = automatic(cells, clara=clara, dev=dev)
    batch = awards.prepare_automatically(evaluate(revision))
    assert batch is not None
    assert (batch.state, batch.prepared_by, batch.decided_by) == ("approved", clara, dev)
    assert "approved with revision 2" in batch.decision_reason
    assert awards.prepare_automatically(evaluate(revision)) is None


def test_what_awards_by_itself_needs_a_rule(draft: Revision, clara: User) -> None:
    templates.edit(draft, by=clara, awarding="automatic", rule=None)
    assert "an award rule, as it is awarded by itself" in needs(draft)


def test_a_pilot_awards_in_its_unit_alone(
    college: College, draft: Revision, ada: Learner, ben: Learner, clara: User, dev: User
) -> None:
    college.grade(ada, "Pass")
    college.grade(ben, "Pass")
    templates.edit(draft, by=clara, pilot_unit=college.arts)
    pilot = templates.approve(templates.submit(draft, by=clara), by=dev)
    assert (evaluate(pilot).awards, evaluate(pilot).learners) == ((), 0)
    promoted = templates.promote(pilot.template, by=clara)
    templates.edit(promoted, by=clara, pilot_unit=college.top)
    wider = templates.approve(templates.submit(promoted, by=clara), by=dev)
    assert learners(evaluate(wider).awards) == {ada.pk, ben.pk}


def test_who_was_awarded_already_is_found_without_going_through_all_learners_for_each(
    college: College, cells: Revision, clara: User
) -> None:
    many = 1_500
    people = Learner.objects.bulk_create(
        Learner(source=SIS, sourced_id=f"many-{n}", number=f"many-{n}", given_name="Ada")
        for n in range(many)
    )
    Result.objects.bulk_create(
        Result(
            source=SIS,
            sourced_id=f"many-{learner.sourced_id}",
            line_item=college.final,
            learner=learner,
            status=GRADED,
            text="Pass",
            dated=date(2026, 5, 15),
        )
        for learner in people
    )
    awards.prepare(evaluate(cells), by=clara)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registrar_award, registrar_learner, registrar_result")
        with CaptureQueriesContext(connection) as asked:
            found = evaluate(cells)
        assert (len(found.already), len(found.awards), found.lapsed) == (many, 0, ())
        for query in asked.captured_queries:
            cursor.execute(f"EXPLAIN ANALYZE {query['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            removed = re.findall(r"Rows Removed by Join Filter: (\d+)", plan)
            assert sum(map(int, removed)) < 100 * many
