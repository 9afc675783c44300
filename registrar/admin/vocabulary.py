"""Frameworks and skills, as the desk lists them."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from issuer.pages import DeskAdmin, ThingPage, Verb, number_column, state_tag
from registrar.admin.framework_imports import DescribePage, ImportPage, PlanPage
from registrar.admin.skill_page import SkillPage
from skills.models import Framework, Skill
from skills.services import search

SKILLS_PER_PAGE = 50


class FrameworkPage(ThingPage):
    """One framework: its skills by their codes, and how it came to be."""

    model = Framework
    permission_required = "skills.view_framework"
    template_name = "registrar/desk/framework.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        skills = Paginator(self.object.skills.all(), SKILLS_PER_PAGE)
        return super().get_context_data(
            page=skills.get_page(self.request.GET.get("page")),
            imports=self.object.imports.select_related("by", "edition"),
            **kwargs,
        )


@admin.register(Framework)
class FrameworkAdmin(DeskAdmin):
    """Sets of skills, each with its editions."""

    lede = "Sets of skills that outcomes and credentials point to. Our own come first."
    empty = "Import a framework: from CASE, ESCO, O*NET, OSMT, Canvas, OpenSALT, or any sheet."
    verbs = (
        Verb("Import a framework", "admin:skills_framework_import", "skills.import_framework"),
    )
    list_display = (
        "title",
        "creator",
        "version",
        number_column("current_count", "skills"),
        number_column("retired_count", "retired"),
        "is_own",
    )
    list_filter = ("is_own",)
    search_fields = ("title", "creator", "identifier")
    search_help_text = "Title or publisher"

    thing_page = FrameworkPage

    def own_urls(self) -> list:
        return [
            self.hang("import/", ImportPage, "import"),
            self.hang("import/<str:upload>/describe/", DescribePage, "describe"),
            self.hang("import/<str:upload>/", PlanPage, "plan"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Framework]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                current_count=Count("skills", filter=Q(skills__retired_at=None)),
                retired_count=Count("skills", filter=Q(skills__retired_at__isnull=False)),
            )
        )


class IsRetired(admin.SimpleListFilter):
    """Current or retired."""

    title = "state"
    parameter_name = "retired"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [("no", "Current"), ("yes", "Retired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(retired_at__isnull=self.value() == "no")


@admin.register(Skill)
class SkillAdmin(DeskAdmin):
    """Every skill, of whatever kind and framework."""

    lede = "Skills are never deleted: what a newer edition leaves out is retired."
    empty = "Import a framework: its skills appear here."
    list_display = ("name", "code", "kind", "framework", "state")
    list_filter = ("kind", IsRetired, "framework")
    list_select_related = ("framework",)
    search_fields = ("code", "label", "statement")
    search_help_text = "Code, label or statement"
    thing_page = SkillPage

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Skill], search_term: str
    ) -> tuple[QuerySet[Skill], bool]:
        """Retired ones and parts of words too; where nothing is found so, what is meant."""
        found, has_doubles = super().get_search_results(request, queryset, search_term)
        if search_term and not found.exists():
            meant = search.find(search_term).skills
            return queryset.filter(pk__in=[skill.pk for skill in meant]), False
        return found, has_doubles

    @admin.display(description="skill", ordering="label")
    def name(self, skill: Skill) -> str:
        return skill.name

    @admin.display(ordering="retired_at", empty_value="")
    def state(self, skill: Skill) -> str:
        return state_tag("retired") if skill.retired_at else ""
