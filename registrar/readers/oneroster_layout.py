"""The files and columns of OneRoster 1.2 CSV that we take, and how a cell becomes a value."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal

from registrar.readers.records import (
    CategoryRecord,
    ClassRecord,
    CourseRecord,
    EnrollmentRecord,
    LineItemObjectiveRecord,
    LineItemRecord,
    OrgRecord,
    ResultObjectiveRecord,
    ResultRecord,
    RoleRecord,
    SessionRecord,
    UserRecord,
)

MODES: Final = ("absent", "bulk", "delta")
COMMON: Final = ("sourcedId", "status", "dateLastModified")

# Values recur from row to row; the cache also lets equal values share one object.
_CACHE: Final = 20_000

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z")
_NUMBER = re.compile(r"-?[0-9]{1,7}(\.[0-9]{1,15})?")
_YEAR = re.compile(r"[0-9]{4}")
_USER_IDS = re.compile(r"\{[^{}:]+:[^{}]+\}(,\s*\{[^{}:]+:[^{}]+\})*")
_USER_ID = re.compile(r"\{([^{}:]+):([^{}]+)\}")
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class BadCell(Exception):
    """A cell does not hold what its column asks for."""

    def __init__(self, code: str, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Kind:
    """How the cells of a column are read, and what a blank cell means."""

    parse: Callable[[str], Any]
    blank: Any = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column that we take into `field` of the record.

    `need`: a blank cell in a required column refuses the row, in an expected one it is
    a warning. A `lenient` column's bad cell is a warning too, and counts as blank.
    `refers_to` names the file whose sourcedIds its value, or values, must be.
    """

    name: str
    field: str
    kind: Kind
    need: Literal["optional", "expected", "required"] = "optional"
    lenient: bool = False
    refers_to: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """One file: every column the specification names, in order, and those we take.

    `key` is the column by which a row is known, `key_in_words` what two rows with one key share.
    """

    name: str
    record: Callable[..., Any]
    header: tuple[str, ...]
    taken: tuple[Column, ...]
    key: str = "sourcedId"
    key_in_words: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


def _text(limit: int) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        text = cell if cell.isascii() else unicodedata.normalize("NFC", cell)
        if len(text) > limit:
            raise BadCell(
                "too_long",
                f"{{column}} has {len(text):,} characters, more than {limit:,}.",
                "Shorten it.",
            )
        return text

    return parse


@lru_cache(_CACHE)
def _date(cell: str) -> date:
    try:
        if _DATE.fullmatch(cell):
            return date.fromisoformat(cell)
    except ValueError:
        pass
    raise BadCell(
        "bad_date",
        "{column} is not a date of the calendar written YYYY-MM-DD.",
        "Write it like 2026-03-31; a spreadsheet may have changed its form.",
    )


@lru_cache(_CACHE)
def read_moment(cell: str) -> datetime:
    """Read dateLastModified."""
    try:
        if _MOMENT.fullmatch(cell):
            return datetime.fromisoformat(cell).astimezone(UTC)
    except ValueError:
        pass
    raise BadCell(
        "bad_date",
        "{column} is not a moment in UTC.",
        "Write it like 2026-03-31T09:30:00.000Z.",
    )


@lru_cache(_CACHE)
def _number(cell: str) -> Decimal:
    if _NUMBER.fullmatch(cell):
        return Decimal(cell)
    raise BadCell(
        "bad_number",
        "{column} is not a number of at most seven digits before the point.",
        "Write digits with a point for decimals, like 62.5, without a unit or exponent.",
    )


@lru_cache(_CACHE)
def _year(cell: str) -> int:
    if _YEAR.fullmatch(cell) and cell > "0000":
        return int(cell)
    raise BadCell("bad_date", "{column} is not a year.", "Write it like 2026.")


@lru_cache(_CACHE)
def _boolean(cell: str) -> bool:
    # Spreadsheets write TRUE and FALSE, and it can't be mistaken.
    word = cell.lower()
    if word in ("true", "false"):
        return word == "true"
    raise BadCell("bad_boolean", "{column} is neither true nor false.", "Write true or false.")


def _one_of(*words: str) -> Callable[[str], str]:
    allowed = frozenset(words)

    @lru_cache(_CACHE)
    def parse(cell: str) -> str:
        if cell in allowed or (cell.startswith("ext:") and 4 < len(cell) <= 30):
            return cell
        raise BadCell(
            "bad_word",
            "{column} is not one of the words allowed there.",
            f"Use one of {', '.join(words)}, or a short word of your own that begins with ext:.",
        )

    return parse


def read_key(cell: str) -> str:
    """Read a sourcedId: any text of at most 255 characters."""
    return _SHORT(cell)


def _word(cell: str) -> str:
    """A word that rules compare with theirs: what stands around it in the cell is no part of it."""
    return _text(200)(cell.strip())


