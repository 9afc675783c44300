"""How a revision is published: as an Open Badges Achievement with a picture."""

import uuid
from decimal import Decimal
from typing import Any

from django.conf import settings

from issuer.services import institutions
from issuer.vc import openbadges
from issuer.vc.errors import ForbiddenValue
from registrar.models import Revision
from registrar.services.deciding import result_levels
from registrar.services.drafting import credential_facts, seals
from skills.models import Skill
from skills.services import identities

# What Python raises for values of a shape that nobody thought of.
WRONG_SHAPE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def preview(revision: Revision) -> openbadges.Achievement:
    """What is published, or would be if the revision were approved as it stands.

    Raises ForbiddenValue while something in it is unsound; `readiness.missing` says what.
    """
    if revision.achievement is not None:
        return openbadges.Achievement.from_json(revision.achievement.document)
    try:
        return achievement(revision, f"{settings.BASE_URL}/achievements/{uuid.UUID(int=0)}")
    except WRONG_SHAPE as problem:
        raise ForbiddenValue(f"Something in it has another shape ({problem}).") from problem


def seal(revision: Revision) -> str:
    """The SVG text of its image: its own, or drawn from its name; marked in a pilot or sandbox."""
    picture = revision.image or seals.draw(revision.name)
    if institutions.is_sandbox():
        return seals.mark(picture, "Sandbox")
    return seals.mark(picture, "Pilot") if revision.pilot_unit_id else picture


def name(revision: Revision, *, is_sandbox: bool) -> str:
    """What its credentials are called; a pilot says so, and a sandbox."""
    name = f"{revision.name} (pilot)" if revision.pilot_unit_id else revision.name
    return institutions.marked(name) if is_sandbox else name


def achievement(revision: Revision, url: str) -> openbadges.Achievement:
    """What it says as an Achievement at this address; the criteria end with its single facts."""
    return openbadges.Achievement(
        id=url,
        alignment=tuple(_alignment(skill) for skill in skills(revision)),
        achievement_type=revision.achievement_type,
        credits_available=credits_available(revision),
        # An id of its own: with that of the achievement the two would be one node in RDF.
        criteria=openbadges.Criteria(id=f"{url}#criteria", narrative=_narrative(revision)),
        description=revision.description,
        human_code=revision.human_code or None,
        image=openbadges.Image(id=f"{url}/image.svg", caption=_caption(revision)),
        in_language=revision.language,
        name=name(revision, is_sandbox=institutions.is_sandbox()),
        result_description=tuple(map(result_description, revision.result_descriptions)),
        version=str(revision.number),
    )


def credits_available(revision: Revision) -> Decimal | None:
    """The credits that can be earned with it; None without credit."""
    return None if revision.credit == Revision.Credit.NON_CREDIT else revision.credits


def credits_earned(revision: Revision) -> Decimal | None:
    """The credits that everybody earns with it; None where it is given with or without them."""
    is_choice = revision.credit == Revision.Credit.BOTH
    return None if is_choice else credits_available(revision)


def skills(revision: Revision) -> list[Skill]:
    """The skills that it attests, in their order."""
    attested = revision.attested.select_related("skill__framework").order_by("pk")
    return [each.skill for each in attested]


def _narrative(revision: Revision) -> str:
    facts = credential_facts.paragraph(revision)
    return f"{revision.criteria.rstrip()}\n\n{facts}" if facts else revision.criteria


def _caption(revision: Revision) -> str:
    drawn = f"Seal of {revision.name}"
    return (revision.image and revision.image_alternative) or drawn


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


def result_description(described: dict[str, Any]) -> openbadges.ResultDescription:
    """One of the results that its credentials carry."""
    levels, needed = result_levels.levels(described), described.get("required_value")
    return openbadges.ResultDescription(
        id=described["id"],
        allowed_value=tuple(described.get("allowed_value") or ()),
        name=described["name"],
        required_level=_level_address(described, needed) if levels and needed else None,
        required_value=None if levels else needed,
        result_type=described["result_type"],
        rubric_criterion_level=tuple(_level(described, level) for level in levels),
        value_max=described.get("value_max"),
        value_min=described.get("value_min"),
    )


def _level(described: dict[str, Any], level: dict[str, str]) -> openbadges.RubricCriterionLevel:
    return openbadges.RubricCriterionLevel(
        id=_level_address(described, level["name"]),
        name=level["name"],
        description=level.get("description") or None,
        points=level.get("points") or None,
    )


def _level_address(described: dict[str, Any], word: str) -> str:
    address = result_levels.address(described, word)
    if address is None:
        raise ForbiddenValue(f"{described['name']}: {word!r} is none of its levels.")
    return address
