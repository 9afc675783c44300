"""Mark by hand what no file has brought: learners by outcomes, one offering at a time."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from issuer.errors import Refusal
from issuer.services import ledger
from registrar.errors import MarkedMeanwhile, NotMarkable
from registrar.models import (
    Learner,
    LearningOpportunity,
    LearningOutcome,
    LineItem,
    MarkingPolicy,
    Offering,
    OutcomeWording,
    Result,
)
from registrar.services.college import people, roles, sources, terms
from registrar.services.marking import marking_policies, results, scales
from registrar.services.marking.results import GRADED, Entry
from registrar.services.marking.scales import Level, Scale

MARK: Final = "registrar.mark_result"
CATEGORY: Final = "Outcomes"
TITLE: Final = "Marked by hand"
# So many learners are shown at once, of those who are not marked yet.
SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Column:
    """An outcome as it was worded in the term, and the words in which it is judged."""

    outcome: LearningOutcome
    statement: str
    scale: Scale


@dataclass(frozen=True, slots=True)
class Cell:
    """How one learner stands in one outcome: marked by hand, or known from elsewhere."""

    learner: Learner
    column: Column
    mark: Result | None
    others: tuple[Result, ...] = ()

    @property
    def is_asked(self) -> bool:
        """Whether it can be marked: nobody marks what a file has said."""
        return self.mark is not None or not self.others

    @property
    def is_left(self) -> bool:
        """Whether nothing is known yet."""
        return self.mark is None and not self.others

    @property
    def former(self) -> str:
        """The mark, if it is in a word that the scale has no longer."""
        text = self.mark.text if self.mark else ""
        return text if text and self.column.scale.level(text) is None else ""

    @property
    def name(self) -> str:
        """What names it in a form."""
        return f"{self.learner.pk}-{self.column.outcome.pk}"


@dataclass(frozen=True, slots=True)
class Line:
    """A learner, outcome by outcome."""

    learner: Learner
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Some learners of an offering by its outcomes; `after` is where the next ones begin."""

    offering: Offering
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    learners: int
    left: int
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A mark for a learner and an outcome by their ids; without a level it is taken back.

    `seen` is the mark that stood there when it was said, or None.
    """

    learner: int
    outcome: int
    level: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """How many marks were kept, and those that were refused, each with the reason."""

    done: int = 0
    refused: tuple[tuple[Said, Refusal], ...] = ()


class _Kinds(NamedTuple):
    """Who marks, and what kind of assessment it was."""

    assessor: str
    assessment: str


def own(person: User) -> QuerySet[Offering]:
    """The offerings that they may mark: those they teach, and activities of their units."""
    units = roles.reach(person, MARK)
    activity = Q(opportunity__kind=LearningOpportunity.Kind.ACTIVITY, opportunity__unit__in=units)
    offerings = Offering.objects.filter(Q(teachers=person) | activity, opportunity__retired_at=None)
    return offerings.select_related("opportunity__unit", "term").distinct()


def seen(person: User) -> QuerySet[Offering]:
    """The offerings whose marks they may look at, as the college has settled it."""
    offerings = own(person)
    if marking_policies.current().seen_by == MarkingPolicy.SeenBy.OFFERING:
        return offerings
    of_courses = Q(opportunity__in=offerings.order_by().values("opportunity"))
    shown = Offering.objects.filter(Q(pk__in=offerings.order_by().values("pk")) | of_courses)
    return shown.select_related("opportunity__unit", "term")


def grid(
    offering: Offering, *, is_everybody: bool = False, after: int | None = None, shown: int = SHOWN
) -> Grid:
    """The learners who are not marked in every outcome yet, or everybody; some at a time."""
    columns = _columns(offering)
    learners = list(_learners(offering))
    known = _known(offering, columns)
    left = [each for each in learners if known.get(each.pk, 0) < len(columns)]
    wanted = {each.pk for each in (learners if is_everybody else left)}
    rest = [each for each in learners[_place_after(learners, after) :] if each.pk in wanted]
    page = rest[:shown]
    return Grid(
        offering,
        columns,
        tuple(_lines(offering, columns, page)),
        len(learners),
        len(left),
        page[-1].pk if len(rest) > shown else None,
    )


def cell(offering: Offering, *, learner: int, outcome: int) -> Cell | None:
    """One cell of the grid, or None where there is no such one."""
    columns = tuple(each for each in _columns(offering) if each.outcome.pk == outcome)
    found = _learners(offering).filter(pk=learner)
    for line in _lines(offering, columns, list(found)):
        for each in line.cells:
            return each
    return None


@transaction.atomic
def mark(
    offering: Offering,
    said: Iterable[Said],
    *,
    by: User,
    assessment: str = "",
    at: datetime | None = None,
) -> Marked:
    """Keep marks; each that differs from the one before supersedes it.

    What cannot be marked is refused one by one: what a file has said, what somebody else has
    marked since it was `seen`, a level that is not in the outcome's scale. `assessment` says what
    kind it was. Raises NotAllowed for whoever may not mark this offering.
    """
    _demand(offering, by)
    _hold(offering)
    at = at or timezone.now()
    given = {(each.learner, each.outcome): each for each in said}
    cells = _cells(offering, given)
    line_item = _line_item(offering)
    kinds = _Kinds(_assessor(offering, by), _known_kind(assessment))
    entries: list[Entry] = []
    refused: list[tuple[Said, Refusal]] = []
    for key, each in given.items():
        try:
            level = _level(cells.get(key), each, by)
        except Refusal as refusal:
            refused.append((each, refusal))
            continue
        there = cells[key]
        if level is None and there.mark is not None:
            entries.append(replace(results.as_entry(there.mark), withdrawn=True, marked_by=by.pk))
        elif level is not None and (there.mark is None or there.mark.text != level.name):
            entries.append(_entry(line_item, there, level, by, at, kinds))
    return Marked(_keep(offering, line_item, entries, by=by, at=at), tuple(refused))


@transaction.atomic
def undo(
    offering: Offering, *, learner: int, outcome: int, by: User, at: datetime | None = None
) -> None:
    """Put what stood before in the place of a mark, or nothing; undone again it comes back.

    Raises NotMarkable where there was no mark, and NotAllowed.
    """
    _demand(offering, by)
    _hold(offering)
    line_item = _line_item(offering)
    history = Result.objects.filter(
        source=people.OWN, sourced_id=_sourced_id(line_item, learner, outcome)
    ).order_by("-pk")[:2]
    if not history:
        raise NotMarkable("There is no mark here that could be undone.")
    now, *before = map(results.as_entry, history)
    entry = before[0] if before else replace(now, withdrawn=not now.withdrawn)
    entry = replace(entry, marked_by=by.pk)
    _keep(offering, line_item, [entry], by=by, at=at or timezone.now())


def latest_kind(offering: Offering) -> str:
    """What kind of assessment was marked last here, to be offered again."""
    marked = Result.objects.current().filter(line_item__in=_own_items(offering))
    latest = marked.exclude(assessment="").order_by("-pk").values_list("assessment", flat=True)
    return latest.first() or ""


# What there is


def _columns(offering: Offering) -> tuple[Column, ...]:
    """The outcomes that held in its term, worded as then."""
    term = offering.term or terms.reading_day()
    held = LearningOutcome.objects.as_of(term).filter(opportunity=offering.opportunity_id)
    outcomes = sorted(held, key=lambda each: each.place)
    wordings = OutcomeWording.objects.as_of(term).filter(outcome__in=outcomes)
    said = dict(wordings.values_list("outcome", "statement"))
    of_outcome = scales.of(outcomes, on=term)
    return tuple(
        Column(each, said.get(each.pk, each.statement), of_outcome[each.pk]) for each in outcomes
    )


def _learners(offering: Offering) -> QuerySet[Learner]:
    parts = offering.enrolments.filter(retired_at=None)
    return Learner.objects.filter(pk__in=parts.values("learner"), retired_at=None)


def _graded(offering: Offering) -> QuerySet[Result]:
    return Result.objects.current().filter(
        line_item__offering=offering, line_item__retired_at=None, status=GRADED
    )


def _known(offering: Offering, columns: Collection[Column]) -> Mapping[int, int]:
    """By learner, in how many of the outcomes there is a result."""
    pairs = _graded(offering).filter(outcome__in=[each.outcome for each in columns])
    counts: dict[int, int] = {}
    for learner, _ in pairs.order_by().values_list("learner", "outcome").distinct():
        counts[learner] = counts.get(learner, 0) + 1
    return counts


def _place_after(learners: list[Learner], after: int | None) -> int:
    places = {learner.pk: place for place, learner in enumerate(learners, start=1)}
    return places.get(after, 0) if after is not None else 0


def _lines(
    offering: Offering, columns: Collection[Column], learners: Collection[Learner]
) -> Iterable[Line]:
    found = _by_cell(offering, columns, learners)
    for learner in learners:
        cells = (
            _cell(learner, column, found.get((learner.pk, column.outcome.pk), []))
            for column in columns
        )
        yield Line(learner, tuple(cells))


_Key = tuple[int, int]


def _by_cell(
    offering: Offering, columns: Collection[Column], learners: Collection[Learner]
) -> Mapping[_Key, list[Result]]:
    found: dict[_Key, list[Result]] = {}
    for result in (
        _graded(offering)
        .filter(outcome__in=[each.outcome for each in columns], learner__in=learners)
        .select_related("line_item", "marked_by")
        .order_by("pk")
    ):
        found.setdefault((result.learner_id, result.outcome_id or 0), []).append(result)
    return found


def _cell(learner: Learner, column: Column, found: Iterable[Result]) -> Cell:
    mark: Result | None = None
    others: list[Result] = []
    for result in found:
        if _is_mark(result):
            mark = result
        else:
            others.append(result)
    return Cell(learner, column, mark, tuple(others))


def _cells(offering: Offering, keys: Collection[_Key]) -> Mapping[_Key, Cell]:
    learners = list(_learners(offering).filter(pk__in={learner for learner, _ in keys}))
    lines = _lines(offering, _columns(offering), learners)
    return {
        (line.learner.pk, each.column.outcome.pk): each for line in lines for each in line.cells
    }


# What is said


def _demand(offering: Offering, by: User) -> None:
    roles.demand(by, MARK)
    if not own(by).filter(pk=offering.pk).exists():
        raise NotMarkable("You do not teach this. Ask somebody who does.")


def _hold(offering: Offering) -> None:
    sources.hold(f"marks:{offering.pk}")


def _level(there: Cell | None, said: Said, by: User) -> Level | None:
    """The level that is meant, None to take the mark back; raises Refusal."""
    if there is None:
        raise NotMarkable("This learner or outcome is no longer part of it.")
    if not there.is_asked:
        raise NotMarkable(f"{there.others[-1]} has come from {there.others[-1].source} meanwhile.")
    current = there.mark
    if (current.pk if current else None) != said.seen and _is_of_another(current, by):
        raise MarkedMeanwhile
    if not said.level or said.level == there.former:
        return Level(there.former) if said.level else None
    level = there.column.scale.level(said.level)
    if level is None:
        words = ", ".join(each.name for each in there.column.scale.levels)
        raise NotMarkable(f"{said.level[:80]} is no level of this outcome. Choose one of: {words}.")
    return level


def _is_of_another(mark: Result | None, by: User) -> bool:
    return mark is not None and mark.marked_by_id != by.pk


def _assessor(offering: Offering, by: User) -> str:
    teaches = offering.teachers.filter(pk=by.pk).exists()
    return Result.Assessor.TEACHER if teaches else Result.Assessor.STAFF


def _known_kind(assessment: str) -> str:
    return assessment if assessment in Result.Assessment.values else ""


def _own_items(offering: Offering) -> QuerySet[LineItem]:
    return LineItem.objects.filter(source=people.OWN, sourced_id=f"marks:{offering.pk}")


def _line_item(offering: Offering) -> LineItem:
    line_item, _ = LineItem.objects.get_or_create(
        source=people.OWN,
        sourced_id=f"marks:{offering.pk}",
        defaults={"offering": offering, "title": TITLE, "category": CATEGORY},
    )
    return line_item


def _is_mark(result: Result) -> bool:
    return result.source == people.OWN and result.sourced_id.startswith("marks:")


def _sourced_id(line_item: LineItem, learner: int, outcome: int) -> str:
    return f"{line_item.sourced_id}:{outcome}:{learner}"


def _entry(
    line_item: LineItem,
    there: Cell,
    level: Level,
    by: User,
    at: datetime,
    kinds: _Kinds,
) -> Entry:
    learner, outcome = there.learner.pk, there.column.outcome.pk
    return Entry(
        source=people.OWN,
        sourced_id=_sourced_id(line_item, learner, outcome),
        line_item=line_item.pk,
        learner=learner,
        outcome=outcome,
        status=GRADED,
        score=level.points,
        text=level.name,
        level=level.address,
        possible=there.column.scale.most,
        marked_by=by.pk,
        dated=timezone.localdate(at),
        assessor=kinds.assessor,
        assessment=kinds.assessment,
    )


def _keep(
    offering: Offering, line_item: LineItem, entries: list[Entry], *, by: User, at: datetime
) -> int:
    """Write the entries, and say so in the ledger; how many said anything new."""
    compared = results.compare(entries)
    kept = results.keep(compared, at=at)
    if kept:
        line_item.outcomes.add(*{each.outcome_id for each in kept if each.outcome_id})
        ledger.append("result.marked", offering, by=by, details=asdict(compared.counts))
    return len(kept)
