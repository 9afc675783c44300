"""What ends soon: who is reminded, and who is renewed, by the rule or by hand."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView

from issuer.errors import Refusal
from issuer.models import Batch
from issuer.pages import Link, Page, Verb, column, list_link, person_column, thing_url
from issuer.services import clock
from registrar.admin.choosing import is_key
from registrar.admin.downloads import as_csv
from registrar.admin.settling import PolicyAdmin, SettlePage, why
from registrar.models import Award, CredentialTemplate, Learner, Reminder, ReminderPolicy
from registrar.services.awarding import reminders, renewals
from registrar.services.college import roles, settling

ROWS_PER_PAGE: Final = 50
PERMISSION: Final = "registrar.view_award"


class HandForm(forms.Form):
    """What bears out a renewal by hand, and until when it holds."""

    reason = forms.CharField(
        label="What bears it out",
        max_length=2_000,
        error_messages={"required": "Say what bears it out."},
        widget=forms.Textarea(attrs={"class": "short", "rows": 2, "dir": "auto"}),
        help_text="For example which training was done. Kept in the ledger, and in the credential "
        "where its template lets evidence stand there.",
    )
    evidence_link = forms.URLField(
        label="Where it can be looked at",
        required=False,
        assume_scheme="https",
        max_length=500,
        error_messages={"invalid": "Write a whole address, like https://example.org/training."},
    )
    valid_until = forms.DateField(
        label="Valid until",
        required=False,
        error_messages={"invalid": "Write a day, such as 2027-12-31."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Empty: as long as the template says, from the day of the renewal.",
    )


class EndingPage(Page, TemplateView):
    """The credentials that end soon, the next first; some or all of them are renewed in one act."""

    permission_required = PERMISSION
    template_name = "registrar/desk/ending.html"
    title = "What ends soon"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Award),)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stages = sorted(reminders.current().stages)
        found = self.get_found()
        page = Paginator(found, ROWS_PER_PAGE).get_page(self.request.GET.get("page"))
        context = {
            "stages": [(days, renewals.listed(days=days).count()) for days in stages],
            "within": self._within(stages),
            "templates": self._templates(max(stages)),
            "template": self._template(),
            "text": self.get_words(),
            "page": page,
            "rows": _rows(list(page.object_list), self._units()),
            "form": HandForm(),
            "act": self.request.POST.get("act", "rule"),
            "renewable": self._renewable().count(),
        }
        return super().get_context_data(**context | kwargs)

    def get_found(self) -> "QuerySet[Any]":
        """What is listed, as it is searched and filtered."""
        stages = reminders.current().stages
        found = renewals.listed(days=self._within(stages))
        if template := self._template():
            found = found.filter(template=template)
        if text := self.get_words():
            found = found.filter(learner__in=Learner.objects.matching(text))
        return found.order_by("ends_at", "pk")

    def _units(self) -> set[int]:
        """The keys of the units whose credentials this person may renew."""
        return set(roles.reach(self.user, renewals.RENEW).values_list("pk", flat=True))

    def _renewable(self) -> "QuerySet[Any]":
        return self.get_found().filter(template__unit__in=self._units(), prepared_in=None)

    def _within(self, stages: Iterable[int]) -> int:
        asked = self.request.GET.get("within", "")
        return next((days for days in stages if str(days) == asked), max(stages))

    def _template(self) -> CredentialTemplate | None:
        asked = self.request.GET.get("template", "")
        return CredentialTemplate.objects.filter(slug=asked).first() if asked else None

    def _templates(self, days: int) -> QuerySet[CredentialTemplate]:
        ending = renewals.listed(days=days).order_by().values("template")
        return CredentialTemplate.objects.filter(pk__in=ending).named()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Renew those that are ticked, or all that are listed."""
        if not self.user.has_perm(renewals.RENEW):
            raise PermissionDenied
        ticked = {int(key) for key in request.POST.getlist("chosen") if is_key(key)}
        chosen = ticked
        if "everybody" in request.POST:
            chosen = set(self._renewable().values_list("pk", flat=True))
        form = HandForm(request.POST) if request.POST.get("act") == "hand" else None
        kept = {"ticked": ticked, "is_everybody": "everybody" in request.POST}
        if not chosen:
            return self._refuse("Tick somebody, or everybody in the list.", 422, form, kept)
        if form is not None and not form.is_valid():
            return self._refuse("Nothing is renewed yet. See what is missing.", 422, form, kept)
        try:
            batch = self._renew(chosen, form)
        except Refusal as error:
            return self._refuse(str(error), 409, form, kept)
        messages.success(request, "Prepared. A second person looks at it and approves it.")
        return redirect(thing_url(batch))

    def _renew(self, chosen: set[int], form: HandForm | None) -> Batch:
        if form is not None:
            return renewals.renew_by_hand(chosen, by=self.user, **form.cleaned_data)
        if self.request.POST.get("act") != "rule":
            raise Http404
        return renewals.renew_by_rule(chosen, by=self.user)

    def _refuse(
        self, refusal: str, status: int, form: HandForm | None, kept: dict[str, Any]
    ) -> HttpResponse:
        context = self.get_context_data(refusal=refusal, form=form or HandForm(), **kept)
        return self.render_to_response(context, status=status)


