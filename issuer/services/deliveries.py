"""Deliveries: events sent to who wants them, again and again for three days, at least once.

The rows are the truth. Whoever sends one moves its next try behind the end of any task first: what
a killed worker had in hand is sent once more, under the same `webhook-id`. No order is promised.
"""

import json
import logging
import secrets
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from issuer.errors import WrongState
from issuer.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from issuer.services import clock, events, ledger, webhook_calls, webhook_signatures, webhooks
from issuer.services.clients import Actor
from issuer.services.webhook_calls import Answer, Call

log = logging.getLogger(__name__)

State = Delivery.State
WhyOff = WebhookEndpoint.WhyOff

# Standard Webhooks 1.0, "Deliverability and reliability": until the next try, 75 hours in all.
SCHEDULE: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# Waits are longer by up to this share, drawn each time, so that not all come back at once.
JITTER: Final = 0.1
# So many calls are made at once.
AT_ONCE: Final = 16
# No call lasts as long; whoever had it in hand is dead.
LOST_AFTER: Final = timedelta(minutes=2)
# A receiver that cannot keep up or be reached is left alone for so long at most, unless it asks
# for more, and then for so long.
LONGEST_PAUSE: Final = timedelta(minutes=5)
LONGEST_ASKED: Final = timedelta(hours=1)
# One that has taken nothing for so long is switched off with the next message that is given up.
PATIENCE: Final = timedelta(days=3)
# Older events are forgotten, with all that was tried.
KEPT: Final = timedelta(days=30)

# Standard Webhooks 1.0, "Delivery success and failure": throttle, or stop.
_THROTTLING: Final = (None, 429, 502, 503, 504)
_GONE: Final = 410


def is_waiting() -> bool:
    """Whether something is to be sent now."""
    return _due().exists()


def send_due(*, seconds: float) -> int:
    """Send what is due, several at once, for so many seconds and one call at most; how many.

    Not one transaction: each is claimed before, and noted when its answer is there.
    """
    end = time.monotonic() + seconds
    sent = 0
    while time.monotonic() < end and (claimed := _claim()):
        calls = {each: _call(each) for each in claimed if _may_go(each)}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            made = {pool.submit(webhook_calls.make, call): each for each, call in calls.items()}
            left = set(made)
            while left:
                done, left = wait(left, return_when=FIRST_COMPLETED)
                _note_all([(made[each], each.result()) for each in done])
        sent += len(claimed)
    return sent


@transaction.atomic
def send_again(delivery: Delivery, *, by: Actor) -> Delivery:
    """Send one more time what was tried, delivered or not, under the same id, with all patience.

    What would be tried again later goes at once. Raises WrongState before the first try, while one
    is being made, and where its endpoint is off.
    """
    _demand_on(delivery.endpoint)
    tried = Delivery.objects.filter(_settled() | _between_tries(), pk=delivery.pk)
    if not tried.update(state=State.WAITING, tries=0, try_at=Now()):
        raise WrongState("It is being sent.")
    delivery.refresh_from_db()
    details = {"event": str(delivery.event_id)}
    ledger.append("webhook.sent_again", delivery.endpoint, by=by, details=details)
    return delivery


@transaction.atomic
def send_failed_again(endpoint: WebhookEndpoint, *, since: datetime, by: Actor) -> int:
    """Send at once all that has happened since and was tried in vain; how many. Tests are not.

    Nor is what the endpoint no longer wants to be told of.
    Raises WrongState where the endpoint is off.
    """
    _demand_on(endpoint)
    missed = Q(state=State.FAILED) | _between_tries()
    wanted = endpoint.deliveries.filter(
        missed, event__at__gte=since, event__type__in=endpoint.types
    )
    count = wanted.update(state=State.WAITING, tries=0, try_at=Now())
    if count:
        details = {"since": since.isoformat(), "count": count}
        ledger.append("webhook.sent_again", endpoint, by=by, details=details)
    return count


def sweep(*, at: datetime | None = None) -> int:
    """Forget events that are older than KEPT, with their deliveries; how many."""
    old = Event.objects.filter(at__lt=(at or clock.now()) - KEPT)
    count = old.count()
    old.delete()
    return count


