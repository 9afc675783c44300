"""Frameworks and skills, and importing them: read, look, apply."""

from pathlib import Path
from typing import Any

from django.contrib import admin, messages
from django.core import signing
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import FormView, TemplateView

from issuer.errors import Refusal
from issuer.pages import (
    DeskAdmin,
    Link,
    Page,
    ThingPage,
    Verb,
    list_link,
    number_column,
    state_tag,
    thing_url,
)
from registrar.admin import uploads
from registrar.services import vocabulary
from skills.errors import ImportRefused, PlanOutdated, SkillsError
from skills.models import Framework, FrameworkImport, Skill
from skills.services.frameworks import Plan

DIFFERENCES_PER_PAGE = 50
# An upload is named in addresses by a signed word, so that nobody can have another file read.
_SALT = "framework-upload"


class FrameworkForm(uploads.UploadForm):
    """A framework as a file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = "CASE 1.1 package"
        self.fields["file"].help_text = "One JSON file with CFDocument, CFItems, CFAssociations."
        self.fields["file"].widget.attrs["accept"] = ".json,application/json"


class ImportPage(Page, FormView):
    """Upload a framework. Nothing changes before its plan has been looked at and applied."""

    permission_required = "skills.import_framework"
    template_name = "registrar/desk/framework_import.html"
    form_class = FrameworkForm
    title = "Import a framework"

    def get_trail(self) -> tuple[Link, ...]:
        return (list_link(Framework),)

    def form_valid(self, form: FrameworkForm) -> HttpResponse:
        upload = form.cleaned_data["file"]
        path = uploads.keep(upload)
        try:
            vocabulary.plan(path.read_bytes(), file_name=upload.name)
        except ImportRefused as error:
            uploads.discard(path)
            form.add_error("file", str(error))
            context = self.get_context_data(form=form, problems=error.problems)
            return self.render_to_response(context, status=422)
        name = uploads.given_name(upload, field="source", of=FrameworkImport)
        kept = signing.dumps([str(path), name], salt=_SALT)
        return redirect("admin:skills_framework_plan", kept)


class PlanPage(Page, TemplateView):
    """What an uploaded framework would change, item by item; apply it."""

    permission_required = "skills.import_framework"
    template_name = "registrar/desk/framework_plan.html"

    def get_trail(self) -> tuple[Link, ...]:
        return (list_link(Framework),)

    def read(self, upload: str) -> tuple[Path, str, Plan]:
        """The uploaded file, the name that it came with, and what it would change now."""
        try:
            stored_at, name = signing.loads(upload, salt=_SALT)
            path = Path(stored_at)
            data = path.read_bytes()
        except (signing.BadSignature, OSError) as error:
            raise Http404 from error
        return path, name, vocabulary.plan(data, file_name=name)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        _, name, plan = self.read(self.kwargs["upload"])
        self.title = plan.title
        page = Paginator(plan.differences, DIFFERENCES_PER_PAGE)
        return super().get_context_data(
            plan=plan,
            file_name=name,
            page=page.get_page(self.request.GET.get("page")),
            changes_anything=plan.framework is None or bool(plan.differences or plan.skills.new),
            **kwargs,
        )

    def post(self, request: HttpRequest, upload: str) -> HttpResponse:
        """Apply the plan that was looked at, and no other."""
        path, name, plan = self.read(upload)
        try:
            if plan.fingerprint != request.POST.get("fingerprint"):
                raise PlanOutdated
            imported = vocabulary.apply(
                plan,
                by=self.user,
                source=name,
                is_own=True if "is_own" in request.POST else None,
            )
        except (SkillsError, Refusal) as error:
            context = self.get_context_data(refusal=str(error))
            return self.render_to_response(context, status=409)
        uploads.discard(path)
        messages.success(request, "The framework is imported.")
        return redirect(thing_url(imported.framework))


class FrameworkPage(ThingPage):
    """One framework: its skills in the order of its publisher, and how it came to be."""

    model = Framework
    permission_required = "skills.view_framework"
    template_name = "registrar/desk/framework.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        skills = Paginator(self.object.skills.all(), DIFFERENCES_PER_PAGE)
        return super().get_context_data(
            page=skills.get_page(self.request.GET.get("page")),
            imports=self.object.imports.select_related("by"),
            **kwargs,
        )


@admin.register(Framework)
class FrameworkAdmin(DeskAdmin):
    """Sets of skills, each with its editions."""

    lede = "Sets of skills that outcomes and credentials point to. Our own come first."
    empty = "Import a framework: a CASE 1.1 package as a file."
    verbs = (
        Verb("Import a framework", "admin:skills_framework_import", "skills.import_framework"),
    )
    list_display = (
        "title",
        "creator",
        "version",
        number_column("current_count", "skills"),
        number_column("retired_count", "retired"),
        "is_own",
    )
    list_filter = ("is_own",)
    search_fields = ("title", "creator", "identifier")
    search_help_text = "Title or publisher"

    thing_page = FrameworkPage

    def own_urls(self) -> list:
        return [
            self.hang("import/", ImportPage, "import"),
            self.hang("import/<str:upload>/", PlanPage, "plan"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Framework]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                current_count=Count("skills", filter=Q(skills__retired_at=None)),
                retired_count=Count("skills", filter=Q(skills__retired_at__isnull=False)),
            )
        )


class IsRetired(admin.SimpleListFilter):
    """Current or retired."""

    title = "state"
    parameter_name = "retired"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [("no", "Current"), ("yes", "Retired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(retired_at__isnull=self.value() == "no")


@admin.register(Skill)
class SkillAdmin(DeskAdmin):
    """Every skill, of whatever kind and framework."""

    lede = "Skills are never deleted: what a newer edition leaves out is retired."
    empty = "Import a framework: its skills appear here."
    list_display = ("name", "code", "kind", "framework", "state")
    list_filter = ("kind", IsRetired, "framework")
    list_select_related = ("framework",)
    search_fields = ("code", "label", "statement")
    search_help_text = "Code, label or statement"

    @admin.display(description="skill", ordering="label")
    def name(self, skill: Skill) -> str:
        return skill.name

    @admin.display(ordering="retired_at", empty_value="")
    def state(self, skill: Skill) -> str:
        return state_tag("retired") if skill.retired_at else ""
