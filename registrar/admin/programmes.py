"""Programmes: what belongs to them, and sheets that say so."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern
from django.utils import timezone
from django.views.generic import FormView

from issuer.errors import Refusal
from issuer.pages import (
    Act,
    DeskAdmin,
    Link,
    Page,
    ThingPage,
    Verb,
    list_link,
    number_column,
    state_tag,
)
from registrar.admin import evidence_pack
from registrar.admin import programme_coverage as pages
from registrar.admin.choosing import is_key
from registrar.errors import PlanOutdated
from registrar.models import Programme, Term
from registrar.services import programmes

# What may stand in a form, and more rows than any college has programmes and courses.
MOST_BYTES = 1 << 20


class SheetForm(forms.Form):
    """A sheet of programmes and their courses, as a file or typed."""

    file = forms.FileField(
        required=False,
        label="CSV file",
        help_text="With the columns programme, title, unit, course: one row for each course. "
        "Programmes that are not named stay as they are.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv"}),
    )
    lines = forms.CharField(
        required=False,
        label="Or the same here",
        max_length=MOST_BYTES,
        widget=forms.Textarea(
            attrs={"rows": 12, "dir": "auto", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    since = forms.ModelChoiceField(
        Term.objects.filter(children=None).order_by("-starts_on"),
        required=False,
        label="Holds from",
        empty_label="Always",
        help_text="The term in which courses join and leave",
    )

    def clean_file(self) -> str:
        """The text of the file, if there is one."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is None:
            return ""
        if (size := file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                f"The file has {filesizeformat(size)}; at most {filesizeformat(MOST_BYTES)} "
                "can be read here. Split it by programmes."
            )
        try:
            return file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(
                f"Byte {error.start} is not UTF-8. Save the file again as “CSV UTF-8”."
            ) from None

    def clean(self) -> dict[str, Any]:
        """Keep the one sheet under `lines`, to be shown and sent again."""
        said = super().clean() or self.cleaned_data
        said["lines"] = said.get("file") or said.get("lines", "")
        if not said["lines"].strip() and not self.errors:
            self.add_error("file", "Choose a file, or write the rows below.")
        return said


class SheetPage(Page, FormView):
    """Read a sheet of programmes. Nothing changes before it has been looked at."""

    permission_required = programmes.PERMISSION
    template_name = "registrar/desk/programmes_sheet.html"
    form_class = SheetForm
    title = "Enter programmes"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Programme),)

    def get_initial(self) -> dict[str, Any]:
        chosen = self.request.GET.get("programme", "")
        found = Programme.objects.filter(pk=chosen).first() if is_key(chosen) else None
        return {"lines": programmes.as_sheet(found, on=timezone.localdate()) if found else ""}

    def form_valid(self, form: SheetForm) -> HttpResponse:
        sheet, since = form.cleaned_data["lines"], form.cleaned_data["since"]
        seen = self.request.POST.get("fingerprint", "")
        plan = programmes.plan(sheet.encode(), since=since, by=self.user)
        if not seen or form.cleaned_data["file"]:
            return self._show(form, plan)
        try:
            programmes.apply(sheet.encode(), since=since, fingerprint=seen, by=self.user)
        except PlanOutdated as error:
            return self._show(form, plan, refusal=str(error), status=409)
        except Refusal as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, f"Saved: {_counted(len(plan.changes))}.")
        return redirect("admin:registrar_programme_changelist")

    def _show(
        self,
        form: SheetForm,
        plan: programmes.Plan,
        *,
        refusal: str = "",
        status: int = 200,
    ) -> HttpResponse:
        # A browser never sends a file twice, so the sheet goes on as text.
        again = SheetForm(initial=form.cleaned_data | {"file": None})
        context = self.get_context_data(form=again, plan=plan, refusal=refusal)
        return self.render_to_response(context, status=status)


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
            self.hang("sheet/", SheetPage, "sheet"),
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
