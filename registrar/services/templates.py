"""Draft what a credential says, have a second person approve it, and publish it."""

import re
import uuid
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from issuer.errors import ReasonMissing, SamePerson, WrongState
from issuer.models import LedgerEntry
from issuer.services import achievements, ledger
from issuer.vc import classes, openbadges, vocabularies
from issuer.vc.errors import ForbiddenValue, VcError
from issuer.vc.lint import college
from issuer.vc.stated import Stated
from registrar import rules
from registrar.errors import CodeTaken, Incomplete
from registrar.models import CredentialTemplate, OrganizationUnit, Revision, RevisionSkill
from registrar.services import roles, rule_names, seals
from skills.models import Skill
from skills.services import identities

State = Revision.State

WORDING = (
    "name",
    "description",
    "criteria",
    "achievement_type",
    "human_code",
    "language",
    "credits",
    "image",
    "result_descriptions",
    "includes_name",
    "status_purpose",
    "rule",
    "awarding",
)
# What can't be seen: C0 and DEL here, and what lint refuses.
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_ONE_LINE = ("name", "human_code", "language")
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
# What Python raises for values of a shape that nobody thought of.
_WRONG_SHAPE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@transaction.atomic
def draft(
    slug: str,
    *,
    unit: OrganizationUnit,
    by: User,
    skills: Iterable[Skill] = (),
    **wording: Any,
) -> Revision:
    """Begin a new template; its first revision is a draft. `wording` are the fields in WORDING.

    A result description without an id gets one, which it keeps in all later revisions.
    Raises CodeTaken if there is a template of that short name.
    """
    roles.demand(by, "registrar.draft_revision", unit=unit)
    try:
        with transaction.atomic():
            template = CredentialTemplate.objects.create(slug=slug, unit=unit)
    except IntegrityError:
        raise CodeTaken("There is a template of this short name. Choose another.") from None
    revision = Revision.objects.create(template=template, number=1, author=by, **_settled(wording))
    _attest(revision, skills)
    _note("drafted", revision, by=by)
    return revision


@transaction.atomic
def revise(template: CredentialTemplate, *, by: User) -> Revision:
    """Begin the next revision as a copy of the newest one.

    Raises WrongState while another revision is being drafted or waits for approval.
    """
    roles.demand(by, "registrar.draft_revision", unit=template.unit)
    # Locked, because two revisions begun at the same moment would get the same number.
    CredentialTemplate.objects.select_for_update().get(pk=template.pk)
    if template.revisions.filter(state__in=[State.DRAFT, State.SUBMITTED]).exists():
        raise WrongState("There is a revision in work already. Finish that one first.")
    newest = template.revisions.latest("number")
    wording = {field: getattr(newest, field) for field in WORDING}
    revision = Revision.objects.create(
        template=template, number=newest.number + 1, author=by, **wording
    )
    _attest(revision, newest.skills.all())
    _note("drafted", revision, by=by)
    return revision


@transaction.atomic
def edit(
    revision: Revision, *, by: User, skills: Iterable[Skill] | None = None, **wording: Any
) -> Revision:
    """Change a draft. Raises WrongState once it has been submitted.

    Whoever has edited a draft counts as one of its authors and cannot approve it.
    """
    roles.demand(by, "registrar.draft_revision", unit=revision.template.unit)
    # The state is set to itself, so that an edit without wording is refused like any other.
    changed = Revision.objects.filter(pk=revision.pk, state=State.DRAFT).update(
        state=State.DRAFT, **_settled(wording)
    )
    if not changed:
        raise WrongState
    if skills is not None:
        _attest(revision, skills)
    revision.refresh_from_db()
    _note("edited", revision, by=by)
    return revision


@transaction.atomic
def submit(revision: Revision, *, by: User) -> Revision:
    """Hand a draft in for approval. Raises Incomplete, which names all that is missing."""
    roles.demand(by, "registrar.draft_revision", unit=revision.template.unit)
    _move(revision, State.DRAFT, State.SUBMITTED, submitted_at=Now())
    if gaps := missing(revision):
        raise Incomplete(gaps)
    _note("submitted", revision, by=by)
    return revision


@transaction.atomic
def send_back(revision: Revision, *, by: User, reason: str) -> Revision:
    """Make a submitted revision a draft again, and tell its author why."""
    roles.demand(by, "registrar.approve_revision", unit=revision.template.unit)
    if not reason.strip():
        raise ReasonMissing
    _move(revision, State.SUBMITTED, State.DRAFT, submitted_at=None)
    _note("sent_back", revision, by=by, reason=reason)
    return revision


