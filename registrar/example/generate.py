"""Writes roster/ and roster_corrections/ from students.csv and the lists below, the same each time.

Run it after a change: `python -m registrar.example.generate`. Every draw is a digest of what it is
about, so that another learner or section leaves the marks of all others as they are.
"""

import csv
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import Any

from registrar.example import lists
from registrar.example.lists import COURSES, Correction, Course, Term

HERE = Path(__file__).parent
COLLEGE = "org-QC"
DOMAIN = "quillhaven.example"
CORRECTED_AT = "2026-06-08T09:30:00.000Z"
CORRECTED_ON = "2026-06-08"

FILES = (
    "academicSessions categories classes classResources courses courseResources demographics "
    "enrollments lineItemLearningObjectiveIds lineItems lineItemScoreScales orgs resources "
    "resultLearningObjectiveIds results resultScoreScales roles scoreScales userProfiles "
    "userResources users"
)

COLUMNS = {
    "orgs": "name type identifier parentSourcedId",
    "academicSessions": "title type startDate endDate parentSourcedId schoolYear",
    "courses": "schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes "
    "metadata.credits metadata.creditType metadata.hours",
    "classes": "title grades courseSourcedId classCode classType location schoolSourcedId "
    "termSourcedIds subjects subjectCodes periods",
    "users": "enabledUser username userIds givenName familyName middleName identifier email sms "
    "phone agentSourcedIds grades password userMasterIdentifier preferredGivenName "
    "preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns",
    "roles": "userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId",
    "enrollments": "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
    "categories": "title weight",
    "lineItems": "title description assignDate dueDate classSourcedId categorySourcedId "
    "academicSessionSourcedId resultValueMin resultValueMax schoolSourcedId",
    "results": "lineItemSourcedId studentSourcedId scoreStatus score scoreDate comment textScore "
    "classSourcedId inProgress incomplete late missing",
    "lineItemLearningObjectiveIds": "lineItemSourcedId source learningObjectiveId",
    "resultLearningObjectiveIds": "resultSourcedId source learningObjectiveId score textScore",
}

Row = dict[str, Any]
Bundle = dict[str, list[Row]]


@dataclass
class Section:
    """A course as it is held in a term by one teacher, and who is in it."""

    course: Course
    term: Term
    number: int
    teacher: str
    room: str
    learners: list["Student"] = field(default_factory=list)

    @property
    def id(self) -> str:
        """What the section is called in every file."""
        return f"{self.course.key}-{self.term.code}-{self.number}"


@dataclass(frozen=True)
class Student:
    """One line of students.csv."""

    number: str
    given: str
    family: str
    middle: str
    preferred: str

    @property
    def id(self) -> str:
        """What the learner is called in every file."""
        return f"stu-{self.number}"


@dataclass(frozen=True)
class Outcome:
    """How a learner fared in one section."""

    fate: str
    marks: dict[str, int]

    @property
    def letter(self) -> str:
        """The module result: the mean of coursework and exam; 75 is a Distinction, 50 a Pass."""
        mean = (self.marks["coursework"] + self.marks["exam"]) / 2
        return "Distinction" if mean >= 75 else "Pass" if mean >= 50 else "Fail"


def draw(*about: str) -> float:
    """A number above 0 and below 1 that depends on nothing but what it is about."""
    digest = hashlib.sha256("|".join(("quillhaven", *about)).encode()).digest()
    return (int.from_bytes(digest[:6], "big") + 1) / (2**48 + 2)


def deviation(*about: str) -> float:
    """A draw from the standard normal distribution."""
    return NormalDist().inv_cdf(draw(*about))


def mark(student: Student, section: Section, item: str) -> int:
    """Draw a mark from 0 to 100 from the learner's own level and the day's luck."""
    level = 9 * deviation("level", student.number)
    luck = 8 * deviation(item, section.id, student.number)
    return max(0, min(100, round(64 + level + luck)))


def fare(student: Student, section: Section) -> Outcome:
    """How the learner fares: withdrawn, incomplete, or finished with marks."""
    chance = draw("fate", section.id, student.number)
    fate = "withdrawn" if chance < 0.06 else "incomplete" if chance < 0.08 else "finished"
    return Outcome(fate, {item: mark(student, section, item) for item in ("coursework", "exam")})


