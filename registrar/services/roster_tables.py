"""Which rows of ours the files of a roster become, column by column."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from django.db.models import F, Model, QuerySet
from django.utils import timezone

from registrar.models import (
    Enrolment,
    Learner,
    LearningOpportunity,
    LearningOutcome,
    LineItem,
    Offering,
    OrganizationUnit,
    Result,
    Term,
)
from registrar.readers.oneroster_versions import NEWEST
from registrar.readers.records import Bundle, SessionRecord, UserRecord
from registrar.services import corrections, terms
from registrar.services.results import cut

BY_SOURCED_ID: Final = "__sourced_id"

ORGS: Final = "orgs.csv"
SESSIONS: Final = "academicSessions.csv"
COURSES: Final = "courses.csv"
CLASSES: Final = "classes.csv"
USERS: Final = "users.csv"
ROLES: Final = "roles.csv"
ENROLLMENTS: Final = "enrollments.csv"
CATEGORIES: Final = "categories.csv"
LINE_ITEMS: Final = "lineItems.csv"
RESULTS: Final = "results.csv"
LINE_ITEM_OBJECTIVES: Final = "lineItemLearningObjectiveIds.csv"
RESULT_OBJECTIVES: Final = "resultLearningObjectiveIds.csv"

# Files that only say how others are read: who learns, and what a line item is for; and those that
# are checked, and nothing is kept of them.
READ_ALONG: Final = frozenset({ROLES, CATEGORIES, *(f"{name}.csv" for name in NEWEST.only_checked)})


class Row(NamedTuple):
    """A row of a file in the order of its table's columns; references as sourced ids."""

    values: tuple[Any, ...]
    number: int
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A field of ours, the file's column it comes from, the file it refers to.

    An `optional` reference that leads to nothing counts as blank.
    """

    path: str
    name: str
    refers_to: str = ""
    optional: bool = False

    @property
    def attribute(self) -> str:
        """The model's attribute that takes the value, or the id of what it refers to."""
        return self.path.replace(BY_SOURCED_ID, "_id")


@dataclass(frozen=True, slots=True)
class Table:
    """A file and the rows that it becomes.

    `gone` is the field that says that the source no longer has a row ("" where we keep all), and
    `offering` the way to the offering that a row belongs to.
    """

    file: str
    rows: Callable[[], QuerySet[Any]]
    columns: tuple[Column, ...]
    gone: str = ""
    offering: str = ""

    @property
    def model(self) -> type[Model]:
        """The model of its rows."""
        return self.rows().model


def _all(model: type[Model]) -> Callable[[], QuerySet[Any]]:
    return lambda: model._default_manager.all()


def _courses() -> QuerySet[LearningOpportunity]:
    return LearningOpportunity.objects.filter(kind=LearningOpportunity.Kind.COURSE)


def _whole_results() -> QuerySet[Result]:
    return Result.objects.filter(superseded_at=None, outcome=None)


def _outcome_results() -> QuerySet[Result]:
    return Result.objects.filter(superseded_at=None, outcome__isnull=False)


_RESULT_COLUMNS = (
    Column("line_item" + BY_SOURCED_ID, "lineItemSourcedId", LINE_ITEMS),
    Column("learner" + BY_SOURCED_ID, "studentSourcedId", USERS),
    Column("status", "scoreStatus"),
    Column("score", "score"),
    Column("text", "textScore"),
    Column("dated", "scoreDate"),
)

# In the order in which references lead backwards.
TABLES: Final[Mapping[str, Table]] = {
    table.file: table
    for table in (
        Table(
            ORGS,
            _all(OrganizationUnit),
            (
                Column("name", "name"),
                Column("kind", "type"),
                Column("code", "identifier"),
                Column("parent" + BY_SOURCED_ID, "parentSourcedId", ORGS, optional=True),
            ),
        ),
        Table(
            SESSIONS,
            _all(Term),
            (
                Column("title", "title"),
                Column("kind", "type"),
                Column("starts_on", "startDate"),
                Column("ends_on", "endDate"),
                Column("parent" + BY_SOURCED_ID, "parentSourcedId", SESSIONS, optional=True),
            ),
        ),
        Table(
            COURSES,
            _courses,
            (
                Column("code", "courseCode"),
                Column("title", "title"),
                Column("unit" + BY_SOURCED_ID, "orgSourcedId", ORGS),
            ),
            gone="retired_at",
        ),
        Table(
            CLASSES,
            _all(Offering),
            (
                Column("opportunity" + BY_SOURCED_ID, "courseSourcedId", COURSES),
                Column("title", "title"),
                Column("code", "classCode"),
                Column("term" + BY_SOURCED_ID, "termSourcedIds", SESSIONS),
            ),
        ),
        Table(
            USERS,
            _all(Learner),
            (
                Column("number", "identifier"),
                Column("given_name", "givenName"),
                Column("family_name", "familyName"),
                Column("email", "email"),
            ),
            gone="retired_at",
        ),
        Table(
            ENROLLMENTS,
            _all(Enrolment),
            (
                Column("offering" + BY_SOURCED_ID, "classSourcedId", CLASSES),
                Column("learner" + BY_SOURCED_ID, "userSourcedId", USERS),
                Column("begins_on", "beginDate"),
                Column("ends_on", "endDate"),
            ),
            gone="retired_at",
            offering="offering",
        ),
        Table(
            LINE_ITEMS,
            _all(LineItem),
            (
                Column("offering" + BY_SOURCED_ID, "classSourcedId", CLASSES),
                Column("title", "title"),
                Column("category", "categorySourcedId"),
                Column("minimum", "resultValueMin"),
                Column("maximum", "resultValueMax"),
            ),
            gone="retired_at",
            offering="offering",
        ),
        Table(
            RESULTS,
            _whole_results,
            _RESULT_COLUMNS,
            gone="withdrawn",
            offering="line_item__offering",
        ),
        Table(
            RESULT_OBJECTIVES,
            _outcome_results,
            (*_RESULT_COLUMNS, Column("outcome_id", "learningObjectiveId")),
            gone="withdrawn",
            offering="line_item__offering",
        ),
    )
}


def mode_name(file: str) -> str:
    """What the manifest calls the file."""
    return file.removesuffix(".csv")


def offerings_named(bundle: Bundle) -> set[str]:
    """The sourced ids of the offerings that a bundle speaks of."""
    return (
        {record.sourced_id for record in bundle.classes if not record.deleted}
        | {record.class_id for record in bundle.enrollments}
        | {record.class_id for record in bundle.line_items}
        | {record.class_id for record in bundle.results if record.class_id}
    )


class Rows:
    """The rows that a bundle becomes. Nothing is known here of what is held, with two exceptions.

    Where a delta leaves out a line item's category, or the result that a learning objective's
    result belongs to, what is held stands in.
    """

    def __init__(self, bundle: Bundle, source: str) -> None:
        self._bundle = bundle
        self._source = source
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
        return {
            record.sourced_id: Row(
                (
                    record.course_id,
                    record.title,
                    record.code,
                    # An offering lies in one term; a class of several is found in its first.
                    record.term_ids[0] if record.term_ids else None,
                ),
                record.row,
                record.deleted,
            )
            for record in self._bundle.classes
        }

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
        corrected = corrections.sticky(self._source)
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
        held = _whole_results().filter(source=self._source, sourced_id__in=ids)
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
