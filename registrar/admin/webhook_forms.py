"""Forms about webhooks: to add and change one, its secret, what it has missed."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.utils import formats, timezone

from issuer import tasks
from issuer.models import WebhookEndpoint
from issuer.pages import FormPage, Link, list_link, thing_url
from issuer.services import deliveries, webhooks
from registrar.admin.moments import MomentField
from registrar.admin.shown_once import Shown, ShownOncePage
from registrar.services.college.event_types import CATALOGUE

ADD = "issuer.add_webhookendpoint"
CHANGE = "issuer.change_webhookendpoint"

# Under which a kind of event stands in a form.
_KIND = "tell:"


class WebhookForm(forms.Form):
    """Where somebody is told, of what, and who gets a mail when that comes to an end."""

    url = forms.CharField(
        label="Address",
        max_length=500,
        help_text="https, at a public address. Events are sent there by POST, and each is signed.",
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    description = forms.CharField(
        label="What it is", max_length=200, required=False, help_text="For example the student app"
    )
    contact = forms.EmailField(
        label="E-mail address of who runs it",
        max_length=320,
        required=False,
        help_text="Gets a mail when we give it up.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in CATALOGUE.values():
            self.fields[_KIND + each.name] = forms.BooleanField(
                label=each.says, help_text=each.name, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Gather the kinds that are ticked."""
        said = super().clean() or {}
        types = [name for name in CATALOGUE if said.pop(_KIND + name, False)]
        if not types:
            raise forms.ValidationError("Tick at least one kind of event.")
        return said | {"types": types}


class AddWebhookPage(ShownOncePage):
    """Add a webhook; its secret is shown once."""

    permission_required = ADD
    form_class = WebhookForm
    refused_field = "url"
    title = "Add a webhook"
    verb = "Add the webhook"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(WebhookEndpoint),)

    def make(self, form: WebhookForm) -> Shown:
        return _shown(webhooks.add(by=self.user, **form.cleaned_data))


def _shown(endpoint: WebhookEndpoint) -> Shown:
    said = (
        "The secret is shown once. Its receiver keeps it, and refuses what is not signed with it."
    )
    if endpoint.former_until:
        until = formats.date_format(timezone.localtime(endpoint.former_until), "DATETIME_FORMAT")
        said += f" Until {until} the former secret signs too."
    return Shown(
        str(endpoint),
        {
            "Secret": webhooks.secret(endpoint),
            "Or its public key": webhooks.public_key(endpoint),
        },
        said,
        (Link("Go on to the webhook", thing_url(endpoint)),),
    )


class OfAWebhook:
    """A page that changes one webhook."""

    permission_required = CHANGE
    kwargs: dict[str, Any]

    @property
    def endpoint(self) -> WebhookEndpoint:
        """The webhook that the address names."""
        return get_object_or_404(webhooks.standing(), pk=self.kwargs["pk"])

    def get_trail(self) -> Iterable[Link]:
        return (list_link(WebhookEndpoint), Link(str(self.endpoint), thing_url(self.endpoint)))


class ChangeWebhookPage(OfAWebhook, FormPage):
    """Change where somebody is told of what."""

    form_class = WebhookForm
    title = "Change the webhook"
    verb = "Change the webhook"
    success_message = "From now on it is told of that."

    def get_initial(self) -> dict[str, Any]:
        found = self.endpoint
        said = {name: getattr(found, name) for name in ("url", "description", "contact")}
        return said | {_KIND + name: True for name in found.types}

    def carry_out(self, form: Any) -> str:
        return thing_url(webhooks.change(self.endpoint, by=self.user, **form.cleaned_data))


class OverlapForm(forms.Form):
    """For how long the former secret signs beside the new one."""

    overlap = forms.IntegerField(
        label="Days for which the present secret signs too",
        min_value=0,
        max_value=webhooks.LONGEST_OVERLAP.days,
        initial=webhooks.OVERLAP.days,
        help_text="As long as it takes to change it in the other system; 0 ends it now.",
    )


class ChangeSecretPage(OfAWebhook, ShownOncePage):
    """Give a webhook another secret; it is shown once."""

    form_class = OverlapForm
    title = "Change the secret"
    verb = "Change the secret"

    def make(self, form: OverlapForm) -> Shown:
        overlap = timedelta(days=form.cleaned_data["overlap"])
        return _shown(webhooks.change_secret(self.endpoint, by=self.user, overlap=overlap))


class SinceForm(forms.Form):
    """From when on."""

    since = MomentField(
        label="What has happened since",
        help_text="And was not delivered. Events are kept for 30 days.",
    )


class SendAgainPage(OfAWebhook, FormPage):
    """Send once more what was not delivered."""

    form_class = SinceForm
    title = "Send again what was not delivered"
    verb = "Send it again"

    def get_initial(self) -> dict[str, Any]:
        return {"since": self.endpoint.off_at or timezone.now() - timedelta(days=3)}

    def carry_out(self, form: Any) -> str:
        since = form.cleaned_data["since"]
        count = deliveries.send_failed_again(self.endpoint, since=since, by=self.user)
        tasks.deliver_soon()
        self.success_message = (
            "1 event is sent again." if count == 1 else f"{count:,} events are sent again."
        )
        return thing_url(self.endpoint)