def read_students() -> list[Student]:
    """The learners of students.csv, in its order."""
    with (HERE / "students.csv").open(encoding="utf-8", newline="") as lines:
        return [
            Student(
                row["number"],
                row["givenName"],
                row["familyName"],
                row["middleName"],
                row["preferredGivenName"],
            )
            for row in csv.DictReader(lines)
        ]


def open_sections() -> list[Section]:
    """Every section of every term, still empty."""
    return [
        Section(COURSES[code], term, number, teacher, f"Room {100 + 7 * place}")
        for place, (code, term, teachers) in enumerate(lists.SECTIONS)
        for number, teacher in enumerate(teachers, 1)
    ]


def programme_of(student: Student) -> dict[str, tuple[str, ...]]:
    """What the learner takes, by term."""
    chance = draw("programme", student.number)
    for share, plan in lists.PROGRAMMES:
        chance -= share
        if chance < 0:
            return plan
    return lists.PROGRAMMES[-1][1]


def enrol(students: list[Student], sections: list[Section]) -> None:
    """Seat every learner, term by term.

    Who fails a course or withdraws takes it again when it is next held.
    """
    for student in students:
        plan = programme_of(student)
        again: list[str] = []
        for term in lists.TERMS:
            wanted = dict.fromkeys([*plan.get(term.code, ()), *again])
            again = [code for code in wanted if not passes(student, code, term, sections)]


def passes(student: Student, code: str, term: Term, sections: list[Section]) -> bool:
    """Seat the learner in a section of the course, if it is held, and tell whether they pass it."""
    held = [s for s in sections if s.course.code == code and s.term is term]
    if not held:
        return False
    section = held[int(draw("section", code, term.code, student.number) * len(held))]
    section.learners.append(student)
    outcome = fare(student, section)
    return outcome.fate != "withdrawn" and outcome.letter != "Fail"


def flag(value: bool) -> str:
    """A truth value as OneRoster writes it."""
    return "true" if value else "false"


def org_rows() -> list[Row]:
    """The college, its schools, their departments."""
    return [
        {
            "sourcedId": f"org-{code}",
            "name": name,
            "type": kind,
            "identifier": code,
            "parentSourcedId": f"org-{parent}" if parent else "",
        }
        for code, name, kind, parent in lists.ORGS
    ]


def session_rows() -> list[Row]:
    """Two school years and their terms."""
    years = [
        {
            "sourcedId": f"sy-{year}",
            "title": title,
            "type": "schoolYear",
            "startDate": begins,
            "endDate": ends,
            "schoolYear": year,
        }
        for year, title, begins, ends in lists.YEARS
    ]
    terms = [
        {
            "sourcedId": f"term-{term.code}",
            "title": term.title,
            "type": "term",
            "startDate": term.begins,
            "endDate": term.ends,
            "parentSourcedId": f"sy-{term.year}",
            "schoolYear": term.year,
        }
        for term in lists.TERMS
    ]
    return years + terms


def course_rows() -> list[Row]:
    """The catalogue; credits and hours stand in columns of our own."""
    return [
        {
            "sourcedId": f"course-{course.key}",
            "schoolYearSourcedId": "sy-2026",
            "title": course.title,
            "courseCode": course.code,
            "orgSourcedId": f"org-{course.department}",
            "subjects": course.subject,
            "subjectCodes": course.subject_code,
            "metadata.credits": course.credits,
            "metadata.creditType": "credit" if course.credits else "nonCredit",
            "metadata.hours": course.hours,
        }
        for course in COURSES.values()
    ]


def class_row(section: Section) -> Row:
    """A section."""
    return {
        "sourcedId": section.id,
        "title": f"{section.course.title}, {section.term.title}, section {section.number}",
        "courseSourcedId": f"course-{section.course.key}",
        "classCode": f"{section.course.code}-{section.number:02}",
        "classType": "scheduled",
        "location": section.room,
        "schoolSourcedId": f"org-{section.course.school}",
        "termSourcedIds": f"term-{section.term.code}",
        "subjects": section.course.subject,
        "subjectCodes": section.course.subject_code,
    }


