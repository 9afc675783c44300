"""What the roster is made of: units, terms, courses, teachers, sections, programmes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A term: when it begins, when one may last withdraw, when work is due, when it ends."""

    code: str
    title: str
    year: str
    begins: str
    withdrawal: str
    coursework_due: str
    exam_on: str
    ends: str


@dataclass(frozen=True)
class Course:
    """A course, its department and school, and which outcomes its work shows."""

    code: str
    title: str
    department: str
    school: str
    subject: str
    subject_code: str
    credits: str = ""
    hours: str = ""
    exam: str = "Final examination"
    coursework: str = "Coursework"
    participation: bool = False
    by_coursework: tuple[int, ...] = ()
    by_exam: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """The code without its space, as other codes are made of it."""
        return self.code.replace(" ", "")

    def outcomes(self, item: str) -> list[str]:
        """Codes of the outcomes that this piece of work shows."""
        numbers = {"coursework": self.by_coursework, "exam": self.by_exam}.get(item, ())
        return [f"{self.key}-{number}" for number in numbers]

    @property
    def items(self) -> list[str]:
        """What is assessed, in order."""
        middle = ["participation"] if self.participation else []
        return ["coursework", *middle, "exam", "final"]


@dataclass(frozen=True)
class Correction:
    """A module result put right after the term: the letter before ("" for none yet) and after."""

    course: str
    term: Term
    before: str
    after: str
    exam: int
    reason: str


ORGS = (
    ("QC", "Quillhaven College", "district", ""),
    ("SCI", "School of Science and Computing", "school", "QC"),
    ("BIO", "Department of Biology", "department", "SCI"),
    ("MTH", "Department of Mathematics and Statistics", "department", "SCI"),
    ("CSC", "Department of Computing", "department", "SCI"),
    ("HHS", "School of Health and Human Services", "school", "QC"),
    ("NUR", "Department of Nursing", "department", "HHS"),
    ("PSY", "Department of Psychology", "department", "HHS"),
    ("ABT", "School of Arts, Business and Trades", "school", "QC"),
    ("ENG", "Department of English", "department", "ABT"),
    ("BUS", "Department of Business", "department", "ABT"),
    ("TRD", "Department of Trades and Continuing Education", "department", "ABT"),
    ("STL", "Office of Student Life", "school", "QC"),
)

FALL_25 = Term(
    code="25F",
    title="Fall 2025",
    year="2026",
    begins="2025-08-25",
    withdrawal="2025-10-17",
    coursework_due="2025-11-21",
    exam_on="2025-12-12",
    ends="2025-12-19",
)
SPRING_26 = Term(
    code="26S",
    title="Spring 2026",
    year="2026",
    begins="2026-01-12",
    withdrawal="2026-03-06",
    coursework_due="2026-04-17",
    exam_on="2026-05-08",
    ends="2026-05-15",
)
FALL_26 = Term(
    code="26F",
    title="Fall 2026",
    year="2027",
    begins="2026-08-24",
    withdrawal="2026-10-16",
    coursework_due="2026-11-20",
    exam_on="2026-12-11",
    ends="2026-12-18",
)
TERMS = (FALL_25, SPRING_26, FALL_26)
RUNNING = FALL_26
YEARS = (
    ("2026", "2025-26", "2025-08-01", "2026-07-31"),
    ("2027", "2026-27", "2026-08-01", "2027-07-31"),
)

CATEGORIES = {
    "coursework": ("Coursework", "50"),
    "participation": ("Participation", ""),
    "exam": ("Exam", "50"),
    "final": ("Module result", ""),
}

COURSES = {
    course.code: course
    for course in (
        Course(
            "BIO 115",
            "Field Ecology",
            "BIO",
            "SCI",
            "Ecology",
            "26.1301",
            "3",
            coursework="Field notebook",
        ),
        Course(
            "BIO 201",
            "Human Anatomy and Physiology I",
            "BIO",
            "SCI",
            "Biology",
            "26.0101",
            "4",
            coursework="Laboratory portfolio",
            by_coursework=(4, 6),
            by_exam=(1, 2, 5),
        ),
        Course(
            "STA 110",
            "Introductory Statistics",
            "MTH",
            "SCI",
            "Statistics",
            "27.0501",
            "3",
            coursework="Data project",
            by_coursework=(1, 5),
            by_exam=(3,),
        ),
        Course(
            "CSC 120",
            "Programming Fundamentals",
            "CSC",
            "SCI",
            "Computer programming",
            "11.0201",
            "4",
            coursework="Programming assignments",
            by_coursework=(1, 3),
            by_exam=(2,),
        ),
        Course(
            "CSC 235",
            "Databases",
            "CSC",
            "SCI",
            "Databases",
            "11.0802",
            "3",
            coursework="Database project",
        ),
        Course(
            "NUR 210",
            "Fundamentals of Nursing Care",
            "NUR",
            "HHS",
            "Nursing",
            "51.3801",
            "6",
            exam="Observed practical examination",
            coursework="Care plans",
            participation=True,
            by_coursework=(1, 5),
            by_exam=(2, 3, 4),
        ),
        Course("NUR 215", "Pharmacology for Nurses", "NUR", "HHS", "Pharmacology", "26.1001", "3"),
        Course("PSY 105", "Introduction to Psychology", "PSY", "HHS", "Psychology", "42.0101", "3"),
        Course(
            "ENG 102",
            "Writing from Research",
            "ENG",
            "ABT",
            "Writing",
            "23.1301",
            "3",
            exam="Research paper",
            coursework="Drafts and annotated bibliography",
            participation=True,
        ),
        Course(
            "BUS 240",
            "Accounts for Small Organisations",
            "BUS",
            "ABT",
            "Accounting",
            "52.0301",
            "3",
            coursework="Set of accounts",
        ),
        Course(
            "WLD 015",
            "Shielded Metal Arc Welding",
            "TRD",
            "ABT",
            "Welding",
            "48.0508",
            hours="96",
            exam="Plate test",
            coursework="Practice joints",
            by_coursework=(1, 3),
            by_exam=(2, 4),
        ),
        Course(
            "CED 022",
            "Spreadsheets at Work",
            "TRD",
            "ABT",
            "Office applications",
            "11.0601",
            hours="24",
            exam="Workbook from a brief",
            coursework="Weekly exercises",
        ),
    )
}

