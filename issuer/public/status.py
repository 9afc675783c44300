"""Status lists, as verifiers fetch them."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from issuer.models import StatusListPublication
from issuer.public import answers
from issuer.services import status


@login_not_required
@require_safe
def status_list(request: HttpRequest, name: str) -> HttpResponse:
    """The newest signed edition.

    Caches may keep it as long as its `ttl` says, or not at all where changes are to show at once.
    """
    editions = StatusListPublication.objects.filter(status_list__name=name)
    newest = get_object_or_404(editions.order_by("-version")[:1])
    return answers.public(
        request,
        newest.body,
        content_type="application/vc",
        max_age=0 if settings.STATUS_PUBLISH_AT_ONCE else status.seconds_to_keep(),
    )