def _list(cell: str) -> tuple[str, ...]:
    items = tuple(item.strip() for item in _SHORT(cell).split(","))
    if all(items):
        return items
    raise BadCell(
        "bad_list",
        "{column} has an empty item in its list.",
        "Separate the items by single commas, within one quoted cell.",
    )


def _user_ids(cell: str) -> tuple[tuple[str, str], ...]:
    if len(cell) <= 4_000 and _USER_IDS.fullmatch(cell):
        return tuple((kind.strip(), value.strip()) for kind, value in _USER_ID.findall(cell))
    raise BadCell(
        "bad_list",
        "{column} is not a list of type and identifier.",
        "Write it like {LDAP:ada,studentId:000123} with each pair in its own braces.",
    )


def _email(cell: str) -> str:
    if len(cell) <= 254 and _EMAIL.fullmatch(cell):
        return _SHORT(cell)
    raise BadCell(
        "bad_email",
        "{column} is not an e-mail address.",
        "Write one address, like ada@example.edu.",
    )


def objective_key(source: str, objective_id: str) -> str:
    """The identifier of a learning objective; for CASE the bare lower-case UUID."""
    if source != "case":
        return objective_id
    uuid = objective_id.lower().removeprefix("urn:uuid:")
    if _UUID.fullmatch(uuid):
        return uuid
    raise BadCell(
        "bad_objective",
        "learningObjectiveId is not a UUID, though its source is case.",
        "Give the identifier of the CFItem, or say where the identifier comes from in source.",
    )


_SHORT: Final = _text(255)

KEY: Final = Kind(read_key, "")
KEYS: Final = Kind(_list, ())
TEXT: Final = Kind(_SHORT, "")
CODE: Final = Kind(_text(100), "")
WORD: Final = Kind(_word, "")
EMAIL: Final = Kind(_email, "")
LONG_TEXT: Final = Kind(_text(10_000), "")
DATE: Final = Kind(_date)
NUMBER: Final = Kind(_number)
BOOLEAN: Final = Kind(_boolean)
YEAR: Final = Kind(_year)

WITH_LINE_BREAKS: Final = frozenset({"description", "comment"})


def words(*allowed: str) -> Kind:
    """One of these words, or an extension."""
    return Kind(_one_of(*allowed), "")


def required(name: str, field: str, kind: Kind, refers_to: str = "") -> Column:
    """A column without which a row is refused."""
    return Column(name, field, kind, need="required", refers_to=refers_to)


def layout(
    name: str, record: Callable[..., Any], columns: str, *taken: Column
) -> tuple[str, Layout]:
    """A file by its name, all columns in order, and those that are taken."""
    return name, Layout(name, record, (*COMMON, *columns.split()), taken)


