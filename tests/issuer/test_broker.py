"""What is in a queue and is no message of ours is thrown away; the worker goes on."""

import base64
import copy
import json
import logging
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from celery.exceptions import Retry
from django.conf import settings

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
