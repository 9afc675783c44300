"""Signatures of webhooks, by Standard Webhooks 1.0: HMAC-SHA256 (v1) and Ed25519 (v1a).

The keys are derived from SECRET_KEY, the endpoint's id and how often its secret was changed, and
stored nowhere: a copy of the database signs nothing.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.utils.crypto import salted_hmac
from nacl.signing import SigningKey

from issuer.models import WebhookEndpoint

_SECRET: Final = "issuer.webhooks.secret"  # noqa: S105 - tells what is derived
_SEED: Final = "issuer.webhooks.seed"


def secret(endpoint: WebhookEndpoint) -> str:
    """The secret that its receiver keeps, as it is shown once: `whsec_` and base64."""
    return f"whsec_{_base64(_key(_SECRET, endpoint, endpoint.secret_number))}"


def public_key(endpoint: WebhookEndpoint) -> str:
    """What its receiver may verify with instead of the secret: `whpk_` and base64."""
    seed = _key(_SEED, endpoint, endpoint.secret_number)
    return f"whpk_{_base64(bytes(SigningKey(seed).verify_key))}"


def header(endpoint: WebhookEndpoint, *, id: str, at: datetime, body: bytes) -> str:
    """The `webhook-signature` of a message sent at this time: by the secret and by the key.

    For a while after the secret was changed the former ones sign too, so that the receiver can
    change over without losing a message.
    """
    numbers = [endpoint.secret_number]
    if endpoint.former_until is not None and endpoint.former_until > at:
        numbers.append(endpoint.secret_number - 1)
    content = signed_content(id=id, timestamp=int(at.timestamp()), body=body)
    return " ".join(_signatures(endpoint, numbers, content))


def signed_content(*, id: str, timestamp: int, body: bytes) -> bytes:
    """What is signed: id, time of the attempt and body, with dots between."""
    return f"{id}.{timestamp}.".encode() + body


def v1(key: bytes, content: bytes) -> str:
    """One symmetric signature."""
    return f"v1,{_base64(hmac.new(key, content, hashlib.sha256).digest())}"


def v1a(seed: bytes, content: bytes) -> str:
    """One asymmetric signature."""
    return f"v1a,{_base64(SigningKey(seed).sign(content).signature)}"


def _signatures(endpoint: WebhookEndpoint, numbers: Iterable[int], content: bytes) -> Iterable[str]:
    for number in numbers:
        yield v1(_key(_SECRET, endpoint, number), content)
        yield v1a(_key(_SEED, endpoint, number), content)


def _key(salt: str, endpoint: WebhookEndpoint, number: int) -> bytes:
    return salted_hmac(salt, f"{endpoint.pk}.{number}", algorithm="sha256").digest()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