# In the order in which they can be read so that references lead backwards.
LAYOUTS: Final[Mapping[str, Layout]] = dict(
    (
        layout(
            "orgs",
            OrgRecord,
            "name type identifier parentSourcedId",
            required("name", "name", TEXT),
            required(
                "type",
                "type",
                words("department", "school", "district", "local", "state", "national"),
            ),
            Column("identifier", "identifier", TEXT),
            Column("parentSourcedId", "parent_id", KEY),
        ),
        layout(
            "academicSessions",
            SessionRecord,
            "title type startDate endDate parentSourcedId schoolYear",
            required("title", "title", TEXT),
            required(
                "type",
                "type",
                words("gradingPeriod", "semester", "schoolYear", "term"),
            ),
            required("startDate", "starts_on", DATE),
            required("endDate", "ends_on", DATE),
            Column("parentSourcedId", "parent_id", KEY),
            required("schoolYear", "school_year", YEAR),
        ),
        layout(
            "courses",
            CourseRecord,
            "schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes",
            Column("schoolYearSourcedId", "session_id", KEY, refers_to="academicSessions"),
            required("title", "title", TEXT),
            Column("courseCode", "code", CODE),
            required("orgSourcedId", "org_id", KEY, "orgs"),
        ),
        layout(
            "classes",
            ClassRecord,
            "title grades courseSourcedId classCode classType location schoolSourcedId "
            "termSourcedIds subjects subjectCodes periods",
            required("title", "title", TEXT),
            required("courseSourcedId", "course_id", KEY, "courses"),
            Column("classCode", "code", CODE),
            required("classType", "type", words("homeroom", "scheduled")),
            required("schoolSourcedId", "school_id", KEY, "orgs"),
            required("termSourcedIds", "term_ids", KEYS, "academicSessions"),
        ),
        layout(
            "users",
            UserRecord,
            "enabledUser username userIds givenName familyName middleName identifier email sms "
            "phone agentSourcedIds grades password userMasterIdentifier preferredGivenName "
            "preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns",
            required("enabledUser", "enabled", BOOLEAN),
            required("username", "username", TEXT),
            Column("userIds", "user_ids", Kind(_user_ids, ()), lenient=True),
            # Some people have one name only; the reader asks for at least one of the two.
            Column("givenName", "given_name", TEXT, need="expected"),
            Column("familyName", "family_name", TEXT, need="expected"),
            Column("middleName", "middle_name", TEXT),
            Column("identifier", "identifier", TEXT),
            Column("email", "email", EMAIL, lenient=True),
            Column("userMasterIdentifier", "master_identifier", TEXT),
            Column("preferredGivenName", "preferred_given_name", TEXT),
            Column("preferredMiddleName", "preferred_middle_name", TEXT),
            Column("preferredFamilyName", "preferred_family_name", TEXT),
            Column("primaryOrgSourcedId", "primary_org_id", KEY, refers_to="orgs"),
        ),
        layout(
            "roles",
            RoleRecord,
            "userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId",
            required("userSourcedId", "user_id", KEY, "users"),
            required("roleType", "role_type", words("primary", "secondary")),
            required(
                "role",
                "role",
                words(
                    "aide",
                    "counselor",
                    "districtAdministrator",
                    "guardian",
                    "parent",
                    "principal",
                    "proctor",
                    "relative",
                    "siteAdministrator",
                    "student",
                    "systemAdministrator",
                    "teacher",
                ),
            ),
            Column("beginDate", "begins_on", DATE),
            Column("endDate", "ends_on", DATE),
            required("orgSourcedId", "org_id", KEY, "orgs"),
        ),
        layout(
            "enrollments",
            EnrollmentRecord,
            "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
            required("classSourcedId", "class_id", KEY, "classes"),
            required("schoolSourcedId", "school_id", KEY, "orgs"),
            required("userSourcedId", "user_id", KEY, "users"),
            required("role", "role", words("administrator", "proctor", "student", "teacher")),
            Column("primary", "primary", BOOLEAN),
            Column("beginDate", "begins_on", DATE),
            Column("endDate", "ends_on", DATE),
        ),
        layout(
            "categories",
            CategoryRecord,
            "title weight",
            required("title", "title", WORD),
            Column("weight", "weight", NUMBER),
        ),
        layout(
            "lineItems",
            LineItemRecord,
            "title description assignDate dueDate classSourcedId categorySourcedId "
            "academicSessionSourcedId resultValueMin resultValueMax schoolSourcedId",
            required("title", "title", TEXT),
            Column("description", "description", LONG_TEXT),
            # Final exams often have no date yet, and no award depends on it.
            Column("assignDate", "assigned_on", DATE, need="expected"),
            Column("dueDate", "due_on", DATE, need="expected"),
            required("classSourcedId", "class_id", KEY, "classes"),
            required("categorySourcedId", "category_id", KEY, "categories"),
            required("academicSessionSourcedId", "session_id", KEY, "academicSessions"),
            Column("resultValueMin", "value_min", NUMBER),
            Column("resultValueMax", "value_max", NUMBER),
            required("schoolSourcedId", "school_id", KEY, "orgs"),
        ),
        layout(
            "results",
            ResultRecord,
            "lineItemSourcedId studentSourcedId scoreStatus score scoreDate comment textScore "
            "classSourcedId inProgress incomplete late missing",
            required("lineItemSourcedId", "line_item_id", KEY, "lineItems"),
            required("studentSourcedId", "student_id", KEY, "users"),
            required(
                "scoreStatus",
                "status",
                words(
                    "exempt",
                    "fully graded",
                    "not submitted",
                    "partially graded",
                    "submitted",
                ),
            ),
            Column("score", "score", NUMBER),
            required("scoreDate", "scored_on", DATE),
            Column("textScore", "text_score", WORD),
            Column("classSourcedId", "class_id", KEY, refers_to="classes"),
            Column("inProgress", "in_progress", BOOLEAN),
            Column("incomplete", "incomplete", BOOLEAN),
            Column("late", "late", BOOLEAN),
            Column("missing", "missing", BOOLEAN),
        ),
        layout(
            "lineItemLearningObjectiveIds",
            LineItemObjectiveRecord,
            "lineItemSourcedId source learningObjectiveId",
            required("lineItemSourcedId", "line_item_id", KEY, "lineItems"),
            required("source", "source", words("case", "unknown")),
            required("learningObjectiveId", "objective_id", KEY),
        ),
        layout(
            "resultLearningObjectiveIds",
            ResultObjectiveRecord,
            "resultSourcedId source learningObjectiveId score textScore",
            required("resultSourcedId", "result_id", KEY, "results"),
            required("source", "source", words("case", "unknown")),
            required("learningObjectiveId", "objective_id", KEY),
            Column("score", "score", NUMBER),
            Column("textScore", "text_score", WORD),
        ),
    )
)
