"""Record results that a system sends: what differs supersedes, nothing is edited."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from registrar.models import Enrolment, LearningOutcome, LineItem, Result
from registrar.services.feeding import upsert_rows
from registrar.services.feeding.upsert_rows import CREATED, UNCHANGED, UPDATED, Row
from registrar.services.marking import results
from registrar.services.marking.results import Entry

_USUAL: Final = "fully graded"
_Key = tuple[str, bool]


def apply(rows: Sequence[Row], *, source: str, at: datetime) -> None:
    """Record the good rows, and tell each what became of it. For who holds the source."""
    rows = [row for row in rows if row.key]
    held = _held(rows, source)
    for row in rows:
        before = held.get(_key(row))
        if before is None:
            upsert_rows.complete("results", row)
        _refuse_another_outcome(row, before)
        row.said["status"] = row.said.get("status") or (before.status if before else _USUAL)
        _measure(row)
    leads = upsert_rows.lead("results", rows, source=source)
    leads["outcome"] = _outcomes(rows)
    for row in rows:
        _resolve(row, leads)
    _refuse_what_no_line_item_takes(rows, held)
    good = [row for row in rows if not row.flaws]
    entries = {_key(row): _entry(row, held.get(_key(row)), source) for row in good}
    compared = results.compare(entries.values())
    changed = {(entry.sourced_id, entry.outcome is not None) for entry in compared.changed.values()}
    new = {(entry.sourced_id, entry.outcome is not None) for entry in compared.new}
    for row in good:
        key = _key(row)
        row.done = CREATED if key in new else UPDATED if key in changed else UNCHANGED
        if key in changed:
            _tell_changes(row, held[key], entries[key])
    upsert_rows.note_retired_learners(
        (row, entries[_key(row)].learner)
        for row in good
        if row.done != UNCHANGED and not row.said["withdrawn"]
    )
    results.keep(compared, at=at)


def _key(row: Row) -> _Key:
    return row.key, bool(row.said.get("outcome"))


def _held(rows: Sequence[Row], source: str) -> dict[_Key, Result]:
    current = Result.objects.filter(
        source=source, superseded_at=None, sourced_id__in=[row.key for row in rows]
    ).select_related("outcome")
    return {(each.sourced_id, each.outcome_id is not None): each for each in current}


def _refuse_another_outcome(row: Row, before: Result | None) -> None:
    """What a result speaks of is a part of what it is known by."""
    said = row.said.get("outcome")
    if said and before is not None and before.outcome and before.outcome.code != said:
        row.refuse(
            "outcome",
            "fixed",
            "The result that is held speaks of another outcome, and stays with it.",
            "Send the result for this outcome under a sourced_id of its own.",
        )


def _outcomes(rows: Sequence[Row]) -> dict[str, int]:
    codes = {row.said["outcome"] for row in rows if row.said.get("outcome")}
    living = LearningOutcome.objects.living(timezone.localdate()).filter(code__in=codes)
    found = living.order_by("-holds_from")
    return dict(found.values_list("code", "pk"))


def _measure(row: Row) -> None:
    for name in results.WORK:
        if name not in row.said or name == "withdrawn":
            continue
        value = row.said[name] = upsert_rows.cut(Result, name, row.said[name])
        if not upsert_rows.fits(Result, name, value):
            upsert_rows.refuse_size(row, name)
        choices = {"assessor": Result.Assessor, "assessment": Result.Assessment}.get(name)
        if value and choices and value not in choices.values:
            row.refuse(
                name,
                "bad_word",
                f"{name} is not one of the words that it can be.",
                f"Use one of: {', '.join(choices.values)}.",
            )


def _resolve(row: Row, leads: Mapping[str, Mapping[str, int]]) -> None:
    for name, keys in leads.items():
        named = row.said.get(name)
        if named is not None and named in keys:
            row.said[name] = keys[named]
        elif named and name == "outcome":
            row.refuse(
                name,
                "unknown_outcome",
                "No course or activity has a learning outcome of this code.",
                "Add the outcome to its course first.",
            )
        elif named:
            upsert_rows.refuse_orphan(row, name)


def _refuse_what_no_line_item_takes(rows: Sequence[Row], held: Mapping[_Key, Result]) -> None:
    """Scores out of range, and learners who do not take part."""
    items = LineItem.objects.in_bulk({_value(row, held, "line_item") for row in rows} - {None})
    learners = {_value(row, held, "learner") for row in rows} - {None}
    enrolled = set(
        Enrolment.objects.filter(
            offering__in={item.offering_id for item in items.values()}, learner__in=learners
        ).values_list("offering", "learner")
    )
    for row in rows:
        item = items.get(_value(row, held, "line_item"))
        if row.flaws or item is None:
            continue
        if (item.offering_id, _value(row, held, "learner")) not in enrolled:
            row.refuse(
                "learner",
                "not_enrolled",
                "The learner is not enrolled in the offering of the line item.",
                "Send the enrolment first, or correct the learner or the line item.",
            )
        score = row.said.get("score")
        too_low = score is not None and item.minimum is not None and score < item.minimum
        too_high = score is not None and item.maximum is not None and score > item.maximum
        if too_low or too_high:
            row.refuse(
                "score",
                "out_of_range",
                "The score lies outside of what the line item allows.",
                "Correct the score, or the line item's minimum and maximum.",
            )


def _value(row: Row, held: Mapping[_Key, Result], name: str) -> Any:
    said = row.said.get(name)
    if isinstance(said, int):
        return said
    before = held.get(_key(row))
    return getattr(before, f"{name}_id") if before is not None and name not in row.said else None


def _tell_changes(row: Row, before: Result, entry: Entry) -> None:
    if before.withdrawn and not entry.withdrawn:
        upsert_rows.tell_brought_back(row, "withdrawn")
    for name in results.WORK:
        upsert_rows.tell_emptied(row, name, getattr(before, name), getattr(entry, name))


def _entry(row: Row, before: Result | None, source: str) -> Entry:
    given = {name: row.said[name] for name in results.WORK if name in row.said}
    leads = {name: row.said[name] for name in ("line_item", "learner") if row.said.get(name)}
    if before is not None:
        return replace(results.as_entry(before), **given, **leads)
    outcome = row.said.get("outcome") or None
    return Entry(source=source, sourced_id=row.key, outcome=outcome, **given, **leads)
