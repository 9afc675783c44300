"""Parse an award rule and evaluate it over facts: pure decisions, with their reasons.

A rule is JSON data. It is one condition, or a combination of rules:

    {"all": [rule, ...]}                        every one of them
    {"any": [rule, ...]}                        at least one of them
    {"at_least": 2, "of": [rule, ...]}          as many of them as that
    {"not": rule}                               whoever meets it is left out

    {"final_result": {"course": "BBB", "category": "Module result",
                      "one_of": ["Pass", "Distinction"]}}
    {"score": {"course": "BBB", "category": "Final Exam", "at_least": 60}}
    {"score": {"course": "BBB", "line_item": "TMA 14996", "at_least": 60}}
    {"every_score": {"course": "BBB", "category": "Tutor Marked Assessment", "at_least": 40}}
    {"outcome": {"outcome": "BBB-3", "at_least": 70}}
    {"outcome": {"outcome": "BBB-3", "one_of": ["Good", "Excellent"]}}
    {"outcome": {"outcome": "BBB-3", "level_at_least": "Good"}}
    {"activity": {"activity": "peer-mentoring"}}
    {"credential": {"template": "data-foundations"}}

All conditions but the last may say in which terms: `"within": {"from": "2013J", "to": "2014B"}`,
both counted in, one of the two enough. A condition is a frozen, hashable dataclass that says what
it needs to know (`kind`, `target` and, of results, which); whoever has the facts gathers them by
condition.
"""

from registrar.rules.combinations import AllOf, AnyOf, Not, SeveralOf, places
from registrar.rules.conditions import (
    ActivityDone,
    Condition,
    CredentialHeld,
    Data,
    EveryScore,
    Fact,
    FinalResult,
    Names,
    Occasion,
    OutcomeLevel,
    OutcomeScore,
    OutcomeWord,
    Rule,
    Score,
    Window,
)
from registrar.rules.decisions import Decision, Facts, Learner, Reason, evaluate
from registrar.rules.explaining import Why, why
from registrar.rules.parsing import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_SCORE,
    MAX_TEXT,
    MAX_WORDS,
    InvalidRule,
    RuleProblem,
    parse,
)
from registrar.rules.progress import asked, met_by_each, missing

__all__ = [
    "MAX_CONDITIONS",
    "MAX_DEPTH",
    "MAX_SCORE",
    "MAX_TEXT",
    "MAX_WORDS",
    "ActivityDone",
    "AllOf",
    "AnyOf",
    "Condition",
    "CredentialHeld",
    "Data",
    "Decision",
    "EveryScore",
    "Fact",
    "Facts",
    "FinalResult",
    "InvalidRule",
    "Learner",
    "Names",
    "Not",
    "Occasion",
    "OutcomeLevel",
    "OutcomeScore",
    "OutcomeWord",
    "Reason",
    "Rule",
    "RuleProblem",
    "Score",
    "SeveralOf",
    "Why",
    "Window",
    "asked",
    "evaluate",
    "met_by_each",
    "missing",
    "parse",
    "places",
    "why",
]
