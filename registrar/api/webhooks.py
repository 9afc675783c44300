"""Register webhooks, and see and repeat what was sent to them."""

from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from oauth2_provider.models import AccessToken
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from issuer import bodies, tasks
from issuer.bodies import Asked, Moment, Strict
from issuer.errors import BadReceiver
from issuer.models import Delivery, DeliveryAttempt, WebhookEndpoint
from issuer.services import clock, deliveries, webhook_calls, webhooks
from issuer.services.clients import Client
from issuer.vc import timestamps
from registrar.api import versions
from registrar.api.examples import WEBHOOK
from registrar.api.told_once import ToldOnce
from registrar.services.college import api_clients
from registrar.services.college.event_types import CATALOGUE, SENT

# By so much the clock of a client may be behind.
_CLOCKS_DIFFER: Final = timedelta(minutes=5)


@extend_schema_field({"type": "string", "pattern": webhook_calls.ADDRESS})
class ReceiverField(serializers.CharField):
    """Where a webhook is told."""


class WebhookSerializer(Strict, serializers.ModelSerializer):
    """A webhook of the client: where it is told of what."""

    url = ReceiverField(
        max_length=500,
        help_text="https at a public address, on port 443; http, another port, localhost or a "
        "private network only where whoever runs the service has named its origin in "
        "`WEBHOOK_ORIGINS`. A service that itself runs at http://localhost calls localhost, too",
    )
    types = serializers.ListField(
        child=serializers.ChoiceField([*CATALOGUE]),
        min_length=1,
        max_length=len(CATALOGUE),
        help_text="The kinds of events that it is told of",
    )
    contact = serializers.EmailField(
        required=False,
        allow_blank=True,
        max_length=320,
        help_text="Who gets a mail when it is given up",
    )
    is_on = serializers.BooleanField(required=False, help_text="Off: it is told of nothing")
    why_off = serializers.ChoiceField(
        [*WebhookEndpoint.WhyOff.choices, ("", "It is on")],
        read_only=True,
        help_text="`by_hand`; `gone`: it answered 410; `failing`: it took nothing for three days; "
        "`barred`: the client may no longer read what it is told",
    )
    public_key = serializers.SerializerMethodField(
        help_text="Verifies the signatures `v1a`, Ed25519; `whpk_` and base64"
    )

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id",
            "url",
            "types",
            "description",
            "contact",
            "is_on",
            "why_off",
            "failing_since",
            "public_key",
            "added_at",
            "retired_at",
            "updated_at",
        ]
        read_only_fields = ["id", "failing_since", "added_at", "retired_at", "updated_at"]

    def get_public_key(self, endpoint: WebhookEndpoint) -> str:
        """What its receiver may verify with."""
        return webhooks.public_key(endpoint)

    def validate_url(self, url: str) -> str:
        """What would never be called is refused at once."""
        try:
            webhook_calls.check(url)
        except BadReceiver as error:
            raise serializers.ValidationError(str(error), code=error.code) from error
        return url

    def validate_types(self, types: list[str]) -> list[str]:
        """Each once."""
        return sorted({*types})

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """Nobody is told of what they may not read, also where they could once."""
        if "types" in said or said.get("is_on"):
            self._demand_scopes(said.get("types", getattr(self.instance, "types", [])))
        return said

    def _demand_scopes(self, types: list[str]) -> None:
        token = cast(AccessToken, self.context["request"].auth)
        granted = {*api_clients.scopes_of(token.application), ""}
        if beyond := sorted(each for each in {*types} if CATALOGUE[each].scope not in granted):
            wanted = ", ".join(f"{each} ({CATALOGUE[each].scope})" for each in beyond)
            reason = (
                f"The client lacks the scope to read what these name: {wanted}. Leave them out, "
                "or ask an administrator to grant it."
            )
            raise serializers.ValidationError({"types": [reason]}, code="scope_missing")


class WebhookWithSecretSerializer(WebhookSerializer):
    """A webhook with its secret, which is told this once."""

    secret = serializers.CharField(
        allow_null=True,
        read_only=True,
        help_text="Verifies the signatures `v1`, HMAC-SHA256; `whsec_` and base64. Null where the "
        "same answer is given again, and in a dry run",
    )

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]

    def get_public_key(self, endpoint: WebhookEndpoint) -> str | None:  # type: ignore[override]
        """What its receiver may verify with; None in a dry run, as the secret."""
        return super().get_public_key(endpoint)


class SecretOptionsSerializer(Strict):
    """How the secret is changed."""

    overlap_days = serializers.IntegerField(
        default=webhooks.OVERLAP.days,
        min_value=0,
        max_value=webhooks.LONGEST_OVERLAP.days,
        help_text="For so long the former secret signs too; 0 ends it now",
    )


