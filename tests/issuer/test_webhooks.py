"""Others are told of events: signed, again and again for three days, and never inside our net."""

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.urls import resolve
from django.utils import timezone
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from oauth2_provider.models import Application

from issuer.errors import BadReceiver, TooManyWebhooks, WrongState
from issuer.models import (
    Credential,
    Delivery,
    DeliveryAttempt,
    Event,
    LedgerEntry,
    Mail,
    WebhookEndpoint,
)
from issuer.services import deliveries, events, webhook_calls, webhook_signatures, webhooks
from issuer.services.clients import Client
from tests.issuer.receiver import Receiver, open_receiver
from tests.issuer.stranger import World, world

__all__ = ["world"]

TYPES = ["batch.approved", "credential.revoked"]
PUBLIC = "https://sis.stranger.example/hooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as found:
        yield found


@pytest.fixture
def endpoint(receiver: Receiver, root: User) -> WebhookEndpoint:
    return webhooks.add(receiver.url, types=TYPES, by=root, contact="it@college.example")


def test_of_many_one_is_told_the_number_and_where_they_are_listed() -> None:
    of_batch = uuid4()
    many = events.MOST_IDS + 1
    told = events.in_batch(Credential.objects.none(), of_batch, count=many, at=events.CREDENTIALS)
    assert told == events.Things(many, [], f"/api/v1/credentials?batch={of_batch}")


def tell() -> Event:
    told = events.tell(events.BATCH_APPROVED, lambda: events.thing("b-1", at=events.BATCHES))
    assert told is not None
    return told


def send() -> None:
    deliveries.send_due(seconds=5)


def time_passes(by: timedelta = timedelta(days=2)) -> None:
    Delivery.objects.update(try_at=F("try_at") - by)
    WebhookEndpoint.objects.update(
        paused_until=F("paused_until") - by, failing_since=F("failing_since") - by
    )


