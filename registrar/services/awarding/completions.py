"""Completions of courses: a template for each course, awarded by the final result."""

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify

from issuer.errors import WrongState
from issuer.models import Batch
from registrar.errors import NothingPasses
from registrar.models import LearningOpportunity, LineItem, Offering, Revision, SkillTag
from registrar.services.awarding import awards
from registrar.services.deciding import facts
from registrar.services.drafting import templates
from skills.models import Skill

State = Revision.State

# So many different results are told apart in a message.
WORDS_NAMED = 20


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
    name = json.dumps([course.source, course.sourced_id])
    readable = slugify(f"{course.source} {course.sourced_id}")[:70].strip("-")
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{readable}-{digest}-completion".lstrip("-")


@transaction.atomic
def template_for(
    course: LearningOpportunity, passing: Passing, *, author: User, approver: User
) -> Revision:
    """The approved revision for a course: the one there is, if it has this rule, or a new one.

    A template that somebody has retired stays retired, and what somebody else has in work stays
    theirs: the approved revision holds meanwhile. Raises WrongState where there is none.
    """
    name = slug(course)
    revisions = Revision.objects.filter(template__slug=name).order_by("-number")
    newest, approved = revisions.first(), revisions.filter(state=State.APPROVED).first()
    if newest is None:
        made = templates.draft(
            name,
            unit=course.unit,
            by=author,
            skills=_skills(course),
            **_wording(course, passing),
        )
    elif approved is not None and approved == newest and approved.rule != passing.rule(course):
        made = templates.revise(approved.template, by=author)
        templates.edit(made, by=author, skills=_skills(course), **_wording(course, passing))
    elif approved is not None or newest.state == State.RETIRED:
        return approved or newest
    else:
        raise WrongState(f"A revision of the template {name} is in work. Have it approved first.")
    templates.submit(made, by=author)
    return templates.approve(made, by=approver)


@transaction.atomic
def award(revision: Revision, *, author: User, approver: User) -> Batch | None:
    """Award everyone who has passed and was not awarded yet, as a batch that is approved.

    Whoever calls rings for the workers. Nobody left to award makes no batch, and so does a
    revision that is not approved any longer.
    """
    if revision.state != State.APPROVED:
        return None
    evaluation = awards.evaluate(revision, at=timezone.now())
    batch = awards.prepare(evaluation, by=author)
    if batch is not None:
        awards.approve(batch, by=approver)
    return batch


def require_results(offerings: Collection[Offering], passing: Passing) -> None:
    """Raise NothingPasses unless some final result in these offerings passes.

    Without that nobody could ever earn a template made for their courses. The message names what
    there is in the place of what was asked for.
    """
    items = LineItem.objects.filter(offering__in=offerings, retired_at=None)
    categories = sorted(set(items.values_list("category", flat=True)) - {""})
    if passing.category not in categories:
        raise NothingPasses(
            f"No line item is of the category {passing.category!r}. "
            f"There are: {_listed(map(repr, categories))}."
        )
    found = facts.final_results(passing.category, offerings)
    if found.keys().isdisjoint(passing.results):
        counted = (f"{word!r} {times:,}" for word, times in found.most_common())
        sentences = [
            f"No final result is {' or '.join(map(repr, passing.results))}.",
            f"In the category {passing.category!r} there are: {_listed(counted)}.",
            *near_misses(offerings, passing),
        ]
        raise NothingPasses(" ".join(sentences))


def near_misses(offerings: Collection[Offering], passing: Passing) -> list[str]:
    """Say which final results differ from a passing one by case alone, and so do not pass."""
    asked = {word.casefold(): word for word in passing.results}
    found = facts.final_results(passing.category, offerings)
    return [
        f"{word!r} differs from {asked[word.casefold()]!r} by case alone: write it as it stands "
        f"there, or its {times:,} do not pass."
        for word, times in found.most_common()
        if word not in passing.results and word.casefold() in asked
    ]


def courses_of(source: str) -> QuerySet[LearningOpportunity]:
    """The courses of a source that are still taught."""
    kind = LearningOpportunity.Kind.COURSE
    courses = LearningOpportunity.objects.filter(source=source, kind=kind, retired_at=None)
    return courses.select_related("unit").order_by("code")


def _skills(course: LearningOpportunity) -> list[Skill]:
    """The skills that somebody accepted for its outcomes, as they hold today."""
    held = SkillTag.objects.as_of(timezone.localdate()).filter(outcome__opportunity=course)
    return list(Skill.objects.current().filter(pk__in=held.values("skill")).order_by("pk"))


def _silence(course: LearningOpportunity) -> str:
    """What the catalogue does not know of the course, as its credentials say it."""
    unknown = []
    if not _skills(course):
        unknown.append("the skills that it teaches")
    is_without_credit = course.credit == LearningOpportunity.Credit.NON_CREDIT
    if not course.hours and (is_without_credit or not course.credits):
        unknown.append("its credits or hours")
    return f"The catalogue does not hold {' or '.join(unknown)}." if unknown else ""


def _listed(words: Iterable[str]) -> str:
    """The first words, and how many there are besides."""
    words = list(words)
    more = [f"and {len(words) - WORDS_NAMED:,} more"] if len(words) > WORDS_NAMED else []
    return ", ".join(words[:WORDS_NAMED] + more) or "none"


def _wording(course: LearningOpportunity, passing: Passing) -> dict[str, Any]:
    *others, last = passing.results
    words = f"{', '.join(others)} or {last}" if others else last
    return {
        "name": course.title,
        "description": course.description or f"The learner completed {course.title}.",
        "criteria": f"Earned by the final result {words} in {course.title}.",
        "kind": Revision.Kind.COURSE,
        "achievement_type": "Course",
        "human_code": course.code,
        "credit": course.credit,
        "credits": course.credits,
        "hours": course.hours,
        "assessment": Revision.Assessment.FINAL_RESULT,
        "not_stated_because": _silence(course),
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
