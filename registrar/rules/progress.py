"""Say how far somebody is on the way to a rule: what is asked, and what is still missing."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from registrar.rules.combinations import AllOf, Combination, Not, SeveralOf
from registrar.rules.conditions import Condition, Rule
from registrar.rules.decisions import Facts, Learner


def asked(rule: Rule) -> int:
    """Return how many conditions whoever has nothing has to meet, on the shortest way."""
    return missing(rule, frozenset())


def missing(rule: Rule, met: AbstractSet[Condition]) -> int:
    """Return how many more conditions are to be met, on the shortest way; 0 when the rule is met.

    What is left out and is met counts as one: it stands in the way.
    """
    if isinstance(rule, Condition):
        return int(rule not in met)
    if isinstance(rule, Not):
        return int(missing(rule.rule, met) == 0)
    if not isinstance(rule, Combination):
        raise TypeError(f"{type(rule).__name__} is no rule that is known here")
    left = [missing(each, met) for each in rule.rules]
    if isinstance(rule, AllOf):
        return sum(left)
    return sum(sorted(left)[: rule.count if isinstance(rule, SeveralOf) else 1])


def met_by_each(rule: Rule, facts: Facts) -> Mapping[Learner, AbstractSet[Condition]]:
    """Return the conditions that each of the population meets, whatever the rule makes of them."""
    found: dict[Learner, set[Condition]] = {learner: set() for learner in facts.population}
    for leaf in rule.leaves():
        for learner, known in facts.known.get(leaf, {}).items():
            if learner in found and leaf.meets(known):
                found[learner].add(leaf)
    return found
