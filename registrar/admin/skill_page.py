"""A skill at the desk: what it says and said, its neighbours, what teaches and certifies it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from issuer.pages import Link, ThingPage, list_link, thing_url
from registrar.admin.crosswalk import with_skills
from registrar.models import LearningOpportunity, Revision
from registrar.services.vocabularies import crosswalk as desk
from registrar.services.vocabularies import skill_uses
from skills.models import Framework, Skill
from skills.services import frameworks, neighbours
from skills.services.crosswalk import KINDS

SHOWN = 200


class SkillPage(ThingPage):
    """One skill with its neighbours in the other frameworks."""

    model = Skill
    permission_required = "skills.view_skill"
    template_name = "registrar/desk/skill.html"

    def get_queryset(self) -> QuerySet[Skill]:
        return Skill.objects.select_related("framework")

    def get_title(self) -> str:
        return self.object.name

    def get_trail(self) -> Iterable[Link]:
        framework = self.object.framework
        return (list_link(Framework), Link(framework.title, thing_url(framework)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        skill = self.object
        beside = neighbours.of([skill])[skill.pk]
        return super().get_context_data(
            neighbours=[
                {"it": one, "said": KINDS.get(one.kind, one.kind)} for one in beside[:SHOWN]
            ],
            more_neighbours=max(0, len(beside) - SHOWN),
            successors=frameworks.successors([skill]).get(skill.pk, []),
            wordings=skill.wordings.order_by("-began_at"),
            uses=skill_uses.of_skill(skill, address=_desk_address),
            competencies=skill.competencies.order_by("-created_at")
            if self.user.has_perm("skills.view_competency")
            else (),
            others=with_skills().exclude(pk=skill.framework_id)
            if self.user.has_perm(desk.PROPOSE)
            else (),
            **kwargs,
        )


def _desk_address(thing: LearningOpportunity | Revision) -> str:
    """Courses and activities have pages of their own kind."""
    if isinstance(thing, Revision):
        return thing_url(thing)
    return reverse(f"admin:registrar_{thing.kind}_change", args=[thing.pk])
