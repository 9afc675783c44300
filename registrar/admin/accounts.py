"""Let people and systems in, give roles and take them: pages of the administrator."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from oauth2_provider.models import Application

from issuer.pages import Act, FormPage, Link, ThingPage, list_link, thing_url
from issuer.services.clients import NAME_LENGTH
from registrar.admin.moments import MomentField
from registrar.admin.shown_once import Shown, ShownOncePage
from registrar.errors import NoScope
from registrar.models import ApiClient, FormerSecret, OrganizationUnit, Role
from registrar.services.college import api_clients, client_keys, people


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
    form_class = PersonForm
    title = "Add a person"
    lede = (
        "They can sign in with a password that you are shown once, and do nothing before they are "
        "given a role."
    )
    verb = "Add the person"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(User),)

    def make(self, form: PersonForm) -> Shown:
        password = people.draw_password()
        person = people.add_person(by=self.user, password=password, **form.cleaned_data)
        role = reverse("admin:registrar_role_new", query={"user": person.pk})
        return Shown(
            person.get_full_name(),
            {"User name": person.get_username(), "Password to begin with": password},
            "This password is shown once. Give it to them by a safe way; they can change it after "
            "signing in.",
            (
                Link("Give them a role", role),
                Link("Add another person", reverse("admin:auth_user_new")),
            ),
        )


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


class GiveRolePage(FormPage):
    """Give a person a role."""

    permission_required = "registrar.add_role"
    form_class = RoleForm
    title = "Give a role"
    lede = (
        "Roles say what a person may do. Nobody approves what they wrote themselves, whatever "
        "their roles."
    )
    verb = "Give the role"

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"user": self.request.GET.get("user")}

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Role),)

    def carry_out(self, form: RoleForm) -> str:
        role = people.give_role(by=self.user, **form.cleaned_data)
        where = role.unit or "everywhere"
        self.success_message = f"{role.user}: {role.get_kind_display()}, {where}."
        return list_link(Role).url


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


class SourcesField(forms.CharField):
    """Names of systems, one a line."""

    def __init__(self) -> None:
        super().__init__(
            label="Sends rows as",
            required=False,
            max_length=10_000,
            help_text="Names of systems as they stand in “source”, one a line. Empty: as any, also "
            "as one that somebody else runs. What it sends counts as said by that system: for "
            "rules, and for who can sign in as a learner. It may refer to what others brought: "
            "enrol their learners, and give results for their assessments.",
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        )

    def clean(self, value: Any) -> list[str]:
        """The names that are filled in."""
        lines = [line.strip() for line in super().clean(value).splitlines()]
        return [line for line in lines if line]


class GrantForm(forms.Form):
    """What a system may do by the API: nothing unless it is ticked."""

    sources = SourcesField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for scope, description in settings.ALL_SCOPES.items():
            self.fields[scope] = forms.BooleanField(
                label=description, help_text=scope, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Gather the scopes that are ticked."""
        ticked = super().clean() or {}
        scopes = [scope for scope in settings.ALL_SCOPES if ticked.get(scope)]
        if not scopes:
            raise forms.ValidationError(str(NoScope()))
        return ticked | {"scopes": scopes}


class ClientForm(GrantForm):
    """A system that shall use the API, and what it may do there."""

    field_order = ("name",)
    name = forms.CharField(
        max_length=NAME_LENGTH, help_text="For example the system and who runs it"
    )


class AddClientPage(ShownOncePage):
    """Add a client of the API; its secret is shown once."""

    permission_required = api_clients.ADD
    form_class = ClientForm
    title = "Add an API client"
    lede = (
        "It gets an id and a secret, with which it asks for short-lived tokens. What is ticked it "
        "may do without asking anybody again: who may issue is trusted with the name of the "
        "institution. To send rows a scope to write is enough; to change single ones, to draft, "
        "revoke or propose it needs the scope to read the same as well."
    )
    verb = "Add the client"

    def get_trail(self) -> Iterable[Link]:
        return (Link("API clients", list_link(Application).url),)

    def make(self, form: ClientForm) -> Shown:
        asked = form.cleaned_data
        client, secret = api_clients.add(
            asked["name"], by=self.user, scopes=asked["scopes"], sources=asked["sources"]
        )
        return _shown(client, {"Secret": secret, "Tokens from": reverse("token")})


def _shown(client: Application, facts: dict[str, str]) -> Shown:
    return Shown(
        client.name,
        {"Client id": client.client_id} | facts,
        "The secret is shown once. Keep it where the system reads it.",
        (Link("Go on to the client", thing_url(client)),),
    )


def _end_former_secret(client: Application, reason: str, by: User) -> str:
    if api_clients.end_former_secret(client, by=by):
        return "The secret before opens nothing any more, nor do the tokens that were got by it."
    return "There was no secret before."


def _close(client: Application, reason: str, by: User) -> str:
    api_clients.close(client, by=by, reason=reason)
    return "It is let in no more."


