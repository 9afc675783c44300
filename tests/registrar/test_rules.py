"""Award rules: parsed from data, said in English, decided for many learners at once."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registrar import rules
from registrar.rules import (
    ActivityDone,
    AllOf,
    AnyOf,
    Condition,
    CredentialHeld,
    Decision,
    EveryScore,
    Fact,
    Facts,
    FinalResult,
    InvalidRule,
    Not,
    OutcomeLevel,
    OutcomeScore,
    OutcomeWord,
    Rule,
    RuleProblem,
    Score,
    SeveralOf,
    Window,
    drafting,
)
from registrar.rules.drafting import Part

PASSED = {
    "final_result": {
        "course": "BBB",
        "category": "Module result",
        "one_of": ["Pass", "Distinction"],
    }
}
EXAM = {"score": {"course": "BBB", "category": "Final Exam", "at_least": 60}}
ESSAY = {"score": {"course": "BBB", "line_item": "TMA 1", "at_least": 62.5}}
OUTCOME = {"outcome": {"outcome": "BBB-3", "at_least": 70}}
LEVEL = {"outcome": {"outcome": "BBB-3", "one_of": ["Good", "Excellent"]}}
MENTOR = {"activity": {"activity": "peer-mentoring"}}
TUTORED = {"every_score": {"course": "BBB", "category": "TMA", "at_least": 40}}
BETTER = {"outcome": {"outcome": "BBB-3", "level_at_least": "Good"}}
HELD = {"credential": {"template": "foundations"}}


def leaf(data: dict[str, Any]) -> Condition:
    (found,) = rules.parse(data).leaves()
    return found


def decide(data: dict[str, Any], **facts: list[Fact]) -> Decision:
    """Decide for Ada, whose facts are given by the kind of condition."""
    rule = rules.parse(data)
    known = {leaf: {"ada": facts.get(leaf.kind, [])} for leaf in rule.leaves()}
    return rules.evaluate(rule, Facts({"ada"}, known))["ada"]


def problems(data: object) -> list[RuleProblem]:
    with pytest.raises(InvalidRule) as caught:
        rules.parse(data)
    return list(caught.value.problems)


# Parsing


@pytest.mark.parametrize(
    "data",
    [
        PASSED,
        EXAM,
        ESSAY,
        OUTCOME,
        LEVEL,
        MENTOR,
        {"all": [PASSED, {"any": [EXAM, ESSAY]}]},
        {"at_least": 2, "of": [PASSED, OUTCOME, MENTOR]},
        TUTORED,
        BETTER,
        HELD,
        {"all": [PASSED, {"not": {"any": [HELD, MENTOR]}}]},
        {"activity": {"activity": "club", "within": {"from": "2013J", "to": "2014B"}}},
        {"outcome": {"outcome": "x", "level_at_least": "Good", "within": {"to": "2014B"}}},
    ],
)
def test_a_rule_becomes_data_again(data: dict[str, Any]) -> None:
    assert rules.parse(data).as_data() == data
    assert json.loads(json.dumps(rules.parse(data).as_data())) == data


def test_a_condition_says_what_it_needs() -> None:
    condition = leaf(PASSED)
    assert isinstance(condition, FinalResult)
    assert (condition.kind, condition.about, condition.target) == ("final_result", "course", "BBB")
    assert (condition.category, condition.one_of) == ("Module result", ("Pass", "Distinction"))
    score = leaf(ESSAY)
    assert isinstance(score, Score)
    assert (score.line_item, score.category, score.at_least) == ("TMA 1", "", Decimal("62.5"))
    assert leaf(LEVEL).kind == leaf(OUTCOME).kind == "outcome"


def test_the_same_condition_is_needed_once() -> None:
    rule = rules.parse({"all": [PASSED, {"any": [EXAM, PASSED]}]})
    assert rule.leaves() == (leaf(PASSED), leaf(EXAM))


def test_a_threshold_means_the_number_that_was_written() -> None:
    data = {"score": {"course": "B", "category": "c", "at_least": 0.1}}
    assert decide(data, score=[Fact(score=Decimal("0.1"))]).granted
    assert leaf(data) == leaf(
        {"score": {"course": "B", "category": "c", "at_least": Decimal("0.10")}}
    )


def test_rules_side_by_side_are_sent_into_one_list_and_each_is_judged() -> None:
    first, *others = problems({**PASSED, "score": {"course": "B"}})
    assert first.fix == 'Put both into all: {"all": [{"final_result": ...}, {"score": ...}]}.'
    assert [each.pointer for each in others] == ["/score/category", "/score/at_least"]
    for beside in ({"all": [PASSED], **EXAM}, {**EXAM, "all": [PASSED]}):
        (found,) = problems(beside)
        assert found.fix == 'Put {"score": ...} into the list of all.'
    (found,) = problems({**EXAM, "at_least": 1, "of": [PASSED]})
    assert '{"at_least": ..., "of": ...}]' in found.fix


@pytest.mark.parametrize(
    ("data", "pointer", "code"),
    [
        (None, "", "type"),
        ([], "", "type"),
        ("Pass", "", "type"),
        ({}, "", "empty"),
        ({"none": []}, "/none", "unknown_member"),
        ({"__class__": []}, "/__class__", "unknown_member"),
        ({"a/b~c": 1}, "/a~1b~0c", "unknown_member"),
        ({**PASSED, **EXAM}, "/score", "several"),
        ({"all": []}, "/all", "empty"),
        ({"any": PASSED}, "/any", "type"),
        ({"any": None}, "/any", "type"),
        ({"all": [PASSED, []]}, "/all/1", "type"),
        ({"all": [EXAM] * 51}, "/all", "too_many"),
        ({"all": [{"any": [EXAM] * 30}, {"any": [EXAM] * 30}]}, "/all/1/any/20/score", "too_many"),
        ({"at_least": 2}, "/of", "type"),
        ({"of": [EXAM]}, "/at_least", "type"),
        ({"at_least": 0, "of": [EXAM]}, "/at_least", "out_of_range"),
        ({"at_least": 2, "of": [EXAM]}, "/at_least", "out_of_range"),
        ({"at_least": True, "of": [EXAM]}, "/at_least", "type"),
        ({"at_least": 1.0, "of": [EXAM]}, "/at_least", "type"),
        ({"at_least": 1, "of": []}, "/of", "empty"),
        ({"at_least": 1, "of": [EXAM], "all": [EXAM]}, "/all", "several"),
        ({"final_result": []}, "/final_result", "type"),
        ({"activity": {}}, "/activity/activity", "required"),
        ({"activity": {"activity": ""}}, "/activity/activity", "text"),
        ({"activity": {"activity": " x"}}, "/activity/activity", "text"),
        ({"activity": {"activity": "x" * 256}}, "/activity/activity", "text"),
        ({"activity": {"activity": 7}}, "/activity/activity", "type"),
        ({"activity": {"activity": "x\0"}}, "/activity/activity", "control_character"),
        ({"activity": {"activity": "x\ud800y"}}, "/activity/activity", "control_character"),
        ({"activity": {"activity": "x", "hours": 3}}, "/activity/hours", "unknown_member"),
        ({"outcome": {"outcome": "x"}}, "/outcome/at_least", "required"),
        (
            {"outcome": {"outcome": "x", "at_least": 1, "one_of": ["a"]}},
            "/outcome/one_of",
            "several",
        ),
        ({"outcome": {"outcome": "x", "one_of": []}}, "/outcome/one_of", "empty"),
        ({"outcome": {"outcome": "x", "one_of": "Good"}}, "/outcome/one_of", "type"),
        ({"outcome": {"outcome": "x", "one_of": ["a", 1]}}, "/outcome/one_of/1", "type"),
        ({"outcome": {"outcome": "x", "one_of": ["a", "a"]}}, "/outcome/one_of", "duplicate"),
        ({"outcome": {"outcome": "x", "at_least": "60"}}, "/outcome/at_least", "type"),
        ({"outcome": {"outcome": "x", "at_least": True}}, "/outcome/at_least", "type"),
        ({"outcome": {"outcome": "x", "at_least": None}}, "/outcome/at_least", "type"),
        ({"outcome": {"outcome": "x", "at_least": float("nan")}}, "/outcome/at_least", "type"),
        ({"outcome": {"outcome": "x", "at_least": 1e999}}, "/outcome/at_least", "type"),
        ({"outcome": {"outcome": "x", "at_least": 10**5000}}, "/outcome/at_least", "type"),
        ({"outcome": {"outcome": "x", "at_least": 0.00001}}, "/outcome/at_least", "type"),
        ({"score": {"course": "B", "at_least": 1}}, "/score/category", "required"),
        ({"not": MENTOR}, "", "met_by_nothing"),
        ({"any": [PASSED, {"not": HELD}]}, "", "met_by_nothing"),
        ({"not": [HELD]}, "/not", "type"),
        (
            {"all": [PASSED, {"not": {"credential": {}}}]},
            "/all/1/not/credential/template",
            "required",
        ),
        ({"activity": {"activity": "x", "within": {}}}, "/activity/within", "empty"),
        ({"activity": {"activity": "x", "within": {"from": None}}}, "/activity/within", "empty"),
        ({"activity": {"activity": "x", "within": "2013J"}}, "/activity/within", "type"),
        ({"activity": {"activity": "x", "within": {"to": 3}}}, "/activity/within/to", "type"),
        (
            {"activity": {"activity": "x", "within": {"in": "a"}}},
            "/activity/within/in",
            "unknown_member",
        ),
        (
            {"credential": {"template": "x", "within": {"to": "a"}}},
            "/credential/within",
            "unknown_member",
        ),
        ({"every_score": {"course": "B", "at_least": 1}}, "/every_score/category", "required"),
        (
            {"outcome": {"outcome": "x", "level_at_least": "a", "at_least": 1}},
            "/outcome/level_at_least",
            "several",
        ),
        (
            {"score": {"course": "B", "category": "c", "line_item": "l", "at_least": 1}},
            "/score/line_item",
            "several",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_named_with_its_place(
    data: object, pointer: str, code: str
) -> None:
    (problem,) = problems(data)
    assert (problem.pointer, problem.code) == (pointer, code)
    assert problem.reason.endswith(".")
    assert problem.fix.endswith(".")


def test_a_rule_nested_too_deeply_is_refused() -> None:
    data: dict[str, Any] = PASSED
    for _ in range(5000):
        data = {"all": [data]}
    (problem,) = problems(data)
    assert (problem.pointer, problem.code) == ("/all/0" * 6, "too_deep")


def test_everything_wrong_with_a_rule_is_told_at_once() -> None:
    found = problems(
        {
            "all": [
                {"final_reslut": {}},
                {"score": {"course": 1, "category": "c", "at_least": "60"}},
                {"at_least": 3, "of": [{"activity": {}}]},
            ]
        }
    )
    assert [problem.pointer for problem in found] == [
        "/all/0/final_reslut",
        "/all/1/score/course",
        "/all/1/score/at_least",
        "/all/2/of/0/activity/activity",
        "/all/2/at_least",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["all", "any", "of", "at_least", "not", "score", "outcome", "activity", "within"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_data_make_the_parser_raise_anything_else(data: object) -> None:
    try:
        rule = rules.parse(data)
    except InvalidRule as error:
        assert error.problems
    else:
        assert rules.parse(rule.as_data()) == rule


WORDS = st.sampled_from(["Pass", "Distinction", "Fail", "A+", "合格"])
NUMBERS = st.decimals(0, 100, places=1)
LEVELS = ("Excellent", "Good", "Poor")
WINDOWS = st.none() | st.builds(
    Window, st.sampled_from(["", "2013J"]), st.sampled_from(["2014B", "2014J"])
)
CONDITIONS = st.one_of(
    st.builds(
        FinalResult,
        st.sampled_from("AB"),
        st.lists(WORDS, min_size=1, max_size=3, unique=True).map(tuple),
        category=st.just("Final"),
    ),
    st.builds(Score, st.sampled_from("AB"), NUMBERS, category=st.sampled_from(["Exam", "Essay"])),
    st.builds(OutcomeScore, st.sampled_from("xy"), NUMBERS),
    st.builds(OutcomeWord, st.sampled_from("xy"), st.just(("Good",))),
    st.builds(ActivityDone, st.sampled_from("mn"), within=WINDOWS),
    st.builds(EveryScore, st.sampled_from("AB"), NUMBERS, category=st.just("TMA"), within=WINDOWS),
    st.builds(OutcomeLevel, st.sampled_from("xy"), st.sampled_from(LEVELS)),
    st.builds(CredentialHeld, st.sampled_from("cd")),
)


def combined(inner: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        several.map(AllOf),
        several.map(AnyOf),
        several.flatmap(
            lambda rules: st.integers(1, len(rules)).map(lambda count: SeveralOf(rules, count))
        ),
        st.builds(lambda asked, left_out: AllOf((asked, Not(left_out))), inner, inner),
    )


RULES: st.SearchStrategy[Rule] = st.recursive(CONDITIONS, combined, max_leaves=6).filter(
    lambda rule: depth(rule.as_data()) <= rules.MAX_DEPTH and not holds(rule, "nobody", {})
)
FACTS = st.builds(
    Fact,
    value=WORDS | st.sampled_from(["", "Good", "Poor", "valid", "revoked"]),
    score=st.none() | NUMBERS,
    occasion=st.none() | st.sampled_from(["2013J", "2014B"]),
    item=st.sampled_from(["TMA 1", "TMA 2"]),
    levels=st.just(LEVELS),
)


def depth(data: object) -> int:
    if isinstance(data, dict) and "not" in data:
        return 1 + depth(data["not"])
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        return 1 + max((depth(item) for items in lists for item in items), default=0)
    return 0


@given(RULES)
def test_parse_and_as_data_are_inverse(rule: Rule) -> None:
    assert rules.parse(json.loads(json.dumps(rule.as_data()))) == rule


BRACKETS = str.maketrans("", "", "()")


@given(RULES)
def test_a_rule_that_is_taken_apart_and_put_together_again_means_the_same(rule: Rule) -> None:
    top = drafting.begin(rule.as_data())
    laid_out = drafting.lay_out([(replace(part, parts=[]), at) for part, at in top.walk()])
    assert laid_out.as_data() == top.as_data()
    # A group of one is that one, without brackets around it.
    said = rules.parse(laid_out.as_data()).sentence()
    assert said.translate(BRACKETS) == rule.sentence().translate(BRACKETS)


def test_what_is_wrong_is_told_at_the_part_where_it_is() -> None:
    exam = Part("score", {"course": "BBB", "category": "Exam", "at_least": "sixty"})
    top = Part("all", parts=[Part("none", parts=[exam]), Part("activity", {"activity": " club "})])
    drafting.note(top, problems(top.as_data()))
    assert [problem.pointer for problem in exam.problems] == ["/all/0/not/score/at_least"]
    exam.values["at_least"] = "60"
    assert rules.parse(top.as_data()).as_data() == {
        "all": [
            {"not": {"score": {"course": "BBB", "category": "Exam", "at_least": 60}}},
            {"activity": {"activity": "club"}},
        ]
    }
    assert problems(Part("all", parts=[Part("any")]).as_data())[0].code == "empty"


@given(st.data())
def test_parts_are_moved_about_and_none_is_lost(drawn: st.DataObject) -> None:
    top = drafting.begin(drawn.draw(RULES).as_data())
    rows = [part for part, _ in top.walk()]
    for _ in range(4):
        part = drawn.draw(st.sampled_from(rows))
        drafting.move(top, part, drawn.draw(st.sampled_from(["up", "down", "in", "out"])))
    assert {id(part) for part, _ in top.walk()} == {id(part) for part in rows}
    drafting.remove(top, rows[-1])
    assert rows[-1] is top or rows[-1] not in [part for part, _ in top.walk() if part is rows[-1]]


# Sentences


def test_a_rule_is_said_in_plain_english() -> None:
    assert rules.parse(PASSED).sentence() == "the final result in BBB is Pass or Distinction"
    assert rules.parse({"all": [PASSED, {"any": [EXAM, OUTCOME]}]}).sentence() == (
        "the final result in BBB is Pass or Distinction, and (the score for Final Exam in BBB is "
        "at least 60, or the score for the outcome BBB-3 is at least 70)"
    )
    assert rules.parse({"at_least": 2, "of": [ESSAY, LEVEL, MENTOR]}).sentence() == (
        "at least 2 of these 3 hold: the score for TMA 1 in BBB is at least 62.5; the result for "
        "the outcome BBB-3 is Good or Excellent; the activity peer-mentoring is done"
    )


def test_a_rule_may_be_said_with_names_for_its_keys() -> None:
    names = {"BBB": "Botany", "peer-mentoring": "Peer mentoring"}
    sentence = rules.parse({"all": [EXAM, MENTOR]}).sentence(names=names)
    assert sentence == (
        "the score for Final Exam in Botany is at least 60, and the activity Peer mentoring is done"
    )


def test_an_outcome_that_is_a_sentence_stands_in_quotes_without_its_full_stop() -> None:
    names = {"BBB-3": "Weigh evidence, for and against."}
    assert rules.parse(OUTCOME).sentence(names=names) == (
        "the score for the outcome “Weigh evidence, for and against” is at least 70"
    )


def test_what_is_left_out_and_which_terms_count_is_said_too() -> None:
    window = {"from": "2013J", "to": "2014B"}
    first = {"every_score": {**TUTORED["every_score"], "within": window}}
    names = {"template:foundations": "Data foundations", "term:2013J": "October 2013"}
    assert rules.parse({"all": [first, {"not": HELD}]}).sentence(names=names) == (
        "every score for TMA in BBB in a term from October 2013 to 2014B is at least 40, and "
        "(it is not so that the credential “Data foundations” is held)"
    )
    since = {"activity": {"activity": "club", "within": {"from": "2013J"}}}
    assert rules.parse(since).sentence() == "the activity club is done in a term from 2013J on"
    up_to = {"score": {**EXAM["score"], "within": {"to": "2013J"}}}
    assert "in a term up to 2013J" in rules.parse(up_to).sentence()
    in_one = {"score": {**EXAM["score"], "within": {"from": "2013J", "to": "2013J"}}}
    assert "in BBB in the term 2013J is" in rules.parse(in_one).sentence()
    assert rules.parse(BETTER).sentence() == ("the result for the outcome BBB-3 is Good or better")


# Decisions


def test_one_result_that_is_enough_is_enough() -> None:
    facts = [
        Fact("Fail", occasion="2013B", label="BBB 2013B"),
        Fact("Pass", occasion="2013J", label="BBB 2013J"),
        Fact("Withdrawn", occasion="2014B", label="BBB 2014B"),
    ]
    decision = decide(PASSED, final_result=facts)
    assert decision.granted
    assert decision.occasions == ("2013J",)
    (reason,) = decision.reasons
    assert reason.met
    assert reason.fact == facts[1]
    assert reason.sentence == (
        "The final result in BBB is Pass (BBB 2013J), as needed: Pass or Distinction"
    )


def test_every_occasion_on_which_a_course_was_passed_is_named_once_in_order() -> None:
    facts = [
        Fact("Pass", occasion="2014B"),
        Fact("Distinction", occasion="2013J"),
        Fact("Pass", occasion="2014B"),
        Fact("Pass"),
    ]
    assert decide(PASSED, final_result=facts).occasions == ("2014B", "2013J")


def test_a_refusal_says_what_was_found_and_what_is_needed() -> None:
    (reason,) = decide(PASSED, final_result=[Fact("Fail", label="BBB 2013J")]).reasons
    assert not reason.met
    assert reason.sentence == (
        "The final result in BBB is Fail (BBB 2013J), but Pass or Distinction is needed"
    )


def test_what_is_unknown_is_not_met() -> None:
    decision = decide({"all": [PASSED, EXAM, OUTCOME, MENTOR]})
    assert not decision.granted
    assert [reason.sentence for reason in decision.reasons] == [
        "There is no final result in BBB; Pass or Distinction is needed",
        "There is no score for Final Exam in BBB; at least 60 is needed",
        "There is no score for the outcome BBB-3; at least 70 is needed",
        "The activity peer-mentoring is not done",
    ]


def test_a_blank_result_decides_nothing() -> None:
    assert not decide(PASSED, final_result=[Fact("")]).granted
    decision = decide(EXAM, score=[Fact("99"), Fact(score=Decimal("NaN"))])
    assert not decision.granted
    assert decision.reasons[0].fact is None


def test_the_best_score_tells_whether_met_or_not() -> None:
    facts = [Fact(score=Decimal(score), evidence=score) for score in (40, 71, 65)]
    assert decide(EXAM, score=facts).reasons[0].fact == facts[1]
    assert decide(OUTCOME, outcome=facts[:1] + facts[2:]).reasons[0].fact == facts[2]


def test_words_are_compared_exactly() -> None:
    assert not decide(PASSED, final_result=[Fact("pass"), Fact("Pass ")]).granted


def test_a_score_equal_to_the_threshold_is_enough_and_just_below_is_not() -> None:
    assert decide(EXAM, score=[Fact(score=Decimal("60.000"))]).granted
    assert not decide(EXAM, score=[Fact(score=Decimal("59.999"))]).granted


def marked(*scores: int | None, on: str = "2013J") -> list[Fact]:
    """The scores of TMA 1, TMA 2, ... in one class."""
    return [
        Fact(
            score=None if score is None else Decimal(score),
            occasion=on,
            label=f"BBB {on}",
            item=f"TMA {number}",
        )
        for number, score in enumerate(scores, start=1)
    ]


def test_every_score_is_judged_class_by_class_and_says_which_is_short_and_by_how_much() -> None:
    good = decide(TUTORED, every_score=[*marked(38, 90), *marked(40, 55, on="2014B")])
    assert (good.granted, good.occasions) == (True, ("2014B",))
    assert good.reasons[0].sentence == (
        "Every score for TMA in BBB (BBB 2014B) is at least 40, as needed; "
        "the lowest is 40 for TMA 1"
    )
    bad = decide(TUTORED, every_score=marked(38, 90, None))
    assert not bad.granted
    assert bad.reasons[0].sentence == (
        "Not every score for TMA in BBB (BBB 2013J) is at least 40: "
        "TMA 1 is 38, 2 short; TMA 3 has no score"
    )
    resat = decide(TUTORED, every_score=[*marked(38), *marked(41), *marked(39)])
    assert resat.granted
    assert decide(TUTORED).reasons[0].sentence == (
        "There is no score for TMA in BBB; at least 40 is needed in each"
    )


def test_a_score_that_is_not_enough_says_by_how_much() -> None:
    (reason,) = decide(EXAM, score=[Fact(score=Decimal("57.5"))]).reasons
    assert reason.sentence == (
        "The score for Final Exam in BBB is 57.5, but at least 60 is needed: 2.5 short"
    )


@pytest.mark.parametrize(
    ("value", "is_enough"),
    [("Excellent", True), ("good", True), ("Poor", False), ("Superb", False), ("", False)],
)
def test_a_level_is_enough_by_its_place_in_the_scale(value: str, is_enough: bool) -> None:
    fact = Fact(value, levels=("Excellent", "Good", "Poor"))
    decision = decide(BETTER, outcome=[fact])
    assert decision.granted == is_enough
    assert not decide(BETTER, outcome=[Fact("Good")]).granted
    assert decision.reasons[0].sentence


def test_the_best_level_tells() -> None:
    levels = ("Excellent", "Good", "Poor")
    facts = [Fact("Excellent", levels=levels), Fact("Good", levels=levels)]
    assert decide(BETTER, outcome=facts).reasons[0].fact == facts[0]


def test_a_credential_counts_while_it_is_valid() -> None:
    assert decide(HELD, credential=[Fact("revoked"), Fact("valid")]).granted
    decision = decide(HELD, credential=[Fact("revoked", label="awarded 1 May 2026")])
    assert not decision.granted
    assert decision.occasions == ()
    assert decision.reasons[0].sentence == (
        "The credential foundations is not held: it is revoked (awarded 1 May 2026)"
    )


def test_what_is_left_out_rules_out_whoever_has_it_and_nobody_else() -> None:
    rule = {"all": [PASSED, {"not": HELD}]}
    passed = [Fact("Pass", occasion="2013J")]
    free = decide(rule, final_result=passed)
    assert (free.granted, free.occasions) == (True, ("2013J",))
    assert free.reasons[1].sentence == "The credential foundations is not held, as needed"
    assert [reason.met for reason in free.reasons_on("2013J")] == [True, True]
    bound = decide(rule, final_result=passed, credential=[Fact("valid")])
    assert not bound.granted
    assert bound.reasons[1].sentence == "The credential foundations is held, which rules it out"
    assert [reason.met for reason in bound.reasons_on("2013J")] == [True, False]


def test_what_is_left_out_because_of_one_class_is_left_out_in_all() -> None:
    rule = {"all": [PASSED, {"not": EXAM}]}
    passed = [Fact("Pass", occasion="a"), Fact("Pass", occasion="b")]
    decision = decide(rule, final_result=passed, score=[Fact(score=Decimal(70), occasion="b")])
    assert not decision.granted
    late = [Fact(score=Decimal(50), occasion="b")]
    assert decide(rule, final_result=passed, score=late).occasions == ("a", "b")


def test_an_activity_is_done_when_anything_says_so() -> None:
    decision = decide(MENTOR, activity=[Fact(label="spring 2026", occasion="2026S")])
    assert decision.granted
    assert decision.occasions == ("2026S",)
    assert decision.reasons[0].sentence == "The activity peer-mentoring is done (spring 2026)"


def test_occasions_are_those_on_which_all_of_the_rule_was_met() -> None:
    both = {"all": [PASSED, EXAM]}
    passed = [Fact("Pass", occasion="a"), Fact("Pass", occasion="b")]
    exams = [Fact(score=Decimal(50), occasion="a"), Fact(score=Decimal(70), occasion="b")]
    decision = decide(both, final_result=passed, score=exams)
    assert decision.occasions == ("b",)
    assert [reason.met for reason in decision.reasons_on("a")] == [True, False]
    assert [reason.met for reason in decision.reasons_on("b")] == [True, True]


def test_a_rule_met_only_across_occasions_is_granted_without_one() -> None:
    decision = decide(
        {"all": [PASSED, EXAM]},
        final_result=[Fact("Pass", occasion="a")],
        score=[Fact(score=Decimal(70), occasion="b")],
    )
    assert decision.granted
    assert decision.occasions == ()


def test_a_rule_about_several_things_has_no_occasions() -> None:
    decision = decide(
        {"any": [PASSED, MENTOR]},
        final_result=[Fact("Pass", occasion="a")],
        activity=[Fact(occasion="a")],
    )
    assert decision.granted
    assert decision.occasions == ()
    assert rules.parse({"any": [PASSED, MENTOR]}).subject() is None
    assert rules.parse({"any": [PASSED, EXAM]}).subject() == ("course", "BBB")


def test_why_is_said_part_by_part_as_the_rule_is_nested() -> None:
    rule = {
        "all": [
            {"at_least": 2, "of": [PASSED, MENTOR, BETTER]},
            {"not": {"all": [HELD, {"any": [EXAM]}]}},
        ]
    }
    decision = decide(rule, final_result=[Fact("Pass")], credential=[Fact("valid")])
    told = rules.why(decision)
    assert (told.is_met, told.sentence) == (False, "All of these are asked for: 1 of 2 holds")
    several, left_out = told.parts
    assert several.sentence == "At least 2 of these are asked for: 1 of 3 holds"
    assert [part.is_met for part in several.parts] == [True, False, False]
    assert (left_out.is_met, left_out.sentence) == (True, "This must not be so")
    (both,) = left_out.parts
    assert [(part.is_met, part.sentence) for part in both.parts] == [
        (True, "The credential foundations is held"),
        (False, "There is no score for Final Exam in BBB"),
    ]


@given(RULES, st.lists(FACTS, max_size=3))
def test_why_agrees_with_the_decision(rule: Rule, drawn: list[Fact]) -> None:
    known = {leaf: {"ada": drawn} for leaf in rule.leaves()}
    decision = rules.evaluate(rule, Facts({"ada"}, known))["ada"]
    assert rules.why(decision).is_met == decision.granted


def test_a_learner_outside_the_population_gets_no_decision() -> None:
    rule = rules.parse(PASSED)
    facts = Facts({"ada"}, {leaf(PASSED): {"ben": [Fact("Pass")]}})
    decisions = rules.evaluate(rule, facts)
    assert set(decisions) == {"ada"}
    assert not decisions["ada"].granted


def test_reasons_use_the_names_that_come_with_the_facts() -> None:
    facts = Facts({"ada"}, {}, {"BBB": "Botany"})
    (reason,) = rules.evaluate(rules.parse(PASSED), facts)["ada"].reasons
    assert reason.sentence.startswith("There is no final result in Botany;")


@settings(max_examples=200)
@given(
    RULES,
    st.dictionaries(
        st.tuples(st.integers(0, 5), st.sampled_from(["ada", "ben"])), st.lists(FACTS, max_size=3)
    ),
)
def test_deciding_for_all_is_deciding_for_each(
    rule: Rule, drawn: dict[tuple[int, str], list[Fact]]
) -> None:
    known: dict[Condition, dict[str, list[Fact]]] = {
        leaf: {learner: facts for (index, learner), facts in drawn.items() if index == number % 6}
        for number, leaf in enumerate(rule.leaves())
    }
    decisions = rules.evaluate(rule, Facts({"ada", "ben", "eve"}, known))
    for learner, decision in decisions.items():
        assert decision.granted == holds(rule, learner, known)
        assert {reason.condition for reason in decision.reasons} == set(rule.leaves())
        for reason in decision.reasons:
            facts = known[reason.condition].get(learner, [])
            assert reason.met == (enough(reason.condition, facts) != reason.is_excluded)
            assert set(reason.facts) <= set(facts)
            assert reason.sentence
        for occasion in decision.occasions:
            alone = {
                leaf: {
                    learner: [
                        fact
                        for fact in found.get(learner, [])
                        if fact.occasion == occasion or (leaf.about, leaf.target) != rule.subject()
                    ]
                }
                for leaf, found in known.items()
            }
            assert holds(rule, learner, alone)


def holds(rule: Rule, learner: str, known: dict[Condition, dict[str, list[Fact]]]) -> bool:
    """The meaning of a rule, written the slow and plain way."""
    if isinstance(rule, Condition):
        return enough(rule, known.get(rule, {}).get(learner, []))
    if isinstance(rule, Not):
        return not holds(rule.rule, learner, known)
    assert isinstance(rule, AllOf | AnyOf | SeveralOf)
    held = sum(holds(inner, learner, known) for inner in rule.rules)
    if isinstance(rule, SeveralOf):
        return held >= rule.count
    return held == len(rule.rules) if isinstance(rule, AllOf) else held > 0


def enough(condition: Condition, facts: list[Fact]) -> bool:
    """Whether one fact is enough; of every score, one for each item of one class."""
    if not isinstance(condition, EveryScore):
        return any(condition.is_met_by(fact) for fact in facts)
    classes = {
        fact.occasion: {each.item for each in facts if each.occasion == fact.occasion}
        for fact in facts
    }
    return any(
        all(
            any(condition.is_met_by(fact) for fact in facts if (fact.occasion, fact.item) == (c, i))
            for i in items
        )
        for c, items in classes.items()
    )


@pytest.mark.slow
def test_a_hundred_thousand_learners_are_decided_in_seconds() -> None:
    rule = rules.parse({"all": [PASSED, {"any": [EXAM, ESSAY]}]})
    passed, exam, essay = rule.leaves()
    population = range(100_000)
    facts = Facts(
        frozenset(population),
        {
            passed: {n: [Fact("Pass" if n % 3 else "Fail", occasion=n % 2)] for n in population},
            exam: {n: [Fact(score=Decimal(n % 101), occasion=1)] for n in population},
            essay: {n: [Fact(score=Decimal(n % 97), occasion=0), Fact()] for n in population},
        },
    )
    decisions = rules.evaluate(rule, facts)
    assert len(decisions) == 100_000
    assert 0 < sum(decision.granted for decision in decisions.values()) < 100_000
