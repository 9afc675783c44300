"""Importing frameworks: upload, say what the file does not, look at the plan, apply."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core import signing
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from issuer.errors import Refusal
from issuer.pages import Act, FormPage, Link, ThingPage, list_link, thing_url
from registrar import tasks
from registrar.admin.sheet_columns import SheetColumnsForm
from registrar.admin.uploads import UploadPage
from registrar.services.college import uploads
from registrar.services.vocabularies import vocabulary
from registrar.services.vocabularies.vocabulary import Choices
from skills.errors import ImportRefused, ManyRetired, MoreToSay, PlanOutdated, SkillsError
from skills.models import Framework, FrameworkImport, Skill
from skills.readers import mapped_sheet
from skills.readers.mapping import LINKS, ColumnMapping
from skills.services.frameworks import Plan

DIFFERENCES_PER_PAGE = 50
NEW_SHOWN = 50
_SALT = "framework-upload"
_ACCEPT = "Look at what would be retired, and tick that it is meant. Nothing was changed."

# What a column may hold, as one chooses it; links to other items come last.
_THINGS = {
    "statement": "Statement",
    "label": "Short label",
    "code": "Code",
    "identifier": "Identifier",
    "other_labels": "Other labels",
    "kind": "Kind",
    "category": "Heading above it",
    "parent": "Parent, by code or identifier",
    "keywords": "Keywords",
    "notes": "Notes",
    "language": "Language",
    "education_levels": "Education levels",
    "address": "Address (URL)",
    "sequence": "Position",
    **{field: f"Others that it leads to: {word}" for field, word in LINKS.items()},
}


@dataclass(frozen=True)
class Upload:
    """An uploaded framework that waits to be applied, its name, and what was said of it."""

    path: Path
    name: str
    choices: Choices = vocabulary.NOTHING

    @property
    def word(self) -> str:
        """How addresses name it: signed, so that nobody can have another file read."""
        said = [str(self.path), self.name, self.choices.as_json()]
        return signing.dumps(said, salt=_SALT, compress=True)

    @classmethod
    def named(cls, word: str) -> Self:
        """The upload of that word; Http404 for a word that is not ours."""
        try:
            path, name, choices = signing.loads(word, salt=_SALT)
        except signing.BadSignature as error:
            raise Http404 from error
        return cls(Path(path), name, Choices(**choices))

    def read(self) -> bytes:
        """What was uploaded; raises _Gone."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise _Gone("This file waits no longer. To apply it, upload it again.") from error

    def plan(self) -> vocabulary.Reading:
        """What it would change."""
        return vocabulary.plan(self.read(), file_name=self.name, choices=self.choices)


class _Gone(Exception):
    """The file waits no longer: it was applied, discarded, or nobody came back for it in time."""


