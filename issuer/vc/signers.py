"""Who signs: the Signer protocol, and signers whose key is in this process's memory."""

from __future__ import annotations

import secrets
from typing import ClassVar, Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair

from issuer.vc import keys
from issuer.vc.errors import MalformedKey, UnsupportedKey


class Signer(Protocol):
    """Something that holds a private key and signs with it."""

    @property
    def kind(self) -> str:
        """The kind of the key, as `keys` names it."""

    @property
    def public_multibase(self) -> str:
        """The public key as Multikey."""

    @property
    def at_once(self) -> int:
        """So many signatures are best asked for at a time, in threads; 1 if they only take CPU."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message, as `keys.PublicKey.check` takes it."""


class Ed25519Signer:
    """Signs with Ed25519 (RFC 8032, pure); the secret is the seed of 32 bytes."""

    kind = keys.ED25519
    at_once = 1

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise MalformedKey("The seed of an Ed25519 key has 32 bytes.")
        # Signing is libsodium's, checking OpenSSL's, so that one errs not for both.
        public, self._secret = crypto_sign_seed_keypair(secret)
        self.public_multibase = keys.PublicKey(self.kind, public).multikey

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.public_multibase}>"

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature over the message."""
        return crypto_sign(message, self._secret)[:crypto_sign_BYTES]


class _EcdsaSigner:
    """Signs with ECDSA; the secret is the private number in as many bytes as a coordinate has."""

    kind: ClassVar[str]
    at_once = 1

    def __init__(self, secret: bytes) -> None:
        self._curve = keys.CURVES[self.kind]
        if len(secret) != self._curve.size:
            raise MalformedKey(f"The secret of a {self.kind} key has {self._curve.size} bytes.")
        try:
            self._key = ec.derive_private_key(int.from_bytes(secret), self._curve.curve)
        except ValueError:
            raise MalformedKey(f"The secret is no private key of {self.kind}.") from None
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        self.public_multibase = keys.PublicKey(self.kind, point).multikey

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.public_multibase}>"

    def sign(self, message: bytes) -> bytes:
        """Return r and s, each as long as a coordinate.

        The same message gives the same signature every time (RFC 6979): no
        randomness is needed, which has given keys away where it was poor.
        """
        algorithm = ec.ECDSA(self._curve.digest, deterministic_signing=True)
        r, s = decode_dss_signature(self._key.sign(message, algorithm))
        return r.to_bytes(self._curve.size) + s.to_bytes(self._curve.size)


class P256Signer(_EcdsaSigner):
    """Signs with ECDSA on P-256 and SHA-256 (FIPS 186-5)."""

    kind = keys.P256


class P384Signer(_EcdsaSigner):
    """Signs with ECDSA on P-384 and SHA-384 (FIPS 186-5)."""

    kind = keys.P384


class P521Signer(_EcdsaSigner):
    """Signs with ECDSA on P-521 and SHA-512 (FIPS 186-5)."""

    kind = keys.P521


_SIGNERS: dict[str, type[Ed25519Signer] | type[_EcdsaSigner]] = {
    signer.kind: signer for signer in (Ed25519Signer, P256Signer, P384Signer, P521Signer)
}


def draw_secret(kind: str) -> bytes:
    """Return the secret bytes of a new key, from the system's randomness.

    Raises UnsupportedKey for a kind that nobody signs with here.
    """
    _require_known(kind)
    if kind == keys.ED25519:
        return secrets.token_bytes(32)
    curve = keys.CURVES[kind]
    number = ec.generate_private_key(curve.curve).private_numbers().private_value
    return number.to_bytes(curve.size)


def from_secret(kind: str, secret: bytes) -> Signer:
    """Return what signs with a key of this kind; raises UnsupportedKey or MalformedKey."""
    _require_known(kind)
    return _SIGNERS[kind](secret)


def _require_known(kind: str) -> None:
    if kind not in _SIGNERS:
        raise UnsupportedKey(f"Nobody signs with keys of the kind {kind!r} here.")