def student_row(student: Student) -> Row:
    """A learner as a user."""
    return {
        "sourcedId": student.id,
        "enabledUser": "true",
        "username": f"s{student.number}",
        "userIds": f"{{studentNumber:{student.number}}}",
        "givenName": student.given,
        "familyName": student.family,
        "middleName": student.middle,
        "identifier": student.number,
        "email": f"s{student.number}@students.{DOMAIN}",
        "preferredGivenName": student.preferred,
        "primaryOrgSourcedId": COLLEGE,
    }


def teacher_row(username: str, given: str, family: str, school: str) -> Row:
    """A teacher as a user."""
    return {
        "sourcedId": f"fac-{username}",
        "enabledUser": "true",
        "username": username,
        "userIds": f"{{staff:{username}}}",
        "givenName": given,
        "familyName": family,
        "email": f"{username}@{DOMAIN}",
        "primaryOrgSourcedId": f"org-{school}",
    }


def role_row(user: str, role: str, org: str) -> Row:
    """Somebody's one primary role."""
    return {
        "sourcedId": f"role-{user}",
        "userSourcedId": user,
        "roleType": "primary",
        "role": role,
        "beginDate": "2025-08-01",
        "orgSourcedId": org,
    }


def enrollment_row(section: Section, user: str, role: str, *, left_on: str = "") -> Row:
    """Somebody in a section."""
    return {
        "sourcedId": f"{section.id}.{user}",
        "classSourcedId": section.id,
        "schoolSourcedId": f"org-{section.course.school}",
        "userSourcedId": user,
        "role": role,
        "primary": flag(role == "teacher"),
        "beginDate": section.term.begins,
        "endDate": left_on or section.term.ends,
    }


def line_item_row(section: Section, item: str) -> Row:
    """A piece of work, or the module result."""
    course, term = section.course, section.term
    titles = {
        "coursework": course.coursework,
        "participation": "Participation",
        "exam": course.exam,
        "final": f"{course.code} module result",
    }
    due = {"coursework": term.coursework_due, "exam": term.exam_on}.get(item, term.ends)
    highest = {"final": "", "participation": "10"}.get(item, "100")
    return {
        "sourcedId": f"{section.id}.{item}",
        "title": titles[item],
        "assignDate": term.begins,
        "dueDate": due,
        "classSourcedId": section.id,
        "categorySourcedId": f"cat-{item}",
        "academicSessionSourcedId": f"term-{term.code}",
        "resultValueMin": "" if item == "final" else "0",
        "resultValueMax": highest,
        "schoolSourcedId": f"org-{course.school}",
    }


def line_item_objective_rows(section: Section) -> list[Row]:
    """Which outcomes the pieces of work show."""
    return [
        {
            "sourcedId": f"{section.id}.{item}.{code}",
            "lineItemSourcedId": f"{section.id}.{item}",
            "source": "ext:outcome",
            "learningObjectiveId": code,
        }
        for item in section.course.items
        for code in section.course.outcomes(item)
    ]


def result_row(section: Section, student: Student, item: str, **told: str) -> Row:
    """A result; `told` overrides what an ordinary one says."""
    due = {"coursework": section.term.coursework_due, "exam": section.term.exam_on}
    return {
        "sourcedId": f"{section.id}.{item}.{student.number}",
        "lineItemSourcedId": f"{section.id}.{item}",
        "studentSourcedId": student.id,
        "scoreStatus": "fully graded",
        "scoreDate": due.get(item, section.term.ends),
        "classSourcedId": section.id,
        "inProgress": "false",
        "incomplete": "false",
        "late": "false",
        "missing": "false",
        **told,
    }


def finished_results(section: Section, student: Student, outcome: Outcome) -> list[Row]:
    """The results of somebody who stayed to the end."""
    late = draw("late", section.id, student.number) < 0.03
    comment = {"late": "true", "comment": "Handed in late, accepted"} if late else {}
    coursework = result_row(
        section, student, "coursework", score=str(outcome.marks["coursework"]), **comment
    )
    rows = [coursework]
    if section.course.participation:
        took_part = min(10, max(0, round(7 + 2 * deviation("part", section.id, student.number))))
        rows.append(result_row(section, student, "participation", score=str(took_part)))
    rows.append(result_row(section, student, "exam", score=str(outcome.marks["exam"])))
    rows.append(result_row(section, student, "final", textScore=outcome.letter))
    return rows


