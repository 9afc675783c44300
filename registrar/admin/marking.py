"""Who sees how learners were marked: the college's setting, and what it was before."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.views.generic import FormView

from issuer.errors import Refusal
from issuer.pages import DeskAdmin, Link, Page, Verb, column, list_link, person_column
from registrar.models import MarkingPolicy
from registrar.services import marking_policies


class PolicyForm(forms.Form):
    """Who sees marks from now on, and why."""

    seen_by = forms.ChoiceField(
        label="Who sees the marks of an offering",
        choices=MarkingPolicy.SeenBy,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Why", widget=forms.Textarea(attrs={"class": "short", "rows": 3})
    )


class SettlePage(Page, FormView):
    """Set it anew; what was set before stays in the list."""

    permission_required = marking_policies.SET
    template_name = "registrar/desk/marking_policy.html"
    title = "Set who sees marks"
    form_class = PolicyForm

    def get_trail(self) -> Iterable[Link]:
        return (list_link(MarkingPolicy),)

    def get_initial(self) -> dict[str, Any]:
        return {"seen_by": marking_policies.current().seen_by}

    def form_valid(self, form: PolicyForm) -> HttpResponse:
        said = form.cleaned_data
        try:
            marking_policies.settle(said["seen_by"], by=self.user, reason=said["reason"])
        except Refusal as error:
            form.add_error(None, str(error))
            return self.render_to_response(self.get_context_data(form=form), status=409)
        messages.success(self.request, "It holds from now on.")
        return redirect("admin:registrar_markingpolicy_changelist")


@admin.register(MarkingPolicy)
class MarkingPolicyAdmin(DeskAdmin):
    """What the college has settled, the newest first."""

    title = "Who sees marks"
    lede = (
        "Teachers see how learners were marked in what they teach themselves. The college may let "
        "all teachers of a course see it. The newest line holds."
    )
    empty = "Nothing is set: whoever teaches an offering sees its marks, and nobody else."
    verbs = (Verb("Change it", "admin:registrar_markingpolicy_settle", marking_policies.SET),)
    list_display = ("seen_by", "reason", person_column("by"), column("at", "since"))
    list_display_links = None
    list_select_related = ("by",)

    def own_urls(self) -> list[URLPattern]:
        return [self.hang("settle/", SettlePage, "settle")]
