"""What was sent to webhooks, or is to be: a list, and each try."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from issuer import tasks
from issuer.models import Delivery, WebhookEndpoint
from issuer.pages import (
    Act,
    DeskAdmin,
    Link,
    StateFilter,
    ThingPage,
    column,
    list_link,
    state_tag,
    thing_url,
)
from issuer.services import deliveries, webhooks

CHANGE = "issuer.change_webhookendpoint"

# How deliveries are called on their tags.
WORDS = {
    Delivery.State.WAITING.value: "Waits to be sent",
    Delivery.State.FAILED.value: "Not delivered",
}


def delivery_tag(delivery: Delivery) -> str:
    """How far it is."""
    return state_tag(delivery.state, WORDS.get(delivery.state, ""))


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
        was_tried = self.object.state != Delivery.State.WAITING or self.object.tries > 0
        return super().get_context_data(
            word=WORDS.get(self.object.state, ""),
            attempts=self.object.attempts.all(),
            message=deliveries.compose(self.object.event).decode(),
            may_send_again=was_tried and self.object.endpoint.is_on and self.user.has_perm(CHANGE),
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
