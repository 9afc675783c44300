"""Faculty see what they teach, find a skill in a few letters, and propose it."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from registrar.models import LearningOpportunity, LearningOutcome, SkillChoice, SkillTag
from registrar.services.teaching import mappings, submissions, tagging
from skills.models import Framework, Skill
from tests.cast import College, member_of_staff

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def faculty(fay: User) -> Client:
    return signed_in(fay)


@pytest.fixture
def course(college: College) -> str:
    return f"/teach/{college.course.pk}/"


@pytest.fixture
def chemistry(college: College) -> LearningOpportunity:
    """A course of Fay's department that somebody else teaches."""
    found = college.course_named("CHE 101")
    LearningOutcome.objects.create(opportunity=found, code="CHE101-1", statement="Titrate.")
    return found


@pytest.fixture
def foreign(college: College) -> Skill:
    """A skill in the framework of others, whose code comes before all of ours."""
    framework = Framework.objects.create(
        identifier="6f7d3b3c-5a0c-4d0e-9a75-6f6a3c1a0b01",
        uri="https://others.example/frameworks/1",
        title="What others can do",
    )
    return Skill.objects.create(
        framework=framework,
        identifier="6f7d3b3c-5a0c-4d0e-9a75-6f6a3c1a0b11",
        uri="https://others.example/skills/1",
        code="A-1",
        label="Draw a map",
        statement="The graduate can draw a map.",
        kind=Skill.Kind.SKILL,
    )


def found(client: Client, college: College, words: str) -> list[str]:
    answer = client.get("/skills/options", {"box": "find-1", "q": words})
    assert answer.status_code == 200
    return [skill.code for skill in answer.context["found"].skills]


def test_one_sees_the_courses_one_teaches_and_no_others(
    faculty: Client, course: str, chemistry: LearningOpportunity
) -> None:
    body = faculty.get("/teach/").content.decode()
    assert course in body
    assert "CHE 101" not in body
    assert faculty.get(course).status_code == 200
    assert faculty.get(f"/teach/{chemistry.pk}/").status_code == 404


def test_one_sees_the_activities_of_ones_unit_and_of_those_below(
    college: College, root: User, faculty: Client
) -> None:
    club = college.course_named("CLUB", kind="activity")
    theatre = college.course_named("STAGE", kind="activity")
    LearningOpportunity.objects.filter(pk=theatre.pk).update(unit=college.arts)
    assert faculty.get(f"/teach/{club.pk}/").status_code == 200
    assert faculty.get(f"/teach/{theatre.pk}/").status_code == 404
    for name, unit in {"above": college.top, "everywhere": None}.items():
        body = signed_in(member_of_staff(root, name, "faculty", unit)).get("/teach/")
        assert {"CLUB", "STAGE"} == {each.opportunity.code for each in body.context["standings"]}, (
            name
        )


def test_an_outcome_of_another_course_is_not_found(
    faculty: Client, college: College, course: str, chemistry: LearningOpportunity
) -> None:
    outcome = chemistry.outcomes.get()
    for address in (course, f"/teach/{chemistry.pk}/"):
        form = {"outcome": outcome.pk, "q": "draw", "skill": college.skills[1].pk}
        assert faculty.post(f"{address}turn-down", form).status_code == 404
        assert faculty.post(f"{address}propose", form).status_code == 404
    assert not SkillTag.objects.exists()


def test_three_letters_or_a_code_find_a_skill(faculty: Client, college: College) -> None:
    assert found(faculty, college, "dra") == ["S-1"]
    assert found(faculty, college, "S-2") == ["S-2"]
    assert found(faculty, college, "graduate EXPL") == ["S-2"]
    assert found(faculty, college, " ") == []
    assert found(faculty, college, "juggle") == []


def test_the_own_framework_comes_first(faculty: Client, college: College, foreign: Skill) -> None:
    assert found(faculty, college, "draw") == ["S-1", "A-1"]


def test_a_retired_skill_and_a_heading_are_not_offered(faculty: Client, college: College) -> None:
    observe, draw, _ = college.skills
    Skill.objects.filter(pk=observe.pk).update(retired_at=timezone.now())
    Skill.objects.filter(pk=draw.pk).update(kind=Skill.Kind.CATEGORY)
    assert found(faculty, college, "graduate") == ["S-2"]


