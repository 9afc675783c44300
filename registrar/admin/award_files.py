"""Award from a file or to chosen learners: see what would come of it, mend it, prepare a batch."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Page as Rows
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.views.generic import DetailView, View
from django_htmx.http import HttpResponseClientRefresh

from issuer.errors import Refusal
from issuer.pages import (
    Act,
    DeskAdmin,
    FormPage,
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
from issuer.vc import reading
from issuer.vc.errors import VcError
from registrar import tasks
from registrar.admin.award_choices import ChooseOptions, ChoosePage
from registrar.admin.downloads import as_long_csv
from registrar.admin.sheet_columns import SAMPLE_CELLS, SheetColumnsForm
from registrar.models import Award, AwardFile, AwardFileRow, CredentialTemplate, Revision
from registrar.models.templates import names_of_templates
from registrar.readers import award_columns
from registrar.readers.award_rows import DATES
from registrar.readers.loose_sheet import MAX_BYTES
from registrar.services import award_files, roles

State = AwardFile.State
Outcome = AwardFileRow.Outcome

ROWS_PER_PAGE: Final = 25
_ORDERS: Final = (
    ("", "As the days themselves tell"),
    ("day first", "Day first: 15/05/2026"),
    ("month first", "Month first: 05/15/2026"),
)
# How the form calls a cell: by the row's number and the column's place.
_CELL: Final = re.compile("cell_([0-9]{1,9})_([0-9]{1,3})")
# What a file of the rows with errors has beside the cells; nothing is read from these columns.
_ADDED: Final = ("Row", "What is wrong", "What to do")
# What a file of any rows has beside them.
_TOLD: Final = ("Row", "What becomes of it", "Worth a look")


class TakeForm(forms.Form):
    """A file, what is awarded by it, and what is done with those who have it already."""

    template = forms.ModelChoiceField(CredentialTemplate.objects.none(), label="What is awarded")
    file = forms.FileField(
        label="File",
        error_messages={"required": "Choose a file."},
        help_text=(
            "CSV or Excel (XLSX), with a row for each person: learner number, given name, family "
            "name, e-mail address; if you like award date, valid until, result. Columns may be "
            "called and stand as they do in your file."
        ),
    )
    duplicates = forms.ChoiceField(
        label="Who has this credential already",
        choices=AwardFile.Duplicates.choices,
        initial=AwardFile.Duplicates.SKIP,
    )
    sends_mail = forms.BooleanField(
        label="Send each learner a mail with the link",
        required=False,
        help_text="One plain mail, when the credential can be opened.",
    )

    def __init__(self, *args: Any, templates: QuerySet[CredentialTemplate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["template"]
        choice.queryset = templates
        choice.label_from_instance = _name
        self.fields["file"].widget.attrs["accept"] = ".csv,.txt,.tsv,.xlsx"

    def clean_file(self) -> UploadedFile:
        """Refuse what is too large before anything reads it."""
        file = self.cleaned_data["file"]
        most = min(MAX_BYTES, settings.UPLOAD_MAX_BYTES)
        if file.size > most:
            raise ValidationError(f"The file is larger than {filesizeformat(most)}. Divide it.")
        return file


def _name(template: CredentialTemplate) -> str:
    return template.name


class TakePage(FormPage):
    """Upload a file; a worker reads it."""

    permission_required = award_files.PERMISSION
    title = "Award from a file"
    lede = (
        "First you see what would come of it, row by row, and everything that is wrong with the "
        "rows. Nobody is awarded before you prepare a batch and a second person approves it."
    )
    verb = "Read the file"
    form_class = TakeForm

    def get_trail(self) -> Iterable[Link]:
        return (list_link(AwardFile),)

    def get_form_kwargs(self) -> dict[str, Any]:
        units = roles.reach(self.user, award_files.PERMISSION)
        templates = CredentialTemplate.objects.filter(
            unit__in=units, revisions__state=Revision.State.APPROVED
        )
        return super().get_form_kwargs() | {"templates": templates.named()}

    def get_initial(self) -> dict[str, Any]:
        return {"template": self.request.GET.get("template")}

    def carry_out(self, form: TakeForm) -> str:
        said = form.cleaned_data
        kept = award_files.take(
            said["file"].read(),
            template=said["template"],
            by=self.user,
            file_name=said["file"].name or "upload",
            duplicates=said["duplicates"],
            sends_mail=said["sends_mail"],
        )
        tasks.read_soon(kept)
        return thing_url(kept)


class SettingsForm(SheetColumnsForm):
    """What each column holds, which of day and month comes first, who has it already, mails."""

    def __init__(self, *args: Any, kept: AwardFile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept = kept
        if not kept.chosen:
            self._ask_of_the_sheet(kept)
        self.fields["duplicates"] = forms.ChoiceField(
            label="Who has this credential already",
            choices=AwardFile.Duplicates.choices,
            initial=kept.duplicates,
        )
        self.fields["sends_mail"] = forms.BooleanField(
            label="Send each learner a mail with the link",
            required=False,
            initial=kept.sends_mail,
        )

    def _ask_of_the_sheet(self, kept: AwardFile) -> None:
        revision = award_files.revision_of(kept.template)
        rows = list(kept.rows.exclude(outcome=Outcome.WRONG)[:SAMPLE_CELLS]) or list(
            kept.rows.all()[:SAMPLE_CELLS]
        )
        self.ask_of_columns(
            kept.header,
            things=award_columns.fields(award_files.results_of(revision)),
            samples=[row.cells for row in rows],
            held=kept.columns,
        )
        for name in DATES:
            self.fields[f"order_{name}"] = forms.ChoiceField(
                label=f"How days are written: {award_columns.LABELS[name]}",
                choices=_ORDERS,
                required=False,
                initial=kept.orders.get(name, ""),
            )

    @property
    def orders(self) -> dict[str, str]:
        """By what a day tells, which of day and month comes first in it, where that was chosen."""
        said = {name: self.cleaned_data.get(f"order_{name}", "") for name in DATES}
        return {name: order for name, order in said.items() if order}


class SettingsPage(FormPage):
    """Say how a file that was read is to be read."""

    permission_required = award_files.PERMISSION
    title = "How the file is read"
    verb = "Look at all rows again"
    says_optional = "no"
    form_class = SettingsForm

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.kept = AwardFile.objects.filter(state=State.READ, pk=kwargs["object_id"]).first()

    def get_trail(self) -> Iterable[Link]:
        assert self.kept is not None  # noqa: S101 - the form was made of it
        return (list_link(AwardFile), Link(self.kept.file_name, thing_url(self.kept)))

    def get_form_kwargs(self) -> dict[str, Any]:
        if self.kept is None:
            raise Http404
        return super().get_form_kwargs() | {"kept": self.kept}

    def get_lede(self) -> str:
        if self.kept is None or self.kept.chosen:
            return ""
        return (
            f"Say what the columns of “{self.kept.file_name}” hold. It is remembered for the next "
            "file with these columns. Nobody is awarded yet."
        )

    def carry_out(self, form: SettingsForm) -> str:
        if self.kept is None:
            raise Http404
        award_files.describe(
            self.kept,
            by=self.user,
            columns=form.columns,
            orders=form.orders,
            duplicates=form.cleaned_data["duplicates"],
            sends_mail=form.cleaned_data["sends_mail"],
        )
        return thing_url(self.kept)


def _prepare(kept: AwardFile, reason: str, by: User) -> str:
    batch = award_files.prepare(kept, by=by)
    return format_html(
        'Prepared {} as the batch “<a href="{}" dir="auto">{}</a>”. A second person approves it.',
        f"{batch.count:,}",
        thing_url(batch),
        batch.name,
    )


def _discard(kept: AwardFile, reason: str, by: User) -> str:
    award_files.discard(kept, by=by)
    return "The file is discarded. Nobody was awarded."


class AwardFilePage(ThingPage):
    """What would come of a file, or has come of it, and every row of it."""

    model = AwardFile
    permission_required = "registrar.view_awardfile"
    template_name = "registrar/desk/award_file.html"
    acts = {
        "prepare": Act(award_files.PERMISSION, _prepare, needs_reason=False),
        "discard": Act(
            award_files.PERMISSION, _discard, needs_reason=False, needs_confirmation=True
        ),
    }

    def get_queryset(self) -> QuerySet[AwardFile]:
        found = AwardFile.objects.select_related("template__unit", "read_by", "batch")
        return found.defer("content")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept = self.object
        waits = kept.state == State.READ
        may_prepare = waits and self.user.has_perm(award_files.PERMISSION, kept.template.unit)
        shown = _shown(kept, self.request.GET.get("rows", ""))
        page = _rows(kept, shown, self.request.GET.get("page"))
        mends = may_prepare and shown == Outcome.WRONG and not kept.chosen
        return super().get_context_data(
            **summary(kept),
            may_prepare=may_prepare,
            samples=_samples(kept) if waits else [],
            image=_image(kept),
            shown=shown,
            outcomes=[
                (str(each), Outcome(each).label, kept.counts[each])
                for each in Outcome.values
                if kept.counts.get(each)
            ],
            page=page,
            mending=[_to_mend(kept, row) for row in page] if mends else [],
            **kwargs,
        )


def _shown(kept: AwardFile, asked: str) -> str:
    """Rows of which outcome are shown: those that are asked for, else what there is to mend."""
    if asked in Outcome.values or asked == "all":
        return asked.removeprefix("all")
    return str(Outcome.WRONG) if kept.state == State.READ and kept.counts.get("wrong") else ""


def summary(kept: AwardFile) -> dict[str, Any]:
    """What stands over a file's page and its batch's: how many of what, and how it was read."""
    counts = kept.counts
    to_award = sum(counts.get(each, 0) for each in (Outcome.NEW, Outcome.REPLACE, Outcome.AGAIN))
    labels = award_columns.LABELS
    return {
        "kept": kept,
        "counts": counts,
        "to_award": to_award,
        "is_fatal": any(each["severity"] == "fatal" for each in kept.problems),
        "mails": to_award if kept.sends_mail else 0,
        "days": [(labels.get(name, name), told) for name, told in kept.days.items()],
        "common": _common(kept),
        "holds": [(column, labels.get(name, name)) for name, column in kept.columns.items()],
    }


def _common(kept: AwardFile) -> list[tuple[str, str]]:
    """What was said of all who were chosen, in words."""
    said = kept.chosen.get("common", {})
    words = {**award_columns.LABELS, "why": "why"}
    return [(words[name].capitalize(), text) for name, text in said.items()]


def _samples(kept: AwardFile) -> list[dict[str, Any]]:
    try:
        return [
            {"learner": name, "document": document, "facts": reading.read(document)}
            for name, document in award_files.samples(kept)
        ]
    except (Refusal, VcError) as error:
        return [{"problem": str(error)}]


def _image(kept: AwardFile) -> str:
    approved = kept.template.revisions.filter(state=Revision.State.APPROVED)
    revision = approved.select_related("achievement").first()
    return revision.achievement.image if revision and revision.achievement else ""


def _rows(kept: AwardFile, shown: str, page: str | None) -> Rows:
    rows = kept.rows.select_related("learner", "award__announced__mail").order_by("number")
    if shown:
        rows = rows.filter(outcome=shown)
    found = Paginator(rows, ROWS_PER_PAGE).get_page(page)
    _tell_states(found)
    return found


def _tell_states(rows: Rows) -> None:
    """Give each row the state of its credential and of its mail."""
    made = [row.award_id for row in rows if row.award_id]
    states = dict(Award.objects.filter(pk__in=made).with_state().values_list("pk", "state"))
    for row in rows:
        row.state = states.get(row.award_id, "")


# Rows with errors, in place


def _to_mend(kept: AwardFile, row: AwardFileRow) -> dict[str, Any]:
    named = {problem["column"] for problem in row.problems}
    cells = _padded(row, len(kept.header))
    fields = [
        {
            "name": f"cell_{row.number}_{at}",
            "label": column or f"Column {at + 1}",
            "value": cells[at],
            "problems": [each for each in row.problems if column and each["column"] == column],
        }
        for at, column in enumerate(kept.header)
        if "" in named or column in named
    ]
    of_the_row = [each for each in row.problems if not each["column"]]
    return {"row": row, "fields": fields, "problems": of_the_row}


def _padded(row: AwardFileRow, width: int) -> list[str]:
    return [*map(str, row.cells), *[""] * width][:width]


class MendPage(Page, View):
    """Write cells anew and look at all rows again."""

    permission_required = award_files.PERMISSION

    def post(self, request: HttpRequest, object_id: Any) -> HttpResponseBase:
        kept = get_object_or_404(AwardFile.objects.defer("content"), pk=object_id)
        sent = {
            (int(cell[1]), int(cell[2])): str(value)
            for name, value in request.POST.items()
            if (cell := _CELL.fullmatch(name))
        }
        rows = kept.rows.filter(number__in={number for number, _ in sent})
        written = {row.number: _padded(row, len(kept.header)) for row in rows}
        for (number, at), value in sent.items():
            if number in written and at < len(kept.header):
                written[number][at] = value
        try:
            award_files.mend(kept, written, by=self.user)
        except Refusal as error:
            messages.error(request, str(error))
        return redirect(thing_url(kept) + "#rows")


class FailuresPage(Page, View):
    """Only the rows with errors, as CSV: mend them there and upload that file."""

    permission_required = "registrar.view_awardfile"

    def get(self, request: HttpRequest, object_id: Any) -> HttpResponseBase:
        kept = get_object_or_404(AwardFile.objects.defer("content"), pk=object_id)
        return as_long_csv("errors.csv", [*kept.header, *_ADDED], _failures(kept))


def _failures(kept: AwardFile) -> Iterator[list[Any]]:
    for row in kept.rows.filter(outcome=Outcome.WRONG).order_by("number").iterator():
        said = [
            " ".join(dict.fromkeys(f"{each['column']}: {each[what]}" for each in row.problems))
            for what in ("reason", "fix")
        ]
        yield [*_padded(row, len(kept.header)), row.number, *said]


class RowsPage(Page, View):
    """Every row of the file that is shown, as CSV, with what becomes of it."""

    permission_required = "registrar.view_awardfile"

    def get(self, request: HttpRequest, object_id: Any) -> HttpResponseBase:
        kept = get_object_or_404(AwardFile.objects.defer("content"), pk=object_id)
        shown = _shown(kept, request.GET.get("rows", "all"))
        return as_long_csv("rows.csv", [*kept.header, *_TOLD], _told(kept, shown))


def _told(kept: AwardFile, shown: str) -> Iterator[list[Any]]:
    rows = kept.rows.order_by("number")
    if shown:
        rows = rows.filter(outcome=shown)
    for row in rows.iterator():
        said = " ".join(f"{each['reason']} {each['fix']}".strip() for each in row.problems)
        outcome = Outcome(row.outcome).label
        yield [*_padded(row, len(kept.header)), row.number, outcome, said]


class ReadingPart(Page, DetailView):
    """The part of a file's page that asks again every second while the file is being read."""

    model = AwardFile
    pk_url_kwarg = "object_id"
    context_object_name = "thing"
    permission_required = "registrar.view_awardfile"
    template_name = "registrar/desk/award_file_reading.html"

    def get_queryset(self) -> QuerySet[AwardFile]:
        return AwardFile.objects.defer("content", "problems")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"thing": self.object}

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if self.object.state != State.READING:
            return HttpResponseClientRefresh()
        return super().render_to_response(context, **kwargs)


