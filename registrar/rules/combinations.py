"""Several rules together, or one turned round."""

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from registrar.rules.conditions import NO_NAMES, Asked, Condition, Data, Names, Rule


@dataclass(frozen=True, slots=True)
class Not(Rule):
    """Whoever meets the rule is left out."""

    rule: Rule

    def as_data(self) -> Data:
        return {"not": self.rule.as_data()}

    def sentence(self, *, names: Names = NO_NAMES) -> str:
        return f"it is not so that {_clause(self.rule, names)}"

    def asked(self, *, is_excluded: bool = False) -> Iterator[Asked]:
        yield from self.rule.asked(is_excluded=not is_excluded)

    def met_by(
        self, met: Mapping[Condition, AbstractSet[Any]], everyone: AbstractSet[Any]
    ) -> AbstractSet[Any]:
        return everyone - self.rule.met_by(met, everyone)


@dataclass(frozen=True, slots=True)
class Combination(Rule):
    """Several rules together."""

    rules: tuple[Rule, ...]

    def asked(self, *, is_excluded: bool = False) -> Iterator[Asked]:
        for rule in self.rules:
            yield from rule.asked(is_excluded=is_excluded)

    def _clauses(self, names: Names) -> list[str]:
        return [_clause(rule, names) for rule in self.rules]


@dataclass(frozen=True, slots=True)
class AllOf(Combination):
    """Every one of the rules."""

    def as_data(self) -> Data:
        return {"all": [rule.as_data() for rule in self.rules]}

    def sentence(self, *, names: Names = NO_NAMES) -> str:
        return ", and ".join(self._clauses(names))

    def met_by(
        self, met: Mapping[Condition, AbstractSet[Any]], everyone: AbstractSet[Any]
    ) -> AbstractSet[Any]:
        first, *others = (rule.met_by(met, everyone) for rule in self.rules)
        return set(first).intersection(*others)


@dataclass(frozen=True, slots=True)
class AnyOf(Combination):
    """At least one of the rules."""

    def as_data(self) -> Data:
        return {"any": [rule.as_data() for rule in self.rules]}

    def sentence(self, *, names: Names = NO_NAMES) -> str:
        return ", or ".join(self._clauses(names))

    def met_by(
        self, met: Mapping[Condition, AbstractSet[Any]], everyone: AbstractSet[Any]
    ) -> AbstractSet[Any]:
        return set().union(*(rule.met_by(met, everyone) for rule in self.rules))


@dataclass(frozen=True, slots=True)
class SeveralOf(Combination):
    """At least so many of the rules."""

    count: int

    def as_data(self) -> Data:
        return {"at_least": self.count, "of": [rule.as_data() for rule in self.rules]}

    def sentence(self, *, names: Names = NO_NAMES) -> str:
        clauses = "; ".join(self._clauses(names))
        return f"at least {self.count} of these {len(self.rules)} hold: {clauses}"

    def met_by(
        self, met: Mapping[Condition, AbstractSet[Any]], everyone: AbstractSet[Any]
    ) -> AbstractSet[Any]:
        tally = Counter(one for rule in self.rules for one in rule.met_by(met, everyone))
        return {one for one, times in tally.items() if times >= self.count}


def places(rule: Rule, at: str = "") -> Iterator[tuple[str, Condition]]:
    """Every condition of the rule, with the JSON Pointer to it in `rule.as_data()`."""
    match rule:
        case Condition():
            yield f"{at}/{next(iter(rule.as_data()))}", rule
        case Not():
            yield from places(rule.rule, f"{at}/not")
        case Combination():
            form = next(name for name, held in rule.as_data().items() if isinstance(held, list))
            for number, each in enumerate(rule.rules):
                yield from places(each, f"{at}/{form}/{number}")


def _clause(rule: Rule, names: Names) -> str:
    """The sentence of a rule within another, in brackets where the two would run together."""
    sentence = rule.sentence(names=names)
    runs_on = isinstance(rule, Combination) and len(rule.rules) > 1
    return f"({sentence})" if runs_on or isinstance(rule, Not) else sentence
