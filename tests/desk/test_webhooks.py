"""Webhooks at the desk: added, tried, looked into, and sent again what they missed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.urls import reverse

from config import waiting
from issuer.models import Delivery, WebhookEndpoint
from issuer.pages import thing_url
from issuer.services import deliveries, events, webhooks
from tests.desk.reading import SignIn, text
from tests.issuer.receiver import Receiver, open_receiver

pytestmark = pytest.mark.django_db

LIST = "admin:issuer_webhookendpoint_changelist"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as found:
        yield found


def test_a_webhook_is_added_its_secret_shown_once_and_a_test_sent(
    college: Any, olu: User, receiver: Receiver, signed_in: SignIn
) -> None:
    client = signed_in(olu)
    new = reverse("admin:issuer_webhookendpoint_new")
    said = {"url": receiver.url, "description": "Student app"}
    assert "Tick at least one" in text(client.post(new, said))
    bad = client.post(new, said | {"url": "http://10.0.0.1/", "tell:batch.approved": "on"})
    assert bad.status_code == 409
    added = client.post(new, said | {"tell:batch.approved": "on", "tell:night.held": "on"})
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.types == ["batch.approved", "night.held"]
    assert "no-store" in added["Cache-Control"]
    assert webhooks.secret(endpoint) in text(added)
    page = thing_url(endpoint)
    assert webhooks.secret(endpoint) not in text(client.get(page))
    client.post(page, {"act": "test"})
    deliveries.send_due(seconds=5)
    assert receiver.types == ["webhook.test"]
    assert "Delivered" in text(client.get(page))
    secret = reverse("admin:issuer_webhookendpoint_secret", args=[endpoint.pk])
    shown = text(client.post(secret, {"overlap": "2"}))
    endpoint.refresh_from_db()
    assert (endpoint.secret_number, webhooks.secret(endpoint) in shown) == (2, True)
    describe = reverse("admin:issuer_webhookendpoint_describe", args=[endpoint.pk])
    client.post(describe, said | {"tell:batch.declined": "on"})
    endpoint.refresh_from_db()
    assert endpoint.types == ["batch.declined"]


def test_one_that_was_given_up_waits_at_home_and_gets_what_it_missed(
    college: Any, olu: User, clara: User, root: User, receiver: Receiver, signed_in: SignIn
) -> None:
    endpoint = webhooks.add(receiver.url, types=["batch.approved"], by=root)
    receiver.status, receiver.content = 410, b"<b>Gone</b>"
    events.tell(events.BATCH_APPROVED, lambda: events.thing(1, at=events.BATCHES))
    deliveries.send_due(seconds=5)
    (task,) = [each for each in waiting.tasks(olu) if "webhook" in each.what]
    page = thing_url(endpoint)
    assert task.url == page
    assert [each for each in waiting.tasks(clara) if "webhook" in each.what] == []
    client = signed_in(olu)
    delivery = Delivery.objects.get()
    log = reverse("admin:issuer_delivery_changelist")
    row = thing_url(delivery)
    assert row in text(client.get(log, {"state__exact": "failed", "status": "410"}))
    assert row not in text(client.get(log, {"status": "500"}))
    assert row in text(client.get(log, {"endpoint__id__exact": str(endpoint.pk)}))
    assert "&lt;b&gt;Gone" in text(client.get(thing_url(delivery)))
    assert client.post(thing_url(delivery), {"act": "again"}).status_code == 409
    client.post(page, {"act": "on"})
    again = reverse("admin:issuer_webhookendpoint_again", args=[endpoint.pk])
    since = (delivery.event.at - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert "1 event is sent again" in text(client.post(again, {"since": since}, follow=True))
    receiver.status = 204
    Delivery.objects.update(try_at=F("try_at") - timedelta(minutes=5))
    deliveries.send_due(seconds=5)
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    client.post(thing_url(delivery), {"act": "again"})
    client.post(page, {"act": "retire"})
    assert "Send a test" not in text(client.get(page))
    assert page not in text(client.get(reverse(LIST)))
    assert signed_in(clara).get(page).status_code == 403