@admin.register(AwardFile)
class AwardFileAdmin(DeskAdmin):
    """Every file of people to award."""

    title = "Files of awards"
    lede = "First one sees what would come of a file or choice; then a batch is prepared."
    empty = "Award people from CSV or Excel with whatever columns, or by what is on record."
    verbs = (
        Verb("Award from a file", "admin:registrar_awardfile_take", award_files.PERMISSION),
        Verb("Award chosen learners", "admin:registrar_awardfile_choose", award_files.PERMISSION),
    )
    list_display = (
        "file_name",
        "condition",
        "awarded",
        number_column("total", "rows"),
        number_column("wrong", "with errors"),
        person_column("read_by"),
        column("read_at", "read"),
    )
    list_filter = (("state", StateFilter),)
    list_select_related = ("read_by", "template")
    search_fields = ("file_name", "template__slug")
    search_help_text = "File name or template"
    thing_page = AwardFilePage

    def get_queryset(self, request: HttpRequest) -> QuerySet[AwardFile]:
        found = super().get_queryset(request).defer("content", "problems", "header")
        named = found.prefetch_related(names_of_templates("template__"))
        return named.annotate(wrong=F("counts__wrong"))

    def own_urls(self) -> list[URLPattern]:
        return [
            self.hang("take/", TakePage, "take"),
            self.hang("choose/", ChoosePage, "choose"),
            self.hang("choose/options/", ChooseOptions, "options"),
            self.hang("<uuid:object_id>/rows.csv", RowsPage, "rows"),
            self.hang("<uuid:object_id>/settings/", SettingsPage, "settings"),
            self.hang("<uuid:object_id>/reading/", ReadingPart, "reading"),
            self.hang("<uuid:object_id>/mend/", MendPage, "mend"),
            self.hang("<uuid:object_id>/errors.csv", FailuresPage, "failures"),
        ]

    @admin.display(description="what is awarded", ordering="template")
    def awarded(self, kept: AwardFile) -> str:
        return format_html("<bdi>{}</bdi>", kept.template.name)

    @admin.display(description="state", ordering="state")
    def condition(self, kept: AwardFile) -> str:
        return state_tag(kept.state)


def choose_url(template: CredentialTemplate) -> str:
    """Where learners who are on record are awarded by this template."""
    return f"{reverse('admin:registrar_awardfile_choose')}?template={template.pk}"


def take_url(template: CredentialTemplate) -> str:
    """Where people are awarded by this template from a file."""
    return f"{reverse('admin:registrar_awardfile_take')}?template={template.pk}"
