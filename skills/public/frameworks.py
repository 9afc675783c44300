"""A page for each framework: whose it is, what is in it, and where to get it."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from skills.models import Framework
from skills.public import answers
from skills.public.credits import credit
from skills.services import exports, hierarchy
from skills.writers.formats import FORMATS, Format

TOPS_SHOWN = 100
SUFFIXES = {each.suffix: each for each in FORMATS.values()}
_BY_TYPE = {"application/json": FORMATS["case"], "application/ld+json": FORMATS["ctdl_asn"]}


@login_not_required
@require_safe
def frameworks(request: HttpRequest) -> HttpResponse:
    """All frameworks that are in use here, the college's own first."""
    current = Count("skills", filter=Q(skills__retired_at=None))
    rows = Framework.objects.annotate(size=current).filter(size__gt=0)
    rows = rows.order_by("-is_own", "title", "pk")
    context = {"frameworks": rows}
    return answers.page(request, render_to_string("skills/frameworks.html", context, request))


@login_not_required
@require_safe
def framework(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """A page for people; of our own frameworks CASE or CTDL-ASN for those who would rather."""
    found = get_object_or_404(Framework, uuid=uuid)
    wanted = answers.preferred(request, *_BY_TYPE) if found.is_own else ""
    if wanted:
        return answers.varies(_file(request, found, _BY_TYPE[wanted]))
    page = render_to_string("skills/framework.html", _context(request, found), request)
    return answers.varies(answers.page(request, page))


@login_not_required
@require_safe
def download(request: HttpRequest, uuid: UUID, suffix: str) -> HttpResponseBase:
    """A framework of our own as a file; those of others are theirs to give."""
    found = get_object_or_404(exports.own(), uuid=uuid)
    name = f"{slugify(found.title) or 'framework'}.{suffix}"
    return _file(request, found, SUFFIXES[suffix], name=name)


def _file(
    request: HttpRequest, found: Framework, format_: Format, *, name: str = ""
) -> HttpResponseBase:
    return answers.file(
        request,
        lambda: exports.file_of(found, format_.write),
        state=f"{exports.state(found)}-{format_.name}",
        content_type=format_.media_type,
        name=name,
    )


def _context(request: HttpRequest, found: Framework) -> dict[str, Any]:
    is_small = hierarchy.is_small(found)
    tops = Paginator(hierarchy.tops(found), TOPS_SHOWN)
    return {
        "framework": found,
        "size": found.skills.filter(retired_at=None).count(),
        "tree": hierarchy.tree(found) if is_small else [],
        "tops": None if is_small else tops.get_page(request.GET.get("page")),
        "edition": found.editions.order_by("-number").first(),
        "credit": credit(found),
        "formats": list(FORMATS.values()) if found.is_own else [],
    }
