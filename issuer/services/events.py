"""What happens here that other systems can be told, and telling it.

A payload is thin: ids and the address of the API where the rest is read with a token. Whatever is
done to many at once, such as a batch of 50,000, is one event with the address of a list.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from issuer.models import Delivery, Event, WebhookEndpoint

# More are read from the list, so that a message stays far below the 20 kB that are recommended.
MOST_IDS: Final = 100
# Where the API lists credentials.
CREDENTIALS: Final = "/api/v1/credentials"
BATCHES: Final = "/api/v1/batches"


@dataclass(frozen=True)
class Thing:
    """One thing that something was done to. `url` is a path of the API."""

    id: str
    url: str


@dataclass(frozen=True)
class Things:
    """Things of one kind that something was done to: how many, which, and the list of them.

    `ids` is empty where they are more than MOST_IDS. `url` is a path of the API; its list has all
    of them, and may have others of the same batch.
    """

    count: int
    ids: list[str]
    url: str


@dataclass(frozen=True)
class Settled:
    """A batch that came to its end, and what became of its rows."""

    id: str
    url: str
    issued: int
    failed: int
    cancelled: int


@dataclass(frozen=True)
class EventType:
    """A kind of event: its name, what it says, who may be told, and the members of its data.

    `scope` is what a client needs to be told, since it reads what the event names; empty where
    anybody may know. Then `read_with` is what reads it.
    """

    name: str
    says: str
    scope: str
    data: type[Any]
    read_with: str = ""


BATCH_PREPARED = EventType(
    "batch.prepared", "A batch was prepared, and waits for a second person", "awards.read", Thing
)
BATCH_APPROVED = EventType(
    "batch.approved", "A batch was approved: its awards are granted", "awards.read", Thing
)
BATCH_DECLINED = EventType(
    "batch.declined", "A batch was declined: nobody in it is awarded", "awards.read", Thing
)
BATCH_SETTLED = EventType(
    "batch.settled",
    "A batch came to its end: nothing of it waits any more",
    "awards.read",
    Settled,
)
CREDENTIAL_ISSUED = EventType(
    "credential.issued",
    "Credentials of a batch were signed, and can be opened",
    "credentials.read",
    Things,
)
CREDENTIAL_REVOKED = EventType(
    "credential.revoked", "Credentials were revoked, for good", "credentials.read", Things
)
CREDENTIAL_SUSPENDED = EventType(
    "credential.suspended",
    "Credentials were suspended until they are reinstated",
    "credentials.read",
    Things,
)
CREDENTIAL_REINSTATED = EventType(
    "credential.reinstated",
    "The suspension of credentials was lifted",
    "credentials.read",
    Things,
)
CREDENTIAL_SUPERSEDED = EventType(
    "credential.superseded",
    "A credential was revoked because another takes its place",
    "credentials.read",
    Things,
)
TEST = EventType("webhook.test", "Somebody asked for a test of this webhook", "", Thing)

OF_THE_ISSUER: Final = (
    BATCH_PREPARED,
    BATCH_APPROVED,
    BATCH_DECLINED,
    BATCH_SETTLED,
    CREDENTIAL_ISSUED,
    CREDENTIAL_REVOKED,
    CREDENTIAL_SUSPENDED,
    CREDENTIAL_REINSTATED,
    CREDENTIAL_SUPERSEDED,
)


@transaction.atomic
def tell(type: EventType, data: Callable[[], Any], *, client: str = "") -> Event | None:
    """Write an event in the caller's transaction for every endpoint that wants such; None if none.

    It is sent once that is committed, within seconds. Where nobody wants it this is one question
    to the database and `data` is not asked for, so that telling may stand beside any fact. What
    concerns one client alone is told to no other.
    """
    wanting = WebhookEndpoint.objects.filter(is_on=True, types__contains=[type.name])
    if client:
        wanting = wanting.filter(client__in=["", client])
    ids = list(wanting.values_list("pk", flat=True))
    return _write(type, data(), ids) if ids else None


def test(endpoint: WebhookEndpoint) -> Event:
    """Write an event that says nothing, for this endpoint alone, also where it is off."""
    return _write(TEST, thing(endpoint.pk, at="/api/v1/webhooks"), [endpoint.pk])


def thing(id: object, *, at: str) -> Thing:
    """One thing, below this path of the API."""
    return Thing(str(id), f"{at}/{id}")


def one(id: object, *, at: str) -> Things:
    """One of the things that may be many, below this path of the API."""
    return Things(1, [str(id)], f"{at}/{id}")


def in_batch(found: QuerySet[Any], batch_id: UUID, *, count: int, at: str) -> Things:
    """What of a batch something was done to, listed below this path; read only where it is few."""
    ids = (
        sorted({str(pk) for pk in found.values_list("pk", flat=True)}) if count <= MOST_IDS else []
    )
    return Things(count, ids, f"{at}?batch={batch_id}")


def _write(type: EventType, data: Any, endpoint_ids: Iterable[UUID]) -> Event:
    event = Event.objects.create(type=type.name, scope=type.scope, data=asdict(data))
    Delivery.objects.bulk_create(Delivery(endpoint_id=each, event=event) for each in endpoint_ids)
    return event
