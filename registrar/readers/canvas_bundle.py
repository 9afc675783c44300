"""Makes a roster of the rows of Canvas's SIS CSV.

A course there is held in a term and has sections: it becomes a course, each section an offering
of it. A course that has no section, or people of its own, is an offering itself.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from registrar.readers.canvas_layout import (
    CourseRow,
    EnrollmentRow,
    SectionRow,
    TermRow,
    UserRow,
)
from registrar.readers.problems import Problems
from registrar.readers.records import (
    Bundle,
    ClassRecord,
    CourseRecord,
    EnrollmentRecord,
    Mode,
    OrgRecord,
    SessionRecord,
    UserRecord,
)
from registrar.readers.roster_keys import joined
from registrar.readers.roster_rows import Gathered

SOURCE: Final = "canvas"
# What has no account there belongs to the account above all others.
ROOT: Final = "root account"

# What the files and columns that a roster is planned by are called there.
_FILES: Final = {
    "orgs": "accounts",
    "academicSessions": "terms",
    "courses": "courses",
    "classes": "sections",
    "users": "users",
    "enrollments": "enrollments",
}
_COLUMNS: Final = {
    ("orgs.csv", "parentSourcedId"): "parent_account_id",
    ("academicSessions.csv", "title"): "name",
    ("academicSessions.csv", "startDate"): "start_date",
    ("courses.csv", "courseCode"): "short_name",
    ("courses.csv", "title"): "long_name",
    ("courses.csv", "orgSourcedId"): "account_id",
    ("classes.csv", "title"): "name",
    ("classes.csv", "courseSourcedId"): "course_id",
    ("classes.csv", "termSourcedIds"): "term_id",
    ("users.csv", "identifier"): "user_id",
    ("users.csv", "givenName"): "first_name",
    ("users.csv", "familyName"): "last_name",
    ("enrollments.csv", "classSourcedId"): "section_id",
    ("enrollments.csv", "userSourcedId"): "user_id",
}
# A term without dates is not kept, and then is nowhere.
_LENIENT: Final = frozenset({("classes.csv", "termSourcedIds")})
_KNOWN_ROLES: Final = {"student", "teacher", "ta", "observer", "designer"}


def made(
    gathered: Gathered, named: Mapping[str, str], modes: Mapping[str, Mode], problems: Problems
) -> Bundle:
    """The roster; `named` says what the file of each kind is called, `modes` which there are."""
    return _Making(gathered, named, modes, problems).bundle()


class _Making:
    """One roster being made."""

    def __init__(
        self,
        gathered: Gathered,
        named: Mapping[str, str],
        modes: Mapping[str, Mode],
        problems: Problems,
    ) -> None:
        self._gathered = gathered
        self._named = named
        self._modes = modes
        self._problems = problems
        self._courses: dict[str, CourseRow] = gathered.known["courses"]
        self._sections: dict[str, SectionRow] = gathered.known["sections"]
        self._users = self._users_by_integration_id()
        self._logins = self._users_by_login()

    def bundle(self) -> Bundle:
        sessions = self._sessions()
        undated = {row.term_id for row in self._terms()} - {each.sourced_id for each in sessions}
        enrollments = self._enrollments()
        classes = [*self._section_classes(undated), *self._course_classes(undated, enrollments)]
        orgs, users = self._orgs(), self._user_records()
        further = {
            "orgs": len(orgs),
            "academicSessions": len(sessions),
            "classes": len(classes),
        }
        return Bundle(
            version="Canvas SIS CSV",
            source_name=SOURCE,
            modes=self._staged(further),
            orgs=orgs,
            sessions=sessions,
            courses=[_course(row) for row in self._courses.values()],
            classes=classes,
            users=users,
            enrollments=enrollments,
            problems=self._problems.listed(),
            problem_counts=dict(self._problems.counts),
            rows=self._rows(further),
            refused=self._by_staged(self._gathered.refused_counts),
            file_names={f"{name}.csv": self._named[kind] for name, kind in _FILES.items()},
            column_names=_COLUMNS,
            lenient=_LENIENT,
        )

    # Counts

    def _staged(self, further: Mapping[str, int]) -> dict[str, Mode]:
        """By file whether it lists all that there is; also of files that others gave rise to."""
        return {
            name: self._modes.get(kind, "delta")
            for name, kind in _FILES.items()
            if kind in self._modes or further.get(name)
        }

    def _rows(self, further: Mapping[str, int]) -> dict[str, int]:
        """The rows of each file, at least as many as came of them."""
        rows = self._by_staged(self._gathered.row_counts)
        refused = self._by_staged(self._gathered.refused_counts)
        for name, count in further.items():
            file = f"{name}.csv"
            rows[file] = max(rows.get(file, 0), count + refused.get(file, 0))
        return rows

    @staticmethod
    def _by_staged(counts: Mapping[str, int]) -> dict[str, int]:
        return {f"{name}.csv": counts.get(f"{kind}.csv", 0) for name, kind in _FILES.items()}

    # Units and terms

    def _orgs(self) -> list[OrgRecord]:
        found = [
            OrgRecord(row.sourced_id, row.name, "", "", row.parent_id, row.row, row.deleted)
            for row in self._gathered.records("accounts")
        ]
        if any(not row.account_id and not row.deleted for row in self._courses.values()):
            found.append(OrgRecord(ROOT, "Root account of Canvas", "", "", "", 0))
        return found

    def _terms(self) -> list[TermRow]:
        return [row for row in self._gathered.records("terms") if not row.override]

    def _sessions(self) -> list[SessionRecord]:
        found = []
        for row in self._terms():
            if row.starts_on and row.ends_on:
                days = (row.starts_on, row.ends_on)
                found.append(
                    SessionRecord(row.term_id, row.name, "term", *days, "", 0, row.row, row.deleted)
                )
            elif not row.deleted:
                self._warn(
                    "terms",
                    row.row,
                    "end_date" if row.starts_on else "start_date",
                    "",
                    "no_dates",
                    "The term has no first or no last day. It is not kept, and its courses come in "
                    "without a term.",
                    "Fill in start_date and end_date if anything is to be awarded by terms.",
                )
        return found

    # Offerings

    def _section_classes(self, undated: Collection[str]) -> list[ClassRecord]:
        return [
            ClassRecord(
                key,
                row.name,
                row.course_id,
                "",
                "",
                "",
                self._term_of(row.course_id, undated),
                row.row,
                row.deleted,
            )
            for key, row in self._sections.items()
        ]

    def _course_classes(
        self, undated: Collection[str], enrollments: Iterable[EnrollmentRecord]
    ) -> list[ClassRecord]:
        """The courses that are offerings themselves."""
        parted = {row.course_id for row in self._sections.values() if not row.deleted}
        peopled = {record.class_id for record in enrollments}
        return [
            ClassRecord(
                key,
                row.long_name,
                key,
                row.short_name,
                "",
                "",
                self._term_of(key, undated),
                row.row,
                row.deleted,
            )
            for key, row in self._courses.items()
            if key not in self._sections and (key not in parted or key in peopled)
        ]

    def _term_of(self, course_id: str, undated: Collection[str]) -> tuple[str, ...] | None:
        """The term of a course; None where the course is not told of here."""
        course = self._courses.get(course_id)
        if course is None:
            return None
        return (course.term_id,) if course.term_id and course.term_id not in undated else ()

    # People

    def _user_records(self) -> list[UserRecord]:
        rows: list[UserRow] = self._gathered.records("users")
        unknown = sum(not _is_student(row) for row in rows)
        if unknown and "enrollments" not in self._modes:
            self._warn(
                "users",
                None,
                "",
                "",
                "who_learns",
                f"Of {unknown:,} people nobody says whether they learn; those who are not known as "
                "learners are passed over.",
                "Put enrollments.csv into the same zip, or fill in declared_user_type.",
            )
        return [_user(row) for row in rows]

    def _users_by_integration_id(self) -> dict[str, str]:
        rows: Iterable[UserRow] = self._gathered.records("users")
        return {row.integration_id: row.sourced_id for row in rows if row.integration_id}

    def _users_by_login(self) -> dict[str, str]:
        found = {}
        for row in self._gathered.records("logins"):
            user = self._users.get(row.existing_integration_id, "") or row.existing_user_id
            if user:
                found[row.sourced_id] = user
        return found

    def _enrollments(self) -> list[EnrollmentRecord]:
        rows: list[EnrollmentRow] = self._gathered.records("enrollments")
        placed = Counter(self._place(row) for row in rows if row.status == "active")
        strange: Counter[str] = Counter()
        found: dict[str, EnrollmentRecord] = {}
        for row in rows:
            if not (user := self._user(row)):
                self._refuse_stranger(row)
                continue
            role = row.role.strip().lower()
            if role not in _KNOWN_ROLES:
                strange[row.role or f"with the id {row.role_id}"] += 1
            moved = row.status == "deleted_last_completed" and placed[self._place(row)] > 0
            record = EnrollmentRecord(
                joined(row.section_id or row.course_id, user, role or row.role_id),
                row.section_id or row.course_id,
                "",
                user,
                role,
                None,
                row.starts_on,
                row.ends_on,
                row.row,
                row.deleted or moved or row.status == "inactive",
            )
            found[record.sourced_id] = record
        self._warn_of_roles(strange)
        return list(found.values())

    def _user(self, row: EnrollmentRow) -> str:
        if row.user_integration_id:
            return self._users.get(row.user_integration_id, "")
        return self._logins.get(row.user_id, row.user_id)

    def _place(self, row: EnrollmentRow) -> tuple[str, str]:
        """Who is in which course."""
        section = self._sections.get(row.section_id)
        return section.course_id if section else row.course_id, self._user(row)

    def _refuse_stranger(self, row: EnrollmentRow) -> None:
        self._gathered.refused_counts["enrollments.csv"] += 1
        self._problems.add(
            self._named["enrollments"],
            row=row.row,
            column="user_integration_id",
            value=row.user_integration_id,
            code="unknown_reference",
            reason="user_integration_id leads to nobody in users.csv.",
            fix="Fill in user_id instead, or add the person to users.csv.",
        )

    def _warn_of_roles(self, strange: Counter[str]) -> None:
        for role, count in strange.items():
            self._warn(
                "enrollments",
                None,
                "role",
                role,
                "unknown_role",
                f"Whether the role {role[:64]} learns or teaches is not known here: {count:,} rows "
                "are passed over.",
                "Write student or teacher for people who learn or teach.",
            )

    def _warn(
        self, kind: str, row: int | None, column: str, value: str, code: str, reason: str, fix: str
    ) -> None:
        self._problems.add(
            self._named[kind],
            row=row,
            column=column,
            value=value,
            code=code,
            reason=reason,
            fix=fix,
            severity="warning",
        )


def _course(row: CourseRow) -> CourseRecord:
    return CourseRecord(
        row.sourced_id,
        "",
        row.long_name,
        row.short_name,
        row.account_id or ROOT,
        row.row,
        row.deleted,
    )


def _user(row: UserRow) -> UserRecord:
    given_name, family_name = _names(row)
    return UserRecord(
        row.sourced_id,
        row.status != "suspended",
        row.login_id,
        (),
        given_name,
        family_name,
        "",
        row.sourced_id,
        row.email,
        "",
        "",
        "",
        "",
        "",
        row.row,
        row.deleted,
        role="student" if _is_student(row) else "",
    )


def _is_student(row: UserRow) -> bool:
    """Whether the person is said to be one, whoever has enrolled them."""
    return row.declared_type.strip().lower() in ("student", "student_other")


def _names(row: UserRow) -> tuple[str, str]:
    """Given and family name; a name that is not parted stays whole."""
    if row.first_name or row.last_name:
        return row.first_name, row.last_name
    family, comma, given = row.sortable_name.partition(",")
    if comma and given.strip():
        return given.strip(), family.strip()
    return row.full_name or row.sortable_name, ""
