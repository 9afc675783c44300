"""Competencies of our own: drafted of component skills, published, worded anew."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from issuer.errors import Refusal
from issuer.pages import (
    Act,
    DeskAdmin,
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
from registrar.admin.choosing import ChoosingPage, is_key
from registrar.services.vocabularies import competencies as desk
from skills.errors import SkillsError
from skills.models import Competency, Component, Framework, Skill
from skills.services import competencies
from skills.services.competencies import Part

State = Competency.State
# More would be no competency but a syllabus, and no page to look at.
MOST_COMPONENTS = 200
_WORDING = ("statement", "label", "code", "context")


class CompetencyForm(forms.Form):
    """What a competency says; the components stand below it."""

    statement = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=20_000,
        help_text="What somebody who has it can do, in one sentence.",
        error_messages={"required": "Write what somebody can do."},
    )
    label = forms.CharField(label="Short label", max_length=500, required=False)
    code = forms.CharField(max_length=200, required=False)
    context = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=20_000,
        required=False,
        help_text=(
            "Where, with whom and under which conditions it is shown. A draft may lack it; it "
            "cannot be published without."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("statement", "label", "context"):
            self.fields[name].widget.attrs["dir"] = "auto"


class NewCompetencyForm(CompetencyForm):
    """The same with the framework that it is to be in."""

    framework = forms.ModelChoiceField(
        Framework.objects.filter(is_own=True),
        empty_label=None,
        help_text="One of our own: elsewhere nothing can be written here.",
        error_messages={"required": "Choose a framework of our own."},
    )
    field_order = ("framework", *_WORDING)


class BuilderPage(ChoosingPage):
    """What drafting and editing have in common: the words, and the components with their roles."""

    permission_required = desk.DRAFT
    template_name = "registrar/desk/competency_edit.html"
    success_message = "Kept as a draft. Nobody can choose it yet."

    def parts(self) -> list[Part]:
        """The components that are ticked, in their order, each with its role or the likely one."""
        given = self.request.POST
        keys = [key for key in given.getlist("component") if is_key(key)][:MOST_COMPONENTS]
        found = Skill.objects.select_related("framework").in_bulk(map(int, keys))
        chosen = [found[int(key)] for key in dict.fromkeys(keys) if int(key) in found]
        return [Part(skill, _role(skill, given.get(f"role-{skill.pk}"))) for skill in chosen]

    def first_parts(self) -> list[Part]:
        """The components before anything was changed."""
        return []

    def keep(self, form: Any, parts: list[Part]) -> Competency:
        """Write the draft. Raises SkillsError or Refusal."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_sent = self.request.method == "POST"
        return super().get_context_data(
            parts=self.parts() if is_sent else self.first_parts(),
            roles=Component.Role.choices,
            has_own=Framework.objects.filter(is_own=True).exists(),
            **kwargs,
        )

    def carry_out(self, form: Any) -> str:
        try:
            return thing_url(self.keep(form, self.parts()))
        except SkillsError as error:
            raise Refusal(str(error)) from error


class NewCompetencyPage(BuilderPage):
    """Begin a competency."""

    form_class = NewCompetencyForm
    title = "Draft a competency"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Competency),)

    def keep(self, form: Any, parts: list[Part]) -> Competency:
        said = {name: form.cleaned_data[name] for name in _WORDING}
        return desk.draft(form.cleaned_data["framework"], by=self.user, parts=parts, **said)


class EditCompetencyPage(BuilderPage):
    """Change a draft."""

    form_class = CompetencyForm

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        drafts = Competency.objects.filter(state=State.DRAFT)
        self.competency = get_object_or_404(drafts, pk=kwargs["object_id"])

    def get_title(self) -> str:
        return f"Edit {self.competency}"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Competency), Link(str(self.competency), thing_url(self.competency)))

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.competency, name) for name in _WORDING}

    def first_parts(self) -> list[Part]:
        components = self.competency.components.select_related("skill__framework")
        return [Part(each.skill, each.role) for each in components]

    def keep(self, form: Any, parts: list[Part]) -> Competency:
        said = {name: form.cleaned_data[name] for name in _WORDING}
        return desk.edit(self.competency, by=self.user, parts=parts, **said)


