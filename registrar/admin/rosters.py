"""Rosters: read one, look at its plan and problems, apply it."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.generic import DetailView

from issuer.pages import (
    Act,
    DeskAdmin,
    Page,
    StateFilter,
    ThingPage,
    Verb,
    column,
    number_column,
    person_column,
    state_tag,
    thing_url,
)
from registrar.admin.downloads import as_csv
from registrar.admin.uploads import UploadPage
from registrar.models import NightStep, RosterImport
from registrar.services.feeding import rosters
from registrar.services.feeding.roster_tables import READ_ALONG

PROBLEMS_PER_PAGE = 100
PROBLEM_COLUMNS = ("file", "row", "column", "value", "reason", "fix")


class ReadPage(UploadPage):
    """Upload a roster."""

    permission_required = "registrar.import_roster"
    title = "Read a roster"
    lede = (
        "First you see what would change and everything that is wrong with the files. Nothing "
        "changes before you apply it."
    )
    listed = RosterImport
    kept_in = (RosterImport, "file_name")
    label = "OneRoster bundle, 1.2 or 1.1, or Canvas SIS CSV"
    hint = (
        "The CSV files in one zip, of OneRoster with their manifest.csv. A file of Canvas's may "
        "also come alone."
    )
    accept = ".zip,.csv"

    def read(self, path: Path, name: str) -> str:
        return thing_url(rosters.read(path, by=self.user, file_name=name))


def _apply(roster_import: RosterImport, reason: str, by: User) -> str:
    rosters.apply(roster_import, by=by)
    return "The roster is applied."


def _discard(roster_import: RosterImport, reason: str, by: User) -> str:
    rosters.discard(roster_import, by=by)
    return "The upload is discarded. Nothing was changed."


class RosterPage(ThingPage):
    """What a roster would change or has changed, and everything that is wrong with it."""

    model = RosterImport
    permission_required = "registrar.view_rosterimport"
    template_name = "registrar/desk/roster.html"
    acts = {
        "apply": Act("registrar.import_roster", _apply, needs_reason=False),
        "discard": Act(
            "registrar.import_roster", _discard, needs_reason=False, needs_confirmation=True
        ),
    }

    def get_queryset(self) -> QuerySet[RosterImport]:
        return RosterImport.objects.select_related("read_by", "applied_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counts = [
            (file, _of_what_is_kept(file, count))
            for file, count in sorted(self.object.plan.items())
            if any(count.values())
        ]
        totals = _totals([count for _, count in counts])
        found = self.object.problems
        chosen = self.request.GET.get("file", "")
        shown = [problem for problem in found if not chosen or problem["file"] == chosen]
        return super().get_context_data(
            counts=counts,
            examples=[
                (file, _of_kinds(found, self.object.plan[file]))
                for file, found in sorted(self.object.examples.items())
            ],
            read_along=READ_ALONG,
            totals=totals,
            changes_anything=any(totals[name] for name in ("new", "changed", "retired")),
            problems_by_file=sorted(Counter(problem["file"] for problem in found).items()),
            chosen_file=chosen,
            page=Paginator(shown, PROBLEMS_PER_PAGE).get_page(self.request.GET.get("page")),
            held=NightStep.objects.filter(
                roster=self.object, state=NightStep.State.HELD
            ).select_related("run"),
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


def _of_kinds(
    found: dict[str, list[Any]], count: dict[str, int]
) -> list[tuple[list[tuple[str, str]], int]]:
    """Of what is new, changed and retired some sourcedIds with their columns, and how many more."""
    told = []
    for kind in ("new", "changed", "retired"):
        given = found.get(kind, [])
        rows = [
            (each, "") if isinstance(each, str) else (each[0], ", ".join(each[1])) for each in given
        ]
        told.append((rows, max(count.get(kind, 0) - len(rows), 0)))
    return told


def _of_what_is_kept(file: str, count: dict[str, int]) -> dict[str, int]:
    """The counts of a file; of one that is only read along no row is held that could stay so."""
    return count | {"unchanged": 0} if file in READ_ALONG else count


def _totals(counts: list[dict[str, int]]) -> dict[str, int]:
    names = ("new", "changed", "retired", "unchanged", "errors", "warnings")
    return {name: sum(count.get(name, 0) for count in counts) for name in names}


@admin.register(RosterImport)
class RosterImportAdmin(DeskAdmin):
    """Every roster that was read."""

    title = "Rosters"
    lede = "A roster is read first and shows what it would change; then it can be applied."
    empty = (
        "Read a OneRoster bundle, or Canvas SIS CSV: courses, learners and enrolments come with it."
    )
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
        return super().get_queryset(request).defer("problems", "plan", "examples")

    def own_urls(self) -> list:
        return [
            self.hang("read/", ReadPage, "read"),
            self.hang("<uuid:object_id>/problems.csv", ProblemsDownload, "problems"),
        ]

    @admin.display(description="state", ordering="state")
    def condition(self, roster_import: RosterImport) -> str:
        return state_tag(roster_import.state)
