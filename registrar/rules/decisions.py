"""Facts go in, decisions come out, for a whole population at once."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from registrar.rules.conditions import NO_NAMES, Asked, Condition, Fact, Names, Occasion, Rule

# Any hashable key: the rules only compare them.
Learner = Any


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a population, by condition and learner, the oldest fact first.

    What is not there counts as not met. `names` puts words for people in the place of keys
    that a rule uses for courses, line items, outcomes and activities; those of terms and
    templates stand under "term:..." and "template:...", as they may be called like a course.
    """

    population: AbstractSet[Learner]
    known: Mapping[Condition, Mapping[Learner, Sequence[Fact]]]
    names: Names = field(default_factory=dict)

    def of(self, condition: Condition, learner: Learner) -> Sequence[Fact]:
        """Return the learner's facts for a condition, the oldest first."""
        return self.known.get(condition, {}).get(learner, ())


@dataclass(frozen=True, slots=True)
class Reason:
    """Whether one condition stands as the rule asks, and the facts that tell; () without any."""

    condition: Condition
    met: bool
    facts: tuple[Fact, ...]
    names: Names = field(default_factory=dict, repr=False)
    is_excluded: bool = False

    @property
    def fact(self) -> Fact | None:
        """The fact that tells, or the first of them."""
        return self.facts[0] if self.facts else None

    @property
    def sentence(self) -> str:
        """The reason in words that may be shown to the learner."""
        if self.is_excluded:
            found = self.condition.find(self.facts, self.names)
            words = f"{found}, {'as needed' if self.met else 'which rules it out'}"
        else:
            words = self.condition.explain(self.facts, self.names)
        return f"{words[:1].upper()}{words[1:]}"


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no for one learner. The reasons are worked out when they are asked for.

    `occasions`, of a rule about a single course, activity or outcome: those on which all of
    the rule was met, in the order of the facts. It is empty when the rule is about several
    things, or was met only by facts of different occasions taken together.
    """

    granted: bool
    learner: Learner
    occasions: tuple[Occasion, ...]
    rule: Rule = field(repr=False)
    facts: Facts = field(repr=False)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """One reason for each condition, in the order of the rule."""
        return self._reasons(lambda condition, fact: True)

    def reasons_on(self, occasion: Occasion) -> tuple[Reason, ...]:
        """One reason for each condition, judged by the facts of that occasion alone.

        What is left out because of something else is judged by all facts.
        """
        subject = self.rule.subject()
        return self._reasons(
            lambda condition, fact: (
                fact.occasion == occasion or (condition.about, condition.target) != subject
            )
        )

    def _reasons(self, counts: Callable[[Condition, Fact], bool]) -> tuple[Reason, ...]:
        return tuple(self._reason(asked, counts) for asked in dict.fromkeys(self.rule.asked()))

    def _reason(self, asked: Asked, counts: Callable[[Condition, Fact], bool]) -> Reason:
        condition = asked.condition
        known = self.facts.of(condition, self.learner)
        found = [fact for fact in known if counts(condition, fact)]
        return Reason(
            condition,
            condition.meets(found) != asked.is_excluded,
            condition.telling(found),
            self.facts.names or NO_NAMES,
            asked.is_excluded,
        )


def evaluate(rule: Rule, facts: Facts) -> dict[Learner, Decision]:
    """Decide for everyone in the population at once, and say why.

    A learner may have several facts for one condition (several classes, a resit): one that is
    enough is enough. Unknown facts count as not met. Facts of people outside the population
    are passed over. Reasons cost nothing until they are asked for.
    """
    leaves = rule.leaves()
    everyone = facts.population
    granted = rule.met_by({leaf: _meeting(leaf, facts) for leaf in leaves}, everyone)
    subject = rule.subject()
    return {
        learner: Decision(
            granted=learner in granted,
            learner=learner,
            occasions=_occasions(rule, subject, leaves, facts, learner)
            if subject is not None and learner in granted
            else (),
            rule=rule,
            facts=facts,
        )
        for learner in everyone
    }


def _meeting(leaf: Condition, facts: Facts) -> set[Learner]:
    enough = leaf.meets
    population = facts.population
    return {
        learner
        for learner, found in facts.known.get(leaf, {}).items()
        if learner in population and enough(found)
    }


def _occasions(
    rule: Rule,
    subject: tuple[str, str],
    leaves: Sequence[Condition],
    facts: Facts,
    learner: Learner,
) -> tuple[Occasion, ...]:
    """The occasions on which the learner met all of the rule, in the order of the facts."""
    if rule in leaves:
        return tuple(dict.fromkeys(leaves[0].occasions(facts.of(leaves[0], learner))))
    known = {leaf: facts.of(leaf, learner) for leaf in leaves}
    own = {leaf for leaf in leaves if (leaf.about, leaf.target) == subject}
    seen = dict.fromkeys(
        fact.occasion
        for leaf in leaves
        if leaf in own
        for fact in known[leaf]
        if fact.occasion is not None
    )
    met: dict[Condition, AbstractSet[Any]] = {}
    for leaf, found in known.items():
        if leaf in own:
            met[leaf] = set(leaf.occasions(found))
        else:
            # Something else, which the rule leaves out: it holds at any time or never.
            met[leaf] = seen.keys() if leaf.meets(found) else set()
    whole = rule.met_by(met, seen.keys())
    return tuple(occasion for occasion in seen if occasion in whole)
