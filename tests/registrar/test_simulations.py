"""A rule is tried on past terms before it holds."""

from datetime import date

import pytest
from django.contrib.auth.models import User

from issuer.models import LedgerEntry
from registrar.errors import Incomplete, NotAllowed
from registrar.models import Award, Learner, Revision, Simulation
from registrar.services.deciding import simulations
from registrar.services.drafting import templates
from tests.cast import College, member_of_staff

pytestmark = pytest.mark.django_db

EXAM = {"score": {"course": "BIO 101", "category": "Exam", "at_least": 60}}


@pytest.fixture
def stricter(college: College, cells: Revision, clara: User) -> Revision:
    """A draft of the next revision: an exam on top, or mentoring."""
    college.course_named("mentoring", kind="activity")
    rule = {"all": [cells.rule, EXAM]}
    return templates.edit(templates.revise(cells.template, by=clara), by=clara, rule=rule)


def tried(revision: Revision, *, by: User, **where: object) -> Simulation:
    return simulations.run(simulations.ask(revision, by=by, **where))


def test_a_draft_is_tried_beside_the_approved_rule_and_awards_nobody(
    college: College, stricter: Revision, ada: Learner, ben: Learner, clara: User
) -> None:
    exam = college.assess(college.offering, "Exam")
    for learner, score in ((ada, 70), (ben, 50)):
        college.enrol(learner)
        college.grade(learner, "Pass")
        college.grade(learner, score=score, on=exam)
    found = tried(stricter, by=clara)
    assert (found.learners, found.met, found.not_met) == (2, 1, 1)
    assert (found.gained, found.lost, found.done) == (0, 1, found.steps)
    assert found.found["met"] == [[ada.pk, college.offering.pk]]
    assert found.found["lost"] == [[ben.pk, college.offering.pk]]
    (bens,) = simulations.candidates(found, found.found["lost"])
    assert bens.reasons[1].endswith(
        "is 50 (Cells, spring 2026), but at least 60 is needed: 10 short"
    )
    assert not Award.objects.exists()
    assert LedgerEntry.objects.order_by("sequence").last().act == "revision.simulated"
    assert simulations.run(found).finished_at == found.finished_at


def test_of_a_rule_about_other_things_it_is_people_who_change(
    college: College, cells: Revision, ada: Learner, ben: Learner, clara: User
) -> None:
    club = college.course_named("club", kind="activity")
    draft = templates.revise(cells.template, by=clara)
    templates.edit(draft, by=clara, rule={"activity": {"activity": "club"}})
    college.grade(ada, "Pass")
    college.complete(ben, club)
    found = tried(Revision.objects.get(pk=draft.pk), by=clara)
    assert {name: [pair[0] for pair in found.found[name]] for name in ("gained", "lost")} == {
        "gained": [ben.pk],
        "lost": [ada.pk],
    }
    (adas,) = simulations.candidates(found, found.found["lost"])
    assert adas.reasons == ["The activity “club” is not done"]


def test_it_looks_at_the_chosen_terms_and_classes_alone(
    college: College, cells: Revision, ada: Learner, clara: User
) -> None:
    fall = college.term_named("Fall 2025", starts_on=date(2025, 8, 20), ends_on=date(2025, 12, 20))
    earlier = college.offer(college.course, "bio-101-25F")
    earlier.term = fall
    earlier.save()
    college.grade(ada, "Pass")
    college.grade(ada, "Pass", on=college.assess(earlier, "Module result"))
    assert list(simulations.offerings_for(cells)) == [college.offering, earlier]
    assert tried(cells, by=clara).met == 2
    assert tried(cells, by=clara, terms=[fall]).found["met"] == [[ada.pk, earlier.pk]]
    both = tried(cells, by=clara, terms=[fall], offerings=[college.offering])
    assert (both.met, both.former) == (2, None)
    first, *_, last = Simulation.objects.order_by("asked_at")
    assert (first.met, first.found) == (2, {})
    assert last.found


def test_what_cannot_be_tried_is_refused(
    college: College, cells: Revision, clara: User, fay: User, root: User
) -> None:
    draft = templates.edit(templates.revise(cells.template, by=clara), by=clara, rule=None)
    with pytest.raises(Incomplete):
        simulations.ask(draft, by=clara)
    with pytest.raises(NotAllowed):
        simulations.ask(cells, by=fay)
    elsewhere = member_of_staff(root, "eve", "registrar", college.arts)
    with pytest.raises(NotAllowed):
        simulations.ask(cells, by=elsewhere)


def test_how_far_it_is_can_be_asked_while_it_runs(
    college: College, stricter: Revision, ada: Learner, clara: User
) -> None:
    college.grade(ada, "Pass")
    simulation = simulations.ask(stricter, by=clara)
    assert simulations.is_small(simulation)
    assert simulation.steps == 4
    count = simulations._counting(simulation)
    for _ in range(5):
        count()
    simulation.refresh_from_db()
    assert simulation.done == 4
    assert list(simulations.unfinished()) == [simulation]
    assert not simulations.forgotten()
