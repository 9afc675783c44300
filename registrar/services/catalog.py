"""Keep the catalogue: activities, what an opportunity is worth, its learning outcomes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypedDict, Unpack

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from issuer.services import ledger
from registrar.errors import CodeTaken, PlanOutdated
from registrar.models import LearningOpportunity, LearningOutcome, OrganizationUnit
from registrar.services import people, roles

# Whoever brings in the roster keeps the catalogue, too.
_PERMISSION = "registrar.import_roster"
_OUTCOMES = "registrar.change_learningoutcome"


@dataclass(frozen=True, slots=True)
class OutcomePlan:
    """What would become of the outcomes of a course or activity, by their codes.

    `reworded` holds the old and the new words.
    """

    new: Mapping[str, str] = field(default_factory=dict)
    reworded: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    retired: Mapping[str, str] = field(default_factory=dict)
    unchanged: Mapping[str, str] = field(default_factory=dict)

    @property
    def changes_anything(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.new or self.reworded or self.retired)

    @property
    def fingerprint(self) -> str:
        """Stands for exactly this plan, so that what was seen can be told from what is now."""
        return sha256(repr(self).encode()).hexdigest()


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
    roles.demand(by, "registrar.add_activity", unit=unit)
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


class Description(TypedDict, total=False):
    """What a course or activity is about and worth; None says that nobody knows."""

    description: str
    credit: str
    credits: Decimal | None
    hours: Decimal | None


@transaction.atomic
def describe(
    opportunity: LearningOpportunity, *, by: User, **said: Unpack[Description]
) -> LearningOpportunity:
    """Say what a course or activity is about and worth, which rosters do not.

    What is not said stays as it is, and so does what is said as it is already.
    """
    roles.demand(by, _PERMISSION, unit=opportunity.unit)
    changed = {name: value for name, value in said.items() if getattr(opportunity, name) != value}
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
    roles.demand(by, _OUTCOMES, unit=opportunity.unit)
    found = LearningOutcome.objects.select_for_update().filter(retired_at=None, code__in=outcomes)
    # Locked, so that two people who reword the same outcome both enter what they replaced.
    held = {outcome.code: outcome for outcome in found}
    _refuse_taken(opportunity, held.values())
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


def _refuse_taken(opportunity: LearningOpportunity, outcomes: Iterable[LearningOutcome]) -> None:
    taken = sorted(each.code for each in outcomes if each.opportunity_id != opportunity.pk)
    if taken:
        raise CodeTaken(f"Already an outcome of something else: {', '.join(taken)}.")


def _reword(held: Mapping[str, LearningOutcome], outcomes: Mapping[str, str]) -> dict[str, str]:
    """Give the outcomes their new words, and return the old ones."""
    old: dict[str, str] = {}
    for code, outcome in held.items():
        if outcome.statement != outcomes[code]:
            old[code], outcome.statement = outcome.statement, outcomes[code]
    LearningOutcome.objects.bulk_update([held[code] for code in old], ["statement"])
    return old


def plan_outcomes(opportunity: LearningOpportunity, outcomes: Mapping[str, str]) -> OutcomePlan:
    """Compare: what would change if the opportunity had these outcomes and no others.

    Raises CodeTaken if another opportunity has an outcome of one of these codes.
    """
    _refuse_taken(opportunity, LearningOutcome.objects.filter(retired_at=None, code__in=outcomes))
    living = opportunity.outcomes.filter(retired_at=None)
    held = dict(living.values_list("code", "statement"))
    common = {code: (held[code], outcomes[code]) for code in outcomes if code in held}
    return OutcomePlan(
        new={code: words for code, words in outcomes.items() if code not in held},
        reworded={code: (old, new) for code, (old, new) in common.items() if old != new},
        retired={code: words for code, words in held.items() if code not in outcomes},
        unchanged={code: old for code, (old, new) in common.items() if old == new},
    )


@transaction.atomic
def settle_outcomes(
    opportunity: LearningOpportunity,
    outcomes: Mapping[str, str],
    *,
    fingerprint: str,
    by: User,
) -> OutcomePlan:
    """Give the opportunity these outcomes and no others, as in the plan of that fingerprint.

    Raises PlanOutdated if this is no longer what would change, and CodeTaken as `record_outcomes`.
    """
    roles.demand(by, _OUTCOMES, unit=opportunity.unit)
    # Locked, so that nobody adds an outcome between the comparison and the change.
    LearningOpportunity.objects.select_for_update().get(pk=opportunity.pk)
    plan = plan_outcomes(opportunity, outcomes)
    if plan.fingerprint != fingerprint:
        raise PlanOutdated("This is not what you looked at. Look again at what will change.")
    record_outcomes(opportunity, outcomes, by=by)
    retire_outcomes(opportunity, plan.retired, by=by)
    return plan


@transaction.atomic
def retire_outcomes(
    opportunity: LearningOpportunity, codes: Iterable[str], *, by: User
) -> list[str]:
    """Retire outcomes: no skill is proposed for them and no rule is met by them any longer.

    Their tags and results stay, and their codes are free again. Returns the codes of those that
    were retired; others are passed over.
    """
    roles.demand(by, _OUTCOMES, unit=opportunity.unit)
    living = opportunity.outcomes.select_for_update().filter(retired_at=None, code__in=codes)
    retired = {outcome.pk: outcome.code for outcome in living}
    if retired:
        LearningOutcome.objects.filter(pk__in=retired).update(retired_at=Now())
        details = {"codes": sorted(retired.values())}
        ledger.append("outcomes.retired", opportunity, by=by, details=details)
    return sorted(retired.values())
