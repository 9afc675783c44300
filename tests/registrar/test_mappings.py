"""What a course claims in a term: confirmed by who teaches it, reviewed by somebody else."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from issuer.errors import ReasonMissing, SamePerson, WrongState
from issuer.models import LedgerEntry
from registrar.errors import NotAllowed, ShareTooSmall, TermSettled, TooManyTags, Unconfirmed
from registrar.models import Comment, LearningOutcome, Mapping, SkillTag, TaggingPolicy, Term
from registrar.services.college import people
from registrar.services.teaching import catalog, mappings, outlines, policies, submissions, tagging
from registrar.services.teaching.tagging import Piece
from skills.models import Skill
from tests.cast import College, member_of_staff

HALF = [Piece(title="Final exam", share=Decimal(50))]


@pytest.fixture
def spring(college: College) -> Term:
    return college.term


@pytest.fixture
def fall(college: College) -> Term:
    """The term after Spring 2026; Fay teaches BIO 101 again."""
    return college.term_named("Fall 2026", starts_on=date(2026, 8, 24), ends_on=date(2026, 12, 18))


@pytest.fixture
def held_again(college: College, fall: Term, fay: User) -> None:
    offering = college.offer(college.course, "bio-101-26F")
    offering.term = fall
    offering.save()
    offering.teachers.add(fay)


@pytest.fixture
def mapping(college: College, spring: Term, fay: User) -> Mapping:
    """Fay proposes that drawing a cell teaches to draw."""
    tag = propose(college, 1, by=fay, term=spring)
    assert tag.mapping is not None
    return tag.mapping


def propose(college: College, skill: int, *, by: User, term: Term, **more: object) -> SkillTag:
    said = {"emphasis": "taught"} | more
    return tagging.propose(college.outcome, college.skills[skill], by=by, term=term, **said)  # type: ignore[arg-type]


def more_skills(college: College, count: int) -> list[Skill]:
    framework = college.skills[0].framework
    return [
        Skill.objects.create(
            framework=framework,
            identifier=f"more-{number}",
            uri=f"urn:more:{number}",
            code=f"M-{number}",
        )
        for number in range(count)
    ]


def states(mapping: Mapping) -> list[str]:
    return list(mapping.tags.order_by("pk").values_list("state", flat=True))


def test_one_confirmation_submits_and_a_second_person_accepts(
    mapping: Mapping, spring: Term, fay: User, chen: User
) -> None:
    assert submissions.confirm(mapping, by=fay).state == "submitted"
    assert list(Mapping.objects.waiting()) == [mapping]
    accepted = submissions.accept(mapping, by=chen)
    assert (accepted.state, accepted.reviewed_by, states(mapping)) == (
        "accepted",
        chen,
        ["accepted"],
    )
    entries = LedgerEntry.objects.filter(act__startswith="mapping.").order_by("sequence")
    assert [(entry.act, entry.actor) for entry in entries] == [
        ("mapping.opened", "fay"),
        ("mapping.submitted", "fay"),
        ("mapping.accepted", "chen"),
    ]


def test_the_next_term_is_one_confirmation_and_nothing_is_reviewed_twice(
    mapping: Mapping, college: College, fall: Term, held_again: None, fay: User, chen: User
) -> None:
    submissions.accept(submissions.confirm(mapping, by=fay), by=chen)
    before = LedgerEntry.objects.count()
    carried = submissions.carry(college.course, fall, by=fay)
    assert (carried.state, carried.is_carried, carried.reviewed_by) == ("accepted", True, None)
    assert SkillTag.objects.as_of(fall).count() == 1
    assert LedgerEntry.objects.count() == before + 2
    with pytest.raises(TermSettled, match="Fall 2026 is settled"):
        propose(college, 0, by=fay, term=fall)


def test_what_is_new_is_told_from_what_is_carried(
    mapping: Mapping,
    college: College,
    fall: Term,
    held_again: None,
    fay: User,
    chen: User,
    clara: User,
) -> None:
    submissions.accept(submissions.confirm(mapping, by=fay), by=chen)
    said = {f"B-{number}": f"Do {number}." for number in range(2)}
    catalog.record_outcomes(college.course, said, by=clara, term=fall)
    outline = outlines.outline(college.course, fall)
    assert (outline.total, outline.carried, outline.new, outline.tagged) == (3, 1, 2, 1)
    assert not outline.changes_anything
    new = LearningOutcome.objects.get(code="B-0")
    tag = tagging.propose(new, college.skills[0], emphasis="assessed", by=fay, term=fall)
    outline = outlines.outline(college.course, fall)
    assert [line.is_new for line in outline.lines] == [True, True, False]
    (breach,) = outline.lines[0].breaches
    assert breach.code == "share_too_small"
    with pytest.raises(ShareTooSmall):
        submissions.confirm(outline.mapping or mapping, by=fay)
    tagging.change(tag, by=fay, evidence=HALF)
    again = submissions.confirm(Mapping.objects.get(term=fall), by=fay)
    assert again.state == "submitted"
    compared = outlines.compare(again)
    assert [each.skill.label for each in compared.kept] == ["Draw"]
    assert [each.skill.label for each in compared.new] == ["Observe"]


def test_a_tag_ends_with_the_mapping_that_asks_for_it(
    mapping: Mapping,
    college: College,
    spring: Term,
    fall: Term,
    held_again: None,
    fay: User,
    chen: User,
) -> None:
    submissions.accept(submissions.confirm(mapping, by=fay), by=chen)
    tag = tagging.end(mapping.tags.get(), by=fay, term=fall)
    assert tagging.keep(tag, by=fay).ending is None
    ended = tagging.end(tag, by=fay, term=fall).ending
    assert ended is not None
    assert SkillTag.objects.as_of(fall).count() == 1
    submissions.accept(submissions.confirm(ended, by=fay), by=chen)
    assert [each.skill.label for each in outlines.compare(ended).ended] == ["Draw"]
    assert not SkillTag.objects.as_of(fall)
    assert SkillTag.objects.as_of(spring).count() == 1
    tag.refresh_from_db()
    assert tag.holds_until == date(2026, 8, 23)


def test_an_outline_takes_the_same_number_of_queries_whatever_its_size(
    mapping: Mapping, college: College, spring: Term, fay: User
) -> None:
    counts = []
    for number in range(4):
        code = f"MANY-{number}"
        outcome = LearningOutcome.objects.create(
            opportunity=college.course, code=code, statement="Do."
        )
        tagging.propose(
            outcome, college.skills[0], emphasis="assessed", by=fay, term=spring, evidence=HALF
        )
        with CaptureQueriesContext(connection) as queries:
            assert outlines.outline(college.course, spring).proposed == number + 2
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_a_change_is_compared_with_what_it_replaces(
    mapping: Mapping, fall: Term, held_again: None, fay: User, chen: User
) -> None:
    submissions.accept(submissions.confirm(mapping, by=fay), by=chen)
    tag = mapping.tags.get()
    proposal = tagging.change(tag, by=fay, term=fall, level="alone")
    assert proposal.mapping is not None
    assert outlines.compare(proposal.mapping).changed == [(tag, proposal)]


def test_whoever_had_a_part_in_it_cannot_accept_it(
    college: College, spring: Term, fay: User, chen: User, root: User
) -> None:
    tag = propose(college, 0, by=chen, term=spring)
    mapping = submissions.confirm(Mapping.objects.get(), by=fay)
    for review in (submissions.accept, submissions.send_back):
        with pytest.raises(SamePerson):
            review(mapping, by=chen, comment="Fine.")
    assert tag.state == "proposed"
    second = member_of_staff(root, "second", "chair", college.science)
    assert submissions.accept(mapping, by=second).state == "accepted"


def test_whoever_asked_to_end_a_tag_cannot_accept_that(
    mapping: Mapping, fall: Term, held_again: None, fay: User, chen: User
) -> None:
    submissions.accept(submissions.confirm(mapping, by=fay), by=chen)
    tagging.end(mapping.tags.get(), by=chen, term=fall)
    ending = submissions.confirm(Mapping.objects.get(term=fall), by=fay)
    with pytest.raises(SamePerson):
        submissions.accept(ending, by=chen)


def test_what_is_to_end_ends_no_more_once_a_later_term_is_settled(
    mapping: Mapping, college: College, fall: Term, held_again: None, fay: User, chen: User
) -> None:
    later = college.term_named(
        "Spring 2027", starts_on=date(2027, 1, 11), ends_on=date(2027, 5, 14)
    )
    submissions.accept(submissions.confirm(mapping, by=fay), by=chen)
    tagging.end(mapping.tags.get(), by=fay, term=fall)
    ending = submissions.confirm(Mapping.objects.get(term=fall), by=fay)
    submissions.carry(college.course, later, by=fay)
    with pytest.raises(TermSettled):
        submissions.accept(ending, by=chen)
    assert SkillTag.objects.as_of(later).count() == 1


def test_what_is_proposed_for_an_outcome_goes_with_it(
    mapping: Mapping, college: College, spring: Term, fay: User, chen: User, clara: User
) -> None:
    outcome = LearningOutcome.objects.create(opportunity=college.course, code="B", statement="Do.")
    assessed = {"emphasis": "assessed", "by": fay, "term": spring}
    tag = tagging.propose(outcome, college.skills[0], **assessed)
    catalog.retire_outcomes(college.course, ["B"], by=clara, term=spring)
    tag.refresh_from_db()
    assert tag.state == "withdrawn"
    with pytest.raises(WrongState, match="retired"):
        tagging.propose(outcome, college.skills[0], **assessed)
    assert submissions.confirm(mapping, by=fay).state == "submitted"


def test_the_database_refuses_that_too(mapping: Mapping, fay: User) -> None:
    submissions.confirm(mapping, by=fay)
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        Mapping.objects.update(state="accepted", reviewed_by=fay)
    with pytest.raises(IntegrityError, match="by_review_or_carried"), transaction.atomic():
        Mapping.objects.update(state="accepted")


def test_an_accepted_mapping_never_changes(mapping: Mapping, fay: User, chen: User) -> None:
    submissions.accept(submissions.confirm(mapping, by=fay), by=chen)
    with pytest.raises(DatabaseError, match="registrar_mapping"), transaction.atomic():
        Mapping.objects.update(state="open")


def test_a_mapping_is_sent_back_with_a_comment_that_can_be_answered(
    mapping: Mapping, college: College, spring: Term, fay: User, chen: User
) -> None:
    submissions.confirm(mapping, by=fay)
    with pytest.raises(WrongState, match="has been submitted"):
        propose(college, 0, by=fay, term=spring)
    with pytest.raises(WrongState, match="has been submitted"):
        tagging.withdraw(mapping.tags.get(), by=fay)
    with pytest.raises(ReasonMissing):
        submissions.send_back(mapping, by=chen, comment=" ")
    submissions.send_back(mapping, by=chen, comment="Is it assessed, too?")
    mappings.comment(mapping, "From next year on.", by=fay)
    assert [(each.by, each.text) for each in mapping.comments.all()] == [
        (chen, "Is it assessed, too?"),
        (fay, "From next year on."),
    ]
    assert submissions.confirm(mapping, by=fay).state == "submitted"
    assert submissions.accept(mapping, by=chen).state == "accepted"


def test_comments_are_of_those_who_propose_or_review_there(
    mapping: Mapping, college: College, fay: User, chen: User, root: User
) -> None:
    tag = mapping.tags.get()
    said = mappings.comment(tag, "Which drawing?", by=chen)
    assert (said.tag, said.mapping) == (tag, mapping)
    stranger = member_of_staff(root, "artist", "chair", college.arts)
    with pytest.raises(NotAllowed):
        mappings.comment(mapping, "Mine.", by=stranger)
    with pytest.raises(ReasonMissing):
        mappings.comment(mapping, "\n", by=fay)
    with pytest.raises(DatabaseError, match="registrar_comment"), transaction.atomic():
        Comment.objects.update(text="Nothing.")


def test_all_sections_confirm_before_it_is_submitted(
    mapping: Mapping, college: College, fay: User, chen: User, root: User
) -> None:
    flo = member_of_staff(root, "flo", "faculty", college.science)
    college.offer(college.course, "second").teachers.add(flo)
    assert submissions.confirm(mapping, by=fay).state == "open"
    assert submissions.missing(mapping) == ["second is not confirmed by who teaches it."]
    propose(college, 0, by=flo, term=college.term)
    assert submissions.confirm(mapping, by=flo).state == "open", "what Fay confirmed has changed"
    assert submissions.confirm(mapping, by=fay).state == "submitted"
    assert mapping.confirmations.count() == 3
    with pytest.raises(SamePerson):
        submissions.accept(mapping, by=member_of(flo, "chair", college, root))


def member_of(person: User, kind: str, college: College, root: User) -> User:
    people.give_role(person, kind, college.science, by=root)
    return User.objects.get(pk=person.pk)


def test_one_section_is_enough_where_the_college_says_so(
    mapping: Mapping, college: College, fay: User, clara: User, root: User
) -> None:
    flo = member_of_staff(root, "flo", "faculty", college.science)
    college.offer(college.course, "second").teachers.add(flo)
    policies.settle(by=clara, reason="Sections are alike.", all_sections=False)
    assert submissions.confirm(mapping, by=fay).state == "submitted"


def test_only_who_teaches_it_confirms(mapping: Mapping, chen: User, root: User) -> None:
    for person in (chen, root):
        with pytest.raises(NotAllowed, match="Those who teach it"):
            submissions.confirm(mapping, by=person)


def test_what_nobody_teaches_is_confirmed_by_who_proposes_there(
    college: College, spring: Term, fay: User
) -> None:
    club = college.course_named("CLUB", kind="activity")
    outcome = LearningOutcome.objects.create(opportunity=club, code="C-1", statement="Keep books.")
    tag = tagging.propose(outcome, college.skills[0], emphasis="assessed", by=fay, term=spring)
    assert tag.mapping is not None
    assert submissions.confirm(tag.mapping, by=fay).state == "submitted"


def test_confirming_twice_is_confirming_once(
    mapping: Mapping, college: College, fay: User, root: User
) -> None:
    flo = member_of_staff(root, "flo", "faculty", college.science)
    college.offer(college.course, "second").teachers.add(flo)
    for _ in range(2):
        submissions.confirm(mapping, by=fay)
    assert mapping.confirmations.count() == 1
    submissions.confirm(mapping, by=flo)
    with pytest.raises(WrongState, match="submitted already"):
        submissions.confirm(mapping, by=fay)


@pytest.fixture
def adam(college: College, root: User) -> User:
    return member_of_staff(root, "adam", "advocate", college.science)


def test_an_advocate_proposes_for_a_colleague_who_confirms(
    college: College, spring: Term, adam: User, fay: User, chen: User
) -> None:
    tag = propose(college, 0, by=adam, term=spring, for_person=fay)
    assert tag.mapping is not None
    with pytest.raises(Unconfirmed):
        tagging.accept(tag, by=chen)
    with pytest.raises(NotAllowed):
        tagging.confirm(tag, by=adam)
    assert "has to confirm “Observe”" in submissions.missing(tag.mapping)[0]
    assert submissions.confirm(tag.mapping, by=fay).state == "submitted"
    tag.refresh_from_db()
    assert tag.confirmed_at is not None
    assert submissions.accept(tag.mapping, by=chen).state == "accepted"


def test_a_colleague_confirms_a_single_tag_and_cannot_accept_it(
    college: College, spring: Term, adam: User, fay: User, chen: User, root: User
) -> None:
    tag = tagging.confirm(propose(college, 0, by=adam, term=spring, for_person=fay), by=fay)
    with pytest.raises(SamePerson):
        tagging.accept(tag, by=member_of(fay, "chair", college, root))
    with pytest.raises(IntegrityError, match="nobody_it_was_proposed_for"), transaction.atomic():
        SkillTag.objects.filter(pk=tag.pk).update(state="accepted", reviewed_by=fay)
    assert tagging.accept(tag, by=chen).state == "accepted"


def test_who_changes_a_proposal_is_its_proposer(
    college: College, spring: Term, adam: User, fay: User
) -> None:
    tag = propose(college, 0, by=adam, term=spring, for_person=fay)
    changed = tagging.change(tag, by=fay, emphasis="practised")
    assert (changed.proposed_by, changed.for_person, changed.emphasis) == (fay, None, "practised")


def test_only_advocates_and_chairs_propose_for_others(
    college: College, spring: Term, fay: User, adam: User, chen: User
) -> None:
    with pytest.raises(NotAllowed):
        propose(college, 0, by=fay, term=spring, for_person=adam)
    with pytest.raises(WrongState, match="does not teach this"):
        propose(college, 0, by=chen, term=spring, for_person=adam)
    with pytest.raises(WrongState, match="your own"):
        propose(college, 0, by=adam, term=spring, for_person=adam)


def test_a_fourth_tag_is_refused_with_the_rule_and_the_remedy(
    college: College, spring: Term, fay: User
) -> None:
    for skill in range(3):
        propose(college, skill, by=fay, term=spring)
    (fourth,) = more_skills(college, 1)
    with pytest.raises(TooManyTags, match=r"at most 3 skills.*has 3 already. Withdraw or end one"):
        tagging.propose(college.outcome, fourth, emphasis="taught", by=fay, term=spring)
    tagging.withdraw(SkillTag.objects.earliest("pk"), by=fay)
    assert tagging.propose(college.outcome, fourth, emphasis="taught", by=fay, term=spring)


def test_a_fourth_tag_does_not_come_back_from_its_end(
    college: College, spring: Term, fall: Term, held_again: None, fay: User, chen: User
) -> None:
    for place in range(3):
        propose(college, place, by=fay, term=spring)
    mapping = submissions.confirm(Mapping.objects.get(), by=fay)
    submissions.accept(mapping, by=chen)
    tag = mapping.tags.earliest("pk")
    tagging.end(tag, by=fay, term=fall)
    (fourth,) = more_skills(college, 1)
    tagging.propose(college.outcome, fourth, emphasis="taught", by=fay, term=fall)
    with pytest.raises(TooManyTags):
        tagging.keep(tag, by=fay)
    with pytest.raises(TooManyTags):
        tagging.change(tag, by=fay, term=fall, level="alone")


def test_a_quarter_of_the_grade_is_refused_with_the_rule_and_the_remedy(
    college: College, spring: Term, fay: User
) -> None:
    quarter = Piece(title="Report", share=Decimal(25))
    said = r"at least 30 % of the grade.*25 % is tied to “Observe”. Add the work"
    with pytest.raises(ShareTooSmall, match=said):
        propose(college, 0, by=fay, term=spring, emphasis="assessed", evidence=[quarter])
    assert not SkillTag.objects.exists()
    enough = [quarter, Piece(line_item=college.final, rubric_row="Accuracy", share=Decimal(5))]
    tag = propose(college, 0, by=fay, term=spring, emphasis="assessed", evidence=enough)
    assert [each.title for each in tag.evidence.all()] == ["Report", "Final result"]
    with pytest.raises(ShareTooSmall):
        tagging.change(tag, by=fay, evidence=[quarter])
    with pytest.raises(WrongState, match="130 %"):
        tagging.change(tag, by=fay, evidence=[Piece(title="All", share=Decimal(130))])
    assert tag.evidence.count() == 2


def test_work_of_another_course_bears_nothing_out(
    college: College, spring: Term, fay: User
) -> None:
    art = college.course_named("ART 1")
    item = college.assess(college.offer(art), "Exam")
    with pytest.raises(WrongState, match="work of something else"):
        propose(college, 0, by=fay, term=spring, evidence=[Piece(line_item=item)])
    with pytest.raises(WrongState, match="no title"):
        propose(college, 0, by=fay, term=spring, evidence=[Piece(share=Decimal(40))])


def test_the_rules_are_the_colleges_and_say_why(
    college: College, spring: Term, fay: User, clara: User, chen: User
) -> None:
    with pytest.raises(NotAllowed):
        policies.settle(by=chen, reason="I like it.", max_tags=9)
    with pytest.raises(ReasonMissing):
        policies.settle(by=clara, reason="", max_tags=1)
    with pytest.raises(WrongState):
        policies.settle(by=clara, reason="None.", max_tags=0)
    policies.settle(by=clara, reason="Senate, March.", max_tags=1, least_share=0)
    policies.settle(by=clara, reason="Again.", max_tags=1)
    held = TaggingPolicy.objects.get()
    assert (held.max_tags, held.least_share, held.all_sections) == (1, 0, True)
    tag = propose(college, 0, by=fay, term=spring, emphasis="assessed")
    with pytest.raises(TooManyTags, match="at most 1 skill an outcome"):
        propose(college, 1, by=fay, term=spring)
    assert tagging.accept(tag, by=chen).state == "accepted"
    with pytest.raises(DatabaseError, match="taggingpolicy"), transaction.atomic():
        TaggingPolicy.objects.update(max_tags=5)


def test_ten_are_accepted_at_once_and_what_cannot_be_is_named(
    college: College, spring: Term, fay: User, chen: User
) -> None:
    submitted = []
    for number in range(10):
        course = college.course_named(f"C {number}")
        outcome = LearningOutcome.objects.create(
            opportunity=course, code=f"C-{number}", statement="Do."
        )
        by = chen if number == 9 else fay
        tag = tagging.propose(outcome, college.skills[0], emphasis="taught", by=by, term=spring)
        assert tag.mapping is not None
        submitted.append(submissions.confirm(tag.mapping, by=by))
    reviewed = submissions.accept_all(submitted, by=chen)
    assert len(reviewed.done) == 9
    ((mapping, refusal),) = reviewed.refused
    assert (mapping.opportunity.code, refusal.code) == ("C 9", "same_person")


def test_what_waits_too_long_is_overdue_and_has_an_owner(
    mapping: Mapping, college: College, fay: User, chen: User, root: User
) -> None:
    submissions.confirm(mapping, by=fay)
    now, week = timezone.now(), timedelta(days=policies.current().review_days)
    assert not Mapping.objects.overdue(now, after=week)
    assert list(Mapping.objects.overdue(now + timedelta(days=8), after=week)) == [mapping]
    assert mapping.owner == fay
    flo = member_of_staff(root, "flo", "faculty", college.science)
    assert mappings.hand_over(mapping, flo, by=chen).owner == flo
    stranger = member_of_staff(root, "artist", "faculty", college.arts)
    with pytest.raises(NotAllowed):
        mappings.hand_over(mapping, stranger, by=chen)


def test_a_tag_cannot_be_ended_while_a_change_is_proposed(
    mapping: Mapping, fall: Term, held_again: None, fay: User, chen: User
) -> None:
    tag = mapping.tags.get()
    with pytest.raises(WrongState, match="change of it"):
        tagging.end(tag, by=fay, term=fall)
    rejected = tagging.reject(tag, by=chen, comment="No.")
    with pytest.raises(WrongState):
        tagging.end(rejected, by=fay, term=fall)
    with pytest.raises(WrongState):
        tagging.change(rejected, by=fay, term=fall, level="alone")
