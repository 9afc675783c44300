"""The college's rules of tagging, and what they were before."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from issuer.pages import Verb, column, person_column, state_tag
from registrar.admin.settling import PolicyAdmin, SettlePage, why
from registrar.models import TaggingPolicy
from registrar.services.college import settling
from registrar.services.teaching import policies

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
    reason = why()


class SettleRulesPage(SettlePage):
    """Set the rules anew; those before stay in the list."""

    policy = TaggingPolicy
    title = "Set the rules of tagging"
    lede = "Everybody who proposes is held to these rules at once. What was accepted before stays."
    verb = "Set them"
    success_message = "These rules hold from now on."
    form_class = RulesForm

    def settle(self, **said: Any) -> None:
        policies.settle(by=self.user, **said)


@admin.register(TaggingPolicy)
class TaggingPolicyAdmin(PolicyAdmin):
    """What the college has settled, the newest first."""

    settle_page = SettleRulesPage
    title = "Rules of tagging"
    empty = "Nothing is set, so the rules are those with which the service comes."
    verbs = (
        Verb(
            "Change them",
            "admin:registrar_taggingpolicy_settle",
            settling.right_to_settle(TaggingPolicy),
        ),
    )
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

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        lede = {"lede": _in_words(policies.current())}
        return super().changelist_view(request, lede | (extra_context or {}))

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
