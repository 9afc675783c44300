"""What reads alike is found, and stays a suggestion."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from skills.models import Association, Comparison, Framework, Skill
from skills.services import crosswalk, likeness
from skills.services.crosswalk import Proposal
from tests.skills.test_crosswalk import framework, skill

pytestmark = pytest.mark.django_db


def compared(left: Framework, right: Framework) -> Comparison:
    return likeness.compare(likeness.ask(left, right, by=None))


def found(comparison: Comparison) -> list[tuple[str, str]]:
    pairs = likeness.alike(likeness.unjudged(comparison))
    return [(one.origin.statement, one.destination.statement) for one in pairs]


@pytest.fixture
def sides() -> tuple[Framework, Framework]:
    left, right = framework("left"), framework("right")
    skill(left, "Managing projects in time and budget")
    skill(left, "Speak in public")
    skill(right, "Manage a project")
    skill(right, "Public speaking before an audience")
    skill(right, "Weld pipes")
    return left, right


def test_the_likest_come_first_with_the_words_in_common(sides: Any) -> None:
    suggestions = likeness.alike(likeness.unjudged(compared(*sides)))
    assert [(one.origin.statement, one.destination.statement) for one in suggestions] == [
        ("Speak in public", "Public speaking before an audience"),
        ("Managing projects in time and budget", "Manage a project"),
    ]
    assert set(suggestions[1].words) == {"managing", "projects"}
    assert 1 >= suggestions[0].likeness >= suggestions[1].likeness >= likeness.LEAST_LIKE
    assert suggestions[1].why.startswith("Words in common: ")
    assert not Association.objects.exists()


def test_headings_and_retired_skills_are_passed_over(sides: Any) -> None:
    left, right = sides
    Skill.objects.filter(statement="Manage a project").update(retired_at=timezone.now())
    Skill.objects.filter(statement__startswith="Public").update(kind=Skill.Kind.CATEGORY)
    assert found(compared(left, right)) == []


def test_what_was_judged_is_not_suggested_again(sides: Any) -> None:
    ann, bob = (User.objects.create(username=name) for name in ("ann", "bob"))
    comparison = compared(*sides)
    first, second = likeness.alike(likeness.unjudged(comparison))
    said = [
        Proposal(origin=one.origin, kind="exactMatchOf", destination=one.destination)
        for one in (first, second)
    ]
    rows = crosswalk.propose(said, by=ann).new
    assert found(comparison) == []
    crosswalk.withdraw(rows[:1], by=ann)
    crosswalk.reject(rows[1:], by=bob, comment="No")
    assert [each[0] for each in found(comparison)] == [rows[0].origin.statement]


def test_a_comparison_waits_until_it_is_done_and_is_found_again_when_forgotten(sides: Any) -> None:
    asked = likeness.ask(*sides, by=None)
    assert (asked.compared_at, likeness.waiting()) == (None, [])
    assert likeness.waiting(at=timezone.now() + timedelta(hours=1)) == [asked.pk]
    likeness.compare(asked)
    asked.refresh_from_db()
    assert (asked.compared_at is None, len(asked.pairs)) == (False, 2)
    assert likeness.waiting(at=timezone.now() + timedelta(hours=1)) == []
    assert likeness.ask(*sides, by=None).compared_at is None


def test_frameworks_in_two_languages_are_compared_by_whole_words(sides: Any) -> None:
    left, right = sides
    Framework.objects.filter(pk=right.pk).update(language="es")
    right.refresh_from_db()
    skill(right, "public")
    assert found(compared(left, right))[0] == ("Speak in public", "public")


@pytest.mark.slow
def test_two_frameworks_of_thousands_are_compared() -> None:
    left, right = framework("left"), framework("right")
    for side, count in ((left, 2_000), (right, 4_000)):
        Skill.objects.bulk_create(
            Skill(
                framework=side,
                identifier=str(n),
                uri=f"https://{side.identifier}.example/{n}",
                label=" ".join(f"w{(n * k) % 977}" for k in (3, 7, 11)),
                statement=" ".join(f"w{(n * k) % 1993}" for k in range(2, 17)),
            )
            for n in range(count)
        )
    assert compared(left, right).pairs
    assert not likeness.is_quick(left, right)
