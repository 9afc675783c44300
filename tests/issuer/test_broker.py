"""What is in a queue and is no message of ours is thrown away; the worker goes on."""

import base64
import copy
import json
import logging
import time
import uuid
from collections.abc import Iterator
from typing import Any

import amqp
import pytest
from celery.exceptions import Retry
from django.conf import settings
from kombu import Connection
from kombu.transport import virtual

from config import broker
from config.celery import app
from issuer import tasks

# Somebody's name, which no log may repeat.
NAME = "Ada Byron"


def envelope(**changes: Any) -> dict[str, Any]:
    """A sound message, with changes to members named like `headers__task`; `...` takes one out."""
    sound: dict[str, Any] = {
        "body": encoded([[], {}, {"callbacks": None, "chain": None}]),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py",
            "task": "issuer.sweep",
            "id": str(uuid.uuid4()),
            "retries": 0,
            "timelimit": [None, None],
            "eta": None,
            "root_id": str(uuid.uuid4()),
            "parent_id": None,
            "group": None,
            "argsrepr": "()",
            "kwargsrepr": "{}",
            "origin": "tests",
        },
        "properties": {
            "correlation_id": str(uuid.uuid4()),
            "reply_to": "",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": "default"},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": str(uuid.uuid4()),
        },
    }
    for path, value in changes.items():
        *outer, name = path.split("__")
        members = sound
        for step in outer:
            members = members[step]
        name = name.replace("content_", "content-")
        if value is ...:
            del members[name]
        else:
            members[name] = value
    return sound


def encoded(body: Any) -> str:
    return base64.b64encode(json.dumps(body).encode()).decode()


MALFORMED: list[Any] = [
    None,
    1,
    [],
    [NAME],
    NAME,
    {},
    {"name": NAME},
    envelope(properties=...),
    envelope(properties=None),
    envelope(properties=[NAME]),
    envelope(properties__delivery_tag=...),
    envelope(properties__delivery_tag=[NAME]),
    envelope(properties__delivery_tag={"name": NAME}),
    envelope(properties__delivery_info=...),
    envelope(properties__delivery_info=[NAME]),
    envelope(properties__delivery_info=NAME),
    envelope(properties__delivery_info={"exchange": [NAME], "routing_key": {}}),
    envelope(properties__body_encoding="rot13"),
    envelope(properties__body_encoding=[NAME]),
    envelope(properties__priority=NAME),
    envelope(properties__correlation_id={"name": NAME}),
    envelope(properties__reply_to=[NAME]),
    envelope(headers=...),
    envelope(headers=None),
    envelope(headers=[NAME]),
    envelope(headers=NAME),
    envelope(headers=3),
    envelope(headers__task=...),
    envelope(headers__task=None),
    envelope(headers__task=[NAME]),
    envelope(headers__task={"name": NAME}),
    envelope(headers__id=...),
    envelope(headers__id=[NAME]),
    envelope(headers__id={"name": NAME}),
    envelope(headers__id=""),
    envelope(headers__eta=NAME),
    envelope(headers__eta=5),
    envelope(headers__expires=[NAME]),
    envelope(headers__timelimit=NAME),
    envelope(headers__timelimit=[1]),
    envelope(headers__timelimit=[NAME, NAME]),
    envelope(headers__timelimit=[10**400, None]),
    envelope(headers__timelimit=[None, -1]),
    envelope(headers__retries=10**400),
    envelope(headers__retries=NAME),
    envelope(headers__retries=True),
    envelope(headers__root_id={"name": NAME}),
    envelope(headers__group=[NAME]),
    envelope(headers__argsrepr=5),
    envelope(headers__compression="zip9"),
    envelope(headers__redelivered=[NAME]),
    envelope(headers__stamped_headers=[NAME]),
    envelope(content_type="application/x-python-serialize"),
    envelope(content_type=[NAME]),
    envelope(content_encoding="rot13"),
    envelope(content_encoding=[1]),
    envelope(body=...),
    envelope(body=7),
    envelope(body="é!"),
    envelope(body=[NAME]),
    envelope(body=base64.b64encode(NAME.encode()).decode()),
    envelope(body=base64.b64encode(b"\xff\xfe").decode()),
    envelope(body=base64.b64encode(b"[" * 100_000).decode()),
    envelope(body=encoded(None)),
    envelope(body=encoded([])),
    envelope(body=encoded([[NAME], {}])),
    envelope(body=encoded({"a": [], "b": {}, "c": {}})),
    envelope(body=encoded([NAME, {}, {}])),
    envelope(body=encoded([[], [NAME], {}])),
    envelope(body=encoded([[], {}, {"chain": [{"task": NAME}]}])),
    envelope(body=encoded([[], {}, {"callbacks": 7}])),
]
NO_JSON = [NAME.encode(), b"\xff\xfe" + NAME.encode(), b"", b"[" * 100_000, b'{"n": ' + b"9" * 5000]
UNKNOWN = envelope(headers__task=NAME)


