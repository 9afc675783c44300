"""A skill at the desk: what it says and said, its neighbours, what teaches and certifies it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from issuer.pages import Link, ThingPage, list_link, thing_url
from registrar.admin.crosswalk import with_skills
from registrar.models import LearningOutcome, Revision
from registrar.models import SkillTag as Tag
from registrar.services import crosswalk as desk
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
        outcomes = LearningOutcome.objects.filter(
            tags__skill=skill, tags__state=Tag.State.ACCEPTED
        ).select_related("opportunity")
        revisions = Revision.objects.filter(skills=skill, state=Revision.State.APPROVED)
        return super().get_context_data(
            neighbours=[
                {"it": one, "said": KINDS.get(one.kind, one.kind)}
                for one in neighbours.of([skill])[skill.pk][:SHOWN]
            ],
            successors=frameworks.successors([skill]).get(skill.pk, []),
            wordings=skill.wordings.order_by("-began_at"),
            outcomes=outcomes.distinct()[:SHOWN],
            revisions=revisions.distinct()[:SHOWN],
            competencies=skill.competencies.order_by("-created_at")
            if self.user.has_perm("skills.view_competency")
            else (),
            others=with_skills().exclude(pk=skill.framework_id)
            if self.user.has_perm(desk.PROPOSE)
            else (),
            **kwargs,
        )
