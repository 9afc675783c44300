"""Parse an award rule and evaluate it over facts: pure decisions, with their reasons.

A rule is JSON data. It is one condition, or a combination of rules:

    {"all": [rule, ...]}                        every one of them
    {"any": [rule, ...]}                        at least one of them
    {"at_least": 2, "of": [rule, ...]}          as many of them as that

    {"final_result": {"course": "BBB", "category": "Module result",
                      "one_of": ["Pass", "Distinction"]}}
    {"score": {"course": "BBB", "category": "Final Exam", "at_least": 60}}
    {"score": {"course": "BBB", "line_item": "TMA 14996", "at_least": 60}}
    {"outcome": {"outcome": "BBB-3", "at_least": 70}}
    {"outcome": {"outcome": "BBB-3", "one_of": ["Good", "Excellent"]}}
    {"activity": {"activity": "peer-mentoring"}}

A condition is a frozen, hashable dataclass that says what it needs to know (`kind`, `target`
and, of results, which); whoever has the facts gathers them by condition.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final

from registrar.errors import RegistrarError

MAX_DEPTH: Final = 6
MAX_CONDITIONS: Final = 50
MAX_WORDS: Final = 50
MAX_TEXT: Final = 255
MAX_SCORE: Final = Decimal(10) ** 7

# Any hashable key: the rules only compare them.
Learner = Any
Occasion = Hashable
Data = dict[str, Any]
Names = Mapping[str, str]

_NO_NAMES: Final[Names] = {}


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing that is wrong with a rule; `pointer` is a JSON Pointer to it."""

    pointer: str
    code: str
    reason: str
    fix: str


class InvalidRule(RegistrarError):
    """The award rule cannot be understood."""

    code = "invalid_rule"

    def __init__(self, problems: Sequence[RuleProblem]) -> None:
        first = problems[0]
        super().__init__(f"At {first.pointer or 'the top'}: {first.reason} {first.fix}")
        self.problems = tuple(problems)


