"""Gather what is known of learners, for an award rule or for the results in a credential."""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import dateformat, timezone

from issuer.models import Batch
from issuer.vc import openbadges
from registrar import rules
from registrar.models import (
    Award,
    Enrolment,
    LearningOutcome,
    LineItem,
    Offering,
    Result,
    Term,
)
from registrar.models.catalog import named
from registrar.models.results import ResultQuerySet
from registrar.models.spans import holds_after
from registrar.rules import Condition, Fact, Facts, Rule
from registrar.services.deciding import result_levels, rule_names
from registrar.services.marking import participation, scales
from registrar.services.marking.results import GRADED

# What the result of an activity says when it is done.
COMPLETED = participation.State.COMPLETED.value

_OF = "line_item__offering__opportunity__"
# Keys of a result's value: the learner, and the offering where it is of one.
_Key = tuple[int, int | None]


def gather(
    rule: Rule,
    *,
    offerings: Collection[Offering] | None = None,
    learners: Collection[int] | None = None,
    after_each: Callable[[], None] | None = None,
) -> Facts:
    """Return what is known of everyone whom the rule is about: few queries for each condition.

    These are the learners who take part in a course or activity that the rule names, those who
    have a result in it, and those who hold a credential that it asks for. Learners who have left
    the college are passed over. With `offerings` results and people are those of these alone. With
    `learners` it is these people, whether the rule is about them or not. `after_each` is called
    when the facts for one condition are there.
    """
    gathering = _Gathering(rule, offerings, learners)
    known: dict[Condition, _ByLearner] = {}
    for leaf in rule.leaves():
        known[leaf] = gathering.of(leaf)
        if after_each is not None:
            after_each()
    population = set(learners or ())
    if learners is None:
        asked = [each.condition for each in rule.asked() if not each.is_excluded]
        if offerings is not None:
            asked = [leaf for leaf in asked if leaf.is_in_a_class] or asked
        population = set(_participants(rule, offerings)).union(*(known[leaf] for leaf in asked))
    return Facts(population=population, known=known, names=rule_names.of(rule))


