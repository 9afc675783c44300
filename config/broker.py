"""The gate between the broker and the workers: what is no message of ours is thrown away.

Celery trusts the shape of what it finds in a queue; one envelope that does not fit ends the worker,
and the next one, until somebody empties the queue. Nothing is lost by throwing it away: messages
only ring, and the sweeps find all work again.
"""

import base64
import binascii
import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from celery import current_app
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES, redis
from kombu.transport.virtual.base import Empty

log = logging.getLogger(__name__)

Shape = Mapping[str, Callable[[Any], bool]]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


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
    return isinstance(value, list) and len(value) == 2 and all(map(_or_none(_is_number), value))


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
    """Whether this is a message as our own processes write them, for whatever task."""
    return (
        isinstance(envelope, dict)
        and envelope.get("content-type") == "application/json"
        and envelope.get("content-encoding") == "utf-8"
        and _has(envelope.get("headers"), REQUIRED_HEADERS, HEADERS)
        and _has(envelope.get("properties"), REQUIRED_PROPERTIES, PROPERTIES)
        and _is_call(envelope.get("body"))
    )


def _has(members: Any, required: Shape, others: Shape) -> bool:
    return (
        isinstance(members, dict)
        and all(name in members for name in required)
        and all(check(members[name]) for name, check in required.items())
        and all(check(members[name]) for name, check in others.items() if name in members)
    )


def _is_call(body: Any) -> bool:
    """Arguments, named arguments, and nothing to do afterwards: our tasks ring the next bell."""
    try:
        args, kwargs, then = json.loads(base64.b64decode(body, validate=True))
    except (TypeError, ValueError, RecursionError, binascii.Error):
        return False
    return (
        isinstance(args, list)
        and isinstance(kwargs, dict)
        and isinstance(then, dict)
        and not any(then.values())
    )


class Channel(redis.Channel):
    """Reads on where something in a queue is no JSON."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except (ValueError, RecursionError) as error:
            log.error("a message was thrown away: it cannot be read (%s)", type(error).__name__)
            raise Empty from None


class Transport(redis.Transport):
    """Lets only what fits reach a consumer of tasks."""

    Channel = Channel

    def _deliver(self, message: Any, queue: str) -> None:
        """Hand a message to the consumer of its queue, or say that there was one and go on."""
        ours = (
            settings.CELERY_TASK_DEFAULT_QUEUE,
            settings.QUEUE_SIGNING,
            settings.QUEUE_PUBLISHING,
        )
        if queue not in ours:
            super()._deliver(message, queue)
        elif not fits(message):
            log.error("queue %s: a message was thrown away: its envelope does not fit", queue)
        elif message["headers"]["task"] not in current_app.tasks:
            log.error("queue %s: a message was thrown away: its task is unknown", queue)
        else:
            super()._deliver(message, queue)


def stand_guard() -> None:
    """Use this transport for every address of a Redis."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = "config.broker:Transport"
