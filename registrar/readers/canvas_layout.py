"""The files of Canvas's SIS CSV: told by their columns, and which of those are taken.

As in "SIS Import Format Documentation" of Canvas: a file is what its header makes it, whatever its
name; passwords are never taken.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from registrar.readers.cells import CODE, EMAIL, KEY, TEXT, BadCell, Kind
from registrar.readers.roster_layout import Column, Layout, required

_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ].*)?")
# Written into a date it takes back what was there.
_NONE: Final = "<delete>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A row of any of the files: its key, where it stands, whether it is gone."""

    sourced_id: str
    row: int
    deleted: bool
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow(Said):
    """A unit of the college."""

    parent_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermRow(Said):
    """A term. With an `override` it only gives people of one role other dates."""

    term_id: str
    name: str
    starts_on: date | None
    ends_on: date | None
    override: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseRow(Said):
    """A course as held in a term."""

    short_name: str
    long_name: str
    account_id: str
    term_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionRow(Said):
    """A group that is taught a course."""

    course_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow(Said):
    """A person."""

    integration_id: str
    login_id: str
    first_name: str
    last_name: str
    full_name: str
    sortable_name: str
    email: str
    declared_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRow(Said):
    """Another id under which a person is known."""

    existing_user_id: str
    existing_integration_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentRow(Said):
    """A person's place in a section, or in a course."""

    course_id: str
    section_id: str
    user_id: str
    user_integration_id: str
    role: str
    role_id: str
    starts_on: date | None
    ends_on: date | None


@lru_cache(20_000)
def _day(cell: str) -> date | None:
    """The day of a date or a moment, as it is written there."""
    if cell == _NONE:
        return None
    try:
        if found := _DAY.fullmatch(cell):
            year, month, day = map(int, found.groups())
            return date(year, month, day)
    except ValueError:
        pass
    raise BadCell(
        "bad_date",
        "{column} is not a date.",
        "Write it like 2026-03-31T09:30:00Z, or leave it blank.",
    )


def _status(*known: str) -> Kind:
    def parse(cell: str) -> str:
        status = cell.strip().lower()
        if status in known:
            return status
        raise BadCell(
            "bad_word", "{column} is not one of the words there.", f"Write {', '.join(known)}."
        )

    return Kind(parse, "")


_DAY_KIND: Final = Kind(_day)
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A kind of file: the columns that tell it, by which a row is known, and what is taken.

    Of several names in one place any will do.
    """

    layout: Layout
    told_by: tuple[Names, ...]
    key: tuple[Names, ...]

    def is_told_by(self, header: Collection[str]) -> bool:
        """Whether a file with these columns is one of this kind."""
        return all(not set(names).isdisjoint(header) for names in self.told_by)


def _file(
    name: str,
    record: Callable[..., Said],
    told_by: str,
    key: str,
    *taken: Column,
    statuses: str = "",
    key_in_words: str = "",
) -> tuple[str, File]:
    """Alternatives are parted by bars."""

    def kept(sourced_id: str, *, changed_at: object, **said: Any) -> Said:
        return record(sourced_id=sourced_id, **said)

    status = [required("status", "status", _status(*statuses.split()))] if statuses else []
    columns = (*taken, *status)
    keys = tuple(tuple(names.split("|")) for names in key.split())
    layout = Layout(
        name,
        kept,
        tuple(column.name for column in columns),
        columns,
        key=keys[0][0],
        key_in_words=key_in_words,
    )
    return name, File(layout, tuple(tuple(names.split("|")) for names in told_by.split()), keys)


# In an order in which references lead backwards; the first that a header tells is the one.
FILES: Final[Mapping[str, File]] = dict(
    (
        _file(
            "accounts",
            AccountRow,
            "account_id parent_account_id",
            "account_id",
            Column("parent_account_id", "parent_id", KEY),
            required("name", "name", TEXT),
            statuses="active deleted",
        ),
        _file(
            "terms",
            TermRow,
            "term_id name",
            "term_id date_override_enrollment_type",
            required("term_id", "term_id", KEY),
            Column("name", "name", TEXT),
            Column("start_date", "starts_on", _DAY_KIND),
            Column("end_date", "ends_on", _DAY_KIND),
            Column("date_override_enrollment_type", "override", TEXT),
            statuses="active deleted",
        ),
        _file(
            "courses",
            CourseRow,
            "course_id short_name",
            "course_id",
            required("short_name", "short_name", CODE),
            required("long_name", "long_name", TEXT),
            Column("account_id", "account_id", KEY),
            Column("term_id", "term_id", KEY),
            statuses="active deleted completed published",
        ),
        _file(
            "sections",
            SectionRow,
            "section_id name",
            "section_id",
            required("course_id", "course_id", KEY),
            required("name", "name", TEXT),
            statuses="active deleted",
        ),
        _file(
            "logins",
            LoginRow,
            "login_id existing_user_id|existing_integration_id|existing_canvas_user_id",
            "user_id",
            Column("existing_user_id", "existing_user_id", KEY),
            Column("existing_integration_id", "existing_integration_id", KEY),
        ),
        _file(
            "users",
            UserRow,
            "user_id login_id",
            "user_id",
            Column("integration_id", "integration_id", KEY),
            required("login_id", "login_id", TEXT),
            Column("first_name", "first_name", TEXT),
            Column("last_name", "last_name", TEXT),
            Column("full_name", "full_name", TEXT),
            Column("sortable_name", "sortable_name", TEXT),
            Column("email", "email", EMAIL, lenient=True),
            Column("declared_user_type", "declared_type", TEXT),
            statuses="active suspended deleted",
        ),
        _file(
            "enrollments",
            EnrollmentRow,
            "section_id|course_id user_id|user_integration_id role|role_id",
            "section_id|course_id user_integration_id|user_id role|role_id",
            Column("course_id", "course_id", KEY),
            Column("section_id", "section_id", KEY),
            Column("user_id", "user_id", KEY),
            Column("user_integration_id", "user_integration_id", KEY),
            Column("role", "role", TEXT),
            Column("role_id", "role_id", TEXT),
            Column("start_date", "starts_on", _DAY_KIND),
            Column("end_date", "ends_on", _DAY_KIND),
            statuses="active deleted completed inactive deleted_last_completed",
            key_in_words="place, person and role",
        ),
    )
)

# Files of which nothing is kept: a column that tells them, and why.
UNUSED: Final[Mapping[str, str]] = {
    "xlist_course_id": "a section counts for the course that it was made for",
    "observer_id": "observers are not kept",
    "group_category_id": "groups are not kept",
    "group_id": "groups are not kept",
    "tag_set_id": "tags of people are not kept",
    "tag_id": "tags of people are not kept",
    "account_id": "who administers what there is not kept",
}
# What tells the file in which ids change.
CHANGED_IDS: Final = frozenset({"new_id", "new_integration_id"})