class EndingCsv(EndingPage):
    """The same as a table."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        header = ["credential", "learner number", "name", "e-mail address", "ends on"]
        header += ["awarded on", "renewal"]
        rows = (
            (
                award.revision.name,
                award.learner.number,
                award.learner.name,
                award.learner.email,
                clock.day_of(award.ends_at),
                award.awarded_on,
                "prepared" if award.prepared_in else "",
            )
            for award in self.get_found().iterator()
        )
        return as_csv("ending.csv", header, rows)


def _rows(awards: list[Any], units: Collection[int]) -> list[dict[str, Any]]:
    """Each with when its learner was last reminded, and whether it is earned again.

    Those of these units may be ticked, unless their renewal is prepared.
    """
    again = renewals.earned_again(awards)
    told = {
        reminder.award_id: reminder
        for reminder in Reminder.objects.filter(award__in=awards)
        .select_related("mail")
        .order_by("at")
    }
    return [
        {
            "award": award,
            "may_renew": award.template.unit_id in units and not award.prepared_in,
            "is_earned_again": award.pk in again,
            "reminder": told.get(award.pk),
        }
        for award in awards
    ]


# What the college settles


class StagesForm(forms.Form):
    """When learners are reminded from now on, and why."""

    stages = forms.CharField(
        label="Days before the end",
        help_text="One to six numbers, such as 90, 30, 7. Home and the list of what ends soon go "
        "by them as well.",
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    tells_learners = forms.BooleanField(
        required=False,
        label="Learners are reminded by mail",
        help_text="One mail at each stage, written by the nightly run.",
    )
    reason = why()

    def clean_stages(self) -> list[int]:
        """The numbers."""
        words = self.cleaned_data["stages"].replace(",", " ").split()
        if not all(word.isdecimal() and len(word) < 6 for word in words):
            raise ValidationError("Write numbers of days with commas between them: 90, 30, 7.")
        return [int(word) for word in words]


class SettleRemindersPage(SettlePage):
    """Set it anew; what was set before stays in the list."""

    policy = ReminderPolicy
    title = "Set when learners are reminded"
    lede = "Of credentials that end, learners are told so many days before, once at each stage."
    form_class = StagesForm

    def get_initial(self) -> dict[str, Any]:
        held = reminders.current()
        return super().get_initial() | {"stages": str(held)}

    def settle(self, **said: Any) -> None:
        reminders.settle(by=self.user, **said)


@admin.register(ReminderPolicy)
class ReminderPolicyAdmin(PolicyAdmin):
    """What the college has settled, the newest first."""

    settle_page = SettleRemindersPage
    title = "When learners are reminded"
    lede = "How long before the end of a credential its learner is told. The newest line holds."
    empty = "Nothing is set: learners are reminded 90, 30 and 7 days before."
    verbs = (
        Verb(
            "Change it",
            "admin:registrar_reminderpolicy_settle",
            settling.right_to_settle(ReminderPolicy),
        ),
    )
    list_display = (
        "days_before",
        "tells_learners",
        "reason",
        person_column("by"),
        column("at", "since"),
    )

    @admin.display(description="days before")
    def days_before(self, policy: ReminderPolicy) -> str:
        return str(policy)
