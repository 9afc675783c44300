"""What a sheet of results for single outcomes would change, and all that is wrong with it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, TypeVar

from django.db.models import Q
from django.db.models.functions import Lower

from registrar.models import (
    Enrolment,
    Learner,
    LearningOutcome,
    LineItem,
    Offering,
    Result,
    SamePerson,
)
from registrar.readers.outcome_results import OutcomeResult, Reading, ResultColumns
from registrar.services.college import terms
from registrar.services.marking import participation, results, scales
from registrar.services.marking.results import GRADED, Compared, Entry
from registrar.services.marking.scales import Scale
from skills.readers.problems import Problems
from skills.readers.records import Problem

_TITLE: Final = "Outcome results"
_LONGEST_TITLE: Final = 300
# What sheets call the kinds of assessment beside our own words.
_KINDS: Final = {
    **{word: word for word in Result.Assessment.values},
    "quiz": Result.Assessment.EXAM.value,
    "quizzes::quiz": Result.Assessment.EXAM.value,
    "test": Result.Assessment.EXAM.value,
}
_ASSESSORS: Final = {word: word for word in Result.Assessor.values}
_CODE_BEFORE = re.compile(r"(.+?)(?::| [-–] | )")  # noqa: RUF001 - people write this dash

_Told = tuple[str, str, str]
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Work:
    """What was assessed in an offering, as the line item that it is or will be."""

    sourced_id: str
    offering: int
    title: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sheet would change; `works` are line items that there are not yet, by a stand-in id.

    Without `columns` nobody has said what the sheet's columns hold, and nothing would change.
    """

    source: str
    reading: Reading
    compared: Compared = field(default_factory=lambda: Compared((), {}, 0))
    works: Mapping[int, Work] = field(default_factory=dict)
    measured: Mapping[int, frozenset[int]] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    @property
    def columns(self) -> ResultColumns | None:
        """What the columns hold."""
        return self.reading.columns

    @property
    def is_fatal(self) -> bool:
        """Whether nothing of it may be applied."""
        return any(problem.severity == "fatal" for problem in self.problems)

    @property
    def counts(self) -> dict[str, int]:
        """How many results are new, changed, unchanged; how many rows have errors or warnings."""
        counted = self.compared.counts
        return {
            "new": counted.new,
            "changed": counted.changed,
            "unchanged": counted.unchanged,
            "errors": sum(each.severity != "warning" for each in self.problems),
            "warnings": sum(each.severity == "warning" for each in self.problems),
        }

    @property
    def fingerprint(self) -> str:
        """Stands for exactly these changes."""
        said = [self.source, self.compared.new, sorted(self.compared.changed.items()), self.works]
        return sha256(repr(said).encode()).hexdigest()


def compare(reading: Reading, *, source: str) -> Plan:
    """Compare what was read with what is held, row by row. Writes nothing."""
    if not reading.rows:
        return Plan(source, reading, problems=reading.problems)
    return _Comparison(reading, source).plan()