def verify(endpoint: WebhookEndpoint, headers: dict[str, str], body: bytes) -> list[str]:
    """The versions of the signatures that are right, told straight from the specification."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(webhooks.secret(endpoint).removeprefix("whsec_"))
    public = base64.b64decode(webhooks.public_key(endpoint).removeprefix("whpk_"))
    right = []
    for each in headers["webhook-signature"].split(" "):
        version, _, text = each.partition(",")
        signature = base64.b64decode(text)
        if version == "v1" and signature == hmac.digest(key, content, hashlib.sha256):
            right.append(version)
        if version == "v1a":
            with suppress(BadSignatureError):
                VerifyKey(public).verify(content, signature)
                right.append(version)
    return right


def test_a_message_is_signed_as_the_published_vectors_are() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    content = webhook_signatures.signed_content(
        id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=b'{"test": 2432232314}'
    )
    signature = webhook_signatures.v1(key, content)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_waits_grow_to_three_days_and_an_hour_or_more() -> None:
    least = [deliveries.wait_after(tries, drawn=0) for tries in range(1, 11)]
    assert least[-1] is None
    waits = [each for each in least if each is not None]
    assert waits[:3] == [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)]
    assert all(first < second for first, second in pairwise(waits))
    assert sum(waits, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)
    assert deliveries.wait_after(2, drawn=1) == timedelta(minutes=5, seconds=30)
    assert deliveries.wait_after(1, drawn=0, asked=120) == timedelta(minutes=2)
    assert deliveries.wait_after(1, drawn=0, asked=10**6) == deliveries.LONGEST_ASKED


@pytest.mark.django_db
def test_an_event_goes_with_its_fact_signed_and_thin_to_who_wants_it(
    endpoint: WebhookEndpoint, receiver: Receiver, root: User
) -> None:
    webhooks.add(receiver.url + "/other", types=["batch.declined"], by=root)
    with pytest.raises(RuntimeError), transaction.atomic():
        tell()
        raise RuntimeError
    event = tell()
    asked: list[int] = []
    assert events.tell(events.BATCH_SETTLED, lambda: asked.append(1)) is None
    assert asked == []
    send()
    (message,) = receiver.messages
    assert message.path == "/hooks"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["webhook-id"] == str(event.pk)
    sent_at = datetime.fromtimestamp(int(message.headers["webhook-timestamp"]), UTC)
    assert abs(sent_at - timezone.now()) < timedelta(minutes=1)
    assert verify(endpoint, message.headers, message.body) == ["v1", "v1a"]
    event.refresh_from_db()
    assert message.told == {
        "type": "batch.approved",
        "timestamp": event.at.isoformat().replace("+00:00", "Z"),
        "data": {"id": "b-1", "url": "http://localhost:8000/api/v1/batches/b-1"},
    }
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.status, delivery.tries) == ("delivered", 204, 1)
    send()
    assert len(receiver.messages) == 1


@pytest.mark.django_db
def test_what_fails_is_tried_ten_times_with_the_same_id_and_body_and_then_given_up(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    tell()
    receiver.status, receiver.content = 500, b"<b>Broken</b>\n\x00pipe"
    waits = []
    for _ in deliveries.SCHEDULE:
        send()
        delivery = Delivery.objects.get()
        waits.append(delivery.try_at - timezone.now())
        time_passes()
    for wait, least in zip(waits, deliveries.SCHEDULE, strict=True):
        assert least * 0.9 < wait < least * (1 + deliveries.JITTER)
    send()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status, delivery.tries) == ("failed", 500, 10)
    assert len({(each.headers["webhook-id"], each.body) for each in receiver.messages}) == 1
    attempts = DeliveryAttempt.objects.all()
    assert [(each.status, each.said) for each in attempts] == [(500, "<b>Broken</b> pipe")] * 10
    # Ten tries took three days, in which it took nothing.
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.why_off) == (False, "failing")
    assert Mail.objects.get().to == "it@college.example"
    assert list(webhooks.given_up()) == [endpoint]


@pytest.mark.django_db
def test_one_that_answers_410_is_told_nothing_more(
    endpoint: WebhookEndpoint, receiver: Receiver, root: User
) -> None:
    receiver.status = 410
    tell()
    send()
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.why_off) == (False, "gone")
    assert Delivery.objects.get().state == "failed"
    assert LedgerEntry.objects.get(act="webhook.switched_off").details == {"why": "gone"}
    assert events.tell(events.BATCH_APPROVED, lambda: None) is None
    webhooks.switch_on(endpoint, by=root)
    assert tell()


@pytest.mark.django_db
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(
    status: int, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.status, receiver.headers = status, {"Location": receiver.url + "/elsewhere"}
    tell()
    send()
    assert [each.path for each in receiver.messages] == ["/hooks"]
    assert (Delivery.objects.get().state, Delivery.objects.get().status) == ("waiting", status)


@pytest.mark.django_db
def test_one_that_cannot_keep_up_is_left_alone_and_then_tried_with_one_message(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    tell(), tell(), tell()
    receiver.status, receiver.headers = 429, {"Retry-After": "600"}
    deliveries.send_due(seconds=5)
    assert len(receiver.messages) == 3
    tell()
    send()
    assert len(receiver.messages) == 3
    time_passes(timedelta(minutes=10, seconds=1))
    send()
    assert len(receiver.messages) == 4
    receiver.status, receiver.headers = 200, {}
    time_passes(timedelta(minutes=10, seconds=1))
    send()
    assert Delivery.objects.filter(state="delivered").count() >= 3
    endpoint.refresh_from_db()
    assert endpoint.failing_since is endpoint.paused_until is None


@pytest.mark.django_db
def test_what_a_killed_worker_had_in_hand_is_sent_again(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    tell()

    def die() -> None:
        raise SystemExit  # in the place of a signal 9: nothing is noted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliveries, "_note_all", lambda *_: die())
        with pytest.raises(SystemExit):
            send()
    assert not DeliveryAttempt.objects.exists()
    send()
    assert len(receiver.messages) == 1
    time_passes(deliveries.LOST_AFTER)
    send()
    assert len({each.headers["webhook-id"] for each in receiver.messages}) == 1
    assert Delivery.objects.get().state == "delivered"


@pytest.mark.django_db
def test_after_a_change_the_former_secret_signs_too_for_a_while(
    endpoint: WebhookEndpoint, receiver: Receiver, root: User
) -> None:
    former = WebhookEndpoint.objects.get()
    webhooks.change_secret(endpoint, by=root, overlap=timedelta(hours=1))
    assert webhooks.secret(former) != webhooks.secret(endpoint)
    tell()
    send()
    (message,) = receiver.messages
    for each in (former, endpoint):
        assert verify(each, message.headers, message.body) == ["v1", "v1a"]
    WebhookEndpoint.objects.update(former_until=timezone.now())
    tell()
    send()
    assert verify(former, receiver.messages[1].headers, receiver.messages[1].body) == []
    endpoint.refresh_from_db()
    assert len(verify(endpoint, receiver.messages[1].headers, receiver.messages[1].body)) == 2


@pytest.mark.django_db
def test_what_failed_is_sent_again_one_by_one_or_all_since_a_time(
    endpoint: WebhookEndpoint, receiver: Receiver, root: User
) -> None:
    first, second = tell(), tell()
    Event.objects.filter(pk=first.pk).update(at=timezone.now() - timedelta(days=2))
    webhooks.switch_off(endpoint, by=root)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
    with pytest.raises(WrongState):
        deliveries.send_failed_again(endpoint, since=timezone.now(), by=root)
    webhooks.switch_on(endpoint, by=root)
    yesterday = timezone.now() - timedelta(days=1)
    assert deliveries.send_failed_again(endpoint, since=yesterday, by=root) == 1
    send()
    assert [each.headers["webhook-id"] for each in receiver.messages] == [str(second.pk)]
    left = Delivery.objects.get(event=first)
    deliveries.send_again(left, by=root)
    with pytest.raises(WrongState):
        deliveries.send_again(left, by=root)
    send()
    deliveries.send_again(Delivery.objects.get(event=second), by=root)
    send()
    assert len(receiver.messages) == 3
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert LedgerEntry.objects.filter(act="webhook.sent_again").count() == 3


@pytest.mark.django_db
def test_what_would_be_tried_later_is_sent_at_once_but_not_what_is_in_hand(
    endpoint: WebhookEndpoint, receiver: Receiver, root: User
) -> None:
    receiver.status = 500
    event = tell()
    delivery = Delivery.objects.get(event=event)
    for _ in range(3):
        send()
        Delivery.objects.update(try_at=timezone.now())
    send()
    Delivery.objects.update(try_at=timezone.now() + timedelta(hours=5))
    receiver.status = 204
    send()
    assert len(receiver.messages) == 4
    yesterday = timezone.now() - timedelta(days=1)
    assert deliveries.send_failed_again(endpoint, since=yesterday, by=root) == 1
    assert deliveries.send_failed_again(endpoint, since=yesterday, by=root) == 0
    now = timezone.now()  # as whoever has it in hand leaves it
    Delivery.objects.update(tries=1, tried_at=now, try_at=now + deliveries.LOST_AFTER)
    with pytest.raises(WrongState):
        deliveries.send_again(delivery, by=root)
    assert deliveries.send_failed_again(endpoint, since=yesterday, by=root) == 0
    Delivery.objects.update(try_at=timezone.now() - timedelta(seconds=1))
    send()
    delivery.refresh_from_db()
    assert (delivery.state, len(receiver.messages)) == ("delivered", 5)
    assert {each.headers["webhook-id"] for each in receiver.messages} == {str(event.pk)}


@pytest.mark.django_db
def test_a_test_is_sent_once_also_where_it_is_off(
    endpoint: WebhookEndpoint, receiver: Receiver, root: User
) -> None:
    webhooks.switch_off(endpoint, by=root)
    receiver.status = 500
    test = webhooks.send_test(endpoint)
    with pytest.raises(WrongState):
        webhooks.send_test(endpoint)
    send()
    test.refresh_from_db()
    assert (test.state, test.status, receiver.types) == ("failed", 500, ["webhook.test"])
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


@pytest.mark.django_db
def test_events_of_a_month_ago_are_forgotten_with_all_that_was_tried(
    endpoint: WebhookEndpoint,
) -> None:
    tell()
    send()
    assert deliveries.sweep() == 0
    assert deliveries.sweep(at=timezone.now() + deliveries.KEPT + timedelta(days=1)) == 1
    assert not Delivery.objects.exists()
    assert not DeliveryAttempt.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "http://sis.stranger.example/hooks",
        "https://sis.stranger.example:8443/hooks",
        "https://user:word@sis.stranger.example/hooks",
        "https://[::1",
        "https://2130706433/hooks",
        "https://[::ffff:127.0.0.1]/hooks",
        "https://169.254.169.254/latest/meta-data",
        "ftp://localhost/hooks",
        "file:///etc/passwd",
        "https://",
        "",
    ],
)
def test_an_address_that_is_never_called_is_refused_at_once(url: str, root: User) -> None:
    with pytest.raises(BadReceiver):
        webhooks.add(url, types=TYPES, by=root)


@pytest.mark.django_db
def test_this_machine_is_called_only_while_the_service_is_on_it(
    receiver: Receiver, root: User, settings: Any
) -> None:
    settings.BASE_URL = "https://credentials.college.example"
    with pytest.raises(BadReceiver):
        webhooks.add(receiver.url, types=TYPES, by=root)
    settings.WEBHOOK_ORIGINS = [receiver.url.removesuffix("/hooks")]
    assert webhooks.add(receiver.url, types=TYPES, by=root)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fd00:ec2::254"]
)
def test_a_name_that_leads_inside_is_not_called(address: str, world: World) -> None:
    world.names["sis.stranger.example"] = [address]
    answer = webhook_calls.make(webhook_calls.Call(PUBLIC, {}, b"{}"))
    assert (answer.status, answer.said) == (None, webhook_calls.NO_ANSWER)
    assert world.called == []


def test_of_a_long_or_packed_answer_the_status_counts(world: World) -> None:
    call = webhook_calls.Call(PUBLIC, {"Content-Type": "application/json"}, b"{}")
    world.serve(PUBLIC, b"x" * 10 * webhook_calls.MAX_BYTES)
    assert webhook_calls.make(call).is_good
    world.serve(PUBLIC, b"\x1f\x8b", headers="Content-Encoding: gzip\r\n")
    assert webhook_calls.make(call).is_good
    world.serve(PUBLIC, b"n" * 10_000, status="500 Error", headers="Retry-After: Mon\r\n")
    answer = webhook_calls.make(call)
    assert (answer.status, len(answer.said), answer.retry_after) == (500, 500, None)


@pytest.mark.django_db
def test_a_system_has_so_many_at_most_and_nobody_elses_jobs(
    receiver: Receiver, root: User, sis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST_OF_A_CLIENT", 1)
    application = Application.objects.get()
    client = Client(id=application.client_id, name=application.name)
    own = webhooks.add(receiver.url, types=["job.finished"], by=client)
    with pytest.raises(TooManyWebhooks):
        webhooks.add(receiver.url, types=TYPES, by=client)
    of_job = events.EventType("job.finished", "", "", events.Thing)
    assert events.tell(of_job, lambda: events.thing(1, at="/"), client="another") is None
    told = events.tell(of_job, lambda: events.thing(1, at="/"), client=application.client_id)
    assert told is not None
    assert told.deliveries.get().endpoint == own
    webhooks.retire(own, by=client)
    assert not webhooks.of(client).exists()
    with pytest.raises(WrongState):
        webhooks.switch_on(WebhookEndpoint.objects.get(pk=own.pk), by=client)


def test_lists_that_events_name_are_there() -> None:
    for path in (events.CREDENTIALS, events.BATCHES):
        assert resolve(path)
    body = json.loads(
        deliveries.compose(Event(type="x.y", at=timezone.now(), data={"url": "/api/v1/batches/1"}))
    )
    assert resolve(body["data"]["url"].removeprefix("http://localhost:8000"))


@pytest.mark.django_db
def test_the_receiver_in_the_documentation_takes_what_is_sent_and_nothing_else(
    root: User, tmp_path: Path
) -> None:
    text = (Path(__file__).parents[2] / "issuer" / "README.md").read_text()
    program = tmp_path / "receiver.py"
    program.write_text(text.partition("```python\n")[2].partition("```")[0])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = webhooks.add(f"http://localhost:{port}/", types=TYPES, by=root)
    environment = {"SECRET": webhooks.secret(endpoint), "PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, program], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            event = tell()
            forged = webhook_calls.Call(endpoint.url, {}, b"{}")
            while (answer := webhook_calls.make(forged)).status is None:
                assert process.poll() is None
            assert answer.status == 401
            send()
            assert process.stdout is not None
            told = next(line for line in process.stdout if line.startswith("{"))
        finally:
            process.kill()
    assert json.loads(told)["data"]["id"] == "b-1"
    assert Delivery.objects.get(event=event).status == 204
