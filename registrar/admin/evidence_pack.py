"""The evidence pack of a programme: what is in it, and the zip to take along."""

from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import cached_property

from registrar.admin.downloads import csv_text
from registrar.admin.programme_coverage import ProgrammePart
from registrar.models import LearningOutcome, Term
from registrar.services.reporting import evidence_pack
from registrar.services.reporting.evidence_pack import Pack


class PackForm(forms.Form):
    """What the pack is about: a term or all, an outcome or all."""

    term = forms.ModelChoiceField(
        Term.objects.filter(children=None).order_by("-starts_on"),
        required=False,
        empty_label="All terms, as of today",
    )
    outcome = forms.ModelChoiceField(
        LearningOutcome.objects.none(), required=False, empty_label="All outcomes"
    )


class EvidencePage(ProgrammePart):
    """What the pack would hold."""

    template_name = "registrar/desk/programme_evidence.html"
    title = "Evidence pack"

    @cached_property
    def pack_form(self) -> PackForm:
        """The choice; only outcomes of the programme can be chosen."""
        form = PackForm(self.request.GET)
        places = self.programme.courses.values("opportunity")
        own = LearningOutcome.objects.filter(opportunity__in=places).order_by("code")
        form.fields["outcome"].queryset = own  # type: ignore[attr-defined]
        return form

    def get_pack(self) -> Pack:
        """The pack as chosen; what cannot be chosen counts as nothing chosen."""
        self.pack_form.is_valid()
        said = self.pack_form.cleaned_data
        return evidence_pack.gather(
            self.programme, term=said.get("term"), outcome=said.get("outcome")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pack = self.get_pack()
        return super().get_context_data(
            pack_form=self.pack_form,
            pack=pack,
            counted={table.name: len(table.rows) for table in pack.tables()},
            **kwargs,
        )


class EvidenceDownload(EvidencePage):
    """The pack: tables as CSV, and a page to read that needs nothing but itself."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = f"evidence-{self.programme.pk}.zip"
        return HttpResponse(
            _zipped(self.get_pack()),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _zipped(pack: Pack) -> bytes:
    page = {"pack": pack, "made_at": timezone.localtime()}
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as files:
        files.writestr("summary.html", render_to_string("registrar/desk/evidence_pack.html", page))
        for table in pack.tables():
            files.writestr(f"{table.name}.csv", csv_text(table.header, table.rows))
    return content.getvalue()
