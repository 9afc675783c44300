"""Keep the catalogue: activities, what an opportunity is worth, its learning outcomes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypedDict, Unpack

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from issuer.services import ledger
from issuer.services.clients import Actor
from registrar.errors import CodeTaken, PlanOutdated
from registrar.models import (
    LearningOpportunity,
    LearningOutcome,
    OrganizationUnit,
    SkillTag,
    Term,
)
from registrar.models.spans import holds_after
from registrar.services.college import people, roles, terms
from registrar.services.teaching import mappings

# Whoever brings in the roster keeps the catalogue, too.
_PERMISSION = "registrar.import_roster"
_OUTCOMES = "registrar.change_learningoutcome"


@dataclass(frozen=True, slots=True)
class OutcomePlan:
    """What would become of the outcomes of a course or activity, by their codes.

    `reworded` holds the old and the new words; `term` is that from which on it would be so.
    """

    term: str = ""
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
    opportunity: LearningOpportunity,
    outcomes: Mapping[str, str],
    *,
    by: Actor | None,
    term: Term | None = None,
) -> list[LearningOutcome]:
    """Keep what a learner can do afterwards: each outcome's statement by its code.

    New outcomes and new words hold from the term on, which is the current or next one unless said
    otherwise; what held before stays readable as of its term. An outcome in other words keeps its
    row, and the old words go into the ledger. Outcomes that are not named stay. Returns those
    named, in their order. Raises CodeTaken if another opportunity has an outcome of that code, and
    TermSettled. Without `by` it is a command on the server; of a client the scope was asked.
    """
    if isinstance(by, User):
        roles.demand(by, _OUTCOMES, unit=opportunity.unit)
    found = LearningOutcome.objects.select_for_update().filter(retired_at=None, code__in=outcomes)
    # Locked, so that two people who reword the same outcome both enter what they replaced.
    held = {outcome.code: outcome for outcome in found}
    changed = [code for code in outcomes if _is_otherwise(held.get(code), outcomes[code])]
    if not changed:
        return [held[code] for code in outcomes]
    term = terms.for_outcomes(opportunity, term)
    _refuse_taken(opportunity, outcomes, term)
    new = [code for code in changed if code not in held]
    added = LearningOutcome.objects.bulk_create(
        LearningOutcome(
            opportunity=opportunity, code=code, statement=outcomes[code], holds_from=day
        )
        for code, day in _first_days(new, term).items()
    )
    reworded = _reword(held, outcomes, term)
    details: dict[str, Any] = {"new": new, "reworded": reworded, "term": term and term.pk}
    ledger.append("outcomes.recorded", opportunity, by=by or "system", details=details)
    held.update((outcome.code, outcome) for outcome in added)
    return [held[code] for code in outcomes]


def _first_days(codes: Iterable[str], term: Term | None) -> dict[str, date | None]:
    """From when new outcomes hold; without terms always, but a code that was used from today."""
    if (day := terms.begins(term)) is not None:
        return dict.fromkeys(codes, day)
    used = set(LearningOutcome.objects.filter(code__in=codes).values_list("code", flat=True))
    return {code: timezone.localdate() if code in used else None for code in codes}


def _is_otherwise(held: LearningOutcome | None, statement: str) -> bool:
    return held is None or held.statement != statement


def _refuse_taken(
    opportunity: LearningOpportunity, codes: Iterable[str], term: Term | None
) -> None:
    """Codes of others that hold in the term or later, and own ones that were ended after it."""
    day = terms.begins(term)
    others = LearningOutcome.objects.filter(code__in=codes).exclude(
        opportunity=opportunity, retired_at=None
    )
    others = others.filter(retired_at=None) if day is None else others.filter(holds_after(day))
    if taken := sorted(others.values_list("code", flat=True)):
        raise CodeTaken(f"Already an outcome of something else: {', '.join(taken)}.")


def _reword(
    held: Mapping[str, LearningOutcome], outcomes: Mapping[str, str], term: Term | None
) -> dict[str, str]:
    """Give the outcomes their new words, and return the old ones."""
    old: dict[str, str] = {}
    for code, outcome in held.items():
        if outcome.statement != outcomes[code]:
            old[code], outcome.statement = outcome.statement, outcomes[code]
            outcome.worded_from = terms.begins(term)
    LearningOutcome.objects.bulk_update([held[code] for code in old], ["statement", "worded_from"])
    return old


def plan_outcomes(
    opportunity: LearningOpportunity, outcomes: Mapping[str, str], *, term: Term | None = None
) -> OutcomePlan:
    """Compare: what would change from the term on if it had these outcomes and no others.

    Raises CodeTaken if another opportunity has an outcome of one of these codes, and TermSettled.
    """
    term = terms.for_outcomes(opportunity, term)
    _refuse_taken(opportunity, outcomes, term)
    living = opportunity.outcomes.filter(retired_at=None)
    held = dict(living.values_list("code", "statement"))
    common = {code: (held[code], outcomes[code]) for code in outcomes if code in held}
    return OutcomePlan(
        term=str(term or ""),
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
    term: Term | None = None,
) -> OutcomePlan:
    """Give it these outcomes and no others from the term on, as in the plan of that fingerprint.

    Raises PlanOutdated if this is no longer what would change, CodeTaken and TermSettled.
    """
    roles.demand(by, _OUTCOMES, unit=opportunity.unit)
    # Locked, so that nobody adds an outcome between the comparison and the change.
    LearningOpportunity.objects.select_for_update().get(pk=opportunity.pk)
    plan = plan_outcomes(opportunity, outcomes, term=term)
    if plan.fingerprint != fingerprint:
        raise PlanOutdated("This is not what you looked at. Look again at what will change.")
    # One term for both, found before the first of them settles anything.
    if plan.changes_anything:
        term = terms.for_outcomes(opportunity, term)
        record_outcomes(opportunity, outcomes, by=by, term=term)
        retire_outcomes(opportunity, plan.retired, by=by, term=term)
    return plan


@transaction.atomic
def retire_outcomes(
    opportunity: LearningOpportunity,
    codes: Iterable[str],
    *,
    by: Actor,
    term: Term | None = None,
) -> list[str]:
    """Retire outcomes: from the term on no skill is tagged to them and no rule is met by them.

    Their tags and results stay, and their codes are free again; what is proposed for them from
    then on is withdrawn. Returns the codes of those that were retired; others are passed over.
    Raises TermSettled.
    """
    if isinstance(by, User):
        roles.demand(by, _OUTCOMES, unit=opportunity.unit)
    mappings.hold(opportunity)
    living = opportunity.outcomes.select_for_update().filter(retired_at=None, code__in=codes)
    retired = {outcome.pk: outcome.code for outcome in living}
    if retired:
        last = terms.last_day_before(terms.for_outcomes(opportunity, term))
        LearningOutcome.objects.filter(pk__in=retired).update(retired_at=Now(), holds_until=last)
        details = {
            "codes": sorted(retired.values()),
            "holds_until": last.isoformat(),
            "withdrawn": _withdraw_proposals(retired, last),
        }
        ledger.append("outcomes.retired", opportunity, by=by, details=details)
    return sorted(retired.values())


def _withdraw_proposals(outcomes: Iterable[int], last: date) -> list[int]:
    """Withdraw what is proposed for these outcomes after their last day; returns the tags."""
    proposed = SkillTag.objects.proposed().filter(outcome__in=outcomes)
    moot = proposed.filter(Q(holds_from=None) | Q(holds_from__gt=last))
    keys = sorted(moot.values_list("pk", flat=True))
    moot.update(state=SkillTag.State.WITHDRAWN)
    return keys
