"""Let people and systems in, give roles and take them: pages of the administrator."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic import FormView
from oauth2_provider.models import Application

from issuer.pages import Act, Link, Page, ThingPage, list_link
from issuer.services.clients import NAME_LENGTH
from registrar.errors import NoScope
from registrar.models import OrganizationUnit, Role
from registrar.services import api_clients, people


class ShownOncePage(Page, FormView):
    """A form whose answer shows a secret this once: it is never sent again and nobody keeps it."""

    def show(self, form: forms.Form, **made: Any) -> HttpResponse:
        """Answer with what was made."""
        response = self.render_to_response(self.get_context_data(form=form, **made))
        response["Cache-Control"] = "no-store"
        return response


class PersonForm(forms.Form):
    """Somebody who shall be able to sign in."""

    username = forms.CharField(
        max_length=150,
        label="User name",
        validators=[User.username_validator],
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    given_name = forms.CharField(max_length=150, required=False)
    family_name = forms.CharField(max_length=150)
    email = forms.EmailField(required=False, label="E-mail address")

    def clean_username(self) -> str:
        """Refuse a name that somebody has."""
        username = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username=username).exists():
            raise forms.ValidationError("Somebody has this user name. Choose another.")
        return username


class AddPersonPage(ShownOncePage):
    """Add a person; their first password is shown once."""

    permission_required = "auth.add_user"
    template_name = "registrar/desk/person.html"
    form_class = PersonForm
    title = "Add a person"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(User),)

    def form_valid(self, form: PersonForm) -> HttpResponse:
        password = people.draw_password()
        person = people.add_person(by=self.user, password=password, **form.cleaned_data)
        return self.show(form, person=person, password=password)


class RoleForm(forms.Form):
    """Who shall hold which role where."""

    user = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("last_name", "first_name", "username"),
        label="Person",
    )
    kind = forms.ChoiceField(choices=Role.Kind.choices, label="Role")
    unit = forms.ModelChoiceField(
        OrganizationUnit.objects.all(),
        required=False,
        empty_label="Everywhere",
        help_text="The role reaches the unit and everything below it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person: Any = self.fields["user"]
        person.label_from_instance = _name


def _name(person: User) -> str:
    """The user name tells two of one name apart."""
    name = person.get_full_name()
    return f"{name} ({person.username})" if name else person.username


class GiveRolePage(Page, FormView):
    """Give a person a role."""

    permission_required = "registrar.add_role"
    template_name = "registrar/desk/role_new.html"
    form_class = RoleForm
    title = "Give a role"

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"user": self.request.GET.get("user")}

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Role),)

    def form_valid(self, form: RoleForm) -> HttpResponse:
        role = people.give_role(by=self.user, **form.cleaned_data)
        where = role.unit or "everywhere"
        messages.success(self.request, f"{role.user}: {role.get_kind_display()}, {where}.")
        return redirect("admin:registrar_role_changelist")


def _take(role: Role, reason: str, by: User) -> str:
    people.take_role(role, by=by, reason=reason)
    return f"{role.user} no longer holds the role {role.get_kind_display()}."


class RolePage(ThingPage):
    """One role; it can be taken away."""

    model = Role
    permission_required = "registrar.view_role"
    template_name = "registrar/desk/role.html"
    acts: ClassVar[dict[str, Act]] = {"take": Act("registrar.delete_role", _take)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_take = self.user.has_perm("registrar.delete_role")
        return super().get_context_data(may_take=may_take, **kwargs)

    def get_success_url(self) -> str:
        return list_link(Role).url


class ClientForm(forms.Form):
    """A system that shall use the API, and what it may do there: nothing unless it is ticked."""

    name = forms.CharField(
        max_length=NAME_LENGTH, help_text="For example the system and who runs it"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for scope, description in api_clients.GrantedScopes().get_all_scopes().items():
            self.fields[scope] = forms.BooleanField(
                label=description, help_text=scope, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Gather the scopes that are ticked."""
        ticked = super().clean() or {}
        scopes = [scope for scope in self.fields if scope != "name" and ticked.get(scope)]
        if not scopes:
            raise forms.ValidationError(str(NoScope()))
        return ticked | {"scopes": scopes}


class AddClientPage(ShownOncePage):
    """Add a client of the API; its secret is shown once."""

    permission_required = "oauth2_provider.add_application"
    template_name = "registrar/desk/client.html"
    form_class = ClientForm
    title = "Add an API client"

    def get_trail(self) -> Iterable[Link]:
        return (Link("API clients", list_link(Application).url),)

    def form_valid(self, form: ClientForm) -> HttpResponse:
        asked = form.cleaned_data
        client, secret = api_clients.add(asked["name"], by=self.user, scopes=asked["scopes"])
        return self.show(form, client=client, secret=secret)
