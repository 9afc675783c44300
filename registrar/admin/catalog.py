"""Courses, activities and what one can do after them."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse

from issuer.pages import DeskAdmin, Link, ThingPage, Verb, number_column, state_tag
from registrar.admin import catalog_entry, catalogue_import, confirmations, outcome_sets
from registrar.models import (
    Activity,
    Course,
    LearningOpportunity,
    LearningOutcome,
    SkillTag,
)
from registrar.models.spans import held_on
from registrar.services.college import terms


class OpportunityPage(ThingPage):
    """A course or activity: its facts, outcomes with their skills, and offerings."""

    template_name = "registrar/desk/opportunity.html"
    verbs: tuple[Verb, ...] = ()

    def get_queryset(self) -> QuerySet[LearningOpportunity]:
        return self.model.objects.select_related("unit")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_held = held_on(terms.reading_day()) & Q(state=SkillTag.State.ACCEPTED)
        tags = SkillTag.objects.filter(is_held | Q(state=SkillTag.State.PROPOSED)).select_related(
            "skill__framework"
        )
        return super().get_context_data(
            outcomes=sorted(
                self.object.outcomes.prefetch_related(Prefetch("tags", tags)),
                key=lambda each: each.place,
            ),
            offerings=self.object.offerings.select_related("term")
            .annotate(learner_count=Count("enrolments", filter=Q(enrolments__retired_at=None)))
            .order_by("-term__starts_on", "code"),
            verbs=[
                Link(verb.label, reverse(verb.url_name, args=[self.object.pk]))
                for verb in self.verbs
                if self.user.has_perm(verb.permission)
                and self.user.has_perm(verb.permission, self.object.unit)
            ],
            **kwargs,
        )


class CoursePage(OpportunityPage):
    model = Course
    verbs = (
        Verb("Describe it", "admin:registrar_course_describe", "registrar.import_roster"),
        Verb(
            "Edit the outcomes",
            "admin:registrar_course_outcomes",
            "registrar.change_learningoutcome",
        ),
        Verb(
            "Take outcomes of a set",
            "admin:registrar_course_sets",
            "registrar.change_learningoutcome",
        ),
    )
    permission_required = "registrar.view_course"


class ActivityPage(OpportunityPage):
    model = Activity
    verbs = (
        Verb("Describe it", "admin:registrar_activity_describe", "registrar.import_roster"),
        Verb(
            "Record participation",
            "admin:registrar_activity_participation",
            "registrar.import_roster",
        ),
        Verb("Ask for a confirmation", "admin:registrar_activity_confirm", confirmations.ASK),
        Verb(
            "Edit the outcomes",
            "admin:registrar_activity_outcomes",
            "registrar.change_learningoutcome",
        ),
        Verb(
            "Take outcomes of a set",
            "admin:registrar_activity_sets",
            "registrar.change_learningoutcome",
        ),
    )
    permission_required = "registrar.view_activity"


OUTCOMES = number_column("outcome_count", "outcomes")


class OpportunityAdmin(DeskAdmin):
    """Courses and activities are the same kind of thing, in two lists."""

    list_select_related = ("unit",)
    search_fields = ("code", "title", "sourced_id")
    search_help_text = "Code or title"

    def get_queryset(self, request: HttpRequest) -> QuerySet[LearningOpportunity]:
        living = Count("outcomes", filter=Q(outcomes__retired_at=None))
        return super().get_queryset(request).annotate(outcome_count=living)

    @admin.display(ordering="retired_at", empty_value="")
    def state(self, opportunity: LearningOpportunity) -> str:
        return state_tag("retired") if opportunity.retired_at else ""


@admin.register(Course)
class CourseAdmin(OpportunityAdmin):
    """Courses, as rosters and catalogues bring them."""

    lede = (
        "Courses come with a roster or catalogue; their outcomes are tagged with skills by faculty."
    )
    empty = "Apply a roster: its courses appear here."
    verbs = (
        Verb("Read a roster", "admin:registrar_rosterimport_read", "registrar.import_roster"),
        Verb("Read a catalogue", "admin:registrar_course_catalogue", "registrar.import_roster"),
    )
    list_display = ("code", "title", "unit", "credit", "credits", OUTCOMES, "state")
    list_filter = ("unit", "credit")
    thing_page = CoursePage

    def own_urls(self) -> list[URLPattern]:
        outcomes, describe = catalog_entry.CourseOutcomesPage, catalog_entry.DescribeCoursePage
        return [
            self.hang("catalogue/", catalogue_import.CataloguePage, "catalogue"),
            self.hang("<int:object_id>/describe/", describe, "describe"),
            self.hang("<int:object_id>/outcomes/", outcomes, "outcomes"),
            self.hang("<int:object_id>/sets/", outcome_sets.CourseTakePage, "sets"),
        ]


@admin.register(Activity)
class ActivityAdmin(OpportunityAdmin):
    """Co-curricular activities."""

    lede = "Office in a club, service, internship, campus job, research: learning outside of class."
    empty = "Add an activity: then say what one learns in it and record who took part."
    verbs = (Verb("Add an activity", "admin:registrar_activity_new", "registrar.add_activity"),)
    list_display = ("code", "title", "unit", "hours", OUTCOMES, "state")
    list_filter = ("unit",)
    thing_page = ActivityPage

    def own_urls(self) -> list[URLPattern]:
        outcomes, part = catalog_entry.ActivityOutcomesPage, catalog_entry.ParticipationPage
        return [
            self.hang("new/", catalog_entry.AddActivityPage, "new"),
            self.hang("<int:object_id>/describe/", catalog_entry.DescribeActivityPage, "describe"),
            self.hang("<int:object_id>/outcomes/", outcomes, "outcomes"),
            self.hang("<int:object_id>/sets/", outcome_sets.ActivityTakePage, "sets"),
            self.hang("<int:object_id>/participation/", part, "participation"),
            self.hang("<int:object_id>/confirm/", confirmations.AskPage, "confirm"),
        ]


class OutcomePage(ThingPage):
    """One outcome and every tag that was ever proposed for it."""

    model = LearningOutcome
    permission_required = "registrar.view_learningoutcome"
    template_name = "registrar/desk/outcome.html"

    def get_queryset(self) -> QuerySet[LearningOutcome]:
        return LearningOutcome.objects.select_related("opportunity__unit")

    def get_title(self) -> str:
        return self.object.code

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tags = self.object.tags.select_related("skill__framework", "proposed_by", "reviewed_by")
        wordings = self.object.wordings.order_by("-pk")
        return super().get_context_data(tags=tags, wordings=wordings, **kwargs)


@admin.register(LearningOutcome)
class LearningOutcomeAdmin(DeskAdmin):
    """What learners can do after a course or activity."""

    lede = "What a learner can do afterwards, and which skills that shows."
    empty = "Open a course or activity and edit its outcomes: they appear here."
    list_display = (
        "code",
        "statement",
        "opportunity",
        number_column("accepted_count", "skills"),
        number_column("waiting_count", "to review"),
    )
    list_filter = ("opportunity__kind", "opportunity__unit")
    list_select_related = ("opportunity",)
    search_fields = ("code", "statement", "opportunity__code", "opportunity__title")
    search_help_text = "Outcome, course or activity"
    thing_page = OutcomePage

    def get_queryset(self, request: HttpRequest) -> QuerySet[LearningOutcome]:
        is_held = held_on(terms.reading_day(), prefix="tags__")
        return (
            super()
            .get_queryset(request)
            .annotate(
                accepted_count=Count(
                    "tags", filter=is_held & Q(tags__state=SkillTag.State.ACCEPTED)
                ),
                waiting_count=Count("tags", filter=Q(tags__state=SkillTag.State.PROPOSED)),
            )
        )
