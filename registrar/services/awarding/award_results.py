"""The results that credentials carry: those on record, as far as their revision allows them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from issuer.vc import openbadges
from registrar.models import Award, Offering, Revision
from registrar.services.deciding import facts, result_levels
from registrar.services.deciding.eligibility import Result


def of(
    revision: Revision, offerings: Collection[Offering] | None
) -> Callable[[int, int | None], tuple[Result, ...]]:
    """What credentials of a revision carry of a learner and an offering, read once for all."""
    return _Results(revision, offerings).of


def allowed(award: Award, revision: Revision) -> list[Result]:
    """What an award carries, without what the revision does not describe or allow."""
    described = {each["id"]: each for each in revision.result_descriptions}
    return [
        result
        for result in award.results
        if (each := described.get(result["description"])) and not _problem(each, result["value"])
    ]


class _Results:
    """The values that credentials of a revision carry, read once for all learners."""

    def __init__(self, revision: Revision, offerings: Collection[Offering] | None) -> None:
        self._known: list[tuple[Mapping[Any, str], Mapping[str, Result]]] = []
        for described in revision.result_descriptions:
            values = facts.values(described, offerings=offerings)
            self._known.append((values, _sayable(described, set(values.values()))))

    def of(self, learner: int, offering: int | None) -> tuple[Result, ...]:
        """What there is, without values that their description does not allow."""
        key = (learner, offering)
        found = (sayable.get(values.get(key, "")) for values, sayable in self._known)
        return tuple(result for result in found if result)


def _sayable(described: dict[str, Any], values: Iterable[str]) -> dict[str, Result]:
    """Of each value that the description allows the result; those who have it share one."""
    return {
        value: {"description": described["id"], "value": value}
        for value in values
        if not _problem(described, value)
    }


def _problem(described: dict[str, Any], value: str) -> str | None:
    return openbadges.value_problem(
        value,
        allowed=result_levels.words(described),
        lowest=described.get("value_min"),
        highest=described.get("value_max"),
    )
