"""Rules and their leaves: each condition by itself, its words, and the facts that meet it."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Final, NamedTuple

Occasion = Hashable
Data = dict[str, Any]
Names = Mapping[str, str]

NO_NAMES: Final[Names] = {}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known of a learner that may meet a condition.

    `occasion` is the class or term to which it belongs, `evidence` whatever the caller wants
    back (say, a result's key), `label` what the learner reads beside it (say, "BBB 2013J").
    `item` names the assessment, `levels` those of its scale, the best first.
    """

    value: str = ""
    score: Decimal | None = None
    occasion: Occasion = None
    evidence: Hashable = None
    label: str = ""
    item: str = ""
    levels: tuple[str, ...] = ()


class Asked(NamedTuple):
    """A condition as a rule asks for it: to be met, or not to be met."""

    condition: "Condition"
    is_excluded: bool


class Rule:
    """A condition, or a combination of rules."""

    __slots__ = ()

    def as_data(self) -> Data:
        """Return the rule as JSON data; `parse` is the inverse."""
        raise NotImplementedError

    def sentence(self, *, names: Names = NO_NAMES) -> str:
        """Say the rule in plain English, as the end of "It is awarded when ..."."""
        raise NotImplementedError

    def leaves(self) -> tuple["Condition", ...]:
        """Return the conditions, each once, in the order in which the rule names them."""
        return tuple(dict.fromkeys(each.condition for each in self.asked()))

    def subject(self) -> tuple[str, str] | None:
        """Return the one thing that the rule is about, like ("course", "BBB"), if it is one.

        What it leaves out does not count, and credentials are not held in a class.
        """
        asked = [each.condition for each in self.asked() if not each.is_excluded]
        subjects = {(leaf.about, leaf.target) for leaf in asked}
        if len(subjects) == 1 and all(leaf.is_in_a_class for leaf in asked):
            return subjects.pop()
        return None

    def asked(self, *, is_excluded: bool = False) -> Iterator[Asked]:
        """Yield every condition as often as the rule names it, and whether it is to be met."""
        raise NotImplementedError

    def met_by(
        self, met: Mapping["Condition", AbstractSet[Any]], everyone: AbstractSet[Any]
    ) -> AbstractSet[Any]:
        """Return those of everyone (learners, or occasions of one learner) who meet the rule."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Window:
    """Terms by their names, from one to another; "" is open."""

    since: str = ""
    until: str = ""

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms that it names."""
        return tuple(term for term in (self.since, self.until) if term)

    def as_data(self) -> Data:
        """Return it as JSON data."""
        named = {"from": self.since, "to": self.until}
        return {name: term for name, term in named.items() if term}

    def in_words(self, names: Names) -> str:
        """Say it, as the end of a sentence."""
        since, until = (names.get(f"term:{term}", term) for term in (self.since, self.until))
        if since == until:
            return f"in the term {since}"
        if not since:
            return f"in a term up to {until}"
        return f"in a term from {since} {f'to {until}' if until else 'on'}"


