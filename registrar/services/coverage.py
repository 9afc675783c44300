"""Coverage: which courses and activities teach, practise and assess which skills."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Count, QuerySet

from registrar.models import LearningOpportunity, OrganizationUnit, SkillTag
from skills.models import Framework, Skill

# A framework with more skills than this shows only those that somebody covers.
SKILLS_SHOWN = 80
EMPHASES = tuple(SkillTag.Emphasis)


@dataclass(frozen=True, slots=True)
class Cell:
    """How many outcomes of one course or activity teach, practise, assess one skill."""

    opportunity: LearningOpportunity
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """How many tags there are in all."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Row:
    """One skill across all courses and activities shown."""

    skill: Skill
    cells: list[Cell]

    @property
    def total(self) -> int:
        """How many tags point to the skill."""
        return sum(cell.total for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Skills by courses and activities; `is_cut` says that uncovered skills are left out."""

    opportunities: list[LearningOpportunity]
    rows: list[Row]
    is_cut: bool
    gaps: list[Skill] = field(default_factory=list)

    def entries(self) -> Iterator[tuple[Skill, Cell]]:
        """Every covered cell, row by row."""
        for row in self.rows:
            yield from ((row.skill, cell) for cell in row.cells if cell.total)


def table(
    framework: Framework,
    *,
    units: QuerySet[OrganizationUnit],
    kind: str = "",
    emphasis: str = "",
) -> Coverage:
    """Count the accepted tags of living outcomes, for the skills of a framework in these units."""
    opportunities = LearningOpportunity.objects.filter(retired_at=None, unit__in=units)
    if kind:
        opportunities = opportunities.filter(kind=kind)
    opportunities = opportunities.select_related("unit").order_by("-kind", "code")
    counts = _counts(framework, opportunities, emphasis)
    skills = list(Skill.objects.current().filter(framework=framework).order_by("code", "pk"))
    is_cut = len(skills) > SKILLS_SHOWN
    if is_cut:
        skills = [skill for skill in skills if skill.pk in counts]
    rows = [
        Row(skill, [Cell(each, counts[skill.pk].get(each.pk, {})) for each in opportunities])
        for skill in skills
    ]
    return Coverage(
        opportunities=list(opportunities),
        rows=rows,
        is_cut=is_cut,
        gaps=[row.skill for row in rows if not row.total],
    )


def _counts(
    framework: Framework, opportunities: QuerySet[LearningOpportunity], emphasis: str
) -> dict[int, dict[int, dict[str, int]]]:
    tags = SkillTag.objects.filter(
        state=SkillTag.State.ACCEPTED,
        skill__framework=framework,
        outcome__retired_at=None,
        outcome__opportunity__in=opportunities,
    )
    if emphasis:
        tags = tags.filter(emphasis=emphasis)
    counts: dict[int, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for skill, opportunity, how, number in (
        tags.order_by()
        .values_list("skill", "outcome__opportunity", "emphasis")
        .annotate(Count("pk"))
    ):
        counts[skill][opportunity][how] = number
    return counts