class _Comparison:
    """A sheet beside the catalogue, the learners and the results that are held."""

    def __init__(self, reading: Reading, source: str) -> None:
        self._reading = reading
        self._source = source
        self._problems = Problems(reading.file)
        rows = reading.rows
        self._learners = _Learners(row.learner for row in rows)
        self._outcomes = _Outcomes(rows)
        self._offerings = _Offerings(rows, self._outcomes.opportunities())
        self._scales = scales.of(self._outcomes.all(), on=terms.reading_day())
        self._named: dict[str, Work] = {}
        self._works: dict[Work, int] = {}
        self._entries: dict[str, tuple[OutcomeResult, Entry]] = {}
        self._measured: dict[int, set[int]] = {}

    def plan(self) -> Plan:
        """Everything at once."""
        placed = [(row, place) for row in self._reading.rows if (place := self._place(row))]
        held = self._held_works(self._work(row, offering) for row, (_, _, offering) in placed)
        for row, (learner, outcome, offering) in placed:
            work = self._work(row, offering)
            item = held.get(work.sourced_id) or self._works.setdefault(work, -1 - len(self._works))
            self._take(row, self._entry(row, learner, outcome, work, item))
        entries = [entry for _, entry in self._entries.values()]
        problems = [*self._reading.problems, *self._problems.listed()]
        return Plan(
            self._source,
            self._reading,
            results.compare(entries),
            {item: work for work, item in self._works.items()},
            {item: frozenset(outcomes) for item, outcomes in self._measured.items()},
            tuple(sorted(problems, key=lambda problem: problem.row or 0)),
        )

    def _place(self, row: OutcomeResult) -> tuple[Learner, LearningOutcome, Offering] | None:
        """Whose result it is, for which outcome, in which offering; None where a name is wrong."""
        learner = self._one(row, "learner", *self._learners.named(row.learner))
        near = self._offerings.opportunities_of(row)
        outcome = self._one(row, "outcome", *self._outcomes.named(row, near))
        if learner is None or outcome is None:
            return None
        column = "section" if row.section else "course" if row.course else "outcome"
        found = self._offerings.named(row, learner, outcome)
        offering = self._one(row, column, *found)
        return None if offering is None else (learner, outcome, offering)

    def _one(
        self, row: OutcomeResult, field: str, found: _Found | None, told: _Told | None
    ) -> _Found | None:
        if told is not None:
            self._report(row, field, told)
        return found

    def _report(
        self, row: OutcomeResult, field: str, told: _Told, *, is_warning: bool = False
    ) -> None:
        columns = self._reading.columns or ResultColumns()
        code, reason, fix = told
        self._problems.add(
            getattr(columns, field) or columns.outcome,
            row=row.row,
            value=getattr(row, field),
            code=code,
            reason=reason,
            fix=fix,
            severity="warning" if is_warning else "error",
        )

    def _work(self, row: OutcomeResult, offering: Offering) -> Work:
        """The work that it is about; of several titles of the same the first holds."""
        title = row.work[:_LONGEST_TITLE] or _TITLE
        name = row.work_id or row.work
        key = _digest("work", offering.source, offering.sourced_id, name)
        return self._named.setdefault(key, Work(key, offering.pk, title))

    def _held_works(self, works: Iterable[Work]) -> Mapping[str, int]:
        named = {work.sourced_id for work in works}
        items = LineItem.objects.filter(source=self._source, sourced_id__in=named)
        return dict(items.values_list("sourced_id", "pk"))

    def _entry(
        self, row: OutcomeResult, learner: Learner, outcome: LearningOutcome, work: Work, item: int
    ) -> Entry:
        scale = self._scales[outcome.pk]
        level = scale.level(row.level) if row.level else None
        if row.level and level is None and scale.rubric:
            self._report(row, "level", _unknown_level(scale), is_warning=True)
        met = {True: scales.MET.name, False: scales.NOT_MET.name, None: ""}[row.met]
        points, possible = row.points, row.possible
        if level is not None:
            points = level.points if points is None else points
            possible = scale.most if possible is None else possible
        self._measured.setdefault(item, set()).add(outcome.pk)
        return Entry(
            source=self._source,
            sourced_id=_digest("result", work.sourced_id, row.part_id, outcome.code, learner.pk),
            line_item=item,
            learner=learner.pk,
            outcome=outcome.pk,
            status=GRADED,
            score=points,
            text=level.name if level else row.level or met,
            level=level.address if level else "",
            possible=possible,
            assessment=self._word(row, "assessment", _KINDS),
            assessor=self._word(row, "assessor", _ASSESSORS),
            dated=row.dated,
        )

    def _word(self, row: OutcomeResult, field: str, known: Mapping[str, str]) -> str:
        said = getattr(row, field)
        if said and said not in known and self._reading.format == "sheet":
            fix = f"Write one of: {', '.join(known)}."
            told = "unknown_word", "This word is not known here, so it is left out.", fix
            self._report(row, field, told, is_warning=True)
        return known.get(said, "")

    def _take(self, row: OutcomeResult, entry: Entry) -> None:
        """Of several attempts at one piece of work the last one holds."""
        before, same = self._entries.get(entry.sourced_id, (None, None))
        if before is not None and before.attempt > row.attempt:
            return
        if before is not None and before.attempt == row.attempt and same != entry:
            reason = f"Row {before.row} says otherwise of the same."
            told = "said_twice", reason, "The later row holds; remove the wrong one."
            self._report(row, "outcome", told, is_warning=True)
        self._entries[entry.sourced_id] = row, entry


def _unknown_level(scale: Scale) -> _Told:
    words = ", ".join(each.name for each in scale.levels)
    return (
        "unknown_level",
        f"The rubric {scale.rubric} has no such level; it is kept as it stands.",
        f"Its levels are: {words}.",
    )


def _digest(*parts: object) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()[:40]


class _Learners:
    """Learners by what a sheet may call them: number, e-mail address, or the source's own id."""

    def __init__(self, names: Iterable[str]) -> None:
        wanted = set(names)
        self._by_name = participation.known_by({name.lower() for name in wanted})
        joined = SamePerson.objects.filter(state=SamePerson.State.JOINED, sourced_id__in=wanted)
        for sourced_id, learner in [
            *((each.sourced_id, each) for each in Learner.objects.filter(sourced_id__in=wanted)),
            *((each.sourced_id, each.learner) for each in joined.select_related("learner")),
        ]:
            same = self._by_name.setdefault(sourced_id.lower(), [])
            if learner not in same:
                same.append(learner)

    def named(self, name: str) -> tuple[Learner | None, _Told | None]:
        found = self._by_name.get(name.lower(), [])
        living = [learner for learner in found if learner.retired_at is None]
        if not found:
            return None, (
                "unknown_learner",
                "No learner has this number, e-mail address or id.",
                "Write it as on the learner's page, or read a roster first.",
            )
        if not living:
            return None, ("learner_left", "This learner has left.", "Remove the row.")
        if len(living) > 1:
            return None, (
                "several_learners",
                f"{len(living)} learners are called this.",
                "Write what only this learner has, such as the e-mail address.",
            )
        return living[0], None


