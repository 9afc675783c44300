"""What one may choose from while an award rule is built."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from registrar.models import (
    LearningOpportunity,
    LearningOutcome,
    LineItem,
    Result,
    Revision,
    Term,
)
from registrar.models.catalog import named
from registrar.services.marking import scales

FOUND: Final = 20
WORDS: Final = 12


class Choice(NamedTuple):
    """What stands in the rule, and what people call it."""

    value: str
    label: str


def find(of: str, words: str, *, beside: Mapping[str, str]) -> list[Choice]:
    """Find what a field of a condition may hold; `beside` is what its other fields hold."""
    words = words.strip()
    if of in ("course", "activity"):
        return _opportunities(of, words)
    if of in ("category", "line_item"):
        return _of_line_items(of, words, beside.get("course", ""))
    if of == "outcome":
        return _outcomes(words)
    if of == "level_at_least":
        return _levels(words, beside.get("outcome", ""))
    if of == "template":
        return _templates(words)
    return _terms(words) if of in ("from", "to") else []


def words_in(values: Mapping[str, str]) -> list[tuple[str, int]]:
    """Which words there are for a course and category or an outcome, the most frequent first."""
    found = Result.objects.current().exclude(text="")
    if values.get("course"):
        found = found.filter(
            named(values["course"], at="line_item__offering__opportunity__"),
            outcome=None,
            line_item__category=values.get("category", ""),
        )
    elif values.get("outcome"):
        found = found.filter(outcome__code=values["outcome"])
    else:
        return []
    counted = found.order_by().values_list("text").annotate(times=Count("pk"))
    return list(counted.order_by("-times", "text")[:WORDS])


def _opportunities(kind: str, words: str) -> list[Choice]:
    found = LearningOpportunity.objects.filter(kind=kind, retired_at=None)
    rows = _matching(found, words, "code", "title")[:FOUND]
    codes = _codes(row.code for row in rows)
    return [Choice(row.code if codes[row.code] < 2 else row.key, str(row)) for row in rows]


def _codes(codes: Iterable[str]) -> Counter[str]:
    """How many courses and activities have each of these codes."""
    found = LearningOpportunity.objects.filter(code__in=list(codes)).order_by()
    return Counter(dict(found.values_list("code").annotate(Count("pk"))))


def _of_line_items(of: str, words: str, course: str) -> list[Choice]:
    name = "category" if of == "category" else "title"
    items = LineItem.objects.filter(
        named(course.strip(), at="offering__opportunity__"), retired_at=None
    ).exclude(**{name: ""})
    found = _matching(items, words, name).order_by(name).values_list(name).annotate(Count("pk"))
    return [Choice(value, f"{value} ({count})") for value, count in found[:FOUND]]


def _outcomes(words: str) -> list[Choice]:
    living = LearningOutcome.objects.living(timezone.localdate())
    found = _matching(living, words, "code", "statement")[:FOUND]
    return [Choice(each.code, str(each)) for each in found]


def _levels(words: str, outcome: str) -> list[Choice]:
    living = LearningOutcome.objects.living(timezone.localdate()).filter(code=outcome.strip())
    scale = scales.of(list(living[:1]), on=timezone.localdate())
    levels = [level.name for each in scale.values() for level in each.levels]
    return [Choice(level, level) for level in levels if words.casefold() in level.casefold()]


def _templates(words: str) -> list[Choice]:
    approved = Revision.objects.filter(state=Revision.State.APPROVED).order_by("name", "pk")
    rows = _matching(approved, words, "template__slug", "name")
    return [Choice(*row) for row in rows.values_list("template__slug", "name")[:FOUND]]


def _terms(words: str) -> list[Choice]:
    rows = _matching(Term.objects.order_by("-starts_on"), words, "title")[:FOUND]
    titles = [row.title for row in rows]
    same = Counter(Term.objects.filter(title__in=titles).values_list("title", flat=True))
    return [
        Choice(
            row.title if same[row.title] < 2 else row.key,
            f"{row.title}, {row.starts_on.isoformat()} to {row.ends_on.isoformat()}",
        )
        for row in rows
    ]


def _matching(rows: QuerySet, words: str, *fields: str) -> QuerySet:
    for word in words.split()[:8]:
        found = Q()
        for each in fields:
            found |= Q(**{f"{each}__icontains": word})
        rows = rows.filter(found)
    return rows
