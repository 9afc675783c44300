"""The words in which an outcome is judged: a rubric's levels, or whether it is met."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Case, IntegerField, Q, Value, When

from registrar.models import LearningOutcome, SkillTag
from registrar.models.spans import Moment
from skills.models import Rubric

# As many as a result keeps.
LONGEST: Final = 200
_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class Level:
    """One word of a scale, and what it means; `key` is the digit for it on a keyboard, or blank."""

    name: str
    points: Decimal | None = None
    meaning: str = ""
    address: str = ""
    key: str = ""

    @property
    def label(self) -> str:
        """The word after its digit: browsers then find it by the digit alone."""
        return f"{self.key} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Scale:
    """The levels from the best down, and the rubric that they stand in ("" for none)."""

    levels: tuple[Level, ...]
    rubric: str = ""

    def level(self, name: str) -> Level | None:
        """The level of that name, in any case."""
        folded = name.casefold()
        return next((each for each in self.levels if each.name.casefold() == folded), None)

    @property
    def most(self) -> Decimal | None:
        """The most points that there are."""
        return max((each.points for each in self.levels if each.points is not None), default=None)


MET: Final = Level("Met", key="1")
NOT_MET: Final = Level("Not met", key="0")
PLAIN: Final = Scale((MET, NOT_MET))


def of(outcomes: Collection[LearningOutcome], *, on: Moment) -> dict[int, Scale]:
    """By outcome its scale: of the rubric for a skill it is tagged with then, else whether met.

    A skill that it assesses comes before one that it only teaches.
    """
    skills = _skills(outcomes, on)
    rubrics = _rubrics({identifier for found in skills.values() for _, identifier in found})
    return {
        outcome.pk: next(
            (rubrics[skill] for skill in skills.get(outcome.pk, ()) if skill in rubrics), PLAIN
        )
        for outcome in outcomes
    }


_Skill = tuple[int, str]


def _skills(outcomes: Collection[LearningOutcome], on: Moment) -> Mapping[int, list[_Skill]]:
    """By outcome the frameworks and identifiers of its skills; of an outcome set first."""
    found: dict[int, list[_Skill]] = {}
    from_sets = LearningOutcome.objects.filter(
        pk__in=[each.pk for each in outcomes], from_set__isnull=False
    ).values_list("pk", "from_set__skill__framework", "from_set__skill__identifier")
    whens = [
        When(emphasis=emphasis, then=Value(place))
        for place, emphasis in enumerate(("assessed", "practised", "taught"))
    ]
    tags = (
        SkillTag.objects.as_of(on)
        .filter(outcome__in=outcomes)
        .order_by(Case(*whens, output_field=IntegerField()), "pk")
        .values_list("outcome", "skill__framework", "skill__identifier")
    )
    for outcome, framework, identifier in [*from_sets, *tags]:
        found.setdefault(outcome, []).append((framework, identifier))
    return found


def _rubrics(identifiers: Collection[str]) -> Mapping[_Skill, Scale]:
    if not identifiers:
        return {}
    about = reduce(or_, (Q(criteria__contains=[{"skill": each}]) for each in identifiers))
    found: dict[_Skill, Scale] = {}
    for rubric in Rubric.objects.filter(about, retired_at=None).order_by("pk"):
        for criterion in rubric.criteria:
            scale = Scale(tuple(_levels(criterion["levels"])), str(rubric))
            if scale.levels:
                found.setdefault((rubric.framework_id, criterion["skill"]), scale)
    return found


def _levels(rows: Iterable[Mapping[str, Any]]) -> Iterator[Level]:
    """The levels of a criterion, the best first, each name once."""
    named: dict[str, Level] = {}
    for row in rows:
        quality, description = (
            " ".join((row.get(said) or "").split()) for said in ("quality", "description")
        )
        if name := quality or description:
            cut = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
            meaning = description if quality else ""
            level = Level(cut, _points(row.get("score")), meaning, row.get("uri") or "")
            named.setdefault(cut, level)
    in_order = list(named.values())
    if all(level.points is not None for level in in_order):
        in_order.sort(key=lambda level: level.points or Decimal(), reverse=True)
    keys = _keys([level.points for level in in_order])
    yield from (replace(level, key=key) for level, key in zip(in_order, keys, strict=True))


def _points(score: float | None) -> Decimal | None:
    return None if score is None else Decimal(str(score))


def _keys(points: list[Decimal | None]) -> list[str]:
    """A digit for each: its points where these are digits of their own, else its place from 1."""
    said = [f"{each.normalize():f}" if each is not None else "" for each in points]
    if len(set(said)) == len(said) and all(len(each) == 1 for each in said):
        return said
    count = len(said)
    return [str(count - place) if count < _DIGITS else "" for place in range(count)]