def test_a_proposed_skill_waits_for_review(
    faculty: Client, college: College, course: str, fay: User
) -> None:
    form = {"outcome": college.outcome.pk, "skill": college.skills[1].pk, "emphasis": "assessed"}
    answer = faculty.post(f"{course}propose", form, follow=True)
    tag = SkillTag.objects.get()
    assert answer.redirect_chain == [(f"{course}?tag={tag.pk}", 302)]
    assert (tag.state, tag.emphasis, tag.proposed_by) == ("proposed", "assessed", fay)
    body = answer.content.decode()
    assert "Proposed “Draw” for BIO101-1." in body
    assert "Rule “at least 30 % of the grade”" in body


def test_a_fourth_skill_and_a_quarter_of_the_grade_are_refused_at_once(
    faculty: Client, college: College, course: str, fay: User, foreign: Skill
) -> None:
    tag, *_ = [
        tagging.propose(college.outcome, skill, emphasis="taught", by=fay)
        for skill in college.skills
    ]
    form = {"outcome": college.outcome.pk, "skill": foreign.pk, "emphasis": "taught"}
    answer = faculty.post(f"{course}propose", form)
    assert answer.status_code == 409
    body = answer.content.decode()
    assert "Rule “at most 3 skills an outcome”: BIO101-1 has 3 already." in body
    assert "Withdraw or end one of them first." in body
    quarter = {"act": "change", "emphasis": "assessed", "title": "Report", "share": "25"}
    quarter |= {"work": "", "rubric_row": "", "level": ""}
    answer = faculty.post(f"{course}tags/{tag.pk}", quarter)
    assert answer.status_code == 409
    body = answer.content.decode()
    assert "Rule “at least 30 % of the grade”: 25 % is tied to “Observe”." in body
    assert "Add the work that assesses it, or say that it is taught or practised." in body
    tag.refresh_from_db()
    assert (tag.emphasis, tag.evidence.count(), SkillTag.objects.count()) == ("taught", 0, 3)
    kept, *_ = [each for line in answer.context["lines"] for each in line.tags if each.tag == tag]
    assert (kept.emphasis, kept.evidence[0].title, kept.evidence[0].share) == (
        "assessed",
        "Report",
        "25",
    )
    assert body.count('name="share" value="25" autofocus') == 1


def test_a_title_of_other_work_says_nothing_of_work_that_is_known(
    faculty: Client, college: College, course: str, fay: User
) -> None:
    tag = tagging.propose(college.outcome, college.skills[1], emphasis="assessed", by=fay)
    form = {"act": "change", "emphasis": "assessed", "level": "", "rubric_row": ""}
    form |= {"work": str(college.final.pk), "title": "50", "share": "50"}
    assert faculty.post(f"{course}tags/{tag.pk}", form).status_code == 302
    assert [str(each) for each in tag.evidence.all()] == [f"{college.final.title}, 50 %"]


def test_what_was_sent_back_says_why_at_the_top_and_can_be_submitted_as_it_is(
    faculty: Client, college: College, course: str, fay: User, chen: User
) -> None:
    tag = tagging.propose(
        college.outcome, college.skills[1], emphasis="taught", by=fay, term=college.term
    )
    assert tag.mapping is not None
    mapping = submissions.confirm(tag.mapping, by=fay)
    submissions.send_back(mapping, by=chen, comment="Is it only taught?")
    here = {"term": college.term.pk}
    answer = faculty.get(course, here)
    assert answer.context["sent_back_with"].text == "Is it only taught?"
    body = answer.content.decode()
    assert "Still missing" not in body
    assert "Submit to the chair" in body
    answer = faculty.post(f"{course}comment", here | {"text": " "})
    assert (answer.status_code, str(answer.context["refusal"])) == (409, "Write something first.")
    assert 'name="text" rows="2" dir="auto" autofocus' in answer.content.decode()
    faculty.post(f"{course}comment", here | {"text": "Yes, it is."})
    faculty.post(f"{course}confirm", here)
    mapping.refresh_from_db()
    assert mapping.state == "submitted"
    assert faculty.get(course, here).context["sent_back_with"] is None


