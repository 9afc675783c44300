"""What can be achieved here: one page, and its JSON, for each published achievement."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from issuer.models import Achievement
from issuer.public import answers
from issuer.public.replica import public_read
from issuer.vc import openbadges, reading

# Published achievements never change; what their page looks like may.
A_DAY = 24 * 60 * 60
AN_HOUR = 60 * 60


@login_not_required
@require_safe
@public_read
def achievement(request: HttpRequest, pk: str) -> HttpResponse:
    """The page, or the Open Badges Achievement where JSON is asked for."""
    found = get_object_or_404(Achievement, pk=pk)
    if content_type := answers.wants(request, "application/ld+json"):
        document = {"@context": openbadges.CONTEXTS, **found.document}
        response = answers.public_json(request, document, content_type=content_type, max_age=A_DAY)
        return answers.varies(response)
    facts = reading.read({"credentialSubject": {"achievement": found.document}})
    context = {"achievement": found, "facts": facts}
    page = render_to_string("issuer/achievement.html", context, request)
    response = answers.public(
        request, page, content_type="text/html; charset=utf-8", max_age=AN_HOUR
    )
    return answers.varies(response)


@login_not_required
@require_safe
@public_read
def image(request: HttpRequest, pk: str) -> HttpResponse:
    """Its image, an SVG that can do nothing but be looked at."""
    found = get_object_or_404(Achievement, pk=pk)
    if not found.image:
        raise Http404
    return answers.public_image(request, found.image, max_age=A_DAY)
