"""What a revision still lacks before it can be submitted."""

import re
from typing import Any

from issuer.vc import classes, openbadges, vocabularies
from issuer.vc.errors import VcError
from issuer.vc.lint import college
from issuer.vc.stated import Stated
from registrar import rules
from registrar.models import Revision
from registrar.readers import images
from registrar.services.deciding import result_levels, rule_names
from registrar.services.drafting import publication

# What can't be seen: C0 and DEL here, and what lint refuses.
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_ONE_LINE = (
    "name",
    "human_code",
    "language",
    "credit_unit",
    "level",
    "renewal",
    "not_stated_because",
    "image_alternative",
)
_MANY_LINES = ("description", "criteria")
_DESCRIBED = {
    "id": "id",
    "name": "name",
    "result_type": "resultType",
    "allowed_value": "allowedValue",
    "required_value": "requiredValue",
    "value_max": "valueMax",
    "value_min": "valueMin",
}
# What the description of a result may state.
RESULT_MEMBERS = frozenset({*_DESCRIBED, "levels", "source"})


def missing(revision: Revision) -> list[str]:
    """Return what a revision still lacks before it can be submitted; nothing if it is complete."""
    gaps = [
        words
        for field, words in {
            "name": "a name",
            "description": "a description",
            "criteria": "the criteria",
            "assessment": "how it is assessed",
        }.items()
        if not getattr(revision, field).strip()
    ]
    if not vocabularies.is_term(revision.achievement_type, vocabularies.ACHIEVEMENT_TYPES):
        gaps.append("an achievement type that Open Badges knows")
    gaps += [
        *_unstated(revision),
        *_character_gaps(revision),
        *_rule_gaps(revision),
        *_result_gaps(revision),
        *_image_gaps(revision),
        *_pilot_gaps(revision),
        *(
            f"a current skill in place of {skill}"
            for skill in publication.skills(revision)
            if skill.retired_at
        ),
    ]
    return gaps or _achievement_gaps(revision)


def _unstated(revision: Revision) -> list[str]:
    """Skills and effort are stated, unless it says in public why they are not."""
    if revision.not_stated_because.strip():
        return []
    gaps = []
    if not revision.attested.exists():
        gaps.append("the skills that it shows")
    if not revision.hours and not publication.credits_available(revision):
        gaps.append("the effort in hours or credits")
    return gaps


def _pilot_gaps(revision: Revision) -> list[str]:
    """One revision awards at a time: a pilot would end what is approved for the college."""
    if revision.pilot_unit_id is None:
        return []
    others = revision.template.revisions.exclude(pk=revision.pk)
    approved = others.filter(state=Revision.State.APPROVED, pilot_unit=None).first()
    if approved is None:
        return []
    return [
        f"a template of its own, as it is a pilot: revision {approved.number} is approved for the "
        "whole college and would end with it. Begin a template for the pilot, or choose no pilot"
    ]


def _rule_gaps(revision: Revision) -> list[str]:
    if revision.rule is None:
        by_itself = revision.awarding == Revision.Awarding.AUTOMATIC
        return ["an award rule, as it is awarded by itself"] if by_itself else []
    try:
        rule = rules.parse(revision.rule)
    except rules.InvalidRule as problem:
        return [f"a sound award rule ({problem})"]
    gaps = [f"{name} in the catalogue" for name in rule_names.unknown(rule)]
    if revision.template.slug in rule_names.targets(rule, "credential"):
        gaps.append("a rule that does not ask for this same credential")
    return gaps


def _result_gaps(revision: Revision) -> list[str]:
    gaps = []
    for described in revision.result_descriptions:
        if problem := result_problem(described):
            name = described.get("name") or "without a name"
            gaps.append(f"a sound description of the result {name} ({problem})")
    return gaps


def result_problem(described: dict[str, Any]) -> str:
    """What is wrong with the description of a result; blank for nothing."""
    if unknown := sorted(set(described) - RESULT_MEMBERS):
        return f"{unknown[0]}: There is no such member."
    stated = {
        member: described[field]
        for field, member in _DESCRIBED.items()
        if described.get(field) is not None
    }
    faults = _faults({"type": ["ResultDescription"], **stated}, openbadges.ResultDescription)
    if faults:
        return faults
    if problem := result_levels.problem(described):
        return problem
    texts = [described["name"], described["result_type"], *result_levels.words(described)]
    texts += [level.get("description", "") for level in result_levels.levels(described)]
    if any(map(_is_treacherous, texts)):
        return "a control character"
    if not _is_source(described.get("source")):
        return "source: This must name a course and a kind of assessment, or an outcome."
    try:
        publication.result_description(described)
    except (VcError, *publication.WRONG_SHAPE) as problem:
        return str(problem)
    return ""


def _is_source(source: Any) -> bool:
    """Where values come from: nowhere, a category of results in a course, or an outcome."""
    if not source:
        return True
    if not isinstance(source, dict):
        return False
    if "outcome" in source:
        return isinstance(source["outcome"], str)
    return all(isinstance(source.get(member), str) for member in ("course", "category"))


def _achievement_gaps(revision: Revision) -> list[str]:
    try:
        faults = _faults(publication.preview(revision).as_json(), openbadges.Achievement)
    except (VcError, *publication.WRONG_SHAPE) as problem:
        faults = str(problem)
    return [f"wording that can be published ({faults})"] if faults else []


def _faults(document: dict[str, Any], class_: type[Stated]) -> str:
    found = [*classes.problems(document, class_, ""), *college.misleading(document, "")]
    return " ".join(f"{fault.pointer.lstrip('/')}: {fault.message}" for fault in found)


def _character_gaps(revision: Revision) -> list[str]:
    """Characters that make a text read as something else; line ends and tabs may be in long ones.

    Embeddings are refused with the overrides: `dir="auto"` does without them.
    """
    texts = {field: getattr(revision, field) for field in _ONE_LINE}
    texts |= {field: re.sub(r"[\t\r\n]", " ", getattr(revision, field)) for field in _MANY_LINES}
    return [
        f"a {field.replace('_', ' ')} without control characters"
        for field, text in texts.items()
        if _is_treacherous(text)
    ]


def _is_treacherous(text: str) -> bool:
    return bool(_CONTROL.search(text) or college.MISLEADING.search(text))


def _image_gaps(revision: Revision) -> list[str]:
    if not revision.image:
        return []
    gaps = []
    if not revision.image_alternative.strip():
        gaps.append("words for those who do not see its image")
    if problem := images.problem(revision.image):
        gaps.append(f"an image that is sound SVG text ({problem.rstrip('.')})")
    return gaps