def test_the_tenth_outcome_comes_after_the_ninth(
    faculty: Client, college: College, course: str
) -> None:
    codes = ["BIO101-1", "BIO101-2²", "BIO101-9", "BIO101-10", "BIO101-critical-thinking"]
    for code in sorted(codes[1:]):
        LearningOutcome.objects.create(opportunity=college.course, code=code, statement="Do it.")
    lines = faculty.get(course).context["lines"]
    assert [each.line.outcome.code for each in lines] == codes
    grid = faculty.get(f"/teach/offerings/{college.offering.pk}/marks").context["grid"]
    assert [each.outcome.code for each in grid.columns] == codes


def test_a_course_that_was_handed_over_is_ones_own(
    faculty: Client, college: College, chemistry: LearningOpportunity, fay: User, chen: User
) -> None:
    mappings.hand_over(mappings.open(chemistry, college.term, by=chen), fay, by=chen)
    assert faculty.get(f"/teach/{chemistry.pk}/").status_code == 200
    assert "CHE 101" in faculty.get("/teach/").content.decode()


def test_an_advocate_proposes_first_for_who_teaches_it_now(
    college: College, root: User, fay: User, course: str
) -> None:
    before = member_of_staff(root, "aaron", "faculty", college.science)
    User.objects.filter(pk=before.pk).update(last_name="Aa")
    earlier = college.offer(college.course, "bio-101-25F")
    earlier.term = college.term_named(
        "Fall 2025", starts_on=date(2025, 8, 25), ends_on=date(2025, 12, 19)
    )
    earlier.save()
    earlier.teachers.add(before)
    advocate = signed_in(member_of_staff(root, "advocate", "advocate", college.science))
    answer = advocate.get(course, {"term": college.term.pk})
    assert answer.context["colleagues"] == [fay, before]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (
            "proposed",
            "“Draw” is proposed already for BIO101-1, as assessed. A chair will review it.",
        ),
        ("accepted", "“Draw” is accepted already for BIO101-1, as assessed."),
        ("rejected", "Proposed “Draw” for BIO101-1."),
    ],
)
def test_what_is_proposed_already_is_not_said_to_be_proposed_again(
    faculty: Client, college: College, course: str, fay: User, chen: User, state: str, said: str
) -> None:
    tag = tagging.propose(
        college.outcome,
        college.skills[1],
        emphasis="assessed",
        by=fay,
        evidence=[tagging.Piece(title="Portfolio", share=Decimal(40))],
    )
    if state == "accepted":
        tagging.accept(tag, by=chen)
    elif state == "rejected":
        tagging.reject(tag, by=chen, comment="Not in this outcome.")
    form = {"outcome": college.outcome.pk, "skill": college.skills[1].pk, "emphasis": "taught"}
    body = faculty.post(f"{course}propose", form, follow=True).content.decode()
    assert said in body
    assert ("Proposed “Draw”" in body) == (state == "rejected")
    assert SkillTag.objects.count() == (2 if state == "rejected" else 1)


def test_an_emphasis_that_nobody_knows_is_taken_for_the_first(
    faculty: Client, college: College, course: str
) -> None:
    form = {"outcome": college.outcome.pk, "skill": college.skills[1].pk, "emphasis": "sung"}
    faculty.post(f"{course}propose", form)
    assert SkillTag.objects.get().emphasis == "taught"


def test_a_retired_skill_cannot_be_proposed(faculty: Client, college: College, course: str) -> None:
    Skill.objects.filter(pk=college.skills[1].pk).update(retired_at=timezone.now())
    form = {"outcome": college.outcome.pk, "skill": college.skills[1].pk}
    body = faculty.post(f"{course}propose", form, follow=True).content.decode()
    assert "This skill is retired or a mere heading. Choose another." in body
    assert not SkillTag.objects.exists()


def test_whoever_proposed_reads_why_it_was_rejected(
    faculty: Client, college: College, course: str, fay: User, chen: User
) -> None:
    tag = tagging.propose(college.outcome, college.skills[1], emphasis="taught", by=fay)
    tagging.reject(tag, by=chen, comment="They only look at drawings.")
    body = faculty.get(course).content.decode()
    assert "Rejected" in body
    assert "They only look at drawings." in body


