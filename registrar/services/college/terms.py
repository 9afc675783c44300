"""Find the term for which something is edited, and refuse those that are settled."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Max, Q
from django.utils import timezone

from registrar.errors import TermSettled
from registrar.models import (
    LearningOpportunity,
    Mapping,
    OutcomeWording,
    ProgrammeCourse,
    SkillTag,
    Term,
)

_DAY = timedelta(days=1)


def to_edit(*, on: date | None = None) -> Term | None:
    """The term that runs; between terms the next one, after all the last. None if there are none.

    A year that has terms in it is not one of them.
    """
    day = on or timezone.localdate()
    terms = Term.objects.filter(children=None)
    running = terms.filter(starts_on__lte=day, ends_on__gte=day).order_by("starts_on", "-ends_on")
    return (
        running.first()
        or terms.filter(starts_on__gt=day).order_by("starts_on", "-ends_on").first()
        or terms.order_by("-starts_on", "-ends_on").first()
    )


def following(term: Term) -> Term | None:
    """The first term that begins after this one has begun, and that is no part of it."""
    later = Term.objects.filter(children=None, starts_on__gt=term.starts_on).exclude(parent=term)
    return later.order_by("starts_on", "-ends_on").first()


def reading_day(*, on: date | None = None) -> date:
    """The day as of which one reads when nobody says: today, between terms the next one's first.

    So what is entered for the coming term shows.
    """
    day = on or timezone.localdate()
    term = to_edit(on=day)
    return day if term is None else max(day, term.starts_on)


def for_tags(opportunity: LearningOpportunity, term: Term | None = None) -> Term | None:
    """The term for which its tags are edited: that one, or the next that is not settled.

    None where there are no terms at all. Raises TermSettled.
    """
    return _open(term, _latest(_settled_by_mapping(opportunity), *_borders_of_tags(opportunity)))


def for_outcomes(opportunity: LearningOpportunity, term: Term | None = None) -> Term | None:
    """The term for which its outcomes are edited, as `for_tags`. Raises TermSettled."""
    borders = (*_borders_of_tags(opportunity), *_borders_of_wordings(opportunity))
    return _open(term, _latest(_settled_by_mapping(opportunity), *borders))


def begins(term: Term | None) -> date | None:
    """The first day of what is entered for the term; without terms it always held."""
    return None if term is None else term.starts_on


def kept_days(source: str) -> dict[str, tuple[date, date]]:
    """First and last days of the source's terms from which on something holds, by sourced id.

    No import moves the first of them: what held as of the term would not be what holds as of it.
    """
    borders = (
        Q(pk__in=Mapping.objects.values("term"))
        | Q(starts_on__in=OutcomeWording.objects.values("holds_from"))
        | Q(starts_on__in=ProgrammeCourse.objects.values("holds_from"))
    )
    found = Term.objects.filter(borders, source=source)
    return {term.sourced_id: (term.starts_on, term.ends_on) for term in found}


def last_day_before(term: Term | None) -> date:
    """The last day of what the term brings to an end; without terms that is yesterday."""
    return (timezone.localdate() if term is None else term.starts_on) - _DAY


def _open(asked: Term | None, earliest: date | None) -> Term | None:
    term = asked or to_edit()
    if term is None or earliest is None or term.starts_on >= earliest:
        return term
    if asked is None:
        later = following(term)
        while later is not None and later.starts_on < earliest:
            later = following(later)
        if later is not None:
            return later
    raise TermSettled(
        f"{term} is settled: something has been accepted for it or for a later term. Make the "
        f"change for a term that begins on {earliest.isoformat()} or later."
    )


def _settled_by_mapping(opportunity: LearningOpportunity) -> date | None:
    accepted = Mapping.objects.filter(opportunity=opportunity, state=Mapping.State.ACCEPTED)
    found: date | None = accepted.aggregate(day=Max("term__starts_on"))["day"]
    return None if found is None else found + _DAY


def _borders_of_tags(opportunity: LearningOpportunity) -> Iterable[date | None]:
    tags = SkillTag.objects.filter(
        outcome__opportunity=opportunity, state=SkillTag.State.ACCEPTED
    ).aggregate(begun=Max("holds_from"), ended=Max("holds_until"))
    return tags["begun"], tags["ended"] and tags["ended"] + _DAY


def _borders_of_wordings(opportunity: LearningOpportunity) -> Iterable[date | None]:
    wordings = OutcomeWording.objects.filter(outcome__opportunity=opportunity).aggregate(
        begun=Max("holds_from"), ended=Max("holds_until")
    )
    return wordings["begun"], wordings["ended"] and wordings["ended"] + _DAY


def _latest(*days: date | None) -> date | None:
    return max((day for day in days if day is not None), default=None)
