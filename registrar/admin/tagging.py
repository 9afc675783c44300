"""Skill tags: those that no term has, to review, and which skills the college covers."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView

from issuer.errors import Refusal
from issuer.pages import DeskAdmin, Page, StateFilter, Verb, column, person_column, state_tag
from registrar.admin.downloads import as_csv
from registrar.admin.reviewing import ReviewingPage
from registrar.models import LearningOpportunity, OrganizationUnit, SkillTag
from registrar.services.college import roles
from registrar.services.reporting import coverage
from registrar.services.teaching import tagging
from skills.models import Framework


class ReviewPage(ReviewingPage):
    """Tags of no term. All others are reviewed with their course."""

    permission_required = "registrar.review_skilltag"
    template_name = "registrar/desk/review.html"
    title = "Review tags of no term"
    thing = "tag"
    searched = "Outcome, course, skill or colleague"
    fields = (
        "outcome__code",
        "outcome__opportunity__code",
        "outcome__opportunity__title",
        "skill__label",
        "skill__statement",
        "proposed_by__last_name",
    )

    def waiting(self) -> QuerySet[SkillTag]:
        tags = SkillTag.objects.filter(
            state=SkillTag.State.PROPOSED,
            mapping=None,
            outcome__opportunity__unit__in=roles.reach(self.user, "registrar.review_skilltag"),
        )
        return tags.select_related(
            "outcome__opportunity__unit", "skill__framework", "proposed_by"
        ).order_by("proposed_at", "pk")

    def own(self) -> Q:
        return super().own() | Q(for_person=self.user)

    def review(self, act: str, keys: list[str], comment: str) -> None:
        decide = tagging.accept if act == "accept" else tagging.reject
        done = 0
        for tag in self.waiting().filter(pk__in=keys):
            try:
                decide(tag, by=self.user, comment=comment)
                done += 1
            except Refusal as error:
                messages.error(self.request, f"{tag.outcome.code}, {tag.skill.name}: {error}")
        if done:
            messages.success(self.request, f"{done} {'tag' if done == 1 else 'tags'} {act}ed.")
        if gone := len(set(keys)) - done:
            said = f"{gone} could not be {act}ed; see above or look again."
            messages.warning(self.request, said)


class CoverageForm(forms.Form):
    """What to show in the coverage table."""

    framework = forms.ModelChoiceField(Framework.objects.all(), required=False, empty_label=None)
    unit = forms.ModelChoiceField(
        OrganizationUnit.objects.all(), required=False, empty_label="All units"
    )
    kind = forms.ChoiceField(
        choices=[("", "Courses and activities"), ("course", "Courses"), ("activity", "Activities")],
        required=False,
    )
    emphasis = forms.ChoiceField(
        choices=[("", "Taught, practised or assessed"), *SkillTag.Emphasis.choices],
        required=False,
    )


class CoveragePage(Page, TemplateView):
    """A table that is a heat map: skills by courses and activities."""

    permission_required = "registrar.view_coverage"
    template_name = "registrar/desk/coverage.html"
    title = "Which skills the college covers"

    def get_coverage(self) -> tuple[CoverageForm, Framework | None, coverage.Coverage | None]:
        """The form as it was sent, the framework that is shown, and the table."""
        form = CoverageForm(self.request.GET)
        chosen = form.cleaned_data if form.is_valid() else {}
        framework = chosen.get("framework") or Framework.objects.first()
        if framework is None:
            return form, None, None
        unit = chosen.get("unit")
        units = roles.below([unit.pk]) if unit else OrganizationUnit.objects.all()
        table = coverage.table(
            framework,
            units=units,
            kind=chosen.get("kind", ""),
            emphasis=chosen.get("emphasis", ""),
        )
        return form, framework, table

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form, framework, table = self.get_coverage()
        skills = Paginator(table.skills if table else [], coverage.SKILLS_SHOWN)
        page = skills.get_page(self.request.GET.get("page"))
        return super().get_context_data(
            form=form,
            framework=framework,
            table=table,
            page=page,
            rows=table.rows(page.object_list) if table else [],
            query=self.request.GET.urlencode(),
            **kwargs,
        )


class CoverageDownload(CoveragePage):
    """The same table as CSV: one line per covered cell."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _, _, table = self.get_coverage()
        header = ["kind", "code", "title", "skill code", "skill", *coverage.EMPHASES]
        return as_csv("coverage.csv", header, self._lines(table) if table else [])

    def _lines(self, table: coverage.Coverage) -> Any:
        for skill, cell in table.entries():
            what: LearningOpportunity = cell.opportunity
            counts = [cell.counts.get(emphasis, 0) for emphasis in coverage.EMPHASES]
            yield [what.kind, what.code, what.title, skill.code, skill.name, *counts]


@admin.register(SkillTag)
class SkillTagAdmin(DeskAdmin):
    """Every tag that was proposed, and what became of it."""

    lede = "A tag says that an outcome teaches, practises or assesses a skill."
    empty = "Faculty propose tags on their own pages."
    verbs = (
        Verb("Review courses", "admin:registrar_mapping_review", "registrar.review_skilltag"),
        Verb(
            "Review tags of no term",
            "admin:registrar_skilltag_review",
            "registrar.review_skilltag",
        ),
        Verb("See the coverage", "admin:registrar_skilltag_coverage", "registrar.view_coverage"),
    )
    list_display = (
        "outcome_code",
        "skill",
        "emphasis",
        "condition",
        person_column("proposed_by"),
        column("proposed_at", "proposed"),
    )
    list_filter = (("state", StateFilter), "emphasis")
    list_select_related = ("outcome", "skill", "proposed_by")
    search_fields = ("outcome__code", "skill__label", "skill__statement", "skill__code")
    search_help_text = "Outcome or skill"

    def own_urls(self) -> list:
        return [
            self.hang("review/", ReviewPage, "review"),
            self.hang("coverage/", CoveragePage, "coverage"),
            self.hang("coverage.csv", CoverageDownload, "coverage_csv"),
        ]

    @admin.display(description="outcome", ordering="outcome__code")
    def outcome_code(self, tag: SkillTag) -> str:
        return tag.outcome.code

    @admin.display(description="state", ordering="state")
    def condition(self, tag: SkillTag) -> str:
        return state_tag(tag.state)