TEACHERS = (
    ("amara.obi", "Amara", "Obi", "SCI"),
    ("piotr.zielinski", "Piotr", "Zieliński", "SCI"),
    ("lena.farouk", "Lena", "Farouk", "SCI"),
    ("grace.tanaka", "Grace", "Tanaka", "HHS"),
    ("samuel.whitfield", "Samuel", "Whitfield", "ABT"),
    ("rosa.delgado", "Rosa", "Delgado", "ABT"),
    ("edmund.hale", "Edmund", "Hale", "SCI"),
    ("nadia.rahimi", "Nadia", "Rahimi", "HHS"),
    ("tomasz.keller", "Tomasz", "Keller", "ABT"),
    ("bronwen.pryce", "Bronwen", "Pryce", "SCI"),
    ("dag.halvorsen", "Dag", "Halvorsen", "SCI"),
    ("mei-ling.foo", "Mei-Ling", "Foo", "SCI"),
    ("oluchi.eze", "Oluchi", "Eze", "HHS"),
    ("henrik.aalto", "Henrik", "Aalto", "HHS"),
    ("ruth.ben-ami", "Ruth", "Ben-Ami", "HHS"),
    ("colm.devlin", "Colm", "Devlin", "ABT"),
    ("yasmin.haddad", "Yasmin", "Haddad", "ABT"),
    ("walter.prokop", "Walter", "Prokop", "ABT"),
)

SECTIONS = (
    ("BIO 115", FALL_25, ("bronwen.pryce",)),
    ("BIO 201", FALL_25, ("amara.obi", "edmund.hale")),
    ("STA 110", FALL_25, ("piotr.zielinski",)),
    ("CSC 120", FALL_25, ("lena.farouk",)),
    ("NUR 210", FALL_25, ("grace.tanaka",)),
    ("PSY 105", FALL_25, ("henrik.aalto",)),
    ("ENG 102", FALL_25, ("samuel.whitfield",)),
    ("BUS 240", FALL_25, ("rosa.delgado",)),
    ("WLD 015", FALL_25, ("walter.prokop",)),
    ("CED 022", FALL_25, ("tomasz.keller",)),
    ("BIO 201", SPRING_26, ("amara.obi",)),
    ("STA 110", SPRING_26, ("piotr.zielinski", "dag.halvorsen")),
    ("CSC 120", SPRING_26, ("lena.farouk",)),
    ("CSC 235", SPRING_26, ("mei-ling.foo",)),
    ("NUR 210", SPRING_26, ("grace.tanaka", "oluchi.eze")),
    ("NUR 215", SPRING_26, ("nadia.rahimi",)),
    ("PSY 105", SPRING_26, ("ruth.ben-ami",)),
    ("ENG 102", SPRING_26, ("samuel.whitfield", "colm.devlin")),
    ("BUS 240", SPRING_26, ("yasmin.haddad",)),
    ("WLD 015", SPRING_26, ("walter.prokop",)),
    ("CED 022", SPRING_26, ("tomasz.keller",)),
    ("BIO 201", FALL_26, ("amara.obi",)),
    ("STA 110", FALL_26, ("piotr.zielinski",)),
    ("CSC 120", FALL_26, ("lena.farouk",)),
    ("NUR 210", FALL_26, ("grace.tanaka",)),
    ("ENG 102", FALL_26, ("colm.devlin",)),
    ("WLD 015", FALL_26, ("walter.prokop",)),
)

# Share of the learners, then what they take in which term.
PROGRAMMES: tuple[tuple[float, dict[str, tuple[str, ...]]], ...] = (
    (0.20, {"25F": ("BIO 201", "PSY 105"), "26S": ("NUR 210",), "26F": ("STA 110",)}),
    (0.10, {"25F": ("NUR 210",), "26S": ("NUR 215", "PSY 105")}),
    (0.08, {"25F": ("PSY 105",), "26S": ("BIO 201",), "26F": ("NUR 210",)}),
    (0.14, {"25F": ("BIO 115", "BIO 201"), "26S": ("STA 110", "ENG 102")}),
    (0.18, {"25F": ("CSC 120", "STA 110"), "26S": ("CSC 235", "ENG 102")}),
    (0.06, {"25F": ("ENG 102",), "26S": ("CSC 120",), "26F": ("STA 110",)}),
    (0.12, {"25F": ("BUS 240", "ENG 102"), "26S": ("STA 110", "CSC 120")}),
    (0.06, {"25F": ("WLD 015",), "26S": ("CED 022", "BUS 240")}),
    (0.06, {"25F": ("CED 022",), "26S": ("WLD 015",), "26F": ("ENG 102",)}),
)

CORRECTIONS = (
    Correction(
        "BIO 201", SPRING_26, "Fail", "Pass", 71, "Re-marked on appeal: a page had not been counted"
    ),
    Correction("STA 110", SPRING_26, "Fail", "Pass", 68, "Re-marked on appeal"),
    Correction(
        "CSC 120", SPRING_26, "Pass", "Fail", 22, "The mark was another learner's, now put right"
    ),
    Correction("NUR 210", SPRING_26, "", "Pass", 84, "Examined late, after illness"),
)