def incomplete_results(section: Section, student: Student, outcome: Outcome) -> list[Row]:
    """Coursework is in, the exam is still to be taken by agreement."""
    agreed = {"incomplete": "true", "comment": "Incomplete agreed, work due next term"}
    return [
        result_row(section, student, "coursework", score=str(outcome.marks["coursework"])),
        result_row(section, student, "exam", scoreStatus="not submitted", missing="true"),
        result_row(section, student, "final", scoreStatus="partially graded", **agreed),
    ]


def withdrawn_results(section: Section, student: Student) -> list[Row]:
    """Somebody who left: no mark, and a module result that was never submitted."""
    told = {"scoreStatus": "not submitted", "scoreDate": section.term.withdrawal}
    return [result_row(section, student, "final", **told, comment="Withdrawn")]


def awaited_results(section: Section, student: Student, outcome: Outcome) -> list[Row]:
    """Coursework is in, the exam was put off; the module result is not known yet."""
    return [
        result_row(section, student, "coursework", score=str(outcome.marks["coursework"])),
        result_row(section, student, "exam", scoreStatus="not submitted", inProgress="true"),
    ]


def result_objective_rows(section: Section, results: list[Row]) -> list[Row]:
    """What each marked result says about each outcome that the work shows."""
    rows = []
    for result in results:
        item = result["lineItemSourcedId"].rsplit(".", 1)[1]
        for code in section.course.outcomes(item) if result.get("score") else ():
            shift = 6 * deviation("objective", code, result["sourcedId"])
            score = max(0, min(100, round(int(result["score"]) + shift)))
            rows.append(
                {
                    "sourcedId": f"{result['sourcedId']}.{code}",
                    "resultSourcedId": result["sourcedId"],
                    "source": "ext:outcome",
                    "learningObjectiveId": code,
                    "score": str(score),
                }
            )
    return rows


def corrected(sections: list[Section]) -> dict[tuple[str, str], Correction]:
    """Whose results are corrected, by section and learner; each learner once."""
    chosen: dict[tuple[str, str], Correction] = {}
    for correction in lists.CORRECTIONS:
        taken = {learner for _, learner in chosen}
        chosen[
            next(
                (section.id, student.id)
                for section in sections
                if section.course.code == correction.course and section.term is correction.term
                for student in section.learners
                if student.id not in taken and concerns(correction, student, section)
            )
        ] = correction
    return chosen


def concerns(correction: Correction, student: Student, section: Section) -> bool:
    """Whether the learner finished with that letter, and the new mark makes it another."""
    outcome = fare(student, section)
    if outcome.fate != "finished":
        return False
    after = Outcome(outcome.fate, {**outcome.marks, "exam": correction.exam})
    return after.letter == correction.after and correction.before in ("", outcome.letter)


def results_of(section: Section, student: Student, *, waits: bool) -> list[Row]:
    """All results of a learner in a section; none in the term that still runs."""
    outcome = fare(student, section)
    if section.term is lists.RUNNING:
        return []
    if waits:
        return awaited_results(section, student, outcome)
    if outcome.fate == "withdrawn":
        return withdrawn_results(section, student)
    if outcome.fate == "incomplete":
        return incomplete_results(section, student, outcome)
    return finished_results(section, student, outcome)


def left_on(section: Section, student: Student) -> str:
    """The day on which the learner withdrew, if they did."""
    return section.term.withdrawal if fare(student, section).fate == "withdrawn" else ""


def build_roster(students: list[Student], sections: list[Section]) -> Bundle:
    """The whole college as one bulk bundle."""
    waiting = {key for key, correction in corrected(sections).items() if not correction.before}
    bundle: Bundle = {name: [] for name in COLUMNS}
    bundle["orgs"] = org_rows()
    bundle["academicSessions"] = session_rows()
    bundle["courses"] = course_rows()
    bundle["categories"] = category_rows()
    for teacher in lists.TEACHERS:
        bundle["users"].append(teacher_row(*teacher))
        bundle["roles"].append(role_row(f"fac-{teacher[0]}", "teacher", f"org-{teacher[3]}"))
    for student in students:
        bundle["users"].append(student_row(student))
        bundle["roles"].append(role_row(student.id, "student", COLLEGE))
    for section in sections:
        add_section(bundle, section)
        for student in section.learners:
            waits = (section.id, student.id) in waiting
            results = results_of(section, student, waits=waits)
            bundle["results"] += results
            bundle["resultLearningObjectiveIds"] += result_objective_rows(section, results)
            bundle["enrollments"].append(
                enrollment_row(section, student.id, "student", left_on=left_on(section, student))
            )
    return bundle


