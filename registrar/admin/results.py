"""Results: looked at here, recorded by rosters and by notes of participation."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from issuer.pages import DeskAdmin, Verb, state_tag
from issuer.paging import keys_if_few
from registrar.models import Learner, LineItem, Result


class Holds(admin.SimpleListFilter):
    """Whether a result holds today."""

    title = "holds"
    parameter_name = "holds"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [("yes", "Today"), ("no", "No longer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "yes":
            return queryset.filter(superseded_at=None, withdrawn=False)
        if self.value() == "no":
            return queryset.filter(Q(superseded_at__isnull=False) | Q(withdrawn=True))
        return queryset


@admin.register(Result)
class ResultAdmin(DeskAdmin):
    """Every result that was ever recorded; corrections are rows of their own."""

    lede = "A correction is a new row; the old one stays and is marked superseded."
    empty = "Apply a roster with results: they appear here."
    verbs = (Verb("Read a roster", "admin:registrar_rosterimport_read", "registrar.import_roster"),)
    list_display = ("learner", "course", "line_item", "outcome_code", "value", "dated", "state")
    list_display_links = ("line_item",)
    list_filter = (Holds, "line_item__category")
    list_select_related = ("learner", "outcome", "line_item__offering__opportunity")
    search_fields = (
        "learner__number",
        "learner__family_name",
        "learner__given_name",
        "line_item__offering__opportunity__code",
    )
    search_help_text = "Learner or course"
    sortable_by = ("learner", "course")
    fields = (
        "learner",
        "course",
        "line_item",
        "outcome",
        "value",
        "level",
        "possible",
        "status",
        "dated",
        "assessment",
        "assessor",
        "marked_by",
        "state",
        "recorded_at",
        "superseded_at",
        "source",
        "sourced_id",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Result], search_term: str
    ) -> tuple[QuerySet[Result], bool]:
        """Results in whose learner or course each word stands."""
        for word in search_term.split():
            courses = LineItem.objects.filter(offering__opportunity__code__icontains=word)
            learners = Learner.objects.matching(word)
            queryset = queryset.filter(
                Q(learner__in=keys_if_few(learners)) | Q(line_item__in=keys_if_few(courses))
            )
        return queryset, False

    @admin.display(ordering="line_item__offering__opportunity__code")
    def course(self, result: Result) -> str:
        return result.line_item.offering.opportunity.code

    @admin.display(description="outcome", ordering="outcome__code")
    def outcome_code(self, result: Result) -> str | None:
        return result.outcome.code if result.outcome else None

    @admin.display(description="result", ordering="text")
    def value(self, result: Result) -> str:
        score = "" if result.score is None else f"{result.score.normalize():f}"
        return " · ".join(filter(None, [result.text, score])) or "—"

    @admin.display(ordering="superseded_at", empty_value="")
    def state(self, result: Result) -> str:
        if result.superseded_at:
            return state_tag("retired", "Superseded")
        if result.withdrawn:
            return state_tag("rejected", "Withdrawn")
        return ""
