"""Own courses and activities; for each outcome, find a skill in a few letters and propose it."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.auth.models import User
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.generic import DetailView, ListView, TemplateView, View

from issuer.errors import Refusal
from registrar.models import LearningOpportunity, LearningOutcome, SkillTag
from registrar.services import roles, tagging
from skills.models import Skill

# As many as fit on a phone below the box without scrolling far.
CHOICES_SHOWN = 8


class OwnCoursesMixin(PermissionRequiredMixin):
    """A person sees what they teach, and the activities of the units that their role reaches."""

    permission_required = "registrar.propose_skilltag"
    request: HttpRequest

    @property
    def person(self) -> User:
        """Who is signed in: nobody else gets as far as a view."""
        return cast(User, self.request.user)

    def own(self) -> QuerySet[LearningOpportunity]:
        """Their courses and activities."""
        units = roles.reach(self.person, self.permission_required)
        return (
            LearningOpportunity.objects.filter(
                Q(offerings__teachers=self.person)
                | Q(kind=LearningOpportunity.Kind.ACTIVITY, unit__in=units),
                retired_at=None,
            )
            .select_related("unit")
            .distinct()
        )


class CoursesView(OwnCoursesMixin, ListView):
    """My courses, each with how many outcomes have a skill and how many wait for review."""

    template_name = "teach/courses.html"
    context_object_name = "courses"

    def get_queryset(self) -> QuerySet[LearningOpportunity]:
        """Own courses with their counts."""
        current = Q(outcomes__retired_at=None)
        return (
            self.own()
            .annotate(
                outcome_count=Count("outcomes", filter=current, distinct=True),
                tagged_count=Count(
                    "outcomes",
                    filter=current & Q(outcomes__tags__state=SkillTag.State.ACCEPTED),
                    distinct=True,
                ),
                waiting_count=Count(
                    "outcomes__tags",
                    filter=current & Q(outcomes__tags__state=SkillTag.State.PROPOSED),
                    distinct=True,
                ),
            )
            .order_by("-kind", "code")  # courses, then activities
        )


class CourseView(OwnCoursesMixin, DetailView):
    """One course: its outcomes, what is tagged to them and where that stands.

    Without JavaScript the box is an ordinary form: `?outcome=ID&q=words` shows the choices.
    """

    template_name = "teach/course.html"
    context_object_name = "course"

    def get_queryset(self) -> QuerySet[LearningOpportunity]:
        """Own courses only: anybody else's is not found."""
        return self.own()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Outcomes with their tags, and the choices for the outcome that was asked for."""
        tags = SkillTag.objects.select_related(
            "skill", "skill__framework", "proposed_by", "reviewed_by"
        )
        outcomes = self.object.outcomes.filter(retired_at=None).prefetch_related(
            Prefetch("tags", queryset=tags)
        )
        asked = self.request.GET
        return super().get_context_data(
            outcomes=outcomes,
            emphases=SkillTag.Emphasis.choices,
            searched=asked.get("outcome", ""),
            words=asked.get("q", ""),
            choices=find_skills(asked.get("q", "")),
            **kwargs,
        )


class SkillChoiceView(OwnCoursesMixin, TemplateView):
    """The choices for a few letters: the part of the page that htmx puts below the box."""

    template_name = "teach/choices.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Matching skills for one outcome."""
        outcome = get_object_or_404(
            LearningOutcome,
            pk=_number(self.request.GET.get("outcome")),
            opportunity__in=self.own(),
            opportunity=kwargs["pk"],
        )
        words = self.request.GET.get("q", "")
        return super().get_context_data(
            outcome=outcome,
            course=outcome.opportunity,
            words=words,
            choices=find_skills(words),
            emphases=SkillTag.Emphasis.choices,
            **kwargs,
        )


class ProposeView(OwnCoursesMixin, View):
    """Propose the chosen skill."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose it and go back to the outcome."""
        outcome = get_object_or_404(
            LearningOutcome,
            pk=_number(request.POST.get("outcome")),
            opportunity=pk,
            opportunity__in=self.own(),
        )
        skill = get_object_or_404(Skill, pk=_number(request.POST.get("skill")))
        emphasis = request.POST.get("emphasis", SkillTag.Emphasis.TAUGHT)
        if emphasis not in SkillTag.Emphasis.values:
            emphasis = SkillTag.Emphasis.TAUGHT
        there_was = tagging.standing(outcome, skill)
        try:
            tag = tagging.propose(outcome, skill, emphasis=emphasis, by=self.person)
        except Refusal as error:
            messages.error(request, str(error))
        else:
            if there_was is None:
                messages.success(request, f"Proposed “{tag.skill.name}” for {outcome.code}.")
            else:
                messages.info(request, _as_it_stands(tag))
        return redirect(reverse("teach:course", args=[pk]) + f"#outcome-{outcome.pk}")


def _as_it_stands(tag: SkillTag) -> str:
    what = f"“{tag.skill.name}”"
    where = f"for {tag.outcome.code}, as {tag.get_emphasis_display().lower()}"
    if tag.state == SkillTag.State.ACCEPTED:
        return f"{what} is accepted already {where}."
    return f"{what} is proposed already {where}. A chair will review it."


def find_skills(words: str) -> list[Skill]:
    """A handful of current skills that match, our own framework first; none for no words."""
    if not words.strip():
        return []
    found = Skill.objects.current().matching(words).select_related("framework")
    return list(found.order_by("-framework__is_own", "code", "id")[:CHOICES_SHOWN])


def _number(text: str | None) -> int:
    """A row id from a form; anything else finds nothing."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 18 else 0
