"""A skill is found by its words, their beginnings, its code, its other labels, and with slips."""

from typing import Any

import pytest
from django.utils import timezone

from skills.models import Framework, SearchText, Skill
from skills.services import search, words

pytestmark = pytest.mark.django_db


def framework(title: str, *, is_own: bool = False) -> Framework:
    uri = f"https://frameworks.example/{title.lower()}"
    return Framework.objects.create(identifier=uri, uri=uri, title=title, is_own=is_own)


def skill(within: Framework, label: str, **said: Any) -> Skill:
    number = Skill.objects.count()
    values = {"uri": f"https://skills.example/{number}", "statement": f"About {number}."}
    return Skill.objects.create(
        framework=within,
        identifier=str(number),
        label=label,
        **values | {"kind": Skill.Kind.SKILL} | said,
    )


@pytest.fixture
def others() -> Framework:
    return framework("Others")


def labels(text: str, **options: Any) -> list[str]:
    return [each.name for each in search.find(text, **options).skills]


def test_three_letters_the_stem_or_a_part_of_the_code_find_a_skill(others: Framework) -> None:
    skill(others, "Analyse data", code="D.4/b", statement="x")
    skill(others, "Paint walls", code="P.1")
    assert labels("ana") == labels("DAT") == ["Analyse data"]
    assert labels("analysing data") == ["Analyse data"]
    assert labels("d.4") == labels("D.4/b") == labels("d.4/") == ["Analyse data"]
    assert labels("%") == labels("  ") == labels("\0") == []


def test_other_labels_keywords_and_statements_are_searched_after_names(others: Framework) -> None:
    skill(others, "Communicate", statement="Speak to a crowd about welding.")
    skill(others, "Join metal", other_labels=["Welding"])
    skill(others, "Welding safety")
    skill(others, "Use a torch", keywords=["welding"])
    assert labels("weld") == ["Welding safety", "Join metal", "Use a torch", "Communicate"]


def test_accents_and_other_scripts_are_no_obstacle(others: Framework) -> None:
    skill(others, "Préparer un café")
    skill(others, "تحليل البيانات")
    assert labels("cafe") == labels("CAFÉ") == ["Préparer un café"]
    assert labels("البيانات") == ["تحليل البيانات"]


def test_what_is_called_exactly_so_comes_before_what_begins_so(others: Framework) -> None:
    for label in ("Use design patterns", "Design thinking", "Design"):
        skill(others, label)
    assert labels("design") == ["Design", "Design thinking", "Use design patterns"]


def test_our_own_framework_comes_first(others: Framework) -> None:
    skill(others, "Design")
    skill(framework("Ours", is_own=True), "Talk about design")
    assert labels("design") == ["Talk about design", "Design"]


def test_what_has_just_this_code_comes_before_our_own(others: Framework) -> None:
    skill(framework("Ours", is_own=True), "Count to 1 a day", code="Q-1")
    skill(others, "Listen", code="1.A.1")
    skill(others, "Listen well", code="1.A.1.a")
    assert labels("1.a.1")[0] == "Listen"


def test_a_skill_of_several_frameworks_comes_once_and_names_the_others(others: Framework) -> None:
    ours = framework("Ours", is_own=True)
    for each in (others, ours, framework("Retired")):
        skill(each, "Design", uri="https://skills.example/design")
    Skill.objects.filter(framework__title="Retired").update(retired_at=timezone.now())
    (hit,) = search.find("design").hits
    assert (hit.skill.framework, hit.elsewhere) == (ours, (others,))


def test_what_is_retired_is_not_found_and_a_heading_not_offered(others: Framework) -> None:
    skill(others, "Old design", retired_at=timezone.now())
    skill(others, "Design as such", kind=Skill.Kind.CATEGORY)
    skill(others, "Design a page")
    assert labels("design") == ["Design a page", "Design as such"]
    assert labels("design", is_for_choosing=True) == ["Design a page"]
    assert labels("design", kinds=[Skill.Kind.CATEGORY]) == ["Design as such"]
    assert labels("design", frameworks=[framework("Ours")]) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("desgin", "design"),  # codespell:ignore
        ("comunication", "communication"),  # codespell:ignore
        ("comuni", "communication"),
        ("desgin comunication", "design communication"),  # codespell:ignore
    ],
)
def test_slips_are_read_as_the_nearest_word_that_a_skill_has(
    typed: str, meant: str, others: Framework
) -> None:
    skill(others, "Design communication")
    skill(others, "Dance")
    found = search.find(typed)
    assert [each.name for each in found.skills] == ["Design communication"]
    assert found.read_as.split()[0] == meant.split()[0][: len(found.read_as.split()[0])]


def test_where_no_skill_has_all_the_words_those_with_some_are_offered(others: Framework) -> None:
    skill(others, "Paint walls")
    found = search.find("paint ceilings")
    assert ([each.name for each in found.skills], found.has_all) == (["Paint walls"], False)
    assert search.find("xylophones") == search.Found()


def test_a_reworded_skill_is_found_by_its_new_words_alone(others: Framework) -> None:
    skill(others, "Paint walls")
    Skill.objects.update(label="Plaster ceilings", statement="So it is.")
    assert (labels("paint"), labels("plast")) == ([], ["Plaster ceilings"])
    assert SearchText.objects.get().name == "plaster ceilings"


@pytest.mark.parametrize("text", ["Ünïcode & Co.", "a/b\\c-d_e:f@g", "C++", "Ｗｉｄｅ", "İstanbul"])
def test_texts_are_folded_here_as_in_the_database(text: str, others: Framework) -> None:
    skill(others, text)
    assert SearchText.objects.get().name == words.fold(text)


@pytest.mark.parametrize("text", ["'", "a:*", "!(", "| &", "<->", "\\", "a' OR 1=1 --", "x" * 5000])
def test_signs_that_mean_something_to_the_database_are_mere_signs(
    text: str, others: Framework
) -> None:
    skill(others, "Paint walls")
    search.find(text)
    search.find(f"paint {text}")