@transaction.atomic
def approve(revision: Revision, *, by: User) -> Revision:
    """Approve what a colleague wrote, and publish it as an Open Badges Achievement.

    1. Refuse everyone who drafted, edited or submitted it, whatever their rights.
    2. Publish the Achievement.
    3. Retire the revision that was approved before; its awards keep it.
    4. Approve this one. From now on it never changes.
    """
    roles.demand(by, "registrar.approve_revision", unit=revision.template.unit)
    # Locked, because what is published must be what is approved.
    revision = Revision.objects.select_for_update().get(pk=revision.pk)
    if by.pk == revision.author_id or _has_written(by, revision):
        raise SamePerson("Whoever wrote it cannot approve it. Ask a second person.")
    if revision.state != State.SUBMITTED:
        raise WrongState
    if gaps := missing(revision):
        raise Incomplete(gaps)
    achievement = achievements.publish(
        lambda url: _achievement(revision, url), image=seal(revision)
    )
    for former in revision.template.revisions.filter(state=State.APPROVED):
        _move(former, State.APPROVED, State.RETIRED, retired_at=Now())
        _note("retired", former, by=by, reason=f"Revision {revision.number} takes its place")
    _move(
        revision,
        State.SUBMITTED,
        State.APPROVED,
        approved_by=by,
        approved_at=Now(),
        achievement=achievement,
    )
    _note("approved", revision, by=by, details={"achievement": str(achievement.pk)})
    return revision


@transaction.atomic
def retire(revision: Revision, *, by: User, reason: str) -> Revision:
    """Stop awarding by an approved revision. What was awarded by it stays as it is."""
    roles.demand(by, "registrar.approve_revision", unit=revision.template.unit)
    if not reason.strip():
        raise ReasonMissing
    _move(revision, State.APPROVED, State.RETIRED, retired_at=Now())
    _note("retired", revision, by=by, reason=reason)
    return revision


def preview(revision: Revision) -> openbadges.Achievement:
    """What is published, or would be if the revision were approved as it stands.

    Raises ForbiddenValue while something in it is unsound; `missing` says what.
    """
    if revision.achievement is not None:
        return openbadges.Achievement.from_json(revision.achievement.document)
    try:
        return _achievement(revision, f"{settings.BASE_URL}/achievements/{uuid.UUID(int=0)}")
    except _WRONG_SHAPE as problem:
        raise ForbiddenValue(f"Something in it has another shape ({problem}).") from problem


def seal(revision: Revision) -> str:
    """The SVG text of its image: its own, or the seal drawn from its name."""
    return revision.image or seals.draw(revision.name)


def missing(revision: Revision) -> list[str]:
    """Return what a revision still lacks before it can be submitted; nothing if it is complete."""
    gaps = [
        words
        for field, words in {
            "name": "a name",
            "description": "a description",
            "criteria": "the criteria",
        }.items()
        if not getattr(revision, field).strip()
    ]
    if not vocabularies.is_term(revision.achievement_type, vocabularies.ACHIEVEMENT_TYPES):
        gaps.append("an achievement type that Open Badges knows")
    gaps += [
        *_character_gaps(revision),
        *_rule_gaps(revision),
        *_result_gaps(revision),
        *_image_gaps(revision),
        *(
            f"a current skill in place of {skill}"
            for skill in _skills(revision)
            if skill.retired_at
        ),
    ]
    return gaps or _achievement_gaps(revision)


def _settled(wording: dict[str, Any]) -> dict[str, Any]:
    unknown = set(wording) - set(WORDING)
    if unknown:
        raise TypeError(f"A revision has no {', '.join(sorted(unknown))}.")
    if "result_descriptions" in wording:
        wording["result_descriptions"] = [
            {**described, "id": described.get("id") or uuid.uuid4().urn}
            for described in wording["result_descriptions"]
        ]
    return wording


def _attest(revision: Revision, skills: Iterable[Skill]) -> None:
    revision.attested.all().delete()
    RevisionSkill.objects.bulk_create(
        RevisionSkill(revision=revision, skill=skill) for skill in dict.fromkeys(skills)
    )


def _move(revision: Revision, old: str, new: str, **fields: Any) -> None:
    moved = Revision.objects.filter(pk=revision.pk, state=old).update(state=new, **fields)
    if not moved:
        raise WrongState
    revision.refresh_from_db()


