"""Staff, units, roles, API clients: who may do what, and where."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from oauth2_provider import models as oauth

from issuer.pages import DeskAdmin, Verb, column, person_column
from registrar.admin.accounts import (
    AddClientPage,
    AddPersonPage,
    ClientPage,
    GiveRolePage,
    GrantPage,
    KeysPage,
    RolePage,
    RotatePage,
)
from registrar.models import OrganizationUnit, Role
from registrar.services.college import api_clients
from registrar.services.learners import learner_access

# Tokens are nobody's to look at, and groups give no permissions here: roles do.
for unused in (Group, oauth.AccessToken, oauth.RefreshToken, oauth.IDToken, oauth.Grant):
    admin.site.unregister(unused)
admin.site.unregister(User)
admin.site.unregister(oauth.Application)


class HeldRole(admin.ChoicesFieldListFilter):
    """The kind of a role, called what it is where it is not the only kind there is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "role"


@admin.register(User)
class UserAdmin(DeskAdmin):
    """Staff, with the roles that they hold."""

    title = "Staff"
    lede = "People who can sign in. What they may do comes from their roles."
    verbs = (Verb("Add a person", "admin:auth_user_new", "auth.add_user"),)
    list_display = (
        "full_name",
        column("username", "user name"),
        column("email", "e-mail address"),
        "held_roles",
        column("last_login", "last signed in"),
        "is_active",
    )
    list_filter = (("roles__kind", HeldRole), "is_active")
    search_fields = ("username", "first_name", "last_name", "email")
    search_help_text = "Name, user name or e-mail address"
    ordering = ("last_name", "first_name")
    fields = ("username", "full_name", "email", "held_roles", "date_joined", "last_login")

    def own_urls(self) -> list[URLPattern]:
        return [self.hang("new/", AddPersonPage, "new")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        staff = super().get_queryset(request).filter(learner_account=None)
        staff = staff.exclude(username__startswith=learner_access.USERS_BEGIN, is_active=False)
        return staff.prefetch_related("roles__unit")

    @admin.display(description="name", ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name() or user.username

    @admin.display(description="roles")
    def held_roles(self, user: User) -> str:
        return "; ".join(
            f"{role.get_kind_display()}, {role.unit or 'everywhere'}" for role in user.roles.all()
        )


@admin.register(Role)
class RoleAdmin(DeskAdmin):
    """Who holds which role where."""

    lede = "A role in a unit reaches everything below it. Nobody approves what they wrote."
    empty = "The setup command gives the first roles."
    verbs = (Verb("Give a role", "admin:registrar_role_new", "registrar.add_role"),)
    thing_page = RolePage
    list_display = (person_column("user", "person"), "kind", "place")
    list_filter = (("kind", HeldRole),)
    list_select_related = ("user", "unit")
    search_fields = ("user__username", "user__last_name", "unit__name")
    search_help_text = "Person or unit"

    def own_urls(self) -> list[URLPattern]:
        return [self.hang("new/", GiveRolePage, "new")]

    @admin.display(description="where", ordering="unit", empty_value="Everywhere")
    def place(self, role: Role) -> OrganizationUnit | None:
        return role.unit


@admin.register(OrganizationUnit)
class OrganizationUnitAdmin(DeskAdmin):
    """The college, its schools and departments."""

    lede = "Units come with the roster."
    empty = "Apply a roster: its organisations appear here."
    list_display = ("name", "code", "kind", "parent")
    list_filter = ("kind",)
    list_select_related = ("parent",)
    search_fields = ("name", "code", "sourced_id")
    search_help_text = "Name or code"
    fields = ("name", "code", "kind", "parent", "source", "sourced_id")


class HowItCame(admin.SimpleListFilter):
    """Systems that somebody added, or applications that registered themselves."""

    title = "how it came"
    parameter_name = "came"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [("here", "Added here"), ("itself", "Registered itself")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        by_hand = {"registration_source": oauth.Application.RegistrationSource.MANUAL}
        if self.value() == "here":
            return queryset.filter(**by_hand)
        return queryset.exclude(**by_hand) if self.value() == "itself" else queryset


@admin.register(oauth.Application)
class ApiClientAdmin(DeskAdmin):
    """Systems that may use the API. Their secrets are hashed and never shown again."""

    title = "API clients"
    lede = "Systems that use the API. A secret is shown once, when the client is added."
    empty = "An administrator adds one and is shown its secret once."
    verbs = (
        Verb(
            "Add an API client",
            "admin:oauth2_provider_application_new",
            api_clients.ADD,
        ),
    )
    thing_page = ClientPage
    list_display = ("name", column("client_id", "client id"), "scopes", column("created", "added"))
    list_filter = (HowItCame,)
    list_select_related = ("granted",)
    search_fields = ("name", "client_id")
    search_help_text = "Name or client id"

    def own_urls(self) -> list[URLPattern]:
        return [
            self.hang("new/", AddClientPage, "new"),
            self.hang("<int:pk>/secret/", RotatePage, "secret"),
            self.hang("<int:pk>/keys/", KeysPage, "keys"),
            self.hang("<int:pk>/scopes/", GrantPage, "scopes"),
        ]

    @admin.display(description="may")
    def scopes(self, client: oauth.Application) -> str:
        return ", ".join(api_clients.scopes_of(client))

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("registrar.view_apiclient")
