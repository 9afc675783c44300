"""Skills are suggested for a text by the words that they share, each with its reason."""

import pytest
from django.utils import timezone

from skills.models import Framework, Skill
from skills.services import suggestions
from tests.skills.test_search import framework, skill

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours() -> Framework:
    found = framework("Ours", is_own=True)
    for label in ("Analyse data", "Paint walls", "Present data to an audience", "Write reports"):
        skill(found, label, statement="One can do so.")
    return found


def suggested(text: str, **options: object) -> list[str]:
    return [each.skill.name for each in suggestions.suggest(text, **options)]  # type: ignore[arg-type]


def test_what_shares_rare_words_comes_first_and_says_so(ours: Framework) -> None:
    best, second = suggestions.suggest("Students analyse experimental data.")
    assert (best.skill.label, best.reason) == ("Analyse data", "words in common: analyse, data")
    assert (second.skill.label, second.method) == ("Present data to an audience", "words")
    assert best.score > second.score


def test_words_that_are_alike_count_too(ours: Framework) -> None:
    (found,) = suggestions.suggest("Statistical analyzes")
    assert found.skill.label == "Analyse data"
    assert found.reason == "words alike: analyzes and analyse"


def test_nothing_is_suggested_for_words_that_say_nothing(ours: Framework) -> None:
    for text in ("", "the of and", "xylophone", "\0", "a' OR 1=1 ~ --"):
        assert suggested(text) == []


def test_what_is_retired_a_heading_or_there_already_is_not_suggested(ours: Framework) -> None:
    analyse, paint, _, write = Skill.objects.order_by("pk")
    Skill.objects.filter(pk=paint.pk).update(retired_at=timezone.now())
    Skill.objects.filter(pk=write.pk).update(kind=Skill.Kind.CATEGORY)
    text = "Paint walls, write reports, analyse and present data"
    assert set(suggested(text)) == {"Analyse data", "Present data to an audience"}
    assert suggested(text, without=[analyse]) == ["Present data to an audience"]
    assert suggested(text, frameworks=[framework("Others")]) == []
    assert suggested(text, limit=1) == suggested(text)[:1]


def test_a_skill_of_several_frameworks_is_suggested_once(ours: Framework) -> None:
    paint = Skill.objects.get(label="Paint walls")
    skill(framework("Others"), "Paint walls", uri=paint.uri)
    assert suggested("paint") == ["Paint walls"]
