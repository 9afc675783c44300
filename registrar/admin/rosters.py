"""Rosters: read one, look at its plan and problems, apply it."""

from collections import Counter
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import DetailView, FormView

from issuer.errors import Refusal
from issuer.pages import (
    Act,
    DeskAdmin,
    Link,
    Page,
    StateFilter,
    ThingPage,
    Verb,
    column,
    list_link,
    number_column,
    person_column,
    state_tag,
    thing_url,
)
from registrar.admin import uploads
from registrar.admin.downloads import as_csv
from registrar.models import RosterImport
from registrar.services import rosters

PROBLEMS_PER_PAGE = 100
PROBLEM_COLUMNS = ("file", "row", "column", "value", "reason", "fix")


class RosterForm(uploads.UploadForm):
    """A OneRoster bundle."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = "OneRoster 1.2 bundle"
        self.fields["file"].help_text = "The CSV files in one zip, with their manifest.csv."
        self.fields["file"].widget.attrs["accept"] = ".zip"


class ReadPage(Page, FormView):
    """Upload a roster. Nothing changes before its plan has been looked at and applied."""

    permission_required = "registrar.import_roster"
    template_name = "registrar/desk/roster_read.html"
    form_class = RosterForm
    title = "Read a roster"

    def get_trail(self) -> tuple[Link, ...]:
        return (list_link(RosterImport),)

    def form_valid(self, form: RosterForm) -> HttpResponse:
        upload = form.cleaned_data["file"]
        path = uploads.keep(upload)
        try:
            file_name = uploads.given_name(upload, field="file_name", of=RosterImport)
            roster_import = rosters.read(path, by=self.user, file_name=file_name)
        except Refusal as error:
            uploads.discard(path)
            form.add_error("file", str(error))
            return self.form_invalid(form)
        if roster_import.state == RosterImport.State.REFUSED:
            uploads.discard(path)
        return redirect(thing_url(roster_import))


def _apply(roster_import: RosterImport, reason: str, by: User) -> str:
    rosters.apply(roster_import, by=by)
    transaction.on_commit(partial(uploads.discard, roster_import.stored_at))
    return "The roster is applied."


class RosterPage(ThingPage):
    """What a roster would change or has changed, and everything that is wrong with it."""

    model = RosterImport
    permission_required = "registrar.view_rosterimport"
    template_name = "registrar/desk/roster.html"
    acts = {"apply": Act("registrar.import_roster", _apply, needs_reason=False)}

    def get_queryset(self) -> QuerySet[RosterImport]:
        return RosterImport.objects.select_related("read_by", "applied_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counts = sorted(self.object.plan.items())
        totals = _totals([count for _, count in counts])
        found = self.object.problems
        chosen = self.request.GET.get("file", "")
        shown = [problem for problem in found if not chosen or problem["file"] == chosen]
        return super().get_context_data(
            counts=[(file, count) for file, count in counts if any(count.values())],
            totals=totals,
            changes_anything=any(totals[name] for name in ("new", "changed", "retired")),
            problems_by_file=sorted(Counter(problem["file"] for problem in found).items()),
            chosen_file=chosen,
            page=Paginator(shown, PROBLEMS_PER_PAGE).get_page(self.request.GET.get("page")),
            may_apply=self.object.state == RosterImport.State.PLANNED
            and self.user.has_perm("registrar.import_roster"),
            **kwargs,
        )


class ProblemsDownload(Page, DetailView):
    """All problems of a roster as CSV, to be mended where the roster was made."""

    model = RosterImport
    pk_url_kwarg = "object_id"
    permission_required = "registrar.view_rosterimport"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        roster_import = self.get_object()
        return as_csv(
            f"problems-{roster_import.pk}.csv",
            PROBLEM_COLUMNS,
            (
                [problem.get(column) for column in PROBLEM_COLUMNS]
                for problem in roster_import.problems
            ),
        )


def _totals(counts: list[dict[str, int]]) -> dict[str, int]:
    names = ("new", "changed", "retired", "unchanged", "errors", "warnings")
    return {name: sum(count.get(name, 0) for count in counts) for name in names}


@admin.register(RosterImport)
class RosterImportAdmin(DeskAdmin):
    """Every roster that was read."""

    title = "Rosters"
    lede = "A roster is read first and shows what it would change; then it can be applied."
    empty = "Read a OneRoster 1.2 bundle: courses, learners, enrolments and results come with it."
    verbs = (Verb("Read a roster", "admin:registrar_rosterimport_read", "registrar.import_roster"),)
    list_display = (
        "file_name",
        "condition",
        "source",
        number_column("problem_count", "problems"),
        person_column("read_by"),
        column("read_at", "read"),
    )
    list_filter = (("state", StateFilter), "source")
    list_select_related = ("read_by",)
    search_fields = ("file_name", "source")
    search_help_text = "File name or source"
    thing_page = RosterPage

    def get_queryset(self, request: HttpRequest) -> QuerySet[RosterImport]:
        return super().get_queryset(request).defer("problems", "plan")

    def own_urls(self) -> list:
        return [
            self.hang("read/", ReadPage, "read"),
            self.hang("<uuid:object_id>/problems.csv", ProblemsDownload, "problems"),
        ]

    @admin.display(description="state", ordering="state")
    def condition(self, roster_import: RosterImport) -> str:
        return state_tag(roster_import.state)
