"""Coverage of a programme: which skills its courses teach, practise, assess and can show."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from django.db.models import Count, QuerySet

from registrar.models import (
    LearningOpportunity,
    LearningOutcome,
    LineItem,
    Offering,
    OutcomeWording,
    Programme,
    SkillTag,
    Term,
)
from registrar.services.college import terms
from registrar.services.reporting import evidence
from registrar.services.reporting.evidence import TermCount
from registrar.services.teaching import programmes
from skills.models import Framework, Skill

# What a course does for a skill; an outcome with results is evidence of it.
MARKS: Final = (*SkillTag.Emphasis.values, "evidenced")
# A framework with more skills than this shows only those that the programme covers.
SKILLS_SHOWN: Final = 60
# The terms of a curriculum map; more than this nobody reads beside each other.
TERMS_SHOWN: Final = 8

_NOTHING: Final[Mapping[str, int]] = {}
# By course or activity, by skill, by mark; `outcomes` counts those that have any.
_Counts = dict[tuple[int, int], dict[str, int]]


@dataclass(frozen=True, slots=True)
class Cell:
    """How many outcomes of a course (of all where there is none) do what for a skill."""

    opportunity: LearningOpportunity | None
    skill: Skill
    counts: Mapping[str, int]

    @property
    def outcomes(self) -> int:
        """How many outcomes are tagged with the skill."""
        return self.counts.get("outcomes", 0)


@dataclass(frozen=True, slots=True)
class Row:
    """One course or activity across the skills that are shown."""

    opportunity: LearningOpportunity
    cells: list[Cell]
    outcomes: int


@dataclass(frozen=True)
class Coverage:
    """Courses and activities of a programme by skills of a framework, as of a day.

    `is_cut` says that skills which nothing covers have no column.
    """

    programme: Programme
    framework: Framework
    day: date
    opportunities: list[LearningOpportunity]
    skills: list[Skill]
    gaps: list[Skill]
    is_cut: bool
    counts: _Counts
    outcomes: Mapping[int, int]

    @cached_property
    def rows(self) -> list[Row]:
        """The lines of the table."""
        return [
            Row(each, [self.cell(each, skill) for skill in self.skills], self.outcomes[each.pk])
            for each in self.opportunities
        ]

    @cached_property
    def totals(self) -> list[Cell]:
        """What the whole programme does for each skill."""
        return [Cell(None, skill, self._sum(skill)) for skill in self.skills]

    def cell(self, opportunity: LearningOpportunity, skill: Skill) -> Cell:
        """What one course does for one skill."""
        return Cell(opportunity, skill, self.counts.get((opportunity.pk, skill.pk), _NOTHING))

    @property
    def unassessed(self) -> list[Skill]:
        """Skills that are taught or practised, and nowhere assessed."""
        return [cell.skill for cell in self.totals if cell.outcomes and not cell.counts["assessed"]]

    @property
    def unevidenced(self) -> list[Skill]:
        """Skills that are assessed, but of which there is no result."""
        return [
            cell.skill
            for cell in self.totals
            if cell.counts["assessed"] and not cell.counts["evidenced"]
        ]

    def _sum(self, skill: Skill) -> dict[str, int]:
        found = [self.cell(each, skill).counts for each in self.opportunities]
        return {name: sum(counts.get(name, 0) for counts in found) for name in ("outcomes", *MARKS)}


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the tagging of a programme is: outcomes in all, and what has become of them."""

    outcomes: int
    waiting: int
    untagged: list[LearningOutcome]

    @property
    def tagged(self) -> int:
        """How many outcomes have an accepted skill."""
        return self.outcomes - len(self.untagged)


@dataclass(frozen=True, slots=True)
class Line:
    """An outcome behind a cell, as it read then: its tag, the work that shows it, its results."""

    statement: str
    tag: SkillTag
    line_items: list[LineItem]
    counts: list[TermCount]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a curriculum map has a skill: a course in a term, and what it does for the skill."""

    opportunity: LearningOpportunity
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CurriculumMap:
    """Skills of a framework over the terms in which the programme's courses were held."""

    terms: list[Term]
    rows: list[tuple[Skill, list[list[Place]]]]
    gaps: list[Skill]


def table(programme: Programme, framework: Framework, *, day: date | None = None) -> Coverage:
    """Count the accepted tags that held on that day.

    Without a day they are those that hold now, between terms in the next one.

    An outcome is evidenced by results of terms that had begun by then.
    """
    day = day or terms.reading_day()
    opportunities = list(programmes.courses(programme, on=day).select_related("unit"))
    counts = _counts(tags(opportunities, day=day).filter(skill__framework=framework), until=day)
    covered = {skill for _, skill in counts}
    known = _skills(framework, covered)
    is_cut = len(known) > SKILLS_SHOWN
    return Coverage(
        programme=programme,
        framework=framework,
        day=day,
        opportunities=opportunities,
        skills=[skill for skill in known if skill.pk in covered] if is_cut else known,
        gaps=[skill for skill in known if skill.pk not in covered],
        is_cut=is_cut,
        counts=counts,
        outcomes=_outcome_counts(opportunities, day=day),
    )


def standing(programme: Programme, *, day: date) -> Standing:
    """How many outcomes the programme has, and how many of them are tagged with any skill."""
    opportunities = list(programmes.courses(programme, on=day))
    held = outcomes(opportunities, day=day)
    tagged = tags(opportunities, day=day).order_by().values("outcome")
    return Standing(
        outcomes=held.count(),
        waiting=SkillTag.objects.filter(state=SkillTag.State.PROPOSED, outcome__in=held).count(),
        untagged=sorted(held.exclude(pk__in=tagged), key=lambda each: each.place),
    )


