"""The institution's profile: how it presents itself in every credential."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from issuer.models import Institution
from issuer.pages import DeskAdmin, FormPage
from issuer.services import institutions


class ProfileForm(forms.ModelForm):
    """What the institution says of itself. The DID is fixed by the settings."""

    url = forms.URLField(label="Web site", assume_scheme="https")

    class Meta:
        model = Institution
        fields = (
            "name",
            "url",
            "email",
            "phone",
            "street_address",
            "locality",
            "region",
            "postal_code",
            "country_code",
            "logo",
        )
        widgets: dict[str, Any] = {
            "logo": forms.Textarea(attrs={"class": "code", "spellcheck": "false", "rows": 8})
        }


class ProfilePage(FormPage):
    """Look at the profile; change it with the permission to."""

    permission_required = "issuer.view_institution"
    template_name = "issuer/desk/institution.html"
    form_class = ProfileForm
    title = "Profile of the institution"
    success_message = "Saved. Credentials requested from now on carry the new profile."

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": Institution.objects.first()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            thing=Institution.objects.first(),
            may_change=self.user.has_perm("issuer.change_institution"),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.user.has_perm("issuer.change_institution"):
            raise PermissionDenied
        return super().post(request, *args, **kwargs)

    def carry_out(self, form: ProfileForm) -> str:
        institutions.set_up(by=self.user, **form.cleaned_data)
        return reverse("admin:issuer_institution_changelist")


@admin.register(Institution)
class InstitutionAdmin(DeskAdmin):
    """The one institution: its list is its page."""

    def get_urls(self) -> list:
        return [self.hang("", ProfilePage, "changelist"), *super().get_urls()]