def values(
    described: dict[str, Any], *, offerings: Collection[Offering] | None = None
) -> dict[_Key, str]:
    """Return the best value of a described result, by learner and offering; of equals the newest.

    Under the offering None stands the best of all offerings. Its `source` names a course and a
    category, or an outcome; a description without one has no values.
    """
    source = described.get("source")
    if not source:
        return {}
    found = _graded(offerings)
    if "outcome" in source:
        found = found.filter(outcome__code=source["outcome"])
    else:
        found = found.filter(
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


def taken_back(rule: Rule, learners: Collection[int]) -> set[tuple[int, str]]:
    """Return learners of whom a result that the rule would look at was withdrawn by its source.

    Each with the title of the class, once. Such results count for nothing.
    """
    gathering = _Gathering(rule, None, learners)
    withdrawn = Result.objects.filter(superseded_at=None, withdrawn=True)
    found: set[tuple[int, str]] = set()
    for leaf in rule.leaves():
        if not isinstance(leaf, rules.CredentialHeld):
            theirs = gathering.results(leaf, among=withdrawn).order_by()
            found |= set(theirs.values_list("learner", "line_item__offering__title").distinct())
    return found


def taking_part(rule: Rule) -> set[int]:
    """Return the learners who take part in a course or activity that the rule names."""
    return set(_participants(rule, None))


def final_results(category: str, offerings: Collection[Offering]) -> Counter[str]:
    """Return how often each word stands as a result in the line items of a category."""
    found = _graded(offerings).filter(outcome=None, line_item__category=category).exclude(text="")
    return Counter(found.values_list("text", flat=True))


def outcomes_behind(rule: Rule) -> QuerySet[LearningOutcome]:
    """Return the outcomes that the rule names, and all of the courses and activities it names."""
    return LearningOutcome.objects.filter(
        Q(code__in=rule_names.targets(rule, "outcome"))
        | Q(opportunity__in=rule_names.opportunities(rule))
    )


_ByLearner = dict[int, list[Fact]]


class _Gathering:
    """What one rule needs to know; terms and scales are read once for all its conditions."""

    def __init__(
        self,
        rule: Rule,
        offerings: Collection[Offering] | None,
        learners: Collection[int] | None,
    ) -> None:
        self._offerings = offerings
        self._people = Q(learner__retired_at=None)
        if learners is not None:
            self._people &= Q(learner__in=learners)
        self._terms: defaultdict[str, list[Term]] = defaultdict(list)
        for term in rule_names.terms(rule):
            for name in {term.title, term.key}:
                self._terms[name].append(term)
        self._levels: dict[str, tuple[str, ...]] = {}
        if any(isinstance(leaf, rules.OutcomeLevel) for leaf in rule.leaves()):
            outcomes = list(rule_names.outcomes(rule))
            known = scales.of(outcomes, on=timezone.localdate())
            self._levels = {
                each.code: tuple(level.name for level in known[each.pk].levels) for each in outcomes
            }

    def of(self, leaf: Condition) -> _ByLearner:
        """What is known for a condition, by learner."""
        if isinstance(leaf, rules.CredentialHeld):
            return self._credentials(leaf)
        if isinstance(leaf, rules.EveryScore):
            return self._every_score(leaf)
        levels = self._levels.get(leaf.target, ()) if isinstance(leaf, rules.OutcomeLevel) else ()
        return _by_learner(self.results(leaf), levels)

    def results(self, leaf: Condition, *, among: ResultQuerySet | None = None) -> ResultQuerySet:
        """The results that a condition looks at, the oldest first; else than current `among`."""
        graded = _graded(self._offerings, among=among).filter(
            self._people, self._in_terms(leaf, at="line_item__offering__")
        )
        match leaf:
            case rules.FinalResult() | rules.EveryScore() | rules.Score(line_item=""):
                return graded.filter(_of(leaf), outcome=None, line_item__category=leaf.category)
            case rules.Score():
                return graded.filter(_of(leaf), outcome=None, line_item__title=leaf.line_item)
            case rules.ActivityDone():
                return graded.filter(_of(leaf), outcome=None, text=COMPLETED)
            case _:
                is_living = holds_after(timezone.localdate(), prefix="outcome__")
                return graded.filter(is_living, outcome__code=leaf.target)

    def _every_score(self, leaf: rules.EveryScore) -> _ByLearner:
        """Of each item of each class one takes part in the scores, or a fact that there is none."""
        found: defaultdict[tuple[int, int], dict[int, list[Fact]]] = defaultdict(dict)
        for learner, offering, item, fact in _facts_by_item(self.results(leaf)):
            found[learner, offering].setdefault(item, []).append(fact)
        blanks = self._blanks(leaf)
        taking_part = Enrolment.objects.filter(self._people, offering__in=blanks, retired_at=None)
        for learner, offering in taking_part.values_list("learner", "offering").iterator():
            found[learner, offering] = found.get((learner, offering), {})
        facts: defaultdict[int, list[Fact]] = defaultdict(list)
        places = {offering: place for place, offering in enumerate(blanks)}
        for learner, offering in sorted(found, key=lambda key: places[key[1]]):
            scores = found[learner, offering]
            for item, blank in blanks[offering].items():
                facts[learner] += scores.get(item, (blank,))
        return facts

    def _blanks(self, leaf: rules.EveryScore) -> dict[int, dict[int, Fact]]:
        """By offering, the earliest first, what stands for an item without a score."""
        items = LineItem.objects.filter(
            named(leaf.target, at="offering__opportunity__"),
            self._in_terms(leaf, at="offering__"),
            offering__opportunity__kind=leaf.about,
            category=leaf.category,
            retired_at=None,
        )
        if self._offerings is not None:
            items = items.filter(offering__in=self._offerings)
        blanks: dict[int, dict[int, Fact]] = {}
        for pk, title, offering, label in items.order_by(
            "offering__term__starts_on", "offering", "title", "pk"
        ).values_list("pk", "title", "offering", "offering__title"):
            blank = Fact(occasion=offering, label=label, item=title)
            blanks.setdefault(offering, {})[pk] = blank
        return blanks

    def _credentials(self, leaf: rules.CredentialHeld) -> _ByLearner:
        """The awards of a template that were not declined, each with the state that it is in."""
        made = Award.objects.filter(self._people, template__slug=leaf.target)
        facts: defaultdict[int, list[Fact]] = defaultdict(list)
        for learner, pk, day, state in (
            made.exclude(batch__state=Batch.State.DECLINED)
            .with_state()
            .order_by("pk")
            .values_list("learner", "pk", "awarded_on", "state")
            .iterator()
        ):
            label = f"awarded {dateformat.format(day, settings.DATE_FORMAT)}"
            facts[learner].append(Fact(sys.intern(state), evidence=pk, label=label))
        return facts

    def _in_terms(self, leaf: Condition, *, at: str) -> Q:
        """Whether an offering is held in the terms that the condition asks for.

        A name that no term has, or several have, is met by none.
        """
        window = leaf.within
        if window is None:
            return Q()
        if any(len(self._terms[name]) != 1 for name in window.terms):
            return Q(pk__in=[])
        found = Q()
        if window.since:
            found &= Q(**{f"{at}term__starts_on__gte": self._terms[window.since][0].starts_on})
        if window.until:
            found &= Q(**{f"{at}term__ends_on__lte": self._terms[window.until][0].ends_on})
        return found


def _of(leaf: Condition) -> Q:
    return named(leaf.target, at=_OF) & Q(**{f"{_OF}kind": leaf.about})


def _graded(
    offerings: Collection[Offering] | None, *, among: ResultQuerySet | None = None
) -> ResultQuerySet:
    """The results that count, the oldest first."""
    graded = (Result.objects.current() if among is None else among).filter(
        status=GRADED, learner__retired_at=None, line_item__retired_at=None
    )
    if offerings is not None:
        graded = graded.filter(line_item__offering__in=offerings)
    return graded.order_by(F("dated").asc(nulls_first=True), "pk")


def _by_learner(results: ResultQuerySet, levels: tuple[str, ...]) -> _ByLearner:
    facts: defaultdict[int, list[Fact]] = defaultdict(list)
    for learner, text, score, offering, pk, title in results.values_list(
        "learner", "text", "score", "line_item__offering", "pk", "line_item__offering__title"
    ).iterator():
        # Few words and titles, and very many facts.
        value, label = sys.intern(text), sys.intern(title)
        fact = Fact(value, score, occasion=offering, evidence=pk, label=label, levels=levels)
        facts[learner].append(fact)
    return facts


def _facts_by_item(results: ResultQuerySet) -> Iterator[tuple[int, int, int, Fact]]:
    for learner, offering, item, score, pk, label, title in results.values_list(
        "learner",
        "line_item__offering",
        "line_item",
        "score",
        "pk",
        "line_item__offering__title",
        "line_item__title",
    ).iterator():
        label, title = sys.intern(label), sys.intern(title)
        fact = Fact(score=score, occasion=offering, evidence=pk, label=label, item=title)
        yield learner, offering, item, fact


def _participants(rule: Rule, offerings: Collection[Offering] | None) -> Iterator[int]:
    enrolments = Enrolment.objects.filter(
        rule_names.any_opportunity(rule, at="offering__opportunity__")
        | Q(offering__opportunity__outcomes__code__in=rule_names.targets(rule, "outcome")),
        retired_at=None,
        learner__retired_at=None,
    )
    if offerings is not None:
        enrolments = enrolments.filter(offering__in=offerings)
    yield from enrolments.values_list("learner", flat=True).distinct()


def _rank(described: dict[str, Any], value: str) -> Decimal:
    """How good a value is: by its place among the allowed ones, or as a number."""
    if allowed := result_levels.words(described):
        return Decimal(allowed.index(value) if value in allowed else -1)
    return openbadges.number(value) or Decimal(0)


def _value(result_type: str, text: str, score: Decimal | None, maximum: Decimal | None) -> str:
    if text or score is None:
        return text
    if result_type == "Percent" and maximum:
        score = score * 100 / maximum
    return f"{round(score, 3).normalize():f}"