class ClientPage(ThingPage):
    """One client: what it may do, how it proves who it is, and until when."""

    model = Application
    permission_required = "registrar.view_apiclient"
    template_name = "registrar/desk/client.html"
    acts: ClassVar[dict[str, Act]] = {
        "end_former": Act(api_clients.CHANGE, _end_former_secret, needs_reason=False),
        "close": Act(api_clients.CHANGE, _close),
    }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = ApiClient.objects.filter(pk=self.object.pk).first()
        former = FormerSecret.objects.filter(client=self.object.pk, ends_at__gt=timezone.now())
        return super().get_context_data(
            held=held,
            former=former.first(),
            kids=[key.get("kid", "") for key in ((held and held.jwks) or {}).get("keys", [])],
            scopes=api_clients.scopes_of(self.object),
            sources=api_clients.sources_of(held),
            sends_rows={*settings.SIS_WRITE_SCOPES} & {*api_clients.scopes_of(self.object)},
            may_change=self.user.has_perm(api_clients.CHANGE),
            may_grant=self.user.has_perm(api_clients.ADD) and _added().contains(self.object),
            **kwargs,
        )

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Application),)


class OfAClient:
    """A page that changes what a client may do, or how it proves who it is."""

    kwargs: dict[str, Any]

    @property
    def client(self) -> Application:
        """The client that the address names."""
        return get_object_or_404(Application, pk=self.kwargs["pk"])

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Application), Link(str(self.client), thing_url(self.client)))


class SecretForm(forms.Form):
    """For how long the present secret is good beside the new one."""

    overlap = forms.IntegerField(
        label="Days for which the present secret goes on opening",
        min_value=0,
        max_value=api_clients.LONGEST_OVERLAP.days,
        initial=api_clients.OVERLAP.days,
        help_text="As long as it takes to change it in the system. 0 ends it now, with the tokens "
        "that were got by it, as after a leak.",
    )


class RotatePage(OfAClient, ShownOncePage):
    """Give a client a new secret; it is shown once."""

    permission_required = api_clients.CHANGE
    form_class = SecretForm
    title = "Give it a new secret"
    lede = (
        "The new secret opens at once. The present one goes on for a while, so that the system can "
        "be changed without a gap."
    )
    verb = "Make the secret"

    def make(self, form: SecretForm) -> Shown:
        overlap = timedelta(days=form.cleaned_data["overlap"])
        client = self.client
        secret = api_clients.rotate_secret(client, by=self.user, overlap=overlap)
        return _shown(client, {"Secret": secret})


class GrantPage(OfAClient, FormPage):
    """Change what a client may do, and as which systems it sends rows."""

    permission_required = api_clients.ADD
    form_class = GrantForm
    title = "Change what it may do"
    lede = (
        "What is ticked it may do without asking anybody again, as soon as it asks for its next "
        "token: who may issue is trusted with the name of the institution. What is no longer "
        "ticked it may do no more: tokens with that end at once, and its webhooks are sent nothing "
        "that it may not read. Where systems are named, a write that names another is refused "
        "whole, and what came from another it neither changes nor retires."
    )
    verb = "Save"
    refused_field = "sources"
    refused_status = 422

    @property
    def client(self) -> Application:
        """The client that the address names, if somebody added it."""
        return get_object_or_404(_added(), pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        held = ApiClient.objects.filter(pk=self.client.pk).first()
        granted = dict.fromkeys(api_clients.scopes_of(self.client), True)
        return granted | {"sources": "\n".join(api_clients.sources_of(held))}

    def carry_out(self, form: GrantForm) -> str:
        client, asked = self.client, form.cleaned_data
        changed = api_clients.change(
            client, by=self.user, scopes=asked["scopes"], sources=asked["sources"]
        )
        self.success_message = str(changed)
        return thing_url(client)


def _added() -> QuerySet[Application]:
    """Clients that somebody added, not applications that registered themselves."""
    return Application.objects.filter(registration_source=Application.RegistrationSource.MANUAL)


class KeysForm(forms.Form):
    """Public keys, or where the client serves them."""

    jwks = forms.CharField(
        label="Public keys",
        required=False,
        max_length=32 * 1024,
        help_text="A JWK Set. Its private keys stay with the system.",
        widget=forms.Textarea(attrs={"rows": 6, "class": "code", "spellcheck": "false"}),
    )
    jwks_uri = forms.URLField(
        label="Or the address at which it serves them",
        required=False,
        max_length=500,
        assume_scheme="https",
    )
    ends_at = MomentField(
        label="Until",
        required=False,
        help_text="Those who may change it are told 30, 7 and 1 days before.",
    )


class KeysPage(OfAClient, FormPage):
    """Let a client sign with keys of its own."""

    permission_required = api_clients.CHANGE
    form_class = KeysForm
    title = "Keys that it signs with"
    lede = (
        "A system that signs with a key of its own needs no secret. What is registered here takes "
        "the place of what was, and tokens that were got by a key that is not among these end at "
        "once; leave both empty to let it sign no more."
    )
    verb = "Register the keys"
    success_message = "From now on these keys count, and no others."

    def carry_out(self, form: KeysForm) -> str:
        client_keys.register(self.client, by=self.user, **form.cleaned_data)
        return thing_url(self.client)
