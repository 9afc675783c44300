"""Add, reword and end learning outcomes that a system sends, each by its code."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from django.db import transaction
from django.utils import timezone

from issuer.errors import Refusal
from issuer.services.clients import Client
from registrar.errors import SourceNotAllowed
from registrar.models import LearningOpportunity, LearningOutcome
from registrar.services.college import api_clients
from registrar.services.feeding import upsert_rows
from registrar.services.feeding.upsert_rows import CREATED, UNCHANGED, UPDATED, Row
from registrar.services.teaching import catalog

_REMEDY: Final = "Correct the row, or leave it to a person at the desk."


def apply(rows: Sequence[Row], *, source: str, by: Client) -> None:
    """Write the good rows for the term that is edited, and tell each what became of it."""
    rows = [row for row in rows if row.key]
    held = _held(rows)
    for row in rows:
        if (before := held.get(row.key)) is not None:
            row.said.setdefault("statement", before.statement)
        else:
            upsert_rows.complete("outcomes", row)
    keys = upsert_rows.lead("outcomes", rows, source=source)["course"]
    by_course: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        course = row.said.get("course")
        before = held.get(row.key)
        if course in keys:
            by_course[keys[course]].append(row)
        elif course:
            upsert_rows.refuse_orphan(row, "course")
        elif before is not None:
            by_course[before.opportunity_id].append(row)
    courses = LearningOpportunity.objects.select_related("unit").in_bulk(by_course)
    named = api_clients.sends_as(by)
    for pk, its_rows in by_course.items():
        if named and courses[pk].source not in named:
            _refuse_of_others(its_rows)
        good = [row for row in its_rows if not row.flaws]
        _settle(courses[pk], [row for row in good if not row.said["retired"]], held, by)
        _retire(courses[pk], [row for row in good if row.said["retired"]], held, by)


def _refuse_of_others(rows: Sequence[Row]) -> None:
    for row in rows:
        row.refuse(
            "code",
            SourceNotAllowed.code,
            "Its course came from a system as which this client does not send rows.",
            "Leave it to that system, or have an administrator allow it at the desk.",
        )


def _held(rows: Sequence[Row]) -> dict[str, LearningOutcome]:
    found = LearningOutcome.objects.living(timezone.localdate()).filter(
        retired_at=None, code__in=[row.key for row in rows]
    )
    return {each.code: each for each in found}


def _settle(
    course: LearningOpportunity,
    rows: Sequence[Row],
    held: Mapping[str, LearningOutcome],
    by: Client,
) -> None:
    """All of a course at once; where that is refused one by one, to tell which of them it is."""
    try:
        with transaction.atomic():
            catalog.record_outcomes(course, {row.key: row.said["statement"] for row in rows}, by=by)
    except Refusal as refusal:
        if len(rows) > 1:
            for row in rows:
                _settle(course, [row], held, by)
        else:
            rows[0].refuse("code", refusal.code, str(refusal), _REMEDY)
        return
    for row in rows:
        before = held.get(row.key)
        is_same = before is not None and before.statement == row.said["statement"]
        row.done = CREATED if before is None else UNCHANGED if is_same else UPDATED


def _retire(
    course: LearningOpportunity,
    rows: Sequence[Row],
    held: Mapping[str, LearningOutcome],
    by: Client,
) -> None:
    for row in rows:
        before = held.get(row.key)
        if before is None:
            row.done = UNCHANGED
            continue
        try:
            with transaction.atomic():
                done = catalog.retire_outcomes(course, [row.key], by=by)
        except Refusal as refusal:
            row.refuse("retired", refusal.code, str(refusal), _REMEDY)
        else:
            row.done = UPDATED if done else UNCHANGED
