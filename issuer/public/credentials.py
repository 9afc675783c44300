"""A released credential at its unguessable address: the learner's page, and the file itself.

What was replaced by another is shown to nobody any more: it may hold a name that is no longer used.
"""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from issuer.models import Credential, Release, SecuredDocument, StatusChange
from issuer.public import answers, sheets
from issuer.services import status, verification
from issuer.vc import baking
from issuer.vc.errors import VcError


@login_not_required
@require_safe
def credential(request: HttpRequest, address: str) -> HttpResponse:
    """The credential with what a verifier says of it, or the signed document as JSON."""
    release = _release(address)
    if change := status.superseded(release.credential):
        return _replaced(request, change)
    body = _body(release)
    if content_type := answers.wants(request, *answers.CREDENTIAL_TYPES):
        return answers.varies(
            answers.for_the_holder_only(HttpResponse(body, content_type=content_type))
        )
    sheet = sheets.lay_out(verification.verify(body.encode()))
    has_image = bool(_image(release.credential))
    page = render(
        request,
        "issuer/credential.html",
        {
            "release": release,
            "seal": has_image
            and reverse("achievement-image", args=[release.credential.achievement_id]),
            "sheet": sheet,
            "facts": sheet.facts,
        },
    )
    return answers.varies(answers.for_the_holder_only(page))


@login_not_required
@require_safe
def download(request: HttpRequest, address: str) -> HttpResponse:
    """The signed document as a file to keep; with `as=svg` the badge's image that holds it."""
    release = _release(address)
    if change := status.superseded(release.credential):
        return _replaced(request, change)
    body = _body(release)
    wanted = request.GET.get("as", "json")
    if wanted == "json":
        response = HttpResponse(body, content_type="application/vc+ld+json")
    elif wanted == "svg":
        response = answers.image(_baked(release.credential, body))
    else:
        raise Http404
    response["Content-Disposition"] = f'attachment; filename="credential-{release.pk}.{wanted}"'
    return answers.for_the_holder_only(response)


def _release(address: str) -> Release:
    releases = Release.objects.select_related("credential__achievement")
    return get_object_or_404(releases, address=address)


def _body(release: Release) -> str:
    secured = get_object_or_404(
        SecuredDocument.objects.whole(),
        verifiable_credential__credential_id=release.credential_id,
    )
    return secured.body


def _replaced(request: HttpRequest, change: StatusChange) -> HttpResponse:
    """Say that another has taken its place, and nothing of what it said."""
    newer = Release.objects.filter(credential=change.superseded_by).first()
    context = {"newer": newer if change.leads_on else None}
    page = render(request, "issuer/replaced.html", context, status=HTTPStatus.GONE)
    return answers.varies(answers.for_the_holder_only(page))


def _image(credential: Credential) -> str:
    """The SVG of its achievement, if it has one; what was composed elsewhere has none with us."""
    return credential.achievement.image if credential.achievement else ""


def _baked(credential: Credential, body: str) -> bytes:
    """The image of its achievement with the credential inside (Open Badges 3.0, "Baking")."""
    try:
        return baking.bake(_image(credential).encode(), body)
    except VcError as error:
        raise Http404 from error
