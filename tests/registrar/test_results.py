"""Results: recorded, corrected, taken back; never edited."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import ReasonMissing, WrongState
from issuer.models import LedgerEntry
from registrar.errors import NotAllowed
from registrar.models import Learner, Result
from registrar.services.marking import results
from registrar.services.marking.results import Entry, Recorded
from tests.cast import College


@pytest.fixture
def entry(college: College, ada: Learner) -> Entry:
    return Entry(
        source="sis",
        sourced_id="r-1",
        line_item=college.final.pk,
        learner=ada.pk,
        status="fully graded",
        text="Pass",
        score=Decimal(61),
        dated=date(2026, 5, 15),
    )


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Result(text="Pass", score=Decimal(61)), "Pass"),
        (Result(score=Decimal("61.500")), "61.5"),
        (Result(status="not submitted"), "not submitted"),
    ],
)
def test_a_result_is_called_by_what_came_out(result: Result, words: str) -> None:
    assert str(result) == words


def test_the_same_again_changes_nothing(entry: Entry, clara: User) -> None:
    assert results.record([entry], by=clara) == Recorded(new=1)
    assert results.record([entry], by=clara) == Recorded(unchanged=1)
    assert Result.objects.count() == 1
    recorded = LedgerEntry.objects.get(act="result.recorded")
    assert (recorded.actor, recorded.subject) == ("clara", "source:sis")
    assert recorded.details == {"new": 1, "changed": 0, "unchanged": 0}


@pytest.mark.parametrize(
    "change",
    [
        {"score": Decimal(62)},
        {"text": "Distinction"},
        {"status": "partially graded"},
        {"dated": date(2026, 6, 8)},
        {"score": None},
        {"withdrawn": True},
    ],
)
def test_what_differs_supersedes_and_both_are_kept(entry: Entry, change: dict[str, object]) -> None:
    results.record([entry], by=None)
    assert results.record([replace(entry, **change)], by=None) == Recorded(changed=1)
    old, new = Result.objects.order_by("pk")
    assert old.superseded_at is not None and new.superseded_at is None
    assert (old.text, old.score) == ("Pass", 61)
    for name, value in change.items():
        assert getattr(new, name) == value


def test_a_result_about_one_outcome_may_have_the_same_sourced_id(
    entry: Entry, college: College
) -> None:
    about = replace(entry, outcome=college.outcome.pk, score=Decimal(70))
    assert results.record([entry, about], by=None) == Recorded(new=2)
    assert results.record([about, entry], by=None) == Recorded(unchanged=2)


def test_of_two_entries_of_the_same_id_the_later_holds(entry: Entry) -> None:
    later = replace(entry, text="Fail")
    assert results.record([entry, later], by=None) == Recorded(new=1)
    assert Result.objects.get().text == "Fail"


def test_only_who_keeps_the_roster_records_and_corrects(
    entry: Entry, fay: User, clara: User
) -> None:
    with pytest.raises(NotAllowed):
        results.record([entry], by=fay)
    results.record([entry], by=clara)
    with pytest.raises(NotAllowed):
        results.correct(Result.objects.get(), by=fay, reason="Re-marked.", text="Fail")


def test_a_correction_says_why_and_changes_what_is_given(entry: Entry, clara: User) -> None:
    results.record([entry], by=clara)
    first = Result.objects.get()
    with pytest.raises(ReasonMissing):
        results.correct(first, by=clara, reason=" ", text="Distinction")
    second = results.correct(first, by=clara, reason="Re-marked on appeal.", text="Distinction")
    assert (second.text, second.score, second.dated) == ("Distinction", 61, date(2026, 5, 15))
    assert list(Result.objects.current()) == [second]
    note = LedgerEntry.objects.get(act="result.corrected")
    assert (note.reason, note.details) == ("Re-marked on appeal.", {"superseded": first.pk})
    with pytest.raises(WrongState):
        results.correct(first, by=clara, reason="Too late.", text="Fail")


def test_the_database_refuses_an_edit(entry: Entry) -> None:
    results.record([entry], by=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        Result.objects.update(text="Distinction")


@given(st.decimals(-1_000, 1_000, places=9))
def test_a_score_is_cut_and_never_rounded_up(score: Decimal) -> None:
    cut = results.cut(score)
    assert cut is not None
    assert 0 <= score - cut < Decimal("0.001")
    assert results.cut(cut) == cut
