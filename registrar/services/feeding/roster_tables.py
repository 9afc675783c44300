"""Which tables of ours the files of a roster become, column by column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model, QuerySet

from registrar.models import (
    Enrolment,
    Learner,
    LearningOpportunity,
    LineItem,
    Offering,
    OrganizationUnit,
    Result,
    Term,
)
from registrar.readers.oneroster_versions import NEWEST

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


def whole_results() -> QuerySet[Result]:
    """The results that hold, and are not for single outcomes."""
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
            whole_results,
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
