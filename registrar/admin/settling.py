"""Pages on which the college settles a policy, and the list of what was settled before."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.urls import URLPattern, reverse

from issuer.pages import DeskAdmin, FormPage, Link, list_link
from registrar.models.policies import Policy
from registrar.services.college import settling


def why() -> forms.CharField:
    """The field for the reason."""
    return forms.CharField(
        label="Why", widget=forms.Textarea(attrs={"class": "short", "rows": 3, "dir": "auto"})
    )


class SettlePage(FormPage):
    """Settle a policy anew; what was settled before stays in its list."""

    policy: ClassVar[type[Policy]]
    verb = "Set it"
    success_message = "It holds from now on."

    def get_permission_required(self) -> Sequence[str]:
        return (settling.right_to_settle(self.policy),)

    def get_trail(self) -> Iterable[Link]:
        return (list_link(self.policy),)

    def get_initial(self) -> dict[str, Any]:
        held = settling.current(self.policy)
        return {name: getattr(held, name) for name in self.policy.terms()}

    def carry_out(self, form: forms.Form) -> str:
        self.settle(**form.cleaned_data)
        return reverse(f"admin:registrar_{self.policy._meta.model_name}_changelist")

    def settle(self, **said: Any) -> None:
        """Have the service settle it."""
        raise NotImplementedError


class PolicyAdmin(DeskAdmin):
    """What the college has settled, the newest first."""

    settle_page: ClassVar[type[SettlePage]]
    list_display_links = None
    list_select_related = ("by",)

    def own_urls(self) -> list[URLPattern]:
        return [self.hang("settle/", self.settle_page, "settle")]