def _role(skill: Skill, said: str | None) -> str:
    """What was said that a component is; the likely role where nothing was."""
    if said in Component.Role.values:
        return said
    is_knowledge = skill.kind == Skill.Kind.KNOWLEDGE
    return Component.Role.KNOWLEDGE if is_knowledge else Component.Role.SKILL


# One competency


def _publish(competency: Competency, reason: str, by: User) -> str:
    try:
        desk.publish(competency, by=by)
    except SkillsError as error:
        raise Refusal(str(error)) from error
    return "Published. It can be chosen as a skill from now on, and does not change."


def _revise(competency: Competency, reason: str, by: User) -> str:
    try:
        competency.next_draft = desk.revise(competency, by=by)  # type: ignore[attr-defined]
    except SkillsError as error:
        raise Refusal(str(error)) from error
    return "A new wording is begun as a copy. What is published holds until that one is."


def _discard(competency: Competency, reason: str, by: User) -> str:
    try:
        desk.discard(competency, by=by)
    except SkillsError as error:
        raise Refusal(str(error)) from error
    return "The draft is discarded."


class CompetencyPage(ThingPage):
    """One wording: what it says and is made of, what it still lacks, and its other wordings."""

    model = Competency
    permission_required = "skills.view_competency"
    template_name = "registrar/desk/competency.html"
    acts = {
        "publish": Act(desk.PUBLISH, _publish, needs_reason=False),
        "revise": Act(desk.DRAFT, _revise, needs_reason=False),
        "discard": Act(desk.DRAFT, _discard, needs_reason=False, needs_confirmation=True),
    }

    def get_queryset(self) -> QuerySet[Competency]:
        return Competency.objects.select_related("framework", "skill", "author", "published_by")

    def get_title(self) -> str:
        return self.object.name

    def get_success_url(self) -> str:
        competency = self.object
        if competency.pk is None or not Competency.objects.filter(pk=competency.pk).exists():
            return list_link(Competency).url
        return thing_url(getattr(competency, "next_draft", competency))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        competency = self.object
        is_draft = competency.state == State.DRAFT
        components = list(competency.components.select_related("skill__framework"))
        wordings = Competency.objects.none()
        if competency.skill_id is not None:
            wordings = Competency.objects.filter(skill=competency.skill_id)
            wordings = wordings.exclude(pk=competency.pk).order_by("-created_at")
        may = self.user.has_perm
        return super().get_context_data(
            groups=[
                (label, [each.skill for each in components if each.role == role])
                for role, label in Component.Role.choices
            ],
            gaps=competencies.gaps(competency) if is_draft else [],
            wordings=wordings,
            may_edit=is_draft and may(desk.DRAFT),
            may_publish=is_draft and may(desk.PUBLISH),
            may_revise=competency.state == State.PUBLISHED and may(desk.DRAFT),
            **kwargs,
        )


@admin.register(Competency)
class CompetencyAdmin(DeskAdmin):
    """Competencies that are written here."""

    lede = (
        "What we ourselves say that somebody can do: knowledge, skills and behaviours combined, "
        "in a context. Published ones are skills of our framework."
    )
    empty = "One says what somebody can do, in which context, and what it is made of."
    verbs = (Verb("Draft a competency", "admin:skills_competency_new", desk.DRAFT),)
    list_display = (
        "name",
        "condition",
        number_column("component_count", "components"),
        "framework",
        person_column("author", "written by"),
        column("created_at", "written"),
    )
    list_filter = (("state", StateFilter), "framework")
    list_select_related = ("framework", "author")
    search_fields = ("label", "statement", "code")
    search_help_text = "Label, statement or code"
    thing_page = CompetencyPage

    def get_queryset(self, request: HttpRequest) -> QuerySet[Competency]:
        return super().get_queryset(request).annotate(component_count=Count("components"))

    def own_urls(self) -> list:
        return [
            self.hang("new/", NewCompetencyPage, "new"),
            self.hang("<int:object_id>/edit/", EditCompetencyPage, "edit"),
        ]

    @admin.display(description="competency", ordering="label")
    def name(self, competency: Competency) -> str:
        return competency.name

    @admin.display(description="state", ordering="state")
    def condition(self, competency: Competency) -> str:
        return state_tag(competency.state)