def category_rows() -> list[Row]:
    """What kinds of work there are."""
    return [
        {"sourcedId": f"cat-{item}", "title": title, "weight": weight}
        for item, (title, weight) in lists.CATEGORIES.items()
    ]


def add_section(bundle: Bundle, section: Section) -> None:
    """The section itself: its class, its teacher, its work."""
    bundle["classes"].append(class_row(section))
    bundle["enrollments"].append(enrollment_row(section, f"fac-{section.teacher}", "teacher"))
    bundle["lineItems"] += [line_item_row(section, item) for item in section.course.items]
    bundle["lineItemLearningObjectiveIds"] += line_item_objective_rows(section)


def corrected_results(section: Section, student: Student, correction: Correction) -> list[Row]:
    """The exam and the module result as they stand after the correction."""
    told = {
        "scoreDate": CORRECTED_ON,
        "comment": correction.reason,
        "late": flag(not correction.before),
    }
    return [
        result_row(section, student, "exam", score=str(correction.exam), **told),
        result_row(section, student, "final", textScore=correction.after, **told),
    ]


def build_corrections(sections: list[Section]) -> Bundle:
    """The corrected results and everything that they refer to, as one delta bundle."""
    bundle: Bundle = {name: [] for name in COLUMNS}
    choice = corrected(sections)
    touched = [section for section in sections if section.id in {key[0] for key in choice}]
    courses = {f"course-{section.course.key}" for section in touched}
    teachers = {section.teacher for section in touched}
    bundle["orgs"] = org_rows()
    bundle["academicSessions"] = session_rows()
    bundle["courses"] = [row for row in course_rows() if row["sourcedId"] in courses]
    bundle["categories"] = category_rows()
    for teacher in (t for t in lists.TEACHERS if t[0] in teachers):
        bundle["users"].append(teacher_row(*teacher))
        bundle["roles"].append(role_row(f"fac-{teacher[0]}", "teacher", f"org-{teacher[3]}"))
    for section in touched:
        add_section(bundle, section)
        for student in (s for s in section.learners if (section.id, s.id) in choice):
            results = corrected_results(section, student, choice[section.id, student.id])
            bundle["users"].append(student_row(student))
            bundle["roles"].append(role_row(student.id, "student", COLLEGE))
            bundle["enrollments"].append(enrollment_row(section, student.id, "student"))
            bundle["results"] += results
            bundle["resultLearningObjectiveIds"] += result_objective_rows(section, results)
    return bundle


def write_bundle(bundle: Bundle, folder: Path, *, changed_at: str = "") -> None:
    """Write the files; with `changed_at` as a delta, in which every row says that it is active."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {"status": "active", "dateLastModified": changed_at} if changed_at else {}
    for name, rows in bundle.items():
        columns = ["sourcedId", "status", "dateLastModified", *COLUMNS[name].split()]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows({**row, **told} for row in rows)
    kind = "delta" if changed_at else "bulk"
    manifest = [
        ("propertyName", "value"),
        ("manifest.version", "1.0"),
        ("oneroster.version", "1.2"),
        *((f"file.{name}", kind if name in bundle else "absent") for name in FILES.split()),
        ("source.systemName", "Quillhaven College, student records (invented)"),
        ("source.systemCode", "quillhaven-sis"),
    ]
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(manifest)


def write(folder: Path) -> None:
    """Write both bundles into `folder`."""
    students, sections = read_students(), open_sections()
    enrol(students, sections)
    write_bundle(build_roster(students, sections), folder / "roster")
    write_bundle(
        build_corrections(sections), folder / "roster_corrections", changed_at=CORRECTED_AT
    )


if __name__ == "__main__":
    write(HERE)
