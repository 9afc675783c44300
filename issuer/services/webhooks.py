"""Webhooks: who is told of events, under which secret; added, changed, switched off, retired."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

from django.db import models, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from oauth2_provider.models import Application

from issuer.errors import TooManyWebhooks, WrongState
from issuer.models import Delivery, Event, WebhookEndpoint
from issuer.services import clock, events, ledger, outbox, webhook_calls, webhook_signatures
from issuer.services.clients import Actor, Client, is_granted

WhyOff = WebhookEndpoint.WhyOff

# For so long the former secret signs as well, unless told otherwise.
OVERLAP: Final = timedelta(days=1)
LONGEST_OVERLAP: Final = timedelta(days=7)
# What a system needs to have any.
MANAGE: Final = "webhooks.manage"
# Of one system; each event is sent to all of them that want it.
MOST_OF_A_CLIENT: Final = 20

_OF_ITS_OWN: Final = ("url", "types", "description", "contact")


def standing() -> QuerySet[WebhookEndpoint]:
    """Those that are not retired."""
    return WebhookEndpoint.objects.filter(retired_at=None)


def of(client: Client, *, with_retired: bool = False) -> QuerySet[WebhookEndpoint]:
    """Those that a system has registered itself."""
    found = WebhookEndpoint.objects.all() if with_retired else standing()
    return found.filter(client=client.id)


@transaction.atomic
def add(
    url: str, *, types: Collection[str], by: Actor, description: str = "", contact: str = ""
) -> WebhookEndpoint:
    """Tell an address of events of these types from now on; `webhooks.secret` is its secret.

    Whom that may be told is for the caller to know. Raises BadReceiver for an address that would
    never be called, and TooManyWebhooks.
    """
    webhook_calls.check(url)
    client = by.id if isinstance(by, Client) else ""
    if isinstance(by, Client):
        # Locked, so that two of its calls at once do not both add the last one.
        Application.objects.select_for_update().get(client_id=client)
        if of(by).count() >= MOST_OF_A_CLIENT:
            raise TooManyWebhooks
    endpoint = WebhookEndpoint.objects.create(
        client=client, url=url, types=sorted(types), description=description, contact=contact
    )
    ledger.append("webhook.added", endpoint, by=by, details={"types": endpoint.types})
    return endpoint


def hold(endpoint: WebhookEndpoint) -> None:
    """Let nobody else change a webhook until the commit. To be called in a transaction."""
    WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)


@transaction.atomic
def change(endpoint: WebhookEndpoint, *, by: Actor, **changes: Any) -> WebhookEndpoint:
    """Change its `url`, `types`, `description` or `contact`; what is under way goes to the new one.

    Raises BadReceiver.
    """
    if unknown := set(changes) - set(_OF_ITS_OWN):
        raise TypeError(f"A webhook has no {', '.join(sorted(unknown))}.")
    if "types" in changes:
        changes["types"] = sorted(changes["types"])
    changes = {name: to for name, to in changes.items() if getattr(endpoint, name) != to}
    if not changes:
        return endpoint
    if "url" in changes:
        webhook_calls.check(changes["url"])
        changes |= {"paused_until": None, "failing_since": None}
    _update(endpoint, **changes)
    changed = sorted(set(changes) & set(_OF_ITS_OWN))
    ledger.append("webhook.changed", endpoint, by=by, details={"changed": changed})
    return endpoint


@transaction.atomic
def switch_on(endpoint: WebhookEndpoint, *, by: Actor) -> WebhookEndpoint:
    """Tell it of what happens from now on; `deliveries.send_failed_again` sends what it missed."""
    if endpoint.is_on:
        return endpoint
    _update(endpoint, is_on=True, why_off="", off_at=None, paused_until=None, failing_since=None)
    ledger.append("webhook.switched_on", endpoint, by=by)
    return endpoint


@transaction.atomic
def switch_off(
    endpoint: WebhookEndpoint, *, by: Actor | str, why: str = WhyOff.BY_HAND
) -> WebhookEndpoint:
    """Tell it of nothing any more; what waits for it counts as not delivered.

    Where nobody did so by hand, its contact is told by mail. Switching off what is off changes
    nothing.
    """
    if not endpoint.is_on:
        return endpoint
    _update(endpoint, is_on=False, why_off=why, off_at=Now())
    _drop_waiting(endpoint)
    if why != WhyOff.BY_HAND and endpoint.contact:
        _tell_contact(endpoint)
    ledger.append("webhook.switched_off", endpoint, by=by, details={"why": str(why)})
    return endpoint


def may_be_told(endpoint: WebhookEndpoint, event: Event) -> bool:
    """Whether its system may have webhooks, and read what the event names, at this moment."""
    if not endpoint.client:
        return True
    return is_granted(endpoint.client, MANAGE, *filter(None, [event.scope]))


@transaction.atomic
def change_secret(
    endpoint: WebhookEndpoint, *, by: Actor, overlap: timedelta = OVERLAP
) -> WebhookEndpoint:
    """Give it another secret and key; for so long the former ones sign as well.

    Only one former is kept: to change twice within the overlap ends the first.
    """
    until = clock.now() + min(overlap, LONGEST_OVERLAP) if overlap else None
    _update(endpoint, secret_number=F("secret_number") + 1, former_until=until)
    seconds = int(overlap.total_seconds())
    ledger.append("webhook.secret_changed", endpoint, by=by, details={"overlap_seconds": seconds})
    return endpoint


@transaction.atomic
def retire(endpoint: WebhookEndpoint, *, by: Actor) -> WebhookEndpoint:
    """Be done with it for good. What it was sent stays readable at the desk until it is swept."""
    switch_off(endpoint, by=by)
    _update(endpoint, retired_at=Now())
    ledger.append("webhook.retired", endpoint, by=by)
    return endpoint


@transaction.atomic
def send_test(endpoint: WebhookEndpoint) -> Delivery:
    """Write a test for it, which is tried once, at once, also where it is off or left alone.

    Raises WrongState while one is under way.
    """
    tests = Delivery.objects.filter(endpoint=endpoint, event__type=events.TEST.name)
    if tests.filter(state=Delivery.State.WAITING).exists():
        raise WrongState("A test is under way. Wait for its answer.")
    return tests.get(event=events.test(endpoint))


def secret(endpoint: WebhookEndpoint) -> str:
    """What its receiver keeps: to be shown once, when it was added or changed."""
    return webhook_signatures.secret(endpoint)


def public_key(endpoint: WebhookEndpoint) -> str:
    """What its receiver may verify with instead."""
    return webhook_signatures.public_key(endpoint)


def given_up() -> QuerySet[WebhookEndpoint]:
    """Those that were not switched off by a person: somebody has to look."""
    return standing().filter(is_on=False).exclude(why_off=WhyOff.BY_HAND)


def _update(endpoint: WebhookEndpoint, **changes: Any) -> None:
    """Change one that stands; raises WrongState for a retired one."""
    if not standing().filter(pk=endpoint.pk).update(**changes):
        raise WrongState("This webhook is retired.")
    endpoint.refresh_from_db()


def _drop_waiting(endpoint: WebhookEndpoint) -> None:
    waiting = Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.WAITING)
    others = Event.objects.exclude(type=events.TEST.name).filter(pk=models.OuterRef("event"))
    waiting.filter(models.Exists(others)).update(state=Delivery.State.FAILED)


def _tell_contact(endpoint: WebhookEndpoint) -> None:
    why = {
        WhyOff.GONE: "It answered 410, which asks us to stop.",
        WhyOff.FAILING: "It has not taken a message for three days.",
        WhyOff.BARRED: "Its client was closed, or may no longer read what it is told.",
    }[WhyOff(endpoint.why_off)]
    outbox.write(
        to=endpoint.contact,
        subject="Your webhook was switched off",
        text=f"We no longer send events to {endpoint.url}\n\n{why} Once it works, have it switched "
        "on again and have what it missed sent again.",
        why="webhook.given_up",
        about=endpoint,
    )