def test_without_scripts_the_box_is_a_form(faculty: Client, college: College, course: str) -> None:
    asked = {"outcome": college.outcome.pk, "q": "draw"}
    form = asked | {"find": "1", "skill": [college.skills[0].pk]}
    body = faculty.post(f"{course}propose", form, follow=True).content.decode()
    assert f'name="skill" value="{college.skills[1].pk}" id="find' in body
    assert 'value="draw"' in body
    assert f'id="find-{college.outcome.pk}-chosen-{college.skills[0].pk}" checked' in body
    assert f'action="{course}propose"' in body
    assert not SkillTag.objects.exists()
    body = faculty.get(course, asked | {"q": "juggle"}).content.decode()
    assert "Nothing matches “juggle”" in body


@pytest.mark.parametrize("number", ["", "x", "-1", "0", "9" * 17, "9" * 40, "٣"])
def test_a_number_of_nothing_is_not_found(
    faculty: Client, college: College, course: str, number: str
) -> None:
    good = {"outcome": college.outcome.pk, "q": "draw", "skill": college.skills[0].pk}
    assert faculty.post(f"{course}turn-down", good | {"outcome": number}).status_code == 404
    assert faculty.post(f"{course}propose", good | {"outcome": number}).status_code == 404
    assert faculty.post(f"{course}propose", good | {"skill": number}).status_code == 404
    assert faculty.get(course, good | {"outcome": number}).status_code == 200


def test_an_address_beyond_all_numbers_is_not_found(faculty: Client) -> None:
    for page in ("", "skills", "propose"):
        method = faculty.post if page == "propose" else faculty.get
        assert method(f"/teach/{'9' * 40}/{page}").status_code == 404


def test_words_that_no_database_takes_are_refused(
    faculty: Client, college: College, course: str
) -> None:
    asked = {"outcome": college.outcome.pk, "q": "dr\x00aw"}
    assert faculty.get(course, asked).status_code == 400
    assert faculty.get(f"{course}skills", asked).status_code == 400


def test_only_faculty_and_chairs_come_in(
    college: College, course: str, clara: User, dev: User, olu: User, chen: User
) -> None:
    for person in (clara, dev, olu):
        for page in ("/teach/", course, f"{course}turn-down", f"{course}propose"):
            assert signed_in(person).get(page).status_code in (403, 405), (person, page)
        assert signed_in(person).post(f"{course}propose").status_code == 403
    assert signed_in(chen).get("/teach/").status_code == 200


def test_nothing_is_proposed_by_looking(faculty: Client, college: College, course: str) -> None:
    asked = {"outcome": college.outcome.pk, "skill": college.skills[1].pk}
    assert faculty.get(f"{course}propose", asked).status_code == 405
    assert not SkillTag.objects.exists()


def test_it_is_kept_how_a_skill_was_chosen(
    faculty: Client, college: College, course: str, fay: User
) -> None:
    observe, draw, explain = college.skills
    body = faculty.get(course, {"outcome": college.outcome.pk, "suggest": 1}).content.decode()
    assert "words in common" in body
    form = {"outcome": college.outcome.pk, "shown": [observe.pk, draw.pk]}
    faculty.post(f"{course}turn-down", form | {"turn_down": observe.pk})
    faculty.post(f"{course}turn-down", form | {"turn_down": explain.pk})
    faculty.post(f"{course}propose", form | {"skill": [draw.pk, explain.pk]})
    kept = {choice.skill: choice for choice in SkillChoice.objects.all()}
    assert {skill.label: choice.verdict for skill, choice in kept.items()} == {
        "Observe": "rejected",
        "Draw": "accepted",
        "Explain": "added",
    }
    assert (kept[draw].method, kept[draw].by, kept[explain].method) == ("words", fay, "")
    assert kept[draw].reason.startswith("words in common")
    assert not tagging.suggest(college.outcome)


def test_nothing_chosen_is_said_so(faculty: Client, college: College, course: str) -> None:
    answer = faculty.post(f"{course}propose", {"outcome": college.outcome.pk}, follow=True)
    assert "Choose at least one skill." in answer.content.decode()
