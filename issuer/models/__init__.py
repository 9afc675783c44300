"""The issuer's facts, in the order in which they come to be."""

from issuer.models.batches import Batch, Chunk, condition_of_batch
from issuer.models.credentials import (
    Achievement,
    Credential,
    Release,
    SecuredDocument,
    VerifiableCredential,
)
from issuer.models.institution import Institution
from issuer.models.keys import SigningKey
from issuer.models.ledger import LedgerCheck, LedgerEntry
from issuer.models.outbox import Mail
from issuer.models.shapes import Shape
from issuer.models.status import StatusChange, StatusList, StatusListPublication
from issuer.models.webhooks import Delivery, DeliveryAttempt, Event, WebhookEndpoint

__all__ = [
    "Achievement",
    "Batch",
    "Chunk",
    "Credential",
    "Delivery",
    "DeliveryAttempt",
    "Event",
    "Institution",
    "LedgerCheck",
    "LedgerEntry",
    "Mail",
    "Release",
    "SecuredDocument",
    "Shape",
    "SigningKey",
    "StatusChange",
    "StatusList",
    "StatusListPublication",
    "VerifiableCredential",
    "WebhookEndpoint",
    "condition_of_batch",
]
