"""Who signs: the Signer protocol, the Ed25519 signer, and the check of a signature."""

from __future__ import annotations

from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.signing import SigningKey

from issuer.vc import multibase
from issuer.vc.errors import MalformedProof, WrongSignature

_SIGNATURE_BYTES = 64


class Signer(Protocol):
    """Something that holds a private Ed25519 key and signs with it."""

    @property
    def public_multibase(self) -> str:
        """The public key as Multikey."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature over the message (RFC 8032, pure)."""


class Ed25519Signer:
    """A signer whose key is in this process's memory."""

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self._public_multibase = multibase.encode_multikey(bytes(self._key.verify_key))

    def __repr__(self) -> str:
        return f"<Ed25519Signer {self._public_multibase}>"

    @property
    def public_multibase(self) -> str:
        """The public key as Multikey."""
        return self._public_multibase

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature over the message (RFC 8032, pure)."""
        return self._key.sign(message).signature


def check(message: bytes, signature: bytes, *, public_key: str) -> None:
    """Raise WrongSignature unless the signature over the message was made with the key.

    The key is a Multikey, and refused as `multibase.decode_multikey` refuses.
    Signing is libsodium's, checking OpenSSL's, so that one errs not for both.
    """
    key = Ed25519PublicKey.from_public_bytes(multibase.decode_multikey(public_key))
    if len(signature) != _SIGNATURE_BYTES:
        raise MalformedProof(f"An Ed25519 signature has {_SIGNATURE_BYTES} bytes.")
    try:
        key.verify(signature, message)
    except InvalidSignature:
        raise WrongSignature() from None
