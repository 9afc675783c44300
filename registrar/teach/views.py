"""Own courses and activities; for each outcome, find a skill in a few letters and propose it."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.auth.models import User
from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.generic import DetailView, ListView, View

from issuer.errors import Refusal
from registrar.models import LearningOpportunity, LearningOutcome, Offering, SkillTag
from registrar.models.spans import held_on, holds_after
from registrar.services import marks, roles, tagging, terms
from skills.models import Skill
from skills.services import search
from skills.services.suggestions import Suggestion

# As many as fit on a phone below the box without scrolling far.
CHOICES_SHOWN = 8
# Terms go back for years; one marks in the latest.
OFFERINGS_SHOWN = 6


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
        is_held = held_on(terms.reading_day(), prefix="outcomes__tags__")
        return (
            self.own()
            .annotate(
                outcome_count=Count("outcomes", filter=current, distinct=True),
                tagged_count=Count(
                    "outcomes",
                    filter=current & is_held & Q(outcomes__tags__state=SkillTag.State.ACCEPTED),
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

    `?outcome=ID` opens one: `&q=words` shows what is found where no script runs, `&skill=ID` what
    has been chosen so far, `&suggest=1` what the outcome's own words suggest.
    """

    template_name = "teach/course.html"
    context_object_name = "course"

    def get_queryset(self) -> QuerySet[LearningOpportunity]:
        """Own courses only: anybody else's is not found."""
        return self.own()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Outcomes with their tags, and the choices for the outcome that was asked for."""
        tags = (
            SkillTag.objects.filter(holds_after(terms.reading_day()))
            .exclude(state=SkillTag.State.WITHDRAWN)
            .select_related("skill", "skill__framework", "proposed_by", "reviewed_by")
        )
        outcomes = self.object.outcomes.filter(retired_at=None).prefetch_related(
            Prefetch("tags", queryset=tags)
        )
        asked = self.request.GET
        return super().get_context_data(
            outcomes=outcomes,
            emphases=SkillTag.Emphasis.choices,
            marking=self._marking(),
            opened=asked.get("outcome", ""),
            words=asked.get("q", ""),
            found=search.find(asked.get("q", ""), limit=CHOICES_SHOWN, is_for_choosing=True),
            chosen=Skill.objects.filter(pk__in=map(_number, asked.getlist("skill"))),
            suggested=self._suggested(outcomes, asked) if "suggest" in asked else None,
            **kwargs,
        )

    def _marking(self) -> QuerySet[Offering]:
        """Where learners are marked, the latest term first."""
        offerings = marks.seen(self.person).filter(opportunity=self.object)
        return offerings.order_by(F("term__starts_on").desc(nulls_last=True), "code")[
            :OFFERINGS_SHOWN
        ]

    def _suggested(self, outcomes: QuerySet[LearningOutcome], asked: QueryDict) -> list[Suggestion]:
        opened = outcomes.filter(pk=_number(asked.get("outcome"))).first()
        return tagging.suggest(opened) if opened else []


class OutcomeView(OwnCoursesMixin, View):
    """What is posted for one outcome of an own course."""

    http_method_names = ["post"]

    def get_outcome(self) -> LearningOutcome:
        """The outcome that the form names."""
        return get_object_or_404(
            LearningOutcome,
            pk=_number(self.request.POST.get("outcome")),
            opportunity=self.kwargs["pk"],
            opportunity__in=self.own(),
        )

    def back_to(self, outcome: LearningOutcome, **query: Any) -> HttpResponse:
        """The course's page, at this outcome."""
        asked = "?" + urlencode({"outcome": outcome.pk, **query}, doseq=True) if query else ""
        where = reverse("teach:course", args=[self.kwargs["pk"]])
        return redirect(f"{where}{asked}#outcome-{outcome.pk}")

    def get_suggestions(self, outcome: LearningOutcome) -> dict[int, tuple[int, Suggestion]]:
        """By skill, the suggestions that were shown, each with its place."""
        shown = set(map(_number, self.request.POST.getlist("shown")))
        if not shown:
            return {}
        found = enumerate(tagging.suggest(outcome), 1)
        return {each.skill.pk: (at, each) for at, each in found if each.skill.pk in shown}


class ProposeView(OutcomeView):
    """Propose the chosen skills; or find some first, or have some suggested."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose each and go back to the outcome."""
        outcome = self.get_outcome()
        chosen = list(dict.fromkeys(map(_number, request.POST.getlist("skill"))))
        if "find" in request.POST:
            return self.back_to(outcome, q=request.POST.get("q", ""), skill=chosen)
        if "suggest" in request.POST:
            return self.back_to(outcome, suggest=1, skill=chosen)
        if not chosen:
            messages.error(request, "Choose at least one skill.")
        for key in chosen:
            self._propose(outcome, get_object_or_404(Skill, pk=key))
        return self.back_to(outcome)

    def _propose(self, outcome: LearningOutcome, skill: Skill) -> None:
        emphasis = self.request.POST.get("emphasis", SkillTag.Emphasis.TAUGHT)
        if emphasis not in SkillTag.Emphasis.values:
            emphasis = SkillTag.Emphasis.TAUGHT
        place, suggestion = self.get_suggestions(outcome).get(skill.pk, (None, None))
        there_was = tagging.standing(outcome, skill)
        try:
            tag = tagging.choose(
                outcome,
                skill,
                emphasis=emphasis,
                by=self.person,
                suggestion=suggestion,
                place=place,
            )
        except Refusal as error:
            messages.error(self.request, str(error))
        else:
            if there_was is None:
                messages.success(self.request, f"Proposed “{tag.skill.name}” for {outcome.code}.")
            else:
                messages.info(self.request, _as_it_stands(tag))


class TurnDownView(OutcomeView):
    """Say that a suggestion does not fit."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep it, and show the other suggestions."""
        outcome = self.get_outcome()
        key = _number(request.POST.get("turn_down"))
        if key in (shown := self.get_suggestions(outcome)):
            place, suggestion = shown[key]
            tagging.turn_down(outcome, suggestion, place=place, by=self.person)
        chosen = map(_number, request.POST.getlist("skill"))
        return self.back_to(outcome, suggest=1, skill=[each for each in chosen if each != key])


def _as_it_stands(tag: SkillTag) -> str:
    what = f"“{tag.skill.name}”"
    where = f"for {tag.outcome.code}, as {tag.get_emphasis_display().lower()}"
    if tag.state == SkillTag.State.ACCEPTED:
        return f"{what} is accepted already {where}."
    return f"{what} is proposed already {where}. A chair will review it."


def _number(text: str | None) -> int:
    """A row id from a form; anything else finds nothing."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 18 else 0
