"""What a revision says in single facts, such as kind, credit and effort, under their names."""

from collections.abc import Iterator
from decimal import Decimal

from registrar.models import Revision, RevisionSkill

Kind = Revision.Kind

# In the order of `lines`.
NAMES = (
    *(
        "Pilot in",
        "Kind",
        "Credit",
        "Level",
        "Effort",
        "Assessment",
        "Under supervision",
        "Identity checked",
    ),
    *("Evidence", "Valid", "Renewal", "Not stated"),
)

# The type in Open Badges that a kind has unless its author chooses another.
PROPOSED_TYPES = {
    Kind.DEGREE: "Degree",
    Kind.DIPLOMA: "Diploma",
    Kind.CERTIFICATE: "Certificate",
    Kind.MICRO_CREDENTIAL: "MicroCredential",
    Kind.COURSE: "Course",
    Kind.CO_CURRICULAR: "CoCurricular",
    Kind.COMPETENCY: "Competency",
    Kind.MEMBERSHIP: "Membership",
    Kind.LICENCE_PREPARATION: "CertificateOfCompletion",
    Kind.HONOUR: "Award",
}

_ASSESSED_BY = {
    Revision.Assessment.EXAMINATION: "Assessed by an examination",
    Revision.Assessment.COURSEWORK: "Assessed by coursework",
    Revision.Assessment.MIXED: "Assessed by coursework and an examination",
    Revision.Assessment.PROJECT: "Assessed by a project or thesis",
    Revision.Assessment.PORTFOLIO: "Assessed by a portfolio",
    Revision.Assessment.PRACTICAL: "Assessed by practical work that was watched",
    Revision.Assessment.CONFIRMED: "Confirmed by somebody responsible",
    Revision.Assessment.FINAL_RESULT: (
        "Assessed by all that counts towards the course's final result"
    ),
    Revision.Assessment.PARTS: "Assessed by the assessments of the credentials that it is made of",
    Revision.Assessment.ATTENDANCE: "Given for attendance; nothing was assessed",
}
_SUPERVISION = {True: ", under supervision", False: ", without supervision", None: ""}
_IDENTITY = {
    True: "The learner's identity was checked",
    False: "The learner's identity was not checked",
    None: "",
}
_EVIDENCE = {
    Revision.Evidence.NONE: "",
    Revision.Evidence.OPTIONAL: "Evidence may stand in the credential",
    Revision.Evidence.REQUIRED: "Evidence stands in the credential",
}


def lines(revision: Revision) -> list[tuple[str, str]]:
    """The facts under their names, as the desk shows them; what is not said is left out."""
    found = (
        revision.pilot_unit.name if revision.pilot_unit else "",
        revision.get_kind_display(),
        _credit(revision),
        revision.level,
        effort(revision),
        revision.get_assessment_display(),
        _yes_or_no(revision.is_supervised),
        _yes_or_no(revision.identity_checked),
        revision.get_evidence_rule_display(),
        validity(revision),
        revision.renewal,
        revision.not_stated_because,
    )
    return [(name, value) for name, value in zip(NAMES, found, strict=True) if value]


def paragraph(revision: Revision) -> str:
    """The facts in sentences, for the end of the published criteria; nothing if none is said.

    Open Badges 3.0 has no members for them but for credits, language and the end of validity,
    which are stated there as well.
    """
    return " ".join(_sentences(revision))


def validity(revision: Revision) -> str:
    """How long its credentials are valid, in words."""
    if revision.valid_for is None:
        return "Without end"
    return f"For {revision.valid_for} {'month' if revision.valid_for == 1 else 'months'}"


def effort(revision: Revision) -> str:
    """How many hours of work it takes, in words; nothing if it does not say."""
    return f"{_number(revision.hours)} hours of work" if revision.hours else ""


def _sentences(revision: Revision) -> Iterator[str]:
    told = [
        ("Pilot: ", _pilot(revision)),
        ("", revision.get_kind_display()),
        ("", _credit(revision)),
        ("Level: ", revision.level),
        ("About ", effort(revision)),
        ("", _assessed(revision)),
        ("", _IDENTITY[revision.identity_checked]),
        ("Skills at a level: ", _skill_levels(revision)),
        ("", _EVIDENCE[Revision.Evidence(revision.evidence_rule)]),
        ("Valid ", f"{validity(revision).lower()} from the award" if revision.valid_for else ""),
        ("Renewal: ", revision.renewal),
        ("Not stated: ", revision.not_stated_because),
    ]
    for begins, said in told:
        if said:
            yield f"{begins}{said.rstrip('.')}."


def _pilot(revision: Revision) -> str:
    unit = revision.pilot_unit
    return f"this credential is tried out in {unit.name} and may change" if unit else ""


def _assessed(revision: Revision) -> str:
    if not revision.assessment:
        return ""
    return (
        _ASSESSED_BY[Revision.Assessment(revision.assessment)]
        + (_SUPERVISION[revision.is_supervised])
    )


def _credit(revision: Revision) -> str:
    words = revision.get_credit_display()
    if revision.credits is None or revision.credit == Revision.Credit.NON_CREDIT:
        return words
    value = f"{_number(revision.credits)} {revision.credit_unit or 'credits'}"
    return f"{words}: {value}" if words else value


def _skill_levels(revision: Revision) -> str:
    attested = RevisionSkill.objects.filter(revision=revision).exclude(level="")
    return ", ".join(
        f"{each.skill.name} ({each.get_level_display().lower()})"
        for each in attested.select_related("skill").order_by("pk")
    )


def _yes_or_no(value: bool | None) -> str:
    return {True: "Yes", False: "No", None: ""}[value]


def _number(value: Decimal | None) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if value and value % 1 else f"{value or 0:.0f}"
