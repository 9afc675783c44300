"""Names that colleges share: NACE's career readiness and AAC&U's VALUE rubrics.

Names and links alone: what stands under them belongs to their publishers, and the statements
that a college makes of them are its own.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from skills.readers import identifiers
from skills.readers.records import AssociationRecord, FrameworkRecord, Package, SkillRecord

_NACE: Final = FrameworkRecord(
    identifier="https://www.naceweb.org/career-readiness/competencies",
    uri="https://www.naceweb.org/career-readiness/competencies",
    official_url="https://www.naceweb.org/career-readiness/competencies",
    title="NACE career readiness competencies",
    creator="National Association of Colleges and Employers",
    description="The names alone; what they mean is said by their publisher.",
    language="en",
)
_VALUE: Final = FrameworkRecord(
    identifier="https://www.aacu.org/initiatives/value",
    uri="https://www.aacu.org/initiatives/value",
    official_url="https://www.aacu.org/initiatives/value",
    title="AAC&U VALUE rubrics",
    creator="American Association of Colleges and Universities",
    description="The names of the rubrics alone; their text is their publisher's.",
    language="en",
)
_NAMES: Final[Sequence[tuple[FrameworkRecord, Sequence[str]]]] = (
    (
        _NACE,
        (
            "Career & Self-Development",
            "Communication",
            "Critical Thinking",
            "Equity & Inclusion",
            "Leadership",
            "Professionalism",
            "Teamwork",
            "Technology",
        ),
    ),
    (
        _VALUE,
        (
            "Inquiry and Analysis",
            "Critical Thinking",
            "Creative Thinking",
            "Written Communication",
            "Oral Communication",
            "Reading",
            "Quantitative Literacy",
            "Information Literacy",
            "Teamwork",
            "Problem Solving",
            "Civic Engagement",
            "Intercultural Knowledge and Competence",
            "Ethical Reasoning",
            "Foundations and Skills for Lifelong Learning",
            "Global Learning",
            "Integrative and Applied Learning",
        ),
    ),
)


def packages() -> Iterator[Package]:
    """Each list as a framework of competencies, the same every time."""
    for framework, names in _NAMES:
        skills = [
            SkillRecord(
                identifier=identifiers.made_of("name", framework.identifier, name),
                # It has no address of its own at its publisher's, so it gets one here.
                uri="",
                statement=name,
                kind="competency",
                language="en",
            )
            for name in names
        ]
        links = [
            AssociationRecord(
                identifier=identifiers.made_of("link", framework.identifier, skill.statement),
                type="isChildOf",
                origin=skill.identifier,
                destination=framework.identifier,
                destination_uri=framework.uri,
                sequence=number,
            )
            for number, skill in enumerate(skills, 1)
        ]
        yield Package(framework=framework, skills=skills, associations=links)
