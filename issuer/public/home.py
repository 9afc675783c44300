"""The front door: strangers learn what this is, people who signed in go to their place."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from issuer.models import Institution
from issuer.public import answers
from issuer.public.replica import public_read

AN_HOUR = 60 * 60


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send staff to the desk and faculty to their courses; show everybody else the way."""
    if request.user.is_authenticated:
        return redirect("admin:index" if request.user.is_staff else "teach:courses")
    return render(request, "issuer/home.html")


@login_not_required
@require_safe
@public_read
def logo(request: HttpRequest) -> HttpResponse:
    """The institution's logo, to which its profile in credentials points."""
    institution = Institution.objects.first()
    if institution is None or not institution.logo:
        raise Http404
    return answers.public_image(request, institution.logo, max_age=AN_HOUR)
