"""What of an award rule nobody could meet, as far as the results on record tell."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.db.models import Q, QuerySet

from registrar import rules
from registrar.models import LineItem, Result
from registrar.models.catalog import named
from registrar.rules import Rule
from registrar.services.deciding import rule_names

_AT = "line_item__offering__opportunity__"
# How many names a sentence lists.
LISTED = 12


class Doubt(NamedTuple):
    """What nobody could meet, as far as is known: where it stands in the rule, and why."""

    pointer: str
    reason: str


def of(rule: Rule) -> list[Doubt]:
    """Say which assessments the rule asks for that a course lacks, and which words never occur.

    The rule may be meant for what is yet to come, so these are warnings. Of courses and outcomes
    that are unknown, `rule_names.unknown` tells.
    """
    names = rule_names.of(rule)
    return [
        doubt
        for place, leaf in rules.places(rule)
        if leaf.target in names
        for doubt in _of(place, leaf, names[leaf.target])
    ]


def _of(place: str, leaf: rules.Condition, name: str) -> Iterator[Doubt]:
    for member, words in _unassessed(leaf, name):
        yield Doubt(f"{place}/{member}", words)
    for words in _unsaid(leaf, name):
        yield Doubt(f"{place}/one_of", words)


def _unassessed(leaf: rules.Condition, name: str) -> Iterator[tuple[str, str]]:
    match leaf:
        case rules.Score(line_item=title) if title:
            for words in _lacking(leaf, name, "title", title, "assessment"):
                yield "line_item", words
        case rules.FinalResult() | rules.Score() | rules.EveryScore():
            for words in _lacking(leaf, name, "category", leaf.category, "kind of assessment"):
                yield "category", words


def _unsaid(leaf: rules.Condition, name: str) -> Iterator[str]:
    if isinstance(leaf, rules.FinalResult):
        about = Q(outcome=None, line_item__category=leaf.category) & named(leaf.target, at=_AT)
        yield from _unheard(leaf.one_of, f"{leaf.category} in {name}", about)
    elif isinstance(leaf, rules.OutcomeWord):
        yield from _unheard(leaf.one_of, f"the outcome {leaf.target}", Q(outcome__code=leaf.target))


def _lacking(leaf: rules.Condition, name: str, field: str, value: str, what: str) -> Iterator[str]:
    items = LineItem.objects.filter(named(leaf.target, at="offering__opportunity__"))
    known = _known(items.filter(retired_at=None), field)
    if known and value not in known:
        yield f"{name} has no {what} “{value}”. It has {_listed(known)}."
    elif not known:
        yield f"{name} has no assessments so far, so nobody has a result for “{value}” there yet."


def _unheard(words: Iterable[str], where: str, about: Q) -> Iterator[str]:
    said = _known(Result.objects.current().filter(about), "text")
    if said and (unheard := [word for word in words if word not in said]):
        yield f"Nobody has {_listed(unheard)} for {where} so far. There is {_listed(said)}."


def _known(rows: QuerySet, field: str) -> list[str]:
    found = rows.exclude(**{field: ""}).order_by(field)
    return list(found.values_list(field, flat=True).distinct())


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(f"“{name}”" for name in names[:LISTED]) + more
