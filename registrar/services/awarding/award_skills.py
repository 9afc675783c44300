"""Which skills the outcomes behind an award were tagged with, in the award's own term."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from registrar import rules
from registrar.models import Award, LearningOutcome, SkillTag, Term
from registrar.services.deciding import facts
from registrar.services.teaching import outlines
from registrar.services.teaching.outlines import Line


@dataclass(frozen=True, slots=True)
class Learned:
    """The outcomes behind an award as they held on the day, in their words and with their tags.

    The day is the first of the term; without a term that on which it was awarded.
    """

    day: date
    term: Term | None
    lines: list[Line]


def shown(award: Award) -> Learned:
    """What held in the award's own term, for ever; whatever is edited for later ones."""
    term = award.offering.term if award.offering else None
    moment = term or award.awarded_on
    outcomes = _outcomes(award)
    tags: dict[int, list[SkillTag]] = defaultdict(list)
    held = SkillTag.objects.as_of(moment).filter(outcome__in=outcomes)
    for tag in held.select_related("skill__framework", "outcome").order_by("pk"):
        tags[tag.outcome_id].append(tag)
    day = term.starts_on if term else award.awarded_on
    return Learned(day, term, outlines.lines_of(outcomes, moment, tags))


def _outcomes(award: Award) -> QuerySet[LearningOutcome]:
    if award.offering is not None:
        return LearningOutcome.objects.filter(opportunity=award.offering.opportunity_id)
    if award.revision.rule is None:
        return LearningOutcome.objects.none()
    return facts.outcomes_behind(rules.parse(award.revision.rule))
