"""Staff, units, roles, API clients: who may do what, and where."""

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from oauth2_provider import models as oauth

from issuer.pages import DeskAdmin
from registrar.models import OrganizationUnit, Role

# Tokens are nobody's to look at, and groups give no permissions here: roles do.
for unused in (Group, oauth.AccessToken, oauth.RefreshToken, oauth.IDToken, oauth.Grant):
    admin.site.unregister(unused)
admin.site.unregister(User)
admin.site.unregister(oauth.Application)


@admin.register(User)
class UserAdmin(DeskAdmin):
    """Staff, with the roles that they hold."""

    lede = "People who can sign in. What they may do comes from their roles."
    list_display = ("username", "full_name", "email", "held_roles", "last_login", "is_active")
    list_filter = ("roles__kind", "is_active")
    search_fields = ("username", "first_name", "last_name", "email")
    search_help_text = "Name, user name or e-mail address"
    ordering = ("last_name", "first_name")
    fields = ("username", "full_name", "email", "held_roles", "date_joined", "last_login")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("roles__unit")

    @admin.display(description="name", ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

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
    list_display = ("user", "kind", "place")
    list_filter = ("kind",)
    list_select_related = ("user", "unit")
    search_fields = ("user__username", "user__last_name", "unit__name")
    search_help_text = "Person or unit"
    fields = ("user", "kind", "place")

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


@admin.register(oauth.Application)
class ApiClientAdmin(DeskAdmin):
    """Systems that may use the API. Their secrets are hashed and never shown again."""

    lede = (
        "Systems that read through the API. A secret is shown once, by the command that adds "
        "the client."
    )
    empty = "The add_api_client command adds one and shows its secret once."
    list_display = ("name", "client_id", "created")
    search_fields = ("name", "client_id")
    fields = ("name", "client_id", "created", "updated")

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("registrar.view_apiclient")

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "API clients"} | (extra_context or {}))
