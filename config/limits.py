"""How often a client may ask the REST API, told in each answer (draft RateLimit header fields).

The broker counts, for all web processes together. Where it cannot (it does not answer, or is a
RabbitMQ), each process counts by itself: who has a token is known, and systems that send results at
night must not stop because a counter has.
"""

import logging
import threading
import time
from collections import Counter
from typing import Any, Final, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.access import client_address
from config.celery import app
from config.rest import API

log = logging.getLogger(__name__)

WINDOW: Final = 60
# For so long a broker that did not answer is not asked.
REST: Final = 10
SECONDS_TO_ANSWER: Final = 0.5


class PerClient(BaseThrottle):
    """API_RATE_LIMIT requests a minute for each client; strangers are told apart by address."""

    seconds_left = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request, and let it in unless it is one too many."""
        most = settings.API_RATE_LIMIT
        if not most or not request.path.startswith(API[0]):
            return True
        window, passed = divmod(int(time.time()), WINDOW)
        self.seconds_left = WINDOW - passed
        counted = _count(f"requests:{_who(request)}:{window}", window)
        left = max(0, most - counted)
        request._request.rate_limit = {  # type: ignore[attr-defined]
            "RateLimit-Policy": f'"client";q={most};w={WINDOW}',
            "RateLimit": f'"client";r={left};t={self.seconds_left}',
        }
        return counted <= most

    def wait(self) -> float:
        """Seconds until the next window opens."""
        return float(self.seconds_left)


def tell(request: HttpRequest, response: HttpResponse) -> None:
    """Say in an answer how many requests are left."""
    for name, value in getattr(request, "rate_limit", {}).items():
        response[name] = value


def _who(request: Request) -> str:
    if (token := cast(Any, request.auth)) is not None:
        return f"client:{token.application_id}"
    return f"address:{client_address(request._request)}"


class _Counters:
    """What this process knows of the broker, and its own counts."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.broker: Any = None
        self.rests_until = 0.0
        self.window = 0
        self.own: Counter[str] = Counter()


_counters: Final = _Counters()


def _count(key: str, window: int) -> int:
    """How often this key was counted in this window, this time included."""
    if (shared := _count_at_broker(key)) is not None:
        return shared
    with _counters.lock:
        if _counters.window != window:
            _counters.window = window
            _counters.own.clear()
        _counters.own[key] += 1
        return _counters.own[key]


def _count_at_broker(key: str) -> int | None:
    if not settings.CELERY_BROKER_URL.startswith("redis"):
        return None
    if time.monotonic() < _counters.rests_until:
        return None
    try:
        with _client().pipeline(transaction=True) as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, 2 * WINDOW)
            return int(pipeline.execute()[0])
    except (RedisError, OSError, ValueError):
        log.warning("The broker does not count requests; for a while each process does.")
        _counters.rests_until = time.monotonic() + REST
        return None


def _client() -> Any:
    """A connection of this process, with what Celery knows of the way to the broker."""
    with _counters.lock:
        if _counters.broker is None:
            patience = {
                "socket_timeout": SECONDS_TO_ANSWER,
                "socket_connect_timeout": SECONDS_TO_ANSWER,
            }
            options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **patience}
            connection = app.connection_for_write(transport_options=options)
            _counters.broker = connection.default_channel.client
        return _counters.broker
