"""The institution's DID document (did:web)."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from issuer.errors import NotSetUp
from issuer.public import answers
from issuer.public.replica import public_read
from issuer.services import keys


@login_not_required
@require_safe
@public_read
def did_document(request: HttpRequest) -> HttpResponse:
    """All keys whose signatures still verify; five minutes may pass before a new one is seen."""
    try:
        document = keys.did_document(settings.ISSUER_DID)
    except NotSetUp as error:
        raise Http404(str(error)) from error
    return answers.public_json(request, document, content_type="application/did+json", max_age=300)
