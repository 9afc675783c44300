"""What a revision still lacks before it can be submitted."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from issuer.vc import classes, openbadges, vocabularies
from issuer.vc.errors import VcError
from issuer.vc.lint import college
from issuer.vc.stated import Stated
from registrar import rules
from registrar.errors import Gap
from registrar.models import Revision
from registrar.readers import images
from registrar.services.deciding import result_levels, rule_doubts, rule_names
from registrar.services.drafting import alike_names, publication

# Of a name in a rule that leads nowhere.
UNKNOWN: Final = "unknown_reference"
TO_BE_KNOWN: Final = "Correct it, or add to the catalogue first what it names."
_TO_BE_MET: Final = "Correct it, unless it is to come."
_TO_BE_TOLD: Final = "Name it so that nobody takes one for the other."
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


_STATED = {
    "name": "a name",
    "description": "a description",
    "criteria": "the criteria",
    "assessment": "how it is assessed",
}


def missing(revision: Revision) -> list[Gap]:
    """Return what a revision still lacks before it can be submitted; nothing if it is complete."""
    gaps = [
        Gap(f"/{field}", "required", words, "Fill it in.")
        for field, words in _STATED.items()
        if not getattr(revision, field).strip()
    ]
    if not vocabularies.is_term(revision.achievement_type, vocabularies.ACHIEVEMENT_TYPES):
        needs = "an achievement type that Open Badges knows"
        gaps.append(Gap("/achievement_type", "bad_word", needs, "Choose one of its words."))
    gaps += [
        *_unstated(revision),
        *_character_gaps(revision),
        *_rule_gaps(revision),
        *_result_gaps(revision),
        *_image_gaps(revision),
        *_pilot_gaps(revision),
        *(
            Gap(
                f"/skills/{place}/skill",
                "retired",
                f"a current skill in place of {skill}",
                "Choose another, or leave it out.",
            )
            for place, skill in enumerate(publication.skills(revision))
            if skill.retired_at
        ),
    ]
    return gaps or _achievement_gaps(revision)


class Note(NamedTuple):
    """What is worth a look, where it stands (a JSON Pointer), and what to do about it."""

    pointer: str
    code: str
    reason: str
    remedy: str


def notes(revision: Revision) -> list[Note]:
    """Whose name reads alike; what of its rule leads nowhere so far, or nobody seems to meet."""
    alike = [Note("/name", "reads_alike", each, _TO_BE_TOLD) for each in alike_names.of(revision)]
    try:
        rule = rules.parse(revision.rule)
    except rules.InvalidRule:
        return alike
    return [
        *alike,
        *(
            Note(f"/rule{each.pointer}", UNKNOWN, each.reason, TO_BE_KNOWN)
            for each in rule_names.unknown(rule)
        ),
        *(
            Note(f"/rule{each.pointer}", "never_met", each.reason, _TO_BE_MET)
            for each in rule_doubts.of(rule)
        ),
    ]


def _unstated(revision: Revision) -> Iterator[Gap]:
    """Skills and effort are stated, unless it says in public why they are not."""
    if revision.not_stated_because.strip():
        return
    remedy = "Say them, or say in public why they are not stated (not_stated_because)."
    if not revision.attested.exists():
        yield Gap("/skills", "required", "the skills that it shows", remedy)
    if not revision.hours and not publication.credits_available(revision):
        yield Gap("/hours", "required", "the effort in hours or credits", remedy)


def _pilot_gaps(revision: Revision) -> Iterator[Gap]:
    """One revision awards at a time: a pilot would end what is approved for the college."""
    if revision.pilot_unit_id is None:
        return
    others = revision.template.revisions.exclude(pk=revision.pk)
    approved = others.filter(state=Revision.State.APPROVED, pilot_unit=None).first()
    if approved is not None:
        yield Gap(
            "/pilot_unit",
            "ends_approved",
            f"to be no pilot: revision {approved.number} is approved for the whole college, and "
            "one revision of a template awards at a time",
            "Choose no pilot here, or begin a template of its own for the pilot.",
        )


def _rule_gaps(revision: Revision) -> Iterator[Gap]:
    if revision.rule is None:
        if revision.awarding == Revision.Awarding.AUTOMATIC:
            needs = "an award rule, as it is awarded by itself"
            yield Gap("/rule", "required", needs, "Build one, or let people decide on its awards.")
        return
    try:
        rule = rules.parse(revision.rule)
    except rules.InvalidRule as error:
        for each in error.problems:
            where = f"at {each.pointer or 'the top'}: {each.reason.rstrip('.')}"
            yield Gap(f"/rule{each.pointer}", each.code, f"a sound award rule ({where})", each.fix)
        return
    for name in rule_names.unknown(rule):
        yield Gap(f"/rule{name.pointer}", UNKNOWN, name.needs, TO_BE_KNOWN)
    for place, leaf in rules.places(rule):
        if leaf.about == "credential" and leaf.target == revision.template.slug:
            needs = "a rule that does not ask for this same credential"
            yield Gap(f"/rule{place}/template", "circle", needs, "Leave this condition out.")


def _result_gaps(revision: Revision) -> Iterator[Gap]:
    for place, described in enumerate(revision.result_descriptions):
        if problem := result_problem(described):
            name = described.get("name") or "without a name"
            needs = f"a sound description of the result {name} ({problem})"
            yield Gap(f"/result_descriptions/{place}", "unsound", needs, "Correct it.")


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


def _achievement_gaps(revision: Revision) -> list[Gap]:
    try:
        faults = _faults(publication.preview(revision).as_json(), openbadges.Achievement)
    except (VcError, *publication.WRONG_SHAPE) as problem:
        faults = str(problem)
    needs = f"wording that can be published ({faults})"
    return [Gap("", "unsound", needs, "Correct what it names.")] if faults else []


def _faults(document: dict[str, Any], class_: type[Stated]) -> str:
    found = [*classes.problems(document, class_, ""), *college.misleading(document, "")]
    return " ".join(f"{fault.pointer.lstrip('/')}: {fault.message}" for fault in found)


def _character_gaps(revision: Revision) -> list[Gap]:
    """Characters that make a text read as something else; line ends and tabs may be in long ones.

    Embeddings are refused with the overrides: `dir="auto"` does without them.
    """
    texts = {field: getattr(revision, field) for field in _ONE_LINE}
    texts |= {field: re.sub(r"[\t\r\n]", " ", getattr(revision, field)) for field in _MANY_LINES}
    return [
        Gap(
            f"/{field}",
            "control_character",
            f"a {field.replace('_', ' ')} without control characters",
            "Write it anew.",
        )
        for field, text in texts.items()
        if _is_treacherous(text)
    ]


def _is_treacherous(text: str) -> bool:
    return bool(_CONTROL.search(text) or college.MISLEADING.search(text))


def _image_gaps(revision: Revision) -> Iterator[Gap]:
    if not revision.image:
        return
    if not revision.image_alternative.strip():
        needs = "words for those who do not see its image"
        yield Gap("/image_alternative", "required", needs, "Say what it shows.")
    if problem := images.problem(revision.image):
        needs = f"an image that is sound SVG text ({problem.rstrip('.')})"
        yield Gap("/image", "unsound", needs, "Choose another, or have one drawn.")
