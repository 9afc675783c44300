"""Which mails somebody wants."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.views.generic import FormView

from registrar.services.teaching import digests


class MailForm(forms.Form):
    """Whether the weekly mail is wanted."""

    weekly = forms.BooleanField(
        required=False,
        label="Once a week, what was sent back to me or waits for me",
        help_text="At most one mail a week, and none while there is nothing to read.",
    )


class MailView(PermissionRequiredMixin, FormView):
    """Faculty and chairs choose for themselves."""

    permission_required = "registrar.propose_skilltag"
    template_name = "teach/mail.html"
    form_class = MailForm
    success_url = reverse_lazy("teach:mail")

    @property
    def person(self) -> User:
        """Who is signed in: nobody else gets as far as this."""
        return cast(User, self.request.user)

    def get_initial(self) -> dict[str, Any]:
        return {"weekly": digests.wants_it(self.person)}

    def form_valid(self, form: MailForm) -> HttpResponse:
        digests.choose(self.person, wants=form.cleaned_data["weekly"], by=self.person)
        messages.success(self.request, "Saved.")
        return super().form_valid(form)
