"""Judge by a rule alone who meets it and who does not, and why."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from registrar.models import Enrolment, Learner, Offering, OrganizationUnit
from registrar.rules import Decision, Rule, Why, evaluate, why
from registrar.services.deciding import facts

OCCASION_LENGTH = 300
NOT_TOGETHER = "Each condition is met, but not all of them in one class."

Result = dict[str, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A learner whom the rule is about, on one occasion where it is met on one."""

    learner_id: int
    offering_id: int | None
    occasion: str
    decision: Decision
    results: tuple[Result, ...] = ()

    @property
    def reasons(self) -> list[str]:
        """One line for each condition of the rule, met or not."""
        if self.offering_id is not None:
            found = self.decision.reasons_on(self.offering_id)
        else:
            found = self.decision.reasons
        lines = [reason.sentence for reason in found]
        if self.is_met_across_classes:
            lines.append(NOT_TOGETHER)
        return lines

    @property
    def is_met_across_classes(self) -> bool:
        """Whether each condition is met, but not all of them in the one class that is asked for."""
        return self.offering_id is None and _lacks_a_class(self.decision)


@dataclass(frozen=True, slots=True)
class Judged:
    """Everyone whom a rule is about: who meets it, on which occasions, and who does not."""

    met: tuple[Candidate, ...]
    not_met: tuple[Candidate, ...]

    @property
    def learners(self) -> int:
        """How many people were looked at."""
        return len({each.learner_id for each in (*self.met, *self.not_met)})


def judge(
    rule: Rule,
    *,
    offerings: Collection[Offering] | None = None,
    learners: Collection[int] | None = None,
    results: Callable[[int, int | None], tuple[Result, ...]] | None = None,
    after_each: Callable[[], None] | None = None,
) -> Judged:
    """Find out who meets the rule, everybody at once; nothing is written.

    The number of queries depends on the rule alone. A rule about a single course, activity or
    outcome must be met in one offering of it; with `offerings` only those are looked at, with
    `learners` only those, and all of them. `results` brings what a credential would carry,
    `after_each` is called when the facts for one condition are there.
    """
    known = facts.gather(rule, offerings=offerings, learners=learners, after_each=after_each)
    decisions = evaluate(rule, known)
    occasions = _occasions(decisions.values())
    is_about_one_thing = rule.subject() is not None
    met: list[Candidate] = []
    not_met: list[Candidate] = []
    for decision in decisions.values():
        met_in: Iterable[Any] = decision.occasions
        if not is_about_one_thing:
            met_in = [None] if decision.granted else []
        candidates = [
            Candidate(
                decision.learner,
                offering,
                occasions[offering] if offering is not None else "",
                decision,
                results(decision.learner, offering) if results else (),
            )
            for offering in met_in
        ]
        met += candidates
        if not candidates:
            not_met.append(Candidate(decision.learner, None, "", decision))
    return Judged(tuple(met), tuple(not_met))


def within(judged: Judged, units: QuerySet[OrganizationUnit]) -> Judged:
    """Of those judged the ones in classes of these units, or who learn there, as in a pilot."""
    there = Offering.objects.filter(opportunity__unit__in=units)
    offerings = set(there.values_list("pk", flat=True))
    learners = learning_in(units)

    def is_there(candidate: Candidate) -> bool:
        if candidate.offering_id is not None:
            return candidate.offering_id in offerings
        return candidate.learner_id in learners

    return Judged(tuple(filter(is_there, judged.met)), tuple(filter(is_there, judged.not_met)))


def learning_in(units: QuerySet[OrganizationUnit]) -> set[int]:
    """Who takes part, or took part, in classes of these units."""
    there = Offering.objects.filter(opportunity__unit__in=units)
    enrolled = Enrolment.objects.filter(offering__in=there, retired_at=None)
    return set(enrolled.values_list("learner", flat=True))


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether one learner meets a rule, in which class where it is met in one, and why or not."""

    is_met: bool
    offering_id: int | None
    why: Why
    is_met_across_classes: bool = False


def explain(rule: Rule, learner: Learner) -> list[Explanation]:
    """Say of one learner why they meet the rule, once for each class; or why they do not."""
    judged = judge(rule, learners=[learner.pk])
    return [
        Explanation(
            candidate in judged.met,
            candidate.offering_id,
            why(candidate.decision, on=candidate.offering_id),
            candidate.is_met_across_classes,
        )
        for candidate in (*judged.met, *judged.not_met)
    ]


def _lacks_a_class(decision: Decision) -> bool:
    return decision.granted and decision.rule.subject() is not None


def _occasions(decisions: Iterable[Decision]) -> Mapping[int, str]:
    """By which words awards tell the offerings apart that the decisions are about."""
    offerings: set[Any] = {occasion for each in decisions for occasion in each.occasions}
    rows = Offering.objects.filter(pk__in=offerings).values_list("pk", "source", "sourced_id")
    return {pk: _occasion(source, sourced_id) for pk, source, sourced_id in rows}


def _occasion(source: str, sourced_id: str) -> str:
    name = f"offering:{source}:{sourced_id}"
    if len(name) <= OCCASION_LENGTH:
        return name
    return "offering:" + hashlib.sha256(json.dumps([source, sourced_id]).encode()).hexdigest()