# Facts go in, decisions come out


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known of a learner that may meet a condition.

    `occasion` is the class or term to which it belongs, `evidence` whatever the caller wants
    back (say, a result's key), `label` what the learner reads beside it (say, "BBB 2013J").
    """

    value: str = ""
    score: Decimal | None = None
    occasion: Occasion = None
    evidence: Hashable = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a population, by condition and learner, the oldest fact first.

    What is not there counts as not met. `names` puts words for people in the place of keys
    that a rule uses for courses, line items, outcomes and activities.
    """

    population: AbstractSet[Learner]
    known: Mapping["Condition", Mapping[Learner, Sequence[Fact]]]
    names: Names = field(default_factory=dict)

    def of(self, condition: "Condition", learner: Learner) -> Sequence[Fact]:
        """Return the learner's facts for a condition, the oldest first."""
        return self.known.get(condition, {}).get(learner, ())


@dataclass(frozen=True, slots=True)
class Reason:
    """Whether one condition is met, and by which fact; without any the fact is None."""

    condition: "Condition"
    met: bool
    fact: Fact | None
    names: Names = field(default_factory=dict, repr=False)

    @property
    def sentence(self) -> str:
        """The reason in words that may be shown to the learner."""
        words = self.condition.explain(self.fact, self.names)
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
    rule: "Rule" = field(repr=False)
    facts: Facts = field(repr=False)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """One reason for each condition, in the order of the rule."""
        return self._reasons(lambda fact: True)

    def reasons_on(self, occasion: Occasion) -> tuple[Reason, ...]:
        """One reason for each condition, judged by the facts of that occasion alone."""
        return self._reasons(lambda fact: fact.occasion == occasion)

    def _reasons(self, counts: Callable[[Fact], bool]) -> tuple[Reason, ...]:
        return tuple(
            condition.judge(
                [fact for fact in self.facts.of(condition, self.learner) if counts(fact)],
                self.facts.names,
            )
            for condition in self.rule.leaves()
        )


# Rules


class Rule:
    """A condition, or a combination of rules."""

    __slots__ = ()

    def as_data(self) -> Data:
        """Return the rule as JSON data; `parse` is the inverse."""
        raise NotImplementedError

    def sentence(self, *, names: Names = _NO_NAMES) -> str:
        """Say the rule in plain English, as the end of "It is awarded when ..."."""
        raise NotImplementedError

    def leaves(self) -> tuple["Condition", ...]:
        """Return the conditions, each once, in the order in which the rule names them."""
        return tuple(dict.fromkeys(self._conditions()))

    def subject(self) -> tuple[str, str] | None:
        """Return the one thing that the rule is about, like ("course", "BBB"), if it is one."""
        subjects = {(leaf.about, leaf.target) for leaf in self.leaves()}
        return subjects.pop() if len(subjects) == 1 else None

    def _conditions(self) -> Iterator["Condition"]:
        raise NotImplementedError

    def _met_by(self, met: Mapping["Condition", AbstractSet[Any]]) -> AbstractSet[Any]:
        """Return those (learners, or occasions of one learner) who meet the rule."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Condition(Rule):
    """A leaf: what it takes, of a course, an outcome or an activity (its `target`)."""

    kind: ClassVar[str]
    about: ClassVar[str]
    target: str

    def is_met_by(self, fact: Fact) -> bool:
        """Whether this fact alone is enough."""
        raise NotImplementedError

    def judge(self, facts: Sequence[Fact], names: Names = _NO_NAMES) -> Reason:
        """Judge the facts, and name the one that tells: the best score, or the latest word.

        A fact that meets the condition goes before one that does not. A fact without what the
        condition asks for (a blank score) tells nothing.
        """
        known = [fact for fact in facts if self._shown(fact)]
        enough = [fact for fact in known if self.is_met_by(fact)]
        return Reason(self, bool(enough), self._telling(enough or known), names)

    def sentence(self, *, names: Names = _NO_NAMES) -> str:
        return f"the {self._what(names)} is {self._needed()}"

    def explain(self, fact: Fact | None, names: Names = _NO_NAMES) -> str:
        """Say what this fact, or its absence, means for the condition."""
        if fact is None:
            return f"there is no {self._what(names)}; {self._needed()} is needed"
        label = f" ({fact.label})" if fact.label else ""
        found = f"the {self._what(names)} is {self._shown(fact)}{label}"
        if self.is_met_by(fact):
            return f"{found}, as needed: {self._needed()}"
        return f"{found}, but {self._needed()} is needed"

    def _what(self, names: Names) -> str:
        raise NotImplementedError

    def _needed(self) -> str:
        raise NotImplementedError

    def _shown(self, fact: Fact) -> str:
        raise NotImplementedError

    def _telling(self, facts: Sequence[Fact]) -> Fact | None:
        return facts[-1] if facts else None

    def _conditions(self) -> Iterator["Condition"]:
        yield self

    def _met_by(self, met: Mapping["Condition", AbstractSet[Any]]) -> AbstractSet[Any]:
        return met[self]

    def _name(self, names: Names) -> str:
        return names.get(self.target, self.target)


@dataclass(frozen=True, slots=True)
class _OneOf(Condition):
    """A value is one of several words, exactly as they are written."""

    one_of: tuple[str, ...]

    def is_met_by(self, fact: Fact) -> bool:
        return fact.value in self.one_of

    def _needed(self) -> str:
        return _or(self.one_of)

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

    def _telling(self, facts: Sequence[Fact]) -> Fact | None:
        # Of equal scores the latest tells.
        return max(reversed(facts), key=lambda fact: fact.score or Decimal(0), default=None)


@dataclass(frozen=True, slots=True)
class FinalResult(_OneOf):
    """The result of a course, in the line items of this category, is one of these words."""

    kind: ClassVar[str] = "final_result"
    about: ClassVar[str] = "course"
    category: str

    def as_data(self) -> Data:
        members = {"course": self.target, "category": self.category, "one_of": list(self.one_of)}
        return {self.kind: members}

    def _what(self, names: Names) -> str:
        return f"final result in {self._name(names)}"


@dataclass(frozen=True, slots=True)
class Score(_AtLeast):
    """Some score in a course, of this category or on this line item, is at least so high."""

    kind: ClassVar[str] = "score"
    about: ClassVar[str] = "course"
    category: str = ""
    line_item: str = ""

    def as_data(self) -> Data:
        which = {"line_item": self.line_item} if self.line_item else {"category": self.category}
        return {self.kind: {"course": self.target, **which, "at_least": _number(self.at_least)}}

    def _what(self, names: Names) -> str:
        item = names.get(self.line_item, self.line_item) or self.category
        return f"score for {item} in {self._name(names)}"


@dataclass(frozen=True, slots=True)
class OutcomeScore(_AtLeast):
    """A learning outcome is reached with at least this score."""

    kind: ClassVar[str] = "outcome"
    about: ClassVar[str] = "outcome"

    def as_data(self) -> Data:
        return {self.kind: {"outcome": self.target, "at_least": _number(self.at_least)}}

    def _what(self, names: Names) -> str:
        return f"score for the outcome {_quoted(self._name(names))}"


@dataclass(frozen=True, slots=True)
class OutcomeWord(_OneOf):
    """A learning outcome is reached in one of these words."""

    kind: ClassVar[str] = "outcome"
    about: ClassVar[str] = "outcome"

    def as_data(self) -> Data:
        return {self.kind: {"outcome": self.target, "one_of": list(self.one_of)}}

    def _what(self, names: Names) -> str:
        return f"result for the outcome {_quoted(self._name(names))}"


@dataclass(frozen=True, slots=True)
class ActivityDone(Condition):
    """A co-curricular activity is done: any fact says so."""

    kind: ClassVar[str] = "activity"
    about: ClassVar[str] = "activity"

    def is_met_by(self, fact: Fact) -> bool:
        return True

    def as_data(self) -> Data:
        return {self.kind: {"activity": self.target}}

    def sentence(self, *, names: Names = _NO_NAMES) -> str:
        return f"the activity {self._name(names)} is done"

    def explain(self, fact: Fact | None, names: Names = _NO_NAMES) -> str:
        if fact is None:
            return f"the activity {self._name(names)} is not done"
        label = f" ({fact.label})" if fact.label else ""
        return f"{self.sentence(names=names)}{label}"

    def _shown(self, fact: Fact) -> str:
        return "done"


@dataclass(frozen=True, slots=True)
class _Combination(Rule):
    """Several rules together."""

    rules: tuple[Rule, ...]

    def _conditions(self) -> Iterator[Condition]:
        for rule in self.rules:
            yield from rule._conditions()

    def _clauses(self, names: Names) -> list[str]:
        """The rules' sentences, in brackets where they would run together."""
        return [
            f"({rule.sentence(names=names)})"
            if isinstance(rule, _Combination) and len(rule.rules) > 1
            else rule.sentence(names=names)
            for rule in self.rules
        ]


@dataclass(frozen=True, slots=True)
class AllOf(_Combination):
    """Every one of the rules."""

    def as_data(self) -> Data:
        return {"all": [rule.as_data() for rule in self.rules]}

    def sentence(self, *, names: Names = _NO_NAMES) -> str:
        return ", and ".join(self._clauses(names))

    def _met_by(self, met: Mapping[Condition, AbstractSet[Any]]) -> AbstractSet[Any]:
        first, *others = (rule._met_by(met) for rule in self.rules)
        return set(first).intersection(*others)


@dataclass(frozen=True, slots=True)
class AnyOf(_Combination):
    """At least one of the rules."""

    def as_data(self) -> Data:
        return {"any": [rule.as_data() for rule in self.rules]}

    def sentence(self, *, names: Names = _NO_NAMES) -> str:
        return ", or ".join(self._clauses(names))

    def _met_by(self, met: Mapping[Condition, AbstractSet[Any]]) -> AbstractSet[Any]:
        return set().union(*(rule._met_by(met) for rule in self.rules))


@dataclass(frozen=True, slots=True)
class SeveralOf(_Combination):
    """At least so many of the rules."""

    count: int

    def as_data(self) -> Data:
        return {"at_least": self.count, "of": [rule.as_data() for rule in self.rules]}

    def sentence(self, *, names: Names = _NO_NAMES) -> str:
        clauses = "; ".join(self._clauses(names))
        return f"at least {self.count} of these {len(self.rules)} hold: {clauses}"

    def _met_by(self, met: Mapping[Condition, AbstractSet[Any]]) -> AbstractSet[Any]:
        tally = Counter(one for rule in self.rules for one in rule._met_by(met))
        return {one for one, times in tally.items() if times >= self.count}


# Evaluation


def evaluate(rule: Rule, facts: Facts) -> dict[Learner, Decision]:
    """Decide for everyone in the population at once, and say why.

    A learner may have several facts for one condition (several classes, a resit): one that is
    enough is enough. Unknown facts count as not met. Facts of people outside the population
    are passed over. Reasons cost nothing until they are asked for.
    """
    leaves = rule.leaves()
    granted = rule._met_by({leaf: _meeting(leaf, facts) for leaf in leaves})
    is_about_one_thing = rule.subject() is not None
    return {
        learner: Decision(
            granted=learner in granted,
            learner=learner,
            occasions=_occasions(rule, leaves, facts, learner)
            if is_about_one_thing and learner in granted
            else (),
            rule=rule,
            facts=facts,
        )
        for learner in facts.population
    }


def _meeting(leaf: Condition, facts: Facts) -> set[Learner]:
    enough = leaf.is_met_by
    population = facts.population
    return {
        learner
        for learner, found in facts.known.get(leaf, {}).items()
        if learner in population and any(map(enough, found))
    }


def _occasions(
    rule: Rule, leaves: Sequence[Condition], facts: Facts, learner: Learner
) -> tuple[Occasion, ...]:
    """The occasions on which the learner met all of the rule, in the order of the facts."""
    met = {
        leaf: dict.fromkeys(
            [
                fact.occasion
                for fact in facts.of(leaf, learner)
                if fact.occasion is not None and leaf.is_met_by(fact)
            ]
        )
        for leaf in leaves
    }
    if len(met) == 1:
        return tuple(*met.values())
    whole = rule._met_by({leaf: set(occasions) for leaf, occasions in met.items()})
    seen = dict.fromkeys(occasion for occasions in met.values() for occasion in occasions)
    return tuple(occasion for occasion in seen if occasion in whole)


# Parsing


def parse(data: object) -> Rule:
    """Read a rule from JSON data.

    Raises InvalidRule with everything that is wrong with it, each with its JSON Pointer.
    """
    parser = _Parser()
    rule = parser.rule("", data, 1)
    if rule is None or parser.problems:
        raise InvalidRule(parser.problems)
    return rule


_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class _Parser:
    """One rule being parsed: it goes on after a problem, to find the others."""

    def __init__(self) -> None:
        self.problems: list[RuleProblem] = []
        self._conditions = 0

    def note(self, place: str, code: str, reason: str, fix: str) -> None:
        """Note a problem at a place."""
        self.problems.append(RuleProblem(place, code, reason, fix))

    def rule(self, place: str, data: object, depth: int) -> Rule | None:
        """Parse a rule, or note why it is none and return None."""
        if depth > MAX_DEPTH:
            self.note(
                place,
                "too_deep",
                f"The rule is nested more than {MAX_DEPTH} levels deep.",
                "Write it flatter.",
            )
            return None
        if not isinstance(data, dict):
            self.note(place, "type", "A rule is an object.", f"Write one with {_or(_FORMS)}.")
            return None
        if "of" in data or "at_least" in data:
            return self._several(place, data, depth)
        form = next((name for name in data if name in _FORMS), None)
        members = _Members(self, place, data)
        if form is None:
            members.only(())
            if not data:
                self.note(place, "empty", "The rule is empty.", f"Write {_or(_FORMS)}.")
            return None
        members.only((form,))
        if form in _COMBINATIONS:
            rules = self._rules(_pointer(place, form), data[form], depth)
            return _COMBINATIONS[form](rules) if rules else None
        return self._condition(_pointer(place, form), form, data[form])

    def _several(self, place: str, data: Data, depth: int) -> Rule | None:
        members = _Members(self, place, data)
        members.only(("at_least", "of"))
        count = members.get("at_least")
        rules = self._rules(_pointer(place, "of"), members.get("of"), depth)
        if isinstance(count, bool) or not isinstance(count, int):
            members.note(
                "at_least", "type", "at_least is not a whole number.", "Write one, like 2."
            )
            return None
        items = members.get("of")
        if isinstance(items, list) and items and not 1 <= count <= len(items):
            members.note(
                "at_least",
                "out_of_range",
                f"at_least is not between 1 and the number of rules, {len(items)}.",
                f"Write a number from 1 to {len(items)}.",
            )
        return SeveralOf(rules, count) if rules else None

    def _rules(self, place: str, data: object, depth: int) -> tuple[Rule, ...]:
        if not isinstance(data, list) or not data:
            code, what = ("empty", "is empty") if data == [] else ("type", "is not there")
            self.note(place, code, f"The list of rules {what}.", "Write [rule, ...] with a rule.")
            return ()
        if len(data) > MAX_CONDITIONS:
            self._note_too_many(place)
            return ()
        rules = [
            self.rule(_pointer(place, index), item, depth + 1) for index, item in enumerate(data)
        ]
        return tuple(rule for rule in rules if rule is not None)

    def _condition(self, place: str, form: str, data: object) -> Rule | None:
        self._conditions += 1
        if self._conditions == MAX_CONDITIONS + 1:
            self._note_too_many(place)
        if self._conditions > MAX_CONDITIONS:
            return None
        if not isinstance(data, dict):
            self.note(place, "type", f"{form} is not an object.", "Write {...} with its members.")
            return None
        found = len(self.problems)
        rule = _CONDITIONS[form](_Members(self, place, data))
        return rule if len(self.problems) == found else None

    def _note_too_many(self, place: str) -> None:
        self.note(
            place,
            "too_many",
            f"The rule has more than {MAX_CONDITIONS} conditions.",
            "Split it into several rules.",
        )


class _Members:
    """The members of one object, taken one by one; what is wrong with them is noted."""

    def __init__(self, parser: _Parser, place: str, data: Mapping[Any, Any]) -> None:
        self._parser = parser
        self._place = place
        self._data = data

    def note(self, name: str, code: str, reason: str, fix: str) -> None:
        """Note a problem with one member."""
        self._parser.note(_pointer(self._place, name), code, reason, fix)

    def get(self, name: str) -> Any:
        """Return the member as it stands, or None."""
        return self._data.get(name)

    def only(self, allowed: Sequence[str]) -> None:
        """Note every member but these."""
        fix = f"Use {_or(allowed or _FORMS)}, and nothing else here."
        for name in self._data:
            if name not in allowed:
                self.note(str(name), "unknown_member", "This member is not known here.", fix)

    def which(self, *names: str) -> str | None:
        """Return the one of these members that is there; note when it is none, or several."""
        there = [name for name in names if name in self._data]
        if len(there) == 1:
            return there[0]
        if there:
            reason = f"Only one of {' and '.join(names)} may be there."
            self.note(there[-1], "several", reason, "Remove the other.")
        else:
            self.note(names[0], "required", f"{_or(names)} is missing.", f"Add {_or(names)}.")
        return None

    def text(self, name: str) -> str:
        """Return a required text, composed (NFC)."""
        if name not in self._data:
            self.note(name, "required", f"{name} is missing.", f"Add {name}.")
            return ""
        return self._text(name, self._data[name], name)

    def words(self, name: str) -> tuple[str, ...]:
        """Return a required list of different words."""
        value = self.get(name)
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_WORDS:
            self.note(
                name,
                "empty" if value == [] else "type",
                f"{name} is not a list of 1 to {MAX_WORDS} words.",
                'Write it like ["Pass", "Distinction"].',
            )
            return ()
        words = tuple(self._text(f"{name}/{index}", word, name) for index, word in enumerate(value))
        if len(set(words)) < len(words) and all(words):
            self.note(name, "duplicate", f"{name} has a word twice.", "Write each word once.")
        return words

    def number(self, name: str) -> Decimal:
        """Return a required number of at most seven digits and three decimals."""
        value = self.get(name)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            number = _decimal(value)
            if number is not None:
                return number
        self.note(
            name,
            "required" if name not in self._data else "type",
            f"{name} is not a number of at most seven digits and three decimals.",
            "Write it like 60 or 62.5, without quotes.",
        )
        return Decimal(0)

    def _text(self, path: str, value: object, name: str) -> str:
        place = f"{self._place}/{path}"
        if not isinstance(value, str):
            self._parser.note(place, "type", f"{name} is not a text.", "Write it in quotes.")
            return ""
        if not value.strip() or value != value.strip() or len(value) > MAX_TEXT:
            self._parser.note(
                place,
                "text",
                f"{name} is blank, longer than {MAX_TEXT}, or has spaces around it.",
                "Write it as it stands in the catalogue.",
            )
            return ""
        if _UNSEEN.search(value):
            self._parser.note(
                place,
                "control_character",
                f"{name} has an invisible control character.",
                "Type it again.",
            )
            return ""
        return unicodedata.normalize("NFC", value)


def _final_result(members: _Members) -> Rule:
    members.only(("course", "category", "one_of"))
    return FinalResult(
        members.text("course"), members.words("one_of"), category=members.text("category")
    )


def _score(members: _Members) -> Rule:
    members.only(("course", "category", "line_item", "at_least"))
    which = members.which("category", "line_item")
    return Score(
        members.text("course"),
        members.number("at_least"),
        category=members.text("category") if which == "category" else "",
        line_item=members.text("line_item") if which == "line_item" else "",
    )


def _outcome(members: _Members) -> Rule:
    members.only(("outcome", "at_least", "one_of"))
    which = members.which("at_least", "one_of")
    outcome = members.text("outcome")
    if which == "at_least":
        return OutcomeScore(outcome, members.number("at_least"))
    return OutcomeWord(outcome, members.words("one_of") if which == "one_of" else ())


def _activity(members: _Members) -> Rule:
    members.only(("activity",))
    return ActivityDone(members.text("activity"))


_COMBINATIONS: Final[Mapping[str, Callable[[tuple[Rule, ...]], Rule]]] = {
    "all": AllOf,
    "any": AnyOf,
}
_CONDITIONS: Final[Mapping[str, Callable[[_Members], Rule]]] = {
    "final_result": _final_result,
    "score": _score,
    "outcome": _outcome,
    "activity": _activity,
}
_FORMS: Final = (*_COMBINATIONS, "at_least", *_CONDITIONS)


def _pointer(place: str, key: str | int) -> str:
    token = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", str(key)[:64])
    return f"{place}/{token.replace('~', '~0').replace('/', '~1')}"


def _decimal(value: float | Decimal) -> Decimal | None:
    """Return the number exactly as it was written, not as binary holds it."""
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
        if number.is_finite() and abs(number) < MAX_SCORE:
            return number if number == round(number, 3) else None
    except (InvalidOperation, ValueError):
        pass
    return None


def _number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _quoted(name: str) -> str:
    """What may be a whole sentence, so that another can go on around it."""
    return f"“{name.removesuffix('.')}”" if " " in name else name


def _or(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
