"""Importing frameworks: a newer edition updates and retires, and never deletes."""

import copy
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skills.errors import ImportRefused, ManyRetired, PlanOutdated
from skills.models import Association, Framework, FrameworkImport, Skill
from skills.readers import case
from skills.services import frameworks

pytestmark = pytest.mark.django_db

FRAMEWORK = "d0000000-0000-4000-8000-000000000000"
EARLIER, LATER = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"


def address(identifier: str) -> str:
    return f"https://frameworks.example/{identifier}"


def end(identifier: str) -> dict[str, str]:
    return {"title": "x", "identifier": identifier, "uri": address(identifier)}


def number(kind: str, n: int) -> str:
    return f"{kind}0000000-0000-4000-8000-{n:012}"


def item(n: int, **members: Any) -> dict[str, Any]:
    return {
        "identifier": number("1", n),
        "uri": address(number("1", n)),
        "fullStatement": f"Statement {n}",
        "humanCodingScheme": f"S.{n}",
        "CFItemType": "Skill",
        "lastChangeDateTime": EARLIER,
        **members,
    }


def link(n: int, destination: str = FRAMEWORK, **members: Any) -> dict[str, Any]:
    return {
        "identifier": number("a", n),
        "uri": address(number("a", n)),
        "associationType": "isChildOf",
        "originNodeURI": end(number("1", n)),
        "destinationNodeURI": end(destination),
        "lastChangeDateTime": EARLIER,
        **members,
    }


def package(*numbers: int, **document: Any) -> dict[str, Any]:
    return {
        "CFDocument": {
            "identifier": FRAMEWORK,
            "uri": address(FRAMEWORK),
            "creator": "The college",
            "title": "What our graduates can do",
            "lastChangeDateTime": EARLIER,
            "caseVersion": "1.1",
            **document,
        },
        "CFItems": [item(n) for n in numbers],
        "CFAssociations": [link(n) for n in numbers],
    }


def compare(document: dict[str, Any]) -> frameworks.Plan:
    return frameworks.plan(case.read(json.dumps(document).encode(), file="f.json"), sha256="ab")


def bring(document: dict[str, Any], **options: Any) -> FrameworkImport:
    return frameworks.apply(compare(document), by=None, source="f.json", **options)


def counts(imported: FrameworkImport) -> tuple[int, int, int, int]:
    return imported.new, imported.changed, imported.retired, imported.unchanged


def held() -> list[Any]:
    models = (Framework, Skill, Association)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_the_sample_framework_comes_in_and_a_second_time_changes_nothing(
    shared_data: Path,
) -> None:
    path = shared_data / "competencies" / "cocurricular_case_v1p1.json"
    document = json.loads(path.read_text())
    assert counts(bring(document)) == (24, 0, 0, 0)
    assert Skill.objects.filter(kind=Skill.Kind.CATEGORY).count() == 8
    assert Association.objects.filter(destination=None).count() == 8
    before = held()
    again = bring(document)
    assert (counts(again), again.differences) == ((0, 0, 0, 24), [])
    assert held() == before


def test_a_newer_edition_updates_and_retires_and_deletes_nothing() -> None:
    bring(package(1, 2, 3))
    newer = package(1, 3, 4, version="2", lastChangeDateTime=LATER)
    newer["CFItems"][0] |= {"fullStatement": "In other words", "lastChangeDateTime": LATER}
    kept = Skill.objects.get(code="S.1").pk
    named = [each.name for each in compare(newer).differences]
    assert named[1:] == ["S.1 In other words", "S.2 Statement 2", "x isChildOf x"]
    assert counts(bring(newer)) == (1, 1, 1, 1)
    reworded = Skill.objects.get(code="S.1")
    assert (reworded.pk, reworded.statement) == (kept, "In other words")
    assert Skill.objects.get(code="S.2").retired_at is not None
    assert Association.objects.get(origin__code="S.2").retired_at is not None
    assert Framework.objects.get().version == "2"
    assert {skill.code for skill in Skill.objects.current()} == {"S.1", "S.3", "S.4"}


def test_an_import_keeps_the_old_and_the_new_wording() -> None:
    bring(package(1, 2))
    newer = package(1, title="What graduates do")
    newer["CFItems"][0]["fullStatement"] = "In other words"
    imported = bring(newer)
    found = {
        (difference["identifier"], difference["change"]): difference["fields"]
        for difference in imported.differences
    }
    assert found == {
        (FRAMEWORK, "changed"): {"title": ["What our graduates can do", "What graduates do"]},
        (number("1", 1), "changed"): {"statement": ["Statement 1", "In other words"]},
        (number("1", 2), "retired"): {},
        (number("a", 2), "retired"): {},
    }
    assert (imported.source, imported.sha256, imported.by) == ("f.json", "ab", None)


def test_what_retires_much_of_a_framework_is_applied_only_where_that_is_accepted() -> None:
    bring(package(*range(1, 101)))
    cut_off = package(*range(1, 80))
    (warning,) = compare(cut_off).warnings
    assert (warning.code, warning.reason[:28]) == ("many_retired", "21 of the 100 skills that th")
    with pytest.raises(ManyRetired) as refused:
        bring(cut_off)
    (problem,) = refused.value.problems
    assert (problem.code, problem.severity) == ("many_retired", "error")
    assert Skill.objects.current().count() == 100
    assert counts(bring(cut_off, accept_retirements=True)) == (0, 0, 21, 79)


@pytest.mark.parametrize(("before", "after"), [(20, 0), (105, 84), (30, 10)])
def test_few_skills_or_a_small_share_are_retired_without_asking(before: int, after: int) -> None:
    bring(package(*range(1, before + 1)))
    assert bring(package(*range(1, after + 1), 999)).retired == before - after


