"""The rows that a roster becomes, file by file, before they are compared with what is held."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db.models import F
from django.utils import timezone

from registrar.models import Learner, LearningOutcome, LineItem, Offering
from registrar.readers.records import Bundle, ClassRecord, SessionRecord, UserRecord
from registrar.services.awarding import corrections
from registrar.services.college import terms
from registrar.services.feeding.roster_tables import (
    BY_SOURCED_ID,
    CLASSES,
    COURSES,
    ENROLLMENTS,
    LINE_ITEMS,
    ORGS,
    RESULT_OBJECTIVES,
    RESULTS,
    SESSIONS,
    USERS,
    whole_results,
)
from registrar.services.marking.results import cut


class Row(NamedTuple):
    """A row of a file in the order of its table's columns; references as sourced ids."""

    values: tuple[Any, ...]
    number: int
    deleted: bool = False


def offerings_named(bundle: Bundle) -> set[str]:
    """The sourced ids of the offerings that a bundle speaks of."""
    return (
        {record.sourced_id for record in bundle.classes if not record.deleted}
        | {record.class_id for record in bundle.enrollments}
        | {record.class_id for record in bundle.line_items}
        | {record.class_id for record in bundle.results if record.class_id}
    )


class Rows:
    """The rows that a bundle becomes. Nothing is known here of what is held, but for a few things.

    Where a delta leaves out a line item's category, the term of a class, or the result that a
    learning objective's result belongs to, what is held stands in.
    """

    def __init__(self, bundle: Bundle, source: str, *, taken_over: Mapping[str, Learner]) -> None:
        self._bundle = bundle
        self._source = source
        # Learners who are about to be the source's own, by their sourced ids there.
        self._taken_over = taken_over
        # Objectives that are no outcome of ours: file and objective -> the numbers of their rows.
        self.unknown_outcomes: dict[tuple[str, str], list[int]] = {}
        # What was passed over for that reason is there nonetheless: sourced ids of results.
        self.passed_over: set[str] = set()
        # First days of terms that cannot be moved any more: row number, what it says, what stays.
        self.kept_days: list[tuple[int, date, date]] = []
        # Rows that refer to something that is nowhere: file, row number, column, value.
        self.orphans: list[tuple[str, int, str, str]] = []
        self.outcomes = self._outcomes_by_objective()
        self.by_file: dict[str, dict[str, Row]] = {
            ORGS: self._orgs(),
            SESSIONS: self._sessions(),
            COURSES: self._courses(),
            CLASSES: self._classes(),
            USERS: self._learners(),
            ENROLLMENTS: self._enrolments(),
            LINE_ITEMS: self._line_items(),
            RESULTS: self._results(),
            RESULT_OBJECTIVES: self._outcome_results(),
        }

    def _orgs(self) -> dict[str, Row]:
        return {
            record.sourced_id: Row(
                (record.name, record.type, record.identifier, record.parent_id or None),
                record.row,
                record.deleted,
            )
            for record in self._bundle.orgs
        }

    def _sessions(self) -> dict[str, Row]:
        kept = terms.kept_days(self._source)
        return {
            record.sourced_id: Row(
                (
                    record.title,
                    record.type,
                    *self._days(record, *kept.get(record.sourced_id, (None, None))),
                    record.parent_id or None,
                ),
                record.row,
                record.deleted,
            )
            for record in self._bundle.sessions
        }

    def _days(
        self, record: SessionRecord, first: date | None, last: date | None
    ) -> tuple[date, date]:
        """When the term begins and ends; its first day stays where something holds from it on."""
        if first is None or last is None or record.starts_on == first:
            return record.starts_on, record.ends_on
        self.kept_days.append((record.row, record.starts_on, first))
        return first, last if record.ends_on < first else record.ends_on

    def _courses(self) -> dict[str, Row]:
        return {
            record.sourced_id: Row(
                (record.code or record.sourced_id, record.title, record.org_id),
                record.row,
                record.deleted,
            )
            for record in self._bundle.courses
        }

    def _classes(self) -> dict[str, Row]:
        held = self._terms_held()
        return {
            record.sourced_id: Row(
                (
                    record.course_id,
                    record.title,
                    record.code,
                    self._term(record, held),
                ),
                record.row,
                record.deleted,
            )
            for record in self._bundle.classes
        }

    def _term(self, record: ClassRecord, held: dict[str, str]) -> str | None:
        """An offering lies in one term; a class of several is found in its first."""
        if record.term_ids is None:
            return held.get(record.sourced_id) or held.get(record.course_id)
        return record.term_ids[0] if record.term_ids else None

    def _terms_held(self) -> dict[str, str]:
        """By class, and by course its newest, the terms where the bundle does not tell of them."""
        silent = [each for each in self._bundle.classes if each.term_ids is None]
        courses = {each.course_id for each in silent}
        offerings = Offering.objects.filter(
            source=self._source, opportunity__sourced_id__in=courses, term__isnull=False
        ).order_by("term__starts_on")
        found: dict[str, str] = {}
        for own, course, term in offerings.values_list(
            "sourced_id", "opportunity" + BY_SOURCED_ID, "term" + BY_SOURCED_ID
        ):
            found[course] = term
            found[own] = term
        return found

    def _learners(self) -> dict[str, Row]:
        """The users who learn: by role, by enrolment, or because there is a result of theirs."""
        bundle = self._bundle
        learning = (
            {record.user_id for record in bundle.roles if record.role == "student"}
            | {record.sourced_id for record in bundle.users if record.role == "student"}
            | {record.user_id for record in bundle.enrollments if record.role == "student"}
            | {record.student_id for record in bundle.results}
        )
        known = Learner.objects.filter(source=self._source)
        others = [record.sourced_id for record in bundle.users if record.sourced_id not in learning]
        learning.update(known.filter(sourced_id__in=others).values_list("sourced_id", flat=True))
        corrected = corrections.sticky(self._source, besides=self._taken_over)
        return {
            record.sourced_id: Row(
                _person(record, corrected.get(record.sourced_id, {})), record.row, record.deleted
            )
            for record in bundle.users
            if record.sourced_id in learning
        }

    def _enrolments(self) -> dict[str, Row]:
        return {
            record.sourced_id: Row(
                (record.class_id, record.user_id, record.begins_on, record.ends_on),
                record.row,
                record.deleted,
            )
            for record in self._bundle.enrollments
            if record.role == "student"
        }

    def _line_items(self) -> dict[str, Row]:
        titles = {record.sourced_id: record.title for record in self._bundle.categories}
        held = self._categories_held(titles)
        rows: dict[str, Row] = {}
        for record in self._bundle.line_items:
            category = titles.get(record.category_id, held.get(record.sourced_id))
            if category is None and not record.deleted:
                self.orphans.append(
                    (LINE_ITEMS, record.row, "categorySourcedId", record.category_id)
                )
                continue
            values = (
                record.class_id,
                record.title,
                category,
                cut(record.value_min),
                cut(record.value_max),
            )
            rows[record.sourced_id] = Row(values, record.row, record.deleted)
        return rows

    def _categories_held(self, titles: Collection[str]) -> dict[str, str]:
        ids = [
            record.sourced_id
            for record in self._bundle.line_items
            if record.category_id not in titles
        ]
        held = LineItem.objects.filter(source=self._source, sourced_id__in=ids)
        return dict(held.values_list("sourced_id", "category"))

    def _results(self) -> dict[str, Row]:
        return {
            record.sourced_id: Row(
                (
                    record.line_item_id,
                    record.student_id,
                    record.status,
                    cut(record.score),
                    record.text_score,
                    record.scored_on,
                ),
                record.row,
                record.deleted,
            )
            for record in self._bundle.results
        }

    def _outcome_results(self) -> dict[str, Row]:
        records = self._bundle.result_objectives
        parents = {
            record.sourced_id: (
                record.line_item_id,
                record.student_id,
                record.status,
                record.scored_on,
            )
            for record in self._bundle.results
        }
        parents |= self._results_held(
            {record.result_id for record in records if record.result_id not in parents}
        )
        rows: dict[str, Row] = {}
        for record in records:
            outcome = self.outcome(RESULT_OBJECTIVES, record.objective_id, record.row)
            parent = parents.get(record.result_id)
            if outcome is None:
                self.passed_over.add(record.sourced_id)
                continue
            if parent is None:
                self.orphans.append(
                    (RESULT_OBJECTIVES, record.row, "resultSourcedId", record.result_id)
                )
                continue
            line_item, learner, status, dated = parent
            values = (
                line_item,
                learner,
                status,
                cut(record.score),
                record.text_score,
                dated,
                outcome,
            )
            rows[record.sourced_id] = Row(values, record.row, record.deleted)
        return rows

    def _results_held(self, ids: Collection[str]) -> dict[str, tuple[Any, ...]]:
        held = whole_results().filter(source=self._source, sourced_id__in=ids)
        return {
            sourced_id: values
            for sourced_id, *values in held.values_list(
                "sourced_id",
                "line_item" + BY_SOURCED_ID,
                "learner" + BY_SOURCED_ID,
                "status",
                "dated",
            )
        }

    # Outcomes and teachers

    def _outcomes_by_objective(self) -> dict[str, int]:
        objectives = {
            record.objective_id
            for records in (
                self._bundle.line_item_objectives,
                self._bundle.result_objectives,
            )
            for record in records
        }
        codes = objectives | {f"urn:uuid:{objective}" for objective in objectives}
        living = LearningOutcome.objects.living(timezone.localdate()).filter(code__in=codes)
        # Of two with one code the one that holds already, which comes last.
        found = living.order_by(F("holds_from").desc(nulls_last=True))
        return {code.removeprefix("urn:uuid:"): pk for pk, code in found.values_list("pk", "code")}

    def outcome(self, file: str, objective: str, number: int) -> int | None:
        """The id of the outcome of ours that the objective is; takes note if it is none."""
        outcome = self.outcomes.get(objective)
        if outcome is None:
            self.unknown_outcomes.setdefault((file, objective), []).append(number)
        return outcome

    def too_precise(self) -> Iterator[tuple[str, int]]:
        """The files with scores of more than three decimals, and how many such there are."""
        scores = Counter(
            file
            for file, records in (
                (RESULTS, self._bundle.results),
                (RESULT_OBJECTIVES, self._bundle.result_objectives),
            )
            for record in records
            if record.score != cut(record.score)
        )
        yield from scores.items()


def _person(record: UserRecord, corrected: corrections.Sticky) -> tuple[str, str, str, str]:
    """Number, names and address; what was corrected here stays until the source says otherwise."""
    said = {
        "given_name": record.preferred_given_name or record.given_name,
        "family_name": record.preferred_family_name or record.family_name,
        "email": record.email,
    }
    given_name, family_name, email = corrections.kept(said, corrected).values()
    return (record.identifier or record.username, given_name, family_name, email)
