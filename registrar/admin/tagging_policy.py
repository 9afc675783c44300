"""The college's rules of tagging, and what they were before."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.views.generic import FormView

from issuer.errors import Refusal
from issuer.pages import DeskAdmin, Link, Page, Verb, column, list_link, person_column, state_tag
from registrar.models import TaggingPolicy
from registrar.services import policies

_MOST = 1_000


class RulesForm(forms.Form):
    """The rules from now on, and why."""

    max_tags = forms.IntegerField(
        label="Skills an outcome may have at most", min_value=1, max_value=_MOST
    )
    least_share = forms.IntegerField(
        label="Least share of the grade that assesses a skill, in percent",
        help_text="0 asks for no share at all",
        min_value=0,
        max_value=100,
    )
    review_days = forms.IntegerField(
        label="Days after which a review is overdue", min_value=1, max_value=_MOST
    )
    all_sections = forms.BooleanField(
        label="Somebody of every section has to confirm",
        help_text="Otherwise one teacher of the course is enough",
        required=False,
    )
    reason = forms.CharField(
        label="Why", widget=forms.Textarea(attrs={"class": "short", "rows": 3})
    )


class SettlePage(Page, FormView):
    """Set the rules anew; those before stay in the list."""

    permission_required = policies.SET
    template_name = "registrar/desk/tagging_policy.html"
    title = "Set the rules of tagging"
    form_class = RulesForm

    def get_trail(self) -> Iterable[Link]:
        return (list_link(TaggingPolicy),)

    def get_initial(self) -> dict[str, Any]:
        held = policies.current()
        return {name: getattr(held, name) for name in policies.Rules.__annotations__}

    def form_valid(self, form: RulesForm) -> HttpResponse:
        said = dict(form.cleaned_data)
        try:
            policies.settle(by=self.user, reason=said.pop("reason"), **said)
        except Refusal as error:
            form.add_error(None, str(error))
            return self.render_to_response(self.get_context_data(form=form), status=409)
        messages.success(self.request, "These rules hold from now on.")
        return redirect("admin:registrar_taggingpolicy_changelist")


@admin.register(TaggingPolicy)
class TaggingPolicyAdmin(DeskAdmin):
    """What the college has settled, the newest first."""

    title = "Rules of tagging"
    empty = "Nothing is set, so the rules are those with which the service comes."
    verbs = (Verb("Change them", "admin:registrar_taggingpolicy_settle", policies.SET),)
    list_display = (
        column("max_tags", "skills an outcome"),
        "share",
        "confirmed_by",
        "review",
        "reason",
        person_column("by"),
        column("at", "since"),
        "condition",
    )
    list_display_links = None
    list_select_related = ("by",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        lede = {"lede": _in_words(policies.current())}
        return super().changelist_view(request, lede | (extra_context or {}))

    def own_urls(self) -> list[URLPattern]:
        return [self.hang("settle/", SettlePage, "settle")]

    @admin.display(description="share of the grade", ordering="least_share")
    def share(self, policy: TaggingPolicy) -> str:
        return f"{policy.least_share} %"

    @admin.display(description="confirmed by", ordering="all_sections")
    def confirmed_by(self, policy: TaggingPolicy) -> str:
        return _who_confirms(policy)

    @admin.display(description="overdue after", ordering="review_days")
    def review(self, policy: TaggingPolicy) -> str:
        return _counted(policy.review_days, "day")

    @admin.display(description="state")
    def condition(self, policy: TaggingPolicy) -> str:
        return state_tag("current" if policy == policies.current() else "superseded")


def _in_words(policy: TaggingPolicy) -> str:
    share = f"{policy.least_share} % of the grade or more" if policy.least_share else "any share"
    return (
        f"An outcome has at most {_counted(policy.max_tags, 'skill')}; work that assesses a skill "
        f"counts for {share}; {_who_confirms(policy)} confirms; a review is overdue after "
        f"{_counted(policy.review_days, 'day')}. Other rules hold for what is proposed from then "
        "on, and change nothing that was accepted."
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _who_confirms(policy: TaggingPolicy) -> str:
    return "every section" if policy.all_sections else "one teacher"