def test_a_second_framework_of_the_same_name_is_worth_a_look() -> None:
    bring(package(1))
    other = package(2, identifier=number("e", 1), title="What our GRADUATES can do")
    other["CFAssociations"] = []
    (warning,) = compare(other).warnings
    assert (warning.code, FRAMEWORK in warning.reason) == ("title_taken", True)
    bring(other)
    assert compare(other).warnings == ()


def test_a_skill_that_comes_back_is_no_longer_retired() -> None:
    bring(package(1, 2))
    bring(package(1))
    back = bring(package(1, 2))
    assert counts(back) == (0, 1, 0, 1)
    assert {difference["change"] for difference in back.differences} == {"returned"}
    assert not Skill.objects.exclude(retired_at=None).exists()
    assert Association.objects.current().count() == 2


def test_a_new_date_alone_is_no_change() -> None:
    bring(package(1))
    newer = package(1, lastChangeDateTime=LATER)
    newer["CFItems"][0]["lastChangeDateTime"] = LATER
    imported = bring(newer)
    assert (counts(imported), imported.differences) == ((0, 0, 0, 1), [])
    assert Skill.objects.get().changed_on_source.month == 6
    assert Framework.objects.get().changed_on_source.month == 6


def test_an_older_edition_is_a_warning() -> None:
    bring(package(1, lastChangeDateTime=LATER))
    assert [warning.code for warning in compare(package(1)).warnings] == ["older_edition"]


def test_a_file_with_none_of_the_skills_that_are_held_is_a_warning() -> None:
    bring(package(1, 2))
    assert compare(package(2, 3)).warnings == ()
    (warning,) = compare(package(3)).warnings
    assert (warning.code, warning.reason[-16:]) == ("nothing_in_common", "etired by it: 2.")


def test_associations_lead_to_skills_wherever_they_are_held() -> None:
    bring(package(1, 2))
    other = package(7, identifier=number("e", 0), uri=address(number("e", 0)))
    other["CFAssociations"] = [
        link(7, number("1", 1), associationType="exactMatchOf"),
        link(8, number("9", 9), associationType="isRelatedTo", originNodeURI=end(number("1", 7))),
    ]
    bring(other)
    match = Association.objects.get(kind="exactMatchOf")
    assert match.destination == Skill.objects.get(code="S.1")
    outside = Association.objects.get(kind="isRelatedTo")
    assert (outside.destination, outside.destination_uri) == (None, address(number("9", 9)))
    assert counts(bring(other)) == (0, 0, 0, 1)
    assert compare(other).associations.unchanged == 2


def test_what_replaces_a_retired_skill_is_linked_to_it() -> None:
    bring(package(1))
    newer = package(2)
    replaced = {"originNodeURI": end(number("1", 1)), "associationType": "replacedBy"}
    newer["CFAssociations"].append(link(9, number("1", 2), **replaced))
    bring(newer)
    found = Association.objects.get(kind="replacedBy")
    assert (found.origin.code, found.destination.code) == ("S.1", "S.2")


def test_a_file_with_errors_is_refused_with_all_of_them() -> None:
    broken = package(1, 2, 3)
    del broken["CFItems"][0]["fullStatement"]
    broken["CFItems"][1]["lastChangeDateTime"] = "yesterday"
    with pytest.raises(ImportRefused) as refused:
        compare(broken)
    places = [problem.column for problem in refused.value.problems if problem.severity == "error"]
    assert "/CFItems/0/fullStatement" in places
    assert "/CFItems/1/lastChangeDateTime" in places
    assert not Framework.objects.exists()


def test_something_that_is_no_framework_is_refused() -> None:
    with pytest.raises(ImportRefused) as refused:
        frameworks.plan(case.read(b"[]"))
    assert refused.value.problems


def test_a_plan_is_outdated_once_something_else_would_come_of_it() -> None:
    early = compare(package(1, 2))
    bring(package(1))
    with pytest.raises(PlanOutdated):
        frameworks.apply(early, by=None, source="f.json")
    assert Skill.objects.count() == 1


def test_a_framework_is_marked_as_our_own_and_stays_so() -> None:
    bring(package(1), is_own=True)
    bring(package(1))
    assert Framework.objects.get().is_own
    bring(package(1), is_own=False)
    assert not Framework.objects.get().is_own


@pytest.mark.slow
def test_fourteen_thousand_skills_are_imported_and_half_of_them_reworded() -> None:
    numbers = range(14_000)
    first = package(*numbers)
    bring(first)
    second = copy.deepcopy(first)
    for changed in second["CFItems"][::2]:
        changed["fullStatement"] += ", reworded"
    assert counts(bring(second)) == (0, 7_000, 0, 7_000)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    editions=st.lists(
        st.dictionaries(st.integers(1, 6), st.sampled_from("xyz"), min_size=1), max_size=4
    ),
)
def test_whatever_editions_came_before_the_last_one_holds(
    editions: list[dict[int, str]],
) -> None:
    name = uuid.uuid4()
    for edition in editions:
        document = package(*edition, identifier=str(name))
        for made, statement in zip(document["CFItems"], edition.values(), strict=True):
            made["fullStatement"] = statement
        bring(document)
        current = Skill.objects.filter(framework__identifier=str(name), retired_at=None)
        assert set(current.values_list("code", "statement")) == {
            (f"S.{n}", statement) for n, statement in edition.items()
        }
        assert counts(bring(document)) == (0, 0, 0, len(edition))
