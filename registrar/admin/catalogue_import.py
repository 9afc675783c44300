"""Read a catalogue: Edu-API's JSON, or a sheet of courses and outcomes."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.urls import reverse_lazy

from issuer.pages import Link, list_link
from registrar.admin.planned import SheetForm, SheetPage
from registrar.models import Course, Term
from registrar.services.teaching import catalogue_import
from registrar.services.teaching.catalogue_plan import Plan

CHANGES_SHOWN = 200


class CatalogueForm(SheetForm):
    """A catalogue as a file or typed, and where it came from."""

    most_bytes = 2 << 20
    too_large = "Read it with the command import_catalogue."

    file = forms.FileField(
        required=False,
        label="File",
        help_text="JSON in the shape of Edu-API: organizations, academicSessions, "
        "collectionTemplates, courseTemplates, courseOfferings. Or CSV with the columns course, "
        "title, unit, description, credit, credits, hours, outcome, statement: one row for each "
        "outcome.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.json"}),
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


class CataloguePage(SheetPage):
    """Read a catalogue. Nothing changes before it has been looked at."""

    permission_required = catalogue_import.PERMISSION
    template_name = "registrar/desk/catalogue_import.html"
    form_class = CatalogueForm
    title = "Read a catalogue"
    success_url = reverse_lazy("admin:registrar_course_changelist")

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Course),)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        plan: Plan | None = kwargs.get("plan")
        if plan:
            kwargs["shown"] = plan.changes[:CHANGES_SHOWN]
            kwargs["more"] = max(len(plan.changes) - CHANGES_SHOWN, 0)
        return super().get_context_data(**kwargs)

    def plan(self, said: dict[str, Any]) -> Plan:
        return catalogue_import.plan(_data(said), source=said["source"], since=said["since"])

    def save(self, said: dict[str, Any], *, fingerprint: str) -> str:
        plan = catalogue_import.apply(
            _data(said),
            source=said["source"],
            since=said["since"],
            fingerprint=fingerprint,
            by=self.user,
        )
        number = len(plan.changes)
        return f"Saved: {number} {'change' if number == 1 else 'changes'}."


def _data(said: dict[str, Any]) -> bytes:
    lines: str = said["lines"]
    return lines.encode(errors="surrogatepass")
