"""A competency combines knowledge, skills and behaviours in a context, or is not published."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from skills.errors import NoDraft, NotCurrent, NotOurOwn, NotPublished, NotReady
from skills.models import Association, Competency, Component, Edition, Framework, Skill
from skills.readers import formats
from skills.services import competencies, frameworks
from skills.services.competencies import Part
from tests.skills.locks import wait_until_somebody_waits
from tests.skills.test_histories import bring, skill

pytestmark = pytest.mark.django_db

WARD = "On a ward, under supervision, with patients who can answer."


@pytest.fixture
def parts(college: Any) -> list[Part]:
    knowledge, skill, behaviour = college.skills
    return [Part(knowledge, "knowledge"), Part(skill, "skill"), Part(behaviour, "behaviour")]


@pytest.fixture
def own(college: Any) -> Framework:
    return college.skills[0].framework


def test_a_competency_of_parts_in_a_context_is_published_as_a_skill(
    own: Framework, parts: list[Part], clara: User
) -> None:
    made = competencies.draft(own, by=clara, statement="Observe.", context=WARD, parts=parts)
    assert not Skill.objects.filter(kind="competency").exists()
    published = competencies.publish(made, by=clara)
    skill = Skill.objects.get(kind="competency")
    assert (published.skill, published.state) == (skill, "published")
    assert skill in Skill.objects.current()
    assert skill.uri.endswith(f"/skills/{skill.uuid}")
    links = Association.objects.current().filter(destination=skill, kind="isPartOf")
    assert {link.origin for link in links} == {part.skill for part in parts}
    assert {each.role for each in published.components.all()} == {
        "knowledge",
        "skill",
        "behaviour",
    }
    assert Edition.objects.get().framework == own


def test_without_components_or_context_it_is_not_published(
    own: Framework, parts: list[Part], clara: User
) -> None:
    made = competencies.draft(own, by=clara, statement="Observe.")
    with pytest.raises(NotReady, match=r"components.*, and without a context"):
        competencies.publish(made, by=clara)
    competencies.edit(made, context=WARD)
    with pytest.raises(NotReady, match="components"):
        competencies.publish(made, by=clara)
    competencies.edit(made, context="  ", parts=parts)
    with pytest.raises(NotReady, match="context"):
        competencies.publish(made, by=clara)
    assert not Skill.objects.filter(kind="competency").exists()


def test_the_database_too_refuses_it_without_components_or_context(
    own: Framework, parts: list[Part], clara: User
) -> None:
    bare = competencies.draft(own, by=clara, statement="Observe.", context=WARD)
    vague = competencies.draft(own, by=clara, statement="Observe.", parts=parts)
    said = {
        "state": "published",
        "skill": parts[0].skill,
        "published_by": clara,
        "published_at": timezone.now(),
    }
    for made, reason in ((bare, "has components"), (vague, "has_a_context")):
        with pytest.raises(DatabaseError, match=reason), transaction.atomic():
            Competency.objects.filter(pk=made.pk).update(**said)


def test_what_is_published_does_not_change_and_is_revised_instead(
    own: Framework, parts: list[Part], clara: User
) -> None:
    made = competencies.draft(own, by=clara, statement="Observe.", context=WARD, parts=parts)
    first = competencies.publish(made, by=clara)
    for change in (
        lambda: competencies.edit(first, statement="Watch."),
        lambda: competencies.publish(first, by=clara),
        lambda: competencies.discard(first),
    ):
        with pytest.raises(NoDraft):
            change()
    for touch in (
        lambda: Competency.objects.update(context="Anywhere"),
        lambda: Component.objects.update(role="skill"),
        lambda: Component.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match=r"do(es)? not change"), transaction.atomic():
            touch()
    second = competencies.revise(first, by=clara)
    assert competencies.revise(first, by=clara) == second
    with pytest.raises(NotPublished):
        competencies.revise(second, by=clara)
    competencies.edit(second, statement="Watch closely.", parts=parts[:2])
    later = timezone.now() + timedelta(days=1)
    published = competencies.publish(second, by=clara, at=later)
    first.refresh_from_db()
    assert (first.state, published.skill) == ("superseded", first.skill)
    with pytest.raises(NotPublished):
        competencies.revise(first, by=clara)
    wordings = [each.statement for each in published.skill.wordings.all()]
    assert wordings == ["Observe.", "Watch closely."]
    links = Association.objects.current().filter(destination=published.skill)
    assert {link.origin for link in links} == {part.skill for part in parts[:2]}


def test_a_retired_component_has_to_be_replaced_first(
    own: Framework, parts: list[Part], clara: User
) -> None:
    made = competencies.draft(own, by=clara, statement="Observe.", context=WARD, parts=parts)
    Skill.objects.filter(pk=parts[0].skill.pk).update(retired_at=timezone.now())
    with pytest.raises(NotReady, match="in the place of Observe"):
        competencies.publish(made, by=clara)
    with pytest.raises(NotCurrent):
        competencies.edit(made, parts=parts)


def test_only_our_own_frameworks_are_written_in(own: Framework, clara: User) -> None:
    foreign = Framework.objects.create(identifier="f", uri="https://f.example/", title="F")
    with pytest.raises(NotOurOwn):
        competencies.draft(foreign, by=clara, statement="Observe.")
    made = competencies.draft(own, by=clara, statement="Observe.")
    competencies.discard(made)
    assert not Competency.objects.exists()


def test_an_import_into_the_framework_leaves_what_was_written_here(
    own: Framework, parts: list[Part], clara: User
) -> None:
    made = competencies.draft(own, by=clara, statement="Observe.", context=WARD, parts=parts)
    published = competencies.publish(made, by=clara)
    bring(skill("new"), at=timezone.now(), name=own.identifier)
    assert published.skill in Skill.objects.current()
    assert Association.objects.current().filter(destination=published.skill).count() == 3
    assert frameworks.successors([published.skill]) == {}


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_who_publishes_while_somebody_edits_publishes_what_that_one_wrote(
    own: Framework, parts: list[Part], clara: User
) -> None:
    made = competencies.draft(own, by=clara, statement="Observe.", context=WARD, parts=parts)

    def publish() -> None:
        try:
            competencies.publish(Competency.objects.get(pk=made.pk), by=clara)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            competencies.edit(made, statement="Watch closely.")
            published = other.submit(publish)
            wait_until_somebody_waits()
        published.result(timeout=10)
    made.refresh_from_db()
    assert made.skill is not None
    assert made.state == "published"
    assert made.skill.statement == made.statement == "Watch closely."


def test_a_competency_is_no_part_of_itself_nor_of_its_own_parts(
    own: Framework, parts: list[Part], clara: User
) -> None:
    inner = competencies.draft(own, by=clara, statement="Observe.", context=WARD, parts=parts)
    inner = competencies.publish(inner, by=clara)
    assert inner.skill is not None
    outer = competencies.draft(
        own, by=clara, statement="Care.", context=WARD, parts=[Part(inner.skill, "skill")]
    )
    outer = competencies.publish(outer, by=clara)
    assert outer.skill is not None
    revised = competencies.revise(inner, by=clara)
    for part in (inner.skill, outer.skill):
        competencies.edit(revised, parts=[Part(part, "skill")])
        with pytest.raises(NotReady, match="other components than itself"):
            competencies.publish(revised, by=clara)


@pytest.mark.parametrize("state", ["draft", "superseded"])
def test_the_database_lets_no_competency_lose_its_components_or_go_back(
    own: Framework, parts: list[Part], clara: User, state: str
) -> None:
    made = competencies.draft(own, by=clara, statement="Observe.", context=WARD, parts=parts)
    competencies.publish(made, by=clara)
    other = competencies.draft(own, by=clara, statement="Care.")
    with pytest.raises(DatabaseError, match="do not change"), transaction.atomic():
        Component.objects.filter(competency=made).update(competency=other)
    rows = Competency.objects.filter(pk=made.pk)
    if state == "superseded":
        rows.update(state=state)
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        rows.update(state="draft")


def test_the_database_takes_blanks_for_no_context(
    own: Framework, parts: list[Part], clara: User
) -> None:
    made = competencies.draft(own, by=clara, statement="Observe.", context=" \t", parts=parts)
    with pytest.raises(DatabaseError, match="has_a_context"), transaction.atomic():
        Competency.objects.filter(pk=made.pk).update(
            state="published",
            skill=parts[0].skill,
            published_by=clara,
            published_at=timezone.now(),
        )


def test_a_file_does_not_reword_a_competency_that_was_published_here(
    own: Framework, parts: list[Part], clara: User
) -> None:
    made = competencies.draft(own, by=clara, statement="Observe.", context=WARD, parts=parts)
    skill = competencies.publish(made, by=clara).skill
    assert skill is not None
    row = f"{skill.identifier},Look the other way.\n"
    planned = frameworks.plan(
        formats.read(
            f"Identifier,fullStatement\n{row}".encode(),
            format_name="opensalt_csv",
            framework_id=own.identifier,
            title=own.title,
        )
    )
    assert "written_here" in {warning.code for warning in planned.warnings}
    frameworks.apply(planned, by=clara, source="skills.csv")
    skill.refresh_from_db()
    assert (skill.statement, skill.retired_at) == ("Observe.", None)
