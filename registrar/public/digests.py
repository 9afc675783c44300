"""Stop the weekly mail, by the link that stands in it."""

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from registrar.public.sealed import sealed
from registrar.services.teaching import digests


@sealed
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once, and stop. A mail program's own button posts without asking (RFC 8058)."""
    person = get_object_or_404(User, pk=pk)
    if request.method == "POST":
        digests.choose(person, wants=False, by="link in a mail")
    page = {"is_stopped": not digests.wants_it(person)}
    return render(request, "registrar/public/stop.html", page)
