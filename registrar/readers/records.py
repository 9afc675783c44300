"""The neutral dataclasses every reader of rosters and results yields."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Severity = Literal["fatal", "error", "warning"]
Mode = Literal["absent", "bulk", "delta"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it stands, and what to do about it.

    `row` counts as a spreadsheet does (the header is row 1) and is None when the whole
    file is meant. An `error` leaves one row out, a `warning` leaves nothing out, and
    after a `fatal` the file must not be applied.
    """

    file: str
    row: int | None
    column: str
    value: str
    code: str
    reason: str
    fix: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class OrgRecord:
    """An organisation: college, school, department."""

    sourced_id: str
    name: str
    type: str
    identifier: str
    parent_id: str
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """An academic session: a school year, term, semester or grading period."""

    sourced_id: str
    title: str
    type: str
    starts_on: date
    ends_on: date
    parent_id: str
    school_year: int
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CourseRecord:
    """A course, whenever and to whomever it is taught."""

    sourced_id: str
    session_id: str
    title: str
    code: str
    org_id: str
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """A course as taught to one group in one or several terms.

    Without `term_ids` nothing is said of its terms, and what is held stands.
    """

    sourced_id: str
    title: str
    course_id: str
    code: str
    type: str
    school_id: str
    term_ids: tuple[str, ...] | None
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A person. Passwords, telephone numbers and guardians are never taken.

    `role` is what OneRoster 1.1 says here; in 1.2 it has a file of its own.
    """

    sourced_id: str
    enabled: bool
    username: str
    user_ids: tuple[tuple[str, str], ...]
    given_name: str
    family_name: str
    middle_name: str
    identifier: str
    email: str
    master_identifier: str
    preferred_given_name: str
    preferred_middle_name: str
    preferred_family_name: str
    primary_org_id: str
    row: int
    deleted: bool = False
    changed_at: datetime | None = None
    role: str = ""


@dataclass(frozen=True, slots=True)
class RoleRecord:
    """What a person is in an organisation."""

    sourced_id: str
    user_id: str
    role_type: str
    role: str
    begins_on: date | None
    ends_on: date | None
    org_id: str
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EnrollmentRecord:
    """A person's place in a class."""

    sourced_id: str
    class_id: str
    school_id: str
    user_id: str
    role: str
    primary: bool | None
    begins_on: date | None
    ends_on: date | None
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CategoryRecord:
    """A kind of line item, such as essays, exams, or the final result."""

    sourced_id: str
    title: str
    weight: Decimal | None
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LineItemRecord:
    """A column of the gradebook: something that gets a result."""

    sourced_id: str
    title: str
    description: str
    assigned_on: date | None
    due_on: date | None
    class_id: str
    category_id: str
    session_id: str
    value_min: Decimal | None
    value_max: Decimal | None
    school_id: str
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """What a student got for a line item. A blank score is None, a blank text score ''.

    `class_id` is the line item's class where the file leaves it blank.
    """

    sourced_id: str
    line_item_id: str
    student_id: str
    status: str
    score: Decimal | None
    scored_on: date
    text_score: str
    class_id: str
    in_progress: bool | None
    incomplete: bool | None
    late: bool | None
    missing: bool | None
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LineItemObjectiveRecord:
    """What a line item measures (with `source` case, a CASE identifier)."""

    sourced_id: str
    line_item_id: str
    source: str
    objective_id: str
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ResultObjectiveRecord:
    """What a result says about one learning objective."""

    sourced_id: str
    result_id: str
    source: str
    objective_id: str
    score: Decimal | None
    text_score: str
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """A row of a file of which nothing is kept."""

    sourced_id: str
    row: int
    deleted: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """All that was read of one bundle: the good rows, and everything that was wrong.

    References between records hold where the file referred to was delivered in full;
    in a delta they may lead to what is known already. `rows` counts the data rows of
    each file, `refused` those left out, `problem_counts` all problems by file and
    severity, also those beyond the number that `problems` lists. Files and columns are OneRoster's;
    what they are called otherwise where the bundle comes from, `file_names` and `column_names` say.
    A reference in one of the `lenient` files and columns may lead to nothing, and counts as blank.
    """

    version: str = ""
    source_code: str = ""
    source_name: str = ""
    modes: Mapping[str, Mode] = field(default_factory=dict)
    orgs: Sequence[OrgRecord] = ()
    sessions: Sequence[SessionRecord] = ()
    courses: Sequence[CourseRecord] = ()
    classes: Sequence[ClassRecord] = ()
    users: Sequence[UserRecord] = ()
    roles: Sequence[RoleRecord] = ()
    enrollments: Sequence[EnrollmentRecord] = ()
    categories: Sequence[CategoryRecord] = ()
    line_items: Sequence[LineItemRecord] = ()
    results: Sequence[ResultRecord] = ()
    line_item_objectives: Sequence[LineItemObjectiveRecord] = ()
    result_objectives: Sequence[ResultObjectiveRecord] = ()
    problems: Sequence[Problem] = ()
    problem_counts: Mapping[tuple[str, Severity], int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    file_names: Mapping[str, str] = field(default_factory=dict)
    column_names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    lenient: Set[tuple[str, str]] = frozenset()

    @property
    def is_fatal(self) -> bool:
        """Whether the bundle must not be applied, whatever rows were good."""
        return any(severity == "fatal" for _, severity in self.problem_counts)

    def count(self, severity: Severity) -> int:
        """How many problems of this severity there are in all files."""
        return sum(n for (_, found), n in self.problem_counts.items() if found == severity)
