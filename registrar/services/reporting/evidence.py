"""How many learners have results for an outcome, term by term; of a few nobody learns how many."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Count, Q, QuerySet

from registrar.models import Result, Term
from registrar.services.marking.results import GRADED

# Below this a number could tell of a person.
LEAST_LEARNERS: Final = 10


@dataclass(frozen=True, slots=True)
class TermCount:
    """Results for one outcome in one term, and of how many learners; None stands for a few.

    These are the only numbers of learners that are ever given, and totals are made of those that
    are shown: no sum or difference of them tells one that is hidden.
    """

    outcome: int
    term: Term | None
    learners: int | None
    results: int | None

    @property
    def is_hidden(self) -> bool:
        """Whether there are too few learners for a number."""
        return self.results is None


@dataclass(frozen=True, slots=True)
class Total:
    """The results in the counts that are shown, and how many counts are hidden."""

    results: int
    hidden: int


def counts(
    outcomes: Collection[int], *, until: date | None = None, within: Term | None = None
) -> list[TermCount]:
    """Results that hold today for these outcomes, by outcome and term, oldest first.

    Of terms that had begun by then, if a day is given (an offering without a term always had); of
    one term, if that is given.
    """
    found = (
        _results(outcomes, until, within)
        .order_by()
        .values_list("outcome", "line_item__offering__term")
        .annotate(Count("learner", distinct=True), Count("pk"))
    )
    terms = Term.objects.in_bulk()
    made = [_shown(outcome, terms.get(term), *numbers) for outcome, term, *numbers in found]
    return sorted(made, key=lambda each: (each.outcome, _begins(each.term)))


def evidenced(
    outcomes: Collection[int], *, until: date | None = None, within: Term | None = None
) -> set[int]:
    """Those of the outcomes for which there are results; of one term, if it is given."""
    results = _results(outcomes, until, within)
    return set(results.order_by().values_list("outcome", flat=True).distinct())


def total(found: Iterable[TermCount]) -> Total:
    """Add up what is shown."""
    found = list(found)
    return Total(
        results=sum(each.results or 0 for each in found),
        hidden=sum(each.is_hidden for each in found),
    )


def by_then(path: str, *, until: date | None, within: Term | None) -> Q:
    """What is of terms that had begun by then, or of one term; `path` leads to the term."""
    if within is not None:
        return Q(**{path: within})
    if until is not None:
        return Q(**{f"{path}__isnull": True}) | Q(**{f"{path}__starts_on__lte": until})
    return Q()


def _results(
    outcomes: Collection[int], until: date | None, within: Term | None
) -> QuerySet[Result]:
    of_then = by_then("line_item__offering__term", until=until, within=within)
    graded = Result.objects.current().filter(status=GRADED, line_item__retired_at=None)
    return graded.filter(of_then, outcome__in=outcomes)


def _shown(outcome: int, term: Term | None, learners: int, results: int) -> TermCount:
    if learners < LEAST_LEARNERS:
        return TermCount(outcome, term, None, None)
    return TermCount(outcome, term, learners, results)


def _begins(term: Term | None) -> date:
    return term.starts_on if term else date.min
