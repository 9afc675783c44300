"""Say why a rule is met or is not, part by part, as it is nested."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from registrar.rules.combinations import AllOf, Combination, Not, SeveralOf
from registrar.rules.conditions import Condition, Occasion, Rule
from registrar.rules.decisions import Decision, Reason


@dataclass(frozen=True, slots=True)
class Why:
    """Whether a part of a rule stands as asked, in words for the learner, and its own parts."""

    is_met: bool
    sentence: str
    parts: tuple["Why", ...] = ()


def why(decision: Decision, *, on: Occasion = None) -> Why:
    """Say why; with an occasion by the facts of that occasion alone, as `reasons_on` has it."""
    reasons = decision.reasons if on is None else decision.reasons_on(on)
    by_condition = {(each.condition, each.is_excluded): each for each in reasons}
    return _why(decision.rule, lambda leaf, is_out: by_condition[leaf, is_out], is_excluded=False)


_Find = Callable[[Condition, bool], Reason]


def _why(rule: Rule, reason: _Find, *, is_excluded: bool) -> Why:
    """Why the rule itself is met; what is left out is said by the `Not` around it."""
    if isinstance(rule, Not):
        return _left_out(rule, reason, is_excluded=is_excluded)
    if isinstance(rule, Condition):
        return _alone(reason(rule, is_excluded), is_excluded=is_excluded)
    combined = cast(Combination, rule)
    parts = tuple(_why(each, reason, is_excluded=is_excluded) for each in combined.rules)
    return _together(combined, parts)


def _alone(reason: Reason, *, is_excluded: bool) -> Why:
    if not is_excluded:
        return Why(reason.met, reason.sentence)
    # Within what is left out only what there is, as this alone rules nobody out.
    words = reason.condition.find(reason.facts, reason.names)
    return Why(not reason.met, f"{words[:1].upper()}{words[1:]}")


def _left_out(rule: Not, reason: _Find, *, is_excluded: bool) -> Why:
    inner = rule.rule
    if isinstance(inner, Condition) and not is_excluded:
        found = reason(inner, True)
        return Why(found.met, found.sentence)
    found_within = _why(inner, reason, is_excluded=not is_excluded)
    words = "This must not be so" + (", and it is" if found_within.is_met else "")
    return Why(not found_within.is_met, words, (found_within,))


def _together(rule: Combination, parts: tuple[Why, ...]) -> Why:
    held = sum(part.is_met for part in parts)
    if len(parts) == 1:
        return parts[0]
    hold = f"{held} of {len(parts)} {'holds' if held == 1 else 'hold'}"
    if isinstance(rule, AllOf):
        return Why(held == len(parts), f"All of these are asked for: {hold}", parts)
    if isinstance(rule, SeveralOf):
        are = "is" if rule.count == 1 else "are"
        asked = f"At least {rule.count} of these {are} asked for: {hold}"
        return Why(held >= rule.count, asked, parts)
    return Why(held > 0, f"One of these is enough: {hold}", parts)
