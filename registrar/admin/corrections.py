"""Corrections: what was wrong, put right in one act, and who confirms it where two must."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.html import format_html

from issuer import tasks as issuer_tasks
from issuer.models import Credential
from issuer.pages import (
    Act,
    DeskAdmin,
    FormPage,
    Link,
    StateFilter,
    ThingPage,
    Verb,
    column,
    list_link,
    person_column,
    state_tag,
    thing_url,
)
from registrar import tasks
from registrar.admin.settling import PolicyAdmin, SettlePage, why
from registrar.models import Award, Correction, CorrectionPolicy, Learner
from registrar.services.awarding import correction_policies, corrections
from registrar.services.college import settling

LEADS_ON = "Whoever has the old address is led on to the new credential"
LEADS_ON_HINT = (
    "The old address shows nothing of the old credential in any case. Take the tick away where "
    "those who were given it are not to learn the new name."
)
NAMES = {"given_name": "Given name", "family_name": "Family name", "email": "E-mail address"}


def ring(correction: Correction) -> str:
    """Have the workers carry on, and say what will happen."""
    if correction.state == Correction.State.WAITING:
        return "Handed in. A second person confirms it; until then nothing changes."
    if correction.batch is None:
        return "Corrected. No credential had to be replaced."
    tasks.freeze_soon(correction.batch)
    issuer_tasks.publish_soon()
    count = correction.batch.count
    return format_html(
        'Corrected. {} replaced; see <a href="{}">the new ones</a>.',
        "One credential is" if count == 1 else f"{count:,} credentials are",
        thing_url(correction.batch),
    )


class CorrectForm(forms.Form):
    """Names and address as they should be, and how that was shown."""

    # With what stood there when the page was opened: what a roster has changed meanwhile, and
    # nobody here touched, is not to be changed back.
    given_name = forms.CharField(
        max_length=300,
        required=False,
        show_hidden_initial=True,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    family_name = forms.CharField(
        max_length=300,
        required=False,
        show_hidden_initial=True,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    email = forms.EmailField(
        max_length=320, required=False, show_hidden_initial=True, label="E-mail address"
    )
    reason = forms.CharField(
        label="Why, and what showed it",
        help_text="For example the document that was seen. Kept in the ledger, so don't write the "
        "old or the new name here.",
        widget=forms.Textarea(attrs={"class": "short", "rows": 2, "dir": "auto"}),
    )
    leads_on = forms.BooleanField(
        required=False, initial=True, label=LEADS_ON, help_text=LEADS_ON_HINT
    )
    tells_learner = forms.BooleanField(
        required=False,
        initial=True,
        label="The learner gets a mail with the address of each new credential",
    )


class CorrectPage(FormPage):
    """A learner's name or address put right, with all credentials that say it."""

    permission_required = corrections.MAKE
    template_name = "registrar/desk/correct.html"
    form_class = CorrectForm
    lede = (
        "Write it as it should be. Credentials that say it wrong are replaced in the same act: "
        "each new one says otherwise the same, and the old one is revoked."
    )
    says_optional = "no"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.learner = get_object_or_404(Learner, pk=kwargs["object_id"])

    def get_title(self) -> str:
        return f"Correct {self.learner.name}"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Learner), Link(self.learner.name, thing_url(self.learner)))

    def get_initial(self) -> dict[str, Any]:
        return {field: getattr(self.learner, field) for field in corrections.FIELDS} | {
            "leads_on": True,
            "tells_learner": True,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        carries_name = _superseded(self.learner, "given_name")
        by_address = _superseded(self.learner, "email")
        held = [each.award for each in corrections.effects(self.learner, {})]
        needs_second = correction_policies.current().needs_second
        return super().get_context_data(
            held=[
                (award, award in carries_name, award in by_address)
                for award in held
                if award.state == Credential.State.VALID  # type: ignore[attr-defined]
            ],
            needs_second=needs_second,
            verb="Hand in the correction" if needs_second else "Correct it",
            **kwargs,
        )

    def carry_out(self, form: CorrectForm) -> str:
        said, touched = form.cleaned_data, form.changed_data
        correction = corrections.correct_learner(
            self.learner,
            by=self.user,
            reason=said["reason"],
            leads_on=said["leads_on"],
            tells_learner=said["tells_learner"],
            **{field: said[field] for field in corrections.FIELDS if field in touched},
        )
        self.success_message = ring(correction)
        return thing_url(self.learner)


def _superseded(learner: Learner, field: str) -> list[Award]:
    effects = corrections.effects(learner, {field: ""})
    return [each.award for each in effects if each.is_superseded]


def _confirm(correction: Correction, reason: str, by: User) -> str:
    return ring(corrections.confirm(correction, by=by, reason=reason))


def _decline(correction: Correction, reason: str, by: User) -> str:
    corrections.decline(correction, by=by, reason=reason)
    return "Declined. Nothing was changed."


class CorrectionPage(ThingPage):
    """One correction: what was, what is to be, which credentials, and the decision."""

    model = Correction
    permission_required = "registrar.view_correction"
    template_name = "registrar/desk/correction.html"
    acts = {
        "confirm": Act(corrections.CONFIRM, _confirm, needs_reason=False),
        "decline": Act(corrections.CONFIRM, _decline),
    }

    def get_queryset(self) -> "QuerySet[Correction]":
        return Correction.objects.select_related("learner", "by", "decided_by", "batch")

    def get_title(self) -> str:
        return f"Correction for {self.object.learner.name}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        correction = self.object
        before = correction.was or {
            field: getattr(correction.learner, field) for field in correction.changes
        }
        made = Award.objects.filter(batch=correction.batch).after(OuterRef("pk"))
        held = correction.awards.with_state().annotate(new=Subquery(made.values("pk")[:1]))
        return super().get_context_data(
            changes=[
                (NAMES[field], before.get(field, ""), value)
                for field, value in correction.changes.items()
            ],
            awards=held.select_related("revision").order_by("pk"),
            may_decide=corrections.may_decide(self.user, correction),
            is_own=correction.by_id == self.user.pk,
            **kwargs,
        )


@admin.register(Correction)
class CorrectionAdmin(DeskAdmin):
    """What was put right, the newest first."""

    lede = (
        "A name, an address or a credential put right in one act: what was issued is replaced, "
        "and the old credential is revoked."
    )
    empty = "Open a learner or a credential and correct it: what was corrected appears here."
    list_display = ("who", "condition", "what", person_column("by"), column("at", "asked"))
    list_filter = (("state", StateFilter),)
    list_select_related = ("learner", "by")
    search_fields = (
        "learner__given_name__unaccented",
        "learner__family_name__unaccented",
        "learner__number",
    )
    search_help_text = "Name or number of a learner"
    thing_page = CorrectionPage

    @admin.display(description="learner", ordering="learner__family_name")
    def who(self, correction: Correction) -> str:
        return format_html("<bdi>{}</bdi>", correction.learner.name)

    @admin.display(description="state", ordering="state")
    def condition(self, correction: Correction) -> str:
        return state_tag(correction.state)

    @admin.display(description="what")
    def what(self, correction: Correction) -> str:
        return ", ".join(NAMES[field] for field in correction.changes) or "Credential"


class PolicyForm(forms.Form):
    """Who corrects from now on, and why."""

    needs_second = forms.TypedChoiceField(
        label="Who corrects",
        choices=[
            ("no", "One person who may correct"),
            ("yes", "Two: a second person confirms what the first asks for"),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = why()


class SettleCorrectingPage(SettlePage):
    """Set it anew; what was set before stays in the list."""

    policy = CorrectionPolicy
    title = "Set who corrects"
    lede = (
        "To correct is to put a learner's name or address right, or to replace a credential that "
        "says something wrong. Every correction stands in the ledger."
    )
    form_class = PolicyForm

    def get_initial(self) -> dict[str, Any]:
        return {"needs_second": "yes" if correction_policies.current().needs_second else "no"}

    def settle(self, **said: Any) -> None:
        correction_policies.settle(by=self.user, **said)


@admin.register(CorrectionPolicy)
class CorrectionPolicyAdmin(PolicyAdmin):
    """What the college has settled, the newest first."""

    settle_page = SettleCorrectingPage
    title = "Who corrects"
    lede = (
        "What is corrected was approved before, so one person who may correct is enough unless the "
        "college asks for two. The newest line holds."
    )
    empty = "Nothing is set: one person corrects."
    verbs = (
        Verb(
            "Change it",
            "admin:registrar_correctionpolicy_settle",
            settling.right_to_settle(CorrectionPolicy),
        ),
    )
    list_display = ("__str__", "reason", person_column("by"), column("at", "since"))
