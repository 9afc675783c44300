"""Of whom a rule judges: which enrolments and results their source has taken back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from registrar.models import Enrolment
from registrar.rules import Rule
from registrar.services.deciding import facts
from registrar.services.deciding.eligibility import Candidate


@dataclass(frozen=True, slots=True)
class Note:
    """What to know of a decision, and what to do where it is not meant so."""

    code: str
    reason: str
    remedy: str


def notes(rule: Rule, candidates: Sequence[Candidate]) -> list[list[Note]]:
    """Say of each candidate what was taken back, in their order; few queries for all of them.

    A withdrawn enrolment bars nobody, since sources drop those of past terms: what counts is the
    result. A withdrawn result counts for nothing.
    """
    classes = [_classes(each) for each in candidates]
    left = _left({pair for pairs in classes for pair in pairs})
    withdrawn: dict[int, list[str]] = {}
    for learner, title in sorted(facts.taken_back(rule, {each.learner_id for each in candidates})):
        withdrawn.setdefault(learner, []).append(title)
    return [
        [
            *(_of_enrolment(left[pair]) for pair in sorted(pairs) if pair in left),
            *map(_of_result, withdrawn.get(candidate.learner_id, ())),
        ]
        for candidate, pairs in zip(candidates, classes, strict=True)
    ]


_Class = tuple[int, int]


def _classes(candidate: Candidate) -> set[_Class]:
    """The classes whose results meet the rule: of who does not meet it there are none."""
    learner, decision = candidate.learner_id, candidate.decision
    if candidate.offering_id is not None:
        return {(learner, candidate.offering_id)}
    if not decision.granted:
        return set()
    met = (fact for reason in decision.reasons if reason.met for fact in reason.facts)
    return {(learner, fact.occasion) for fact in met if isinstance(fact.occasion, int)}


def _left(classes: Collection[_Class]) -> dict[_Class, str]:
    """Of these the ones in which the learner was enrolled and is no more, with their titles."""
    enrolled = Enrolment.objects.filter(
        learner__in={learner for learner, _ in classes},
        offering__in={offering for _, offering in classes},
    )
    gone: dict[_Class, str] = {}
    there: set[_Class] = set()
    for learner, offering, retired_at, title in enrolled.values_list(
        "learner", "offering", "retired_at", "offering__title"
    ):
        if retired_at is None:
            there.add((learner, offering))
        else:
            gone[learner, offering] = title
    return {pair: gone[pair] for pair in classes if pair in gone and pair not in there}


def _of_enrolment(title: str) -> Note:
    return Note(
        "enrolment_withdrawn",
        f"The enrolment in {title} was withdrawn; the results in it count all the same.",
        "Nothing, if the class is over. Else withdraw the results, too.",
    )


def _of_result(title: str) -> Note:
    return Note(
        "result_withdrawn",
        f"A result in {title} was withdrawn by its source, and does not count.",
        "Nothing, if that is meant. Else send it again, not withdrawn.",
    )
