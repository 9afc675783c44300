"""Proposals: what colleagues without the right to draft ask to be changed in a template."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from issuer.pages import (
    Act,
    DeskAdmin,
    StateFilter,
    ThingPage,
    column,
    person_column,
    state_tag,
)
from registrar.models import TemplateProposal
from registrar.models.templates import names_of_templates
from registrar.services.drafting import template_proposals

State = TemplateProposal.State


def _take_up(proposal: TemplateProposal, reason: str, by: User) -> str:
    revision = template_proposals.take_up(proposal, by=by)
    return f"Revision {revision.number} is begun with the proposed words."


def _decline(proposal: TemplateProposal, reason: str, by: User) -> str:
    template_proposals.decline(proposal, by=by, reason=reason)
    return "Declined."


class TemplateProposalPage(ThingPage):
    """One proposal, beside what the template says today."""

    model = TemplateProposal
    permission_required = "registrar.view_templateproposal"
    template_name = "registrar/desk/template_proposal.html"
    acts = {
        "take_up": Act(template_proposals.DRAFT, _take_up, needs_reason=False),
        "decline": Act(template_proposals.DRAFT, _decline),
    }

    def get_queryset(self) -> QuerySet[TemplateProposal]:
        return TemplateProposal.objects.select_related("template", "by", "decided_by", "revision")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_waiting = self.object.state == State.WAITING
        return super().get_context_data(
            newest=self.object.template.revisions.first(),
            may_decide=is_waiting and self.user.has_perm(template_proposals.DRAFT),
            **kwargs,
        )


class ProposalStates(StateFilter):
    words = dict(State.choices)


@admin.register(TemplateProposal)
class TemplateProposalAdmin(DeskAdmin):
    """What faculty and chairs ask for."""

    title = "Proposals"
    lede = "What faculty and chairs ask to be changed in templates. Taken up, it becomes a draft."
    empty = "Faculty and chairs propose changes at /teach/templates."
    list_display = (
        "__str__",
        "condition",
        person_column("by", "proposed by"),
        column("at", "when"),
    )
    list_filter = (("state", ProposalStates),)
    list_select_related = ("template", "by")
    search_fields = ("template__slug", "reason")
    search_help_text = "Template or reason"
    thing_page = TemplateProposalPage

    def get_queryset(self, request: HttpRequest) -> QuerySet[TemplateProposal]:
        return super().get_queryset(request).prefetch_related(names_of_templates("template__"))

    @admin.display(description="state", ordering="state")
    def condition(self, proposal: TemplateProposal) -> str:
        return state_tag(proposal.state, proposal.get_state_display())
