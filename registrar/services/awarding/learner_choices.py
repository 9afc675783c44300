"""Choose learners by what is on record of them, and say in words by what they were chosen."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from registrar.models import (
    Award,
    CredentialTemplate,
    Enrolment,
    Learner,
    LearningOpportunity,
    Offering,
    Programme,
    ProgrammeCourse,
    Result,
    Term,
)
from registrar.models.awards import OVER
from registrar.models.catalog import named
from registrar.rules import CredentialHeld
from registrar.rules.conditions import either
from registrar.services.marking.results import GRADED

WORDS: Final = 12
_LEARNER: Final = OuterRef("pk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Learners of whom all this is true; what is blank is not asked.

    A course or activity goes by its code or key, a term by its key, an outcome by its code, and
    credentials by their templates' slugs. Class, term, course and programme say where somebody
    takes part, and together with `results` or an `outcome` where these came out. `learners` are
    named one by one.
    """

    term: str = ""
    opportunity: str = ""
    offering: int | None = None
    programme: int | None = None
    outcome: str = ""
    results: tuple[str, ...] = ()
    holds: str = ""
    lacks: str = ""
    learners: tuple[int, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether it asks nothing, so that everybody would fit."""
        return not any(asdict(self).values())

    def as_data(self) -> dict[str, Any]:
        """What is asked, as JSON data."""
        return {name: asked for name, asked in asdict(self).items() if asked}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Choice":
        """The choice that `as_data` wrote."""
        lists = {name: tuple(data.get(name, ())) for name in ("results", "learners")}
        return cls(**data | lists)


def find(choice: Choice) -> QuerySet[Learner]:
    """The learners who fit, by name. Nobody who has left, and nobody for a blank choice."""
    found = Learner.objects.filter(retired_at=None)
    if choice.is_blank:
        return found.none()
    if choice.learners:
        found = found.filter(pk__in=choice.learners)
    if choice.results or choice.outcome:
        found = found.filter(Exists(_results(choice)))
    elif _place(choice):
        found = found.filter(Exists(_enrolments(choice)))
    if choice.holds:
        held = _awards(choice.holds).filter(state=CredentialHeld.VALID)
        found = found.filter(Exists(held))
    if choice.lacks:
        in_force = _awards(choice.lacks).exclude(state__in=OVER)
        found = found.exclude(Exists(in_force))
    return found


def classes(choice: Choice) -> QuerySet[Offering]:
    """The classes in the term, course or activity and programme that it names."""
    return Offering.objects.filter(_place(choice)).select_related("opportunity", "term")


def words(choice: Choice) -> list[tuple[str, int]]:
    """Which words there are as results where the choice asks for them, the most frequent first."""
    if not (choice.outcome or _place(choice)):
        return []
    asked = replace(choice, results=())
    counted = _results(asked, everyone=True).exclude(text="").order_by().values_list("text")
    return list(counted.annotate(times=Count("pk")).order_by("-times", "text")[:WORDS])


def in_words(choice: Choice) -> str:
    """Say who fits, as "Learners who ..."."""
    said = list(_said(choice))
    if choice.learners:
        who = f"Learners of a list of {len(choice.learners):,}"
        return f"{who} who {' and '.join(said)}" if said else who
    return f"Learners who {' and '.join(said)}" if said else "Nobody"


def _said(choice: Choice) -> Iterator[str]:
    where = " ".join(_where(choice))
    if choice.outcome:
        result = f"have {either(choice.results)}" if choice.results else "were judged"
        yield f"{result} in the outcome {choice.outcome}{where and f', {where}'}"
    elif choice.results:
        yield f"have {either(choice.results)} as a result{where and f' {where}'}"
    elif where:
        yield f"take part {where}"
    for verb, slug in (("hold", choice.holds), ("do not hold", choice.lacks)):
        if slug:
            template = CredentialTemplate.objects.filter(slug=slug).first()
            yield f"{verb} {template.name if template else slug}"


def _where(choice: Choice) -> Iterator[str]:
    if choice.offering:
        offering = Offering.objects.filter(pk=choice.offering).first()
        yield f"in the class {offering}"
    if choice.opportunity:
        found = LearningOpportunity.objects.filter(named(choice.opportunity)).first()
        yield f"in {found or choice.opportunity}"
    if choice.programme:
        yield f"in courses of {Programme.objects.filter(pk=choice.programme).first()}"
    if choice.term:
        term = Term.objects.filter(named(choice.term, by="title")).first()
        yield f"in {term or choice.term}"


def _place(choice: Choice) -> Q:
    """Where an offering has to be, by the offering itself."""
    place = Q()
    if choice.offering:
        place &= Q(pk=choice.offering)
    if choice.opportunity:
        place &= named(choice.opportunity, at="opportunity__")
    if choice.programme:
        ever = ProgrammeCourse.objects.filter(programme=choice.programme)
        # What was entered by mistake ends before it begins.
        belonged = ever.exclude(holds_until__lt=F("holds_from"))
        place &= Q(opportunity__in=belonged.values("opportunity"))
    if choice.term:
        place &= named(choice.term, at="term__", by="title")
    return place


def _enrolments(choice: Choice) -> QuerySet[Enrolment]:
    taking_part = Enrolment.objects.filter(learner=_LEARNER, retired_at=None)
    return taking_part.filter(offering__in=Offering.objects.filter(_place(choice)))


def _results(choice: Choice, *, everyone: bool = False) -> QuerySet[Result]:
    """What was judged to the end: of the outcome, or of whole assessments."""
    graded = Result.objects.current().filter(status=GRADED, line_item__retired_at=None)
    if not everyone:
        graded = graded.filter(learner=_LEARNER)
    if choice.outcome:
        graded = graded.filter(outcome__code=choice.outcome)
    else:
        graded = graded.filter(outcome=None)
    if choice.results:
        graded = graded.filter(text__in=choice.results)
    if _place(choice):
        there = Offering.objects.filter(_place(choice))
        graded = graded.filter(line_item__offering__in=there)
    return graded


def _awards(slug: str) -> QuerySet[Any]:
    return Award.objects.filter(learner=_LEARNER, template__slug=slug).with_state()
