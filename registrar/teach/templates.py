"""Propose changes of templates, and read what became of them."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.views.generic import FormView

from issuer.errors import Refusal
from registrar.models import CredentialTemplate, TemplateProposal
from registrar.models.templates import names_of_templates
from registrar.services.drafting import template_proposals


class _Named(forms.ModelChoiceField):
    """Templates by the names of their credentials."""

    def label_from_instance(self, obj: CredentialTemplate) -> str:
        return obj.name


class ProposalForm(forms.Form):
    """What is to change, and why."""

    template = _Named(CredentialTemplate.objects.none(), label="Credential", empty_label=None)
    description = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        required=False,
        label="Other description",
    )
    criteria = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        required=False,
        label="Other criteria",
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        label="What to change, and why",
        error_messages={"required": "Say what to change, and why."},
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = template_proposals.open_to(person)
        cast(forms.ModelChoiceField, self.fields["template"]).queryset = offered


class ProposalsView(PermissionRequiredMixin, FormView):
    """The form, and below it what the same person proposed before."""

    permission_required = template_proposals.PROPOSE
    template_name = "teach/templates.html"
    form_class = ProposalForm
    success_url = reverse_lazy("teach:templates")

    @property
    def person(self) -> User:
        """Who is signed in: nobody else gets as far as this."""
        return cast(User, self.request.user)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"person": self.person}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = TemplateProposal.objects.filter(by=self.person).select_related("template")
        own = own.prefetch_related(names_of_templates("template__"))
        return super().get_context_data(proposals=own[:50], **kwargs)

    def form_valid(self, form: ProposalForm) -> HttpResponse:
        said = dict(form.cleaned_data)
        try:
            template_proposals.propose(said.pop("template"), by=self.person, **said)
        except Refusal as error:
            form.add_error(None, str(error))
            return self.render_to_response(self.get_context_data(form=form), status=409)
        messages.success(self.request, "Proposed. The registrar's office reads it.")
        return super().form_valid(form)
