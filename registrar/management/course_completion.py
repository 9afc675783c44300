"""For each course of a roster: a template for its completion, awarded by the final result."""

import hashlib
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
                "course": course.key,
                "category": self.category,
                "one_of": list(self.results),
            }
        }


def slug(course: LearningOpportunity) -> str:
    """What the template for a course is called in addresses, different for every course."""
    name = f"{course.source}-{course.sourced_id}"
    readable = slugify(name)[:80]
    if readable != name.lower():
        readable += "-" + hashlib.sha256(name.encode()).hexdigest()[:8]
    return readable.lstrip("-") + "-completion"


@transaction.atomic
def template_for(
    course: LearningOpportunity, passing: Passing, *, author: User, approver: User
) -> Revision:
    """The approved revision for a course: the one there is, if it has this rule, or a new one.

    A template that somebody has retired stays retired.
    """
    name = slug(course)
    revision = Revision.objects.filter(template__slug=name).order_by("-number").first()
    if revision is None:
        revision = templates.draft(name, unit=course.unit, by=author, **_wording(course, passing))
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
        "description": course.description or f"The learner completed {course.title}.",
        "criteria": f"Earned by the final result {words} in {course.title}.",
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
                "source": {"course": course.key, "category": passing.category},
            }
        ],
    }
