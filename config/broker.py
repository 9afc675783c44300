"""The gate between the broker and the workers: what is no message of ours is thrown away.

Celery trusts the shape of what it finds in a queue; one envelope that does not fit ends the worker,
and the next one, until somebody empties the queue. Nothing is lost by throwing it away: messages
only ring, and the sweeps find all work again.

The broker is a Redis (or Valkey), of which kombu makes queues, or a RabbitMQ, which has them.
"""

import base64
import json
import logging
import struct
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import amqp
from amqp.method_framing import frame_handler
from celery import current_app
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES, pyamqp, redis, virtual
from kombu.transport.virtual.base import Empty

log = logging.getLogger(__name__)

Shape = Mapping[str, Callable[[Any], bool]]
Frame = tuple[int, int, bytes]
Frames = Callable[[Frame], bool]

# AMQP 0-9-1, 2.3.5.2: class, weight and the size of the body, then the properties.
_CONTENT_HEADER = 2
_BEFORE_PROPERTIES = 12


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31


def _is_limit(value: Any) -> bool:
    # What is no float ends the worker that counts its seconds; what is below 0 has run out before.
    return value is None or (_is_number(value) and value >= 0)


def _is_yes_or_no(value: Any) -> bool:
    return isinstance(value, bool)


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def _or_none(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


def _are_limits(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_limit, value))


# What Celery 5.7 writes, and reads without looking.
REQUIRED_HEADERS: Final[Shape] = {"task": _is_name, "id": _is_name}
HEADERS: Final[Shape] = {
    "retries": _or_none(_is_number),
    "timelimit": _or_none(_are_limits),
    "eta": _or_none(_is_moment),
    "expires": _or_none(_is_moment),
    "root_id": _or_none(_is_name),
    "parent_id": _or_none(_is_name),
    "group": _or_none(_is_name),
    "group_index": _or_none(_is_number),
    "shadow": _or_none(_is_name),
    "origin": _or_none(_is_text),
    "argsrepr": _or_none(_is_text),
    "kwargsrepr": _or_none(_is_text),
    "ignore_result": _or_none(_is_yes_or_no),
    "replaced_task_nesting": _or_none(_is_number),
    "stamped_headers": lambda value: not value,
    "stamps": lambda value: not value,
    "redelivered": _or_none(_is_yes_or_no),
    "compression": lambda value: value is None,
}
# What kombu writes beside that in a Redis, where RabbitMQ has its own protocol.
REQUIRED_PROPERTIES: Final[Shape] = {
    "delivery_tag": _is_name,
    "delivery_info": lambda info: (
        isinstance(info, dict)
        and _is_text(info.get("exchange"))
        and _is_text(info.get("routing_key"))
    ),
    "body_encoding": lambda value: value == "base64",
}
PROPERTIES: Final[Shape] = {
    "priority": _or_none(_is_number),
    "delivery_mode": _or_none(_is_number),
    "correlation_id": _or_none(_is_text),
    "reply_to": _or_none(_is_text),
}


def fits(envelope: Any) -> bool:
    """Whether this is a message as our own processes write them to a Redis, for whatever task."""
    return (
        isinstance(envelope, dict)
        and envelope.get("content-type") == "application/json"
        and envelope.get("content-encoding") == "utf-8"
        and _has(envelope.get("headers"), REQUIRED_HEADERS, HEADERS)
        and _has(envelope.get("properties"), REQUIRED_PROPERTIES, PROPERTIES)
        and _is_call(_unpacked(envelope.get("body")))
    )


def fits_amqp(message: amqp.Message) -> bool:
    """The same of a message from RabbitMQ."""
    said = message.properties
    return (
        said.get("content_type") == "application/json"
        and said.get("content_encoding") == "utf-8"
        and _has(said.get("application_headers"), REQUIRED_HEADERS, HEADERS)
        and _is_call(message.body)
    )


def _has(members: Any, required: Shape, others: Shape) -> bool:
    return (
        isinstance(members, dict)
        and all(map(_is_text, members))
        and all(name in members for name in required)
        and all(check(members[name]) for name, check in required.items())
        and all(check(members[name]) for name, check in others.items() if name in members)
    )


def _unpacked(body: Any) -> bytes | None:
    try:
        return base64.b64decode(body, validate=True)
    except (TypeError, ValueError):
        return None


