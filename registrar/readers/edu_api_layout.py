"""A roster of Edu-API 1.0: its collections as files, in the words of its properties.

Its schemas name what is read here; passwords it has none, telephone numbers and days of birth are
never taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from registrar.readers import oneroster_checks
from registrar.readers.cells import CODE, DATE, EMAIL, KEY, TEXT, Kind, read_key, words
from registrar.readers.oneroster_layout import layout
from registrar.readers.oneroster_versions import Version
from registrar.readers.records import (
    ClassRecord,
    CourseRecord,
    EnrollmentRecord,
    OrgRecord,
    SessionRecord,
    UserRecord,
)
from registrar.readers.roster_flaws import Flaw
from registrar.readers.roster_layout import Column, required
from registrar.readers.roster_rows import Check, Gathered

# Which file each collection becomes, in an order in which references lead backwards.
FILES: Final[Mapping[str, str]] = {
    "organizations": "orgs",
    "academicSessions": "academicSessions",
    "courseTemplates": "courses",
    "courseOfferings": "classes",
    "componentOfferings": "components",
    "persons": "users",
    "enrollments": "enrollments",
}
# What a roster is planned by, and what it is called here.
_COLUMNS: Final = {
    ("orgs.csv", "identifier"): "primaryCode",
    ("orgs.csv", "type"): "organizationType",
    ("orgs.csv", "parentSourcedId"): "parent",
    ("academicSessions.csv", "type"): "sessionType",
    ("academicSessions.csv", "parentSourcedId"): "parent",
    ("courses.csv", "courseCode"): "primaryCode",
    ("courses.csv", "orgSourcedId"): "organization",
    ("classes.csv", "classCode"): "primaryCode",
    ("classes.csv", "courseSourcedId"): "course",
    ("classes.csv", "termSourcedIds"): "academicSession",
    ("users.csv", "identifier"): "otherIdentifiers",
    ("users.csv", "email"): "primaryEmail",
    ("enrollments.csv", "classSourcedId"): "educationOffering",
    ("enrollments.csv", "userSourcedId"): "person",
}


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a course offering, such as its laboratory; its people are those of the whole."""

    sourced_id: str
    class_id: str
    row: int
    deleted: bool
    changed_at: datetime | None


def _only(cell: str) -> tuple[str, ...]:
    return (read_key(cell),)


def _enrollment(gathered: Gathered, record: EnrollmentRecord) -> tuple[Any, list[Flaw]]:
    """An enrolment in a component is one in its course."""
    component = gathered.known["components"].get(record.class_id)
    if component is not None:
        record = replace(record, class_id=component.class_id)
    elif "classes" in gathered.complete and record.class_id not in gathered.known["classes"]:
        reason = "educationOffering leads to no course offering, nor to a component of one."
        fix = "Look why the offering is not given."
        return record, [
            Flaw("educationOffering", record.class_id, "unknown_reference", reason, fix)
        ]
    return oneroster_checks.CHECKS["enrollments"](gathered, record)


_CHECKS: Final[Mapping[str, Check]] = {**oneroster_checks.CHECKS, "enrollments": _enrollment}

VERSION: Final = Version(
    "Edu-API 1.0",
    dict(
        (
            layout(
                "orgs",
                OrgRecord,
                "name organizationType primaryCode parent",
                required("name", "name", TEXT),
                Column("organizationType", "type", CODE),
                Column("primaryCode", "identifier", TEXT),
                Column("parent", "parent_id", KEY),
            ),
            layout(
                "academicSessions",
                partial(SessionRecord, school_year=0),
                "title sessionType startDate endDate parent",
                required("title", "title", TEXT),
                Column("sessionType", "type", CODE),
                required("startDate", "starts_on", DATE),
                required("endDate", "ends_on", DATE),
                Column("parent", "parent_id", KEY),
            ),
            layout(
                "courses",
                partial(CourseRecord, session_id=""),
                "title primaryCode organization",
                required("title", "title", TEXT),
                Column("primaryCode", "code", CODE),
                required("organization", "org_id", KEY, "orgs"),
            ),
            layout(
                "classes",
                partial(ClassRecord, type="", school_id=""),
                "title primaryCode course academicSession",
                required("title", "title", TEXT),
                Column("primaryCode", "code", CODE),
                required("course", "course_id", KEY, "courses"),
                required("academicSession", "term_ids", Kind(_only, ()), "academicSessions"),
            ),
            layout(
                "components",
                Component,
                "parent",
                required("parent", "class_id", KEY, "classes"),
            ),
            layout(
                "users",
                partial(
                    UserRecord,
                    enabled=True,
                    user_ids=(),
                    master_identifier="",
                    preferred_middle_name="",
                    primary_org_id="",
                ),
                "username identifier givenName familyName middleName preferredGivenName "
                "preferredFamilyName primaryEmail",
                required("username", "username", TEXT),
                Column("identifier", "identifier", TEXT),
                Column("givenName", "given_name", TEXT, need="expected"),
                Column("familyName", "family_name", TEXT, need="expected"),
                Column("middleName", "middle_name", TEXT),
                Column("preferredGivenName", "preferred_given_name", TEXT),
                Column("preferredFamilyName", "preferred_family_name", TEXT),
                Column("primaryEmail", "email", EMAIL, lenient=True),
            ),
            layout(
                "enrollments",
                partial(EnrollmentRecord, school_id="", primary=None),
                "educationOffering person role startDate endDate",
                required("educationOffering", "class_id", KEY),
                required("person", "user_id", KEY, "users"),
                required(
                    "role",
                    "role",
                    words(
                        "member",
                        "chair",
                        "staff",
                        "student",
                        "administrator",
                        "aide",
                        "guardian",
                        "parent",
                        "proctor",
                        "relative",
                        "teacher",
                        "advisor",
                        "teachingAssistant",
                    ),
                ),
                Column("startDate", "begins_on", DATE),
                Column("endDate", "ends_on", DATE),
            ),
        )
    ),
    {},
    checks=_CHECKS,
    file_names={f"{file}.csv": collection for collection, file in FILES.items()},
    column_names=_COLUMNS,
    gone=frozenset({"inactive", "deleted"}),
)
