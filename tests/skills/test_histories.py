"""What a framework said at any time can be asked, and nothing that was said is lost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from skills.models import Association, Edition, Framework, Rubric, Skill, SkillWording
from skills.readers.records import (
    AssociationRecord,
    CriterionRecord,
    DefinitionRecord,
    FrameworkRecord,
    LevelRecord,
    Package,
    RubricRecord,
    SkillRecord,
)
from skills.services import frameworks

pytestmark = pytest.mark.django_db

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
SECOND, THIRD = FIRST + timedelta(days=100), FIRST + timedelta(days=200)


def skill(name: str, **said: Any) -> SkillRecord:
    return SkillRecord(identifier=name, uri=f"https://f.example/{name}", statement=name, **said)


def bring(*skills: SkillRecord, at: datetime, name: str = "f", **said: Any) -> Any:
    parts = {part: said.pop(part, ()) for part in ("associations", "rubrics", "definitions")}
    record = FrameworkRecord(identifier=name, uri=f"https://{name}.example/", title=name, **said)
    package = Package(framework=record, skills=skills, **parts)
    return frameworks.apply(frameworks.plan(package), by=None, source="file", at=at)


def link(kind: str, origin: str, destination: str, **said: Any) -> AssociationRecord:
    return AssociationRecord(
        identifier=f"{origin} {kind} {destination}",
        type=kind,
        origin=origin,
        destination=destination,
        **said,
    )


def read(moment: datetime) -> dict[str, str]:
    wordings = SkillWording.objects.as_of(moment).select_related("skill")
    return {each.skill.identifier: each.statement for each in wordings}


def three_editions() -> None:
    bring(skill("a"), skill("b"), at=FIRST, version="1")
    reworded = SkillRecord(identifier="a", uri="https://f.example/a", statement="in other words")
    bring(reworded, at=SECOND, version="2")
    bring(reworded, skill("b"), at=THIRD, version="3")


def test_what_skills_said_at_a_time_is_a_query() -> None:
    three_editions()
    assert read(FIRST - timedelta(seconds=1)) == {}
    assert read(FIRST) == {"a": "a", "b": "b"}
    assert read(SECOND) == {"a": "in other words"}
    assert read(THIRD) == {"a": "in other words", "b": "b"}
    assert [each.identifier for each in Skill.objects.as_of(SECOND)] == ["a"]


def test_an_edition_is_a_moment_that_can_be_asked_for() -> None:
    three_editions()
    editions = Edition.objects.order_by("number")
    assert [(each.number, each.version, each.at) for each in editions] == [
        (1, "1", FIRST),
        (2, "2", SECOND),
        (3, "3", THIRD),
    ]
    then = Edition.objects.as_of(SECOND + timedelta(days=1)).first()
    assert then is not None and then.made_by is not None
    assert (then.number, then.made_by.retired) == (2, 1)


def test_an_import_that_changes_nothing_makes_no_edition() -> None:
    bring(skill("a"), at=FIRST)
    bring(skill("a"), at=SECOND)
    assert Edition.objects.count() == 1
    assert SkillWording.objects.count() == 1


def test_a_skill_cannot_be_reworded_silently() -> None:
    bring(skill("a"), at=FIRST)
    Skill.objects.update(statement="something else")
    assert [each.statement for each in SkillWording.objects.order_by("began_at")] == [
        "a",
        "something else",
    ]
    assert read(SECOND - timedelta(days=90)) == {"a": "a"}


@pytest.mark.parametrize("model", [Skill, SkillWording, Edition, Association, Rubric])
def test_nothing_that_was_said_is_deleted(model: Any) -> None:
    bring(
        skill("a"),
        at=FIRST,
        associations=[link("isChildOf", "a", "f")],
        rubrics=[RubricRecord(identifier="r", uri="https://f.example/r")],
    )
    with pytest.raises(DatabaseError, match=r"Cannot (update or )?delete"), transaction.atomic():
        model.objects.all()._raw_delete("default")


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (SkillWording, "statement"),
        (Edition, "version"),
        (Association, "kind"),
        (Rubric, "title"),
    ],
)
def test_nothing_that_was_said_is_edited(model: Any, field: str) -> None:
    bring(
        skill("a"),
        at=FIRST,
        associations=[link("isChildOf", "a", "f")],
        rubrics=[RubricRecord(identifier="r", uri="https://f.example/r")],
    )
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        model.objects.update(**{field: "something else"})


def test_associations_are_superseded_and_can_be_asked_as_of_a_time() -> None:
    one = link("isChildOf", "a", "f", sequence=1)
    bring(skill("a"), at=FIRST, associations=[one])
    other = link("isChildOf", "a", "f", sequence=2)
    bring(skill("a"), at=SECOND, associations=[other])
    assert [each.sequence for each in Association.objects.as_of(FIRST)] == [1]
    assert [each.sequence for each in Association.objects.as_of(SECOND)] == [2]
    assert Association.objects.current().get().edition == Edition.objects.get(number=2)


def test_what_an_end_is_called_is_not_the_associations_saying() -> None:
    far = {"destination_uri": "https://g.example/x"}
    bring(skill("a"), at=FIRST, associations=[link("exactMatchOf", "a", "x", **far)])
    named = link("exactMatchOf", "a", "x", destination_title="X", **far)
    imported = bring(skill("a"), at=SECOND, associations=[named])
    assert (imported.differences, Edition.objects.count()) == ([], 1)
    assert Association.objects.get().destination_title == "X"


def test_a_link_that_led_outside_finds_its_skill_when_that_is_imported() -> None:
    far = {"destination_uri": "https://f.example/x"}
    matching = [link("exactMatchOf", "a", "x", **far)]
    bring(skill("a"), at=FIRST, associations=matching, name="f")
    assert Association.objects.get().destination is None
    bring(skill("x"), at=SECOND, name="g")
    assert Association.objects.get().destination == Skill.objects.get(identifier="x")
    assert bring(skill("a"), at=THIRD, associations=matching).unchanged == 1
    assert Association.objects.get().destination == Skill.objects.get(identifier="x")


def test_rubrics_and_definitions_are_kept_and_superseded() -> None:
    def rubric(quality: str) -> RubricRecord:
        level = LevelRecord(identifier="l", uri="https://f.example/l", quality=quality, score=4.0)
        criterion = CriterionRecord(
            identifier="c", uri="https://f.example/c", skill="a", levels=(level,)
        )
        return RubricRecord(
            identifier="r", uri="https://f.example/r", title="R", criteria=(criterion,)
        )

    concept = DefinitionRecord(
        kind="concept", identifier="k", uri="https://f.example/k", title="Key", changed_at=FIRST
    )
    bring(skill("a"), at=FIRST, rubrics=[rubric("Capstone")], definitions=[concept])
    again = bring(skill("a"), at=SECOND, rubrics=[rubric("Capstone")], definitions=[concept])
    assert again.differences == []
    bring(skill("a"), at=THIRD, rubrics=[rubric("Milestone")], definitions=[concept])
    (before,), (after,) = Rubric.objects.as_of(SECOND), Rubric.objects.as_of(THIRD)
    assert before.criteria[0]["levels"][0]["quality"] == "Capstone"
    assert after.criteria[0]["levels"][0]["quality"] == "Milestone"
    assert list(Rubric.objects.about("a")) == [after]
    assert Framework.objects.get().definitions[0]["title"] == "Key"


def test_what_its_source_has_retired_comes_in_retired_and_may_come_back() -> None:
    first = bring(skill("a", is_retired=True), skill("b"), at=FIRST)
    assert (first.new, Skill.objects.current().count()) == (2, 1)
    second = bring(skill("a"), skill("b", is_retired=True), at=SECOND)
    assert (second.changed, second.retired, second.unchanged) == (1, 1, 0)
    assert {each["change"] for each in second.differences} == {"returned", "retired"}
    assert read(SECOND) == {"a": "a"}
    assert Skill.objects.get(identifier="b").retired_at == SECOND
    assert bring(skill("a"), skill("b", is_retired=True), at=THIRD).unchanged == 2


def test_a_skill_without_an_address_gets_one_here_and_keeps_it(settings: Any) -> None:
    settings.BASE_URL = "https://college.example"
    nameless = SkillRecord(identifier="1.A", uri="", statement="Count")
    bring(nameless, at=FIRST)
    found = Skill.objects.get()
    assert found.uri == f"https://college.example/skills/{found.uuid}"
    settings.BASE_URL = "https://elsewhere.example"
    assert bring(nameless, at=SECOND).unchanged == 1


def test_an_item_in_two_frameworks_has_two_addresses_and_its_own_uuid_in_the_first() -> None:
    identifier = "http://data.example/skill/0005c151-5b5a-4a66-8aac-60e734beb1ab"
    record = SkillRecord(identifier=identifier, uri=identifier, statement="Lead")
    bring(record, at=FIRST, name="f")
    bring(record, at=FIRST, name="g")
    first, second = Skill.objects.order_by("pk")
    assert str(first.uuid) == identifier[-36:]
    assert second.uuid not in (None, first.uuid)


def test_what_no_column_can_hold_is_refused_by_name() -> None:
    with pytest.raises(frameworks.ImportRefused) as refused:
        bring(skill("a", code="x" * 201), at=FIRST)
    (problem,) = refused.value.problems
    assert (problem.code, problem.column) == ("too_long", "code")


def chain(*pairs: tuple[str, str]) -> list[AssociationRecord]:
    return [link("replacedBy", old, new) for old, new in pairs]


@pytest.fixture
def replaced() -> Callable[..., dict[str, list[str]]]:
    """What stands in the place of each skill, once these have replaced one another."""

    def ask(*pairs: tuple[str, str]) -> dict[str, list[str]]:
        bring(*map(skill, "abcd"), at=FIRST, associations=chain(*pairs))
        found = frameworks.successors(Skill.objects.all())
        names = dict(Skill.objects.values_list("pk", "identifier"))
        return {names[key]: [each.identifier for each in ends] for key, ends in found.items()}

    return ask


def test_what_replaced_a_skill_is_followed_to_the_end(replaced: Any) -> None:
    assert replaced(("a", "b"), ("b", "c"), ("b", "d")) == {"a": ["c", "d"], "b": ["c", "d"]}


def test_skills_that_replace_each_other_lead_nowhere(replaced: Any) -> None:
    assert replaced(("a", "b"), ("b", "a")) == {"a": [], "b": []}


def test_two_things_cannot_be_said_of_a_skill_at_once() -> None:
    bring(skill("a"), at=FIRST)
    wording = SkillWording.objects.get()
    with pytest.raises(IntegrityError, match="skill_has_one_wording_at_a_time"):
        SkillWording.objects.create(skill=wording.skill, statement="b", began_at=SECOND)
