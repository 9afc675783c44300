"""A learner sees how far they are on the way to credentials that are made of others."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from registrar.models import Learner
from registrar.public.sealed import sealed
from registrar.services.deciding import stacks


@sealed
def progress(request: HttpRequest, pk: int, access: int) -> HttpResponse:
    """Show all that they have begun; to no address that the learner had before."""
    learner = get_object_or_404(Learner, pk=pk, access_number=access)
    page = {"learner": learner, "standings": stacks.begun(learner)}
    return render(request, "registrar/public/progress.html", page)
