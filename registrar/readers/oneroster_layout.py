"""The files and columns of OneRoster 1.2 CSV that we take."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from registrar.readers.cells import (
    BOOLEAN,
    CODE,
    DATE,
    EMAIL,
    KEY,
    KEYS,
    LONG_TEXT,
    NUMBER,
    TEXT,
    USER_IDS,
    WORD,
    YEAR,
    words,
)
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
from registrar.readers.roster_layout import Column, Layout, required

MODES: Final = ("absent", "bulk", "delta")
COMMON: Final = ("sourcedId", "status", "dateLastModified")
WITH_LINE_BREAKS: Final = frozenset({"description", "comment"})


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
            Column("userIds", "user_ids", USER_IDS, lenient=True),
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
