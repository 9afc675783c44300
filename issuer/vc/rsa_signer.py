"""The RSA signer: for VC-JWT only, as every verifier of Open Badges knows RS256."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from issuer.vc import keys
from issuer.vc.errors import MalformedKey

_BITS = 3072


class RsaSigner:
    """Signs by RSASSA-PKCS1-v1_5 with SHA-256; the secret is a private key in DER (PKCS #8)."""

    kind = keys.RSA

    def __init__(self, secret: bytes) -> None:
        try:
            key = serialization.load_der_private_key(secret, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise MalformedKey("The secret is no private key in DER.") from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise MalformedKey("The secret is no private key of RSA.")
        self._key = key
        self.public_key = keys.PublicKey(
            self.kind,
            key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.PKCS1
            ),
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.public_key.thumbprint}>"

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message, as long as the modulus (RFC 8017, 8.2.1)."""
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def draw_secret() -> bytes:
    """Return the secret of a new key of 3072 bits, from the system's randomness."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
