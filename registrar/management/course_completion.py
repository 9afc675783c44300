"""For each course of a roster: a template for its completion, awarded by the final result."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify

from issuer.models import Batch
from registrar import tasks
from registrar.models import LearningOpportunity, Revision
from registrar.services import awards, templates

State = Revision.State


@dataclass(frozen=True)
class Passing:
    """Which final results pass, from the least to the best, and in which category they stand."""

    results: tuple[str, ...]
    category: str

    def rule(self, course: LearningOpportunity) -> dict[str, Any]:
        """The award rule for a course."""
        return {
            "final_result": {
                "course": course.code,
                "category": self.category,
                "one_of": list(self.results),
            }
        }


def slug(course: LearningOpportunity) -> str:
    """What the template for a course is called in addresses."""
    return slugify(f"{course.source}-{course.code}")[:89] + "-completion"


@transaction.atomic
def template_for(
    course: LearningOpportunity, passing: Passing, *, author: User, approver: User
) -> Revision:
    """The approved revision for a course: the one there is, if it has this rule, or a new one.

    A template that somebody has retired stays retired.
    """
    slug = slugify(f"{course.source}-{course.code}-completion")[:100]
    revision = Revision.objects.filter(template__slug=slug).order_by("-number").first()
    if revision is None:
        revision = templates.draft(slug, unit=course.unit, by=author, **_wording(course, passing))
    elif revision.state == State.APPROVED and revision.rule != passing.rule(course):
        revision = templates.revise(revision.template, by=author)
        templates.edit(revision, by=author, **_wording(course, passing))
    if revision.state == State.DRAFT:
        templates.submit(revision, by=author)
    if revision.state == State.SUBMITTED:
        revision = templates.approve(revision, by=approver)
    return revision


@transaction.atomic
def award(revision: Revision, *, author: User, approver: User) -> Batch | None:
    """Award everyone who has passed and was not awarded yet; nobody left makes no batch."""
    if revision.state != State.APPROVED:
        return None
    evaluation = awards.evaluate(revision, at=timezone.now())
    batch = awards.prepare(evaluation, by=author)
    if batch is not None:
        awards.approve(batch, by=approver)
        tasks.freeze_soon(batch)
    return batch


def courses_of(source: str) -> QuerySet[LearningOpportunity]:
    """The courses of a source that are still taught."""
    kind = LearningOpportunity.Kind.COURSE
    courses = LearningOpportunity.objects.filter(source=source, kind=kind, retired_at=None)
    return courses.select_related("unit").order_by("code")


def _wording(course: LearningOpportunity, passing: Passing) -> dict[str, Any]:
    *others, last = passing.results
    words = f"{', '.join(others)} or {last}" if others else last
    return {
        "name": course.title,
        "description": course.description or f"The learner completed the course {course}.",
        "criteria": f"Earned by the final result {words} in the course {course}.",
        "achievement_type": "Course",
        "human_code": course.code,
        "credits": course.credits,
        "rule": passing.rule(course),
        "result_descriptions": [
            {
                "name": "Final result",
                "result_type": "LetterGrade",
                "allowed_value": list(passing.results),
                "required_value": passing.results[0],
                "source": {"course": course.code, "category": passing.category},
            }
        ],
    }
