"""Webhooks at the desk: who is told of what, and whether it works."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from oauth2_provider.models import Application

from issuer import tasks
from issuer.models import Delivery, WebhookEndpoint
from issuer.pages import Act, DeskAdmin, ThingPage, Verb, column, state_tag
from issuer.services import webhooks
from registrar.admin.deliveries import WORDS
from registrar.admin.webhook_forms import (
    ADD,
    CHANGE,
    AddWebhookPage,
    ChangeSecretPage,
    ChangeWebhookPage,
    SendAgainPage,
)
from registrar.services.college.event_types import CATALOGUE

VIEW = "issuer.view_webhookendpoint"
_SHOWN = 20


def condition(endpoint: WebhookEndpoint) -> tuple[str, str]:
    """The state of a webhook, and the words on its tag."""
    if endpoint.retired_at:
        return "retired", ""
    if not endpoint.is_on:
        by_hand = endpoint.why_off == WebhookEndpoint.WhyOff.BY_HAND
        return ("off", "") if by_hand else ("failed", endpoint.get_why_off_display())
    return ("held", "Takes nothing") if endpoint.failing_since else ("active", "")


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
