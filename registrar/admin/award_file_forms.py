"""How a file of awards is taken in and read: what is awarded, what its columns hold."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.template.defaultfilters import filesizeformat

from issuer.pages import FormPage, Link, list_link, thing_url
from registrar import tasks
from registrar.admin.sheet_columns import SAMPLE_CELLS, SheetColumnsForm
from registrar.models import AwardFile, AwardFileRow, CredentialTemplate, Revision
from registrar.readers import award_columns
from registrar.readers.award_records import DATES
from registrar.readers.loose_sheet import MAX_BYTES
from registrar.services.awarding import award_file_reading, award_files
from registrar.services.college import roles

State = AwardFile.State
Outcome = AwardFileRow.Outcome

_ORDERS: Final = (
    ("", "As the days themselves tell"),
    ("day first", "Day first: 15/05/2026"),
    ("month first", "Month first: 05/15/2026"),
)


class DuplicatesChoice(forms.ChoiceField):
    """What is done with those who have the credential already."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="Who has this credential already",
            choices=AwardFile.Duplicates.choices,
            **{"initial": AwardFile.Duplicates.SKIP, **kwargs},
        )


class MailChoice(forms.TypedChoiceField):
    """Whether learners are told by mail; None for as the template says."""

    def __init__(self) -> None:
        super().__init__(
            choices=(
                ("", "As the template says"),
                ("yes", "Send each learner a mail with the link"),
                ("no", "None are sent"),
            ),
            coerce=lambda said: said == "yes",
            empty_value=None,
            required=False,
            label="Mails",
            help_text="One plain mail, when the credential can be opened.",
        )


class TakeForm(forms.Form):
    """A file, what is awarded by it, and what is done with those who have it already."""

    template = forms.ModelChoiceField(CredentialTemplate.objects.none(), label="What is awarded")
    file = forms.FileField(
        label="File",
        error_messages={"required": "Choose a file."},
        help_text=(
            "CSV or Excel (XLSX), with a row for each person: learner number; for people who are "
            "not on record also given name, family name, e-mail address; if you like award date, "
            "valid until, result. Columns may be called and stand as they do in your file."
        ),
    )
    duplicates = DuplicatesChoice()
    sends_mail = MailChoice()

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
        self.fields["duplicates"] = DuplicatesChoice(initial=kept.duplicates)
        self.fields["sends_mail"] = forms.BooleanField(
            label="Send each learner a mail with the link",
            required=False,
            initial=kept.sends_mail,
        )

    def _ask_of_the_sheet(self, kept: AwardFile) -> None:
        revision = award_file_reading.revision_of(kept.template)
        rows = list(kept.rows.exclude(outcome=Outcome.WRONG)[:SAMPLE_CELLS]) or list(
            kept.rows.all()[:SAMPLE_CELLS]
        )
        self.ask_of_columns(
            kept.header,
            things=award_columns.fields(award_file_reading.results_of(revision)),
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
