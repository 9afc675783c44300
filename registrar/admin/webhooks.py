"""Webhooks at the desk: who is told of what, what was sent, and sending it once more."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from oauth2_provider.models import Application

from issuer import tasks
from issuer.models import Delivery, WebhookEndpoint
from issuer.pages import (
    Act,
    DeskAdmin,
    FormPage,
    Link,
    StateFilter,
    ThingPage,
    Verb,
    column,
    list_link,
    state_tag,
    thing_url,
)
from issuer.services import deliveries, webhooks
from registrar.admin.moments import MomentField
from registrar.admin.shown_once import Shown, ShownOncePage
from registrar.services.event_types import CATALOGUE

ADD = "issuer.add_webhookendpoint"
CHANGE = "issuer.change_webhookendpoint"
VIEW = "issuer.view_webhookendpoint"

# Under which a kind of event stands in a form.
_KIND = "tell:"
_SHOWN = 20
# How deliveries are called on their tags.
WORDS = {
    Delivery.State.WAITING.value: "Waits to be sent",
    Delivery.State.FAILED.value: "Not delivered",
}


def delivery_tag(delivery: Delivery) -> str:
    """How far it is."""
    return state_tag(delivery.state, WORDS.get(delivery.state, ""))


def condition(endpoint: WebhookEndpoint) -> tuple[str, str]:
    """The state of a webhook, and the words on its tag."""
    if endpoint.retired_at:
        return "retired", ""
    if not endpoint.is_on:
        by_hand = endpoint.why_off == WebhookEndpoint.WhyOff.BY_HAND
        return ("off", "") if by_hand else ("failed", endpoint.get_why_off_display())
    return ("held", "Takes nothing") if endpoint.failing_since else ("active", "")


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

    hours = forms.IntegerField(
        label="Hours for which the present secret signs too",
        min_value=0,
        max_value=webhooks.LONGEST_OVERLAP // timedelta(hours=1),
        initial=webhooks.OVERLAP // timedelta(hours=1),
        help_text="As long as it takes to change it in the other system; 0 ends it now.",
    )


class ChangeSecretPage(OfAWebhook, ShownOncePage):
    """Give a webhook another secret; it is shown once."""

    form_class = OverlapForm
    title = "Change the secret"
    verb = "Change the secret"

    def make(self, form: OverlapForm) -> Shown:
        overlap = timedelta(hours=form.cleaned_data["hours"])
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


def _test(endpoint: WebhookEndpoint, reason: str, by: User) -> str:
    webhooks.send_test(endpoint)
    tasks.deliver_soon()
    return "The test is under way. What it was answered stands below in a moment."


def _switch_on(endpoint: WebhookEndpoint, reason: str, by: User) -> str:
    webhooks.switch_on(endpoint, by=by)
    return "It is told of what happens from now on."


def _switch_off(endpoint: WebhookEndpoint, reason: str, by: User) -> str:
    webhooks.switch_off(endpoint, by=by)
    return "It is told of nothing any more."


def _retire(endpoint: WebhookEndpoint, reason: str, by: User) -> str:
    webhooks.retire(endpoint, by=by)
    return "The webhook is retired."


class WebhookPage(ThingPage):
    """One webhook: where it goes, whether it works, what was sent last."""

    model = WebhookEndpoint
    permission_required = VIEW
    template_name = "registrar/desk/webhook.html"
    acts: ClassVar[dict[str, Act]] = {
        "test": Act(CHANGE, _test, needs_reason=False),
        "on": Act(CHANGE, _switch_on, needs_reason=False),
        "off": Act(CHANGE, _switch_off, needs_reason=False),
        "retire": Act(CHANGE, _retire, needs_reason=False),
    }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self.object
        state, word = condition(found)
        listed = reverse("admin:issuer_delivery_changelist") + f"?endpoint__id__exact={found.pk}"
        return super().get_context_data(
            state=state,
            word=word,
            kinds=[CATALOGUE[name] for name in found.types if name in CATALOGUE],
            client=Application.objects.filter(client_id=found.client).first(),
            public_key=webhooks.public_key(found),
            has_former=bool(found.former_until and found.former_until > timezone.now()),
            last=[
                (each, WORDS.get(each.state, ""))
                for each in found.deliveries.select_related("event")[:_SHOWN]
            ],
            failed=found.deliveries.filter(state=Delivery.State.FAILED).count(),
            listed=listed,
            may_change=self.user.has_perm(CHANGE) and not found.retired_at,
            **kwargs,
        )


@admin.register(WebhookEndpoint)
class WebhookAdmin(DeskAdmin):
    """Every webhook that is not retired, by whomever it was added."""

    title = "Webhooks"
    lede = (
        "Other systems are told of what happens here, with ids and no names. What does not arrive "
        "is tried for three days."
    )
    empty = "Add one here, or let a system add its own with the scope webhooks.manage."
    verbs = (
        Verb("Add a webhook", "admin:issuer_webhookendpoint_new", ADD),
        Verb("What was sent", "admin:issuer_delivery_changelist", "issuer.view_delivery"),
    )
    list_display = ("name", "condition", "by", "waiting", "failed", column("added_at", "added"))
    list_filter = ("is_on",)
    search_fields = ("url", "description", "client")
    search_help_text = "Address or what it is"
    thing_page = WebhookPage

    def own_urls(self) -> list[URLPattern]:
        return [
            self.hang("new/", AddWebhookPage, "new"),
            self.hang("<uuid:pk>/describe/", ChangeWebhookPage, "describe"),
            self.hang("<uuid:pk>/secret/", ChangeSecretPage, "secret"),
            self.hang("<uuid:pk>/again/", SendAgainPage, "again"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        found = super().get_queryset(request).filter(retired_at=None)
        states = Delivery.State
        return found.annotate(
            waiting_count=Count("deliveries", filter=Q(deliveries__state=states.WAITING)),
            failed_count=Count("deliveries", filter=Q(deliveries__state=states.FAILED)),
        )

    def complete(self, rows: Any) -> None:
        """The names of the systems that added them, in one query."""
        clients = Application.objects.filter(client_id__in={each.client for each in rows})
        names = dict(clients.values_list("client_id", "name"))
        for each in rows:
            each.client_name = names.get(each.client, each.client)

    @admin.display(description="webhook", ordering="description")
    def name(self, endpoint: WebhookEndpoint) -> str:
        host = urlsplit(endpoint.url).netloc
        if not endpoint.description:
            return host
        return format_html('<bdi>{}</bdi><div class="hint">{}</div>', endpoint.description, host)

    @admin.display(description="state", ordering="is_on")
    def condition(self, endpoint: WebhookEndpoint) -> str:
        return state_tag(*condition(endpoint))

    @admin.display(description="added by")
    def by(self, endpoint: Any) -> str:
        return endpoint.client_name or "the desk"

    @admin.display(description="waiting", ordering="waiting_count")
    def waiting(self, endpoint: Any) -> int:
        return endpoint.waiting_count

    @admin.display(description="not delivered", ordering="failed_count")
    def failed(self, endpoint: Any) -> int:
        return endpoint.failed_count


def _send_again(delivery: Delivery, reason: str, by: User) -> str:
    deliveries.send_again(delivery, by=by)
    tasks.deliver_soon()
    return "It is sent once more."


class DeliveryPage(ThingPage):
    """One delivery: what is sent, and what was answered at each try."""

    model = Delivery
    permission_required = "issuer.view_delivery"
    template_name = "registrar/desk/delivery.html"
    acts: ClassVar[dict[str, Act]] = {"again": Act(CHANGE, _send_again, needs_reason=False)}

    def get_queryset(self) -> QuerySet[Delivery]:
        return Delivery.objects.select_related("event", "endpoint")

    def get_title(self) -> str:
        return str(self.object.event)

    def get_trail(self) -> Iterable[Link]:
        endpoint = self.object.endpoint
        return (list_link(WebhookEndpoint), Link(str(endpoint), thing_url(endpoint)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_settled = self.object.state != Delivery.State.WAITING
        return super().get_context_data(
            word=WORDS.get(self.object.state, ""),
            attempts=self.object.attempts.all(),
            message=deliveries.compose(self.object.event).decode(),
            may_send_again=is_settled and self.object.endpoint.is_on and self.user.has_perm(CHANGE),
            **kwargs,
        )


class DeliveryState(StateFilter):
    words = {"Waits": "Waits to be sent"} | WORDS


class Answer(admin.AllValuesFieldListFilter):
    """The statuses with which receivers answered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "answer"