def _note(
    act: str,
    revision: Revision,
    *,
    by: User,
    reason: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    named = {"template": str(revision.template_id), "number": revision.number}
    ledger.append(
        f"revision.{act}", revision, by=by, reason=reason, details=named | (details or {})
    )


def _has_written(person: User, revision: Revision) -> bool:
    return LedgerEntry.objects.filter(
        subject=f"{revision._meta.label_lower}:{revision.pk}",
        act__in=[f"revision.{act}" for act in ("drafted", "edited", "submitted")],
        user=person,
    ).exists()


def _skills(revision: Revision) -> list[Skill]:
    attested = revision.attested.select_related("skill__framework").order_by("pk")
    return [each.skill for each in attested]


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
        if problem := _result_problem(described):
            name = described.get("name") or "without a name"
            gaps.append(f"a sound description of the result {name} ({problem})")
    return gaps


def _result_problem(described: dict[str, Any]) -> str:
    stated = {
        member: described[field]
        for field, member in _DESCRIBED.items()
        if described.get(field) is not None
    }
    faults = _faults({"type": ["ResultDescription"], **stated}, openbadges.ResultDescription)
    if faults:
        return faults
    texts = [described["name"], described["result_type"], *(described.get("allowed_value") or ())]
    if any(map(_is_treacherous, texts)):
        return "a control character"
    if not _is_source(described.get("source")):
        return "source: This must name a course and a category."
    try:
        _result_description(described)
    except (VcError, *_WRONG_SHAPE) as problem:
        return str(problem)
    return ""


def _is_source(source: Any) -> bool:
    """Where values come from: nowhere, or a category of results in a course."""
    if not source:
        return True
    return isinstance(source, dict) and all(
        isinstance(source.get(member), str) for member in ("course", "category")
    )


def _achievement_gaps(revision: Revision) -> list[str]:
    try:
        faults = _faults(preview(revision).as_json(), openbadges.Achievement)
    except (VcError, *_WRONG_SHAPE) as problem:
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
    if not revision.image or _is_svg(revision.image):
        return []
    return ["an image that is SVG text, without a document type"]


def _is_svg(text: str) -> bool:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return False
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no entities, so nothing expands
    except ElementTree.ParseError:
        return False
    return root.tag.rpartition("}")[2] == "svg"


def _achievement(revision: Revision, url: str) -> openbadges.Achievement:
    return openbadges.Achievement(
        id=url,
        alignment=tuple(_alignment(skill) for skill in _skills(revision)),
        achievement_type=revision.achievement_type,
        credits_available=revision.credits,
        # An id of its own: with that of the achievement the two would be one node in RDF.
        criteria=openbadges.Criteria(id=f"{url}#criteria", narrative=revision.criteria),
        description=revision.description,
        human_code=revision.human_code or None,
        image=openbadges.Image(id=f"{url}/image.svg", caption=f"Seal of {revision.name}"),
        in_language=revision.language,
        name=revision.name,
        result_description=tuple(map(_result_description, revision.result_descriptions)),
        version=str(revision.number),
    )


def _alignment(skill: Skill) -> openbadges.Alignment:
    type_ = _target_type(skill)
    # For a CFItem the target's code is the identifier that CASE has, not the human's code.
    code = identities.of_cf_item(skill) if type_ == "CFItem" else skill.identifier
    return openbadges.Alignment(
        target_code=code,
        target_description=skill.statement if skill.label else None,
        target_framework=skill.framework.title,
        target_name=skill.name,
        target_type=type_,
        target_url=identities.public_address(skill),
    )


def _target_type(skill: Skill) -> str | None:
    """What is at the address: a CFItem at ours, at its publisher's what that one publishes."""
    is_ours = skill.framework.is_own or identities.public_address(skill) != skill.uri
    if is_ours or skill.framework.case_version:
        return "CFItem"
    return "ceasn:Competency" if skill.identifier.startswith("ce-") else None


def _result_description(described: dict[str, Any]) -> openbadges.ResultDescription:
    return openbadges.ResultDescription(
        id=described["id"],
        allowed_value=tuple(described.get("allowed_value") or ()),
        name=described["name"],
        required_value=described.get("required_value"),
        result_type=described["result_type"],
        value_max=described.get("value_max"),
        value_min=described.get("value_min"),
    )
