"""Gather what is known of learners, for an award rule or for the results in a credential."""

import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from decimal import Decimal
from functools import partial, reduce
from operator import or_
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from issuer.vc import openbadges
from registrar import rules
from registrar.models import (
    Enrolment,
    LearningOpportunity,
    LearningOutcome,
    Offering,
    Result,
)
from registrar.models.catalog import named
from registrar.models.results import ResultQuerySet
from registrar.models.spans import holds_after
from registrar.rules import Condition, Fact, Facts, Rule
from registrar.services import participation

# OneRoster 1.2, scoreStatus: whatever else there is has not been graded, or not to the end.
GRADED = "fully graded"
# What the result of an activity says when it is done.
COMPLETED = participation.State.COMPLETED.value

_OF = "line_item__offering__opportunity__"
# Keys of a result's value: the learner, and the offering where it is of one.
_Key = tuple[int, int | None]


def gather(rule: Rule, *, offerings: Collection[Offering] | None = None) -> Facts:
    """Return what is known of everyone whom the rule is about: one query for each condition.

    These are the learners who take part in a course or activity that the rule names, and those
    who have a result in it. Learners who have left the college are passed over. With `offerings`
    it is what is known from those alone.
    """
    known = {leaf: _by_learner(_results(leaf, offerings)) for leaf in rule.leaves()}
    population = set(_participants(rule, offerings)).union(*known.values())
    return Facts(population=population, known=known, names=_names(rule))


def values(
    described: dict[str, Any], *, offerings: Collection[Offering] | None = None
) -> dict[_Key, str]:
    """Return the best value of a described result, by learner and offering; of equals the newest.

    Under the offering None stands the best of all offerings. A description without `source` has
    no values.
    """
    source = described.get("source")
    if not source:
        return {}
    found = _graded(offerings).filter(
        named(source["course"], at=_OF),
        outcome=None,
        line_item__category=source["category"],
    )
    rank = partial(_rank, described)
    values: dict[_Key, str] = {}
    for learner, offering, text, score, maximum in found.values_list(
        "learner", "line_item__offering", "text", "score", "line_item__maximum"
    ).iterator():
        value = sys.intern(_value(described["result_type"], text, score, maximum))
        for key in ((learner, offering), (learner, None)) if value else ():
            if key not in values or rank(value) >= rank(values[key]):
                values[key] = value
    return values


def final_results(category: str, offerings: Collection[Offering]) -> Counter[str]:
    """Return how often each word stands as a result in the line items of a category."""
    found = _graded(offerings).filter(outcome=None, line_item__category=category).exclude(text="")
    return Counter(found.values_list("text", flat=True))


def unknown_names(rule: Rule) -> list[str]:
    """Return what the rule names and the catalogue does not know."""
    known = _names(rule)
    return [
        f"{leaf.about} {leaf.target}"
        for leaf in {leaf.target: leaf for leaf in rule.leaves()}.values()
        if leaf.target not in known
    ]


def outcomes_behind(rule: Rule) -> QuerySet[LearningOutcome]:
    """Return the outcomes that the rule names, and all of the courses and activities it names."""
    targets = _targets(rule)
    opportunities = LearningOpportunity.objects.filter(
        _any_named(targets["course"] + targets["activity"])
    )
    return LearningOutcome.objects.filter(
        Q(code__in=targets["outcome"]) | Q(opportunity__in=opportunities)
    )


def _results(leaf: Condition, offerings: Collection[Offering] | None) -> ResultQuerySet:
    graded = _graded(offerings)
    match leaf:
        case rules.FinalResult():
            return graded.filter(_of(leaf), outcome=None, line_item__category=leaf.category)
        case rules.Score(line_item=""):
            return graded.filter(_of(leaf), outcome=None, line_item__category=leaf.category)
        case rules.Score():
            return graded.filter(_of(leaf), outcome=None, line_item__title=leaf.line_item)
        case rules.ActivityDone():
            return graded.filter(_of(leaf), outcome=None, text=COMPLETED)
        case _:
            is_living = holds_after(timezone.localdate(), prefix="outcome__")
            return graded.filter(is_living, outcome__code=leaf.target)


def _of(leaf: Condition) -> Q:
    return named(leaf.target, at=_OF) & Q(**{f"{_OF}kind": leaf.about})


def _graded(offerings: Collection[Offering] | None) -> ResultQuerySet:
    """The results that count, the oldest first."""
    graded = Result.objects.current().filter(
        status=GRADED, learner__retired_at=None, line_item__retired_at=None
    )
    if offerings is not None:
        graded = graded.filter(line_item__offering__in=offerings)
    return graded.order_by(F("dated").asc(nulls_first=True), "pk")


def _by_learner(results: ResultQuerySet) -> dict[int, list[Fact]]:
    facts: defaultdict[int, list[Fact]] = defaultdict(list)
    for learner, text, score, offering, pk, title in results.values_list(
        "learner", "text", "score", "line_item__offering", "pk", "line_item__offering__title"
    ).iterator():
        # Few words and titles, and very many facts.
        value, label = sys.intern(text), sys.intern(title)
        fact = Fact(value=value, score=score, occasion=offering, evidence=pk, label=label)
        facts[learner].append(fact)
    return facts


def _participants(rule: Rule, offerings: Collection[Offering] | None) -> Iterator[int]:
    targets = _targets(rule)
    enrolments = Enrolment.objects.filter(
        _any_named(targets["course"] + targets["activity"], at="offering__opportunity__")
        | Q(offering__opportunity__outcomes__code__in=targets["outcome"]),
        retired_at=None,
        learner__retired_at=None,
    )
    if offerings is not None:
        enrolments = enrolments.filter(offering__in=offerings)
    yield from enrolments.values_list("learner", flat=True).distinct()


def _names(rule: Rule) -> dict[str, str]:
    targets = _targets(rule)
    opportunities = LearningOpportunity.objects.filter(
        _any_named(targets["course"] + targets["activity"])
    )
    today = timezone.localdate()
    outcomes = LearningOutcome.objects.living(today).filter(code__in=targets["outcome"])
    return {
        **{opportunity.code: str(opportunity) for opportunity in opportunities},
        **{opportunity.key: str(opportunity) for opportunity in opportunities},
        **{outcome.code: str(outcome) for outcome in outcomes},
    }


def _any_named(names: list[str], *, at: str = "") -> Q:
    return reduce(or_, (named(name, at=at) for name in names), Q(pk__in=[]))


def _targets(rule: Rule) -> dict[str, list[str]]:
    targets: dict[str, list[str]] = {"course": [], "activity": [], "outcome": []}
    for leaf in rule.leaves():
        targets[leaf.about].append(leaf.target)
    return targets


def _rank(described: dict[str, Any], value: str) -> Decimal:
    """How good a value is: by its place among the allowed ones, or as a number."""
    allowed = described.get("allowed_value")
    if allowed:
        return Decimal(allowed.index(value) if value in allowed else -1)
    return openbadges.number(value) or Decimal(0)


def _value(result_type: str, text: str, score: Decimal | None, maximum: Decimal | None) -> str:
    if text or score is None:
        return text
    if result_type == "Percent" and maximum:
        score = score * 100 / maximum
    return f"{round(score, 3).normalize():f}"
