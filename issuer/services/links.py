"""Links that open a page for whoever was sent them: an address and what only we can add to it."""

import base64

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "issuer.links"


def seal(path: str) -> str:
    """The public address of a path of this service, sealed: who knows it was given it by us.

    Nothing about it is stored. Whether the link still opens anything is for the page to decide.
    """
    return f"{settings.BASE_URL}{path}/{_seal(path)}"


def is_sealed(path: str, seal: str) -> bool:
    """Whether this seal is the one of this path."""
    return constant_time_compare(_seal(path), seal)


def _seal(path: str) -> str:
    mac = salted_hmac(_SALT, path, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
