"""Questions to people outside: asked here, answered elsewhere, and what came of them."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from issuer import tasks
from issuer.models import Mail
from issuer.pages import (
    Act,
    DeskAdmin,
    StateFilter,
    ThingPage,
    column,
    person_column,
    state_tag,
    thing_url,
)
from issuer.services import ledger
from registrar.admin.catalog_entry import OpportunityFormPage
from registrar.models import Activity, Confirmation, Learner, LearningOutcome, Term
from registrar.services.marking import confirmations, participation
from registrar.services.marking.confirmations import Supervisor

ASK = "registrar.ask_confirmation"


class AskForm(forms.Form):
    """Who is asked, about whom, and what."""

    learner = forms.CharField(
        max_length=320,
        help_text="Number or e-mail address; the learner takes part in the activity",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    term = forms.ModelChoiceField(
        Term.objects.order_by("-starts_on"), required=False, empty_label="The latest"
    )
    outcomes = forms.ModelMultipleChoiceField(
        LearningOutcome.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    name = forms.CharField(
        max_length=200, label="Who is asked", widget=forms.TextInput(attrs={"dir": "auto"})
    )
    organization = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"dir": "auto"}))
    email = forms.EmailField(max_length=320, label="Their e-mail address")

    def __init__(self, *args: Any, outcomes: QuerySet[LearningOutcome], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcomes"].queryset = outcomes  # type: ignore[attr-defined]

    def clean_learner(self) -> Learner:
        """The one learner of that number or address."""
        found, problems = participation.find_learners(self.cleaned_data["learner"])
        if problems:
            raise forms.ValidationError([f"{each.reason} {each.fix}" for each in problems])
        if len(found) != 1:
            raise forms.ValidationError("Name one learner.")
        return found[0]


class AskPage(OpportunityFormPage):
    """Ask somebody outside what a learner has learned in this activity."""

    model = Activity
    permission_required = ASK
    template_name = "registrar/desk/confirmation_new.html"
    form_class = AskForm
    title = "Ask for a confirmation"
    lede = (
        "Whoever has seen the learner at work is sent a link, for them alone. They need no "
        "account, see exactly what they confirm, and can say no. What they confirm is a result."
    )
    verb = "Send the question"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"outcomes": confirmations.askable(self.opportunity)}

    def get_initial(self) -> dict[str, Any]:
        return {"outcomes": confirmations.askable(self.opportunity)}

    def carry_out(self, form: AskForm) -> str:
        said = form.cleaned_data
        offering = confirmations.offering_of(self.entered(), said["learner"], term=said["term"])
        asked = confirmations.ask(
            offering,
            said["learner"],
            said["outcomes"],
            of=Supervisor(
                name=said["name"], organization=said["organization"], email=said["email"]
            ),
            by=self.user,
        )
        tasks.post_soon()
        self.success_message = f"{asked.name} is asked by mail."
        return thing_url(asked)


def _ask_again(confirmation: Confirmation, reason: str, user: User) -> str:
    asked = confirmations.ask_again(confirmation, by=user)
    tasks.post_soon()
    return f"{asked.name} is asked again by mail, with a new link. The one before leads nowhere."


def _withdraw(confirmation: Confirmation, reason: str, user: User) -> str:
    confirmations.withdraw(confirmation, by=user, reason=reason)
    return "The question is withdrawn; its link leads nowhere."


def _retract(confirmation: Confirmation, reason: str, user: User) -> str:
    confirmations.retract(confirmation, by=user, reason=reason)
    return "The answer is retracted; what was recorded of it counts no longer."


class ConfirmationPage(ThingPage):
    """One question: who was asked what about whom, by which mail, and the answer."""

    model = Confirmation
    permission_required = "registrar.view_confirmation"
    template_name = "registrar/desk/confirmation.html"
    acts = {
        "again": Act(ASK, _ask_again, needs_reason=False),
        "withdraw": Act(ASK, _withdraw, needs_reason=False),
        "retract": Act(ASK, _retract, needs_confirmation=True),
    }

    def get_queryset(self) -> QuerySet[Confirmation]:
        return Confirmation.objects.select_related(
            "learner", "offering__opportunity__unit", "asked_by"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        confirmation = self.object
        may = self.user.has_perm(ASK, confirmation.offering.opportunity.unit)
        return super().get_context_data(
            is_late=_is_late(confirmation),
            rows=confirmation.outcomes.select_related("outcome", "result"),
            mail=Mail.objects.filter(about=ledger.name_of(confirmation)).first(),
            activity_url=reverse(
                "admin:registrar_activity_change", args=[confirmation.offering.opportunity_id]
            ),
            offered=_offered(confirmation) if may else (),
            **kwargs,
        )


def _offered(confirmation: Confirmation) -> Iterable[str]:
    match confirmation.state:
        case Confirmation.State.ASKED:
            return ("again", "withdraw")
        case Confirmation.State.ANSWERED:
            return ("retract",)
        case _:
            return ("again",)


def _is_late(confirmation: Confirmation) -> bool:
    is_open = confirmation.state == Confirmation.State.ASKED
    return is_open and confirmation.expires_at < timezone.now()


@admin.register(Confirmation)
class ConfirmationAdmin(DeskAdmin):
    """What people outside were asked about learners."""

    lede = "Supervisors and partners outside say what learners have learned with them."
    empty = "Open an activity and ask for a confirmation: it appears here."
    list_display = (
        "learner",
        "activity",
        "asked",
        "state_now",
        column("asked_at", "since"),
        person_column("asked_by", "by"),
    )
    list_filter = (("state", StateFilter),)
    list_select_related = ("learner", "offering__opportunity", "asked_by")
    search_fields = (
        "learner__number",
        "learner__family_name__unaccented",
        "learner__given_name__unaccented",
        "name",
        "organization",
        "email",
        "offering__opportunity__code",
        "offering__opportunity__title",
    )
    search_help_text = "Learner, activity, or who was asked"
    thing_page = ConfirmationPage

    @admin.display(ordering="offering__opportunity__code")
    def activity(self, confirmation: Confirmation) -> str:
        return str(confirmation.offering.opportunity)

    @admin.display(description="asked", ordering="name")
    def asked(self, confirmation: Confirmation) -> str:
        who = (confirmation.name, confirmation.organization)
        return format_html('<bdi>{}</bdi><div class="hint"><bdi>{}</bdi></div>', *who)

    @admin.display(description="state", ordering="state")
    def state_now(self, confirmation: Confirmation) -> str:
        return state_tag("expired" if _is_late(confirmation) else confirmation.state)