@dataclass(frozen=True, slots=True)
class Condition(Rule):
    """A leaf: what it takes, of a course, an outcome or an activity (its `target`)."""

    kind: ClassVar[str]
    about: ClassVar[str]
    is_in_a_class: ClassVar[bool] = True
    target: str
    within: Window | None = field(default=None, kw_only=True)

    def is_met_by(self, fact: Fact) -> bool:
        """Whether this fact alone is enough."""
        raise NotImplementedError

    def meets(self, facts: Sequence[Fact]) -> bool:
        """Whether a learner of whom this is known meets the condition."""
        return any(map(self.is_met_by, facts))

    def occasions(self, facts: Sequence[Fact]) -> list[Occasion]:
        """Return the occasions on which it was met, in the order of the facts."""
        return [
            fact.occasion for fact in facts if fact.occasion is not None and self.is_met_by(fact)
        ]

    def telling(self, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        """Return the facts that tell: of scores the best, of words the latest.

        A fact that meets the condition goes before one that does not. A fact without what the
        condition asks for (a blank score) tells nothing.
        """
        known = [fact for fact in facts if self._shown(fact)]
        enough = [fact for fact in known if self.is_met_by(fact)]
        return self._best(enough or known)

    def sentence(self, *, names: Names = NO_NAMES) -> str:
        return f"{self._what(names)}{self._when(names)} is {self._needed()}"

    def explain(self, facts: Sequence[Fact], names: Names = NO_NAMES) -> str:
        """Say what the facts that tell, or their absence, mean for the condition."""
        if not facts:
            return (
                f"there is no {self._what(names, article='')}{self._when(names)}; "
                f"{self._needed()} is needed"
            )
        fact = facts[0]
        found = f"{self._what(names)} is {self._shown(fact)}{_label(fact)}"
        if self.is_met_by(fact):
            return f"{found}, as needed: {self._needed()}"
        return f"{found}, but {self._needed()} is needed{self._short(fact)}"

    def find(self, facts: Sequence[Fact], names: Names = NO_NAMES) -> str:
        """Say what there is, without judging it."""
        if not facts:
            return f"there is no {self._what(names, article='')}{self._when(names)}"
        return f"{self._what(names)} is {self._shown(facts[0])}{_label(facts[0])}"

    def asked(self, *, is_excluded: bool = False) -> Iterator[Asked]:
        yield Asked(self, is_excluded)

    def met_by(
        self, met: Mapping["Condition", AbstractSet[Any]], everyone: AbstractSet[Any]
    ) -> AbstractSet[Any]:
        return met[self]

    def _what(self, names: Names, article: str = "the ") -> str:
        raise NotImplementedError

    def _needed(self) -> str:
        raise NotImplementedError

    def _shown(self, fact: Fact) -> str:
        raise NotImplementedError

    def _short(self, fact: Fact) -> str:
        """By how much the fact is not enough, where that can be said."""
        return ""

    def _best(self, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        return tuple(facts[-1:])

    def _name(self, names: Names) -> str:
        return names.get(self.target, self.target)

    def _when(self, names: Names) -> str:
        return f" {self.within.in_words(names)}" if self.within else ""

    def _as_data(self, members: Data) -> Data:
        window = {"within": self.within.as_data()} if self.within else {}
        return {self.kind: members | window}


@dataclass(frozen=True, slots=True)
class _OneOf(Condition):
    """A value is one of several words, exactly as they are written."""

    one_of: tuple[str, ...]

    def is_met_by(self, fact: Fact) -> bool:
        return fact.value in self.one_of

    def _needed(self) -> str:
        return either(self.one_of)

    def _shown(self, fact: Fact) -> str:
        return fact.value


@dataclass(frozen=True, slots=True)
class _AtLeast(Condition):
    """A score is as high as this, or higher."""

    at_least: Decimal

    def is_met_by(self, fact: Fact) -> bool:
        score = fact.score
        return score is not None and score.is_finite() and score >= self.at_least

    def _needed(self) -> str:
        return f"at least {_plain(self.at_least)}"

    def _shown(self, fact: Fact) -> str:
        return _plain(fact.score) if fact.score is not None and fact.score.is_finite() else ""

    def _short(self, fact: Fact) -> str:
        if fact.score is None or not fact.score.is_finite():
            return ""
        return f": {_plain(self.at_least - fact.score)} short"

    def _best(self, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        # Of equal scores the latest tells.
        best = max(reversed(facts), key=lambda fact: fact.score or Decimal(0), default=None)
        return () if best is None else (best,)


@dataclass(frozen=True, slots=True)
class FinalResult(_OneOf):
    """The result of a course, in the line items of this category, is one of these words."""

    kind: ClassVar[str] = "final_result"
    about: ClassVar[str] = "course"
    category: str

    def as_data(self) -> Data:
        members = {"course": self.target, "category": self.category, "one_of": list(self.one_of)}
        return self._as_data(members)

    def _what(self, names: Names, article: str = "the ") -> str:
        return f"{article}final result in {self._name(names)}"


@dataclass(frozen=True, slots=True)
class Score(_AtLeast):
    """Some score in a course, of this category or on this line item, is at least so high."""

    kind: ClassVar[str] = "score"
    about: ClassVar[str] = "course"
    category: str = ""
    line_item: str = ""

    def as_data(self) -> Data:
        which = {"line_item": self.line_item} if self.line_item else {"category": self.category}
        return self._as_data({"course": self.target, **which, "at_least": _number(self.at_least)})

    def _what(self, names: Names, article: str = "the ") -> str:
        item = names.get(self.line_item, self.line_item) or self.category
        return f"{article}score for {item} in {self._name(names)}"


@dataclass(frozen=True, slots=True)
class EveryScore(_AtLeast):
    """In one class of a course, each line item of this category has at least this score.

    The facts name their `item`; one without a score says that there is such an item and nothing
    of the learner yet, which is not enough.
    """

    kind: ClassVar[str] = "every_score"
    about: ClassVar[str] = "course"
    category: str

    def as_data(self) -> Data:
        members = {"course": self.target, "category": self.category}
        return self._as_data({**members, "at_least": _number(self.at_least)})

    def meets(self, facts: Sequence[Fact]) -> bool:
        return any(self._holds(group) for group in self._classes(facts).values())

    def occasions(self, facts: Sequence[Fact]) -> list[Occasion]:
        return [
            occasion
            for occasion, group in self._classes(facts).items()
            if occasion is not None and self._holds(group)
        ]

    def telling(self, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        """Return one fact for each item of the class that came nearest; of equals the latest."""
        groups = [tuple(group.values()) for group in reversed(self._classes(facts).values())]
        return min(groups, key=lambda group: len(self._lacking(group)), default=())

    def sentence(self, *, names: Names = NO_NAMES) -> str:
        return f"every {self._what(names, '')}{self._when(names)} is {self._needed()}"

    def explain(self, facts: Sequence[Fact], names: Names = NO_NAMES) -> str:
        if not facts:
            return (
                f"there is no {self._what(names, '')}{self._when(names)}; "
                f"{self._needed()} is needed in each"
            )
        every = f"every {self._what(names, '')}{_label(facts[0])} is {self._needed()}"
        lacking = self._lacking(facts)
        if not lacking:
            lowest = min(facts, key=lambda fact: fact.score or Decimal(0))
            return f"{every}, as needed; the lowest is {self._shown(lowest)} for {lowest.item}"
        return f"not {every}: {'; '.join(map(self._told, lacking))}"

    def find(self, facts: Sequence[Fact], names: Names = NO_NAMES) -> str:
        if not facts:
            return f"there is no {self._what(names, '')}{self._when(names)}"
        no = "" if not self._lacking(facts) else "not "
        return f"{no}every {self._what(names, '')}{_label(facts[0])} is {self._needed()}"

    def _classes(self, facts: Sequence[Fact]) -> dict[Occasion, dict[str, Fact]]:
        """By class and item the best of what is known."""
        found: dict[Occasion, dict[str, Fact]] = {}
        for fact in facts:
            items = found.setdefault(fact.occasion, {})
            held = items.get(fact.item)
            if held is None or self._height(fact) >= self._height(held):
                items[fact.item] = fact
        return found

    def _height(self, fact: Fact) -> Decimal:
        score = fact.score
        return score if score is not None and score.is_finite() else Decimal("-Infinity")

    def _holds(self, items: Mapping[str, Fact]) -> bool:
        return all(map(self.is_met_by, items.values()))

    def _lacking(self, facts: Sequence[Fact]) -> list[Fact]:
        return [fact for fact in facts if not self.is_met_by(fact)]

    def _told(self, fact: Fact) -> str:
        shown = self._shown(fact)
        if not shown:
            return f"{fact.item} has no score"
        return f"{fact.item} is {shown}{self._short(fact).replace(':', ',')}"

    def _what(self, names: Names, article: str = "the ") -> str:
        return f"{article}score for {self.category} in {self._name(names)}"


@dataclass(frozen=True, slots=True)
class _OfOutcome(Condition):
    """Something said of one learning outcome."""

    kind: ClassVar[str] = "outcome"
    about: ClassVar[str] = "outcome"
    word: ClassVar[str] = "result"

    def _what(self, names: Names, article: str = "the ") -> str:
        return f"{article}{self.word} for the outcome {_quoted(self._name(names))}"


@dataclass(frozen=True, slots=True)
class OutcomeScore(_AtLeast, _OfOutcome):
    """A learning outcome is reached with at least this score."""

    word: ClassVar[str] = "score"

    def as_data(self) -> Data:
        return self._as_data({"outcome": self.target, "at_least": _number(self.at_least)})


@dataclass(frozen=True, slots=True)
class OutcomeWord(_OneOf, _OfOutcome):
    """A learning outcome is reached in one of these words."""

    def as_data(self) -> Data:
        return self._as_data({"outcome": self.target, "one_of": list(self.one_of)})


@dataclass(frozen=True, slots=True)
class OutcomeLevel(_OfOutcome):
    """A learning outcome is reached in this level of its scale, or in a better one.

    The facts bring the scale. A word that does not stand in it is not enough.
    """

    level: str

    def as_data(self) -> Data:
        return self._as_data({"outcome": self.target, "level_at_least": self.level})

    def is_met_by(self, fact: Fact) -> bool:
        levels = [level.casefold() for level in fact.levels]
        reached, needed = fact.value.casefold(), self.level.casefold()
        return {reached, needed} <= set(levels) and levels.index(reached) <= levels.index(needed)

    def _needed(self) -> str:
        return f"{self.level} or better"

    def _shown(self, fact: Fact) -> str:
        return fact.value

    def _best(self, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        def place(fact: Fact) -> int:
            return fact.levels.index(fact.value) if fact.value in fact.levels else len(fact.levels)

        return tuple(sorted(reversed(facts), key=place)[:1])


@dataclass(frozen=True, slots=True)
class _Done(Condition):
    """Something that is so, or is not: any fact says that it is."""

    def is_met_by(self, fact: Fact) -> bool:
        return True

    def sentence(self, *, names: Names = NO_NAMES) -> str:
        return f"{self._what(names)} is {self._needed()}{self._when(names)}"

    def explain(self, facts: Sequence[Fact], names: Names = NO_NAMES) -> str:
        return self.find(facts, names)

    def find(self, facts: Sequence[Fact], names: Names = NO_NAMES) -> str:
        if facts:
            return f"{self._what(names)} is {self._needed()}{_label(facts[0])}"
        return f"{self._what(names)} is not {self._needed()}{self._when(names)}"

    def _shown(self, fact: Fact) -> str:
        return self._needed()


@dataclass(frozen=True, slots=True)
class ActivityDone(_Done):
    """A co-curricular activity is done."""

    kind: ClassVar[str] = "activity"
    about: ClassVar[str] = "activity"

    def as_data(self) -> Data:
        return self._as_data({"activity": self.target})

    def _what(self, names: Names, article: str = "the ") -> str:
        return f"{article}activity {self._name(names)}"

    def _needed(self) -> str:
        return "done"


@dataclass(frozen=True, slots=True)
class CredentialHeld(_Done):
    """Another credential of the college is held; a fact's `value` is the state that it is in."""

    kind: ClassVar[str] = "credential"
    about: ClassVar[str] = "credential"
    is_in_a_class: ClassVar[bool] = False

    VALID: ClassVar[str] = "valid"

    def as_data(self) -> Data:
        return self._as_data({"template": self.target})

    def is_met_by(self, fact: Fact) -> bool:
        return fact.value == self.VALID

    def find(self, facts: Sequence[Fact], names: Names = NO_NAMES) -> str:
        if facts and not self.is_met_by(facts[0]):
            return f"{self._what(names)} is not held: it is {facts[0].value}{_label(facts[0])}"
        # In two steps: zero-argument super() does not work in a dataclass with slots.
        return _Done.find(self, facts, names)

    def _what(self, names: Names, article: str = "the ") -> str:
        return f"{article}credential {_quoted(self._name(names))}"

    def _name(self, names: Names) -> str:
        return names.get(f"template:{self.target}", self.target)

    def _needed(self) -> str:
        return "held"


def either(words: Sequence[str]) -> str:
    """List words of which one is enough."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _label(fact: Fact) -> str:
    return f" ({fact.label})" if fact.label else ""


def _number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _quoted(name: str) -> str:
    """What may be a whole sentence, so that another can go on around it."""
    return f"“{name.removesuffix('.')}”" if " " in name else name
