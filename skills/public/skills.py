"""A page for each skill, the retired ones too: what it says, has said, and what replaced it."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from skills.models import Skill
from skills.services import frameworks, identities


@login_not_required
@require_safe
def skill(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What issued credentials lead to: it answers for as long as the service does."""
    found = get_object_or_404(Skill.objects.select_related("framework"), uuid=uuid)
    ends = frameworks.successors([found]).get(found.pk, [])
    context = {
        "skill": found,
        "former": found.wordings.exclude(began_at=found.worded_at).order_by("-began_at"),
        "successors": [(each, identities.public_address(each)) for each in ends],
        "source": found.uri if identities.is_web(found.uri) else "",
    }
    return render(request, "skills/skill.html", context)
