"""The catalogues of OneRoster CSV: the 21 files of 1.2, the 13 of 1.1, and which are taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from registrar.readers import oneroster_checks
from registrar.readers.cells import KEY, KEYS, LONG_TEXT, TEXT, WORD, words
from registrar.readers.oneroster_layout import LAYOUTS, layout
from registrar.readers.records import (
    CategoryRecord,
    LineItemRecord,
    ResultRecord,
    SeenRecord,
    UserRecord,
)
from registrar.readers.roster_layout import Column, Layout, required
from registrar.readers.roster_rows import Check


@dataclass(frozen=True, slots=True)
class Version:
    """The files that a version knows, in an order in which references lead backwards.

    Of the files in `only_checked` nothing is kept, and here is why. What files and columns are
    called otherwise where they come from, `file_names` and `column_names` say. A row whose status
    is one of `gone` is to be deleted.
    """

    name: str
    layouts: Mapping[str, Layout]
    only_checked: Mapping[str, str]
    checks: Mapping[str, Check] = field(default_factory=lambda: oneroster_checks.CHECKS)
    file_names: Mapping[str, str] = field(default_factory=dict)
    column_names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset({"tobedeleted"})


def _seen(
    sourced_id: str, *, row: int, deleted: bool, changed_at: datetime | None, **_: Any
) -> SeenRecord:
    return SeenRecord(sourced_id, row, deleted, changed_at)


def _user(sourced_id: str, *, org_ids: tuple[str, ...], **said: Any) -> UserRecord:
    return UserRecord(
        sourced_id,
        master_identifier="",
        preferred_given_name="",
        preferred_middle_name="",
        preferred_family_name="",
        primary_org_id="",
        **said,
    )


def _with(record: Callable[..., Any], **blank: Any) -> Callable[..., Any]:
    """The record with what 1.1 never says."""
    return lambda sourced_id, **said: record(sourced_id, **blank, **said)


_ONLY_CHECKED_11: Final[Mapping[str, Layout]] = dict(
    (
        layout(
            "demographics",
            _seen,
            "birthDate sex americanIndianOrAlaskaNative asian blackOrAfricanAmerican "
            "nativeHawaiianOrOtherPacificIslander white demographicRaceTwoOrMoreRaces "
            "hispanicOrLatinoEthnicity countryOfBirthCode stateOfBirthAbbreviation cityOfBirth "
            "publicSchoolResidenceStatus",
        ),
        layout(
            "resources",
            _seen,
            "vendorResourceId title roles importance vendorId applicationId",
            required("vendorResourceId", "vendor_resource_id", TEXT),
        ),
        layout(
            "classResources",
            _seen,
            "title classSourcedId resourceSourcedId",
            required("classSourcedId", "class_id", KEY, "classes"),
            required("resourceSourcedId", "resource_id", KEY, "resources"),
        ),
        layout(
            "courseResources",
            _seen,
            "title courseSourcedId resourceSourcedId",
            required("courseSourcedId", "course_id", KEY, "courses"),
            required("resourceSourcedId", "resource_id", KEY, "resources"),
        ),
    )
)
_ONLY_CHECKED_12: Final[Mapping[str, Layout]] = {**_ONLY_CHECKED_11} | dict(
    (
        layout(
            "userResources",
            _seen,
            "userSourcedId orgSourcedId classSourcedId resourceSourcedId",
            required("userSourcedId", "user_id", KEY, "users"),
            Column("orgSourcedId", "org_id", KEY, refers_to="orgs"),
            Column("classSourcedId", "class_id", KEY, refers_to="classes"),
            required("resourceSourcedId", "resource_id", KEY, "resources"),
        ),
        layout(
            "userProfiles",
            _seen,
            "userSourcedId profileType vendorId applicationId description credentialType username "
            "password",
            required("userSourcedId", "user_id", KEY, "users"),
        ),
        layout(
            "scoreScales",
            _seen,
            "title type orgSourcedId courseSourcedId classSourcedId scoreScaleValue",
            required("title", "title", TEXT),
            required("orgSourcedId", "org_id", KEY, "orgs"),
            required("courseSourcedId", "course_id", KEY, "courses"),
            required("classSourcedId", "class_id", KEY, "classes"),
            required("scoreScaleValue", "values", LONG_TEXT),
        ),
        layout(
            "lineItemScoreScales",
            _seen,
            "title lineItemSourcedId scoreScaleSourcedId",
            required("lineItemSourcedId", "line_item_id", KEY, "lineItems"),
            required("scoreScaleSourcedId", "scale_id", KEY, "scoreScales"),
        ),
        layout(
            "resultScoreScales",
            _seen,
            "title resultSourcedId scoreScaleSourcedId",
            required("resultSourcedId", "result_id", KEY, "results"),
            required("scoreScaleSourcedId", "scale_id", KEY, "scoreScales"),
        ),
    )
)

_RESOURCES: Final = "no award depends on teaching material"
_SCALES: Final = "words and scores of results are kept as they stand in results.csv"
_WHY: Final = {
    "demographics": "no award depends on them, and they are nobody's business here",
    "resources": _RESOURCES,
    "classResources": _RESOURCES,
    "courseResources": _RESOURCES,
    "userResources": _RESOURCES,
    "userProfiles": "nobody signs in to other systems from here",
    "scoreScales": _SCALES,
    "lineItemScoreScales": _SCALES,
    "resultScoreScales": _SCALES,
}

_LAYOUTS_11: Final[Mapping[str, Layout]] = {
    name: LAYOUTS[name] for name in ("orgs", "academicSessions", "courses", "classes")
} | dict(
    (
        layout(
            "users",
            _user,
            "enabledUser orgSourcedIds role username userIds givenName familyName middleName "
            "identifier email sms phone agentSourcedIds grades password",
            required("orgSourcedIds", "org_ids", KEYS, "orgs"),
            required(
                "role",
                "role",
                words(
                    "administrator",
                    "aide",
                    "guardian",
                    "parent",
                    "proctor",
                    "relative",
                    "student",
                    "teacher",
                ),
            ),
            *(
                column
                for column in LAYOUTS["users"].taken
                if not column.name.startswith(("preferred", "primaryOrg", "userMaster"))
            ),
        ),
        ("enrollments", LAYOUTS["enrollments"]),
        layout(
            "categories",
            _with(CategoryRecord, weight=None),
            "title",
            required("title", "title", WORD),
        ),
        layout(
            "lineItems",
            _with(LineItemRecord, school_id=""),
            "title description assignDate dueDate classSourcedId categorySourcedId "
            "gradingPeriodSourcedId resultValueMin resultValueMax",
            required("gradingPeriodSourcedId", "session_id", KEY, "academicSessions"),
            *(
                column
                for column in LAYOUTS["lineItems"].taken
                if column.name not in ("academicSessionSourcedId", "schoolSourcedId")
            ),
        ),
        layout(
            "results",
            _with(
                ResultRecord,
                text_score="",
                class_id="",
                **dict.fromkeys(("in_progress", "incomplete", "late", "missing")),
            ),
            "lineItemSourcedId studentSourcedId scoreStatus score scoreDate comment",
            *(
                column
                for column in LAYOUTS["results"].taken
                if column.field in ("line_item_id", "student_id", "status", "score", "scored_on")
            ),
        ),
    )
)


def _version(
    name: str, taken: Mapping[str, Layout], seen: Mapping[str, Layout], **said: Any
) -> Version:
    return Version(name, {**taken, **seen}, {file: _WHY[file] for file in seen}, **said)


VERSIONS: Final[Mapping[str, Version]] = {
    "1.2": _version("1.2", LAYOUTS, _ONLY_CHECKED_12),
    # A status of 1.0 stands for the same in 1.1.
    "1.1": _version(
        "1.1", _LAYOUTS_11, _ONLY_CHECKED_11, gone=frozenset({"tobedeleted", "inactive"})
    ),
}
NEWEST: Final = VERSIONS["1.2"]