@pytest.fixture
def raw() -> Iterator[Any]:
    """The broker itself."""
    with app.connection_for_write() as connection:
        yield connection.default_channel.client


@pytest.fixture
def queue(raw: Any) -> Iterator[str]:
    """A queue that nobody else uses."""
    name = f"tests-{uuid.uuid4()}"
    yield name
    raw.delete(name)


@pytest.mark.parametrize("number", range(len(MALFORMED)))
def test_what_is_malformed_does_not_fit(number: int) -> None:
    assert not broker.fits(MALFORMED[number])


def test_what_we_write_fits(raw: Any, queue: str) -> None:
    tasks.sign.apply_async([str(uuid.uuid4())], queue=queue)
    limits = {"time_limit": 20, "soft_time_limit": 10}
    tasks.publish.apply_async(countdown=5, expires=60, queue=queue, **limits)
    again_later(queue)
    app.send_task("issuer.sign", ["x"], queue=queue)
    app.send_task("issuer.publish", queue=queue)  # as beat does
    found = [json.loads(text) for text in raw.lrange(queue, 0, -1)]
    assert len(found) == 5
    assert sorted(message["headers"]["retries"] for message in found) == [0, 0, 0, 0, 1]
    for message in found:
        assert broker.fits(message), message
        again = copy.deepcopy(message)  # as it is after a worker was killed
        again["headers"]["redelivered"] = True
        again["properties"]["delivery_info"]["redelivered"] = True
        assert broker.fits(again)


def again_later(queue: str) -> None:
    """What a task does whose database is away."""
    info = {"exchange": "", "routing_key": queue}
    tasks.sign.push_request(
        id=str(uuid.uuid4()), args=["x"], kwargs={}, delivery_info=info, called_directly=False
    )
    try:
        with pytest.raises(Retry):
            tasks.sign.retry(countdown=1)
    finally:
        tasks.sign.pop_request()