class ReplaySerializer(Strict):
    """From when on what was not delivered is sent once more."""

    since = Moment(help_text=f"When it happened; at most {deliveries.KEPT.days} days ago")

    def validate_since(self, since: datetime) -> datetime:
        """What is forgotten cannot be sent again; clocks may differ."""
        if since < (now := clock.now()) - deliveries.KEPT - _CLOCKS_DIFFER:
            first = timestamps.write(now - deliveries.KEPT)
            reason = (
                f"It is more than {deliveries.KEPT.days} days ago, and what was sent then is "
                f"forgotten. Send a time from {first} on."
            )
            raise serializers.ValidationError(reason, code="too_early")
        return since


class ReplayedSerializer(serializers.Serializer):
    """How many deliveries are sent once more."""

    count = serializers.IntegerField()


class AttemptSerializer(serializers.ModelSerializer):
    """One try."""

    class Meta:
        model = DeliveryAttempt
        fields = ["at", "status", "milliseconds", "said"]
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer):
    """An event on its way to a webhook, or there."""

    id = serializers.UUIDField(source="event_id", help_text="The `webhook-id`")
    type = serializers.ChoiceField([*SENT], source="event.type")
    at = serializers.DateTimeField(source="event.at", help_text="When it happened")
    next_try_at = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = [
            "id",
            "type",
            "at",
            "state",
            "tries",
            "tried_at",
            "status",
            "milliseconds",
            "next_try_at",
        ]
        read_only_fields = fields

    def get_next_try_at(self, delivery: Delivery) -> datetime | None:
        """None unless it waits."""
        return delivery.try_at if delivery.state == Delivery.State.WAITING else None


class TestDeliverySerializer(DeliverySerializer):
    """An event of the type `webhook.test` on its way."""

    id = serializers.UUIDField(
        source="event_id", allow_null=True, help_text="The `webhook-id`; null in a dry run"
    )


class DeliveryWithAttemptsSerializer(DeliverySerializer):
    """The same with every try, the newest first, and what is sent."""

    attempts = AttemptSerializer(many=True)
    message = serializers.SerializerMethodField(help_text="The body, as it is signed")

    class Meta(DeliverySerializer.Meta):
        fields = [*DeliverySerializer.Meta.fields, "message", "attempts"]

    def get_message(self, delivery: Delivery) -> str:
        """The same bytes at each try."""
        return deliveries.compose(delivery.event).decode()


class WantedDeliveriesSerializer(Asked):
    """Which deliveries are listed."""

    state = serializers.ChoiceField(Delivery.State.choices, required=False)
    type = serializers.ChoiceField([*SENT], required=False)
    since = Moment(required=False, help_text="When it happened, or later")
    status = serializers.IntegerField(
        required=False, min_value=100, max_value=599, help_text="Of the last answer"
    )


_ASKS = {
    "state": "state",
    "type": "event__type",
    "since": "event__at__gte",
    "status": "status",
}


class WebhookViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The client's own webhooks: addresses that are told of what happens."""

    scopes = [webhooks.MANAGE]
    queryset = WebhookEndpoint.objects.none()
    serializer_class = WebhookSerializer

    @property
    def parameters(self) -> tuple[str, ...]:
        """What a list takes beside its pages."""
        return tuple(_ASKS) if self.action == "list_deliveries" else ()

    @property
    def client(self) -> Client:
        """Whose token it is."""
        return Client.of(cast(AccessToken, self.request.auth))

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        """Nobody sees what another client has registered."""
        return webhooks.of(self.client) if self.request.auth else super().get_queryset()

    def changed_since(
        self, found: QuerySet[WebhookEndpoint], moment: datetime
    ) -> QuerySet[WebhookEndpoint]:
        """Also those that were retired: so they are told to be gone."""
        return webhooks.of(self.client, with_retired=True)

    @extend_schema(
        examples=[OpenApiExample("A receiver", value=dict(WEBHOOK), request_only=True)],
        responses={201: WebhookWithSecretSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Have an address told of events from now on. The secret stands in this answer alone.

        Each message is signed as Standard Webhooks 1.0 says, and tried for three days until it is
        answered with a 2xx. Order is not promised, and a message may come twice: `webhook-id`
        tells.
        """
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        is_on = said.pop("is_on", True)
        endpoint = webhooks.add(by=self.client, **said)
        if not is_on:
            webhooks.switch_off(endpoint, by=self.client)
        answer = self._with_secret(endpoint, status.HTTP_201_CREATED)
        answer["Location"] = _address(endpoint.pk)
        return answer

    @extend_schema(responses=WebhookSerializer)
    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is given. What is under way goes to the new address.

        What waits when it is switched off counts as not delivered, and can be sent once more.
        """
        body = request.data
        # Held before it is looked at again, so that nobody changes it in between.
        webhooks.hold(self.get_object())
        endpoint = self.get_object()
        asked = self.get_serializer(endpoint, data=body, partial=True)
        asked.is_valid(raise_exception=True)
        versions.demand_match(request, self.get_serializer(endpoint).data)
        said = dict(asked.validated_data)
        is_on = said.pop("is_on", endpoint.is_on)
        endpoint = webhooks.change(endpoint, by=self.client, **said)
        switch = webhooks.switch_on if is_on else webhooks.switch_off
        changed = self.get_serializer(switch(endpoint, by=self.client)).data
        return Response(changed, headers={versions.ETAG: versions.tag_of(changed)})

    @extend_schema(responses={204: OpenApiResponse(description="It is told of nothing any more.")})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Be done with a webhook for good."""
        webhooks.retire(self.get_object(), by=self.client)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=SecretOptionsSerializer, responses=WebhookWithSecretSerializer)
    @action(detail=True, methods=["post"])
    def secret(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give it another secret. For a while the former one signs too, in the same header."""
        asked = SecretOptionsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        endpoint = webhooks.change_secret(
            self.get_object(),
            by=self.client,
            overlap=timedelta(days=asked.validated_data["overlap_days"]),
        )
        return self._with_secret(endpoint, status.HTTP_200_OK)

    @extend_schema(request=None, responses={202: TestDeliverySerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send an event of the type `webhook.test`, once, also where it is switched off.

        It is not tried again, and nobody is switched off for it: read at `Location` what was
        answered, put that right, and send another.
        """
        bodies.demand_none(request)
        delivery = webhooks.send_test(self.get_object())
        tasks.deliver_soon()
        return _told(delivery)

    @extend_schema(
        request=ReplaySerializer,
        responses={202: ReplayedSerializer},
        description="Send once more all that has happened since and was not delivered, of the "
        "`types` that the webhook has now.",
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send once more all that has happened since and was not delivered."""
        asked = ReplaySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        endpoint = self.get_object()
        count = deliveries.send_failed_again(
            endpoint, since=asked.validated_data["since"], by=self.client
        )
        tasks.deliver_soon()
        where = {"Location": f"{_address(endpoint.pk)}/deliveries"}
        return Response({"count": count}, status=status.HTTP_202_ACCEPTED, headers=where)

    @extend_schema(
        parameters=[WantedDeliveriesSerializer],
        responses=DeliverySerializer(many=True),
        filters=False,
    )
    @action(detail=True, url_path="deliveries")
    def list_deliveries(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was sent to it, or is to be; kept for 30 days."""
        asked = WantedDeliveriesSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        wanted = {_ASKS[name]: value for name, value in asked.validated_data.items()}
        found = self.get_object().deliveries.filter(**wanted).select_related("event")
        page = self.paginate_queryset(found)
        return self.get_paginated_response(DeliverySerializer(page, many=True).data)

    @extend_schema(responses=DeliveryWithAttemptsSerializer)
    @action(detail=True, url_path="deliveries/(?P<event>[0-9a-f-]{36})")
    def show_delivery(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One delivery with every try, the newest first."""
        return Response(DeliveryWithAttemptsSerializer(self._find(kwargs["event"])).data)

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @action(detail=True, methods=["post"], url_path="deliveries/(?P<event>[0-9a-f-]{36})/replay")
    def replay_one(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send it once more, delivered or not, under the same `webhook-id`."""
        bodies.demand_none(request)
        delivery = deliveries.send_again(self._find(kwargs["event"]), by=self.client)
        tasks.deliver_soon()
        return _told(delivery)

    def _find(self, event: str) -> Delivery:
        try:
            wanted = UUID(event)
        except ValueError:
            raise Http404 from None
        found = self.get_object().deliveries.select_related("event", "endpoint")
        return get_object_or_404(found, event=wanted)

    def _with_secret(self, endpoint: WebhookEndpoint, status: int) -> Response:
        """The answer with the secret; what is kept of it to be given again has none."""
        told = self.get_serializer(endpoint).data
        return ToldOnce(told, secret=webhooks.secret(endpoint), status=status)


def _told(delivery: Delivery) -> Response:
    where = {"Location": f"{_address(delivery.endpoint_id)}/deliveries/{delivery.event_id}"}
    told = DeliverySerializer(delivery).data
    return Response(told, status=status.HTTP_202_ACCEPTED, headers=where)


def _address(endpoint: UUID) -> str:
    return f"/api/v1/webhooks/{endpoint}"