class ByWebhook(admin.RelatedFieldListFilter):
    """The webhooks that stand."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        return [(each.pk, str(each)) for each in webhooks.standing()]


@admin.register(Delivery)
class DeliveryAdmin(DeskAdmin):
    """What was sent to webhooks, or is to be, the newest first."""

    title = "What was sent to webhooks"
    lede = "Every event on its way to a webhook, the newest first; kept for 30 days."
    empty = "Once a webhook is there, what it is told of stands here."
    list_display = (
        "kind",
        "to",
        "state_now",
        "answer",
        "took",
        column("tries", "tries"),
        column("written_at", "written"),
    )
    list_filter = (
        ("state", DeliveryState),
        ("endpoint", ByWebhook),
        "event__type",
        ("status", Answer),
    )
    list_select_related = ("event", "endpoint")
    search_fields = ("=event__id", "endpoint__url")
    search_help_text = "webhook-id or address"
    thing_page = DeliveryPage

    @admin.display(description="event", ordering="event__type")
    def kind(self, delivery: Delivery) -> str:
        return delivery.event.type

    @admin.display(description="webhook", ordering="endpoint__url")
    def to(self, delivery: Delivery) -> str:
        return format_html("<bdi>{}</bdi>", str(delivery.endpoint))

    @admin.display(description="state", ordering="state")
    def state_now(self, delivery: Delivery) -> str:
        return delivery_tag(delivery)

    @admin.display(description="answer", ordering="status", empty_value="none")
    def answer(self, delivery: Delivery) -> int | None:
        return delivery.status

    @admin.display(description="took", ordering="milliseconds")
    def took(self, delivery: Delivery) -> str | None:
        return None if delivery.milliseconds is None else f"{delivery.milliseconds:,} ms"
