"""Award rules as people read them."""

from typing import Any

from registrar import rules
from registrar.services import rule_names


def rule_in_words(data: Any) -> str:
    """The award rule as a sentence, or what is wrong with it."""
    if data is None:
        return "It is awarded to nobody: there is no rule."
    try:
        rule = rules.parse(data)
    except rules.InvalidRule as problem:
        return f"The rule cannot be understood. {problem}"
    return f"It is awarded when {rule.sentence(names=rule_names.of(rule))}."
