"""Read an award rule from JSON data, and name everything that is wrong with it."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from registrar.errors import RegistrarError
from registrar.rules.combinations import AllOf, AnyOf, Not, SeveralOf
from registrar.rules.conditions import (
    ActivityDone,
    CredentialHeld,
    Data,
    EveryScore,
    FinalResult,
    OutcomeLevel,
    OutcomeScore,
    OutcomeWord,
    Rule,
    Score,
    Window,
    either,
)

MAX_DEPTH: Final = 6
MAX_CONDITIONS: Final = 50
MAX_WORDS: Final = 50
MAX_TEXT: Final = 255
MAX_SCORE: Final = Decimal(10) ** 7


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


def parse(data: object) -> Rule:
    """Read a rule from JSON data.

    Raises InvalidRule with everything that is wrong with it, each with its JSON Pointer.
    """
    parser = _Parser()
    rule = parser.rule("", data, 1)
    if rule is not None and not parser.problems and _is_met_by_nothing(rule):
        parser.note(
            "",
            "met_by_nothing",
            "Somebody of whom nothing is known would meet the rule.",
            "Put what is left out beside what has to be reached, in all.",
        )
    if rule is None or parser.problems:
        raise InvalidRule(parser.problems)
    return rule


def _is_met_by_nothing(rule: Rule) -> bool:
    return bool(rule.met_by({leaf: set() for leaf in rule.leaves()}, {None}))


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
            self.note(place, "type", "A rule is an object.", f"Write one with {either(_FORMS)}.")
            return None
        forms = [*dict.fromkeys(_FORM_OF[name] for name in data if name in _FORM_OF)]
        members = _Members(self, place, data)
        members.only([name for form in forms for name in _MEMBERS_OF[form]])
        if not data:
            self.note(place, "empty", "The rule is empty.", f"Write {either(_FORMS)}.")
        for other in forms[1:]:
            self._note_side_by_side(place, forms[0], other)
        # What is wrong with the others is told as well.
        rules = [self._form(place, form, data, depth) for form in forms]
        return rules[0] if rules else None

    def _note_side_by_side(self, place: str, form: str, other: str) -> None:
        if _ALL in (form, other):
            fix = f"Put {_outline(form if other == _ALL else other)} into the list of {_ALL}."
        else:
            fix = f'Put both into {_ALL}: {{"{_ALL}": [{_outline(form)}, {_outline(other)}]}}.'
        reason = f"{other} stands beside {form}, and a rule is one of them."
        self.note(_pointer(place, other), "several", reason, fix)

    def _form(self, place: str, form: str, data: Data, depth: int) -> Rule | None:
        if form == _AT_LEAST:
            return self._several(place, data, depth)
        if form in _COMBINATIONS:
            rules = self._rules(_pointer(place, form), data[form], depth)
            return _COMBINATIONS[form](rules) if rules else None
        if form == _NOT:
            left_out = self.rule(_pointer(place, form), data[form], depth + 1)
            return Not(left_out) if left_out else None
        return self._condition(_pointer(place, form), form, data[form])

    def _several(self, place: str, data: Data, depth: int) -> Rule | None:
        members = _Members(self, place, data)
        count = members.get(_AT_LEAST)
        rules = self._rules(_pointer(place, _OF), members.get(_OF), depth)
        if isinstance(count, bool) or not isinstance(count, int):
            members.note(_AT_LEAST, "type", "at_least is not a whole number.", "Write one, like 2.")
            return None
        items = members.get(_OF)
        if isinstance(items, list) and items and not 1 <= count <= len(items):
            members.note(
                _AT_LEAST,
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
        fix = f"Use {either(allowed or _FORMS)}, and nothing else here."
        for name in self._data:
            if name not in allowed:
                self.note(str(name), "unknown_member", "This member is not known here.", fix)

    def which(self, *names: str) -> str | None:
        """Return the one of these members that is there; note when it is none, or several."""
        there = [name for name in names if name in self._data]
        if len(there) == 1:
            return there[0]
        if there:
            reason = f"Only one of {' and '.join(there)} may be there."
            self.note(there[-1], "several", reason, "Remove the other.")
        else:
            self.note(names[0], "required", f"{either(names)} is missing.", f"Add {either(names)}.")
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

    def window(self) -> Window | None:
        """Return the terms that are named, if any are."""
        if "within" not in self._data:
            return None
        value = self.get("within")
        if not isinstance(value, dict):
            fix = 'Write it like {"from": "2013J"}, or leave it out.'
            self.note("within", "type", "within is not an object.", fix)
            return None
        named = {name: term for name, term in value.items() if term is not None}
        members = _Members(self._parser, f"{self._place}/within", named)
        members.only(("from", "to"))
        if not named:
            self.note("within", "empty", "No term is named.", "Name one, or leave within out.")
        return Window(
            since=members.text("from") if "from" in named else "",
            until=members.text("to") if "to" in named else "",
        )

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
    members.only(("course", "category", "one_of", _WITHIN))
    return FinalResult(
        members.text("course"),
        members.words("one_of"),
        category=members.text("category"),
        within=members.window(),
    )


def _score(members: _Members) -> Rule:
    members.only(("course", "category", "line_item", "at_least", _WITHIN))
    which = members.which("category", "line_item")
    return Score(
        members.text("course"),
        members.number("at_least"),
        category=members.text("category") if which == "category" else "",
        line_item=members.text("line_item") if which == "line_item" else "",
        within=members.window(),
    )


def _every_score(members: _Members) -> Rule:
    members.only(("course", "category", "at_least", _WITHIN))
    return EveryScore(
        members.text("course"),
        members.number("at_least"),
        category=members.text("category"),
        within=members.window(),
    )


def _outcome(members: _Members) -> Rule:
    members.only(("outcome", "at_least", "one_of", "level_at_least", _WITHIN))
    which = members.which("at_least", "one_of", "level_at_least")
    outcome, within = members.text("outcome"), members.window()
    if which == "at_least":
        return OutcomeScore(outcome, members.number("at_least"), within=within)
    if which == "level_at_least":
        return OutcomeLevel(outcome, members.text("level_at_least"), within=within)
    return OutcomeWord(outcome, members.words("one_of") if which else (), within=within)


def _activity(members: _Members) -> Rule:
    members.only(("activity", _WITHIN))
    return ActivityDone(members.text("activity"), within=members.window())


def _credential(members: _Members) -> Rule:
    members.only(("template",))
    return CredentialHeld(members.text("template"))


_ALL: Final = "all"
_AT_LEAST: Final = "at_least"
_OF: Final = "of"
_NOT: Final = "not"
_WITHIN: Final = "within"
_COMBINATIONS: Final[Mapping[str, Callable[[tuple[Rule, ...]], Rule]]] = {
    _ALL: AllOf,
    "any": AnyOf,
}
_CONDITIONS: Final[Mapping[str, Callable[[_Members], Rule]]] = {
    "final_result": _final_result,
    "score": _score,
    "every_score": _every_score,
    "outcome": _outcome,
    "activity": _activity,
    "credential": _credential,
}
_FORMS: Final = (*_COMBINATIONS, _AT_LEAST, _NOT, *_CONDITIONS)
_MEMBERS_OF: Final = {form: (form,) for form in _FORMS} | {_AT_LEAST: (_AT_LEAST, _OF)}
_FORM_OF: Final = {name: form for form, names in _MEMBERS_OF.items() for name in names}


def _outline(form: str) -> str:
    """How a rule of this form begins."""
    return "{" + ", ".join(f'"{name}": ...' for name in _MEMBERS_OF[form]) + "}"


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
