"""Programmes: what belongs to them, and sheets that say so."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse_lazy
from django.utils import timezone

from issuer.pages import (
    Act,
    DeskAdmin,
    Link,
    ThingPage,
    Verb,
    list_link,
    number_column,
    state_tag,
)
from registrar.admin import evidence_pack
from registrar.admin import programme_coverage as pages
from registrar.admin.choosing import is_key
from registrar.admin.planned import SheetForm, SheetPage
from registrar.models import Programme, Term
from registrar.services.teaching import programmes


class ProgrammesForm(SheetForm):
    """A sheet of programmes and their courses, as a file or typed."""

    too_large = "Split it by programmes."

    file = forms.FileField(
        required=False,
        label="CSV file",
        help_text="With the columns programme, title, unit, course: one row for each course. "
        "Programmes that are not named stay as they are.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv"}),
    )
    since = forms.ModelChoiceField(
        Term.objects.filter(children=None).order_by("-starts_on"),
        required=False,
        label="Holds from",
        empty_label="Always",
        help_text="The term in which courses join and leave",
    )


class ProgrammesPage(SheetPage):
    """Read a sheet of programmes. Nothing changes before it has been looked at."""

    permission_required = programmes.PERMISSION
    template_name = "registrar/desk/programmes_sheet.html"
    form_class = ProgrammesForm
    title = "Enter programmes"
    success_url = reverse_lazy("admin:registrar_programme_changelist")

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Programme),)

    def get_initial(self) -> dict[str, Any]:
        chosen = self.request.GET.get("programme", "")
        found = Programme.objects.filter(pk=chosen).first() if is_key(chosen) else None
        return {"lines": programmes.as_sheet(found, on=timezone.localdate()) if found else ""}

    def plan(self, said: dict[str, Any]) -> programmes.Plan:
        return programmes.plan(said["lines"].encode(), since=said["since"], by=self.user)

    def save(self, said: dict[str, Any], *, fingerprint: str) -> str:
        plan = programmes.apply(
            said["lines"].encode(), since=said["since"], fingerprint=fingerprint, by=self.user
        )
        return f"Saved: {_counted(len(plan.changes))}."


def _counted(number: int) -> str:
    return "1 programme" if number == 1 else f"{number} programmes"


def _retire(programme: Programme, reason: str, by: User) -> str:
    programmes.retire(programme, by=by, reason=reason)
    return "The programme is retired."


class ProgrammePage(ThingPage):
    """One programme: what belongs to it, and what it leads to."""

    model = Programme
    permission_required = "registrar.view_programme"
    template_name = "registrar/desk/programme.html"
    acts = {"retire": Act(programmes.PERMISSION, _retire)}

    def get_queryset(self) -> QuerySet[Programme]:
        return Programme.objects.select_related("unit")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_change = self.user.has_perm(programmes.PERMISSION, self.object.unit)
        return super().get_context_data(
            places=self.object.courses.select_related("opportunity").order_by(
                "opportunity__code", "holds_from"
            ),
            today=timezone.localdate(),
            may_change=may_change and self.object.retired_at is None,
            **kwargs,
        )


@admin.register(Programme)
class ProgrammeAdmin(DeskAdmin):
    """Programmes of study."""

    lede = (
        "A programme is a set of courses that lead somewhere together. See which skills it covers."
    )
    empty = "Enter programmes and their courses from a sheet."
    verbs = (Verb("Enter programmes", "admin:registrar_programme_sheet", programmes.PERMISSION),)
    list_display = ("code", "title", "unit", number_column("course_count", "courses"), "state")
    list_filter = ("unit",)
    list_select_related = ("unit",)
    search_fields = ("code", "title")
    search_help_text = "Code or title"
    thing_page = ProgrammePage

    def get_queryset(self, request: HttpRequest) -> QuerySet[Programme]:
        held = Count("courses", filter=Q(courses__holds_until=None))
        return super().get_queryset(request).annotate(course_count=held)

    def own_urls(self) -> list[URLPattern]:
        part = "<int:object_id>/"
        return [
            self.hang("sheet/", ProgrammesPage, "sheet"),
            self.hang(f"{part}coverage/", pages.ProgrammeCoveragePage, "coverage"),
            self.hang(f"{part}coverage.csv", pages.ProgrammeCoverageDownload, "coverage_csv"),
            self.hang(f"{part}coverage.svg", pages.ProgrammeCoveragePicture, "coverage_svg"),
            self.hang(f"{part}coverage/<int:skill_id>/", pages.BehindPage, "behind"),
            self.hang(f"{part}map/", pages.CurriculumPage, "map"),
            self.hang(f"{part}map.csv", pages.CurriculumDownload, "map_csv"),
            self.hang(f"{part}evidence/", evidence_pack.EvidencePage, "evidence"),
            self.hang(f"{part}evidence.zip", evidence_pack.EvidenceDownload, "evidence_zip"),
        ]

    @admin.display(ordering="retired_at", empty_value="")
    def state(self, programme: Programme) -> str:
        return state_tag("retired") if programme.retired_at else ""
