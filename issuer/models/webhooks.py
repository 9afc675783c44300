"""Webhooks: who wants to be told what, what happened, and whether they were reached."""

from urllib.parse import urlsplit
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from issuer.models.changes import dated, last_change


class WebhookEndpoint(models.Model):
    """An address of another system, to which the events of some types are sent.

    `client` is the id of the system that registered it, empty where a person did at the desk. Its
    secret is not stored: `secret_number` counts how often it was changed, and the one before still
    signs until `former_until`. `why_off` says who or what has switched it off.
    """

    class WhyOff(models.TextChoices):
        BY_HAND = "by_hand", "Switched off"
        GONE = "gone", "Gone: it answered 410"
        FAILING = "failing", "Failed for days"
        BARRED = "barred", "Barred: its client may no longer read this"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    client = models.CharField(max_length=100, blank=True)
    url = models.CharField("address", max_length=500)
    types = ArrayField(models.CharField(max_length=50))
    description = models.CharField(max_length=200, blank=True)
    contact = models.EmailField(max_length=320, blank=True, help_text="Told when it is given up")
    is_on = models.BooleanField(default=True)
    why_off = models.CharField(max_length=7, choices=WhyOff, blank=True)
    off_at = models.DateTimeField(null=True, editable=False)
    secret_number = models.PositiveIntegerField(default=1)
    former_until = models.DateTimeField(null=True, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    added_at = models.DateTimeField(db_default=Now(), editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)
    updated_at = last_change()

    class Meta:
        ordering = ["-added_at"]
        verbose_name = "webhook"
        triggers = [dated("webhook")]
        indexes = [models.Index(fields=["updated_at", "id"], name="webhooks_by_change")]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_on=True, why_off="", off_at=None)
                | Q(is_on=False, off_at__isnull=False) & ~Q(why_off=""),
                name="webhook_that_is_off_says_why",
            ),
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(is_on=False), name="retired_webhook_is_off"
            ),
        ]

    def __str__(self) -> str:
        return self.description or urlsplit(self.url).netloc


class Event(models.Model):
    """Something that happened, as others are told of it; its id is the `webhook-id`.

    Written in the transaction of the fact, and only where somebody wants to be told. `data` names
    things by ids and addresses of the API, and nobody by name. `scope` is what a system needs to
    read them, when it is told as when it was written; empty where anybody may know.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    type = models.CharField(max_length=50)
    scope = models.CharField(max_length=50, blank=True, db_default="")
    at = models.DateTimeField(db_default=Now(), editable=False)
    data = models.JSONField()

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["at"], name="events_by_age")]

    def __str__(self) -> str:
        return self.type


class Delivery(models.Model):
    """An event on its way to an endpoint: waiting -> delivered, or failed.

    Whoever sends it first moves `try_at` behind the end of any task, so that what dies with its
    sender is tried again. `tries` counts since it was written or sent once more.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Not delivered"

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    try_at = models.DateTimeField(db_default=Now(), editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)
    status = models.PositiveSmallIntegerField(
        null=True, help_text="Of the last answer; empty where none came"
    )
    milliseconds = models.PositiveIntegerField(null=True, help_text="Until the last answer")
    written_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event"], name="event_goes_once_to_an_endpoint"
            ),
        ]
        indexes = [
            models.Index(fields=["try_at"], condition=Q(state="waiting"), name="deliveries_due"),
            models.Index(F("endpoint"), F("written_at").desc(), name="deliveries_of_an_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"


class DeliveryAttempt(models.Model):
    """One try: when, what was answered, how long it took; `said` begins as the answer did."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    milliseconds = models.PositiveIntegerField()
    said = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["delivery", "-at", "-pk"]

    def __str__(self) -> str:
        return str(self.status or self.said)
