"""Pages that open for whoever was sent their link, and for nobody else."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from issuer.services import links

View = Callable[..., HttpResponse]


def sealed(view: View) -> View:
    """Let in who has the seal of this path; looking changes nothing, programs follow links too.

    There is no session that a forged request could use, so no cookie is set against one. Nobody on
    the way keeps a copy, and no page that is opened from here learns the link.
    """

    @login_not_required
    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def look(request: HttpRequest, *, seal: str, **named: Any) -> HttpResponse:
        path = request.path_info.removesuffix(f"/{seal}")
        if not links.is_sealed(path, seal):
            raise Http404
        response = view(request, **named)
        response["Cache-Control"] = "no-store, private"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    return look
