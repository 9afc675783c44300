"""A released credential at its unguessable address: the learner's page, and the file itself."""

import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from issuer.models import Credential, Release, SecuredDocument
from issuer.public import answers
from issuer.services import verification
from issuer.vc import reading


@login_not_required
@require_safe
def credential(request: HttpRequest, address: str) -> HttpResponse:
    """The credential with what a verifier says of it, or the signed document as JSON."""
    release, body = _released(address)
    if content_type := answers.wants(request, *answers.CREDENTIAL_TYPES):
        return answers.varies(
            answers.for_the_holder_only(HttpResponse(body, content_type=content_type))
        )
    facts = reading.read(json.loads(body))
    page = render(
        request,
        "issuer/credential.html",
        {
            "release": release,
            "seal": _seal(release.credential),
            "facts": facts,
            "is_ours": facts.issuer_id == settings.ISSUER_DID,
            "report": verification.verify(body.encode()),
        },
    )
    return answers.varies(answers.for_the_holder_only(page))


@login_not_required
@require_safe
def download(request: HttpRequest, address: str) -> HttpResponse:
    """The signed document as a file to keep."""
    release, body = _released(address)
    response = HttpResponse(body, content_type="application/vc+ld+json")
    response["Content-Disposition"] = f'attachment; filename="credential-{release.pk}.json"'
    return answers.for_the_holder_only(response)


def _released(address: str) -> tuple[Release, str]:
    release = get_object_or_404(Release, address=address)
    secured = get_object_or_404(
        SecuredDocument, verifiable_credential__credential_id=release.credential_id
    )
    return release, secured.body


def _seal(credential: Credential) -> str:
    """The address of its achievement's image; what was composed elsewhere has none with us."""
    if credential.achievement_id is None:
        return ""
    return reverse("achievement-image", args=[credential.achievement_id])
