"""Secrets of feeds: sealed in the database, open to the processes that have SECRET_KEY."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from registrar.errors import FeedRefused
from registrar.models import Feed

_SALT_BYTES = 16
_NONCE_BYTES = 12


def seal(feed: Feed, secret: str) -> bytes:
    """The secret, for the address and account of the feed alone."""
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    return salt + nonce + _cipher(salt).encrypt(nonce, secret.encode(), _covered(feed))


def open_for(feed: Feed) -> str:
    """The secret of the feed; FeedRefused where what it is sealed for, or SECRET_KEY, is another.

    So whoever can only write to the database cannot have it sent to an address of their own.
    """
    sealed = bytes(feed.sealed_secret)
    salt, nonce = sealed[:_SALT_BYTES], sealed[_SALT_BYTES : _SALT_BYTES + _NONCE_BYTES]
    try:
        opened = _cipher(salt).decrypt(nonce, sealed[_SALT_BYTES + _NONCE_BYTES :], _covered(feed))
    except (InvalidTag, ValueError):
        raise FeedRefused(
            f"The secret of {feed.name} does not open: its address or the server's key has "
            "changed. Give the secret again on the page of the feed."
        ) from None
    return opened.decode()


def _cipher(salt: bytes) -> AESGCM:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"secrets of feeds v1")
    return AESGCM(derivation.derive(settings.SECRET_KEY.encode()))


def _covered(feed: Feed) -> bytes:
    said = (feed.kind, feed.address, feed.token_address, feed.account, feed.host_key)
    return "\n".join(said).encode()
