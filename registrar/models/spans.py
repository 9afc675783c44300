"""Rows that hold from one day to another: what held on a given day is a query."""

from datetime import date

from django.contrib.postgres.fields import DateRangeField
from django.db.models import F, Func, Q

from registrar.models.catalog import Term

Moment = Term | date


def day_of(moment: Moment) -> date:
    """The day that is meant: of a term its first one."""
    return moment.starts_on if isinstance(moment, Term) else moment


def held_on(moment: Moment, *, prefix: str = "") -> Q:
    """What held on that day (or on a term's first): its own first and last day are within."""
    day = day_of(moment)
    begun, ended = f"{prefix}holds_from", f"{prefix}holds_until"
    return (Q(**{f"{begun}__isnull": True}) | Q(**{f"{begun}__lte": day})) & _not_over(day, ended)


def holds_after(moment: Moment, *, prefix: str = "") -> Q:
    """What holds on that day or will: it is not over."""
    return _not_over(day_of(moment), f"{prefix}holds_until")


def _not_over(day: date, ended: str) -> Q:
    return Q(**{f"{ended}__isnull": True}) | Q(**{f"{ended}__gte": day})


def never_held(first: date | None, last: date | None) -> bool:
    """Whether it ended before it began: it was replaced for the very term that it was meant for."""
    return first is not None and last is not None and last < first


def span() -> Func:
    """From the first to the last day, for constraints; what never came to hold spans no day."""
    return Func(
        F("holds_from"),
        F("holds_until"),
        template="daterange(%(expressions)s + 1, '[)')",
        output_field=DateRangeField(),
    )


def ends_after_it_began() -> Q:
    """For constraints: the last day is not before the one before the first."""
    return (
        Q(holds_from=None)
        | Q(holds_until=None)
        | Q(holds_until__gte=Func(F("holds_from"), template="(%(expressions)s - 1)"))
    )