def behind(
    programme: Programme,
    skill: Skill,
    *,
    day: date,
    opportunity: LearningOpportunity | None = None,
) -> list[Line]:
    """What a number of the table stands for: the outcomes, their tags, work and results."""
    found = programmes.courses(programme, on=day)
    if opportunity is not None:
        found = found.filter(pk=opportunity.pk)
    held = tags(list(found), day=day).filter(skill=skill)
    related = held.select_related("outcome__opportunity", "proposed_by", "reviewed_by")
    in_order = list(
        related.prefetch_related("evidence").order_by(
            "outcome__opportunity__code", "outcome__code", "pk"
        )
    )
    wanted = {tag.outcome_id for tag in in_order}
    said = statements(wanted, day=day)
    work = work_by_outcome(wanted, until=day)
    results: dict[int, list[TermCount]] = defaultdict(list)
    for count in evidence.counts(wanted, until=day):
        results[count.outcome].append(count)
    return [
        Line(said[tag.outcome_id], tag, work[tag.outcome_id], results[tag.outcome_id])
        for tag in in_order
    ]


def statements(outcomes: Collection[int], *, day: date) -> dict[int, str]:
    """How the outcomes read on that day, of those that held then."""
    wordings = OutcomeWording.objects.as_of(day).filter(outcome__in=outcomes)
    return dict(wordings.values_list("outcome", "statement"))


def work_by_outcome(
    outcomes: Iterable[int], *, until: date | None = None, within: Term | None = None
) -> Mapping[int, list[LineItem]]:
    """The work that shows each outcome, by terms."""
    term = "lineitem__offering__term"
    through = LineItem.outcomes.through.objects.filter(
        evidence.by_then(term, until=until, within=within),
        learningoutcome__in=outcomes,
        lineitem__retired_at=None,
    )
    work: dict[int, list[LineItem]] = defaultdict(list)
    for each in through.select_related(term).order_by(f"{term}__starts_on", "lineitem"):
        work[each.learningoutcome_id].append(each.lineitem)
    return work


def curriculum_map(programme: Programme, framework: Framework) -> CurriculumMap:
    """Which courses do what for each skill, in the latest terms in which they were held.

    Each term shows what held on its first day; evidence is of that very term.
    """
    ever = LearningOpportunity.objects.filter(programme_places__programme=programme)
    held = Term.objects.filter(offerings__opportunity__in=ever).distinct()
    latest = list(held.order_by("-starts_on", "-pk")[:TERMS_SHOWN])[::-1]
    columns = [_places(programme, framework, term) for term in latest]
    covered = {skill for column in columns for skill in column}
    skills = _skills(framework, covered)
    return CurriculumMap(
        terms=latest,
        rows=[
            (skill, [column.get(skill.pk, []) for column in columns])
            for skill in skills
            if skill.pk in covered
        ],
        gaps=[skill for skill in skills if skill.pk not in covered],
    )


def _places(programme: Programme, framework: Framework, term: Term) -> dict[int, list[Place]]:
    offered = Offering.objects.filter(term=term).values("opportunity")
    held = programmes.courses(programme, on=term.starts_on).filter(pk__in=offered)
    opportunities = {each.pk: each for each in held}
    found = tags(list(opportunities.values()), day=term.starts_on)
    counts = _counts(found.filter(skill__framework=framework), within=term)
    places: dict[int, list[Place]] = defaultdict(list)
    for key, opportunity in opportunities.items():
        for skill in (skill for place, skill in counts if place == key):
            places[skill].append(Place(opportunity, counts[key, skill]))
    return places


def tags(opportunities: Iterable[LearningOpportunity], *, day: date) -> QuerySet[SkillTag]:
    """The accepted tags of their outcomes that held on that day."""
    return SkillTag.objects.as_of(day).filter(outcome__opportunity__in=opportunities)


def outcomes(
    opportunities: Iterable[LearningOpportunity], *, day: date
) -> QuerySet[LearningOutcome]:
    """Their outcomes that held on that day."""
    return LearningOutcome.objects.as_of(day).filter(opportunity__in=opportunities)


def _skills(framework: Framework, covered: set[int]) -> list[Skill]:
    """What may be chosen today, and what was covered then though it is retired meanwhile."""
    current = Skill.objects.current().filter(framework=framework)
    both = current | Skill.objects.filter(framework=framework, pk__in=covered)
    return list(both.order_by("code", "pk"))


def _counts(
    held: QuerySet[SkillTag], *, until: date | None = None, within: Term | None = None
) -> _Counts:
    found = list(
        held.order_by().values_list("outcome__opportunity", "skill", "outcome", "emphasis")
    )
    shown = evidence.evidenced({row[2] for row in found}, until=until, within=within)
    counts: _Counts = {}
    for opportunity, skill, outcome, emphasis in found:
        cell = counts.setdefault((opportunity, skill), dict.fromkeys(("outcomes", *MARKS), 0))
        cell["outcomes"] += 1
        cell[emphasis] += 1
        cell["evidenced"] += outcome in shown
    return counts


def _outcome_counts(opportunities: list[LearningOpportunity], *, day: date) -> dict[int, int]:
    held = outcomes(opportunities, day=day).order_by().values_list("opportunity")
    return dict.fromkeys((each.pk for each in opportunities), 0) | dict(
        held.annotate(Count("pk")).values_list("opportunity", "pk__count")
    )
