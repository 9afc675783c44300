"""Record who takes part in a co-curricular activity, and how it came out."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from issuer.services import ledger
from registrar.models import Enrolment, Learner, LearningOpportunity, LineItem, Offering, Term
from registrar.readers.problems import Problems
from registrar.readers.records import Problem
from registrar.services.college import roles, sources
from registrar.services.marking import results
from registrar.services.marking.results import Entry, Recorded

# The one line item of an activity. Award rules look for its category.
CATEGORY: Final = "Participation"


class State(StrEnum):
    """How a learner's part in an activity stands."""

    COMPLETED = "Completed"
    WITHDREW = "Withdrew"
    IN_PROGRESS = "In progress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """A learner's part in an activity: how it stands, from when to when, for how many hours."""

    learner: Learner
    state: State
    started_on: date | None = None
    ended_on: date | None = None
    hours: Decimal | None = None


def find_learners(lines: str) -> tuple[list[Learner], tuple[Problem, ...]]:
    """Find the learners of a list: on each line a number or an e-mail address, in any case.

    Returns those who were found, in order, and everything that is wrong with the other lines.
    """
    named = {
        row: name for row, line in enumerate(lines.splitlines(), start=1) if (name := line.strip())
    }
    known = known_by({name.lower() for name in named.values()})
    problems = Problems()
    first_rows: dict[int, int] = {}
    found: list[Learner] = []
    for row, name in named.items():
        candidates = known.get(name.lower(), [])
        problem = _problem(candidates, first_rows)
        if problem is None:
            found.append(candidates[0])
            first_rows[candidates[0].pk] = row
        else:
            code, reason, fix = problem
            problems.add("Learners", row=row, value=name, code=code, reason=reason, fix=fix)
    return found, problems.listed()


def known_by(names: set[str]) -> dict[str, list[Learner]]:
    """By number or e-mail address in lower case, as these names are given, the learners meant.

    Whoever has left is meant only where nobody else is.
    """
    rows = Learner.objects.annotate(low_number=Lower("number"), low_email=Lower("email"))
    known: dict[str, list[Learner]] = {}
    for learner in rows.filter(Q(low_number__in=names) | Q(low_email__in=names)):
        for name in {learner.number.lower(), learner.email.lower()} & names:
            known.setdefault(name, []).append(learner)
    return {
        name: [learner for learner in found if learner.retired_at is None] or found
        for name, found in known.items()
    }


def _problem(learners: list[Learner], first_rows: dict[int, int]) -> tuple[str, str, str] | None:
    """Code, reason and remedy, if the line does not name one learner for the first time."""
    if not learners:
        return (
            "unknown_learner",
            "No learner has this number or e-mail address.",
            "Write it as on the learner's page, alone on its line; or read a roster first.",
        )
    living = [learner for learner in learners if learner.retired_at is None]
    if not living:
        return "learner_left", "This learner has left.", "Remove the line."
    if len(learners) > 1:
        return (
            "several_learners",
            f"{len(learners)} learners have this number or e-mail address.",
            "Write what only this learner has: the other of number and e-mail address.",
        )
    if row := first_rows.get(learners[0].pk):
        return "named_twice", f"The same learner is on line {row}.", "Remove one of the two lines."
    return None


@transaction.atomic
def record(
    activity: LearningOpportunity,
    participations: Iterable[Participation],
    *,
    by: User,
    term: Term | None = None,
    at: datetime | None = None,
) -> Recorded:
    """Enrol the learners in the activity (of that term), and record how it came out for them.

    The hours stand as the score. A state that differs from the one before supersedes it; the
    same again changes nothing. Learners who are not named stay as they are.
    """
    roles.demand(by, "registrar.import_roster", unit=activity.unit)
    sources.hold(activity.source)
    line_item = _line_item(activity, term)
    parts = {f"{line_item.sourced_id}:{part.learner.pk}": part for part in participations}
    _enrol(line_item.offering, parts)
    entries = [_entry(line_item, key, part) for key, part in parts.items()]
    recorded = results.record(entries, by=by, at=at or timezone.now())
    if recorded.new or recorded.changed:
        ledger.append("participation.recorded", activity, by=by, details=asdict(recorded))
    return recorded


def _line_item(activity: LearningOpportunity, term: Term | None) -> LineItem:
    key = activity.sourced_id if term is None else f"{activity.sourced_id}:{term.pk}"
    offering, _ = Offering.objects.get_or_create(
        source=activity.source,
        sourced_id=key,
        defaults={
            "opportunity": activity,
            "title": activity.title if term is None else f"{activity.title}, {term.title}",
            "code": activity.code,
            "term": term,
        },
    )
    line_item, _ = LineItem.objects.get_or_create(
        source=activity.source,
        sourced_id=key,
        defaults={"offering": offering, "title": CATEGORY, "category": CATEGORY},
    )
    return line_item


def _enrol(offering: Offering, parts: dict[str, Participation]) -> None:
    Enrolment.objects.bulk_create(
        (
            Enrolment(
                source=offering.source,
                sourced_id=key,
                offering=offering,
                learner=part.learner,
                begins_on=part.started_on,
                ends_on=part.ended_on,
                retired_at=None,
            )
            for key, part in parts.items()
        ),
        update_conflicts=True,
        unique_fields=["source", "sourced_id"],
        update_fields=["begins_on", "ends_on", "retired_at"],
    )


def _entry(line_item: LineItem, key: str, part: Participation) -> Entry:
    return Entry(
        source=line_item.source,
        sourced_id=key,
        line_item=line_item.pk,
        learner=part.learner.pk,
        # OneRoster 1.2 has a short list of scoreStatus; this one says that it can still change.
        status="partially graded" if part.state == State.IN_PROGRESS else "fully graded",
        score=part.hours,
        text=part.state.value,
        dated=part.ended_on or part.started_on,
    )
