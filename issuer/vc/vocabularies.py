"""The words that Open Badges 3.0 and CLR 2.0 allow in one place or another."""

from __future__ import annotations

import re

ACHIEVEMENT_TYPES = frozenset(
    """
    Achievement ApprenticeshipCertificate Assessment Assignment AssociateDegree Award Badge
    BachelorDegree Certificate CertificateOfCompletion Certification CommunityService Competency
    Course CoCurricular Degree Diploma DoctoralDegree Fieldwork GeneralEducationDevelopment
    JourneymanCertificate LearningProgram License Membership ProfessionalDoctorate
    QualityAssuranceCredential MasterCertificate MasterDegree MicroCredential ResearchDoctorate
    SecondarySchoolDiploma
    """.split()
)
TARGET_TYPES = frozenset(
    """
    ceasn:Competency ceterms:Credential CFItem CFRubric CFRubricCriterion CFRubricCriterionLevel
    CTDL
    """.split()
)
RESULT_TYPES = frozenset(
    """
    GradePointAverage LetterGrade Percent PerformanceLevel PredictedScore RawScore Result
    RubricCriterion RubricCriterionLevel RubricScore ScaledScore Status
    """.split()
)
RESULT_STATUSES = frozenset(
    "Completed Enrolled Failed InProgress OnHold Provisional Withdrew".split()
)
IDENTIFIER_TYPES = frozenset(
    """
    name sourcedId systemId productId userName accountId emailAddress nationalIdentityNumber isbn
    issn lisSourcedId oneRosterSourcedId sisSourcedId ltiContextId ltiDeploymentId ltiToolId
    ltiPlatformId ltiUserId identifier
    """.split()
)
ASSOCIATION_TYPES = frozenset(
    """
    exactMatchOf isChildOf isParentOf isPartOf isPeerOf isRelatedTo precedes replacedBy
    """.split()
)

_CLOSED = (RESULT_STATUSES, ASSOCIATION_TYPES)
_EXTENSION = re.compile(r"ext:[A-Za-z0-9._-]+")


def is_term(value: object, vocabulary: frozenset[str]) -> bool:
    """Tell whether the value is of the vocabulary, or extends it by `ext:`.

    The statuses of results and the types of associations cannot be extended.
    """
    if not isinstance(value, str):
        return False
    if value in vocabulary:
        return True
    return vocabulary not in _CLOSED and _EXTENSION.fullmatch(value) is not None
