"""How a cell of the coverage table reads."""

from collections.abc import Mapping

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse

from registrar.models import LearningOpportunity
from registrar.services.reporting.coverage import EMPHASES, Cell
from registrar.services.reporting.evidence import LEAST_LEARNERS
from registrar.services.reporting.programme_coverage import MARKS

register = template.Library()

DARKEST = 4


@register.filter
def shade(total: int) -> int:
    """The shade for a number of outcomes: 0 to 4."""
    return min(total, DARKEST)


@register.filter
def letters(cell: Cell) -> str:
    """T, P and A for what is done in the course: taught, practised, assessed."""
    return " ".join(emphasis[0].upper() for emphasis in EMPHASES if cell.counts.get(emphasis))


@register.filter
def marks(counts: Mapping[str, int]) -> str:
    """T2 P A E: what is done and in how many outcomes; one needs no number."""
    found = [(mark[0].upper(), counts.get(mark, 0)) for mark in MARKS]
    return " ".join(f"{letter}{number if number > 1 else ''}" for letter, number in found if number)


@register.filter
def of(counts: Mapping[str, int], name: str) -> int:
    """The count under a name that is not known before."""
    return counts.get(name, 0)


@register.filter
def learners(number: int | None) -> str:
    """A number of learners or of their results; of a few only that they are few."""
    return f"<{LEAST_LEARNERS}" if number is None else intcomma(number)


@register.filter
def opportunity_url(opportunity: LearningOpportunity) -> str:
    """The page of a course or activity."""
    return reverse(f"admin:registrar_{opportunity.kind}_change", args=[opportunity.pk])
