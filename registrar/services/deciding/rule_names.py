"""What award rules name: the words that people have for it, and what the catalogue lacks."""

from collections import Counter
from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from registrar import rules
from registrar.models import (
    CredentialTemplate,
    LearningOpportunity,
    LearningOutcome,
    Term,
)
from registrar.models.catalog import named
from registrar.rules import Rule
from registrar.services.marking import scales


def of(rule: Rule) -> dict[str, str]:
    """Return words for all that the rule names and the college knows."""
    return {
        **{name: _spoken(each) for each in opportunities(rule) for name in (each.code, each.key)},
        **{each.code: each.statement for each in outcomes(rule)},
        **{f"term:{name}": term.title for term in terms(rule) for name in (term.title, term.key)},
        **{f"template:{each.slug}": each.name for each in templates(rule)},
    }


def in_words(data: Any) -> str:
    """An award rule as a sentence, or what is wrong with it."""
    if data is None:
        return "It is awarded to nobody: there is no rule."
    try:
        rule = rules.parse(data)
    except rules.InvalidRule as problem:
        return f"The rule cannot be understood. {problem}"
    return f"It is awarded when {rule.sentence(names=of(rule))}."


class Unknown(NamedTuple):
    """A name in a rule that leads nowhere: where it stands, what is needed in its place, why."""

    pointer: str
    needs: str
    reason: str


def unknown(rule: Rule) -> list[Unknown]:
    """Return what the rule names and the college does not know, or not by that name alone."""
    return [*_of_things(rule), *_of_terms(rule), *_of_levels(rule)]


def _missing(pointer: str, what: str) -> Unknown:
    return Unknown(pointer, f"{what} in the catalogue", f"There is no {what} in the catalogue.")


def targets(rule: Rule, about: str) -> list[str]:
    """Return what conditions about this (course, activity, outcome, credential) name."""
    return [leaf.target for leaf in rule.leaves() if leaf.about == about]


def opportunities(rule: Rule) -> QuerySet[LearningOpportunity]:
    """Find the courses and activities that the rule names."""
    return LearningOpportunity.objects.filter(any_opportunity(rule))


def any_opportunity(rule: Rule, *, at: str = "") -> Q:
    """Whether it is one of those that the rule names; `at` is the path to it."""
    names = [*targets(rule, "course"), *targets(rule, "activity")]
    return reduce(or_, (named(name, at=at) for name in names), Q(pk__in=[]))


def outcomes(rule: Rule) -> QuerySet[LearningOutcome]:
    """Find the outcomes that the rule names and that hold today."""
    living = LearningOutcome.objects.living(timezone.localdate())
    return living.filter(code__in=targets(rule, "outcome"))


def terms(rule: Rule) -> QuerySet[Term]:
    """Find the terms that the rule names."""
    names = {name for leaf in rule.leaves() if leaf.within for name in leaf.within.terms}
    return Term.objects.filter(
        reduce(or_, (named(name, by="title") for name in names), Q(pk__in=[]))
    )


def templates(rule: Rule) -> QuerySet[CredentialTemplate]:
    """Find the templates of the credentials that the rule names."""
    return CredentialTemplate.objects.named().filter(slug__in=targets(rule, "credential"))


def _spoken(opportunity: LearningOpportunity) -> str:
    """A course is known by its code, an activity by its title."""
    is_activity = opportunity.kind == LearningOpportunity.Kind.ACTIVITY
    return f"“{opportunity.title}”" if is_activity else str(opportunity)


def _of_things(rule: Rule) -> Iterator[Unknown]:
    known = of(rule)
    for place, leaf in rules.places(rule):
        is_credential = leaf.about == "credential"
        if (f"template:{leaf.target}" if is_credential else leaf.target) not in known:
            member = "template" if is_credential else leaf.about
            yield _missing(f"{place}/{member}", f"{leaf.about} {leaf.target}")


def _of_terms(rule: Rule) -> Iterator[Unknown]:
    found = Counter(name for term in terms(rule) for name in {term.title, term.key})
    for place, leaf in rules.places(rule):
        for end, name in leaf.within.as_data().items() if leaf.within else ():
            pointer = f"{place}/within/{end}"
            if not found[name]:
                yield _missing(pointer, f"term {name}")
            elif found[name] > 1:
                needs = f"the key of one term in the place of {name}, as several are called so"
                yield Unknown(pointer, needs, f"Several terms are called {name}.")


def _of_levels(rule: Rule) -> Iterator[Unknown]:
    known = scales.of(list(outcomes(rule)), on=timezone.localdate())
    by_code = {each.code: known[each.pk] for each in outcomes(rule)}
    for place, leaf in rules.places(rule):
        if isinstance(leaf, rules.OutcomeLevel) and leaf.target in by_code:
            if by_code[leaf.target].level(leaf.level) is None:
                what = f"level {leaf.level} of the outcome {leaf.target}"
                yield _missing(f"{place}/level_at_least", what)
