"""How a cell of the coverage table reads."""

from django import template
from django.urls import reverse

from registrar.models import LearningOpportunity
from registrar.services.coverage import EMPHASES, Cell

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
def opportunity_url(opportunity: LearningOpportunity) -> str:
    """The page of a course or activity."""
    return reverse(f"admin:registrar_{opportunity.kind}_change", args=[opportunity.pk])
