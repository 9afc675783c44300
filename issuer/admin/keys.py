"""Signing keys: which there are, and in which state."""

from django.contrib import admin
from django.db.models import QuerySet

from issuer.models import SigningKey
from issuer.pages import DeskAdmin, StateFilter, ThingPage, column, state_tag


class KeyPage(ThingPage):
    """One key: its public part and its life."""

    model = SigningKey
    permission_required = "issuer.view_signingkey"
    template_name = "issuer/desk/key.html"

    def get_queryset(self) -> QuerySet[SigningKey]:
        return SigningKey.objects.all()

    def get_title(self) -> str:
        return self.object.handle


@admin.register(SigningKey)
class SigningKeyAdmin(DeskAdmin):
    """The keys of the institution. Private parts are never in this process."""

    lede = (
        "The private parts are sealed in the keystore, which only the signer can open. So keys are "
        "made by the create_key command in the signer's environment, not here."
    )
    empty = "Run the create_key command in the signer's environment."
    list_display = (
        "handle",
        "condition",
        "did",
        column("created_at", "created"),
        column("activated_at", "active since"),
        column("retired_at", "retired"),
    )
    list_filter = (("state", StateFilter),)
    thing_page = KeyPage

    @admin.display(description="state", ordering="state")
    def condition(self, key: SigningKey) -> str:
        return state_tag(key.state)