def compose(event: Event) -> bytes:
    """The message, the same bytes at each try."""
    data = event.data | {"url": settings.BASE_URL + event.data["url"]}
    told = {"type": event.type, "timestamp": _time(event.at), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def wait_after(tries: int, *, drawn: float, asked: int | None = None) -> timedelta | None:
    """How long nobody tries after so many tries; None after the last one.

    `drawn` is from 0 to 1; `asked` are the seconds for which the receiver asked.
    """
    if tries > len(SCHEDULE):
        return None
    wait = SCHEDULE[tries - 1] * (1 + JITTER * drawn)
    return max(wait, min(timedelta(seconds=asked or 0), LONGEST_ASKED))


# Sending


def _settled() -> Q:
    return ~Q(state=State.WAITING)


def _between_tries() -> Q:
    """What was tried and waits to be tried again; not what somebody has in hand."""
    in_hand = Q(try_at=F("tried_at") + LOST_AFTER)
    return Q(state=State.WAITING, tries__gt=0) & ~in_hand


def _due() -> QuerySet[Delivery]:
    may_be_called = Q(endpoint__paused_until=None) | Q(endpoint__paused_until__lte=Now())
    is_test = Q(event__type=events.TEST.name)
    return Delivery.objects.filter(
        Q(endpoint__is_on=True) & may_be_called | is_test, state=State.WAITING, try_at__lte=Now()
    )


@transaction.atomic
def _claim() -> list[Delivery]:
    """Take some of what is due, of each endpoint its share; their next try is moved away."""
    due = list(_due().order_by().values_list("endpoint", "endpoint__paused_until").distinct())
    share = max(1, AT_ONCE // max(1, len(due)))
    claimed: list[Delivery] = []
    for endpoint_id, paused in due[:AT_ONCE]:
        # After a pause one message tries whether the others may follow.
        wanted = _due().filter(endpoint=endpoint_id).order_by("try_at", "pk")
        locked = wanted.select_for_update(skip_locked=True, of=("self",))
        claimed += locked.select_related("endpoint", "event")[: 1 if paused else share]
    Delivery.objects.filter(pk__in=[each.pk for each in claimed]).update(
        tries=F("tries") + 1, tried_at=Now(), try_at=Now() + LOST_AFTER
    )
    for each in claimed:
        each.tries += 1
    return claimed


def _may_go(delivery: Delivery) -> bool:
    """Whether it may be sent; an endpoint whose system may not read it any more is given up."""
    is_test = delivery.event.type == events.TEST.name
    if is_test or webhooks.may_be_told(delivery.endpoint, delivery.event):
        return True
    with suppress(WrongState):  # somebody has retired it meanwhile
        webhooks.switch_off(delivery.endpoint, by="system", why=WhyOff.BARRED)
    return False


def _call(delivery: Delivery) -> Call:
    body, now = compose(delivery.event), clock.now()
    signature = webhook_signatures.header(
        delivery.endpoint, id=str(delivery.event_id), at=now, body=body
    )
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "credential-service-webhooks",
        "webhook-id": str(delivery.event_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return Call(delivery.endpoint.url, headers, body)


def _note_all(answered: list[tuple[Delivery, Answer]]) -> None:
    """Note what came together, in one transaction an endpoint: nobody waits for two of them."""
    by_endpoint: dict[UUID, list[tuple[Delivery, Answer]]] = {}
    for delivery, answer in answered:
        by_endpoint.setdefault(delivery.endpoint_id, []).append((delivery, answer))
    for of_one in by_endpoint.values():
        with transaction.atomic():
            for delivery, answer in of_one:
                _note(delivery, answer)


def _note(delivery: Delivery, answer: Answer) -> None:
    """Keep what was answered, and say when it is tried again, if it is."""
    DeliveryAttempt.objects.create(
        delivery=delivery,
        at=clock.now(),
        status=answer.status,
        milliseconds=answer.milliseconds,
        said=answer.said,
    )
    is_test = delivery.event.type == events.TEST.name
    pause = _wait(delivery, answer, is_test=is_test)
    state = State.WAITING if pause else State.DELIVERED if answer.is_good else State.FAILED
    # Somebody else may have taken it over from a worker that was thought dead.
    mine = Delivery.objects.filter(pk=delivery.pk, state=State.WAITING, tries=delivery.tries)
    mine.update(
        state=state,
        status=answer.status,
        milliseconds=answer.milliseconds,
        try_at=Now() + (pause or timedelta()),
    )
    if answer.is_good or not is_test:
        _note_endpoint(delivery.endpoint, answer, pause)


def _wait(delivery: Delivery, answer: Answer, *, is_test: bool) -> timedelta | None:
    if answer.is_good or answer.status == _GONE or is_test:
        return None
    log.info("event %s: try %d: %s", delivery.event_id, delivery.tries, answer.status)
    drawn = secrets.randbelow(1000) / 1000
    return wait_after(delivery.tries, drawn=drawn, asked=answer.retry_after)


def _note_endpoint(endpoint: WebhookEndpoint, answer: Answer, wait: timedelta | None) -> None:
    """Whether it fares well, is left alone for a while, or is given up."""
    row = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if answer.is_good:
        is_troubled = Q(failing_since__isnull=False) | Q(paused_until__isnull=False)
        row.filter(is_troubled).update(failing_since=None, paused_until=None)
        return
    row.update(failing_since=Coalesce("failing_since", Now()))
    endpoint.refresh_from_db()
    if answer.status in _THROTTLING:
        row.update(paused_until=Now() + _pause(endpoint, answer))
    if answer.status == _GONE:
        webhooks.switch_off(endpoint, by="system", why=WhyOff.GONE)
    elif wait is None and _is_given_up(endpoint):
        webhooks.switch_off(endpoint, by="system", why=WhyOff.FAILING)


def _pause(endpoint: WebhookEndpoint, answer: Answer) -> timedelta:
    """As long as it asks for; else as long as it has failed already, so that it grows."""
    if answer.retry_after is not None:
        return min(timedelta(seconds=answer.retry_after), LONGEST_ASKED)
    failing = clock.now() - (endpoint.failing_since or clock.now())
    return min(max(failing, SCHEDULE[0]), LONGEST_PAUSE)


def _is_given_up(endpoint: WebhookEndpoint) -> bool:
    since = endpoint.failing_since
    return since is not None and since < clock.now() - PATIENCE


def _demand_on(endpoint: WebhookEndpoint) -> None:
    if not endpoint.is_on:
        raise WrongState("This webhook is off. Switch it on first.")


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
