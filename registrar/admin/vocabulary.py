"""Frameworks and skills, and importing them: read, look, apply."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core import signing
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from issuer.errors import Refusal
from issuer.pages import (
    Act,
    DeskAdmin,
    Link,
    ThingPage,
    Verb,
    list_link,
    number_column,
    state_tag,
    thing_url,
)
from registrar.admin.uploads import UploadPage
from registrar.services import uploads, vocabulary
from skills.errors import PlanOutdated, SkillsError
from skills.models import Framework, FrameworkImport, Skill
from skills.services.frameworks import Plan

DIFFERENCES_PER_PAGE = 50
_SALT = "framework-upload"


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
    label = "CASE 1.1 package"
    hint = "One JSON file with CFDocument, CFItems, CFAssociations."
    accept = ".json,application/json"

    def read(self, path: Path, name: str) -> str:
        vocabulary.plan(path.read_bytes(), file_name=name)
        return reverse("admin:skills_framework_plan", args=[Upload(path, name).word])


class Upload(NamedTuple):
    """An uploaded framework that waits to be applied, and the name that it came with."""

    path: Path
    name: str

    @property
    def word(self) -> str:
        """How addresses name it: signed, so that nobody can have another file read."""
        return signing.dumps([str(self.path), self.name], salt=_SALT)

    @classmethod
    def named(cls, word: str) -> Self:
        """The upload of that word; raises BadSignature for a word that is not ours."""
        path, name = signing.loads(word, salt=_SALT)
        return cls(Path(path), name)


class _Gone(Exception):
    """The file waits no longer: it was applied, discarded, or nobody came back for it in time."""


@dataclass
class Planned:
    """What an upload would change now, what somebody has looked at, and what came of it."""

    upload: Upload
    plan: Plan
    looked_at: str
    is_own: bool | None
    framework: Framework | None = None


def _apply(planned: Planned, reason: str, by: User) -> str:
    if planned.plan.fingerprint != planned.looked_at:
        raise Refusal(str(PlanOutdated()))
    try:
        imported = vocabulary.apply(
            planned.plan, by=by, source=planned.upload.name, is_own=planned.is_own
        )
    except SkillsError as error:
        raise Refusal(str(error)) from error
    planned.framework = imported.framework
    uploads.discard(planned.upload.path)
    return "The framework is imported."


def _discard(planned: Planned, reason: str, by: User) -> str:
    uploads.discard(planned.upload.path)
    return "The upload is discarded. Nothing was changed."


class PlanPage(ThingPage):
    """What an uploaded framework would change, item by item; apply or discard it."""

    permission_required = "skills.import_framework"
    template_name = "registrar/desk/framework_plan.html"
    acts = {
        "apply": Act("skills.import_framework", _apply, needs_reason=False),
        "discard": Act(
            "skills.import_framework", _discard, needs_reason=False, needs_confirmation=True
        ),
    }

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except _Gone as error:
            messages.info(request, str(error))
            return redirect("admin:skills_framework_import")

    def get_object(self, queryset: Any = None) -> Planned:
        try:
            upload = Upload.named(self.kwargs["upload"])
        except signing.BadSignature as error:
            raise Http404 from error
        try:
            data = upload.path.read_bytes()
        except OSError as error:
            raise _Gone("This file waits no longer. To apply it, upload it again.") from error
        given = self.request.POST
        return Planned(
            upload,
            vocabulary.plan(data, file_name=upload.name),
            looked_at=given.get("fingerprint", ""),
            is_own=True if "is_own" in given else None,
        )

    def get_title(self) -> str:
        return self.object.plan.title

    def get_trail(self) -> tuple[Link, ...]:
        return (list_link(Framework),)

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
            changes_anything=plan.framework is None or bool(plan.differences or plan.skills.new),
            **kwargs,
        )


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
