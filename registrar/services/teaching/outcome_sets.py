"""Sets of outcomes that any course may serve, as general education; courses take them up."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import slugify

from issuer.errors import WrongState
from issuer.services import ledger
from registrar.models import (
    LearningOpportunity,
    LearningOutcome,
    OutcomeSet,
    SetOutcome,
)
from registrar.services.college import roles
from registrar.services.teaching import catalog, tagging
from skills.models import Framework, Skill

_LONGEST_NAME = 60


@transaction.atomic
def make(framework: Framework, *, by: User, title: str = "") -> OutcomeSet:
    """Let every course take the framework's skills as outcomes. The same again returns the set."""
    roles.demand_for_all(by, "registrar.import_roster")
    made, is_new = OutcomeSet.objects.get_or_create(
        framework=framework, defaults={"title": title or framework.title}
    )
    if is_new:
        ledger.append("outcome_set.made", made, by=by, details={"framework": framework.identifier})
    return made


def offered(outcome_set: OutcomeSet) -> QuerySet[Skill]:
    """The skills that a course may take up."""
    return Skill.objects.current().filter(framework=outcome_set.framework_id)


def taken(opportunity: LearningOpportunity) -> dict[int, LearningOutcome]:
    """The outcomes that a course or activity has of any set, by their skills."""
    found = SetOutcome.objects.filter(
        outcome__opportunity=opportunity, outcome__retired_at=None
    ).select_related("outcome")
    return {each.skill_id: each.outcome for each in found}


@transaction.atomic
def attach(
    outcome_set: OutcomeSet,
    skills: Iterable[Skill],
    opportunity: LearningOpportunity,
    *,
    emphasis: str,
    by: User,
) -> list[LearningOutcome]:
    """Make skills of the set outcomes of a course or activity; returns those that are new.

    Whoever may propose skills there proposes at once that each outcome is what it is made of; a
    second person accepts it. Those that are attached already stay as they are. Raises WrongState
    for a skill that is not of the set.
    """
    allowed = {skill.pk: skill for skill in offered(outcome_set)}
    wanted = list(skills)
    if any(skill.pk not in allowed for skill in wanted):
        raise WrongState("This skill is not in the set, or retired. Choose another.")
    there = taken(opportunity)
    new = {_code(opportunity, skill): skill for skill in wanted if skill.pk not in there}
    if not new:
        return []
    said = {code: skill.statement for code, skill in new.items()}
    outcomes = catalog.record_outcomes(opportunity, said, by=by)
    SetOutcome.objects.bulk_create(
        SetOutcome(outcome=outcome, outcome_set=outcome_set, skill=new[outcome.code])
        for outcome in outcomes
    )
    if by.has_perm("registrar.propose_skilltag", opportunity.unit):
        for outcome in outcomes:
            tagging.propose(outcome, new[outcome.code], emphasis=emphasis, by=by)
    details = {"set": outcome_set.pk, "outcomes": sorted(new)}
    ledger.append("outcomes.attached", opportunity, by=by, details=details)
    return outcomes


def _code(opportunity: LearningOpportunity, skill: Skill) -> str:
    """A code that no outcome has: of the course's and the skill's, with a number if need be."""
    name = skill.code or slugify(skill.name, allow_unicode=True)[:_LONGEST_NAME]
    first = f"{opportunity.code.replace(' ', '')[:30]}-{name[:_LONGEST_NAME]}"
    known = set(
        LearningOutcome.objects.filter(code__startswith=first).values_list("code", flat=True)
    )
    codes = (first if number == 1 else f"{first}-{number}" for number in range(1, len(known) + 2))
    return next(code for code in codes if code not in known)
