"""Who sees how learners were marked: the college's setting, and what it was before."""

from typing import Any

from django import forms
from django.contrib import admin

from issuer.pages import Verb, column, person_column
from registrar.admin.settling import PolicyAdmin, SettlePage, why
from registrar.models import MarkingPolicy
from registrar.services.college import settling
from registrar.services.marking import marking_policies


class PolicyForm(forms.Form):
    """Who sees marks from now on, and why."""

    seen_by = forms.ChoiceField(
        label="Who sees the marks of an offering",
        choices=MarkingPolicy.SeenBy,
        widget=forms.RadioSelect,
    )
    reason = why()


class SettleMarkingPage(SettlePage):
    """Set it anew; what was set before stays in the list."""

    policy = MarkingPolicy
    title = "Set who sees marks"
    lede = (
        "Marks are seen where learners are marked, by teachers. Registrar staff see all results at "
        "the desk in any case."
    )
    form_class = PolicyForm

    def settle(self, **said: Any) -> None:
        marking_policies.settle(by=self.user, **said)


@admin.register(MarkingPolicy)
class MarkingPolicyAdmin(PolicyAdmin):
    """What the college has settled, the newest first."""

    settle_page = SettleMarkingPage
    title = "Who sees marks"
    lede = (
        "Teachers see how learners were marked in what they teach themselves. The college may let "
        "all teachers of a course see it. The newest line holds."
    )
    empty = "Nothing is set: whoever teaches an offering sees its marks, and nobody else."
    verbs = (
        Verb(
            "Change it",
            "admin:registrar_markingpolicy_settle",
            settling.right_to_settle(MarkingPolicy),
        ),
    )
    list_display = ("seen_by", "reason", person_column("by"), column("at", "since"))