def wait_until(happens: Any, said: Any, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, said()
        time.sleep(0.05)


@pytest.mark.worker
def test_a_worker_throws_away_what_does_not_fit_and_goes_on(
    worker_processes: Any, raw: Any
) -> None:
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    last = envelope()
    # The worker takes the first that was put in.
    for item in [*map(json.dumps, [*MALFORMED, UNKNOWN]), *NO_JSON, json.dumps(last)]:
        raw.lpush(queue, item)
    process = worker_processes.start("worker")

    def log() -> str:
        return worker_processes.log(process)

    wait_until(lambda: f"[{last['headers']['id']}] succeeded" in log(), log)
    assert process.poll() is None
    said = log()
    assert said.count("a message was thrown away: its envelope does not fit") == len(MALFORMED)
    assert said.count("a message was thrown away: its task is unknown") == 1
    assert said.count("a message was thrown away: it cannot be read") == len(NO_JSON)
    for word in ("Traceback", "Restoring", *NAME.split()):
        assert word not in said
    assert raw.llen(queue) == 0 and raw.hlen("unacked") == 0


def delivered(message: Any, queue: str) -> list[Any]:
    """What a consumer of the queue gets of a message."""
    received: list[Any] = []
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        channel.basic_consume(queue, no_ack=True, callback=received.append, consumer_tag="x")
        channel.connection._deliver(message, queue)
        channel.basic_cancel("x")
    return received


@pytest.mark.parametrize("name", ["CELERY_TASK_DEFAULT_QUEUE", "QUEUE_SIGNING", "QUEUE_PUBLISHING"])
def test_each_queue_of_ours_is_guarded(name: str, queue: str, settings: Any, caplog: Any) -> None:
    setattr(settings, name, queue)
    with caplog.at_level(logging.ERROR):
        assert not delivered(envelope(headers={}), queue)
    assert "its envelope does not fit" in caplog.text
    assert len(delivered(envelope(), queue)) == 1


def test_the_queues_of_others_are_left_as_they_are(queue: str, caplog: Any) -> None:
    """Workers talk to each other in other words."""
    with caplog.at_level(logging.ERROR):
        assert len(delivered(envelope(headers={}), queue)) == 1
    assert not caplog.records


@pytest.mark.parametrize("answer", ["basic_ack", "basic_reject"])
def test_whoever_can_not_answer_the_broker_has_room_for_the_next_message(
    answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.connection_for_write() as line, line.channel() as channel:
        gone = channel.connection_errors[0]

        def lose_the_connection(*_: Any, **__: Any) -> None:
            raise gone

        channel.basic_qos(0, 1, False)
        virtual.QoS.append(channel.qos, channel.message_to_python(envelope()), "tag")
        assert not channel.qos.can_consume()
        monkeypatch.setattr(channel.qos, "pipe_or_acquire", lose_the_connection)
        with pytest.raises(gone):
            getattr(channel, answer)("tag")
        assert channel.qos.can_consume()


# --- RabbitMQ -----------------------------------------------------------------------------------


def over_the_line(**said: Any) -> amqp.Message:
    """A message as RabbitMQ passes it on."""
    sent = amqp.Message(said.pop("body", b""), **said)
    arrived = amqp.Message(sent.body)
    head = b"\0\x3c\0\0" + len(sent.body).to_bytes(8, "big")
    arrived.inbound_header(head + sent._serialize_properties())
    arrived.delivery_info = {"delivery_tag": 7}
    return arrived


def as_amqp(message: dict[str, Any]) -> amqp.Message:
    """A message as it is in a Redis, as it would come from RabbitMQ."""
    names = {"content_type": "content-type", "content_encoding": "content-encoding"}
    said = {name: message.get(key) for name, key in names.items()}
    return over_the_line(
        body=base64.b64decode(message["body"]), application_headers=message["headers"], **said
    )


# What can't be written down in AMQP at all is left out.
MALFORMED_AMQP = {
    "nothing": over_the_line(),
    "no headers": over_the_line(body=b"[[], {}, {}]", content_type="application/json"),
    "a name": as_amqp(envelope(body=base64.b64encode(NAME.encode()).decode())),
    "no text": as_amqp(envelope(body=base64.b64encode(b"\xff\xfe").decode())),
    "deep": as_amqp(envelope(body=base64.b64encode(b"[" * 100_000).decode())),
    "no call": as_amqp(envelope(body=encoded([NAME, {}, {}]))),
    "a chain": as_amqp(envelope(body=encoded([[], {}, {"chain": [{"task": NAME}]}]))),
    "a name that is no text": as_amqp(envelope(headers={**envelope()["headers"], b"\xff": 1})),
    "no task": as_amqp(envelope(headers__task=...)),
    "a list for an id": as_amqp(envelope(headers__id=[NAME])),
    "a wrong moment": as_amqp(envelope(headers__eta=NAME)),
    "a wrong limit": as_amqp(envelope(headers__timelimit=[NAME, NAME])),
    "pickled": as_amqp(envelope(content_type="application/x-python-serialize")),
    "rot13": as_amqp(envelope(content_encoding="rot13")),
}


@pytest.mark.parametrize("what", MALFORMED_AMQP)
def test_what_is_malformed_does_not_fit_from_rabbitmq_either(what: str) -> None:
    assert not broker.fits_amqp(MALFORMED_AMQP[what])


def test_what_we_write_fits_from_rabbitmq_too(raw: Any, queue: str) -> None:
    tasks.publish.apply_async(countdown=5, expires=60, queue=queue, time_limit=20)
    again_later(queue)
    app.send_task("issuer.publish", queue=queue)
    found = [json.loads(text) for text in raw.lrange(queue, 0, -1)]
    assert len(found) == 3
    for message in found:
        assert broker.fits_amqp(as_amqp(message))


class Consumed(broker.AmqpChannel):
    """A channel without a broker at its end."""

    def __init__(self) -> None:
        self.callbacks: dict[str, Any] = {}
        self.rejected: list[int] = []

    def send_method(self, *args: Any, **options: Any) -> tuple[str]:
        return ("tag",)

    def basic_reject(self, delivery_tag: int, requeue: bool, **options: Any) -> None:
        assert not requeue
        self.rejected.append(delivery_tag)


def test_only_what_fits_is_handed_to_a_worker_by_rabbitmq(settings: Any, caplog: Any) -> None:
    channel, received = Consumed(), []
    channel.basic_consume(settings.QUEUE_SIGNING, callback=received.append)
    sound = as_amqp(envelope())
    for message in (*MALFORMED_AMQP.values(), as_amqp(UNKNOWN), sound):
        channel.callbacks["tag"](message)
    assert received == [sound]
    assert len(channel.rejected) == len(MALFORMED_AMQP) + 1
    assert NAME not in caplog.text


def test_the_queues_of_others_are_left_as_they_are_at_rabbitmq() -> None:
    channel, received = Consumed(), []
    channel.basic_consume("celeryev", callback=received.append)
    channel.callbacks["tag"](over_the_line())
    assert len(received) == 1 and not channel.rejected


@pytest.mark.parametrize(
    "properties",
    [
        b"\x80\0\x03\xff\xfe\xfd",  # a content type that is no text
        b"\x20\0\0\0\0\x08\x02\xff\xfeS\0\0\0\0",  # the name of a header that is none
        b"\x20\0\0\0\0\x0b\x01aT" + b"\xff" * 8,  # a moment before all time
        b"\x20\0\0\0\0\x08\x01aI",  # cut off
    ],
)
def test_properties_that_cannot_be_read_do_not_fit_and_stop_nobody(properties: bytes) -> None:
    arrived: list[Any] = []

    class Line:
        bytes_recv = 0

    read = broker.read_frames(Line(), lambda *frame: arrived.append(frame[-1]))
    deliver = b"\0\x3c\0\x3c"
    read((1, 1, deliver))
    read((2, 1, b"\0\x3c\0\0" + (2).to_bytes(8, "big") + properties))
    read((3, 1, b"{}"))
    (message,) = arrived
    assert message.body == b"{}"
    assert not broker.fits_amqp(message)


@pytest.mark.parametrize(
    ("address", "guard"),
    [
        ("redis://h", broker.Transport),
        ("rediss://h", broker.Transport),
        ("redis+socket:///run/valkey", broker.Transport),
        ("amqp://h", broker.AmqpTransport),
        ("amqps://h", broker.AmqpTlsTransport),
    ],
)
def test_every_broker_that_may_be_named_is_guarded(address: str, guard: type) -> None:
    assert Connection(address, ssl={"server_hostname": "h"}).get_transport_cls() is guard
