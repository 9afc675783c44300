"""Ask somebody outside what a learner has learned in one's own activity."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView
from django.views.generic.detail import SingleObjectMixin

from issuer import tasks
from issuer.errors import Refusal
from registrar.models import Learner, LearningOpportunity, LearningOutcome, Offering
from registrar.services.marking import confirmations, marks
from registrar.services.marking.confirmations import Supervisor
from registrar.teach.marks import OfferingMixin


class AskForm(forms.Form):
    """About whom somebody is asked, what, and who that is."""

    learner = forms.ModelChoiceField(Learner.objects.none(), empty_label="Choose")
    outcomes = forms.ModelMultipleChoiceField(
        LearningOutcome.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    name = forms.CharField(
        max_length=200, label="Who is asked", widget=forms.TextInput(attrs={"dir": "auto"})
    )
    organization = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"dir": "auto"}))
    email = forms.EmailField(max_length=320, label="Their e-mail address")

    def __init__(self, *args: Any, offering: Offering, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = cast(dict[str, Any], self.fields)
        fields["learner"].queryset = Learner.objects.filter(
            enrolments__offering=offering, enrolments__retired_at=None
        ).distinct()
        fields["outcomes"].queryset = confirmations.askable(offering.opportunity)


class AskView(OfferingMixin, SingleObjectMixin, FormView):
    """Ask about one learner at a time; below it what was asked before, and the answers."""

    template_name = "teach/ask.html"
    context_object_name = "offering"
    form_class = AskForm

    def get_queryset(self) -> QuerySet[Offering]:
        """The activities in which they may mark."""
        own = marks.own(self.person)
        return own.filter(opportunity__kind=LearningOpportunity.Kind.ACTIVITY)

    @cached_property
    def object(self) -> Offering:
        """The offering of the address."""
        return self.get_object()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"offering": self.object}

    def get_initial(self) -> dict[str, Any]:
        return {"outcomes": confirmations.askable(self.object.opportunity)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form, and the questions so far, newest first."""
        asked = self.object.confirmations.select_related("learner", "asked_by")
        return super().get_context_data(
            asked=asked.prefetch_related("outcomes__outcome").order_by("-asked_at"), **kwargs
        )

    def form_valid(self, form: AskForm) -> HttpResponse:
        said = form.cleaned_data
        try:
            asked = confirmations.ask(
                self.object,
                said["learner"],
                said["outcomes"],
                of=Supervisor(
                    name=said["name"], organization=said["organization"], email=said["email"]
                ),
                by=self.person,
            )
        except Refusal as error:
            form.add_error(None, str(error))
            return self.render_to_response(self.get_context_data(form=form), status=409)
        tasks.post_soon()
        messages.success(self.request, f"{asked.name} is asked by mail.")
        return super().form_valid(form)

    def get_success_url(self) -> str:
        """The same page: whoever asks about one learner often asks about the next."""
        return reverse("teach:ask", args=[self.object.pk])
