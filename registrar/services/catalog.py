"""Keep the catalogue: activities, what an opportunity is worth, its learning outcomes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from issuer.services import ledger
from registrar.errors import CodeTaken
from registrar.models import LearningOpportunity, LearningOutcome, OrganizationUnit
from registrar.services import people, roles

# Whoever brings in the roster keeps the catalogue, too.
_PERMISSION = "registrar.import_roster"


@transaction.atomic
def add_activity(
    code: str,
    *,
    title: str,
    unit: OrganizationUnit,
    by: User,
    description: str = "",
    credit: str = "",
    credits: Decimal | None = None,
    hours: Decimal | None = None,
) -> LearningOpportunity:
    """Add a co-curricular activity. The same code again returns the activity there is.

    Raises CodeTaken if a course has the code: award rules know activities by it.
    """
    roles.demand(by, _PERMISSION, unit=unit)
    own = LearningOpportunity.objects.filter(
        kind=LearningOpportunity.Kind.ACTIVITY, source=people.OWN, sourced_id=code
    )
    if (activity := own.first()) is not None:
        return activity
    if LearningOpportunity.objects.filter(code=code).exists():
        raise CodeTaken(f"{code} is the code of something else in the catalogue.")
    activity = LearningOpportunity.objects.create(
        kind=LearningOpportunity.Kind.ACTIVITY,
        source=people.OWN,
        sourced_id=code,
        code=code,
        title=title,
        unit=unit,
        description=description,
        credit=credit,
        credits=credits,
        hours=hours,
    )
    ledger.append("activity.added", activity, by=by, details={"code": code})
    return activity


@transaction.atomic
def describe(
    opportunity: LearningOpportunity,
    *,
    by: User,
    description: str | None = None,
    credit: str | None = None,
    credits: Decimal | None = None,
    hours: Decimal | None = None,
) -> LearningOpportunity:
    """Say what a course or activity is about and worth, which rosters do not.

    What is not given stays as it is, and so does what is given as it is already.
    """
    roles.demand(by, _PERMISSION, unit=opportunity.unit)
    given = {"description": description, "credit": credit, "credits": credits, "hours": hours}
    changed = {
        name: value
        for name, value in given.items()
        if value is not None and getattr(opportunity, name) != value
    }
    if changed:
        LearningOpportunity.objects.filter(pk=opportunity.pk).update(**changed)
        details = {"fields": sorted(changed)}
        ledger.append("opportunity.described", opportunity, by=by, details=details)
        opportunity.refresh_from_db(fields=list(changed))
    return opportunity


@transaction.atomic
def record_outcomes(
    opportunity: LearningOpportunity, outcomes: Mapping[str, str], *, by: User
) -> list[LearningOutcome]:
    """Keep what a learner can do afterwards: each outcome's statement by its code.

    An outcome in other words keeps its row, and the old words go into the ledger; credentials
    keep the words in which they were approved. Outcomes that are not named stay. Returns those
    named, in their order. Raises CodeTaken if another opportunity has an outcome of that code.
    """
    roles.demand(by, _PERMISSION, unit=opportunity.unit)
    found = LearningOutcome.objects.select_for_update().filter(retired_at=None, code__in=outcomes)
    # Locked, so that two people who reword the same outcome both enter what they replaced.
    held = {outcome.code: outcome for outcome in found}
    taken = sorted(
        code for code, outcome in held.items() if outcome.opportunity_id != opportunity.pk
    )
    if taken:
        raise CodeTaken(f"Already an outcome of something else: {', '.join(taken)}.")
    new = [code for code in outcomes if code not in held]
    added = LearningOutcome.objects.bulk_create(
        LearningOutcome(opportunity=opportunity, code=code, statement=outcomes[code])
        for code in new
    )
    reworded = _reword(held, outcomes)
    if new or reworded:
        details: dict[str, Any] = {"new": new, "reworded": reworded}
        ledger.append("outcomes.recorded", opportunity, by=by, details=details)
    held.update((outcome.code, outcome) for outcome in added)
    return [held[code] for code in outcomes]


def _reword(held: Mapping[str, LearningOutcome], outcomes: Mapping[str, str]) -> dict[str, str]:
    """Give the outcomes their new words, and return the old ones."""
    old: dict[str, str] = {}
    for code, outcome in held.items():
        if outcome.statement != outcomes[code]:
            old[code], outcome.statement = outcome.statement, outcomes[code]
    LearningOutcome.objects.bulk_update([held[code] for code in old], ["statement"])
    return old
