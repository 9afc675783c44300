"""Read a catalogue: Edu-API's JSON, or a sheet of courses and outcomes."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.views.generic import FormView

from issuer.errors import Refusal
from issuer.pages import Link, Page, list_link
from registrar.errors import PlanOutdated
from registrar.models import Course, Term
from registrar.services import catalogue_import
from registrar.services.catalogue_plan import Plan

# What may stand in a form; larger ones are read by a command.
MOST_BYTES = 2 << 20
CHANGES_SHOWN = 200


class CatalogueForm(forms.Form):
    """A catalogue as a file or typed, and where it came from."""

    file = forms.FileField(
        required=False,
        label="File",
        help_text="JSON in the shape of Edu-API: organizations, academicSessions, "
        "collectionTemplates, courseTemplates, courseOfferings. Or CSV with the columns course, "
        "title, unit, description, credit, credits, hours, outcome, statement: one row for each "
        "outcome.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.json"}),
    )
    lines = forms.CharField(
        required=False,
        label="Or the same here",
        max_length=MOST_BYTES,
        widget=forms.Textarea(
            attrs={"rows": 10, "dir": "auto", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    source = forms.CharField(
        max_length=100,
        label="The system that it came from",
        help_text="Always called the same: what comes again is known by this and its id there",
    )
    since = forms.ModelChoiceField(
        Term.objects.filter(children=None).order_by("-starts_on"),
        required=False,
        label="Holds from",
        empty_label="The current or next term",
        help_text="New outcomes hold from this term on, and courses join programmes with it. "
        "Without a term, courses have always belonged to their programmes",
    )

    def clean_file(self) -> str:
        """The text of the file, if there is one."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is None:
            return ""
        if (size := file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                f"The file has {filesizeformat(size)}; at most {filesizeformat(MOST_BYTES)} can be "
                "read here. Read it with the command import_catalogue."
            )
        try:
            return file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(
                f"Byte {error.start} is not UTF-8. Save the file again as UTF-8."
            ) from None

    def clean(self) -> dict[str, Any]:
        """Keep the one text under `lines`, to be shown and sent again."""
        said = super().clean() or self.cleaned_data
        text = said.get("file") or said.get("lines", "")
        # A browser sends every line's end in its own way.
        said["lines"] = text.replace("\r\n", "\n")
        if not said["lines"].strip() and not self.errors:
            self.add_error("file", "Choose a file, or write it below.")
        return said


class CataloguePage(Page, FormView):
    """Read a catalogue. Nothing changes before it has been looked at."""

    permission_required = catalogue_import.PERMISSION
    template_name = "registrar/desk/catalogue_import.html"
    form_class = CatalogueForm
    title = "Read a catalogue"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Course),)

    def form_valid(self, form: CatalogueForm) -> HttpResponse:
        said = form.cleaned_data
        data = said["lines"].encode(errors="surrogatepass")
        where = {"source": said["source"], "since": said["since"]}
        seen = self.request.POST.get("fingerprint", "")
        try:
            plan = catalogue_import.plan(data, **where)
            if not seen or said["file"]:
                return self._show(form, plan)
            catalogue_import.apply(data, fingerprint=seen, by=self.user, **where)
        except PlanOutdated as error:
            return self._show(form, plan, refusal=str(error), status=409)
        except Refusal as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        number = len(plan.changes)
        messages.success(self.request, f"Saved: {number} {'change' if number == 1 else 'changes'}.")
        return redirect("admin:registrar_course_changelist")

    def _show(
        self, form: CatalogueForm, plan: Plan, *, refusal: str = "", status: int = 200
    ) -> HttpResponse:
        # A browser never sends a file twice, so it goes on as text.
        again = CatalogueForm(initial=form.cleaned_data | {"file": None})
        context = self.get_context_data(
            form=again,
            plan=plan,
            shown=plan.changes[:CHANGES_SHOWN],
            more=max(len(plan.changes) - CHANGES_SHOWN, 0),
            refusal=refusal,
        )
        return self.render_to_response(context, status=status)
