"""Coverage: which courses and activities teach, practise and assess which skills."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, QuerySet

from registrar.models import LearningOpportunity, OrganizationUnit, SkillTag
from registrar.models.spans import Moment
from registrar.services.college import terms
from skills.models import Framework, Skill

# A framework with more skills than this shows only those that somebody covers.
SKILLS_SHOWN = 80
# More columns than this nobody reads, and no browser draws with pleasure.
OPPORTUNITIES_SHOWN = 100
EMPHASES = tuple(SkillTag.Emphasis)

# By skill, by course or activity, by emphasis.
_Counts = Mapping[int, Mapping[int, Mapping[str, int]]]


@dataclass(frozen=True, slots=True)
class Cell:
    """How many outcomes of one course or activity teach, practise, assess one skill."""

    opportunity: LearningOpportunity
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many tags there are in all."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Row:
    """One skill across the courses and activities shown; `total` tags point to it anywhere."""

    skill: Skill
    cells: list[Cell]
    total: int


@dataclass(frozen=True)
class Coverage:
    """Skills by courses and activities; `is_cut` says that uncovered skills are left out."""

    opportunities: list[LearningOpportunity]
    skills: list[Skill]
    counts: _Counts
    is_cut: bool

    @cached_property
    def shown(self) -> list[LearningOpportunity]:
        """The columns of the table: where there are too many, none that no skill stands in."""
        if len(self.opportunities) <= OPPORTUNITIES_SHOWN:
            return self.opportunities
        covering = {key for of_skill in self.counts.values() for key in of_skill}
        return [each for each in self.opportunities if each.pk in covering][:OPPORTUNITIES_SHOWN]

    @property
    def is_narrowed(self) -> bool:
        """Whether there are more courses and activities than are shown."""
        return len(self.shown) < len(self.opportunities)

    @property
    def gaps(self) -> list[Skill]:
        """The skills that nothing covers."""
        return [skill for skill in self.skills if skill.pk not in self.counts]

    def rows(self, skills: Iterable[Skill]) -> list[Row]:
        """The lines of the table for these skills."""
        return [self._row(skill, self.counts.get(skill.pk, {})) for skill in skills]

    def entries(self) -> Iterator[tuple[Skill, Cell]]:
        """Every covered cell, also of courses and activities that are not shown."""
        for skill in self.skills:
            if of_skill := self.counts.get(skill.pk):
                for each in self.opportunities:
                    if counts := of_skill.get(each.pk):
                        yield skill, Cell(each, counts)

    def _row(self, skill: Skill, of_skill: Mapping[int, Mapping[str, int]]) -> Row:
        cells = [Cell(each, of_skill.get(each.pk, {})) for each in self.shown]
        return Row(skill, cells, sum(sum(counts.values()) for counts in of_skill.values()))


def table(
    framework: Framework,
    *,
    units: QuerySet[OrganizationUnit],
    kind: str = "",
    emphasis: str = "",
    as_of: Moment | None = None,
) -> Coverage:
    """Count the tags that held then, for the skills of a framework in these units.

    Without a term or day they are those that hold now, between terms in the next one.
    """
    opportunities = LearningOpportunity.objects.filter(retired_at=None, unit__in=units)
    if kind:
        opportunities = opportunities.filter(kind=kind)
    counts = _counts(framework, opportunities, emphasis, as_of or terms.reading_day())
    skills = list(Skill.objects.current().filter(framework=framework).order_by("code", "pk"))
    is_cut = len(skills) > SKILLS_SHOWN
    if is_cut:
        skills = [skill for skill in skills if skill.pk in counts]
    in_order = opportunities.select_related("unit").order_by("-kind", "code")
    return Coverage(list(in_order), skills, counts, is_cut)


def _counts(
    framework: Framework,
    opportunities: QuerySet[LearningOpportunity],
    emphasis: str,
    moment: Moment,
) -> _Counts:
    tags = SkillTag.objects.as_of(moment).filter(
        skill__framework=framework, outcome__opportunity__in=opportunities
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