class _Outcomes:
    """Outcomes by what a sheet may call them: their code, alone or in front, or their words."""

    def __init__(self, rows: Sequence[OutcomeResult]) -> None:
        names = {name for row in rows for name in _outcome_names(row)}
        held = (
            LearningOutcome.objects.as_of(terms.reading_day())
            .filter(opportunity__retired_at=None)
            .annotate(words=Lower("statement"), sign=Lower("code"))
            .filter(Q(words__in=names) | Q(sign__in=names))
            .order_by("pk")
        )
        self._by_name: dict[str, list[LearningOutcome]] = {}
        for outcome in held:
            for name in {outcome.code.lower(), _folded(outcome.statement)}:
                self._by_name.setdefault(name, []).append(outcome)

    def all(self) -> list[LearningOutcome]:
        """Every outcome that some row may mean, once."""
        found = {each.pk: each for same in self._by_name.values() for each in same}
        return list(found.values())

    def opportunities(self) -> set[int]:
        """The courses and activities of these."""
        return {each.opportunity_id for each in self.all()}

    def named(
        self, row: OutcomeResult, near: set[int] | None
    ) -> tuple[LearningOutcome | None, _Told | None]:
        for name in _outcome_names(row):
            found = self._by_name.get(name, [])
            if near is not None:
                found = [each for each in found if each.opportunity_id in near]
            if len(found) == 1:
                return found[0], None
            if found:
                codes = ", ".join(each.code for each in found[:5])
                return None, (
                    "several_outcomes",
                    f"{len(found)} outcomes read like this: {codes}.",
                    "Write the code, or name the section.",
                )
        return None, (
            "unknown_outcome",
            "No outcome of this course has this code or these words.",
            "Write its code as in the catalogue, or name the outcome alike in both systems.",
        )


def _outcome_names(row: OutcomeResult) -> Iterator[str]:
    """What the row calls its outcome, as it is compared; what is most exact first."""
    for said in (row.outcome, row.outcome_title):
        if said:
            yield _folded(said)
    for said in (row.outcome, row.outcome_title):
        if match := _CODE_BEFORE.match(said):
            yield _folded(match[1])


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


class _Offerings:
    """Offerings by what a sheet may call them, and who takes part in each."""

    def __init__(self, rows: Sequence[OutcomeResult], opportunities: set[int]) -> None:
        self._of = _offerings_by_name({row.section or row.course for row in rows} - {""})
        named = {offering.pk for found in self._of.values() for offering in found}
        everywhere = Offering.objects.filter(
            Q(opportunity__in=opportunities) | Q(pk__in=named)
        ).select_related("term")
        self._by_opportunity: dict[int, list[Offering]] = {}
        for offering in everywhere:
            self._by_opportunity.setdefault(offering.opportunity_id, []).append(offering)
        parts = Enrolment.objects.filter(offering__in=[each.pk for each in everywhere])
        self._parts = set(parts.values_list("learner", "offering"))

    def opportunities_of(self, row: OutcomeResult) -> set[int] | None:
        """The courses that the row's section or course may be of; None where it names none."""
        name = row.section or row.course
        return {each.opportunity_id for each in self._of[name]} or None if name else None

    def named(
        self, row: OutcomeResult, learner: Learner, outcome: LearningOutcome
    ) -> tuple[Offering | None, _Told | None]:
        name = row.section or row.course
        found = self._of[name] if name else self._by_opportunity.get(outcome.opportunity_id, [])
        if name and not found:
            return None, (
                "unknown_section",
                "No class or course has this code or id.",
                "Write it as in the catalogue, or read a roster first.",
            )
        found = [each for each in found if each.opportunity_id == outcome.opportunity_id]
        taken = [each for each in found if (learner.pk, each.pk) in self._parts]
        if len(taken) > 1 and row.dated:
            taken = [each for each in taken if _runs(each, row)] or taken
        if not taken:
            return None, (
                "takes_no_part",
                f"{learner.number or 'The learner'} takes no part in it.",
                "Read a newer roster first, or remove the row.",
            )
        if len(taken) > 1:
            codes = ", ".join(each.sourced_id for each in taken[:5])
            return None, (
                "several_sections",
                f"The learner takes part in {len(taken)} classes of it: {codes}.",
                "Name the section.",
            )
        return taken[0], None


def _offerings_by_name(names: set[str]) -> Mapping[str, list[Offering]]:
    """By name the offerings with this id or code; else all those of the course of that name."""
    found: dict[str, list[Offering]] = {name: [] for name in names}
    own = Offering.objects.filter(Q(sourced_id__in=names) | Q(code__in=names))
    for offering in own.select_related("term"):
        for name in {offering.sourced_id, offering.code} & names:
            found[name].append(offering)
    left = {name for name, offerings in found.items() if not offerings}
    of_courses = Offering.objects.filter(
        Q(opportunity__sourced_id__in=left) | Q(opportunity__code__in=left)
    )
    for offering in of_courses.select_related("term", "opportunity"):
        for name in {offering.opportunity.sourced_id, offering.opportunity.code} & left:
            found[name].append(offering)
    return found


def _runs(offering: Offering, row: OutcomeResult) -> bool:
    term = offering.term
    return bool(term and row.dated and term.starts_on <= row.dated <= term.ends_on)
