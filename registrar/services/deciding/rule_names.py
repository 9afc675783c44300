"""What award rules name: the words that people have for it, and what the catalogue lacks."""

from collections import Counter
from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

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


def unknown(rule: Rule) -> list[str]:
    """Return what the rule names and the college does not know, or not by that name alone."""
    known = of(rule)
    return [
        *(
            f"{leaf.about} {leaf.target}"
            for leaf in {leaf.target: leaf for leaf in rule.leaves()}.values()
            if (f"template:{leaf.target}" if leaf.about == "credential" else leaf.target)
            not in known
        ),
        *(_of_terms(rule)),
        *(_of_levels(rule)),
    ]


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


def _of_terms(rule: Rule) -> Iterator[str]:
    found = Counter(name for term in terms(rule) for name in {term.title, term.key})
    named_terms = [name for leaf in rule.leaves() if leaf.within for name in leaf.within.terms]
    for name in dict.fromkeys(named_terms):
        if not found[name]:
            yield f"term {name}"
        elif found[name] > 1:
            yield f"only one term {name}, or its key in the place of that name,"


def _of_levels(rule: Rule) -> Iterator[str]:
    known = scales.of(list(outcomes(rule)), on=timezone.localdate())
    by_code = {each.code: known[each.pk] for each in outcomes(rule)}
    for leaf in rule.leaves():
        if isinstance(leaf, rules.OutcomeLevel) and leaf.target in by_code:
            if by_code[leaf.target].level(leaf.level) is None:
                yield f"level {leaf.level} of the outcome {leaf.target}"
