"""Status lists, as verifiers fetch them."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from issuer.models import StatusListPublication
from issuer.public import answers
from issuer.public.replica import public_read
from issuer.services import clock, status
from issuer.vc import timestamps
from issuer.vc.errors import VcError

_RETRIEVAL_ERROR = "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR"


@login_not_required
@require_safe
@public_read
def status_list(request: HttpRequest, name: str) -> HttpResponse:
    """The newest signed edition, or with `timestamp` the one that was published at that time.

    Caches may keep the newest as long as its `ttl` says, or not at all where changes are to show
    at once. Bitstring Status List 1.0, section 3.2: what is answered for a timestamp is the list
    as it was then, or STATUS_RETRIEVAL_ERROR.
    """
    editions = StatusListPublication.objects.filter(status_list__name=name).order_by("-version")
    newest = get_object_or_404(editions[:1])
    asked = request.GET.get("timestamp")
    if asked is None:
        max_age = 0 if settings.STATUS_PUBLISH_AT_ONCE else status.seconds_to_keep()
        return _answer(request, newest, max_age=max_age)
    try:
        then = timestamps.read(asked)
        said = timestamps.write(then)
    except VcError as error:
        return _no_list(400, str(error))
    if then > clock.now():
        return _no_list(404, "What the list will state is not known yet.")
    edition = editions.filter(published_at__lte=then, valid_until__gte=then).first()
    if edition is None:
        return _no_list(404, f"No list was published at {said}.")
    return _answer(request, edition, max_age=status.seconds_to_keep())


def _answer(request: HttpRequest, edition: StatusListPublication, *, max_age: int) -> HttpResponse:
    return answers.public(request, edition.body, content_type="application/vc", max_age=max_age)


def _no_list(number: int, detail: str) -> HttpResponse:
    problem = {
        "type": _RETRIEVAL_ERROR,
        "title": "Status retrieval error",
        "status": number,
        "detail": detail,
    }
    return JsonResponse(problem, status=number, content_type="application/problem+json")
