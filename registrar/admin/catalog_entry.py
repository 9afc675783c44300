"""Enter activities, outcomes and who took part: pages of the catalogue."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from issuer.pages import FormPage, Link, list_link, thing_url
from registrar.admin.planned import PlannedPage
from registrar.models import Activity, Course, LearningOpportunity, OrganizationUnit, Term
from registrar.services.college import roles
from registrar.services.marking import participation
from registrar.services.marking.participation import Participation, State
from registrar.services.teaching import catalog

CODE_LENGTH = 100


class DescriptionForm(forms.Form):
    """What a course or activity is about and worth, which rosters do not say."""

    description = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"})
    )
    hours = forms.DecimalField(required=False, min_value=0, max_digits=7, decimal_places=1)
    credit = forms.ChoiceField(
        required=False, choices=[("", "Not said"), *LearningOpportunity.Credit.choices]
    )
    credits = forms.DecimalField(required=False, min_value=0, max_digits=6, decimal_places=2)


class ActivityForm(DescriptionForm):
    """A co-curricular activity."""

    code = forms.CharField(
        max_length=CODE_LENGTH, help_text="Short and for good: award rules know the activity by it"
    )
    title = forms.CharField(max_length=300)
    unit = forms.ModelChoiceField(OrganizationUnit.objects.none())
    field_order = ("code", "title", "unit")

    def clean_code(self) -> str:
        """Refuse a code that something has."""
        code: str = self.cleaned_data["code"]
        if LearningOpportunity.objects.filter(code=code).exists():
            raise forms.ValidationError("A course or activity has this code. Choose another.")
        return code


class AddActivityPage(FormPage):
    """Add an activity."""

    permission_required = "registrar.add_activity"
    form_class = ActivityForm
    title = "Add an activity"
    lede = "Office in a club, service, internship, campus job, research: learning outside of class."
    verb = "Add the activity"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Activity),)

    def get_form(self, form_class: Any = None) -> ActivityForm:
        form: ActivityForm = super().get_form(form_class)
        units = roles.reach(self.user, "registrar.add_activity")
        form.fields["unit"].queryset = units  # type: ignore[attr-defined]
        return form

    def carry_out(self, form: ActivityForm) -> str:
        wanted = dict(form.cleaned_data)
        activity = catalog.add_activity(wanted.pop("code"), by=self.user, **wanted)
        self.success_message = f"{activity} is in the catalogue. Say what one learns."
        return reverse("admin:registrar_activity_outcomes", args=[activity.pk])


class OpportunityFormPage(FormPage):
    """A form about one course or activity, for those who may in its unit."""

    model: type[Course] | type[Activity]

    @cached_property
    def opportunity(self) -> LearningOpportunity:
        """What it is about."""
        found = self.model.objects.select_related("unit")
        return get_object_or_404(found, pk=self.kwargs["object_id"])

    def has_permission(self) -> bool:
        permissions = self.get_permission_required()
        return self.user.has_perms(permissions) and self.user.has_perms(
            permissions, self.opportunity.unit
        )

    def get_trail(self) -> Iterable[Link]:
        opportunity = self.opportunity
        return (list_link(self.model), Link(str(opportunity), thing_url(opportunity)))

    def entered(self) -> LearningOpportunity:
        """The same as services and the ledger know it: neither as course nor as activity."""
        return LearningOpportunity.objects.get(pk=self.opportunity.pk)


class DescribePage(OpportunityFormPage):
    """Say what a course or activity is about and worth."""

    permission_required = "registrar.import_roster"
    form_class = DescriptionForm
    title = "Describe it"
    lede = "What it is about and worth. A roster leaves this as it is."
    success_message = "Saved. Credentials that are out keep their words."

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.opportunity, name) for name in DescriptionForm.base_fields}

    def carry_out(self, form: DescriptionForm) -> str:
        said: Any = {name: form.cleaned_data[name] for name in form.changed_data}
        catalog.describe(self.entered(), by=self.user, **said)
        return thing_url(self.opportunity)


class DescribeCoursePage(DescribePage):
    model = Course


class DescribeActivityPage(DescribePage):
    model = Activity


class OutcomesForm(forms.Form):
    """All outcomes of a course or activity, one a line."""

    lines = forms.CharField(
        required=False,
        label="Outcomes",
        help_text="One a line: its code, a space, and what a learner can do afterwards. "
        "A line that is removed retires its outcome.",
        widget=forms.Textarea(attrs={"rows": 12, "dir": "auto"}),
    )

    term = forms.ModelChoiceField(
        Term.objects.filter(children=None).order_by("-starts_on"),
        required=False,
        label="From the term",
        help_text="What held before stays as it was",
        empty_label="The current or next one",
    )

    def __init__(self, *args: Any, held: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = held
        self.initial["lines"] = "\n".join(
            f"{code} {_on_one_line(words)}" for code, words in held.items()
        )

    def clean_lines(self) -> dict[str, str]:
        """Each statement by its code; everything that is wrong is said at once."""
        outcomes: dict[str, str] = {}
        wrong: list[str] = []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            if not line.strip():
                continue
            code, words = self._split(_on_one_line(line))
            if not words:
                wrong.append(f"Line {number}: {code} has no statement. Write one after the code.")
            elif len(code) > CODE_LENGTH:
                wrong.append(f"Line {number}: the code is too long. Begin with a short one.")
            elif code in outcomes:
                wrong.append(f"Line {number}: {code} is used above. Give this one another code.")
            else:
                outcomes[code] = words
        if wrong:
            raise forms.ValidationError(wrong)
        return outcomes

    def _split(self, line: str) -> tuple[str, str]:
        """Code and statement. A code that there is may have spaces in it."""
        codes = sorted(self.held, key=len, reverse=True)
        known = next((each for each in codes if line.startswith(f"{each} ")), None)
        if known is None:
            code, _, words = line.partition(" ")
            return code, words
        words, former = line.removeprefix(known).strip(), self.held[known]
        # Paragraphs do not show in a line, so nobody wanted to change them.
        return known, former if words == _on_one_line(former) else words


def _on_one_line(words: str) -> str:
    return " ".join(words.split())


class OutcomesPage(PlannedPage, OpportunityFormPage):
    """Edit the outcomes. Nothing changes before it has been looked at."""

    permission_required = "registrar.change_learningoutcome"
    template_name = "registrar/desk/outcomes_edit.html"
    form_class = OutcomesForm
    title = "Edit the outcomes"

    def get_form_kwargs(self) -> dict[str, Any]:
        living = self.opportunity.outcomes.filter(retired_at=None).order_by("code")
        return super().get_form_kwargs() | {"held": dict(living.values_list("code", "statement"))}

    def plan(self, said: dict[str, Any]) -> catalog.OutcomePlan:
        return catalog.plan_outcomes(self.entered(), said["lines"], term=said["term"])

    def save(self, said: dict[str, Any], *, fingerprint: str) -> str:
        catalog.settle_outcomes(
            self.entered(), said["lines"], fingerprint=fingerprint, by=self.user, term=said["term"]
        )
        return "The outcomes are saved."

    def get_success_url(self) -> str:
        return thing_url(self.opportunity)


class CourseOutcomesPage(OutcomesPage):
    model = Course


class ActivityOutcomesPage(OutcomesPage):
    model = Activity


def _date_field(label: str) -> forms.DateField:
    # Browsers show a stored date only as ISO 8601 writes it.
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(required=False, label=label, widget=widget)


class ParticipationForm(forms.Form):
    """Learners whose part in the activity stands the same."""

    state = forms.ChoiceField(choices=[(state.value, state.value) for state in State])
    term = forms.ModelChoiceField(
        Term.objects.order_by("-starts_on"), required=False, empty_label="No term"
    )
    started_on = _date_field("Started on")
    ended_on = _date_field("Ended on")
    hours = forms.DecimalField(required=False, min_value=0, max_digits=7, decimal_places=1)
    learners = forms.CharField(
        max_length=200_000,
        help_text="Number or e-mail address of each learner, one a line",
        widget=forms.Textarea(attrs={"rows": 10, "autocapitalize": "none", "spellcheck": "false"}),
    )

    problems: tuple[Any, ...] = ()

    def clean_ended_on(self) -> Any:
        """Refuse an end before the start."""
        started, ended = self.cleaned_data.get("started_on"), self.cleaned_data["ended_on"]
        if started and ended and ended < started:
            raise forms.ValidationError("This is before the start.")
        return ended

    def clean_learners(self) -> list[Any]:
        """The learners; every line that names none is kept in `problems`."""
        found, self.problems = participation.find_learners(self.cleaned_data["learners"])
        if self.problems:
            raise forms.ValidationError(
                f"{len(self.problems)} of the lines cannot be used. Nothing is recorded yet."
            )
        return found


class ParticipationPage(OpportunityFormPage):
    """Record who takes part in an activity, and how it came out for them: all lines or none."""

    model = Activity
    permission_required = "registrar.import_roster"
    template_name = "registrar/desk/participation.html"
    form_class = ParticipationForm
    title = "Record participation"
    lede = (
        "For all these learners at once. A state that differs from the one before takes its place; "
        "learners who are not named stay as they are."
    )
    verb = "Record participation"

    def carry_out(self, form: ParticipationForm) -> str:
        said = form.cleaned_data
        parts = [
            Participation(
                learner=learner,
                state=State(said["state"]),
                started_on=said["started_on"],
                ended_on=said["ended_on"],
                hours=said["hours"],
            )
            for learner in said["learners"]
        ]
        done = participation.record(self.entered(), parts, by=self.user, term=said["term"])
        counts = f"{done.new} new, {done.changed} changed, {done.unchanged} as before"
        self.success_message = f"Recorded as {said['state'].lower()}: {counts}."
        return thing_url(self.opportunity)
