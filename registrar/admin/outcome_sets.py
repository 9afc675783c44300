"""Outcome sets: what any course may serve, and the pages on which courses take it up."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern

from issuer.pages import (
    DeskAdmin,
    FormPage,
    Link,
    ThingPage,
    Verb,
    list_link,
    number_column,
    thing_url,
)
from registrar.admin.catalog_entry import OpportunityFormPage
from registrar.models import Activity, Course, OutcomeSet, SetOutcome, SkillTag
from registrar.services.teaching import outcome_sets
from skills.models import Framework, Skill

MAKE = "registrar.import_roster"
TAKE = "registrar.change_learningoutcome"


class SetForm(forms.Form):
    """A framework that becomes a set."""

    framework = forms.ModelChoiceField(
        Framework.objects.all(), help_text="Each of its skills can then be taken as an outcome"
    )
    title = forms.CharField(
        max_length=300, required=False, help_text="Such as General education; else its own"
    )


class MakeSetPage(FormPage):
    """Make a framework a set of outcomes."""

    permission_required = MAKE
    form_class = SetForm
    title = "Make an outcome set"
    lede = "Outcomes that are not of one course: any course or activity can take them up."
    verb = "Make the set"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(OutcomeSet),)

    def carry_out(self, form: SetForm) -> str:
        said = form.cleaned_data
        made = outcome_sets.make(said["framework"], title=said["title"], by=self.user)
        self.success_message = f"{made} can be taken up by any course."
        return thing_url(made)


class OutcomeSetPage(ThingPage):
    """One set: its outcomes, and which courses serve them."""

    model = OutcomeSet
    permission_required = "registrar.view_outcomeset"
    template_name = "registrar/desk/outcome_set.html"

    def get_queryset(self) -> QuerySet[OutcomeSet]:
        return OutcomeSet.objects.select_related("framework")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = SetOutcome.objects.filter(
            outcome_set=self.object, outcome__retired_at=None
        ).select_related("outcome__opportunity")
        served: dict[int, list[SetOutcome]] = {}
        for each in found.order_by("outcome__opportunity__code"):
            served.setdefault(each.skill_id, []).append(each)
        offered = outcome_sets.offered(self.object).order_by("code", "pk")
        return super().get_context_data(
            rows=[(skill, served.get(skill.pk, [])) for skill in offered], **kwargs
        )


class TakeForm(forms.Form):
    """Which skills of the sets a course takes as outcomes."""

    skills = forms.ModelMultipleChoiceField(
        Skill.objects.none(), error_messages={"required": "Tick at least one."}
    )
    emphasis = forms.ChoiceField(
        choices=SkillTag.Emphasis.choices,
        help_text="What the course does for them; a colleague reviews it",
    )


class TakePage(OpportunityFormPage):
    """Take outcomes of a set for a course or activity."""

    permission_required = TAKE
    template_name = "registrar/desk/outcome_set_take.html"
    form_class = TakeForm
    title = "Take outcomes of a set"
    lede = (
        "Each becomes an outcome of its own here. If you may propose skills, it is proposed as "
        "what it is made of, and a colleague reviews that."
    )
    verb = "Take these outcomes"

    def get_form(self, form_class: Any = None) -> TakeForm:
        form: TakeForm = super().get_form(form_class)
        frameworks = OutcomeSet.objects.filter(retired_at=None).values("framework")
        offered = Skill.objects.current().filter(framework__in=frameworks)
        form.fields["skills"].queryset = offered  # type: ignore[attr-defined]
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        taken = outcome_sets.taken(self.opportunity)
        sets = OutcomeSet.objects.filter(retired_at=None).select_related("framework")
        return super().get_context_data(
            sets=[(each, outcome_sets.offered(each).order_by("code", "pk")) for each in sets],
            taken=taken,
            chosen=self.request.POST.getlist("skills"),
            **kwargs,
        )

    def carry_out(self, form: TakeForm) -> str:
        chosen, emphasis = form.cleaned_data["skills"], form.cleaned_data["emphasis"]
        new = 0
        for each in OutcomeSet.objects.filter(retired_at=None):
            of_set = [skill for skill in chosen if skill.framework_id == each.framework_id]
            made = outcome_sets.attach(
                each, of_set, self.entered(), emphasis=emphasis, by=self.user
            )
            new += len(made)
        self.success_message = "1 outcome added." if new == 1 else f"{new} outcomes added."
        return thing_url(self.opportunity)


class CourseTakePage(TakePage):
    model = Course


class ActivityTakePage(TakePage):
    model = Activity


@admin.register(OutcomeSet)
class OutcomeSetAdmin(DeskAdmin):
    """Sets of outcomes that any course may serve."""

    lede = "General education and the like: outcomes that any course or activity can take up."
    empty = "Make a framework a set: its skills can then be taken as outcomes of any course."
    verbs = (Verb("Make an outcome set", "admin:registrar_outcomeset_new", MAKE),)
    list_display = ("title", "framework", number_column("outcome_count", "outcomes of courses"))
    list_select_related = ("framework",)
    search_fields = ("title",)
    search_help_text = "Title"
    thing_page = OutcomeSetPage

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutcomeSet]:
        return super().get_queryset(request).annotate(outcome_count=Count("outcomes"))

    def own_urls(self) -> list[URLPattern]:
        return [self.hang("new/", MakeSetPage, "new")]
