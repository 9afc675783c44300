"""Results for single outcomes: upload a file, say what its columns hold, look, apply."""

from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import URLPattern, reverse

from issuer.errors import Refusal
from issuer.pages import (
    Act,
    DeskAdmin,
    FormPage,
    Link,
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
from registrar.admin.rosters import PROBLEMS_PER_PAGE
from registrar.admin.sheet_columns import SheetColumnsForm
from registrar.admin.uploads import UploadPage
from registrar.models import ResultImport
from registrar.readers.outcome_results import ResultColumns
from registrar.services.marking import result_imports

# What a column may hold, as one chooses it.
_THINGS = {
    "learner": "Learner: number, e-mail address or id",
    "outcome": "Outcome: code or statement",
    "outcome_title": "Outcome: another name",
    "level": "Level of the rubric",
    "points": "Points",
    "possible": "Most points",
    "met": "Whether it is met",
    "section": "Section or class",
    "course": "Course",
    "work": "What was assessed",
    "work_id": "What was assessed: id",
    "part_id": "Part of it: id",
    "attempt": "Attempt",
    "dated": "Date",
    "assessment": "Kind of assessment",
    "assessor": "Who assessed: role",
}


class ReadPage(UploadPage):
    """Upload results."""

    permission_required = result_imports.PERMISSION
    title = "Read results per outcome"
    lede = (
        "First you see what would change and everything that is wrong with the rows. Nothing "
        "changes before you apply it, and teachers are not asked for what the file says."
    )
    listed = ResultImport
    kept_in = (ResultImport, "file_name")
    label = "CSV file"
    hint = (
        "Canvas's report “Outcome results”, or any sheet with a row for each learner and outcome; "
        "you then say what its columns hold."
    )
    accept = ".csv,.txt"

    def read(self, path: Path, name: str) -> str:
        kept = result_imports.read(path, by=self.user, file_name=name)
        if kept.waits_for_columns:
            return reverse("admin:registrar_resultimport_describe", args=[kept.pk])
        return thing_url(kept)


class DescribeForm(SheetColumnsForm):
    """What each column of a sheet holds."""

    def __init__(
        self,
        *args: Any,
        names: tuple[str, ...],
        samples: tuple[tuple[str, ...], ...],
        guessed: ResultColumns,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ask_of_columns(names, things=_THINGS, samples=samples, held=guessed.as_dict())


class DescribePage(FormPage):
    """Say what the columns of an uploaded sheet hold."""

    permission_required = result_imports.PERMISSION
    title = "Say what the columns hold"
    form_class = DescribeForm
    verb = "Show what would change"
    says_optional = "no"
    refused_status = 422

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        planned = ResultImport.objects.filter(state=ResultImport.State.PLANNED)
        self.kept = planned.filter(pk=kwargs["object_id"]).first()

    def get_trail(self) -> tuple[Link, ...]:
        return (list_link(ResultImport),)

    def get_form_kwargs(self) -> dict[str, Any]:
        if self.kept is None:
            raise Http404
        try:
            reading, guessed = result_imports.suggested(self.kept)
        except Refusal as error:
            raise Http404 from error
        said = ResultColumns.from_dict(self.kept.columns) if self.kept.columns else guessed
        sheet = {"names": reading.header, "samples": reading.samples, "guessed": said}
        return super().get_form_kwargs() | sheet

    def get_lede(self) -> str:
        name = self.kept.file_name if self.kept else ""
        return (
            f"“{name}” is no report of Canvas's. Say which column holds the learner, the outcome, "
            "and a level, points or whether it is met. What you say is remembered for the next "
            "sheet with these columns. Nothing changes yet."
        )

    def carry_out(self, form: DescribeForm) -> str:
        if self.kept is None:
            raise Http404
        columns = ResultColumns.from_dict(form.columns)
        result_imports.describe(self.kept, columns, by=self.user)
        return thing_url(self.kept)


def _apply(kept: ResultImport, reason: str, by: User) -> str:
    result_imports.apply(kept, by=by)
    return "The results are applied."


def _discard(kept: ResultImport, reason: str, by: User) -> str:
    result_imports.discard(kept, by=by)
    return "The upload is discarded. Nothing was changed."


class ResultImportPage(ThingPage):
    """What a file of results would change or has changed, and all that is wrong with it."""

    model = ResultImport
    permission_required = "registrar.view_resultimport"
    template_name = "registrar/desk/result_import.html"
    acts = {
        "apply": Act(result_imports.PERMISSION, _apply, needs_reason=False),
        "discard": Act(
            result_imports.PERMISSION, _discard, needs_reason=False, needs_confirmation=True
        ),
    }

    def get_queryset(self) -> QuerySet[ResultImport]:
        return ResultImport.objects.select_related("read_by", "applied_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(self.object.problems, PROBLEMS_PER_PAGE)
        return super().get_context_data(
            page=page.get_page(self.request.GET.get("page")),
            columns=[(name, _THINGS[field]) for field, name in self.object.columns.items()],
            may_apply=self.object.state == ResultImport.State.PLANNED
            and self.user.has_perm(result_imports.PERMISSION),
            **kwargs,
        )


@admin.register(ResultImport)
class ResultImportAdmin(DeskAdmin):
    """Every file of results that was read."""

    title = "Results per outcome"
    lede = "A file of results is read first and shows what it would change; then it is applied."
    empty = "Read Canvas's outcome results, or any sheet with learners and outcomes."
    verbs = (Verb("Read results", "admin:registrar_resultimport_read", result_imports.PERMISSION),)
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
    thing_page = ResultImportPage

    def get_queryset(self, request: HttpRequest) -> QuerySet[ResultImport]:
        return super().get_queryset(request).defer("problems", "header")

    def own_urls(self) -> list[URLPattern]:
        return [
            self.hang("read/", ReadPage, "read"),
            self.hang("<uuid:object_id>/columns/", DescribePage, "describe"),
        ]

    @admin.display(description="state", ordering="state")
    def condition(self, kept: ResultImport) -> str:
        return state_tag(kept.state)
