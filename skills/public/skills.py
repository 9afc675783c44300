"""A page for each skill, the retired ones too: what it says, has said, and what replaced it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from skills.models import Competency, Rubric, Skill, SkillWording
from skills.public import answers, words
from skills.public.credits import credit
from skills.services import exports, frameworks, hierarchy, identities, neighbours
from skills.services.uses import Teller, nobody
from skills.writers import case, rsd

CFITEM = "application/json"
DESCRIPTOR = "application/ld+json"
CHILDREN_SHOWN = 100
# Kinds of links that lead away, and whether to something that is not held.
_TOLD_ELSEWHERE = {("replacedBy", False), ("isChildOf", True)}


@login_not_required
@require_safe
def skill(request: HttpRequest, uuid: UUID, uses: Teller = nobody) -> HttpResponse:
    """What issued credentials lead to: it answers for as long as the service does.

    A page for people; a Rich Skill Descriptor or a CASE CFItem for those who would rather.
    `uses` tells what the rest of the house does with the skill.
    """
    found = _found(uuid)
    wanted = answers.preferred(request, DESCRIPTOR, CFITEM)
    if wanted:
        return answers.varies(_as_data(request, found, wanted))
    page = render_to_string("skills/skill.html", _context(request, found, uses), request)
    return answers.varies(answers.page(request, page))


@login_not_required
@require_safe
def cf_item(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The skill as a CASE CFItem."""
    return _as_data(request, _found(uuid), CFITEM)


@login_not_required
@require_safe
def descriptor(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The skill as a Rich Skill Descriptor."""
    return _as_data(request, _found(uuid), DESCRIPTOR)


def _found(uuid: UUID) -> Skill:
    return get_object_or_404(Skill.objects.select_related("framework"), uuid=uuid)


def _as_data(request: HttpRequest, found: Skill, content_type: str) -> HttpResponse:
    record, framework = exports.skill(found), exports.framework(found.framework)
    if content_type == CFITEM:
        link = case.link(framework.identifier, framework.uri, framework.title)
        return answers.document(request, case.item(record, document=link))
    rows = exports.associations_of(found.framework).filter(origin=found).order_by("pk")
    links = [exports.association(row, found.framework) for row in rows[: hierarchy.MOST]]
    value = rsd.descriptor(record, framework, links)
    return answers.document(request, value, content_type=DESCRIPTOR)


def _context(request: HttpRequest, found: Skill, uses: Teller) -> dict[str, Any]:
    children = Paginator(hierarchy.below(found), CHILDREN_SHOWN)
    return {
        "skill": found,
        "above": hierarchy.above(found),
        "below": children.get_page(request.GET.get("page")),
        "elsewhere": list(_elsewhere(found)),
        "related": [
            {"relation": words.of(link.kind, leads_away=link.leads_away), "skill": link.skill}
            for link in hierarchy.beside(found)
        ],
        "successors": frameworks.successors([found]).get(found.pk, []),
        "former": _former(found),
        "competency": _competency(found),
        "criteria": _criteria(found),
        "uses": uses(found),
        "credit": credit(found.framework),
        "source": _source(found),
    }


def _elsewhere(found: Skill) -> Iterator[dict[str, Any]]:
    """Its neighbours in other frameworks; what replaced it has its own place on the page.

    Nor is a parent told of that is not held: mostly it is the framework by another address.
    """
    for one in neighbours.of([found])[found.pk][: hierarchy.MOST]:
        if one.leads_away and (one.kind, one.skill is None) in _TOLD_ELSEWHERE:
            continue
        yield {
            "relation": words.of(one.kind, leads_away=one.leads_away),
            "skill": one.skill,
            "title": one.title,
            "address": one.uri if identities.is_web(one.uri) else "",
            "through": one.through,
            "notes": one.link.notes,
        }


def _source(found: Skill) -> str:
    """Where else it is published, if one can go there; this page is no source of itself."""
    is_here = found.uri == identities.address(found.uuid)
    return found.uri if identities.is_web(found.uri) and not is_here else ""


def _former(found: Skill) -> list[SkillWording]:
    """What it said before in other words, the latest first; retiring it changed none."""
    ended = found.wordings.exclude(ended_at=None).order_by("-began_at")
    return [
        each for each in ended if (each.label, each.statement) != (found.label, found.statement)
    ]


def _competency(found: Skill) -> Competency | None:
    """What it is made of, where it is a competency of our own."""
    published = found.competencies.filter(state=Competency.State.PUBLISHED)
    return published.prefetch_related("components__skill").first()


def _criteria(found: Skill) -> list[dict[str, Any]]:
    """By what it is judged, each criterion with its levels."""
    rubrics = Rubric.objects.about(found.identifier).filter(framework=found.framework)
    return [
        one
        for rubric in rubrics
        for one in rubric.criteria
        if one["skill"] == found.identifier and one["levels"]
    ]