class _OfAnUpload:
    """A page about an upload leads back to the start once that is gone."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except _Gone as error:
            messages.info(request, str(error))
            return redirect("admin:skills_framework_import")


class ImportPage(UploadPage):
    """Upload a framework."""

    permission_required = "skills.import_framework"
    title = "Import a framework"
    lede = (
        "First you see what is new, changed and retired. Nothing changes before you apply it; "
        "what a newer edition leaves out is retired, never deleted."
    )
    listed = Framework
    kept_in = (FrameworkImport, "source")
    label = "File"
    hint = (
        "CASE, CTDL-ASN, Rich Skill Descriptors, OSMT, ESCO, O*NET (a zip of the folder), Canvas, "
        "OpenSALT, or any sheet (CSV, XLSX). Which one it is, is recognised."
    )
    accept = ".json,.jsonld,.csv,.txt,.xlsx,.zip,.gz"

    def read(self, path: Path, name: str) -> str:
        upload = Upload(path, name)
        try:
            upload.plan()
        except MoreToSay as more:
            found = replace(upload, choices=Choices(format=more.format))
            return reverse("admin:skills_framework_describe", args=[found.word])
        return reverse("admin:skills_framework_plan", args=[upload.word])


class DescribeForm(SheetColumnsForm):
    """Which framework a file is, and what the columns of a sheet hold."""

    framework = forms.ModelChoiceField(
        Framework.objects.all(),
        required=False,
        label="Which framework it is",
        empty_label="A new one",
        help_text="A newer edition takes the place of what is held of it.",
    )
    title = forms.CharField(
        max_length=500, required=False, help_text="What it is called, if it is new."
    )
    creator = forms.CharField(
        max_length=500,
        required=False,
        help_text="Who wrote it, if it is new. May stay empty.",
    )
    kind = forms.ChoiceField(
        choices=Skill.Kind, initial="competency", help_text="Of rows that say no kind themselves."
    )

    def __init__(
        self,
        *args: Any,
        columns: mapped_sheet.Columns | None,
        said: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_of_a_sheet = columns is not None
        if columns is None:
            del self.fields["kind"]
            return
        self.ask_of_columns(
            columns.names,
            things=_THINGS,
            samples=columns.samples,
            held=said or mapped_sheet.suggest(columns.names).as_dict(),
        )

    def clean(self) -> dict[str, Any]:
        """A new framework has a title; a sheet has a statement or label, and each thing once."""
        found = super().clean()
        if not found.get("framework") and not found.get("title"):
            self.add_error("title", "Name the new framework, or choose one that is here.")
        if self.is_of_a_sheet and not {"statement", "label"} & self.columns.keys():
            first = next((name for name in self.fields if name.startswith("column_")), None)
            self.add_error(first, "Say which column holds the statement or the short label.")
        return found


def _said(form: DescribeForm, format_: str) -> Choices:
    """What was said, as it is kept with the upload."""
    found = form.cleaned_data
    framework = found["framework"]
    return Choices(
        format=format_,
        framework_id=framework.identifier if framework else str(uuid4()),
        title="" if framework else found["title"],
        creator="" if framework else found["creator"],
        kind=found.get("kind") or "competency",
        columns=ColumnMapping.from_dict(form.columns).as_dict(),
    )


class DescribePage(_OfAnUpload, FormPage):
    """Say which framework an uploaded file is, and what its columns hold."""

    permission_required = "skills.import_framework"
    template_name = "registrar/desk/framework_describe.html"
    title = "Say what the file does not say"
    form_class = DescribeForm
    verb = "Show what would change"
    says_optional = "no"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.upload = Upload.named(kwargs["upload"])

    def get_trail(self) -> tuple[Link, ...]:
        return (list_link(Framework), Link("Import", reverse("admin:skills_framework_import")))

    def get_form_kwargs(self) -> dict[str, Any]:
        columns = None
        if self.upload.choices.format in ("", vocabulary.SHEET):
            columns = mapped_sheet.columns(self.upload.read(), file=self.upload.name)
        said = self.upload.choices.columns
        return super().get_form_kwargs() | {"columns": columns, "said": said}

    def get_initial(self) -> dict[str, Any]:
        said = self.upload.choices
        held = Framework.objects.filter(identifier=said.framework_id).first()
        if held is not None:
            return {"framework": held, "kind": said.kind}
        return {"title": said.title, "creator": said.creator, "kind": said.kind}

    def get_lede(self) -> str:
        return (
            f"“{self.upload.name}” does not say by itself which framework it is. What you say here "
            "of its columns is remembered for the next time that such a sheet comes. Nothing "
            "changes yet."
        )

    def form_valid(self, form: DescribeForm) -> HttpResponse:
        upload = replace(self.upload, choices=_said(form, self.upload.choices.format))
        try:
            upload.plan()
        except ImportRefused as refused:
            form.add_error(None, str(refused))
            context = self.get_context_data(form=form, problems=refused.problems)
            return self.render_to_response(context, status=422)
        return redirect("admin:skills_framework_plan", upload.word)


@dataclass
class Planned:
    """What an upload would change now, what somebody has looked at, and what came of it."""

    upload: Upload
    reading: vocabulary.Reading
    looked_at: str
    is_own: bool | None
    accepts_retirements: bool
    framework: Framework | None = None

    @property
    def plan(self) -> Plan:
        """What it would change."""
        return self.reading.plan


def _apply(planned: Planned, reason: str, by: User) -> str:
    if planned.plan.fingerprint != planned.looked_at:
        raise Refusal(str(PlanOutdated()))
    try:
        imported = vocabulary.apply(
            planned.reading,
            by=by,
            source=planned.upload.name,
            is_own=planned.is_own,
            accept_retirements=planned.accepts_retirements,
        )
    except ManyRetired as error:
        raise Refusal(_ACCEPT) from error
    except SkillsError as error:
        raise Refusal(str(error)) from error
    planned.framework = imported.framework
    tasks.learn_soon()
    uploads.discard(planned.upload.path)
    return "The framework is imported."


def _discard(planned: Planned, reason: str, by: User) -> str:
    uploads.discard(planned.upload.path)
    return "The upload is discarded. Nothing was changed."


class PlanPage(_OfAnUpload, ThingPage):
    """What an uploaded framework would change, item by item; apply or discard it."""

    permission_required = "skills.import_framework"
    template_name = "registrar/desk/framework_plan.html"
    acts = {
        "apply": Act("skills.import_framework", _apply, needs_reason=False),
        "discard": Act(
            "skills.import_framework", _discard, needs_reason=False, needs_confirmation=True
        ),
    }

    def get_object(self, queryset: Any = None) -> Planned:
        upload = Upload.named(self.kwargs["upload"])
        try:
            reading = upload.plan()
        except ImportRefused as refused:
            raise _Gone(f"{refused} Upload it again to see why.") from refused
        given = self.request.POST
        return Planned(
            upload,
            reading,
            looked_at=given.get("fingerprint", ""),
            is_own=True if "is_own" in given else None,
            accepts_retirements="accept_retirements" in given,
        )

    def get_title(self) -> str:
        return self.object.plan.title

    def get_trail(self) -> tuple[Link, ...]:
        return (list_link(Framework),)

    def _describe(self) -> str:
        """Where to say again what the file does not say itself; nothing where it says all."""
        choices = self.object.reading.choices
        if not choices.framework_id:
            return ""
        said = replace(choices, format=self.object.plan.format)
        upload = replace(self.object.upload, choices=said)
        return reverse("admin:skills_framework_describe", args=[upload.word])

    def get_success_url(self) -> str:
        framework = self.object.framework
        return thing_url(framework) if framework else list_link(Framework).url

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        plan = self.object.plan
        page = Paginator(plan.differences, DIFFERENCES_PER_PAGE)
        return super().get_context_data(
            plan=plan,
            file_name=self.object.upload.name,
            page=page.get_page(self.request.GET.get("page")),
            added=list(plan.skills.new.values())[:NEW_SHOWN],
            read_as=vocabulary.FORMATS[plan.format].title,
            describe=self._describe(),
            **kwargs,
        )