def _is_call(body: Any) -> bool:
    """Arguments, named arguments, and nothing to do afterwards: our tasks ring the next bell."""
    try:
        args, kwargs, then = json.loads(body)
    except (TypeError, ValueError, RecursionError):
        return False
    return (
        isinstance(args, list)
        and isinstance(kwargs, dict)
        and isinstance(then, dict)
        and not any(then.values())
    )


def _is_guarded(queue: str) -> bool:
    return queue in (
        settings.CELERY_TASK_DEFAULT_QUEUE,
        settings.QUEUE_SIGNING,
        settings.QUEUE_PUBLISHING,
    )


def _is_let_in(queue: str, task: str | None) -> bool:
    """Whether a message may go on, by its task, or None if it does not fit; else the log has it."""
    if task in current_app.tasks:
        return True
    why = "its envelope does not fit" if task is None else "its task is unknown"
    log.error("queue %s: a message was thrown away: %s", queue, why)
    return False


class QoS(redis.QoS):
    """Makes room for the next message also where the broker could not be told of the last one.

    Else a worker that holds one message at most reads no more, and so never notices that the
    connection is gone. The broker delivers what it was not told of again.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except self.channel.connection_errors:
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue=requeue)
        except self.channel.connection_errors:
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    """Reads on where something in a queue is no JSON."""

    QoS = QoS

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except (ValueError, RecursionError) as error:
            log.error("a message was thrown away: it cannot be read (%s)", type(error).__name__)
            raise Empty from None


class Transport(redis.Transport):
    """Lets only what fits reach a consumer of tasks, from a Redis."""

    Channel = Channel

    def _deliver(self, message: Any, queue: str) -> None:
        """Hand a message to the consumer of its queue, or say that there was one and go on."""
        task = message["headers"]["task"] if fits(message) else None
        if not _is_guarded(queue) or _is_let_in(queue, task):
            super()._deliver(message, queue)


class AmqpChannel(pyamqp.Channel):
    """Lets only what fits reach a consumer of tasks, from a RabbitMQ."""

    def basic_consume(self, queue: str, *, callback: Callable[..., None], **options: Any) -> Any:
        """Hand messages to the consumer, or say that there was one, drop it and go on."""
        if not _is_guarded(queue):
            return super().basic_consume(queue, callback=callback, **options)

        def look(message: amqp.Message) -> None:
            task = message.headers["task"] if fits_amqp(message) else None
            if _is_let_in(queue, task):
                callback(message)
            else:
                self.basic_reject(message.delivery_tag, requeue=False)

        return super().basic_consume(queue, callback=look, **options)


def read_frames(connection: amqp.Connection, callback: Callable[..., None]) -> Frames:
    """Read frames as py-amqp does, but take properties that cannot be read for none at all.

    RabbitMQ passes any bytes on as texts, and py-amqp would not get over them.
    """
    read: Frames = frame_handler(connection, callback)

    def on_frame(frame: Frame) -> bool:
        kind, channel, content = frame
        if kind == _CONTENT_HEADER and not _can_be_read(content):
            frame = (kind, channel, bytes(content[:_BEFORE_PROPERTIES]) + b"\0\0")
        return read(frame)

    return on_frame


def _can_be_read(content: bytes) -> bool:
    try:
        amqp.Message().inbound_header(content)
    except (ValueError, ArithmeticError, LookupError, OSError, RecursionError, struct.error):
        return False
    except amqp.AMQPError:
        return False
    return True


class AmqpConnection(pyamqp.Connection):
    """A connection whose channels are guarded."""

    Channel = AmqpChannel

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, frame_handler=read_frames, **options)


class AmqpTransport(pyamqp.Transport):
    """The way to a RabbitMQ, guarded."""

    Connection = AmqpConnection


class AmqpTlsTransport(pyamqp.SSLTransport):
    """The same over TLS."""

    Connection = AmqpConnection


def stand_guard() -> None:
    """Use these transports for every address of a broker."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = "config.broker:Transport"
    TRANSPORT_ALIASES["amqp"] = "config.broker:AmqpTransport"
    TRANSPORT_ALIASES["amqps"] = "config.broker:AmqpTlsTransport"
